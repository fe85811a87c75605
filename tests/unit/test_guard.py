"""Guarded changes: whatever happens, and wherever it is cut short, a box ends with the old or the new."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from edge_agent.guard import change as changes
from edge_agent.guard import proof
from edge_agent.guard.machine import ChangeRejected, Guard
from edge_agent.guard.system import TIMER, Done, System


class FakeSystem(System):
    """Remembers what it was asked to do; `broken` commands fail; the timer is a flag on disk, as systemd's is."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / "units")
        self.ran: list[list[str]] = []
        self.timer = root / "timer-armed"
        self.broken: set[str] = set()
        self.came_by: str | None = "1:1"
        self.rules: str | None = "old rules"

    def run(self, command: Sequence[str], timeout_s: float, stdin: str | None = None) -> Done:
        self.ran.append(list(command))
        if command[0] == "systemctl" and TIMER in command:
            if "restart" in command:
                self.timer.touch()
            else:
                self.timer.unlink(missing_ok=True)
        if command[0] in self.broken:
            return Done(False, f"{command[0]}: exit 1: broken")
        return Done(True, "", "")

    def firewall(self) -> str | None:
        return self.rules

    def connection(self) -> str | None:
        return self.came_by

    def commands(self) -> list[list[str]]:
        return [c for c in self.ran if c[0] not in ("systemctl", "nft")]


@pytest.fixture
def system(tmp_path: Path) -> FakeSystem:
    return FakeSystem(tmp_path)


@pytest.fixture
def guard(tmp_path: Path, system: FakeSystem, monkeypatch: pytest.MonkeyPatch) -> Guard:
    monkeypatch.setattr(proof, "known_targets", list)
    return Guard(tmp_path / "state", system)


def a_change(tmp_path: Path, **more: Any) -> changes.Change:
    files = [{"path": str(tmp_path / "etc/a.conf"), "content": "new a"}, {"path": str(tmp_path / "etc/b.conf"), "content": "new b"}]
    return changes.read({"name": "firewall", "files": files, "apply": [["load"]], "seconds": 20, **more})


def there(tmp_path: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted((tmp_path / "etc").iterdir())} if (tmp_path / "etc").exists() else {}


