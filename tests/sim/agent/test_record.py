"""The hub's record for reports: what was known at an instant, and stays so."""

import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from edge_agent.contract.messages import LinkState, State
from province.hub import cli, record, rollouts, verdicts
from province.hub.migrate import FOLDER, migrate
from province.hub.overview import midnight
from province.hub.settings import Site
from province.hub.store import Store
from province.report.model import record as office
from province.text import VIETNAM

SITES = {"BD-0001": Site("a", "10.5.0.1", None, None), "BD-0002": Site("b", "10.5.0.2", None, None)}
TEXT = {"vi": "v", "en": "e"}
SOON = timedelta(hours=1)


@pytest.fixture
def db(database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


def check(name: str, subject: str, verdict: str) -> dict[str, Any]:
    return {"id": name, "subject": subject, "verdict": verdict, "required": True, "title": TEXT, "source": TEXT, "says": TEXT, "once": True}


def keep(db: psycopg.Connection, at: str, word: str, played: tuple[str, ...] = ("met", "met"), site: str = "BD-0001") -> None:
    rows = [check("playable_centre", f"C{slot:02d}", verdict) for slot, verdict in enumerate(played, 1)]
    facility = {"id": site, "code": SITES[site].code, "name": "A", "verdict": word, "checks": rows, "devices": []}
    standard = {"name": "default", "version": 2, "digest": "sha256:s"}
    document = {"province": "p", "area": None, "at": at, "profile": "full", "standard": standard, "facilities": [facility]}
    verdicts.append(db, json.dumps(document), "an")


def told(db: psycopg.Connection, until: datetime | None = None) -> dict[str, Any]:
    out = io.StringIO()
    record.write(db, SITES, until or datetime.now(UTC) + SOON, out)
    return json.loads(out.getvalue())


def test_the_newest_verdict_is_told_whole_and_what_its_standard_says_once(db):
    keep(db, "2026-01-02T03:04:05Z", "not_met", ("met", "not_met"))
    keep(db, "2026-01-03T03:04:05Z", "met")
    document = told(db)
    one = document["sites"]["a"]["verdict"]
    assert (one["at"], one["verdict"], len(one["checks"])) == ("2026-01-03T03:04:05.000000Z", "met", 2)
    assert one["checks"][0] == {"id": "playable_centre", "subject": "C01", "verdict": "met", "says": TEXT}
    assert document["standards"]["sha256:s"]["checks"]["playable_centre"] == {
        "title": TEXT, "source": TEXT, "required": True, "once": True,
    }  # fmt: skip
    assert document["sites"]["b"]["verdict"] is None


def test_first_days_are_kept_though_a_facility_fell_back(db):
    keep(db, "2026-01-01T00:00:00Z", "unknown", ("unknown", "unknown"))
    keep(db, "2026-01-02T00:00:00Z", "not_met")
    keep(db, "2026-01-03T00:00:00Z", "met")
    keep(db, "2026-01-04T00:00:00Z", "unknown", ("unknown", "unknown"))
    one = told(db)["sites"]["a"]
    assert (one["first_connected"], one["first_met"]) == ("2026-01-02T00:00:00.000000Z", "2026-01-03T00:00:00.000000Z")
    assert one["last_judged"] == "2026-01-03T00:00:00.000000Z", "on the 4th nothing could be told"


def test_a_facility_without_cameras_was_never_connected(db):
    keep(db, "2026-01-02T00:00:00Z", "met", ())
    assert told(db)["sites"]["a"]["first_connected"] is None


def test_history_has_the_last_verdict_of_each_day_by_vietnam_s_clock_and_only_changes(db):
    keep(db, "2026-01-01T16:59:00Z", "not_met", ("met", "not_met"))
    keep(db, "2026-01-01T17:01:00Z", "not_met", ("met", "not_met"))
    keep(db, "2026-01-03T01:00:00Z", "unknown", ("unknown", "met"))
    keep(db, "2026-01-03T02:00:00Z", "met")
    assert told(db)["sites"]["a"]["history"] == [["2026-01-01", "not_met", 1, 2], ["2026-01-03", "met", 2, 2]]


def test_what_is_kept_later_changes_no_past(db):
    keep(db, "2026-01-02T00:00:00Z", "not_met")
    then = db.execute("SELECT clock_timestamp()").fetchone()[0]
    before = told(db, then)
    keep(db, "2026-01-01T00:00:00Z", "met")
    rollouts.append(db, json.dumps({"tags": [], "facilities": [{"code": "a", "status": "ok"}]}), "an")
    assert told(db, then) == before
    assert told(db)["sites"]["a"]["first_met"] == "2026-01-01T00:00:00.000000Z"


def test_a_rollout_counts_where_it_went_and_worked(db):
    for status in ("failed", "unchanged", "withheld"):
        rollouts.append(db, json.dumps({"tags": [], "facilities": [{"code": "a", "status": status}]}), "an")
    found = told(db)["sites"]["a"]["rollouts"]
    assert (found["status"], found["worked"], found["first"]) == ("failed", None, found["last"])
    told_of = {"id": "BD-0001", "code": "its-code-then", "status": "changed"}
    rollouts.append(db, json.dumps({"tags": ["cameras"], "facilities": [told_of]}), "an")
    found = told(db)["sites"]["a"]["rollouts"]
    assert (found["status"], found["worked"]) == ("changed", found["last"])
    assert told(db)["sites"]["b"]["rollouts"] is None


def test_a_rollout_of_who_had_the_code_before_is_not_this_facility_s(db):
    rollouts.append(db, json.dumps({"tags": [], "facilities": [{"id": "BD-0009", "code": "a", "status": "failed"}]}), "an")
    assert told(db)["sites"]["a"]["rollouts"] is None


def state(number: int = 1) -> State:
    return State(site="BD-0001", connection="c1", number=number, at="2026-01-02T03:04:05Z", agent="1", boot="b", uptime_s=1.0, clock={},
                 outbox={}, cameras=(), digests={})  # fmt: skip


def test_an_agent_is_heard_from_then_on_and_its_link_is_told_as_it_was(db):
    never = db.execute("SELECT clock_timestamp()").fetchone()[0]
    store = Store(db)
    store.mark_seen(["BD-0001"])
    store.take(state())
    online = db.execute("SELECT clock_timestamp()").fetchone()[0]
    store.take(LinkState(site="BD-0001", connection="c1", status="offline", reason="lost", at="2026-01-02T03:05:05Z"))
    assert told(db, never)["sites"]["a"]["agent"] is None
    assert told(db, online)["sites"]["a"]["agent"]["status"] == "online"
    gone = told(db)["sites"]["a"]["agent"]
    assert (gone["status"], gone["reason"]) == ("offline", "lost")
    assert told(db)["sites"]["a"]["outages"]["link"][0] == 1


def test_an_agent_that_has_been_silent_for_over_a_month_was_last_heard_then(db):
    """When it was connected is kept for 30 days."""
    store = Store(db)
    store.mark_seen(["BD-0001"])
    store.take(state())
    db.execute("UPDATE sites SET first_seen = now() - interval '50 days', last_seen = now() - interval '31 days'")
    db.execute("UPDATE intervals SET began = now() - interval '50 days'")
    db.execute("DELETE FROM connections")
    (last,) = db.execute("SELECT last_seen FROM sites").fetchone()
    assert datetime.fromisoformat(told(db)["sites"]["a"]["agent"]["last"]) == last
    began = datetime.fromisoformat(told(db, last - timedelta(days=5))["sites"]["a"]["agent"]["last"])
    assert abs(began - last + timedelta(days=19)) < timedelta(minutes=1), "for the past no more is known than when its link came up"


@pytest.mark.parametrize("statement", ["UPDATE facility_verdicts SET status = 'met'", "DELETE FROM facility_verdicts",
                                       "TRUNCATE facility_verdicts"])  # fmt: skip
def test_what_a_verdict_said_of_a_facility_can_be_neither_changed_nor_removed(db, statement):
    keep(db, "2026-01-02T00:00:00Z", "not_met")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        db.execute(statement)


def test_verdicts_kept_before_this_version_are_counted_too(database, tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    names = sorted(path.name for path in FOLDER.iterdir() if path.suffix == ".sql")
    for name in names[: names.index("0005_record.sql")]:
        (folder / name).write_text((FOLDER / name).read_text())
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as db:
        migrate(db, folder)
        facility = {"id": "BD-0001", "code": "a", "name": "A", "verdict": "met", "checks": [check("playable_centre", "C01", "met")]}
        document = {"province": "p", "area": None, "at": "2026-01-02T00:00:00Z", "facilities": [facility]}
        db.execute("INSERT INTO verdicts (appended_by, province, judged_at, document) VALUES ('an', 'p', %s, %s)",
                   (document["at"], json.dumps(document)))  # fmt: skip
        migrate(db)
        assert told(db)["sites"]["a"]["first_connected"] == "2026-01-02T00:00:00.000000Z"


def test_the_hub_s_command_prints_it_for_the_sites_named_and_the_office_reads_it(hub, collector, tmp_path, capsys):
    with psycopg.connect(hub.dsn, autocommit=True) as db:
        keep(db, "2026-01-02T00:00:00Z", "met")
    settings = next(path for path in tmp_path.iterdir() if path.name == "collector.json")
    sites = tmp_path / "sites.json"
    sites.write_text(json.dumps({name: {"code": site.code, "tunnel_address": site.tunnel_address} for name, site in SITES.items()}))
    asked = ["--settings", str(settings), "record", "--sites", str(sites), "--until", "2999-01-01", "a"]
    assert cli.main(asked) == 0
    printed = capsys.readouterr().out
    assert datetime.fromisoformat(json.loads(printed)["until"]) <= datetime.now(UTC), "what has not come yet is not promised"
    file = tmp_path / "record.json"
    file.write_text(printed)
    found = office.read(file, datetime.now(VIETNAM).date())
    assert set(found.document["sites"]) == {"a"}
    assert found.of("a").verdict["verdict"] == "met"
    assert found.of("b") == office.Known()
    assert office.Record(json.loads(found.text)).text == found.text, "what is written is read as the same"


def test_availability_is_told_of_whole_days_that_are_over(db):
    today = midnight(datetime.now(VIETNAM).date())
    began = today - timedelta(days=2, hours=6)
    db.execute("INSERT INTO sites (site, first_seen, last_seen) VALUES (%s, %s, %s)", ("BD-0001", began, datetime.now(UTC)))
    db.execute("INSERT INTO intervals (site, subject, status, began) VALUES (%s, 'camera/1', 'up', %s)", ("BD-0001", began))
    whole = [(today - timedelta(days=days)).astimezone(VIETNAM).date().isoformat() for days in (2, 1)]
    assert list(told(db)["sites"]["a"]["availability"]["1"]) == whole, "neither the day on which it began nor today"
    before = told(db, today - timedelta(days=1))["sites"]["a"]["availability"]
    assert list(before["1"]) == whole[:1]
