"""Whether the clock is right, from what a real chronyd 4.3 printed (`chronyc -n -c tracking`, a server beside it in one namespace)."""

import pytest

from edge_agent.system.clock import Sync, parse_tracking

#: No source has answered since the start.
NEVER = "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised"
#: The same with `local stratum 12`, as every box has it.
LOCAL = "7F7F0101,,12,1796095961.263293399,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal"
#: A source answers.
SYNCHRONISED = (
    "CB00710A,203.0.113.10,4,1796095974.740339975,-0.000001075,0.000000109,0.000000109,0.011,0.002,0.132,0.000003611,0.000000570,2.0,Normal"
)
#: A minute after the source was ended: the reference and "Normal" stay.
LOST = (
    "CB00710A,203.0.113.10,4,1796095974.740339975,-0.000001728,0.000000109,0.000000109,0.011,0.002,0.132,0.000003611,0.000068635,2.0,Normal"
)
MEASURED = 1796095974.7


@pytest.mark.parametrize("line", [NEVER, LOCAL], ids=["never", "local"])
def test_a_clock_that_no_source_has_set_is_not_synchronised_whatever_chrony_calls_it(line):
    assert parse_tracking(line, MEASURED) == Sync(False, None, None)


def test_a_clock_that_a_source_answers_for_is_synchronised():
    assert parse_tracking(SYNCHRONISED, MEASURED + 0.3) == Sync(True, -0.000001075, "203.0.113.10")
    assert parse_tracking(SYNCHRONISED.replace("Normal", "Insert second"), MEASURED).synced
    assert parse_tracking(SYNCHRONISED.replace("Normal", "Not synchronised"), MEASURED) == Sync(False, None, "203.0.113.10")


@pytest.mark.parametrize(("hours", "synced"), [(0.02, True), (23.9, True), (24.1, False), (24 * 400, False), (-0.1, False)])
def test_a_source_that_is_lost_counts_for_a_day(hours, synced):
    """Before its last measurement: the clock was set back by somebody else."""
    assert parse_tracking(LOST, MEASURED + hours * 3600).synced is synced


@pytest.mark.parametrize("said", ["506 Cannot talk to daemon", "", SYNCHRONISED.replace("1796095974.740339975", "?")])
def test_what_is_not_understood_is_no_answer(said):
    assert parse_tracking(said, MEASURED) == Sync()
