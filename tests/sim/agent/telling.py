"""An agent that has something to tell, and whether all of it was heard."""

import sqlite3
from itertools import pairwise

from agent_processes import SITE, Agent
from agent_services import wait_until

STREAM = {"1": {"rtsp_port": 1, "path": "/live", "at": "1"}}


def flip(agent: Agent, times: int) -> None:
    """Real changes of a camera's word: its stream is known and dead, then not known, and so on. Each is one event."""
    for turn in range(times):
        wanted = "unknown" if turn % 2 else "down"
        agent.streams({} if turn % 2 else STREAM)
        wait_until(
            lambda wanted=wanted: said(agent)[-1:] == [wanted], message=lambda wanted=wanted: f"no event {wanted}: {agent.log()[-500:]}"
        )


def said(agent: Agent) -> list[str]:
    """What the agent has recorded about its camera so far, by its own log."""
    lines = [line for line in agent.log().splitlines() if "event camera " in line]
    return [line.partition("'to': '")[2].partition("'")[0] for line in lines]


def held(agent: Agent) -> list[int]:
    """Sequence numbers still in the outbox."""
    database = sqlite3.connect(f"file:{agent.state}/outbox.db?mode=ro", uri=True)
    try:
        return [row[0] for row in database.execute("SELECT seq FROM events ORDER BY seq")]
    finally:
        database.close()


def settled(agent: Agent) -> None:
    wait_until(lambda: held(agent) == [], message=lambda: f"not everything was acknowledged: {agent.log()[-800:]}")


def history(hub) -> list[tuple[str, int, str, dict]]:
    return hub.rows(
        "SELECT e.epoch, e.seq, e.class, e.body FROM events e JOIN epochs p USING (site, epoch) "
        "WHERE e.site = %s ORDER BY p.first_seen, e.seq", SITE,
    )  # fmt: skip


def assert_whole(hub, agent: Agent) -> None:
    """Every camera event that the agent logged is there once, in its order, and each begins where the one before ended."""
    rows = history(hub)
    cameras = [body for _, _, cls, body in rows if cls == "camera"]
    assert [body["to"] for body in cameras] == said(agent)
    assert all(later["from"] == earlier["to"] for earlier, later in pairwise(cameras))
    seqs = [seq for _, seq, _, _ in rows]
    assert seqs == list(range(1, len(seqs) + 1))
    assert hub.rows("SELECT * FROM gaps") == []
