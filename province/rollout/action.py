"""The controller's half of our Ansible actions: render here, send one document, run one program on the box, tell the user.

An Ansible module costs 150 ms of a core on the box before its first line (its library is compiled from a zip each time): ten
boxes with nothing to change took 1.55 s a task here, this way 0.25 s. The far half is plugins/module_utils/box.py, whose docstring
has the document; both travel on the stdin of one SSH command, so no argument and no log holds a secret.
"""

import functools
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

import jinja2
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import get_shell_plugin
from ansible.template import is_trusted_as_template
from jinja2 import meta

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json, printable
from province.office import vaults
from province.office.home import Home
from province.paths import data
from province.rollout import live
from province.rollout.arguments import Specification, plain, validated
from province.rollout.box_task import ActionResult, BoxDocument, BoxFile, BoxResult, BoxUnit, Sealed, TaskFile
from province.rollout.desired import viewer_in_force
from province.rollout.made_by import SEPARATOR, made_by, named
from province.text import Text
from province.user_error import UserError

_PROGRAM = ("box_files", "box")
_RUNNER = (
    "import json,sys,types;d=json.load(sys.stdin);p=d.pop('program');"
    "m={n:sys.modules.setdefault(n,types.ModuleType(n)) for n in p};"
    "[exec(compile(p[n],n,'exec'),m[n].__dict__) for n in p];print(json.dumps(m['box'].main(d)))"
)
_MARK = '{"changed"'
MOST_BYTES = 32 * 1024 * 1024
"""Of a box's answer: the diffs of all its files, or all that its devices differ in."""
A = TypeVar("A", bound=Mapping[str, object])
"""A task's arguments."""

NO_ANSWER = Text(
    "{code}: chương trình trên thiết bị biên không trả lời như mong đợi: {said}",
    "{code}: the program on the edge box did not answer as expected: {said}",
)


@functools.cache
def environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """Jinja2 as our templates are written for: an undefined name is an error, a block's line leaves no line. It keeps what it compiled."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(list(folders)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - configuration files, not HTML
    )
    made.filters["viewer_in_force"] = viewer_in_force
    made.filters["to_nice_json"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False, default=list)
    return made


def render(name: str, values: Mapping[str, object], folders: list[Path] | None = None) -> str:
    """A template's text with these values and nothing else; its names are relative to `folders` (default: templates/box)."""
    return environment(tuple(folders or [data("templates/box")])).get_template(name).render(values)


def names(template: str, folders: list[Path]) -> set[str]:
    """The variables that a template asks for (not those of what it includes)."""
    made = environment(tuple(folders))
    assert made.loader is not None
    return _undeclared(made, made.loader.get_source(made, template)[0])


@functools.cache
def _undeclared(made: jinja2.Environment, text: str) -> set[str]:
    return meta.find_undeclared_variables(made.parse(text))


def digest(value: object) -> str:
    """sha256 over the canonical JSON of a document."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def holds(files: list[BoxFile], units: list[BoxUnit]) -> Sealed:
    """By what a part is known to be as it was left: edge_agent/guard/drift.py looks whether it still is."""
    sealed = {
        file["path"]: "absent" if file.get("absent") else f"{file['mode']} {hashlib.sha256(file['content'].encode()).hexdigest()}"
        for file in files
    }
    return {"files": sealed, "units": [unit["name"] for unit in units if unit.get("started")]}


@functools.cache
def _program() -> dict[str, str]:
    """The modules that run on the box, in the order in which they are loaded: name -> text."""
    folder = data("plugins/module_utils")
    return {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in _PROGRAM}


def _templated(value: Any) -> bool:
    """Is there a template anywhere in it? Most of what a facility has is plain data; to have it resolved is a tenth of a plan's work."""
    if isinstance(value, Mapping):
        return any(_templated(each) for pair in value.items() for each in pair)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return any(_templated(each) for each in value)
    return not isinstance(value, str | bytes | int | float | None) or is_trusted_as_template(value)


