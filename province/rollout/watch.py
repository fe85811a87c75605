"""One run of a playbook over facilities, watched: what each facility is doing, and how it ended.

Ansible does the work; ansible-runner tells what happens as it happens. `Watch` turns its events into one state per
facility and calls back whenever one moves.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

import ansible_runner

from edge_agent.contract.results import DeviceProgress, DeviceResult, DeviceStatus, News, WrittenChange, WrittenFailure
from province.paths import data
from province.rollout import progress
from province.rollout.events import Event, TaskResult
from province.rollout.inventory import Listing, hand_over
from province.text import Text, default_lang

Status = Literal["waiting", "running", "ok", "changed", "failed", "not_enrolled", "withheld", "unchanged"]

UNREACHABLE = Text(
    "không kết nối được tới thiết bị biên: cả đường hầm lẫn đường cứu hộ (lifeline) đều không thông",
    "the edge box can't be reached: neither its tunnel nor its lifeline answers",
)
HUB_UNREACHABLE = Text("không kết nối được tới máy chủ kết nối: {said}", "the hub can't be reached: {said}")
HUB_UNREACHABLE_HINT = Text(
    "kiểm tra máy chủ kết nối và đường tới nó, rồi chạy lại lệnh này", "check the hub and the way to it, then run this command again"
)
UNREACHABLE_HINT = Text(
    "kiểm tra nguồn điện và đường truyền tại cơ sở; tại thiết bị chạy `edge-agent status`, rồi chạy lại lệnh này",
    "check power and uplink on site; on the box run `edge-agent status`, then run this command again",
)
FAILED_HINT = Text(
    "xem chi tiết: ansible-playbook -i {inventory} playbooks/{playbook} --limit {code} -v",
    "see the detail: ansible-playbook -i {inventory} playbooks/{playbook} --limit {code} -v",
)
NOT_FINISHED = Text("lần chạy dừng lại trước khi xong cơ sở này", "the run ended before this facility was done")
RUN_AGAIN_HINT = Text("chạy lại lệnh này", "run this command again")
LAST_WORD = "Leave no device failed behind"
"""The task of site.yml that fails where a device did: what failed has been told before."""
DONE_TASK = "Done"
"""The last task of site.yml: Ansible itself tells of a facility's end only when all are at theirs."""

ShownDevice = TypedDict(
    "ShownDevice",
    {
        "slot": int,
        "kind": str,
        "name": str | None,
        "address": str | None,
        "status": DeviceStatus,
        "class": str | None,
        "reason": dict[str, str] | None,
        "hint": dict[str, str] | None,
        "until": str | None,
        "changes": int | list[WrittenChange],
        "failures": list[WrittenFailure] | None,
        "seconds": float | None,
    },
)
"""A device's entry of the run's document; of one whose task was not over its changes are a number, and no failures are known."""


class RunDocument(TypedDict):
    """How one facility fared: what `--json` prints and the hub keeps, by its id (none: the hub itself). `diff` with --check alone."""

    id: str | None
    code: str
    status: Status
    changed: int
    seconds: float
    reason: dict[str, str] | None
    hint: dict[str, str] | None
    devices: list[ShownDevice]
    diff: NotRequired[list[str]]


@dataclass
class FacilityRun:
    """How one facility fares. `changed` counts changes; `seconds` runs from its first task to its last."""

    code: str
    status: Status = "waiting"
    role: str = ""
    changed: int = 0
    reason: Text | None = None
    hint: Text | None = None
    started: float | None = None
    ended: float | None = None
    diffs: list[str] = field(default_factory=list)
    devices: dict[tuple[str, int], DeviceResult | DeviceProgress] = field(default_factory=dict)
    """(kind, slot) -> what `edge-agent devices apply` says of it; while the task runs its changes are a number."""
    failures: list[tuple[Text, Text]] = field(default_factory=list)
    """(reason, hint) of tasks that failed without ending the play: devices, which leave the others their turn."""
    id: str | None = None
    """The facility's, kept for life: its code may pass to another."""

    @property
    def seconds(self) -> float:
        return 0.0 if self.started is None else round((self.ended or time.monotonic()) - self.started, 1)

    def document(self, with_diff: bool = False) -> RunDocument:
        found: RunDocument = {
            "id": self.id,
            "code": self.code,
            "status": self.status,
            "changed": self.changed,
            "seconds": self.seconds,
            "reason": self.reason.as_dict() if self.reason else None,
            "hint": self.hint.as_dict() if self.hint else None,
            "devices": [_shown(self.devices[key]) for key in sorted(self.devices)],
        }
        return {**found, "diff": self.diffs} if with_diff else found


