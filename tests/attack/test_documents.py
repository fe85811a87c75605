"""Documents of a stolen box: it has a facility's certificate and sends what it likes. Nobody else's may be lost for it, and whatever is
taken can be read by all that read."""

import dataclasses
import io
import json
import random
import signal
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from agent_processes import SITE
from agent_services import Talker, wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from played_agent import Box, intervals
from psycopg.types.json import Jsonb

from edge_agent.contract.messages import CameraState, Event, EventBatch, HealthState, LinkState, State, topic
from province.hub import continuity, evidence, last, metrics, overview, record, reported
from province.hub.collector import keep
from province.hub.settings import Site
from province.hub.store import REFUSALS, forget_unreadable

OTHER = "BD-0002"
SITES = {SITE: Site("an", "10.5.0.1", None, None), OTHER: Site("binh", "10.5.0.2", None, None)}
WALL = "2026-01-02T03:04:05.000006Z"
OUTBOX = {"epoch": "e", "last_seq": 9, "unacknowledged": 2, "oldest_s": 1.5, "bytes": 4096, "waiting": 0, "problem": None}
LINK = LinkState(SITE, "c1", "online", "connected", WALL).to_bytes()
STATE = State(
    SITE, "c1", 1, WALL, "1", "b", 1.0, {"synced": True, "offset_s": 0.01, "source": None}, OUTBOX,
    (CameraState(1, "Cổng", "down", WALL, "no_answer", {"ms": 3}),), {"base": "ab"}, {"way": "tunnel", "endpoint": "hub:8883"},
    {"disk": HealthState("down", "full", WALL, {"free_mb": 3, "total_mb": 9, "errors": 0}), "power": HealthState("up")},
).to_bytes()  # fmt: skip
BODIES = {"camera": {"slot": 1, "name": "C", "from": "up", "to": "down", "since": WALL, "reason": "no_answer"},
          "health": {"subject": "disk", "from": "up", "to": "down", "since": WALL, "reason": "full"},
          "gap": {"cause": "full", "from_seq": 2, "to_seq": 2}, "agent": {"status": "started", "version": "1"},
          "command": {"number": 7, "name": "probe_now", "status": "done", "detail": ""}}  # fmt: skip
EVENTS = EventBatch(SITE, "e1", tuple(Event(n, WALL, float(n), "b", True, cls, body) for n, (cls, body) in enumerate(BODIES.items(), 1)))
VALID = {"link": LINK, "state": STATE, "events": EVENTS.to_bytes()}
DIGITS, LONG = "9" * 400, "b" * 20_000
AT = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-W05-1T00:00:00Z", "20260102T030405Z", "2026-01-02", "1e9", ""]
SEEN = [
    *[("link", '"at":"' + WALL + '"', f'"at":"{at}"') for at in AT],
    *[("state", '"at":"' + WALL + '"', f'"at":"{at}"') for at in AT],
    ("state", '"number":1', '"number":true'),
    ("state", '"number":1', f'"number":{DIGITS}'),
    ("state", '"uptime_s":1.0', '"uptime_s":1e300'),
    ("state", '"slot":1', f'"slot":{DIGITS}'),
    ("state", '"ms":3', f'"ms":{DIGITS}'),
    ("state", '"boot":"b"', f'"boot":"{LONG}"'),
    ("state", '"offset_s":0.01', f'"offset_s":{DIGITS}'),
    ("state", '"power":{', '"a/b":{'),
    ("state", '"disk":{"status":"down"', '"disk":"down","x":{"status":"down"'),
    ("state", '"unacknowledged":2', '"unacknowledged":[]'),
    ("state", '"status":"up","reason":null', '"status":"fine","reason":null'),
    ("state", '"digests":{', f'"digests":{{"x":"{LONG}",'),
    ("events", '"epoch":"e1"', '"epoch":""'),
    ("events", '"seq":1,', f'"seq":{DIGITS},'),
    ("events", '"seq":2,', '"seq":1,'),
]
"""(kind, of the valid document this, this in its place)."""


def spoilt(kind: str, before: str, after: str) -> bytes:
    text = VALID[kind].decode()
    assert before in text, f"{kind} has no {before}"
    return text.replace(before, after, 1).encode()


def everything_can_be_read(database: psycopg.Connection) -> dict:
    """By all that read the hub's tables; what `status` tells, by site."""
    now, today = datetime.now(UTC), date(2026, 1, 2)
    overview.outages(database, list(SITES), now - timedelta(days=400), now)
    overview.availability(database, list(SITES), today, today + timedelta(days=1))
    continuity.document(database, list(SITES), 7, 60.0)
    last.document(database, list(SITES))
    list(metrics._gauges(database))
    evidence.agents(database, list(SITES))
    reported.document(database, SITES, {})
    record.write(database, SITES, now, io.StringIO())
    return {one["site"]: one for one in overview.status(database, list(SITES))["sites"]}


