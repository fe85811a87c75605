"""The promise: an event is in PostgreSQL once, in order, or there is a record of what is missing."""

from agent_processes import SITE
from agent_services import wait_until


def test_an_event_reaches_postgresql_and_leaves_the_outbox_only_then(hub, collector, new_agent):
    agent = new_agent()
    agent.start()
    found = wait_until(lambda: hub.rows("SELECT seq, class, body->>'status' FROM events WHERE class = 'agent'"))
    assert found == [(2, "agent", "started")]
    wait_until(lambda: agent.status().get("outbox", {}).get("unacknowledged") == 0)
    assert hub.rows("SELECT link FROM facility_state WHERE site = %s", SITE) == [("online",)]