class Watch:
    """State of every facility of a run, moved on by ansible-runner's events, and by what tasks tell while they run.

    `moved` hears of each step of a facility, `device_done` of each of its devices as the box is done with it, `installing` of the
    packages that its box begins to install.
    """

    def __init__(
        self,
        codes: Iterable[str],
        inventory: Path,
        moved: Callable[[FacilityRun], None],
        device_done: Callable[[FacilityRun, DeviceProgress], None] = lambda run, device: None,
        installing: Callable[[FacilityRun, list[str]], None] = lambda run, packages: None,
    ) -> None:
        self.runs = {code: FacilityRun(code) for code in codes}
        self._inventory = inventory
        self._moved = moved
        self._device_done = device_done
        self._installing = installing
        self._lock = threading.Lock()
        self.play_errors: list[str] = []
        self._handlers: dict[str, Callable[[FacilityRun, Event], None]] = {
            "runner_on_start": self._started,
            "runner_on_ok": self._ended_well,
            "runner_on_failed": self._failed,
            "runner_on_unreachable": self._unreachable,
        }

    def event(self, document: object) -> bool:
        """ansible-runner's event handler; False: don't keep the event in a file."""
        event = Event.read(document)
        run = self.runs.get(event.host)
        with self._lock:
            if run and (handler := self._handlers.get(event.name)):
                handler(run, event)
            elif event.name in ("runner_on_failed", "runner_on_unreachable") and not event.is_ignored:
                self.play_errors.append(event.result.message)
        return False

    def news(self, code: str, news: News) -> None:
        """A task tells of a device that it is done with, or of packages that it begins to install."""
        run = self.runs.get(code)
        if run is None:
            return
        with self._lock:
            if "installing" in news:
                self._installing(run, news["installing"])
            else:
                run.devices[_key(news)] = news
                self._device_done(run, news)

    def finish(self, return_code: int) -> None:
        """Close what is still open: what never started in a run that failed has failed too."""
        with self._lock:
            for run in self.runs.values():
                if run.status in ("waiting", "running"):
                    complete = run.status == "running" and return_code in (0, 2, 4)
                    run.status = ("changed" if run.changed else "ok") if complete else "failed"
                    if run.status == "failed":
                        errors = "; ".join(self.play_errors)
                        run.reason = Text(errors, errors) if errors else NOT_FINISHED
                        run.hint = RUN_AGAIN_HINT
                self._close(run)

    def _started(self, run: FacilityRun, event: Event) -> None:
        if event.task == DONE_TASK:
            run.status, run.ended = ("changed" if run.changed else "ok"), time.monotonic()
            self._close(run)
            return
        role = event.role or run.role
        if run.started is None:
            run.started = time.monotonic()
        if run.status == "waiting" or role != run.role:
            run.status, run.role = "running", role
            self._moved(run)

    def _ended_well(self, run: FacilityRun, event: Event) -> None:
        self._note(run, event.result)
        run.ended = time.monotonic()

    def _failed(self, run: FacilityRun, event: Event) -> None:
        result = event.result
        if not run.failures or event.task != LAST_WORD:
            self._note(run, result)
            playbook = "hub.yml" if run.code == "hub" else "site.yml"
            hint = FAILED_HINT.format(inventory=self._inventory, playbook=playbook, code=run.code)
            run.failures.append((result.reason or Text(result.message, result.message), result.hint or hint))
        if event.is_ignored:
            return
        reasons, hints = zip(*run.failures, strict=True)
        run.reason, run.hint = _joined(reasons), _joined(hints)
        self._failed_now(run)

    def _note(self, run: FacilityRun, result: TaskResult) -> None:
        run.changed += result.changed
        run.diffs += result.diff
        run.devices |= {_key(device): device for device in result.devices}

    def _unreachable(self, run: FacilityRun, event: Event) -> None:
        if run.code == "hub":
            said = event.result.message.splitlines()[-1]
            run.reason, run.hint = HUB_UNREACHABLE.format(said=said), HUB_UNREACHABLE_HINT
        else:
            run.reason, run.hint = UNREACHABLE, UNREACHABLE_HINT
        self._failed_now(run)

    def _failed_now(self, run: FacilityRun) -> None:
        """It has taken until now: its last task that went well may be a minute ago."""
        run.status, run.ended = "failed", time.monotonic()
        self._close(run)

    def _close(self, run: FacilityRun) -> None:
        run.ended = run.ended or time.monotonic()
        self._moved(run)


