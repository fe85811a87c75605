"""A device's result is heard while the task still runs: from the box's standard error to who watches the play."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader, init_plugin_loader

from edge_agent.contract.results import DeviceProgress, DeviceStatus
from province.rollout import live, progress
from province.rollout.watch import FacilityRun, Watch

SSH = """#!{python}
# An ssh whose far end tells of one device, waits (not for ever) until the gate opens, and tells of another; its arguments are kept.
import os, select, sys
from pathlib import Path
Path({folder!r}, "arguments").write_text("\\n".join(sys.argv[1:]))
if "-O" in sys.argv or "ControlPersist" in sys.argv:
    sys.exit(0)
given = sys.stdin.read()
print({first!r}, file=sys.stderr, flush=True)
gate = os.open(Path({folder!r}, "gate"), os.O_RDONLY | os.O_NONBLOCK)
if not select.select([gate], [], [], 10)[0]:
    sys.exit("the gate stayed shut")
print("no device", file=sys.stderr, flush=True)
print({second!r}, file=sys.stderr, flush=True)
print(given)
sys.exit(7)
"""


def line(slot: int, status: DeviceStatus = "ok") -> DeviceProgress:
    """What a box says of a camera that it is done with."""
    return {
        "slot": slot, "kind": "camera", "address": "192.168.1.11", "name": f"A-01 C{slot:02}", "status": status, "class": None,
        "reason": None, "hint": None, "until": None, "seconds": 0.5, "changes": 1,
    }  # fmt: skip


@pytest.fixture(scope="module")
def plugins() -> None:
    init_plugin_loader()


@pytest.fixture
def connection(plugins: None, tmp_path: Path) -> Any:
    """Ansible's own ssh connection, with a program of the test's in place of ssh."""
    program = tmp_path / "ssh"
    program.write_text(SSH.format(python=sys.executable, folder=str(tmp_path), first=json.dumps(line(1)), second=json.dumps(line(2))))
    program.chmod(0o755)
    made = connection_loader.get("ssh", PlayContext(), os.devnull)
    made.set_options(var_options={"ansible_host": "a-01", "inventory_hostname": "a-01", "ansible_ssh_executable": str(program)})
    return made


def test_a_device_is_heard_of_before_the_command_ends(tmp_path: Path, connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    heard: list[tuple[str, int]] = []

    def told(code: str, device: dict[str, Any]) -> None:
        heard.append((code, device["slot"]))
        if device["slot"] == 1:
            gate.write_text("go")  # nothing else opens it: the command ends only because this was heard

    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "progress"))
    with progress.Listener(tmp_path / "progress", told), live.watched(connection, "a-01"):
        status, output, errors = connection.exec_command("true", in_data=b"document")
    assert heard == [("a-01", 1), ("a-01", 2)]
    assert (status, output.split(), len(errors.splitlines())) == (7, [b"document"], 3)
    assert (tmp_path / "arguments").read_text().endswith("a-01\ntrue")
    assert connection.get_option("ssh_executable") == str(tmp_path / "ssh")
    assert not [name for name in os.environ if name.startswith("KETNOI_SSH_")]


def test_ssh_is_called_directly_where_nobody_watches(tmp_path: Path, connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    with live.watched(connection, "a-01"):
        assert connection.get_option("ssh_executable") == str(tmp_path / "ssh")


def test_a_command_that_does_not_read_its_input_still_answers(tmp_path: Path) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho no thanks\n")
    program.chmod(0o755)
    done = subprocess.run(
        [live.PROGRAM], input=b"x" * 1_000, capture_output=True, env={**os.environ, "KETNOI_SSH_PROGRAM": str(program)}, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"no thanks\n", b"")


def test_an_ssh_that_stays_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    """As the master of a shared connection does, which keeps its standard error open."""
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nsleep 30 >/dev/null </dev/null &\necho $! >$0.pid\nexit 3\n")
    program.chmod(0o755)
    begun = time.monotonic()
    done = subprocess.run([live.PROGRAM], capture_output=True, env={**os.environ, "KETNOI_SSH_PROGRAM": str(program)}, check=False)
    os.kill(int(Path(f"{program}.pid").read_text()), signal.SIGKILL)
    assert done.returncode == 3 and time.monotonic() - begun < 20


def test_what_is_told_is_heard_in_order_and_rubbish_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, int]] = []
    path = tmp_path / "progress"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    with progress.Listener(path, lambda code, device: heard.append((code, device["slot"]))):
        for slot in range(20):
            progress.report("a-01", line(slot))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            for rubbish in (b"{", b"[]", b'{"code": "a-01", "report": {}}', b'{"code": "a-01", "report": {"slot": 1, "status": "ok"}}'):
                stranger.sendto(rubbish, str(path))
        progress.report("a-02", line(1))
    assert heard == [("a-01", slot) for slot in range(20)] + [("a-02", 1)]


def test_with_nobody_listening_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "nobody"))
    progress.report("a-01", line(1))
    monkeypatch.delenv(progress.VARIABLE)
    progress.report("a-01", line(1))


class Seen:
    """A watch over a-01, and the devices and packages that it told of."""

    def __init__(self) -> None:
        self.devices: list[tuple[str, int, str]] = []
        self.packages: list[list[str]] = []
        self.watch = Watch(["a-01"], Path("inventory/p"), lambda run: None, self.done, lambda run, names: self.packages.append(names))

    def done(self, run: FacilityRun, device: dict[str, Any]) -> None:
        self.devices.append((run.code, device["slot"], device["status"]))

    def tell(self, event: str, **more: Any) -> None:
        self.watch.event({"event": event, "event_data": {"host": "a-01", "role": "cameras", **more}})


CHANGES = [{"field": "name", "from": "IPC", "to": "A-01 C01"}]


def result(slot: int, status: str, kind: str = "camera") -> dict[str, Any]:
    text = {"vi": "hỏng", "en": "broken"}
    return line(slot) | {
        "kind": kind, "status": status, "reason": text, "hint": text, "changes": CHANGES, "failures": [], "notes": [], "admin_works": True,
    }  # fmt: skip


def test_each_device_is_told_of_as_it_comes_and_stands_in_the_document() -> None:
    seen = Seen()
    seen.tell("runner_on_start", task="cameras")
    seen.watch.news("a-01", line(2, "changed"))
    seen.watch.news("strange-01", line(1))
    assert seen.devices == [("a-01", 2, "changed")]
    assert [d["changes"] for d in seen.watch.runs["a-01"].document()["devices"]] == [1]
    seen.tell("runner_on_ok", res={"changed": True, "devices": [result(2, "changed"), result(1, "no_access")]})
    seen.tell("runner_on_ok", res={"devices": [result(1, "ok", "recorder")]})
    seen.watch.finish(0)
    document = seen.watch.runs["a-01"].document()
    shown = [(d["kind"], d["slot"], d["status"]) for d in document["devices"]]
    assert shown == [("camera", 1, "no_access"), ("camera", 2, "changed"), ("recorder", 1, "ok")]
    assert document["status"] == "changed" and document["devices"][1]["changes"] == CHANGES


def test_packages_are_told_of_by_names_that_packages_can_have() -> None:
    seen = Seen()
    told = live.news('{"installing": ["ffmpeg", "\\u001b[2J", 7, "libstdc++6"]}')
    assert told and live.news('{"installing": "ffmpeg"}') is None
    seen.watch.news("a-01", told)
    seen.watch.news("strange-01", {"installing": ["ffmpeg"]})
    assert seen.packages == [["ffmpeg", "libstdc++6"]]


def test_a_camera_that_fails_leaves_the_recorders_their_turn_and_the_facility_has_failed() -> None:
    seen = Seen()
    reason, hint = {"vi": "camera hỏng", "en": "a camera broke"}, {"vi": "sửa", "en": "mend"}
    seen.tell("runner_on_failed", ignore_errors=True, res={"reason": reason, "hint": hint, "devices": [result(1, "failed")]})
    seen.tell("runner_on_start", task="recorders")
    assert seen.watch.runs["a-01"].status == "running"
    seen.tell("runner_on_failed", ignore_errors=True, res={"reason": {"vi": "đầu ghi hỏng", "en": "a recorder broke"}, "hint": hint})
    seen.tell("runner_on_failed", task="Leave no device failed behind", res={"msg": "said before"})
    seen.watch.finish(2)
    document = seen.watch.runs["a-01"].document()
    assert document["status"] == "failed"
    assert document["reason"] == {"vi": "camera hỏng; đầu ghi hỏng", "en": "a camera broke; a recorder broke"}
    assert document["hint"] == hint
