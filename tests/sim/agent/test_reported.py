"""What the hub keeps for a plan: what agents reported, and which came later, the verdict or the rollout."""

import json
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from edge_agent.contract.messages import State
from edge_agent.contract.strict import ContractError
from province.hub import reported, rollouts, verdicts
from province.hub.migrate import migrate
from province.hub.settings import Site
from province.hub.store import Store

SITES = {"BD-0001": Site("a", "10.5.0.1", None, None), "BD-0002": Site("b", "10.5.0.2", None, None)}
STATE = State(
    site="BD-0001", connection="c1", number=1, at="2026-01-02T03:04:05Z", agent="1", boot="b", uptime_s=1.0, clock={}, outbox={},
    cameras=(), digests={"network": "sha256:c"},
)  # fmt: skip


@pytest.fixture
def db(database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


def verdict(*words: tuple[str, str]) -> str:
    facilities = [{"code": code, "verdict": word} for code, word in words]
    return json.dumps({"province": "p", "area": None, "at": "2026-01-02T03:04:05Z", "facilities": facilities})


def rollout(*words: tuple[str, str], tags: tuple[str, ...] = ()) -> str:
    return json.dumps({"tags": tags, "facilities": [{"code": code, "status": word} for code, word in words]})


def known(db: psycopg.Connection) -> dict:
    return reported.document(db, SITES, {"hub.peers": "sha256:p"})


def test_a_site_never_heard_of_has_reported_nothing(db):
    assert known(db)["sites"]["b"] == {"status": "unknown", "digests": {}, "cameras": [], "settings": {}, "verdict": None, "rollout": None}
    assert known(db)["hub"] == {"hub.peers": "sha256:p"}


def test_an_agent_s_digests_are_known_by_the_facility_s_code(db):
    store = Store(db)
    store.seen(["BD-0001"])
    store.take(STATE)
    assert (known(db)["sites"]["a"]["status"], known(db)["sites"]["a"]["digests"]) == ("connected", {"network": "sha256:c"})


def test_of_each_facility_the_newest_verdict_and_visit_are_known_in_their_order(db):
    verdicts.append(db, verdict(("a", "met"), ("b", "not_met")), "an")
    rollouts.append(db, rollout(("a", "ok"), ("b", "unchanged")), "an")
    verdicts.append(db, verdict(("a", "not_met")), "an")
    a, b = known(db)["sites"]["a"], known(db)["sites"]["b"]
    assert (a["verdict"]["status"], a["rollout"]["status"]) == ("not_met", "ok") and a["verdict"]["at"] > a["rollout"]["at"]
    assert (b["verdict"]["status"], b["rollout"]) == ("not_met", None), "it was not visited"


def test_what_is_waived_and_can_be_repaired_is_known(db):
    facilities = [{"code": "a", "verdict": "waived", "to_repair": ["size"]}, {"code": "b", "verdict": "not_met", "to_repair": ["size"]}]
    verdicts.append(db, json.dumps({"province": "p", "area": None, "at": "2026-01-02T03:04:05Z", "facilities": facilities}), "an")
    assert [known(db)["sites"][code]["verdict"]["status"] for code in "ab"] == ["to_repair", "not_met"]
    verdicts.append(db, verdict(("a", "waived")), "an")
    assert known(db)["sites"]["a"]["verdict"]["status"] == "waived"


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