def _key(device: DeviceResult | DeviceProgress) -> tuple[str, int]:
    return device["kind"], device["slot"]


def _shown(device: DeviceResult | DeviceProgress) -> ShownDevice:
    return {
        "slot": device["slot"],
        "kind": device["kind"],
        "name": device["name"],
        "address": device["address"],
        "status": device["status"],
        "class": device["class"],
        "reason": device["reason"],
        "hint": device["hint"],
        "until": device.get("until"),
        "changes": device["changes"],
        "failures": _failures(device),
        "seconds": device["seconds"],
    }


def _failures(device: DeviceResult | DeviceProgress) -> list[WrittenFailure] | None:
    if "failures" in device:
        return device["failures"]
    return None


def _joined(texts: Iterable[Text]) -> Text:
    return Text(*("; ".join(dict.fromkeys(said)) for said in zip(*texts, strict=True)))


def play(
    playbook: str,
    inventory: Path,
    watch: Watch,
    *,
    limit: Iterable[str] = (),
    tags: Iterable[str] = (),
    check: bool = False,
    environment: Mapping[str, str] | None = None,
    visited: Mapping[str, Sequence[str]] | None = None,
    listing: Listing | None = None,
) -> int:
    """Run one of our playbooks and feed `watch`; returns ansible-playbook's exit code. visited: the roles that site.yml
    is for, of each facility. listing: of those that it is limited to, at least; without it Ansible reads
    and checks the inventory by itself.

    Nothing of the run is kept: ansible-runner's folder is private and removed at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="ketnoi-run-"))
    handed = hand_over(listing, folder / "listing.json") if listing else {}
    arguments = [part for tag in tags for part in ("--tags", tag)] + (["--check"] if check else []) + ["--diff"]
    try:
        with progress.Listener(folder / "progress", watch.news):
            run = ansible_runner.run(
                private_data_dir=str(folder),
                project_dir=str(data("ansible.cfg").parent),
                playbook=str(data(f"playbooks/{playbook}")),
                inventory=str(inventory / "province.yml"),
                limit=",".join(limit) or None,
                cmdline=" ".join(arguments),
                extravars={"site_visit": dict(visited)} if visited else {},
                envvars=ansible_environment(inventory) | {progress.VARIABLE: str(folder / "progress")} | handed | dict(environment or {}),
                event_handler=watch.event,
                quiet=True,
                settings={"suppress_ansible_output": True, "pexpect_use_poll": True},
            )
        if run.rc not in (0, 2, 4) and run.stdout is not None:
            watch.play_errors.append("".join(run.stdout.readlines()[-8:]).strip())
        return int(run.rc or 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ansible_environment(inventory: Path) -> dict[str, str]:
    """What ansible needs to find our plugins, whichever directory it is started from."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        "ANSIBLE_CONFIG": str(data("ansible.cfg")),
        "PYTHONFAULTHANDLER": "1",  # a crash of the interpreter says where, among the play's last lines
        # ansible-runner sets it to False where it isn't set: ssh would be told StrictHostKeyChecking=no first, and keep to that.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "KETNOI_INVENTORY": str(inventory),
        # Ansible does not start in a locale that this machine lacks, such as the one that ssh brought along.
        "LC_ALL": "C.UTF-8",
        "KETNOI_LANG": default_lang(),
        "PATH": path,
        "PYTHONWARNINGS": "ignore",
    }
