"""A device's result is heard while the task still runs: from the box's standard error to who watches the play."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from province import ansible_live, progress
from province.rollout import FacilityRun, Watch

SAYS = """
import sys
given = sys.stdin.read()
print("first", file=sys.stderr, flush=True)
open(sys.argv[1]).read()
print("second", file=sys.stderr, flush=True)
print(given)
sys.exit(7)
"""


class Connection:
    """What of Ansible's ssh connection is used."""

    def _bare_run(self, *arguments: Any, **more: Any) -> tuple[int, bytes, bytes]:
        raise AssertionError("the plain way was taken")


def test_a_line_is_heard_before_the_command_ends(tmp_path: Path) -> None:
    gate, heard, first = tmp_path / "gate", [], threading.Event()
    os.mkfifo(gate)
    connection = Connection()

    def said(line: str) -> None:
        heard.append(line)
        first.set()

    def open_the_gate() -> None:
        assert first.wait(10)
        gate.write_text("go")

    opener = threading.Thread(target=open_the_gate)
    opener.start()
    with ansible_live.heard(connection, said):
        result = connection._bare_run([sys.executable, "-c", SAYS, str(gate)], b"document", sudoable=True)
    opener.join()
    assert heard == ["first", "second"]
    assert result == (7, b"document\n", b"first\nsecond\n")
    with pytest.raises(AssertionError, match="plain way"):
        connection._bare_run([])


def test_a_command_that_does_not_read_its_input_still_answers(tmp_path: Path) -> None:
    connection = Connection()
    with ansible_live.heard(connection, lambda line: None):
        status, output, _ = connection._bare_run([sys.executable, "-c", "print('no thanks')"], b"x" * 10_000_000)
    assert (status, output) == (0, b"no thanks\n")


def test_what_is_told_is_heard_in_order_and_rubbish_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, int]] = []
    path = tmp_path / "progress"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    with progress.Listener(path, lambda code, device: heard.append((code, device["slot"]))):
        for slot in range(20):
            progress.tell("a-01", {"slot": slot})
        progress.tell("a-01", {})
        progress.tell("a-02", {"slot": 1})
    assert heard == [("a-01", slot) for slot in range(20)] + [("a-02", 1)]


def test_with_nobody_listening_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "nobody"))
    progress.tell("a-01", {"slot": 1})
    monkeypatch.delenv(progress.VARIABLE)
    progress.tell("a-01", {"slot": 1})


class Seen:
    """A watch over a-01, and the devices that it told of."""

    def __init__(self) -> None:
        self.devices: list[tuple[str, int, str]] = []
        self.watch = Watch(["a-01"], Path("inventory/p"), lambda run: None, self.done)

    def done(self, run: FacilityRun, device: dict[str, Any]) -> None:
        self.devices.append((run.code, device["slot"], device["status"]))

    def tell(self, event: str, **more: Any) -> None:
        self.watch.event({"event": event, "event_data": {"host": "a-01", "role": "cameras", **more}})


def result(slot: int, status: str, kind: str = "camera") -> dict[str, Any]:
    text = {"vi": "hỏng", "en": "broken"}
    return {"slot": slot, "kind": kind, "status": status, "class": None, "reason": text, "hint": text, "changes": [{"field": "name"}]}


def test_each_device_is_told_of_as_it_comes_and_stands_in_the_document() -> None:
    seen = Seen()
    seen.tell("runner_on_start", task="cameras")
    seen.watch.device("a-01", {**result(2, "changed"), "changes": 1})
    seen.watch.device("strange-01", result(1, "ok"))
    seen.watch.device("a-01", {"rubbish": True})
    assert seen.devices == [("a-01", 2, "changed")]
    assert [d["changes"] for d in seen.watch.runs["a-01"].document()["devices"]] == [1]
    seen.tell("runner_on_ok", res={"changed": True, "devices": [result(2, "changed"), result(1, "no_access")]})
    seen.tell("runner_on_ok", res={"devices": [result(1, "ok", "recorder")]})
    seen.watch.finish(0)
    document = seen.watch.runs["a-01"].document()
    shown = [(d["kind"], d["slot"], d["status"]) for d in document["devices"]]
    assert shown == [("camera", 1, "no_access"), ("camera", 2, "changed"), ("recorder", 1, "ok")]
    assert document["status"] == "changed" and document["devices"][1]["changes"] == [{"field": "name"}]


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
