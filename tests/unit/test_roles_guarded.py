"""The action `ketnoi_guarded`, against a box whose answers are scripted: what it sends, and what it tells the user."""

import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from province.paths import data

_SPEC = importlib.util.spec_from_file_location("ketnoi_guarded", data("plugins/action/ketnoi_guarded.py"))
assert _SPEC and _SPEC.loader
guarded = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(guarded)

ARGS = {
    "name": "network",
    "part": "network",
    "seconds": 20,
    "files": [{"path": "/etc/x", "content": "new\n"}],
    "apply": [["true"]],
    "units": [{"name": "x.service", "started": True}],
}
DIFF = [{"before": "old\n", "after": "new\n", "before_header": "/etc/x", "after_header": "/etc/x"}]
CUT = AnsibleConnectionFailure("Failed to connect to the host via ssh: timed out\nmore")


class Box(guarded.ActionModule):
    """The action with a scripted far end. script: verb -> answers in turn; an exception in it is raised."""

    def __init__(self, check: bool = False, **script: list[Any]) -> None:
        self.task = SimpleNamespace(check_mode=check, diff=True, action="ketnoi_guarded", args=dict(ARGS))
        self.connection = SimpleNamespace(reset=lambda: self.sent.append("reset"))
        self.task_vars = {"inventory_hostname": "an-nhon-01"}
        self.sent: list[str] = []
        self.documents: list[dict[str, Any]] = []
        self.script = {verb: list(answers) for verb, answers in script.items()}

    def play(self) -> dict[str, Any]:
        result: dict[str, Any] = self.evaluated(self.task_vars, ARGS)
        return result

    def send(self, document: dict[str, Any]) -> dict[str, Any]:
        guard = document.get("guard", {})
        verb = "look" if guard.get("look") else "apply" if guard else document["command"]["argv"][2]
        self.sent.append(verb)
        self.documents.append(document)
        answers = self.script[verb]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def look(changed: bool = True) -> dict[str, Any]:
    return {"changed": ["/etc/x"] if changed else [], "diff": DIFF if changed else [], "guard": {"rc": 0, "stdout": "", "stderr": ""}}


def applied() -> dict[str, Any]:
    return {"changed": [], "diff": [], "guard": {"rc": 0, "stdout": '{"state": "applied", "id": "7"}', "stderr": ""}}


def confirmed() -> dict[str, Any]:
    return {"changed": ["enable x.service"], "diff": [], "command": {"rc": 0, "stdout": '{"state": "committed"}', "stderr": ""}}


def status(text: str) -> dict[str, Any]:
    return {"changed": [], "diff": [], "command": {"rc": 0, "stdout": text, "stderr": ""}}


