"""Plan before apply: what a rollout visits follows from our digests and what the hub knows, and from nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge_agent.contract.strict import utc_text
from province.rollout import plan
from province.text import with_age

OURS = {
    "base": {"base.packages": "sha256:a", "base.files": "sha256:b"},
    "network": {"network": "sha256:c"},
    "cameras": {"cameras": "sha256:d"},
}
DIGESTS = {part: digest for parts in OURS.values() for part, digest in parts.items()}
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def told(**more: Any) -> dict[str, Any]:
    """A facility that converged to what we want, with nothing said against it."""
    return {"status": "connected", "digests": dict(DIGESTS), "cameras": [], "settings": {}, "verdict": None, "rollout": None} | more


def word(what: str, minutes: float) -> dict[str, str]:
    return {"status": what, "at": utc_text(NOON + timedelta(minutes=minutes))}


def aged(text: plan.Text, minutes: float) -> plan.Text:
    return with_age(text, NOON + timedelta(minutes=minutes))


def test_a_verdict_is_told_with_the_hour_of_its_measurement_not_of_its_keeping() -> None:
    kept = word("not_met", 30) | {"measured": "2026-01-02T11:05:00Z"}
    found = plan.visit("a", OURS, told(verdict=kept))
    assert found is not None
    assert found.reason.en == "the newest verdict is not met (measured at 18:05 on 2 January 2026)"
    assert found.reason.vi == "đo kiểm gần nhất không đạt (đo lúc 18:05 ngày 02/01/2026)"


def test_what_converged_to_our_digests_is_left_alone() -> None:
    assert plan.visit("a", OURS, told()) is None


def test_a_role_that_differs_is_visited_and_the_devices_are_read_as_well() -> None:
    found = plan.visit("a", OURS, told(digests=DIGESTS | {"network": "sha256:old"}))
    assert found is not None and found.roles == ("network", "cameras") and "network" in found.reason.vi


def test_one_part_that_differs_or_is_missing_makes_its_role_differ() -> None:
    for digests in (DIGESTS | {"base.files": "sha256:old"}, {part: d for part, d in DIGESTS.items() if part != "base.files"}):
        found = plan.visit("a", OURS, told(digests=digests))
        assert found is not None and found.roles == ("base", "cameras")


MADE = {role: {part: f"{digest}+new" for part, digest in parts.items()} for role, parts in OURS.items()}


@pytest.mark.parametrize("before", ["+old", ""])
def test_a_plan_says_that_it_is_the_roles_or_the_software_that_changed(before: str) -> None:
    found = plan.visit("a", MADE, told(digests={part: digest + before for part, digest in DIGESTS.items()}))
    assert found is not None and found.roles == tuple(OURS) and found.reason == plan.CHANGED.format(roles="base, network, cameras")


@pytest.mark.parametrize("other", ["sha256:other+old", "sha256:other+new", None])
def test_a_plan_names_what_differs_apart_from_what_was_only_made_anew(other: str | None) -> None:
    known = {part: f"{digest}+old" for part, digest in DIGESTS.items()} | {"base.files": other}
    found = plan.visit("a", MADE, told(digests={part: digest for part, digest in known.items() if digest}))
    assert found is not None
    assert found.reason.en == f"{plan.DIFFERS.format(roles='base').en}; {plan.CHANGED.format(roles='network, cameras').en}"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"digests": {}}, plan.NO_REPORT),
        ({"status": "unknown"}, plan.SILENT),
        ({"status": "offline"}, plan.SILENT),
        ({"status": "stopped"}, plan.SILENT),
        ({"rollout": word("failed", 0)}, plan.FAILED),
        ({"verdict": word("not_met", 0)}, aged(plan.NOT_MET, 0)),
        ({"verdict": word("not_met", 2), "rollout": word("changed", 1)}, aged(plan.NOT_MET, 2)),
        ({"verdict": word("to_repair", 2), "rollout": word("changed", 1)}, aged(plan.TO_REPAIR, 2)),
        ({"cameras": [{"slot": 3, "status": "down", "reason": "no_answer"}]}, plan.CAMERAS_DOWN.format(slots="C03")),
        ({"cameras": [{"slot": 3, "status": "frozen", "reason": "no_packets"}]}, plan.CAMERAS_DOWN.format(slots="C03")),
        ({"settings": {"C03": ["encoder.fps"]}}, plan.SETTINGS.format(what="C03 (encoder.fps)")),
        ({"digests": DIGESTS | {"network": plan.DRIFT_MARK + "/etc/x"}}, plan.DRIFT.format(what="/etc/x")),
    ],
)
def test_where_a_digest_proves_nothing_all_roles_are_visited(more: dict[str, Any], why: plan.Text) -> None:
    found = plan.visit("a", OURS, told(**more))
    assert found is not None and found.reason == why and found.roles == tuple(OURS)


def test_of_several_doubts_the_heaviest_is_told() -> None:
    """In the order in which somebody would look: no report, silence, a failed rollout, the verdict, drift, settings, cameras."""
    doubts: list[tuple[dict[str, Any], plan.Text]] = [
        ({"digests": {}}, plan.NO_REPORT),
        ({"status": "offline"}, plan.SILENT),
        ({"rollout": word("failed", 0)}, plan.FAILED),
        ({"verdict": word("not_met", 2)}, aged(plan.NOT_MET, 2)),
        ({"digests": DIGESTS | {"network": plan.DRIFT_MARK + "/etc/x"}}, plan.DRIFT.format(what="/etc/x")),
        ({"settings": {"C03": ["encoder.fps"]}}, plan.SETTINGS.format(what="C03 (encoder.fps)")),
        ({"cameras": [{"slot": 3, "status": "down", "reason": "no_answer"}]}, plan.CAMERAS_DOWN.format(slots="C03")),
    ]
    for first in range(len(doubts)):
        more: dict[str, Any] = {}
        for one, _ in reversed(doubts[first:]):
            more |= one
        found = plan.visit("a", OURS, told(**more))
        assert found is not None and found.reason == doubts[first][1]


@pytest.mark.parametrize(
    "more",
    [
        {"verdict": word("met", 5), "rollout": word("ok", 1)},
        {"verdict": word("not_met", 1), "rollout": word("ok", 2)},
        {"verdict": word("to_repair", 1), "rollout": word("ok", 2)},
        {"verdict": word("waived", 5)},
        {"verdict": word("unknown", 2), "rollout": word("changed", 1)},
        {"cameras": [{"slot": 1, "status": "unknown", "reason": "not_configured_yet"}, {"slot": 2, "status": "up", "reason": None}]},
    ],
)
def test_what_was_mended_or_merely_not_measured_is_no_reason(more: dict[str, Any]) -> None:
    assert plan.visit("a", OURS, told(**more)) is None


def test_a_rollout_that_failed_does_not_settle_a_verdict_before_it() -> None:
    assert plan.visit("a", OURS, told(verdict=word("not_met", 1), rollout=word("failed", 2))) is not None


def test_a_hub_that_is_silent_or_a_wish_for_all_visits_all() -> None:
    for found in (plan.visit("a", OURS, None), plan.visit("a", OURS, told(), full=True), plan.visit("a", OURS, plan.NOBODY)):
        assert found is not None and found.roles == tuple(OURS)


def test_a_facility_whose_input_cannot_be_rendered_is_visited_to_say_why() -> None:
    found = plan.visit("a", {"base": {}, "cameras": {}}, told())
    assert found is not None and found.reason == plan.UNCLEAR and found.roles == ("base", "cameras")


def test_the_hub_is_visited_when_its_own_digests_differ() -> None:
    ours = {"hub": {"hub.peers": "sha256:a"}}
    assert plan.hub(ours, {"hub.peers": "sha256:a", "hub.collector": "sha256:z"}) is None
    for found in (plan.hub(ours, {"hub.peers": "sha256:b"}), plan.hub(ours, {}), plan.hub(ours, None)):
        assert found is not None and found.roles == ("hub",)


def test_a_visit_names_the_parts_that_differ() -> None:
    ours = {"hub": {"hub.peers": "sha256:a", "hub.collector": "sha256:z"}}
    joined = plan.hub(ours, {"hub.peers": "sha256:b", "hub.collector": "sha256:z"})
    assert joined is not None and joined.parts == {"hub.peers"}
    unknown = plan.hub(ours, None)
    assert unknown is not None and unknown.parts == frozenset()


def test_a_report_that_can_t_be_read_is_a_reason_of_its_own_facility() -> None:
    found = plan.visit("x", OURS, told(digests={}) | {"unreadable": "state.clock: missing"})
    assert found is not None and "state.clock: missing" in found.reason.vi and "can't be read" in found.reason.en
