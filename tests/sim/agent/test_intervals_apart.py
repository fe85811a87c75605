"""Two facilities and several boots in one database: nobody's events touch another's intervals, nor a boot's clock another boot."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from played_agent import CLOCK, NOON, OUTBOX, SITE, Box, assert_intervals, close, intervals

from edge_agent.contract.messages import Beat, LinkState, State, topic
from edge_agent.contract.strict import utc_text
from province.hub.collector import keep
from province.hub.migrate import migrate

OTHER = "BD-0002"
SITES = (SITE, OTHER)


@pytest.fixture(scope="module")
def migrated(database):
    with psycopg.connect(database.new(f"i{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


@pytest.fixture
def kept(migrated):
    """An empty database of the hub's form: what a test writes into it is taken back, which is quicker than another database."""
    with migrated.transaction(force_rollback=True):
        yield migrated


def boxes(later: timedelta = timedelta(minutes=-7)) -> tuple[Box, Box]:
    """Of one boot each, whose id neither could read: it is the same. The other began so much later."""
    one, other = Box(site=SITE), Box(NOON + later, OTHER)
    one.boot = other.boot = "unknown"
    return one, other


def test_what_one_facility_tells_closes_nothing_of_anothers(kept):
    one, other = boxes()
    other_began = other.now
    for box in (one, other):
        box.camera(1, "up")
        box.send(kept)
    stopped = one.pass_time(60)
    one.camera(1, "down")
    one.say("agent", status="stopped")
    one.send(kept)
    began = one.pass_time(60)
    one.say("agent", status="started")
    one.send(kept)
    assert_intervals(kept, [("up", other_began, None)], site=OTHER)
    assert_intervals(kept, [("up", NOON, stopped), ("unknown", stopped, began), ("down", began, None)])


@pytest.mark.parametrize("minutes", [-7, 7])
def test_a_boot_is_dated_by_its_own_facilitys_clock_and_dates_no_other(kept, minutes):
    """Both boots are without a clock and of one name, each after another boot; the facilities get the time one after the other."""
    told = {}
    played = one, other = boxes(timedelta(minutes=minutes))
    for box in played:
        box.boot = uuid.uuid4().hex
        told[box.site] = [box.now]
        box.camera(1, "frozen")
        box.send(kept)
    for box, years in ((other, -2), (one, 1)):
        box.pass_time(50)
        box.reboot(astray=timedelta(days=365 * years))
        box.boot = "unknown"
        told[box.site].append(box.pass_time(20))
        box.camera(1, "up")
        box.send(kept)
    for box in played:
        told[box.site].append(box.pass_time(33))
        box.camera(1, "down")
        box.send(kept)
    undated = intervals(kept, site=OTHER)
    for box, untouched in zip(played, (undated, None), strict=True):
        box.sync()
        told[box.site].append(box.pass_time(47))
        box.camera(1, "frozen")
        box.send(kept)
        if untouched:
            assert intervals(kept, site=OTHER) == untouched
    for box in played:
        before, up, down, after = told[box.site]
        expected = [("frozen", before, up), ("up", up, down), ("down", down, after), ("frozen", after, None)]
        assert_intervals(kept, expected, site=box.site)


def test_a_second_boot_without_a_clock_is_dated_apart_from_the_first(kept):
    box = Box()
    box.camera(1, "up")
    stopped = box.pass_time(300)
    box.say("agent", status="stopped")
    box.send(kept)
    expected = [("up", NOON, stopped)]
    since = stopped
    for days in (-40, -400):
        box.pass_time(500)
        box.reboot(astray=timedelta(days=days))
        started = box.pass_time(20)
        box.say("agent", status="started")
        down = box.pass_time(30)
        box.camera(1, "down")
        box.send(kept)
        box.sync()
        up = box.pass_time(70)
        box.camera(1, "up")
        last = box.pass_time(25)
        box.say("agent", status="stopped")
        box.send(kept)
        expected += [("unknown", since, started), ("up", started, down), ("down", down, up), ("up", up, last)]
        since = last
    assert_intervals(kept, [*expected, ("unknown", since, None)])