RESTORED = status('{"state": "restored", "id": "7", "name": "network", "reason": {"vi": "hết hạn", "en": "nobody confirmed it"}}')
NOT_YET = {
    "changed": [],
    "diff": [],
    "failed": "exit 1",
    "command": {"rc": 1, "stdout": '{"state": "refused", "reason": {"vi": "không trả lời", "en": "no answer"}}', "stderr": ""},
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """Time that passes only while the action sleeps."""
    now = [0.0]
    monkeypatch.setattr(guarded.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(guarded.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return lambda: now[0]


def test_nothing_to_change_costs_one_round_trip() -> None:
    box = Box(look=[look(changed=False)])
    assert box.play() == {"changed": False, "changes": []}
    assert box.sent == ["look"]


def test_check_only_looks() -> None:
    box = Box(check=True, look=[look()])
    told = box.play()
    assert box.sent == ["look"] and told["changed"] and told["diff"] == DIFF


def test_a_change_is_confirmed_over_a_new_connection_and_units_follow_only_then() -> None:
    box = Box(look=[look()], apply=[applied()], confirm=[confirmed()])
    told = box.play()
    assert box.sent == ["look", "apply", "reset", "confirm"]
    assert told["changed"] and told["changes"] == ["/etc/x", "enable x.service"]
    _, apply, confirm = box.documents
    assert "units" not in apply and "record" not in apply
    assert confirm["command"]["argv"][2:4] == ["confirm", "7"] and confirm["units"] == ARGS["units"]


def test_a_connection_cut_by_the_change_itself_is_made_again_and_the_box_asked_for_its_number() -> None:
    pending = status('{"state": "applied", "id": "9", "name": "network"}')
    box = Box(look=[look()], apply=[CUT], status=[CUT, pending], confirm=[confirmed()])
    assert box.play()["changed"]
    assert box.sent == ["look", "apply", "reset", "status", "reset", "status", "confirm"]
    assert box.documents[-1]["command"]["argv"][3] == "9"


def test_a_box_that_restored_itself_is_a_failure_that_says_so_in_both_languages() -> None:
    told = Box(look=[look()], apply=[applied()], confirm=[CUT], status=[CUT, CUT, RESTORED]).play()
    assert told["failed"] and not told["changed"]
    assert told["reason"] == {
        "vi": "an-nhon-01: sau thay đổi “network” không ai vào được thiết bị biên nữa (hết hạn), nên thiết bị đã tự khôi phục cấu hình cũ",
        "en": "an-nhon-01: after the change “network” nobody could get in any more (nobody confirmed it), so the box has restored what it "
        "had before",
    }
    assert set(told["hint"]) == {"vi", "en"} and told["diff"] == DIFF


def test_a_box_that_restored_itself_while_its_answer_was_lost_is_not_changed_again() -> None:
    """Ansible's connection sent the change a second time, and the box knew it by its attempt."""
    said = '{"state": "restored", "id": "7", "reason": {"vi": "khởi động lại", "en": "it restarted"}}'
    box = Box(look=[look()], apply=[{"changed": [], "diff": [], "guard": {"rc": 0, "stdout": said, "stderr": ""}}])
    told = box.play()
    assert told["failed"] and "(it restarted)" in told["reason"]["en"] and box.sent == ["look", "apply"]
    again = Box(look=[look()], apply=[applied()], confirm=[confirmed()])
    again.play()
    attempts = [made.documents[1]["guard"]["change"]["attempt"] for made in (box, again)]
    assert len({*attempts}) == 2 and all(attempts) and "attempt" not in box.documents[0]["guard"]["change"]


def test_a_hub_that_does_not_answer_yet_is_asked_again() -> None:
    pending = status('{"state": "applied", "id": "7", "name": "network"}')
    box = Box(look=[look()], apply=[applied()], confirm=[NOT_YET, NOT_YET, confirmed()], status=[pending])
    assert box.play()["changed"] and box.sent.count("confirm") == 3


def test_a_box_that_never_comes_back_is_given_up_after_its_own_time_and_a_boots(clock: Callable[[], float]) -> None:
    told = Box(look=[look()], apply=[applied()], confirm=[CUT], status=[CUT]).play()
    assert told["failed"] and "did not come back in time" in told["reason"]["en"] and "timed out" in told["reason"]["en"]
    assert clock() == ARGS["seconds"] + guarded.COME_BACK_S


def test_a_change_that_the_box_refuses_stays_out_and_its_reason_is_told() -> None:
    said = '{"state": "refused", "reason": {"vi": "không hợp lệ", "en": "not valid: line 3"}}'
    box = Box(look=[look()], apply=[{"changed": [], "diff": [], "guard": {"rc": 1, "stdout": said, "stderr": ""}}])
    told = box.play()
    assert told["failed"] and told["reason"]["en"].endswith("stays as it was: not valid: line 3")
    assert box.sent == ["look", "apply"]


def test_a_box_that_cannot_be_reached_at_all_is_unreachable_and_not_shut_in() -> None:
    with pytest.raises(AnsibleConnectionFailure):
        Box(look=[CUT]).play()