def refused(database: psycopg.Connection) -> int:
    return database.execute("SELECT coalesce(sum(times), 0)::int FROM refusals").fetchone()[0]


def of_another(database: psycopg.Connection, n: int) -> tuple[str, bytes]:
    """Something of a facility that does no harm, and how to see that it was kept."""
    return topic(OTHER, "events"), EventBatch(OTHER, "good", (Event(n, WALL, 1.0, "b", True, "camera", BODIES["camera"]),)).to_bytes()


def others_kept(database: psycopg.Connection) -> int:
    return database.execute("SELECT count(*) FROM events WHERE site = %s", (OTHER,)).fetchone()[0]


@pytest.mark.parametrize(("kind", "before", "after"), SEEN, ids=[f"{kind} {after[:40]}" for kind, _, after in SEEN])
def test_what_was_seen_to_stop_a_collector_is_put_aside_and_everybody_else_is_kept(kept, kind, before, after):
    rubbish = spoilt(kind, before, after)
    acks = keep(kept, [(topic(SITE, kind), rubbish), of_another(kept, 1)])
    assert [ack.site for ack in acks] == [OTHER] and others_kept(kept) == 1
    assert refused(kept) == 1
    (document,) = kept.execute("SELECT document FROM refusals").fetchone()
    assert document == rubbish.decode()[: len(document)] and document
    assert everything_can_be_read(kept)[OTHER]["site"] == OTHER


OF_HEALTH = '"boot":"b","clock_synced":true,"cls":"health"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"mono":2.0', '"mono":1e300'),
        ('"mono":2.0', '"mono":-1'),
        ('"mono":2.0', f'"mono":{"9" * 18}'),
        ('"mono":2.0', f'"mono":{DIGITS}'),
        (OF_HEALTH, OF_HEALTH.replace('"b"', f'"{LONG}"')),
        ('"cls":"health"', '"cls":"he lth"'),
        ('"cls":"health"', '"cls":7'),
    ],
    ids=["endless", "negative", "31 years", "400 digits", "boot of 20 kB", "no token", "no text"],
)
def test_one_event_that_cannot_be_read_is_put_aside_and_those_behind_it_do_not_wait_for_ever(kept, before, after):
    (ack,) = keep(kept, [(topic(SITE, "events"), spoilt("events", before, after))])
    assert (ack.upto, ack.epoch) == (5, "e1")
    assert [row[0] for row in kept.execute("SELECT seq FROM events ORDER BY seq")] == [1, 3, 4, 5]
    assert ("unreadable", 2, 2) in kept.execute("SELECT cause, from_seq, to_seq FROM gaps").fetchall()
    assert refused(kept) == 1
    everything_can_be_read(kept)


def test_after_an_event_that_was_put_aside_nothing_is_known_until_it_is_said_again(kept):
    """It may have told of a camera; in the same batch or as the last of one."""
    box = Box(datetime.now(UTC) - timedelta(seconds=60))
    box.camera(1, "up")
    box.send(kept)
    for alone in (False, True):
        box.camera(1, "down")
        bad, box.events = box.events, []
        box.pass_time(5)
        box.say("link", status="online")
        after, box.events = box.events, []
        batches = [bad, after] if alone else [bad + after]
        for n, batch in enumerate(batches):
            payload = EventBatch(SITE, box.epoch, tuple(batch)).to_bytes()
            keep(kept, [(topic(SITE, "events"), payload.replace(b'"cls":"camera"', b'"cls":"c mera"') if n == 0 else payload)])
        assert intervals(kept)[-1][0] == "unknown"
        box.pass_time(5)
        box.camera(1, "up")
        box.send(kept)
        assert intervals(kept)[-1][0] == "up"


OLD = [
    {"health": {"settings": "down"}}, {"health": []}, {"health": {"settings": {"status": "down", "measured": "x"}}},
    {"health": {"settings": {"status": "down", "measured": {"differs": [1]}}}}, {"clock": "x"}, {"outbox": [1]}, {"digests": 7},
    {"cameras": {"1": "up"}}, {"cameras": ["x"]}, {"cameras": [{"slot": "x"}]}, {"link": "tunnel"}, {"uptime_s": "long"}, [], "x", 7,
]  # fmt: skip


@pytest.mark.parametrize("rubbish", OLD, ids=json.dumps)
def test_what_an_older_hub_took_of_one_facility_is_forgotten_when_the_collector_starts(kept, rubbish):
    good = State.parse(STATE)
    for site in SITES:
        keep(kept, [(topic(site, "state"), dataclasses.replace(good, site=site).to_bytes())])
    sound = everything_can_be_read(kept)[OTHER]
    held = {**json.loads(STATE), **rubbish} if isinstance(rubbish, dict) else rubbish
    kept.execute("UPDATE facility_state SET state = %s WHERE site = %s", (Jsonb(held), SITE))
    assert forget_unreadable(kept) == [SITE]
    shown = everything_can_be_read(kept)
    volatile = {"silent_s", "since"}
    assert {k: v for k, v in shown[OTHER].items() if k not in volatile} == {k: v for k, v in sound.items() if k not in volatile}
    digests = {code: one["digests"] for code, one in reported.document(kept, SITES, {})["sites"].items()}
    assert digests == {"an": {}, "binh": {"base": "ab"}}
    keep(kept, [(topic(SITE, "state"), STATE)])
    assert forget_unreadable(kept) == []