def test_where_a_first_boot_was_never_dated_the_second_begins_nothing_before_it(kept):
    """Its clock was a year ahead, and it went off before anybody could tell."""
    box = Box()
    box.reboot(astray=timedelta(days=365))
    ahead = box.pass_time(20) + box.astray
    box.camera(1, "up")
    box.send(kept)
    box.reboot(astray=timedelta(days=-30))
    box.pass_time(20)
    box.camera(1, "down")
    box.pass_time(30)
    box.camera(1, "frozen")
    box.send(kept)
    box.sync()
    box.pass_time(60)
    box.camera(1, "up")
    box.send(kept)
    found = intervals(kept)
    assert [row[0] for row in found] == ["up", "down", "frozen", "up"]
    assert close(found[0][1], ahead) and all(row[1] >= ahead - timedelta(seconds=0.01) for row in found)
    assert all(earlier[2] == later[1] for earlier, later in pairwise(found)) and found[-1][2] is None


def test_time_is_known_up_to_the_last_event_before_a_gap_not_only_up_to_the_last_change(kept):
    box = Box()
    box.camera(1, "up")
    box.pass_time(100)
    box.say("link", status="online")
    known = box.pass_time(211)
    box.say("link", status="offline")
    box.send(kept)
    box.pass_time(900)
    box.epoch, box._seq = uuid.uuid4().hex, 0
    found = box.pass_time(1)
    box.say("gap", cause="lost")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, known), ("unknown", known, found), ("up", found, None)])


def test_a_gap_that_the_hub_finds_in_a_boot_without_a_clock_begins_where_time_was_known_last(kept):
    box = Box()
    box.camera(1, "up")
    known = box.pass_time(120)
    box.say("link", status="online")
    box.send(kept)
    box.pass_time(600)
    box.reboot(astray=timedelta(days=-400))
    box.camera(1, "frozen")
    box.events.clear()  # it never came, and nobody declares it
    box.pass_time(10)
    box.camera(2, "up")
    box.send(kept)
    box.sync()
    told = box.pass_time(30)
    box.camera(1, "down")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, known), ("unknown", known, told), ("down", told, None)])


def test_a_boot_whose_clock_is_behind_takes_no_time_that_was_known(kept):
    """Nobody could judge its clock, so it is believed for the time being."""
    box = Box()
    box.camera(1, "up")
    known = box.pass_time(300)
    box.say("link", status="online")
    box.pass_time(30)
    box.reboot(astray=timedelta(days=-2))
    box.synced = None
    box.pass_time(10)
    box.say("link", status="online")
    box.pass_time(50)
    box.say("gap", cause="not_stored")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, known), ("up", known, None)])


def test_a_clock_moved_a_little_moves_nothing_of_a_boot_that_was_dated_rightly(kept):
    """Both agree with when they arrived: the first counts."""
    box = Box(datetime.now(UTC) - timedelta(seconds=5))
    began = box.now
    box.camera(1, "up")
    box.send(kept)
    box.astray = timedelta(seconds=60)
    down = box.pass_time(2)
    box.camera(1, "down")
    box.send(kept)
    assert_intervals(kept, [("up", began, down), ("down", down, None)])


def test_a_box_that_died_and_came_back_without_a_clock_was_known_up_to_its_last_event(kept):
    box = Box()
    box.camera(1, "up")
    known = box.pass_time(240)
    box.say("link", status="online")
    box.send(kept)
    box.pass_time(1000)
    box.reboot(astray=timedelta(days=365))
    box.pass_time(20)
    box.say("agent", status="started")
    box.send(kept)
    found = intervals(kept)
    assert [row[0] for row in found] == ["up", "unknown", "up"]
    assert close(found[0][2], known) and close(found[1][1], known)


def test_the_first_word_of_a_box_without_a_clock_that_died_is_as_it_says(kept):
    """Nothing is known before it: then its own clock is all that there is."""
    box = Box()
    box.reboot(astray=timedelta(days=-30))
    box.camera(1, "up")
    started = box.pass_time(60)
    box.say("agent", status="started")
    box.send(kept)
    found = [row for row in intervals(kept) if row[1] != row[2]]
    assert [row[0] for row in found] == ["up", "up"]
    assert close(found[1][1], started + box.astray)


