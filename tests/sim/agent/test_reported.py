"""What the hub keeps for a plan: what agents reported, and which came later, the verdict or the rollout."""

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from edge_agent.contract.messages import State
from edge_agent.contract.strict import ContractError
from province.hub import overview, reported, rollouts, verdicts
from province.hub.migrate import FOLDER, migrate
from province.hub.settings import Site
from province.hub.store import Store

SITES = {"BD-0001": Site("a", "10.5.0.1", None, None), "BD-0002": Site("b", "10.5.0.2", None, None)}
IDS = {site.code: name for name, site in SITES.items()}
STATE = State(
    site="BD-0001", connection="c1", number=1, at="2026-01-02T03:04:05Z", agent="1", boot="b", uptime_s=1.0,
    clock={"synced": True, "offset_s": 0.0, "source": "10.5.0.0"},
    outbox={"epoch": "e", "last_seq": 1, "unacknowledged": 0, "oldest_s": None, "bytes": 4096, "waiting": 0, "problem": None},
    cameras=(), digests={"network": "sha256:c"},
)  # fmt: skip


@pytest.fixture
def db(database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


def verdict(*words: tuple[str, str]) -> str:
    facilities = [{"id": IDS[code], "code": code, "verdict": word} for code, word in words]
    return json.dumps({"province": "p", "area": None, "at": "2026-01-02T03:04:05Z", "facilities": facilities})


def rollout(*words: tuple[str, str], tags: tuple[str, ...] = ()) -> str:
    return json.dumps({"tags": tags, "facilities": [{"id": IDS[code], "code": code, "status": word} for code, word in words]})


def known(db: psycopg.Connection) -> dict:
    return reported.document(db, SITES, {"hub.peers": "sha256:p"})


def test_a_site_never_heard_of_has_reported_nothing(db):
    assert known(db)["sites"]["b"] == {"status": "unknown", "digests": {}, "cameras": [], "settings": {}, "verdict": None, "rollout": None}
    assert known(db)["hub"] == {"hub.peers": "sha256:p"}


def test_an_agent_s_digests_are_known_by_the_facility_s_code(db):
    store = Store(db)
    store.mark_seen(["BD-0001"])
    store.take(STATE)
    assert (known(db)["sites"]["a"]["status"], known(db)["sites"]["a"]["digests"]) == ("connected", {"network": "sha256:c"})


def test_of_each_facility_the_newest_verdict_and_visit_are_known_in_their_order(db):
    verdicts.append(db, verdict(("a", "met"), ("b", "not_met")), "an")
    rollouts.append(db, rollout(("a", "ok"), ("b", "unchanged")), "an")
    verdicts.append(db, verdict(("a", "not_met")), "an")
    a, b = known(db)["sites"]["a"], known(db)["sites"]["b"]
    assert (a["verdict"]["status"], a["rollout"]["status"]) == ("not_met", "ok") and a["verdict"]["at"] > a["rollout"]["at"]
    assert (b["verdict"]["status"], b["rollout"]) == ("not_met", None), "it was not visited"
    assert a["verdict"]["measured"] == "2026-01-02T03:04:05.000000Z", "which says how old it is; `at` which came later"


def test_what_is_waived_and_can_be_repaired_is_known(db):
    facilities = [
        {"id": IDS[code], "code": code, "verdict": word, "to_repair": ["size"]} for code, word in (("a", "waived"), ("b", "not_met"))
    ]
    verdicts.append(db, json.dumps({"province": "p", "area": None, "at": "2026-01-02T03:04:05Z", "facilities": facilities}), "an")
    assert [known(db)["sites"][code]["verdict"]["status"] for code in "ab"] == ["to_repair", "not_met"]
    verdicts.append(db, verdict(("a", "waived")), "an")
    assert known(db)["sites"]["a"]["verdict"]["status"] == "waived"


def test_a_code_that_passes_to_another_facility_takes_no_words_with_it(db):
    verdicts.append(db, verdict(("a", "not_met")), "an")
    rollouts.append(db, rollout(("a", "failed")), "an")
    moved = {"BD-0001": Site("c", "10.5.0.1", None, None), "BD-0009": Site("a", "10.5.0.9", None, None)}
    told = reported.document(db, moved, {})["sites"]
    assert (told["a"]["verdict"], told["a"]["rollout"]) == (None, None)
    assert (told["c"]["verdict"]["status"], told["c"]["rollout"]["status"]) == ("not_met", "failed")


def test_words_of_before_are_kept_by_id_where_a_verdict_tells_it(database, tmp_path):
    """ "a" was BD-0001's code and is BD-0002's now; "x" was never judged."""
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        for path in FOLDER.glob("*.sql"):
            if path.name < "0009":
                shutil.copy(path, tmp_path)
        migrate(connection, tmp_path)
        for number, (site, code) in enumerate((("BD-0001", "a"), ("BD-0001", "c"), ("BD-0002", "a")), 1):
            text = json.dumps({"facilities": [{"id": site, "code": code, "verdict": "met"}]})
            connection.execute(
                "INSERT INTO verdicts (appended_by, province, judged_at, document) VALUES ('an', 'p', %s, %s)",
                (f"2026-01-0{number}T00:00:00Z", text),
            )
            connection.execute("SELECT note_facilities(%s)", (number,))
        for code, word in (("a", "failed"), ("c", "ok"), ("x", "ok")):
            connection.execute("INSERT INTO facility_words (code, kind, word) VALUES (%s, 'rollout', %s)", (code, word))
        assert migrate(connection)[0].startswith("0009")
        kept = connection.execute("SELECT site, status FROM facility_statuses ORDER BY site").fetchall()
        assert kept == [("BD-0001", "ok"), ("BD-0002", "failed")]


def test_rows_of_before_the_tables_had_today_s_names_come_through_and_go_on(database, tmp_path):
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        for path in FOLDER.glob("*.sql"):
            if path.name < "0010":
                shutil.copy(path, tmp_path)
        migrate(connection, tmp_path)
        connection.execute("INSERT INTO sites (site, last_seen) VALUES ('BD-0001', '2026-01-05')")
        connection.execute("INSERT INTO heard VALUES ('BD-0001', 'c1', '2026-01-01', '2026-01-05')")
        connection.execute("INSERT INTO facility_words (site, kind, word) VALUES ('BD-0001', 'verdict', 'not_met')")
        connection.execute(
            "INSERT INTO verdicts (appended_by, province, judged_at, document) VALUES ('an', 'p', '2026-01-02', %s)",
            (verdict(("a", "not_met")),),
        )
        connection.execute("SELECT note_facilities(id) FROM verdicts")

        assert migrate(connection)[0] == "0010_statuses.sql"
        assert connection.execute("SELECT site, connection FROM connections").fetchall() == [("BD-0001", "c1")]
        assert known(connection)["sites"]["a"]["verdict"]["status"] == "not_met"
        verdicts.append(connection, verdict(("a", "met")), "an")
        assert known(connection)["sites"]["a"]["verdict"]["status"] == "met"
        rows = connection.execute("SELECT site, status FROM facility_verdicts ORDER BY verdict").fetchall()
        assert rows == [("BD-0001", "not_met"), ("BD-0001", "met")]


def test_an_older_office_s_rollout_without_ids_is_kept_and_says_nothing_of_whoever_has_its_code(db):
    rollouts.append(db, json.dumps({"tags": [], "facilities": [{"code": "a", "status": "failed"}]}), "an")
    assert known(db)["sites"]["a"]["rollout"] is None


def test_a_rollout_of_some_roles_is_kept_but_says_nothing_on_the_whole_facility(db):
    assert rollouts.append(db, rollout(("a", "ok"), tags=("agent",)), "an") == 1
    assert known(db)["sites"]["a"]["rollout"] is None


@pytest.mark.parametrize("statement", ["UPDATE rollouts SET appended_by = 'x'", "DELETE FROM rollouts", "TRUNCATE rollouts"])
def test_a_rollout_s_record_can_be_neither_changed_nor_removed(db, statement):
    rollouts.append(db, rollout(("a", "ok")), "an")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        db.execute(statement)


@pytest.mark.parametrize("text", ["{}", '{"tags": [], "facilities": [{"code": "a"}]}', "[]", '{"tags": [], "facilities": [7]}'])
def test_what_is_no_rollout_s_document_is_refused_and_leaves_nothing(db, text):
    with pytest.raises(ContractError):
        rollouts.append(db, text, "an")
    assert db.execute("SELECT count(*) FROM rollouts").fetchone() == (0,)


def test_the_hub_s_own_digests_are_read_as_its_roles_left_them(tmp_path):
    file = tmp_path / "converged.json"
    assert reported.own_digests(file) == {}
    file.write_text('{"hub.peers": "sha256:p", "odd": 3}')
    assert reported.own_digests(file) == {"hub.peers": "sha256:p"}
    file.write_text("rubbish")
    assert reported.own_digests(file) == {}


@pytest.mark.parametrize(
    ("path", "rubbish", "told"),
    [
        ("{health}", '{"settings": "down"}', "state.health.settings"),
        ("{health}", '{"disk": {"status": "splendid", "reason": null, "since": null, "measured": {}}}', "state.health.disk.status"),
        ("{clock}", "[1]", "state.clock"),
        ("{outbox,unacknowledged}", '"many"', "state.outbox.unacknowledged"),
        ("{link}", "7", "state.link"),
    ],
)
def test_a_state_that_can_t_be_read_is_its_own_facility_s_trouble(db, path: str, rubbish: str, told: str):
    store = Store(db)
    store.mark_seen(SITES)
    for name in SITES:
        store.take(replace(STATE, site=name))
    db.execute("UPDATE facility_state SET state = jsonb_set(state, %s, %s::jsonb) WHERE site = 'BD-0001'", (path, rubbish))

    bad, good = known(db)["sites"]["a"], known(db)["sites"]["b"]
    assert told in bad["unreadable"] and (bad["status"], bad["digests"]) == ("connected", {})
    assert "unreadable" not in good and good["digests"] == STATE.digests

    bad, good = overview.status(db, list(SITES))["sites"]
    assert told in bad["unreadable"] and (bad["status"], bad["backlog"], bad["health"]) == ("connected", None, {})
    assert "unreadable" not in good and good["backlog"] == 0