class BoxAction(ActionBase, Generic[A]):
    """What our actions share. A subclass's `act` gets the task's arguments, an A, checked by ARGUMENTS, and returns Ansible's result.

    Ansible hands an action its task, connection, loader and templar, whose methods are public; the base class keeps them, and
    its way to run a command, under names that are not. So they are kept here once more.
    """

    ARGUMENTS: ClassVar[Specification]
    packages: Mapping[str, str] = MappingProxyType({})
    """Those that the part installs: they are by what it is made, not what it is."""
    REQUIRED_IF: ClassVar[Sequence[tuple[str, str, tuple[str, ...]]]] = ()
    task_vars: dict[str, object]
    _resolved: dict[str, object]
    """The variables asked for so far, their templates resolved."""

    def __init__(self, task: Any, connection: Any, play_context: Any, loader: Any, templar: Any, shared_loader_obj: Any = None) -> None:
        super().__init__(task, connection, play_context, loader, templar, shared_loader_obj)
        self.task, self.connection, self.loader, self.templar = task, connection, loader, templar

    def run(self, tmp: str | None = None, task_vars: dict[str, object] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        return {**self.evaluated(task_vars or {}, self.task.args)}

    def evaluated(self, task_vars: dict[str, object], given: Mapping[str, object]) -> ActionResult:
        """The result of the task with these variables and arguments; `run` without a connection where only digests are asked for."""
        self.task_vars, self._resolved = task_vars, {}
        result = self.act(cast("A", validated(self.task.action, self.ARGUMENTS, given, self.REQUIRED_IF)))
        return {**result, "digest": self.own(result["digest"])} if "digest" in result else result

    def act(self, args: A) -> ActionResult:
        raise NotImplementedError

    @property
    def host(self) -> str:
        return str(self.task_vars.get("inventory_hostname", "?"))

    @property
    def planning(self) -> bool:
        """True when only digests are asked for (`ketnoi plan`): no connection is made."""
        return bool(self.variable("ketnoi_plan_only", False))

    def own(self, digest_of_input: str) -> str:
        """A digest that this very machine alone can have converged to, by this role: another box in its place starts with none.

        What tasks without a part are given counts with each part of their role (province.rollout.made_by).
        """
        role = Path(str(self.task_vars["role_path"])) if "role_path" in self.task_vars else None
        given = {name: self.variable(name) for name in sorted(named(role)) if name in self.task_vars} if role else {}
        enrolled = self.task_vars.get("ketnoi_enrolled")
        host_key = enrolled.get("host_key") if isinstance(enrolled, Mapping) else None
        return digest([digest_of_input, host_key, given]) + SEPARATOR + made_by(role, self.packages)

    def variable(self, name: str, default: Any = None) -> Any:
        """A variable of the host, its templates resolved."""
        if name not in self.task_vars:
            return default
        if name not in self._resolved:
            value = self.task_vars[name]
            self._resolved[name] = self.templar.template(value) if _templated(value) else plain(value)
        return self._resolved[name]

    @functools.cached_property
    def vault(self) -> vaults.Vault:
        """The facility's own vault file, decrypted; {} if there is none."""
        inventory = Path(str(self.variable("ketnoi_inventory")))
        try:
            return vaults.read(Home.of(inventory), inventory, self.host)
        except UserError as error:
            raise AnsibleActionFail(str(error)) from error

    def rendered(self, file: TaskFile) -> BoxFile:
        """The file for the box: its content given, copied from `source`, or made from `template`."""
        made: BoxFile = {"path": file["path"]}
        for key in _AS_GIVEN:
            if key in file:
                made[key] = file[key]
        for flag in _FLAGS:
            if flag in file:
                made[flag] = file[flag]
        if "validate" in file:
            made["validate"] = file["validate"].split()
        if file.get("absent"):
            return made
        made.setdefault("mode", "0644")
        if "template" in file:
            made["content"], has_secrets = self._from_template(file["template"])
            if has_secrets:
                made["secret"] = True
        elif "source" in file:
            found = self.loader.path_dwim_relative_stack(self.task.get_search_path(), "files", file["source"])
            made["content"] = Path(found).read_text(encoding="utf-8")
        else:
            made["content"] = file["content"]
        return made

    def _from_template(self, name: str) -> tuple[str, bool]:
        """The text, and whether it may have secrets of the vault in it."""
        folders = [data("templates/box"), data("templates")]
        if "role_path" in self.task_vars:
            folders.insert(0, Path(str(self.task_vars["role_path"])) / "templates")
        try:
            asked = names(name, folders)
            values = {each: self.vault if each == "vault" else self.variable(each) for each in asked if each in {*self.task_vars, "vault"}}
            return render(name, values, folders), "vault" in asked
        except jinja2.TemplateNotFound as error:
            raise AnsibleActionFail(f"{self.host}: template {error} is in none of {', '.join(map(str, folders))}") from error
        except jinja2.TemplateError as error:
            raise AnsibleActionFail(f"{self.host}: template {name}: {error}") from error

    def execute(self, command: str, in_data: bytes | None = None, become: bool = True) -> tuple[int, str, str]:
        """Run a command on the host, as root where the play says so: (status, standard output, standard error).

        Raises AnsibleConnectionFailure when the host can't be reached.
        """
        shell = get_shell_plugin("sh", "/bin/sh")
        if become and self.connection.become and self._other_user():
            command = self.connection.become.build_become_command(command, shell)
        # Without the pause what a command prints last can be lost on its way through ssh (ansible/ansible#13876).
        command = f"/bin/sh -c {shlex.quote(f'{command} && sleep 0')}"
        status, output, errors = self.connection.exec_command(command, in_data=in_data, sudoable=become)
        return status, output.decode(errors="replace"), printable(errors.decode(errors="replace"))

    def _other_user(self) -> bool:
        """Whether the play's user is another than who logs in."""
        user = self.get_become_option("become_user")  # type: ignore[no-untyped-call]  # Ansible says no types here
        return bool(user != self.get_connection_option("remote_user"))  # type: ignore[no-untyped-call]  # the same

    def send(self, document: BoxDocument) -> BoxResult:
        """Run the program on the box; returns its result document.

        What a "live" command says of a device, and which packages are being installed, goes to who watches as it comes; all that
        a command says is in the result's "command".
        Raises AnsibleConnectionFailure when the box can't be reached.
        """
        python = str(self.variable("ansible_python_interpreter", "/usr/bin/python3"))
        payload: BoxDocument = {"check": bool(self.task.check_mode), **document, "program": _program()}
        if record := document.get("record"):
            payload["record"] = {**record, "digest": self.own(record["digest"]) if record["digest"] else None}
        is_live = "command" in document and document["command"].get("live", False)
        with live.watched(self.connection, self.host) if is_live or document.get("packages") else nullcontext():
            status, output, errors = self.execute(f'{python} -I -c "{_RUNNER}"', json.dumps(payload).encode())
        line = next((line for line in output.splitlines() if line.startswith(_MARK)), None)
        if line is None:
            last = printable((errors or output).strip()[-800:]) or f"exit {status}"
            raise AnsibleActionFail(NO_ANSWER.format(code=self.host, said=last).en)
        try:
            result = typed.read(BoxResult, "result", parse_json("result", line, MOST_BYTES))
        except ContractError as error:
            raise AnsibleActionFail(NO_ANSWER.format(code=self.host, said=str(error)).en) from error
        if is_live and "command" in result:
            result["command"]["stderr"] = errors
        return result

    def outcome(self, result: BoxResult) -> ActionResult:
        """Ansible's result from the program's."""
        told: ActionResult = {"changed": bool(result["changed"]), "changes": result["changed"]}
        if self.task.diff and result["diff"]:
            told["diff"] = result["diff"]
        if "failed" in result:
            told["failed"], told["msg"] = True, result["failed"]
        return told


_AS_GIVEN: tuple[Literal["mode", "owner"], ...] = ("mode", "owner")
_FLAGS: tuple[Literal["secret", "absent"], ...] = ("secret", "absent")
