"""Which modules carry the promises, the tests that execute each, and the changes that change nothing."""

from collections.abc import Mapping

_AGENT, _HUB = "tests/unit/agent", "tests/sim/agent"
TESTS: Mapping[str, tuple[str, ...]] = {
    "edge_agent/daemon/outbox.py": (f"{_AGENT}/test_outbox.py", f"{_AGENT}/test_outbox_again.py", f"{_AGENT}/test_outbox_unavailable.py"),
    "edge_agent/daemon/flapping.py": (f"{_AGENT}/test_health.py",),
    "edge_agent/recorder/index.py": (
        "tests/unit/test_recorder_index.py", "tests/unit/test_recorder_index_order.py", "tests/unit/test_recorder_index_damage.py",
        "tests/unit/test_recorder_upkeep.py", "tests/unit/test_recorder_retention.py",
    ),
    "edge_agent/recorder/retention.py": ("tests/unit/test_recorder_retention.py", "tests/unit/test_recorder_upkeep.py"),
    "edge_agent/devices/logins.py": ("tests/unit/test_devices_logins.py",),
    "edge_agent/devices/httpauth.py": ("tests/unit/test_devices_httpauth.py",),
    "edge_agent/devices/planning.py": ("tests/unit/test_devices_plan.py", "tests/unit/test_devices_engine.py"),
    "edge_agent/guard/change.py": ("tests/unit/test_guard.py",),
    "province/hub/history.py": (f"{_HUB}/test_intervals_apart.py", f"{_HUB}/test_intervals.py"),
    "province/hub/continuity.py": (f"{_HUB}/test_continuity.py",),
    "province/judging/continuity.py": ("tests/unit/test_judge_continuity.py",),
    "province/judging/verdict.py": ("tests/unit/test_judge.py", "tests/unit/test_judge_worded.py", "tests/unit/test_waivers.py"),
    "province/office/authority.py": ("tests/unit/test_authority.py",),
    "province/measure/budget.py": ("tests/unit/test_measure_budget.py",),
    "province/rollout/plan.py": ("tests/unit/test_plan.py",),
    "province/survey/reading/values.py": ("tests/unit/test_survey_values.py",),
    "province/model/rules/lan.py": ("tests/unit/test_check.py",),
}  # fmt: skip

SAME: Mapping[str, tuple[str, ...]] = {}
"""Module -> changed lines (without the white space around them) that do the same as before, or what no test can see."""
