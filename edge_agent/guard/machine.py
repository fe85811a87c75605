"""The state machine of a guarded change. edge_agent/guard/__init__.py tells the states; every arrow between them is here."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack

from edge_agent.contract.guard import GuardState, GuardStatus
from edge_agent.contract.text import Text
from edge_agent.guard import files, proof
from edge_agent.guard.change import Change
from edge_agent.guard.system import Done, System
from edge_agent.system import durable

PENDING = ("saved", "armed", "applied")
KEPT = 5
"""Finished changes whose folders stay, for whoever asks what happened."""
VALIDATE_S = 60.0


class ChangeRejected(Exception):
    """The change was not made, or not confirmed; what is in force did not move."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


class _Moving(TypedDict, total=False):
    """What changes while a change goes on. connection: by which it came; ends: when it is restored, seconds since 1970."""

    connection: str | None
    ends: float
    reason: dict[str, str]
    failures: list[str]


class _State(TypedDict):
    """state.json."""

    id: str
    state: GuardState
    digest: str
    apply: tuple[tuple[str, ...], ...]
    undo: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]
    ends: float
    at: NotRequired[str]
    name: NotRequired[str]
    seconds: NotRequired[int]
    attempt: NotRequired[str | None]
    connection: NotRequired[str | None]
    reason: NotRequired[dict[str, str]]
    failures: NotRequired[list[str]]


@dataclass(frozen=True)
class Record:
    """One change on disk: its folder and its state.json."""

    folder: Path
    state: _State

    @property
    def pending(self) -> bool:
        return self.state["state"] in PENDING


