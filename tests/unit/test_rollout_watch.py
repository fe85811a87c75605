"""What a rollout tells of each facility, from the events that ansible-runner sends."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from province.paths import data
from province.rollout.watch import DONE_TASK, UNREACHABLE, FacilityRun, Watch

CODES = ["a-01", "a-02"]


class Seen:
    """A watch, and a line for each time that a facility moved."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []
        self.watch = Watch(CODES, Path("inventory/p"), self.moved)

    def moved(self, run: FacilityRun) -> None:
        self.lines.append((run.code, run.status, run.role))

    def tell(self, event: str, host: str, role: str = "", **more: Any) -> None:
        kept = self.watch.event({"event": event, "event_data": {"host": host, "role": role, **more}})
        assert kept is False

    def task(self, host: str, role: str, changed: bool = False) -> None:
        self.tell("runner_on_start", host, role)
        self.tell("runner_on_ok", host, role, res={"changed": changed})


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_a_facility_moves_once_a_role_not_once_a_task(seen: Seen) -> None:
    for role in ("base", "base", "agent"):
        seen.task("a-01", role)
    seen.watch.finish(0)
    assert [line for line in seen.lines if line[0] == "a-01"] == [
        ("a-01", "running", "base"),
        ("a-01", "running", "agent"),
        ("a-01", "ok", "agent"),
    ]


def test_changes_are_counted_by_facility(seen: Seen) -> None:
    seen.task("a-01", "base", changed=True)
    seen.task("a-01", "agent", changed=True)
    seen.task("a-02", "base")
    seen.watch.finish(0)
    assert {code: (run.status, run.changed) for code, run in seen.watch.runs.items()} == {"a-01": ("changed", 2), "a-02": ("ok", 0)}


def test_a_failure_keeps_the_reason_and_hint_that_the_task_gave(seen: Seen) -> None:
    reason, hint = {"vi": "hỏng", "en": "broken"}, {"vi": "sửa", "en": "mend"}
    seen.tell("runner_on_start", "a-01", "cameras")
    seen.tell("runner_on_failed", "a-01", "cameras", res={"msg": "x", "reason": reason, "hint": hint})
    seen.task("a-02", "base")
    seen.watch.finish(2)
    document = seen.watch.runs["a-01"].document()
    assert (document["status"], document["reason"], document["hint"]) == ("failed", reason, hint)
    assert seen.watch.runs["a-02"].status == "ok"


def test_a_failure_without_words_of_ours_says_what_ansible_said_and_how_to_see_more(seen: Seen) -> None:
    seen.tell("runner_on_start", "a-01", "base")
    seen.tell("runner_on_failed", "a-01", "base", res={"msg": "no space left"})
    run = seen.watch.runs["a-01"]
    assert run.reason and "no space left" in run.reason.vi and "no space left" in run.reason.en
    assert run.hint and "--limit a-01" in run.hint.en


def test_a_box_that_no_way_leads_to_is_a_failure_that_says_so(seen: Seen) -> None:
    seen.tell("runner_on_start", "a-01", "base")
    seen.tell("runner_on_unreachable", "a-01", "base")
    seen.watch.finish(4)
    assert (seen.watch.runs["a-01"].status, seen.watch.runs["a-01"].reason) == ("failed", UNREACHABLE)


def test_a_hub_out_of_reach_is_no_box_out_of_reach_and_its_cause_is_said() -> None:
    watch = Watch(["hub"], Path("inventory/p"), lambda run: None)
    watch.event({"event": "runner_on_start", "event_data": {"host": "hub", "role": "hub"}})
    said = {"msg": "Failed to connect to the host via ssh: once\nketnoi-reach: hub: no answer at 192.0.2.7:22"}
    watch.event({"event": "runner_on_unreachable", "event_data": {"host": "hub", "role": "hub", "res": said}})
    watch.finish(4)
    reason = watch.runs["hub"].reason
    assert reason and reason.en == "the hub can't be reached: ketnoi-reach: hub: no answer at 192.0.2.7:22" and "lifeline" not in reason.vi


def test_an_ignored_failure_is_none(seen: Seen) -> None:
    seen.tell("runner_on_start", "a-01", "base")
    seen.tell("runner_on_failed", "a-01", "base", ignore_errors=True, res={})
    seen.watch.finish(0)
    assert seen.watch.runs["a-01"].status == "ok"


@pytest.mark.parametrize("return_code", [1, 2, 4, 250])
def test_a_facility_that_was_never_reached_by_a_failed_run_has_failed_too(seen: Seen, return_code: int) -> None:
    seen.task("a-01", "base")
    seen.tell("runner_on_failed", "hub", "", res={"msg": "the hub doesn't know the machines"})
    seen.watch.finish(return_code)
    run = seen.watch.runs["a-02"]
    assert run.status == "failed" and run.reason and "the hub doesn't know" in run.reason.en


def test_a_run_that_was_killed_leaves_nobody_done(seen: Seen) -> None:
    seen.task("a-01", "base")
    seen.watch.finish(254)
    assert {run.status for run in seen.watch.runs.values()} == {"failed"}


def test_a_diff_is_told_as_unified_text(seen: Seen) -> None:
    diff = [{"before": "a\nb\n", "after": "a\nc\n", "before_header": "/etc/x", "after_header": "/etc/x"}]
    seen.tell("runner_on_start", "a-01", "base")
    seen.tell("runner_on_ok", "a-01", "base", res={"changed": True, "diff": diff})
    assert {"-b", "+c"} <= set(seen.watch.runs["a-01"].diffs)


def test_a_facility_that_hangs_took_until_it_was_given_up(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, step in ((0.0, lambda: seen.task("a-01", "base")), (60.0, lambda: seen.tell("runner_on_unreachable", "a-01"))):
        monkeypatch.setattr("province.rollout.watch.time.monotonic", lambda at=at: at)
        step()
    seen.watch.finish(4)
    assert seen.watch.runs["a-01"].seconds == 60.0


def test_a_facility_is_done_at_its_own_last_task_not_at_everybody_s(seen: Seen) -> None:
    seen.task("a-02", "base")
    seen.task("a-01", "cameras", changed=True)
    seen.tell("runner_on_start", "a-01", task=DONE_TASK)
    assert seen.lines[-1][:2] == ("a-01", "changed")
    seen.tell("runner_on_ok", "a-01", task=DONE_TASK, res={"changed": False})
    seen.watch.finish(0)
    assert seen.watch.runs["a-01"].status == "changed" and seen.watch.runs["a-02"].status == "ok"


def test_the_playbook_ends_with_the_task_that_says_so() -> None:
    assert yaml.safe_load(data("playbooks/site.yml").read_text())[-1]["post_tasks"][-1]["name"] == DONE_TASK
