"""What our Ansible actions are given, send to the program on the box (plugins/module_utils/box.py says how it is worked through), get back,
and answer Ansible with."""

from typing import NotRequired, Required, TypedDict

from edge_agent.contract.results import DeviceResult


class BoxFile(TypedDict):
    """A file as it is to be on the box. `content` and `mode` are of one that is not `absent`; `validate`: a command, %s the file."""

    path: str
    content: NotRequired[str]
    mode: NotRequired[str]
    owner: NotRequired[str]
    secret: NotRequired[bool]
    absent: NotRequired[bool]
    validate: NotRequired[list[str]]


class TaskFile(TypedDict):
    """A file as a task names it: its content, a `source` to copy or a `template` to fill in. `validate`: a command in one line."""

    path: str
    content: NotRequired[str]
    source: NotRequired[str]
    template: NotRequired[str]
    mode: NotRequired[str]
    owner: NotRequired[str]
    secret: NotRequired[bool]
    absent: NotRequired[bool]
    validate: NotRequired[str]


class BoxUnit(TypedDict):
    """A systemd unit. `restart`, `reload`: the paths, or "package:NAME", of which a change calls for it; `check`: a command by which a
    running one is known to be well."""

    name: str
    enabled: NotRequired[bool]
    started: NotRequired[bool]
    restart: NotRequired[list[str]]
    reload: NotRequired[list[str]]
    check: NotRequired[list[str]]


class TaskUnit(TypedDict):
    """A unit as a task names it. `restart`, `reload`: true for all files of the task."""

    name: str
    enabled: NotRequired[bool]
    started: NotRequired[bool]
    restart: NotRequired[bool | list[str]]
    reload: NotRequired[bool | list[str]]
    check: NotRequired[list[str]]


class Sealed(TypedDict):
    """By what a part is known to be as it was left: path -> "absent" or "MODE SHA256"; the units that run."""

    files: dict[str, str]
    units: list[str]


class BoxRecord(TypedDict):
    """What the box remembers of a part; digest None: that it is in no known state."""

    part: str
    digest: str | None
    holds: NotRequired[Sealed]


class BoxCommand(TypedDict):
    """`live`: what it says on its standard error goes on to ours as it comes."""

    argv: list[str]
    stdin: NotRequired[str]
    timeout: NotRequired[float]
    live: NotRequired[bool]


class Change(TypedDict):
    """A change for `edge-agent guard apply`: commands that must succeed first, that bring the files into effect, that come first when
    restoring; of `targets` (host:port) one must answer; `seconds`: how long the box waits to be confirmed; `attempt`: by
    which it knows what a connection sends once more."""

    name: str
    files: list[BoxFile]
    seconds: int
    validate: list[list[str]]
    apply: list[list[str]]
    undo: list[list[str]]
    targets: list[str]
    attempt: NotRequired[str]


class BoxGuard(TypedDict):
    argv: list[str]
    change: Change
    look: NotRequired[bool]


class BoxDocument(TypedDict, total=False):
    """Worked through in this order, the units and the record last. `program`: its own text, module by module."""

    check: bool
    files: list[BoxFile]
    packages: dict[str, str]
    apt_list: str
    guard: BoxGuard
    command: BoxCommand
    units: list[BoxUnit]
    record: BoxRecord
    state_dir: str
    run_dir: str
    program: dict[str, str]


class Answered(TypedDict):
    """What a command on the box answered."""

    rc: int
    stdout: str
    stderr: str


class Diff(TypedDict):
    before: str
    after: str
    before_header: str
    after_header: str


class BoxResult(TypedDict):
    """`changed`: what was, or would be."""

    changed: list[str]
    diff: list[Diff]
    failed: NotRequired[str]
    command: NotRequired[Answered]
    guard: NotRequired[Answered]


class FacilityVerified(TypedDict):
    """A line for each check that is not met, and for each device that has failed."""

    verdict: str
    wrong: list[str]
    devices: list[str]


class ActionResult(TypedDict, total=False):
    """What Ansible, and who watches a play, is told of a task. `opened`: the names of devices behind ports that it opened;
    `confirmed`: whether a rotation came through."""

    changed: Required[bool]
    changes: list[str]
    diff: list[Diff]
    failed: bool
    msg: str
    reason: dict[str, str]
    hint: dict[str, str]
    part: str | None
    digest: str
    devices: list[DeviceResult]
    opened: list[str]
    confirmed: bool
    verdict: str
    facilities: dict[str, FacilityVerified]
    written: str
