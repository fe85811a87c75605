"""What a part's digest has in it besides the part's own input: by what it was made.

A role may hold tasks of Ansible's own beside those that name a part. They count by the role's files, and by the variables that they
name: a part's digest is "sha256:INPUT+MADE", and MADE moves with any file of its role, with what runs on the box, and with the
packages that the part installs. So a change of a role or of the software visits everybody once, and a plan can say that it is for that.
The box remembers a part at its end; a role ends with one, so that what it remembers came after the other tasks
(`tests/unit/test_roles_site.py`).
"""

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from province.paths import data
from province.source import Written

Task = dict[str, Written]
"""A task as its role has it: its keywords, and the action that it names."""
SEPARATOR = "+"
LENGTH = 12
OURS = "ketnoi_"
"""What the names of our actions, and of the inventory's variables, begin with."""
FOLDERS = ("tasks", "handlers", "templates", "files", "defaults", "vars", "meta")
PROGRAMS = ("plugins/action", "plugins/module_utils")
_BLOCK = ("block", "rescue", "always")
_NO_INPUT = re.compile(r"ansible_\w+|groups|hostvars|inventory_\w+|omit|play_hosts|playbook_dir|role_\w+|vars|environment|ketnoi_plan_only")
"""What Ansible gives every task by itself: of the run and the controller, not of what a machine is to become."""


def made_by(role: Path | None, packages: Mapping[str, str]) -> str:
    """One word for the role's files, our programs and these packages. role: its folder; None for a task outside of roles."""
    text = json.dumps([_files(role, FOLDERS) if role else None, _files(data("plugins").parent, PROGRAMS), dict(packages)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


@functools.cache
def _files(root: Path, folders: tuple[str, ...]) -> str:
    found = hashlib.sha256()
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*")) if "__pycache__" not in path.parts)
    for path in paths:
        if path.is_file():
            content = path.read_bytes()
            found.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


@functools.cache
def named(role: Path) -> frozenset[str]:
    """The words by which the role's ordinary tasks may name variables, and the templates that they name; {} where it has none.

    Every word is taken: one too many costs a visit, one too few would leave a machine as it was.
    """
    texts = [json.dumps(task) for task in tasks(role) if not is_part(task)]
    templates = [path for path in (role / "templates").rglob("*") if path.is_file() and any(path.name in text for text in texts)]
    texts += [path.read_text(encoding="utf-8", errors="replace") for path in templates]
    registered = {str(task["register"]) for task in tasks(role) if "register" in task}
    return frozenset(word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text) if not _NO_INPUT.fullmatch(word)) - registered


def tasks(role: Path) -> Iterator[Task]:
    """Every task of a role in the order of its files, those of a block with what the block says of them."""
    for folder in ("tasks", "handlers"):
        for file in sorted((role / folder).rglob("*.y*ml")):
            listed: list[Task] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506 - it makes nothing but text
            yield from _flat(listed or [], {})


def _flat(listed: Iterable[Written], around: Task) -> Iterator[Task]:
    for task in listed:
        assert isinstance(task, dict), f"a task is a mapping, not {task!r}"
        if inner := [each for name in _BLOCK if isinstance(own := task.get(name), list) for each in own]:
            yield from _flat(inner, {**around, **{name: value for name, value in task.items() if name not in _BLOCK}})
        else:
            yield {**around, **task}


def is_part(task: Task) -> bool:
    """Does this task name its part, by whose digest it counts?"""
    return any(name.startswith(OURS) and isinstance(given, Mapping) and "part" in given for name, given in task.items())
