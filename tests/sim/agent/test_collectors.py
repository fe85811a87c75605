"""Several collectors on one hub: they take turns, and whatever becomes of the one at work, the next goes on without a loss."""

import signal
import time

import pytest
from agent_services import wait_until
from telling import assert_whole, flip, settled

from province.hub.collector import HANGS_S

TAKEN_S = HANGS_S + 40
"""Until when another must have taken over, on a slow machine."""


@pytest.fixture
def agent(hub, collector, new_agent):
    agent = new_agent()
    agent.start()
    wait_until(lambda: hub.rows("SELECT 1 FROM events WHERE class = 'agent'"), message=lambda: agent.log()[-500:])
    settled(agent)
    return agent


@pytest.fixture
def second(collector, another_collector):
    second = another_collector("second")
    wait_until(lambda: "waiting for its turn" in second.log(), message=second.log)
    return second


def takes_over(one, since: float) -> None:
    wait_until(lambda: "collecting from" in one.log(), TAKEN_S, message=one.log)
    print(f"taken over after {time.monotonic() - since:.1f} s")


def test_while_one_collects_another_only_waits(hub, agent, second):
    flip(agent, 3)
    settled(agent)
    assert_whole(hub, agent)
    assert "collecting from" not in second.log()


def test_one_killed_with_messages_in_its_hands_is_replaced_and_nothing_is_lost_or_disordered(hub, agent, collector, second):
    collector.popen.send_signal(signal.SIGSTOP)
    flip(agent, 4)
    killed = time.monotonic()
    collector.kill()
    takes_over(second, killed)
    flip(agent, 3)
    settled(agent)
    assert_whole(hub, agent)


def test_one_that_hangs_loses_its_turn_and_does_no_harm_when_it_comes_to(hub, agent, collector, second):
    collector.popen.send_signal(signal.SIGSTOP)
    hung = time.monotonic()
    flip(agent, 4)
    takes_over(second, hung)
    settled(agent)
    collector.popen.send_signal(signal.SIGCONT)
    flip(agent, 3)
    settled(agent)
    wait_until(lambda: "waiting for its turn" in collector.log(), 30, message=collector.log)
    assert_whole(hub, agent)


def test_one_that_ends_in_good_order_hands_over(hub, agent, collector, second):
    ended = time.monotonic()
    assert collector.terminate() == 0
    takes_over(second, ended)
    flip(agent, 3)
    settled(agent)
    assert_whole(hub, agent)