def test_an_agent_that_died_is_unknown_since_its_own_last_word_not_since_another_facilitys(kept):
    begun = datetime.now(UTC) - timedelta(hours=1)
    one, other = Box(begun), Box(begun, OTHER)
    for box in (one, other):
        box.camera(1, "up")
        box.send(kept)
        keep(kept, [(topic(box.site, "state"), Beat(box.site, f"c-{box.site}", 1).to_bytes())])
    heard = {SITE: begun + timedelta(seconds=111), OTHER: begun + timedelta(seconds=500)}
    for site, at in heard.items():
        kept.execute("UPDATE connections SET first_at = %s, last_at = %s WHERE site = %s", (begun, at, site))
    started = one.pass_time(900)
    one.say("agent", status="started")
    one.send(kept)
    assert_intervals(kept, [("up", begun, heard[SITE]), ("unknown", heard[SITE], started), ("up", started, None)])


def test_what_the_hub_heard_after_an_agent_started_again_tells_nothing_of_before(kept):
    """The event came late: the sessions since then are of the agent that runs now."""
    begun = datetime.now(UTC) - timedelta(hours=1)
    box = Box(begun)
    box.camera(1, "up")
    box.send(kept)
    started = box.pass_time(600)
    box.say("agent", status="started")
    for connection, first, last in (("c1", 0, 200), ("c2", 610, 900), ("c3", 590, 700)):
        kept.execute(
            "INSERT INTO connections (site, connection, first_at, last_at) VALUES (%s, %s, %s, %s)",
            (SITE, connection, begun + timedelta(seconds=first), begun + timedelta(seconds=last)),
        )
    box.send(kept)
    known = begun + timedelta(seconds=200)
    assert_intervals(kept, [("up", begun, known), ("unknown", known, started), ("up", started, None)])


def state(site: str, words: dict[int, str]) -> tuple[str, bytes]:
    cameras = tuple({"slot": slot, "name": f"C{slot:02}", "status": word} for slot, word in words.items())
    document = State(site, f"c-{site}", 1, utc_text(datetime.now(UTC)), "1", "b", 1.0, CLOCK, OUTBOX, cameras, {})
    return topic(site, "state"), document.to_bytes()


def test_a_state_document_tells_of_its_own_facility_alone(kept):
    """Both have lost events that nobody declared, so of both it is awaited."""
    for box in boxes():
        box.camera(1, "up")
        box.camera(2, "up")
        box.send(kept)
        box.pass_time(60)
        box.camera(1, "frozen")
        box.events.clear()
        box.pass_time(60)
        box.camera(3, "up")
        box.send(kept)
    assert [intervals(kept, 1, site)[-1][0] for site in SITES] == ["unknown", "unknown"]
    other = intervals(kept, 1, OTHER)
    keep(kept, [state(SITE, {1: "down", 3: "frozen"})])
    assert intervals(kept, 1, OTHER) == other
    assert [intervals(kept, slot)[-1][0] for slot in (1, 2, 3)] == ["down", "unknown", "up"]
    unknown, down = intervals(kept, 1)[-2:]
    assert unknown[2] == down[1] and down[2] is None


def test_the_agent_neither_writes_nor_ends_what_the_hub_saw_of_the_link(kept):
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c1", "online", "connected").to_bytes())])
    before = intervals(kept, "link")
    assert [row[0] for row in before] == ["online"]
    box = Box(datetime.now(UTC))
    box.say("word", subject="link", status="down", reason=None)
    box.say("health", subject="link", to="up", reason=None)
    box.say("agent", status="stopped")
    box.pass_time(5)
    box.say("agent", status="started")
    box.say("gap", cause="lost")
    box.send(kept)
    assert intervals(kept, "link") == before


def test_a_subject_that_is_none_begins_no_interval(kept):
    box = Box()
    for subject in ("camera/0", "camera/127", "camera/x", "Cửa", "disk space", "", None, 3, "a" * 33):
        box.say("health", subject=subject, to="down", reason=None)
    box.say("health", subject="disk", to="down", reason=None)
    for word in ("askew", None, 3):
        box.say("health", subject="clock", to=word, reason=None)
    box.send(kept)
    assert kept.execute("SELECT subject, status FROM intervals").fetchall() == [("disk", "down")]
