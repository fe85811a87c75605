"""A box's clock that is set while the agent runs, or is wrong from the boot on: the agent in a time of its own (libfaketime).

Only the wall clock is played: the time since boot goes on, as on a real box. What chrony would say of it is said by a script.
"""

import shutil
import stat
import time
from pathlib import Path

import pytest
from agent_processes import Agent
from agent_services import wait_until
from telling import assert_whole, flip, settled

TRACKING = "CB00710A,203.0.113.10,3,$(date +%s),0.000001,0.0,0.0,0.0,0.0,0.0,0.0,0.0,16.0,{leap}"


class BoxClock:
    """What the box's processes take for the time: right by so much as `set` says, in libfaketime's words."""

    def __init__(self, folder: Path) -> None:
        self._offset, self._tracking = folder / "offset", folder / "tracking"
        (folder / "bin").mkdir()
        chronyc = folder / "bin/chronyc"
        chronyc.write_text(f"#!/bin/sh\n. {self._tracking}\n")
        chronyc.chmod(chronyc.stat().st_mode | stat.S_IXUSR)
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        assert library, "libfaketime is missing: run tools/apt unit as root"
        self.environment = {
            "PATH": f"{folder}/bin:/usr/bin:/bin", "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        }  # fmt: skip
        self.set("+0")

    def set(self, offset: str, synced: bool = True) -> None:
        self._tracking.write_text(f'echo "{TRACKING}"\n'.format(leap="Normal" if synced else "Not synchronised"))
        self._offset.write_text(offset)


@pytest.fixture
def clock(tmp_path):
    folder = tmp_path / "clock"
    folder.mkdir()
    yield BoxClock(folder)
    shutil.rmtree(folder)


@pytest.fixture
def agent(collector, new_agent, clock) -> Agent:
    agent = new_agent()
    agent.environment(clock.environment)
    return agent


def connected(agent: Agent) -> None:
    wait_until(lambda: agent.status().get("link", {}).get("connected"), 40, message=lambda: agent.log()[-800:])


def astray_s(hub) -> float:
    """How far the worst wall time of an event is from when the hub got it."""
    return float(hub.rows("SELECT max(abs(extract(epoch FROM wall) - extract(epoch FROM now()))) FROM events")[0][0])


def assert_dated_within(hub, began: float) -> None:
    """Every interval of the camera lies in the test's own time, one after the other."""
    rows = hub.rows("SELECT extract(epoch FROM began), extract(epoch FROM ended) FROM intervals WHERE subject = 'camera/1' ORDER BY id")
    instants = [float(at) for row in rows for at in row if at is not None]
    assert rows and instants == sorted(instants)
    assert began - 1 <= instants[0] and instants[-1] <= time.time() + 1, [at - began for at in instants]


@pytest.mark.parametrize(("offset", "seconds"), [("-365d", 365 * 86400), ("+1h", 3600)], ids=["a year back", "an hour ahead"])
def test_a_clock_that_is_set_under_a_running_agent_moves_nothing(hub, agent, clock, offset, seconds):
    began = time.time()
    agent.start()
    connected(agent)
    flip(agent, 2)
    before = wait_until(lambda: hub.rows("SELECT connection FROM facility_state WHERE link = 'online'"))
    clock.set(offset)
    flip(agent, 3)
    settled(agent)
    assert astray_s(hub) == pytest.approx(seconds, rel=0.1), "the clock was really set"
    assert_whole(hub, agent)
    assert_dated_within(hub, began)
    assert hub.rows("SELECT connection FROM facility_state") == before, "the session stands"


def test_a_box_without_a_clock_at_boot_keeps_what_it_sees_and_dates_it_once_the_clock_is_right(hub, agent, clock):
    began = time.time()
    clock.set("-365d", synced=False)
    agent.start()
    wait_until(lambda: "not yet valid" in (agent.status().get("link", {}).get("problem") or ""), 40, message=lambda: agent.log()[-800:])
    flip(agent, 3)
    assert hub.rows("SELECT * FROM sites") == [], "nothing can be told yet"
    clock.set("+0")
    connected(agent)
    wait_until(lambda: hub.rows("SELECT 1 FROM events WHERE clock_synced"), 40, message="no event with a clock that is right")
    settled(agent)
    assert astray_s(hub) > 300 * 86400
    assert_whole(hub, agent)
    assert_dated_within(hub, began)