def with_old(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/a.conf").write_text("old a")
    (tmp_path / "etc/a.conf").chmod(0o640)


OLD, NEW = {"a.conf": "old a"}, {"a.conf": "new a", "b.conf": "new b"}


def confirm(guard: Guard, system: FakeSystem, number: str) -> dict[str, Any]:
    system.came_by = "2:2"
    return guard.confirm(number)


def test_a_confirmed_change_stays_and_its_timer_is_gone(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    applied = guard.apply(a_change(tmp_path))
    assert applied["state"] == "applied" and system.timer.exists() and there(tmp_path) == NEW
    assert confirm(guard, system, applied["id"])["state"] == "committed"
    assert not system.timer.exists()
    assert guard.restore()["state"] == "committed" and there(tmp_path) == NEW
    assert system.commands() == [["load"]]


def test_a_waiting_change_can_be_seen_without_asking(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    pending = tmp_path / "state/guard/pending"
    number = guard.apply(a_change(tmp_path))["id"]
    assert pending.read_text() == number
    confirm(guard, system, number)
    assert not pending.exists()


def test_a_drop_in_that_was_half_written_when_arming_was_killed_stands_in_nobodys_way(
    tmp_path: Path, guard: Guard, system: FakeSystem
) -> None:
    with_old(tmp_path)
    number = guard.apply(a_change(tmp_path))["id"]
    folder = tmp_path / f"units/{TIMER}.d"
    (folder / ".seconds.conf.abcd1234").write_text("[Ti")
    (folder / "ours.conf").write_text("[Timer]\n")
    assert confirm(guard, system, number)["state"] == "committed"
    assert [path.name for path in folder.iterdir()] == ["ours.conf"]


def test_what_is_already_so_runs_nothing(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    (tmp_path / "etc").mkdir()
    for name, content in NEW.items():
        (tmp_path / "etc" / name).write_text(content)
        (tmp_path / "etc" / name).chmod(0o644)
    assert guard.apply(a_change(tmp_path)) == {"state": "unchanged", "id": None}
    assert system.ran == []


def test_an_unconfirmed_change_is_restored_with_modes_commands_and_firewall(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    guard.apply(a_change(tmp_path, undo=[["unload"]]))
    system.ran.clear()
    restored = guard.restore()
    assert restored["state"] == "restored" and restored["reason"]["en"] and there(tmp_path) == OLD
    assert (tmp_path / "etc/a.conf").stat().st_mode & 0o777 == 0o640
    assert [c for c in system.ran if c[0] != "systemctl"] == [["unload"], ["load"], ["nft", "-f", "-"]]
    assert not system.timer.exists()


def test_at_boot_files_are_put_back_and_no_command_runs(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    guard.apply(a_change(tmp_path))
    system.ran.clear()
    assert guard.restore(at_boot=True)["state"] == "restored"
    assert there(tmp_path) == OLD and system.commands() == []


def test_confirming_over_the_connection_that_applied_is_refused(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    number = guard.apply(a_change(tmp_path))["id"]
    with pytest.raises(ChangeRejected, match="new connection"):
        guard.confirm(number)
    assert guard.status()["state"] == "applied" and system.timer.exists()


def test_confirming_is_refused_while_the_hub_does_not_answer(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{listener.getsockname()[1]}"
        number = guard.apply(a_change(tmp_path, targets=[target]))["id"]
        system.came_by = "2:2"
        with pytest.raises(ChangeRejected, match="hub"):
            guard.confirm(number, within_s=1.0)
        listener.listen()
        assert guard.confirm(number)["state"] == "committed"


def test_a_hub_that_answers_late_is_waited_for() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        timer = threading.Timer(0.3, listener.listen)
        timer.start()
        assert proof.hub_answers([f"127.0.0.1:{listener.getsockname()[1]}"], 10.0, pause_s=0.05)
        timer.join()


def test_the_hub_is_known_from_the_agents_settings_and_the_lifeline(tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_text(json.dumps({"hub": {"endpoints": [{"address": "10.5.255.193", "port": 8883}]}}))
    (tmp_path / "lifeline").write_text("ExecStart=/usr/bin/ssh -N -R x -p 443 lifeline@203.0.113.10\n")
    assert proof.known_targets(tmp_path / "agent.json", tmp_path / "lifeline") == ["10.5.255.193:8883", "203.0.113.10:443"]
    assert proof.known_targets(tmp_path / "none", tmp_path / "none") == []


def test_what_does_not_validate_never_touches_the_system(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    system.broken = {"check"}
    with pytest.raises(ChangeRejected, match="not valid"):
        guard.apply(a_change(tmp_path, validate=[["check", "{path}", "{1}"]]))
    command = system.commands()[0]
    assert Path(command[1]).name == "a.conf" and Path(command[2]).name == "b.conf"
    assert there(tmp_path) == OLD and not system.timer.exists() and guard.status()["state"] == "restored"


def test_a_command_that_fails_restores_at_once(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    system.broken = {"load"}
    with pytest.raises(ChangeRejected, match="load: exit 1"):
        guard.apply(a_change(tmp_path))
    assert there(tmp_path) == OLD and guard.status()["state"] == "restored" and not system.timer.exists()


def test_without_a_timer_nothing_is_changed(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    system.broken = {"systemctl"}
    with pytest.raises(ChangeRejected, match="timer"):
        guard.apply(a_change(tmp_path))
    assert there(tmp_path) == OLD and system.commands() == []


def test_an_interrupted_controller_may_send_the_same_change_again(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    first = guard.apply(a_change(tmp_path))
    again = guard.apply(a_change(tmp_path))
    assert again["state"] == "applied" and again["id"] == first["id"]
    assert system.commands() == [["load"]]


@pytest.mark.parametrize("became", ["applied", "committed", "restored"])
def test_an_attempt_that_is_sent_again_is_not_made_again(tmp_path: Path, guard: Guard, system: FakeSystem, became: str) -> None:
    """The box restarted or was left alone while its answer was on the way: Ansible's connection sends it a second time."""
    with_old(tmp_path)
    first = guard.apply(a_change(tmp_path, attempt="one"))
    if became == "committed":
        confirm(guard, system, first["id"])
        (tmp_path / "etc/a.conf").write_text("by hand")
    if became == "restored":
        guard.restore(at_boot=True)
    commands, held = system.commands(), there(tmp_path)
    again = guard.apply(a_change(tmp_path, attempt="one"))
    assert (again["id"], again["state"]) == (first["id"], became)
    assert (system.commands(), there(tmp_path)) == (commands, held)
    if became == "restored":
        assert "restarted" in again["reason"]["en"]
    assert guard.apply(a_change(tmp_path, attempt="two"))["state"] == "applied", "the next attempt is made"


def test_a_visit_restores_what_was_never_confirmed_but_for_its_own_attempt(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    guard.apply(a_change(tmp_path, attempt="one"))
    assert guard.restore(but="one")["state"] == "applied" and there(tmp_path) == NEW
    assert guard.restore(but="two")["state"] == "restored" and there(tmp_path) == OLD


def test_another_change_restores_the_unconfirmed_one_first(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    guard.apply(a_change(tmp_path))
    other = {"path": str(tmp_path / "etc/c.conf"), "content": "new c"}
    number = guard.apply(changes.read({"name": "sshd", "files": [other], "apply": []}))["id"]
    assert there(tmp_path) == {**OLD, "c.conf": "new c"}
    assert confirm(guard, system, number)["state"] == "committed"


def test_a_change_restored_meanwhile_cannot_be_confirmed(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    number = guard.apply(a_change(tmp_path))["id"]
    guard.restore()
    with pytest.raises(ChangeRejected, match="restored"):
        confirm(guard, system, number)


def test_files_can_be_removed_and_come_back(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    with_old(tmp_path)
    gone = changes.read({"name": "x", "files": [{"path": str(tmp_path / "etc/a.conf"), "absent": True}]})
    assert guard.apply(gone)["state"] == "applied" and there(tmp_path) == {}
    guard.restore()
    assert there(tmp_path) == OLD


def test_only_a_few_finished_changes_are_kept(tmp_path: Path, guard: Guard, system: FakeSystem) -> None:
    for number in range(9):
        files = [{"path": str(tmp_path / "etc/a.conf"), "content": str(number)}]
        system.came_by = "1:1"
        applied = guard.apply(changes.read({"name": "x", "files": files}))
        confirm(guard, system, applied["id"])
    kept = [p for p in (tmp_path / "state/guard").iterdir() if p.is_dir()]
    assert len(kept) == 5 and guard.status()["id"] == applied["id"]


@pytest.mark.parametrize(
    "document",
    [[], {}, {"name": "x"}, {"name": "x", "files": [{"path": "etc", "content": ""}]}, {"name": "x", "files": [{"path": "/x"}]},
     {"name": "x", "files": [{"path": "/x", "content": "", "mode": "9"}]},
     {"name": "x", "files": [{"path": "/x", "content": "", "owner": "nobody-of-that-name"}]},
     {"name": "x", "files": [{"path": "/x", "content": ""}], "apply": ["ls"]},
     {"name": "x", "files": [{"path": "/x", "content": ""}], "seconds": 0}],
)  # fmt: skip
def test_a_faulty_change_is_named_and_refused(document: Any) -> None:
    with pytest.raises(changes.BadChange):
        changes.read(document)


def test_what_a_file_holds_stands_in_no_repr(tmp_path: Path) -> None:
    """Files of a change hold keys and passwords; a repr ends in logs and tracebacks."""
    found = changes.read({"name": "x", "files": [{"path": "/x", "content": "PrivateKey = s3cret", "mode": "0600"}], "seconds": 20})
    assert found.files[0].content == b"PrivateKey = s3cret" and found.files[0].mode == 0o600
    assert "s3cret" not in repr(found) and "/x" in repr(found)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, str(Path({tests!r})))
import test_guard
from edge_agent.guard import proof
from edge_agent.guard.machine import Guard
proof.known_targets = list
root, state, then = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def step(name):
    if name == state:
        os.kill(os.getpid(), signal.SIGKILL)
system = test_guard.FakeSystem(root)
guard = Guard(root / "state", system, step)
applied = guard.apply(test_guard.a_change(root))
if then == "confirm":
    test_guard.confirm(guard, system, applied["id"])
else:
    guard.restore()
"""


@pytest.mark.parametrize("way_out", ["timer", "boot", "next change"])
@pytest.mark.parametrize(
    ("state", "then", "ends_new"),
    [
        ("saved", "confirm", False),
        ("armed", "confirm", False),
        ("placed", "confirm", False),
        ("applied", "confirm", False),
        ("committed", "confirm", True),
        ("put back", "restore", False),
        ("restored", "restore", False),
    ],
)
def test_killed_in_any_state_it_ends_in_the_old_or_the_new(tmp_path: Path, state: str, then: str, ends_new: bool, way_out: str) -> None:
    with_old(tmp_path)
    script = KILLED.format(tests=str(Path(__file__).parent))
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path), state, then], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    guard = Guard(tmp_path / "state", FakeSystem(tmp_path))
    if way_out == "next change":
        guard.apply(changes.read({"name": "y", "files": [{"path": str(tmp_path / "y"), "content": "y"}]}))
    else:
        guard.restore(at_boot=way_out == "boot")
    assert there(tmp_path) == (NEW if ends_new else OLD)
    states = [json.loads(p.read_text())["state"] for p in (tmp_path / "state/guard").glob("*/state.json")]
    assert (tmp_path / "state/guard/pending").exists() == (way_out == "next change")
    assert sum(s in ("saved", "armed", "applied") for s in states) == (1 if way_out == "next change" else 0)


def test_between_arming_and_confirming_a_timer_is_always_set(tmp_path: Path) -> None:
    seen: dict[str, bool] = {}
    system = FakeSystem(tmp_path)
    Guard(tmp_path / "state", system, lambda name: seen.update({name: system.timer.exists()})).apply(a_change(tmp_path))
    assert seen == {"saved": False, "armed": True, "placed": True, "applied": True}


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    begun = time.monotonic()
    done = System(tmp_path).run(["sh", "-c", "sleep 60 & wait"], 0.5)
    # The child holds the pipe that `run` reads to its end: had it lived on, this would have taken a minute.
    assert not done.ok and "no end after" in done.message and time.monotonic() - begun < 30


def test_the_commands_speak_json(tmp_path: Path) -> None:
    environment = {**os.environ, "KETNOI_STATE": str(tmp_path / "state")}

    def agent(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "edge_agent.cli", "guard", *arguments]
        return subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False)

    assert json.loads(agent("status", "--json").stdout) == {"state": "idle", "id": None}
    assert agent("apply", "--json", stdin="{}").returncode == 2
    unknown = agent("confirm", "000009-zz", "--json")
    assert unknown.returncode == 1 and json.loads(unknown.stdout)["reason"]["vi"]