@pytest.mark.parametrize("last", [5, 2**61])
@pytest.mark.parametrize("unreadable", [False, True], ids=["read", "unreadable"])
def test_a_jump_over_numbers_is_written_down_at_once_however_far_it_goes(kept, last, unreadable):
    """Also before an event that can't be read; looking at each number between would have held the collector for ever."""
    batch = EventBatch(
        SITE, "e1", (Event(1, WALL, 1.0, "b", True, "camera", BODIES["camera"]), Event(last, WALL, 2.0, "b", True, "link", {}))
    )
    payload = batch.to_bytes()
    if unreadable:
        payload = payload.replace(b'"cls":"link"', b'"cls":"l nk"')
    signal.alarm(30)
    try:
        acks = keep(kept, [(topic(SITE, "events"), payload), of_another(kept, 1)])
    finally:
        signal.alarm(0)
    assert {ack.site: ack.upto for ack in acks} == {SITE: last, OTHER: 1}
    gaps = [("missing", 2, last - 1), *([("unreadable", last, last)] if unreadable else [])]
    assert kept.execute("SELECT cause, from_seq, to_seq FROM gaps ORDER BY id").fetchall() == gaps


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=10**20), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30), st.sampled_from([*AT, WALL, "\0", "\x1b[2J", "up", "down", "camera/1", "x" * 5000, "2026-01-02T03:04:05+23:59"]),
    st.just([]), st.just({}), st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)  # fmt: skip


def _places(document: object, path: tuple = ()) -> list[tuple]:
    inner = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    return [path, *[place for name, one in inner for place in _places(one, (*path, name))]]


@st.composite
def near_valid(draw: Callable) -> tuple[str, bytes]:
    """A valid document with one to three places that hold something else, or nothing."""
    kind = draw(st.sampled_from(sorted(VALID)))
    document = json.loads(VALID[kind])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([place for place in _places(document) if place]))
        inner = document
        for name in path[:-1]:
            inner = inner[name]
        if draw(st.integers(0, 5)) == 0:
            del inner[path[-1]]
        else:
            inner[path[-1]] = draw(LEAVES)
    return topic(SITE, kind), json.dumps(document).encode()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(near_valid(), min_size=1, max_size=4), seed=st.integers(0, 2**20))
def test_whatever_can_be_read_can_be_kept_and_shown(kept, messages, seed):
    before = others_kept(kept)
    mixed = [*messages, of_another(kept, before + 1)]
    random.Random(seed).shuffle(mixed)
    keep(kept, mixed)
    assert others_kept(kept) == before + 1
    assert kept.execute("SELECT * FROM refusals WHERE reason LIKE 'could not be kept%'").fetchall() == []
    everything_can_be_read(kept)


def test_what_is_put_aside_is_bounded_and_counted(kept):
    sent = [(topic(SITE, "events"), json.dumps({"schema": 1, "site": SITE, "epoch": f" {n}", "events": [1]}).encode()) for n in range(200)]
    keep(kept, sent)
    keep(kept, [(topic(SITE, "state"), b"x" * 200_000)])
    rows = kept.execute(
        "SELECT topic, count(*), sum(times)::int, max(length(document)) FROM refusals GROUP BY topic ORDER BY topic"
    ).fetchall()
    assert [row[:3] for row in rows][1] == (topic(SITE, "state"), 1, 1)
    assert rows[0][1] <= REFUSALS + 1 and rows[0][2] == 200
    assert max(row[3] for row in rows) <= 16 * 1024


def test_a_retained_document_that_cannot_be_read_stops_no_collector_however_often_it_starts(hub, another_collector):
    with Talker(hub, SITE) as talker:
        talker.publish(topic(SITE, "link"), spoilt("link", '"at":"' + WALL + '"', '"at":"0001-01-01T00:00:00+14:00"'), retain=True)
    for n in (1, 2):
        collector = another_collector(f"collector-{n}")
        wait_until(lambda collector=collector: "collecting from" in collector.log(), message=collector.log)
        wait_until(lambda n=n: hub.rows("SELECT sum(times)::int, count(*)::int FROM refusals") == [(n, 1)], message=collector.log)
        with Talker(hub, OTHER) as talker:
            talker.publish(*of_another(None, n))
            wait_until(lambda n=n: hub.rows("SELECT count(*)::int FROM events WHERE site = %s", OTHER) == [(n,)], message=collector.log)
        assert collector.popen.poll() is None and collector.terminate() == 0
