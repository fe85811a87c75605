"""What whole days tell, from a real PostgreSQL: who was up, who was heard, and what nobody knows."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from province.hub import continuity, last, verdicts
from province.hub.migrate import migrate
from province.hub.overview import midnight
from province.text import VIETNAM

SITE = "BD-0001"
DAYS = 7


@pytest.fixture
def db(database: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.new(f"c{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


def ago(days: float, of: datetime | None = None) -> datetime:
    """So many days before Vietnam's last midnight."""
    return (of or midnight(datetime.now(VIETNAM).date())) - timedelta(days=days)


def heard(db: psycopg.Connection[Any], since: datetime, last_seen: datetime | None = None) -> None:
    db.execute("INSERT INTO sites (site, first_seen, last_seen) VALUES (%s, %s, %s)", (SITE, since, last_seen or datetime.now(UTC)))


def held(db: psycopg.Connection[Any], subject: str, *words: tuple[str, datetime, datetime | None]) -> None:
    for word, began, ended in words:
        db.execute(
            "INSERT INTO intervals (site, subject, status, began, ended) VALUES (%s, %s, %s, %s, %s)", (SITE, subject, word, began, ended)
        )


def told(db: psycopg.Connection[Any], silent_s: float = 60) -> dict[str, Any]:
    found: dict[str, Any] = continuity.document(db, [SITE], DAYS, silent_s)["sites"][SITE]
    return found


def test_a_facility_never_heard_of_has_no_days(db: psycopg.Connection[Any]) -> None:
    found = told(db)
    assert (found["since"], found["days"], found["link"], found["cameras"]) == (None, [], [], {})
    assert found["silences"]["times"] == 0


def test_the_day_on_which_it_was_first_heard_and_today_are_no_whole_days(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(2.5))
    held(db, "link", ("online", ago(2.5), None))
    found = told(db)
    assert found["days"] == [ago(n).date().isoformat() for n in (2, 1)]
    assert found["link"] == [[1.0, 1.0], [1.0, 1.0]]


def test_a_camera_down_for_an_hour_lowers_that_day_alone(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30))
    held(db, "link", ("online", ago(30), None))
    down = ago(3) + timedelta(hours=5)
    held(db, "camera/4", ("up", ago(30), down), ("down", down, down + timedelta(hours=1)), ("up", down + timedelta(hours=1), None))
    shares = told(db)["cameras"]["4"]
    assert len(shares) == DAYS
    assert [share == [1.0, 1.0] for share in shares] == [True, True, True, True, False, True, True]
    assert shares[4] == [pytest.approx(23 / 24, abs=1e-4)] * 2


def test_a_camera_that_came_later_has_no_word_for_the_days_before_and_its_first(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30))
    held(db, "camera/9", ("up", ago(2.5), None))
    shares = told(db)["cameras"]["9"]
    assert shares[:5] == [None] * 5 and shares[5:] == [[1.0, 1.0], [1.0, 1.0]]


def test_a_time_in_which_nobody_looked_is_neither_up_nor_down(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30))
    gone = ago(2) + timedelta(hours=2)
    held(db, "camera/1", ("up", ago(30), gone), ("unknown", gone, gone + timedelta(hours=12)), ("up", gone + timedelta(hours=12), None))
    surely, at_most = told(db)["cameras"]["1"][5]
    assert surely == pytest.approx(0.5, abs=1e-3) and at_most == pytest.approx(1.0, abs=1e-3)


def test_an_agent_offline_was_surely_not_heard_one_that_fell_silent_perhaps_not(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30))
    off, quiet = ago(4) + timedelta(hours=1), ago(2) + timedelta(hours=1)
    held(
        db, "link",
        ("online", ago(30), off), ("offline", off, off + timedelta(hours=6)), ("online", off + timedelta(hours=6), quiet),
        ("unknown", quiet, quiet + timedelta(hours=6)), ("online", quiet + timedelta(hours=6), None),
    )  # fmt: skip
    link = told(db)["link"]
    assert link[3] == [pytest.approx(0.75), pytest.approx(0.75)]
    assert link[5] == [pytest.approx(0.75), pytest.approx(1.0)]
    assert told(db)["silences"] == {"times": 2, "longest_s": 6 * 3600.0, "last": told(db)["silences"]["last"]}
    assert told(db, silent_s=7 * 3600)["silences"]["times"] == 0


def test_silence_then_offline_is_one_silence_and_one_outside_these_days_none(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30))
    old, quiet = ago(20), ago(2)
    held(
        db, "link",
        ("online", ago(30), old), ("offline", old, old + timedelta(hours=9)), ("online", old + timedelta(hours=9), quiet),
        ("unknown", quiet, quiet + timedelta(minutes=2)), ("offline", quiet + timedelta(minutes=2), quiet + timedelta(minutes=5)),
        ("online", quiet + timedelta(minutes=5), None),
    )  # fmt: skip
    found = told(db)["silences"]
    assert (found["times"], found["longest_s"]) == (1, 300.0)


def test_an_agent_said_to_be_online_and_silent_since_days_is_not_heard_on_them(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30), last_seen=ago(3))
    held(db, "link", ("online", ago(30), None))
    link = told(db)["link"]
    assert [share[0] for share in link] == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert told(db)["silences"]["times"] == 1


def verdict(at: str, *rows: tuple[str, str, str], word: str = "met") -> str:
    checks = [{"id": check, "subject": subject, "verdict": found, "required": True} for check, subject, found in rows]
    facility = {"id": SITE, "code": "an-nhon-01", "verdict": word, "checks": checks}
    return json.dumps({"province": "p", "area": None, "at": at, "facilities": [facility]})


def test_what_was_last_known_is_the_newest_verdict_that_could_tell_anything(db: psycopg.Connection[Any]) -> None:
    heard(db, ago(30), last_seen=ago(0.5))
    verdicts.append(db, verdict("2026-01-01T00:00:00Z", ("playable_centre", "C01", "met")), "an")
    verdicts.append(
        db, verdict("2026-01-02T00:00:00Z", ("playable_centre", "C01", "not_met"), ("size", "C01", "unknown"), word="not_met"), "an"
    )
    verdicts.append(db, verdict("2026-01-03T00:00:00Z", ("playable_centre", "C01", "unknown"), word="unknown"), "an")
    found = last.document(db, [SITE, "BD-0002"])["sites"]
    assert found[SITE]["verdict"]["at"].startswith("2026-01-02")
    assert found[SITE]["verdict"]["not_met"] == [{"id": "playable_centre", "subject": "C01"}]
    assert found[SITE]["verdict"]["counts"] == {"not_met": 1, "unknown": 1}
    assert found[SITE]["first_connected"].startswith("2026-01-01")
    assert found[SITE]["last_seen"] is not None
    assert found["BD-0002"] == {"verdict": None, "first_connected": None, "last_seen": None, "cameras": {}}
