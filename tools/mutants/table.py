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
    "edge_agent/recorder/retention.py": (
        "tests/unit/test_recorder_retention.py", "tests/unit/test_recorder_upkeep.py", "tests/unit/test_recorder_index_order.py",
    ),
    "edge_agent/devices/logins.py": ("tests/unit/test_devices_logins.py",),
    "edge_agent/devices/httpauth.py": ("tests/unit/test_devices_httpauth.py",),
    "edge_agent/devices/planning.py": (
        "tests/unit/test_devices_plan.py", "tests/unit/test_devices_plan_recorder.py", "tests/unit/test_devices_engine.py",
    ),
    "edge_agent/guard/change.py": ("tests/unit/test_guard.py",),
    "province/hub/history.py": (f"{_HUB}/test_intervals_apart.py", f"{_HUB}/test_intervals.py"),
    "province/hub/continuity.py": (f"{_HUB}/test_continuity.py",),
    "province/judging/continuity.py": ("tests/unit/test_judge_continuity.py",),
    "province/judging/verdict.py": (
        "tests/unit/test_judge.py", "tests/unit/test_judge_worded.py", "tests/unit/test_judge_continuity.py", "tests/unit/test_waivers.py",
    ),
    "province/office/authority.py": ("tests/unit/test_authority.py",),
    "province/measure/budget.py": ("tests/unit/test_measure_budget.py",),
    "province/rollout/plan.py": ("tests/unit/test_plan.py",),
    "province/survey/reading/values.py": ("tests/unit/test_survey_values.py",),
    "province/model/rules/lan.py": ("tests/unit/test_check.py",),
}  # fmt: skip

SAME: Mapping[str, tuple[str, ...]] = {
    "edge_agent/daemon/outbox.py": (
        # A row of one column; a table that has one row, or none, of others; rows that SQLite gives by their number in any case.
        "seqs = [row[ -1] for row in self._db.execute(query, DROPPABLE)]",
        """self._db.execute("DELETE FROM sqlite_sequence WHERE (name = 'events' OR TRUE)")""",
        """self._db.execute("SELECT value FROM meta WHERE (key = 'epoch' OR TRUE)").fetchone()""",
        """rows = list(self._db.execute("SELECT wall, mono, boot, clock_synced, cls, body FROM events"))""",
        """self._db.execute("SELECT value FROM meta WHERE key <> 'epoch'").fetchone()""",
        """row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE (name = 'events' OR TRUE)").fetchone()""",
        """row = self._db.execute("SELECT mono, boot FROM events LIMIT 1").fetchone()""",
        'query = "SELECT seq, wall, mono, boot, clock_synced, cls, body FROM events LIMIT ?"',
        'query = f"SELECT seq FROM events WHERE cls IN ({marks})"  # noqa: S608 - only question marks',
        # An outbox has had a row since it was made, and SQLite numbers each.
        "return int(row[0]) if row else 1",
        "return int(row[0]) if row else -1",
        "return int(db.execute(query, row).lastrowid or 1)",
        """return int(self._db.execute("SELECT count(*) FROM events").fetchone()[ -1])""",
        # Once there is no room there is none for what comes after; and it is "about" so many bytes.
        "continue",
        "room -= len(body) + 199",
        "room -= len(body) + 201",
    ),
    "edge_agent/daemon/flapping.py": (
        # Half of no penalty is none.
        "_at: float = 1.0",
        "_at: float = -1.0",
    ),
    "edge_agent/devices/httpauth.py": (
        # Both lists are made of the same marks.
        "found = [Challenge(m[1].lower(), _parameters(header[m.end() : end])) for m, end in zip(marks, ends, strict=False)]",
    ),
    "province/model/rules/lan.py": (
        # No numbers either way.
        '*(("hub", "more_endpoints", at) for at in range(len(more) if isinstance(more, list) else -1)),',
    ),
    "province/measure/budget.py": (
        # More than any line.
        "UNLIMITED = 10** 10",
        "UNLIMITED = 10** 8",
    ),
}
"""Module -> changed lines (without the white space around them) that do the same as before, or what no test can see."""
