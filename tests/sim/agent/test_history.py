"""The promise: an event is in PostgreSQL once, in order, or there is a record of what is missing."""

import json
import signal

import pytest
from agent_processes import SITE, Agent
from agent_services import Talker, wait_until
from telling import assert_whole, flip, held, history, said, settled

from edge_agent.contract.messages import Event, EventBatch, topic


@pytest.fixture
def agent(hub, collector, new_agent) -> Agent:
    agent = new_agent()
    agent.start()
    wait_until(lambda: hub.rows("SELECT 1 FROM events WHERE class = 'agent'"), message=lambda: f"no event came: {agent.log()[-500:]}")
    return agent


def test_an_event_reaches_postgresql_and_leaves_the_outbox_only_then(hub, collector, agent):
    settled(agent)
    collector.popen.send_signal(signal.SIGSTOP)
    flip(agent, 2)
    assert len(held(agent)) == 2
    collector.popen.send_signal(signal.SIGCONT)
    settled(agent)
    assert_whole(hub, agent)


def test_an_agent_killed_between_event_and_acknowledgement_is_counted_once_and_in_order(hub, collector, agent):
    settled(agent)
    before = len(history(hub))
    collector.popen.send_signal(signal.SIGSTOP)
    flip(agent, 4)
    agent.kill()
    kept = held(agent)
    assert len(kept) == 4
    collector.popen.send_signal(signal.SIGCONT)
    wait_until(lambda: len(history(hub)) > before, message="nothing of what was sent before the kill has arrived")
    assert held(agent) == kept, "the rows were committed, but their acknowledgement found nobody"
    agent.start()
    settled(agent)
    assert_whole(hub, agent)


def test_a_broker_killed_and_started_empty_loses_nothing(hub, collector, agent):
    settled(agent)
    collector.popen.send_signal(signal.SIGSTOP)
    flip(agent, 3)
    hub.broker.kill()
    flip_while_offline = said(agent)
    agent.streams({})
    wait_until(lambda: len(said(agent)) > len(flip_while_offline))
    hub.broker.start()
    collector.popen.send_signal(signal.SIGCONT)
    settled(agent)
    assert_whole(hub, agent)
    late = hub.rows("SELECT late FROM events WHERE class = 'camera' ORDER BY seq DESC LIMIT 1")
    assert late == [(True,)]


def test_postgresql_killed_and_started_again_loses_nothing(hub, collector, agent):
    settled(agent)
    hub.database.stop(signal.SIGQUIT)
    try:
        flip(agent, 4)
        assert len(held(agent)) >= 4
    finally:
        hub.database.start()
    settled(agent)
    assert_whole(hub, agent)


def test_a_collector_killed_and_started_again_loses_nothing(hub, collector, agent):
    settled(agent)
    collector.kill()
    flip(agent, 4)
    collector.start()
    settled(agent)
    assert_whole(hub, agent)


@pytest.mark.parametrize("harm", ["overwritten", "removed"])
def test_a_bad_outbox_begins_a_new_epoch_and_declares_the_gap(hub, collector, agent, harm):
    settled(agent)
    first = history(hub)[0][0]
    collector.popen.send_signal(signal.SIGSTOP)
    flip(agent, 3)
    agent.kill()
    path = agent.state / "outbox.db"
    for suffix in ("-wal", "-shm"):
        (agent.state / f"outbox.db{suffix}").unlink(missing_ok=True)
    if harm == "overwritten":
        path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)
    else:
        path.unlink()
    collector.popen.send_signal(signal.SIGCONT)
    agent.start()
    cause = {"overwritten": "damaged", "removed": "lost"}[harm]
    found = wait_until(lambda: hub.rows("SELECT epoch, cause, body->>'previous_epoch' FROM gaps"))
    assert [(cause_, previous) for _, cause_, previous in found] == [(cause, first)]
    assert found[0][0] != first
    settled(agent)
    assert [row[2] for row in history(hub) if row[0] == found[0][0]][:2] == ["epoch", "gap"]


def test_an_outbox_removed_under_a_running_agent_is_noticed_and_what_comes_next_is_kept(hub, collector, agent):
    settled(agent)
    flip(agent, 1)
    settled(agent)
    for suffix in ("", "-wal", "-shm"):
        (agent.state / f"outbox.db{suffix}").unlink(missing_ok=True)
    wait_until(lambda: hub.rows("SELECT 1 FROM gaps WHERE cause = 'lost'"), message=lambda: agent.log()[-500:])
    again = wait_until(lambda: hub.rows("SELECT body->>'status' FROM events WHERE class = 'word' AND body->>'subject' = 'camera/1'"))
    assert again == [("down",)], "the new epoch says again what was known"
    flip(agent, 2)
    settled(agent)
    assert hub.rows("SELECT body->>'to' FROM events WHERE class = 'camera' ORDER BY arrival")[-1] == ("unknown",)


def event(seq: int, **body) -> Event:
    return Event(seq, "2026-01-02T03:04:05.000000Z", 1.0, "b", True, "camera", {"slot": 1, **body})


def batch(*events: Event, site: str = SITE) -> bytes:
    return EventBatch(site, "e1", events).to_bytes()


def test_what_is_published_twice_is_counted_once_and_acknowledged_twice(hub, collector):
    with Talker(hub, SITE) as talker:
        talker.subscribe(topic(SITE, "ack"))
        for _ in range(2):
            talker.publish(topic(SITE, "events"), batch(event(1), event(2)))
        wait_until(lambda: len(talker.heard) == 2)
        assert {json.loads(payload)["upto"] for _, payload in talker.heard} == {2}
    assert hub.rows("SELECT seq FROM events") == [(1,), (2,)]


def test_a_jump_over_numbers_that_nobody_declared_is_written_down(hub, collector):
    with Talker(hub, SITE) as talker:
        talker.subscribe(topic(SITE, "ack"))
        talker.publish(topic(SITE, "events"), batch(event(1), event(5)))
        wait_until(lambda: talker.heard)
    assert hub.rows("SELECT cause, from_seq, to_seq FROM gaps") == [("missing", 2, 4)]


def test_a_declared_jump_is_one_gap_and_what_lives_inside_it_is_kept(hub, collector):
    gap = Event(2, "2026-01-02T03:04:05Z", 1.0, "b", None, "gap", {"cause": "full", "from_seq": 2, "to_seq": 6, "events": 3})
    with Talker(hub, SITE) as talker:
        talker.subscribe(topic(SITE, "ack"))
        talker.publish(topic(SITE, "events"), batch(event(1), gap))
        talker.publish(topic(SITE, "events"), batch(event(4), event(7)))
        wait_until(lambda: [json.loads(payload)["upto"] for _, payload in talker.heard][-1:] == [7])
        assert json.loads(talker.heard[0][1])["upto"] == 2, "a gap acknowledges nothing that has not come"
    assert hub.rows("SELECT cause, from_seq, to_seq FROM gaps") == [("full", 2, 6)]
    assert hub.rows("SELECT seq FROM events ORDER BY seq") == [(1,), (2,), (4,), (7,)]
