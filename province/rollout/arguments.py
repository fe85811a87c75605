"""What a task of ours may be given: the options that its module documents, so that they are written once and `ansible-doc` is true."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import yaml
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from province.paths import data


class Option(TypedDict, total=False):
    """One option of a task, as Ansible's validator takes it."""

    type: str
    elements: str
    required: bool
    default: object
    choices: list[str]
    options: "Specification"


Specification = dict[str, Option]


class DocumentedOption(Option):
    """As a module's documentation has it."""

    suboptions: NotRequired[dict[str, "DocumentedOption"]]


class Page(TypedDict, total=False):
    """The documentation of a module, or a fragment of one."""

    options: dict[str, DocumentedOption]
    extends_documentation_fragment: list[str]


_KEPT: tuple[Literal["type", "elements", "required", "default", "choices"], ...] = ("type", "elements", "required", "default", "choices")


def documented(module: str) -> Specification:
    """The options of plugins/modules/MODULE.py, with those of the fragments that it extends, as Ansible's validator takes them."""
    page = _texts(data(f"plugins/modules/{module}.py"))["DOCUMENTATION"]
    options = dict(page.get("options") or {})
    for name in page.get("extends_documentation_fragment", ()):
        file, _, part = name.partition(".")
        options |= _texts(data(f"plugins/doc_fragments/{file}.py"))[part.upper() or "DOCUMENTATION"].get("options", {})
    return _specified(options)


def validated(
    module: str, specification: Specification, given: Mapping[str, object], required_if: Sequence[tuple[str, str, tuple[str, ...]]] = ()
) -> dict[str, object]:
    """What a task was given, each value of its type and with defaults; what is absent everywhere is left out.

    required_if: (option, its value, what has to be given then). Raises AnsibleActionFail that names every option that is wrong.
    """
    result = ArgumentSpecValidator(specification, required_if=list(required_if)).validate(
        {name: plain(value) for name, value in given.items()}
    )
    if result.error_messages:
        raise AnsibleActionFail(f"{module}: {'; '.join(result.error_messages)}")
    return _present(result.validated_parameters, specification)


def plain(value: Any) -> Any:
    """Without what Ansible notes on every text of where it comes from: to copy all of it is a fifth of a plan's work."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def _texts(path: Path) -> dict[str, Page]:
    """The YAML of each text that a file assigns to a name, read without running the file."""
    assigned = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Assign))
    texts = {ast.unparse(node.targets[0]): node.value.value for node in assigned if isinstance(node.value, ast.Constant)}
    return {name: yaml.load(str(text), Loader=yaml.CSafeLoader) for name, text in texts.items() if name not in ("EXAMPLES", "RETURN")}


def _specified(options: Mapping[str, DocumentedOption]) -> Specification:
    return {name: _option(option) for name, option in options.items()}


def _option(documented: DocumentedOption) -> Option:
    found: Option = {}
    for key in _KEPT:
        if key in documented:
            found[key] = documented[key]
    if "suboptions" in documented:
        found["options"] = _specified(documented["suboptions"])
    return found


def _present(values: Mapping[str, object], specification: Specification) -> dict[str, object]:
    """Without the options and suboptions that the validator adds as None."""
    found: dict[str, object] = {}
    for name, value in values.items():
        inner = specification[name].get("options")
        if inner and isinstance(value, dict):
            value = _present(value, inner)
        elif inner and isinstance(value, list):
            value = [_present(each, inner) for each in value]
        if value is not None:
            found[name] = value
    return found
