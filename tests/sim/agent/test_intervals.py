"""What events make of intervals, outages and availability, in a real PostgreSQL; judged by a truth that is made up first."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from played_agent import CLOCK, NOON, OUTBOX, SITE, Box, assert_intervals, close, intervals

from edge_agent.contract.messages import Beat, EventBatch, LinkState, State, topic
from edge_agent.contract.strict import utc_text
from province.hub import overview
from province.hub.collector import keep
from province.hub.settings import Settings
from province.hub.upkeep import keep_house
from province.text import VIETNAM


def test_a_word_holds_from_its_event_to_the_next(kept):
    box = Box()
    box.camera(1, "up")
    down = box.pass_time(60)
    box.camera(1, "down", "no_answer")
    up = box.pass_time(30)
    box.camera(1, "up")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, down), ("down", down, up), ("up", up, None)])


def test_what_was_sent_twice_is_folded_once(kept):
    box = Box()
    box.camera(1, "up")
    box.pass_time(60)
    box.camera(1, "down")
    batch = EventBatch(SITE, box.epoch, tuple(box.events)).to_bytes()
    for _ in range(3):
        keep(kept, [(topic(SITE, "events"), batch)])
    assert [row[0] for row in intervals(kept)] == ["up", "down"]
    assert kept.execute("SELECT count(*) FROM events").fetchone() == (2,)


def test_while_the_agent_was_stopped_nobody_knows_and_afterwards_the_word_holds_again(kept):
    box = Box()
    box.camera(1, "up")
    stopped = box.pass_time(60)
    box.say("agent", status="stopped")
    started = box.pass_time(600)
    box.say("agent", status="started")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, stopped), ("unknown", stopped, started), ("up", started, None)])


def test_an_agent_that_died_is_unknown_from_the_last_word_that_the_hub_had(kept):
    box = Box(datetime.now(UTC) - timedelta(hours=1))
    begun = box.now
    box.camera(1, "up")
    box.send(kept)
    heard = box.pass_time(300)
    keep(kept, [(topic(SITE, "state"), Beat(SITE, "c1", 1).to_bytes())])
    kept.execute("UPDATE connections SET first_at = %s, last_at = %s", (begun, heard))
    started = box.pass_time(600)
    box.say("agent", status="started")
    box.send(kept)
    assert_intervals(kept, [("up", begun, heard), ("unknown", heard, started), ("up", started, None)])


def test_events_that_are_missing_are_a_time_of_which_nothing_is_known(kept):
    box = Box()
    box.camera(1, "up")
    box.send(kept)
    found = box.pass_time(900)
    box.epoch, box._seq = uuid.uuid4().hex, 0
    box.say("gap", cause="lost")
    down = box.pass_time(5)
    box.camera(1, "down")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, NOON), ("unknown", NOON, found), ("up", found, down), ("down", down, None)][1:])


def test_after_a_gap_that_the_hub_found_nothing_is_known_until_somebody_says_it(kept):
    box = Box()
    box.camera(1, "up")
    box.camera(2, "up")
    box.camera(3, "up")
    box.send(kept)
    last = box.now
    box.pass_time(60)
    box.camera(1, "down")
    box.events.clear()  # it never came, and nobody declares it
    found = box.pass_time(60)
    box.camera(2, "frozen")
    box.send(kept)
    assert kept.execute("SELECT cause, from_seq FROM gaps").fetchall() == [("missing", 4)]
    assert_intervals(kept, [("unknown", last, None)], 1)
    assert_intervals(kept, [("unknown", last, found), ("frozen", found, None)], 2)
    started = box.pass_time(60)
    box.say("agent", status="started")
    box.send(kept)
    assert_intervals(kept, [("unknown", last, None)], 1)
    assert_intervals(kept, [("unknown", last, found), ("unknown", found, started), ("frozen", started, None)], 2)
    keep(kept, [(topic(SITE, "state"), present(words=("down", "frozen", "up")))])
    assert [intervals(kept, slot)[-1][0] for slot in (1, 2, 3)] == ["down", "frozen", "up"]
    before = [intervals(kept, slot) for slot in (1, 2, 3)]
    keep(kept, [(topic(SITE, "state"), present(words=("up", "up", "down")))])
    assert [intervals(kept, slot) for slot in (1, 2, 3)] == before, "only what is lost is taken from there: all else comes as events"


def test_a_gap_that_the_hub_found_when_the_agent_started_again_takes_what_it_held(kept):
    box = Box()
    box.camera(1, "up")
    stopped = box.pass_time(60)
    box.say("agent", status="stopped")
    box.send(kept)
    box.pass_time(60)
    box.camera(1, "down")
    box.events.clear()
    box.pass_time(60)
    box.say("agent", status="started")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, stopped), ("unknown", stopped, None)])


def test_samples_that_were_dropped_for_room_take_nothing_from_what_is_known(kept):
    box = Box()
    box.camera(1, "up")
    box.pass_time(60)
    box.say("gap", cause="full", from_seq=2, to_seq=2)
    box.send(kept)
    assert [row[0] for row in intervals(kept)] == ["up"]


def test_a_boot_without_a_clock_is_dated_once_the_clock_is_known(kept):
    box = Box()
    box.camera(1, "up")
    box.send(kept)
    box.pass_time(1000)
    box.reboot(astray=-timedelta(days=365))
    started = box.pass_time(20)
    box.say("agent", status="started")
    down = box.pass_time(20)
    box.camera(1, "down")
    box.send(kept)
    box.sync()
    up = box.pass_time(60)
    box.camera(1, "up")
    box.send(kept)
    assert_intervals(kept, [("unknown", NOON, started), ("up", started, down), ("down", down, up), ("up", up, None)])


def test_dating_a_boot_writes_its_own_intervals_alone(kept):
    """However many there are from the years before: 700 boxes boot at once after a power cut."""
    box = Box()
    for word in ("up", "down") * 25:
        box.camera(1, word)
        box.pass_time(60)
    box.send(kept)
    places = "SELECT id, ctid::text FROM intervals ORDER BY id"
    before = kept.execute(places).fetchall()
    box.pass_time(1000)
    box.reboot(astray=-timedelta(days=365))
    first = box.pass_time(20)
    box.camera(1, "up")
    second = box.pass_time(20)
    box.camera(1, "frozen")
    box.send(kept)
    third = box.pass_time(60)
    box.sync()
    box.camera(1, "up")
    box.send(kept)
    after = dict(kept.execute(places).fetchall())
    assert [after[number] for number, _ in before[:-1]] == [place for _, place in before[:-1]]
    assert after[before[-1][0]] != before[-1][1], "the last one of before ends where the boot's first word began"
    told = intervals(kept, 1)
    wanted = [("down", first), ("up", second), ("frozen", third), ("up", None)]
    assert all(row[0] == word and close(row[2], ended) for row, (word, ended) in zip(told[-4:], wanted, strict=True)), told[-4:]
    assert all(close(row[1], began) for row, began in zip(told[-3:], (first, second, third), strict=True)), told[-3:]


def test_a_clock_that_nobody_could_judge_is_believed_until_somebody_can(kept):
    box = Box()
    box.reboot(astray=-timedelta(days=365))
    box.synced = None
    started = box.pass_time(20)
    box.say("agent", status="started")
    box.camera(1, "up")
    box.send(kept)
    assert intervals(kept)[0][1] < NOON - timedelta(days=364)
    down = box.pass_time(20)
    box.sync()
    box.camera(1, "down")
    box.send(kept)
    assert_intervals(kept, [("up", started, down), ("down", down, None)])


def test_a_clock_that_jumps_within_a_boot_moves_nothing(kept):
    box = Box()
    box.camera(1, "up")
    down = box.pass_time(60)
    box.astray = timedelta(hours=1)
    box.camera(1, "down")
    box.send(kept)
    assert_intervals(kept, [("up", NOON, down), ("down", down, None)])


@pytest.mark.parametrize("hours", [3, -3], ids=["ahead", "behind"])
def test_a_clock_that_called_itself_right_and_was_not_dates_a_boot_only_until_one_is(kept, hours):
    """At the boot, and not again when it goes wrong later: what arrives at once shows which of the two was right."""
    box = Box(datetime.now(VIETNAM) - timedelta(seconds=90))
    box.reboot(astray=timedelta(hours=hours))
    box.synced = True
    started = box.pass_time(20)
    box.say("agent", status="started")
    box.camera(1, "up")
    box.send(kept)
    down = box.pass_time(60)
    box.sync()
    box.camera(1, "down")
    box.send(kept)
    again = box.pass_time(5)
    box.astray = timedelta(hours=hours)
    box.camera(1, "up")
    box.send(kept)
    assert_intervals(kept, [("up", started, down), ("down", down, again), ("up", again, None)])


@pytest.mark.parametrize("seed", range(8))
def test_random_histories_become_the_truth_they_were_made_of(kept, seed):
    """Cameras change, the agent stops and starts, boots come without a clock, batches are cut anywhere and sent again."""
    dice = random.Random(seed)
    box = Box()
    word = dict.fromkeys((1, 2, 3), "up")
    truth: dict[int, list[tuple[str, datetime]]] = {slot: [("up", box.now)] for slot in word}
    for slot in word:
        box.camera(slot, "up")
    for _ in range(60):
        box.pass_time(dice.uniform(1, 500))
        what = dice.random()
        if what < 0.8:
            slot = dice.choice(list(word))
            word[slot] = dice.choice([w for w in ("up", "down", "frozen", "unreachable") if w != word[slot]])
            truth[slot].append((word[slot], box.now))
            box.camera(slot, word[slot])
        else:
            if not box.synced:
                box.sync()
                box.say("link", status="online")
            box.say("agent", status="stopped")
            for slot in word:
                truth[slot].append(("unknown", box.now))
            box.pass_time(dice.uniform(1, 500))
            if what > 0.9:
                box.reboot(astray=timedelta(seconds=dice.uniform(-1e8, 1e6)))
                box.pass_time(5)
            box.say("agent", status="started")
            for slot in word:
                truth[slot].append((word[slot], box.now))
        if not box.synced and dice.random() < 0.4:
            box.sync()
        if dice.random() < 0.3:
            if dice.random() < 0.5:
                keep(kept, [(topic(SITE, "events"), EventBatch(SITE, box.epoch, tuple(box.events)).to_bytes())])
            box.send(kept, most=dice.randint(1, 20))
    box.sync()
    box.say("link", status="online")
    box.send(kept)
    for slot, words in truth.items():
        wanted = [(one, began, then) for (one, began), (_, then) in pairwise(words)] + [(*words[-1], None)]
        assert_intervals(kept, wanted, slot)


def test_the_links_intervals_are_the_hubs_own(kept):
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c1", "online", "connected").to_bytes())])
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c1", "offline", "link_lost").to_bytes())])
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c0", "offline", "link_lost").to_bytes())])
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c2", "online", "connected").to_bytes())])
    assert [row[0] for row in intervals(kept, "link")] == ["online", "offline", "online"]


def test_a_session_that_ended_without_a_word_leaves_a_silence(kept):
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c1", "online", "connected").to_bytes())])
    kept.execute("UPDATE connections SET first_at = now() - interval '10 min', last_at = now() - interval '5 min'")
    kept.execute("UPDATE intervals SET began = now() - interval '10 min'")
    keep(kept, [(topic(SITE, "link"), LinkState(SITE, "c2", "online", "connected").to_bytes())])
    found = intervals(kept, "link")
    assert [row[0] for row in found] == ["online", "unknown", "online"]
    assert timedelta(minutes=4.9) < found[1][2] - found[1][1] < timedelta(minutes=5.1)


def present(site: str = SITE, words: tuple[str, ...] = ("up", "down")) -> bytes:
    cameras = tuple({"slot": n, "name": f"C{n:02}", "status": word} for n, word in enumerate(words, start=1))
    state = State(site, "c1", 1, utc_text(datetime.now(UTC)), "1", "b", 1.0, CLOCK, OUTBOX, cameras, {})
    return state.to_bytes()


def test_status_tells_the_words_apart_and_a_silent_facility_is_unknown_with_all_its_cameras(kept):
    keep(kept, [(topic(SITE, "state"), present())])
    (found,) = overview.status(kept, [SITE])["sites"]
    assert (found["status"], found["backlog"], found["clock_synced"]) == ("connected", 3, True)
    assert (found["cameras"]["up"], found["cameras"]["down"], found["last"]) == (1, 1, None)
    kept.execute("UPDATE sites SET last_seen = now() - interval '61 s'")
    silent, never = overview.status(kept, [SITE, "BD-0002"])["sites"]
    assert (silent["status"], silent["cameras"]["unknown"], silent["last"]["up"]) == ("unknown", 2, 1)
    assert (never["status"], never["reason"]) == ("unknown", "never_heard")


def test_outages_are_those_under_way_between_two_instants(kept):
    box = Box()
    box.camera(1, "up")
    for _ in range(3):
        box.pass_time(100)
        box.camera(1, "down", late=True)
        box.pass_time(50)
        box.camera(1, "up", late=True)
    box.send(kept)
    asked = overview.outages(kept, [SITE], NOON + timedelta(seconds=120), NOON + timedelta(seconds=260))
    assert [(one["status"], one["seconds"], one["late"]) for one in asked["outages"]] == [("down", 30, True), ("down", 10, True)]


def test_availability_counts_what_nobody_knows_as_unknown_and_not_as_up(kept):
    box = Box(datetime(2026, 3, 2, 0, 0, tzinfo=VIETNAM))
    box.camera(1, "up")
    box.pass_time(6 * 3600)
    box.camera(1, "down")
    box.pass_time(3600)
    box.camera(1, "up")
    box.pass_time(17 * 3600)
    box.say("agent", status="stopped")
    box.send(kept)
    (camera,) = overview.availability(kept, [SITE], date(2026, 3, 1), date(2026, 3, 2))["cameras"]
    before, day = camera["days"]
    assert before["seconds"]["unknown"] == 86400 and before["up_share"] == 0 and before["up_share_at_most"] == 1
    assert (day["seconds"]["up"], day["seconds"]["down"], day["seconds"]["unknown"]) == (23 * 3600, 3600, 0)
    assert day["up_share"] == pytest.approx(23 / 24, abs=1e-6)
    assert camera["total_s"] == 2 * 86400


def test_months_come_and_go_and_take_their_events_with_them(kept):
    box = Box()
    box.camera(1, "up")
    box.camera(1, "down")
    box.send(kept)
    kept.execute("UPDATE events SET received_at = now() - interval '3 years' WHERE seq = 1")
    settings = Settings("", 1, None, None, None, "", None, 30, "ketnoi", None, 400, 1100)
    keep_house(kept, settings)
    month = f"events_{datetime.now(UTC):%Y_%m}"
    assert kept.execute(f'SELECT seq FROM "{month}"').fetchall() == [(2,)]
    kept.execute("CREATE TABLE events_2020_01 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
    assert keep_house(kept, settings) == ["events_2020_01"]
    box.camera(1, "up")
    box.send(kept)
    assert kept.execute(f'SELECT max(seq) FROM "{month}"').fetchone() == (3,)


def test_a_hub_whose_clock_is_years_ahead_keeps_its_history(kept):
    """Here the history is years behind the clock, which is the same: started again and again, and then a real day later."""
    settings = Settings("", 1, None, None, None, "", None, 30, "ketnoi", None, 400, 1100)
    box = Box()
    box.camera(1, "up")
    box.camera(1, "down")
    box.send(kept)
    kept.execute("CREATE TABLE events_2020_01 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
    kept.execute("UPDATE events SET received_at = '2020-01-05'")
    kept.execute("UPDATE sites SET last_seen = '2020-01-09'")
    kept.execute("UPDATE intervals SET began = '2020-01-01', ended = '2020-01-05' WHERE ended IS NOT NULL")
    kept.execute("INSERT INTO connections VALUES (%s, 'c1', '2020-01-01', '2020-01-05')", (SITE,))
    history = [kept.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("intervals", "connections")]
    for _start in range(3):
        assert keep_house(kept, settings) == []
    kept.execute("UPDATE upkeep SET uptime_s = uptime_s - 86400")
    assert keep_house(kept, settings) == []
    assert [kept.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("intervals", "connections")] == history
    (at,) = kept.execute("SELECT at FROM upkeep").fetchone()
    assert timedelta(days=2) <= at - datetime(2020, 1, 9, tzinfo=UTC) <= timedelta(days=2, hours=1)
    kept.execute("UPDATE upkeep SET at = now()")
    assert keep_house(kept, settings) == ["events_2020_01"]
    assert kept.execute("SELECT count(*) FROM intervals WHERE ended < '2021-01-01'").fetchone() == (0,)