class Guard:
    """All guarded changes of this box. `step` is told each state that has become durable, so that tests can crash there."""

    def __init__(self, state: Path, system: System | None = None, step: Callable[[str], None] = lambda name: None) -> None:
        self.folder = state / "guard"
        self.system = system or System()
        self._step = step
        durable.make_folder(self.folder)
        self._lock = self.folder / "lock"
        self._pending = self.folder / "pending"

    def apply(self, change: Change) -> GuardStatus:
        """Make the change and leave it waiting for `confirm`. Returns {"state": "unchanged"|"applied", "id"}.

        An unconfirmed earlier change goes on waiting if it is the same one, else it is restored first. An attempt that was made
        before, and whose answer was lost on the way, is not made again: what became of it is told. Raises ChangeRejected when
        validation, the timer or a command fails; then the old is in force.
        """
        with durable.locked(self._lock):
            earlier = self._latest()
            if earlier and _is(earlier, change.attempt) and earlier.state["state"] in ("applied", "committed", "restored"):
                return self.status_of(earlier)
            if earlier and earlier.pending:
                same = earlier.state["digest"] == change.digest() and not any(files.differs(f) for f in change.files)
                if same and earlier.state["state"] == "applied":
                    self._arm(earlier, change.seconds)
                    return self.status_of(self._set(earlier, "applied", connection=self.system.connection()))
                self._restore(earlier, Text("có thay đổi khác bắt đầu", "another change began"), commands=True)
            if not any(files.differs(f) for f in change.files):
                return {"state": "unchanged", "id": None}
            return self._make(change)

    def confirm(self, number: str, within_s: float = 15.0) -> GuardStatus:
        """Commit: whoever calls this has got in, and the hub answers. Raises ChangeRejected, and the timer goes on."""
        with durable.locked(self._lock):
            record = self._find(number)
            if record.state["state"] == "committed":
                return self.status_of(record)
            if record.state["state"] != "applied":
                raise ChangeRejected(Text(f"thay đổi {number} đã được khôi phục", f"change {number} has been restored"))
            came_by = self.system.connection()
            if came_by is not None and came_by == record.state.get("connection"):
                raise ChangeRejected(Text("cần xác nhận qua một kết nối mới", "confirm it over a new connection"))
            targets = record.state["targets"] or proof.known_targets()
            left = record.state["ends"] - time.time() - 2
            if not proof.hub_answers(targets, max(1.0, min(within_s, left))):
                raise ChangeRejected(Text("máy chủ kết nối không trả lời", "the hub does not answer"))
            record = self._set(record, "committed")
            self._step("committed")
            self._disarm()
            self._forget_old()
            return self.status_of(record)

    def restore(self, *, at_boot: bool = False, but: str | None = None) -> GuardStatus:
        """Restore whatever is not committed. At boot only files are put back: services have not read them yet.

        but: an attempt that goes on waiting for its confirmation, since whoever calls is the one who made it.
        """
        why = Text("thiết bị khởi động lại trước khi được xác nhận", "the box restarted before it was confirmed")
        if not at_boot:
            why = Text("không ai xác nhận trong thời hạn", "nobody confirmed it in time")
        with durable.locked(self._lock):
            record = self._latest()
            if record is None or not record.pending:
                self._disarm()
                return self.status_of(record)
            if _is(record, but) and record.state["state"] == "applied":
                return self.status_of(record)
            return self.status_of(self._restore(record, why, commands=not at_boot))

    def status(self) -> GuardStatus:
        """The latest change; {"state": "idle"} before the first. Doesn't wait for a change that is being made."""
        return self.status_of(self._latest())

    def status_of(self, record: Record | None) -> GuardStatus:
        if record is None:
            return {"state": "idle", "id": None}
        state = record.state
        found: GuardStatus = {
            "state": state["state"], "id": state["id"], "name": state.get("name"), "at": state.get("at"), "reason": state.get("reason"),
            "failures": state.get("failures"),
        }  # fmt: skip
        if record.pending:
            found["seconds_left"] = max(0, round(state["ends"] - time.time()))
        return found

    def _make(self, change: Change) -> GuardStatus:
        record = self._save(change)
        self._step("saved")
        try:
            self._validate(change, record.folder)
            record = self._arm(record, change.seconds)
        except ChangeRejected:
            self._drop(record)
            raise
        self._step("armed")
        end = time.monotonic() + change.seconds
        try:
            files.place(record.folder)
            self._step("placed")
            self._reload_units([f.path for f in change.files])
            failed = self._run_all(change.apply, lambda: max(1.0, end - time.monotonic()))
        except OSError as error:
            failed = Done(False, f"{error.filename}: {error.strerror}")
        if failed is not None:
            self._restore(record, Text("không áp dụng được", "it could not be applied"), commands=True)
            raise ChangeRejected(Text(f"không áp dụng được: {failed.message}", f"could not be applied: {failed.message}"))
        record = self._set(record, "applied")
        self._step("applied")
        return self.status_of(record)

    def _save(self, change: Change) -> Record:
        # Counted, not dated: a box without a clock battery may live its day twice.
        last = max((int(p.name.partition("-")[0]) for p in self._folders()), default=0)
        number = f"{last + 1:06d}-{secrets.token_hex(2)}"
        folder = self.folder / number
        durable.make_folder(folder)
        files.keep(folder, change.files)
        rules = self.system.firewall()
        if rules is not None:
            durable.write_bytes(folder / "firewall.nft", rules.encode(), 0o600)
        state: _State = {
            "id": number, "state": "saved", "name": change.name, "digest": change.digest(), "seconds": change.seconds,
            "apply": change.apply, "undo": change.undo, "targets": change.targets, "connection": self.system.connection(),
            "attempt": change.attempt, "ends": time.time() + change.seconds,
        }  # fmt: skip
        return self._set(Record(folder, state), "saved")

    def _validate(self, change: Change, folder: Path) -> None:
        staged = [str(files.staged(folder, n, f.path)) for n, f in enumerate(change.files)]
        commands = [
            [part.replace("%s", path) for part in f.validate]
            for f, path in zip(change.files, staged, strict=True)
            if f.validate and f.content is not None
        ]
        for command in change.validate:
            filled = [part.replace("{path}", staged[0]) for part in command]
            for number, path in enumerate(staged):
                filled = [part.replace(f"{{{number}}}", path) for part in filled]
            commands.append(filled)
        failed = self._run_all(commands, lambda: VALIDATE_S)
        if failed is not None:
            raise ChangeRejected(Text(f"không hợp lệ: {failed.message}", f"not valid: {failed.message}"))

    def _arm(self, record: Record, seconds: int) -> Record:
        # For those who want to know without asking: there while a change waits, and now and then a little longer.
        durable.write_bytes(self._pending, record.state["id"].encode(), 0o600)
        failed = self.system.arm(seconds)
        if failed is not None:
            raise ChangeRejected(Text(f"không hẹn giờ khôi phục được: {failed}", f"the timer could not be set: {failed}"))
        return self._set(record, "armed" if record.state["state"] == "saved" else record.state["state"],
                         ends=time.time() + seconds)  # fmt: skip

    def _drop(self, record: Record) -> Record:
        """End a change that touched nothing yet."""
        record = self._set(record, "restored", reason=Text("chưa áp dụng", "it was not applied yet").as_dict())
        self._disarm()
        return record

    def _disarm(self) -> None:
        self.system.disarm()
        self._pending.unlink(missing_ok=True)

    def _restore(self, record: Record, why: Text, *, commands: bool) -> Record:
        """Put the old back and into effect. State "restored" is written last: a crash on the way begins it again."""
        if record.state["state"] == "saved":
            return self._drop(record)
        failures = []
        if commands:
            self._run_each(record.state["undo"])
        paths = files.restore(record.folder)
        self._step("put back")
        self._reload_units(paths)
        if commands:
            failures = self._run_each(record.state["apply"])
            rules = record.folder / "firewall.nft"
            if rules.exists():
                # Whatever the commands made of the old files, the kernel has the old rules: a file that was not there
                # before can't bring its absence into effect.
                loaded = self.system.restore_firewall(rules.read_text())
                failures += [] if loaded.ok else [loaded.message]
        record = self._set(record, "restored", reason=why.as_dict(), failures=failures)
        self._step("restored")
        self._disarm()
        self._forget_old()
        return record

    def _reload_units(self, paths: list[Path]) -> None:
        if any(p.is_relative_to("/etc/systemd") for p in paths):
            self.system.reload_units()

    def _run_all(self, commands: Iterable[Sequence[str]], seconds: Callable[[], float]) -> Done | None:
        """Run until one fails; that one, or None."""
        for command in commands:
            done = self.system.run(command, seconds())
            if not done.ok:
                return done
        return None

    def _run_each(self, commands: Iterable[Sequence[str]]) -> list[str]:
        """Run all, come what may; the last words of those that failed."""
        ended = [self.system.run(command, 90.0) for command in commands]
        return [d.message for d in ended if not d.ok]

    def _set(self, record: Record, state: GuardState, **more: Unpack[_Moving]) -> Record:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        found: _State = {**record.state, "state": state, "at": at, **more}
        durable.write_json(record.folder / "state.json", found)
        return Record(record.folder, found)

    def _records(self) -> list[Record]:
        """Oldest first. A folder without a state is a change that never began."""
        found = []
        for folder in self._folders():
            state = durable.read(_State, folder / "state.json")
            if state is not None:
                found.append(Record(folder, state))
        return found

    def _folders(self) -> list[Path]:
        return sorted(p for p in self.folder.iterdir() if p.is_dir() and p.name.partition("-")[0].isdecimal())

    def _latest(self) -> Record | None:
        """The pending one if there is any, else the youngest."""
        found = self._records()
        return next((r for r in found if r.pending), found[-1] if found else None)

    def _find(self, number: str) -> Record:
        found = next((r for r in self._records() if r.state["id"] == number), None)
        if found is None:
            raise ChangeRejected(Text(f"không có thay đổi {number}", f"there is no change {number}"))
        return found

    def _forget_old(self) -> None:
        records = self._records()
        known = {r.folder for r in records}
        begun = [p for p in self._folders() if p not in known]
        for folder in [r.folder for r in records if not r.pending][:-KEPT] + begun:
            shutil.rmtree(folder, ignore_errors=True)


def _is(record: Record, attempt: str | None) -> bool:
    return attempt is not None and record.state.get("attempt") == attempt
