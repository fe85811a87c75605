"""The present as the hub knows it: state, link, evidence; and the records that nobody may change."""

import json
import socket
import subprocess
import sys
import threading

import psycopg
import pytest
from agent_processes import SITE
from agent_services import Talker, wait_until
from telling import settled

from edge_agent.contract.messages import Ack, Beat, Event, EventBatch, State, topic
from province.hub import evidence, verdicts
from province.hub.migrate import FOLDER, MigrationError, migrate
from province.hub.settings import Site
from province.hub.store import Store


@pytest.fixture
def db(hub):
    with psycopg.connect(hub.dsn, autocommit=True) as connection:
        migrate(connection)
        yield connection


def of_agent(connection) -> dict:
    return evidence.agents(connection, [SITE])[SITE]


def test_the_snapshot_comes_first_with_what_the_box_converged_to(hub, collector, new_agent):
    agent = new_agent()
    (agent.folder / "converged.json").write_text('{"base": "abc"}')
    agent.start()
    state = wait_until(lambda: hub.rows("SELECT state FROM facility_state WHERE state IS NOT NULL"))[0][0]
    assert state["digests"] == {"base": "abc"}
    assert [one["status"] for one in state["cameras"]] == ["unknown"]
    (agent.folder / "converged.json").write_text('{"base": "def"}')
    wait_until(lambda: hub.rows("SELECT 1 FROM facility_state WHERE state->'digests'->>'base' = 'def'"))


def test_an_unchanged_box_sends_beats_which_are_small_and_keep_it_connected(hub, collector, new_agent):
    agent = new_agent(beat_s=0.2)
    with Talker(hub, "collector2") as other:
        agent.start()
        first = wait_until(lambda: hub.rows("SELECT number, last_seen FROM facility_state JOIN sites USING (site) WHERE number > 0"))
        wait_until(lambda: hub.rows("SELECT last_seen FROM sites")[0][0] > first[0][1])
        assert other.client.is_connected()
    number = wait_until(lambda: hub.rows("SELECT number FROM facility_state"))[0][0]
    last = hub.rows("SELECT last_seen FROM sites")[0][0]
    wait_until(lambda: hub.rows("SELECT last_seen FROM sites")[0][0] > last)
    assert hub.rows("SELECT number FROM facility_state") == [(number,)]
    assert len(Beat(SITE, "a" * 32, 12345).to_bytes()) < 120


def test_a_state_that_the_hub_never_had_is_asked_for_at_the_next_beat(hub, collector, new_agent, db):
    agent = new_agent(beat_s=1)
    agent.start()
    wait_until(lambda: hub.rows("SELECT 1 FROM facility_state WHERE number > 0"))
    settled(agent)
    told = hub.rows("SELECT number FROM facility_state")
    db.execute("UPDATE facility_state SET number = 0, state = NULL")
    wait_until(lambda: hub.rows("SELECT number FROM facility_state WHERE state IS NOT NULL") > told, message=lambda: agent.log()[-800:])


def test_a_beat_confirms_the_state_that_it_names_and_no_other(db):
    store, state = Store(db), State(
        site=SITE, connection="c1", number=4, at="2026-01-02T03:04:05Z", agent="1", boot="b", uptime_s=1.0, clock={}, outbox={},
        cameras=(), digests={},
    )  # fmt: skip
    store.mark_seen([SITE])
    store.take(EventBatch(SITE, "e1", (Event(1, "2026-01-02T03:04:05Z", 1.0, "b", None, "agent", {}),)))
    store.take(state)
    db.execute("UPDATE facility_state SET state_at = now() - interval '1 hour'")
    for other in (Beat(SITE, "c1", 5), Beat(SITE, "c2", 4)):
        assert store.take(other) == Ack(SITE, "e1", 1, publish_state=True)
    assert of_agent(db)["state_age_s"] > 3000
    assert store.take(Beat(SITE, "c1", 4)) is None
    assert of_agent(db)["state_age_s"] < 60


def test_an_agent_that_beats_sends_no_pings_and_one_that_does_not_is_kept_by_them(hub, new_agent):
    """The broker drops a session of which it hears nothing for one and a half of its keepalive."""
    hub.broker.kill()
    with (hub.broker.folder / "mosquitto.conf").open("a") as configuration:
        configuration.write("\nlog_type debug\n")
    hub.broker.start()
    times = {"keepalive_s": 5, "boot_jitter_s": 0}
    quick, mute = new_agent(beat_s=0.5, link=times), new_agent("BD-0002", beat_s=600, link=times)
    for agent in (quick, mute):
        agent.start()
        wait_until(lambda agent=agent: agent.status().get("link", {}).get("connected"), message=lambda agent=agent: agent.log()[-800:])
    wait_until(lambda: pings(hub, "BD-0002") >= 2, 40, message=lambda: hub.broker.log()[-800:])
    assert pings(hub, SITE) == 0
    assert "link lost" not in quick.log() + mute.log()


def pings(hub, site: str) -> int:
    """Of this client, as the broker noted them."""
    return hub.broker.log().count(f"Received PINGREQ from {site}")


def test_a_camera_that_fails_changes_the_present_and_leaves_an_event(hub, collector, new_agent):
    agent = new_agent()
    agent.start()
    agent.streams({"1": {"rtsp_port": 1, "path": "/live"}})
    wait_until(lambda: hub.rows("SELECT status, reason FROM device_state") == [("down", "port_closed")])
    settled(agent)
    assert hub.rows("SELECT body->>'from', body->>'to' FROM events WHERE class = 'camera'") == [("unknown", "down")]


def test_after_a_restart_of_the_agent_a_word_is_not_said_again(hub, collector, new_agent):
    agent = new_agent()
    agent.streams({"1": {"rtsp_port": 1, "path": "/live"}})
    agent.start()
    wait_until(lambda: hub.rows("SELECT 1 FROM events WHERE class = 'camera'"))
    assert agent.terminate() == 0
    agent.start()
    wait_until(lambda: len(hub.rows("SELECT 1 FROM events WHERE class = 'agent' AND body->>'status' = 'started'")) == 2)
    wait_until(lambda: agent.status().get("cameras", [{}])[0].get("measured"))
    assert len(hub.rows("SELECT 1 FROM events WHERE class = 'camera'")) == 1


def test_an_agent_that_is_stopped_says_so_and_one_that_is_killed_leaves_its_will(hub, collector, new_agent, db):
    agent = new_agent()
    assert of_agent(db)["status"] == "unknown"
    agent.start()
    wait_until(lambda: of_agent(db)["connected"])
    agent.terminate()
    wait_until(lambda: of_agent(db)["status"] == "stopped")
    agent.start()
    wait_until(lambda: of_agent(db)["status"] == "connected")
    agent.kill()
    wait_until(lambda: of_agent(db)["status"] == "offline")
    assert not of_agent(db)["connected"]


def test_a_facility_that_falls_silent_is_unknown_by_the_hubs_clock(hub, collector, db):
    with Talker(hub, SITE) as talker:
        talker.publish(topic(SITE, "state"), Beat(SITE, "c1", 1).to_bytes())
        wait_until(lambda: of_agent(db)["connected"])
    db.execute("UPDATE sites SET last_seen = now() - interval '61 seconds'")
    found = of_agent(db)
    assert (found["connected"], found["status"]) == (False, "unknown")
    assert found["silent_s"] == pytest.approx(61, abs=2)


def test_a_refused_certificate_backs_off_and_says_why(hub, collector, new_agent):
    agent = new_agent()
    certificate = hub.authority.folder / f"{SITE}.crt"
    hub.authority.revoke(certificate)
    hub.broker.kill()
    (hub.broker.folder / "crl.pem").write_bytes(hub.authority.crl.read_bytes())
    hub.broker.start()
    agent.start()
    problem = wait_until(lambda: agent.status().get("link", {}).get("problem"))
    assert "certificate" in problem or "TLS" in problem
    assert hub.rows("SELECT * FROM sites") == []


class Banner:
    """Something on a lifeline's port."""

    def __init__(self, text: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(text,), daemon=True).start()

    def _serve(self, text: bytes) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                peer.sendall(text)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.mark.parametrize(("text", "up"), [(b"SSH-2.0-OpenSSH_9.2p1\r\n", True), (b"220 mail\r\n", False), (b"", False)])
def test_a_lifeline_is_up_only_where_ssh_answers(text, up):
    server = Banner(text)
    try:
        assert evidence.lifeline(server.port)["up"] is up
    finally:
        server.close()
    assert evidence.lifeline(server.port) == {"up": False, "banner": None, "banner_host_key": None}


def test_handshakes_are_matched_by_key_and_no_private_key_is_asked_for(tmp_path, monkeypatch):
    shown = tmp_path / "shown"
    wg = tmp_path / "wg"
    wg.write_text(
        f"#!/bin/sh\necho \"$@\" >> {shown}\n"
        'case "$3" in latest-handshakes) printf "KEY1=\\t%s\\nKEY2=\\t0\\n" "$(($(date +%s) - 30))";;\n'
        'endpoints) printf "KEY1=\\t198.51.100.7:4500\\nKEY2=\\t(none)\\n";; *) exit 1;; esac\n'
    )  # fmt: skip
    wg.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    sites = {
        "BD-0001": Site("a", "10.5.0.1", "KEY1=", None),
        "BD-0002": Site("b", "10.5.0.2", "KEY2=", None),
        "BD-0003": Site("c", "10.5.0.3", None, None),
    }
    found = {name: one["tunnel"] for name, one in evidence.outside(sites, "ketnoi").items()}
    assert found["BD-0001"]["handshake_age_s"] == pytest.approx(30, abs=3)
    assert found["BD-0001"]["endpoint"] == "198.51.100.7:4500"
    assert found["BD-0002"] == {"known": True, "handshake_age_s": None, "endpoint": None}
    assert found["BD-0003"]["known"] is False
    assert "dump" not in shown.read_text() and "private" not in shown.read_text()


def test_the_command_gives_the_hubs_own_view_even_without_the_database(hub, tmp_path):
    settings, sites = tmp_path / "collector.json", tmp_path / "sites.json"
    settings.write_text(json.dumps({"broker": {"address": "x", "port": 1}, "tls": {"ca": "a", "cert": "b", "key": "/c"},
                                    "dsn": f"host={tmp_path} dbname=nowhere"}))  # fmt: skip
    sites.write_text(json.dumps({SITE: {"code": "a", "tunnel_address": "10.5.0.1", "wireguard_public_key": None, "lifeline_port": 1}}))
    done = subprocess.run(
        [sys.executable, "-m", "province.hub.cli", "--settings", settings, "evidence", "--json", "--sites", sites, "a"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["database"]
    assert document["sites"][SITE]["status"] == "unknown"
    assert document["sites"][SITE]["lifeline"]["up"] is False


def test_migrations_run_once_in_order_and_are_recorded(hub, db):
    names = sorted(path.name for path in FOLDER.glob("*.sql"))
    assert [row[0] for row in hub.rows("SELECT name FROM migrations ORDER BY applied_at, name")] == names
    assert migrate(db) == []


def test_a_migration_that_was_changed_or_is_not_known_is_refused(db, tmp_path):
    for path in FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text() + "-- changed\n")
    with pytest.raises(MigrationError, match="changed"):
        migrate(db, tmp_path)
    db.execute("INSERT INTO migrations (name, sha256) VALUES ('9999_newer.sql', '')")
    with pytest.raises(MigrationError, match="9999_newer"):
        migrate(db)


def test_a_migration_that_fails_leaves_nothing_behind(db, tmp_path):
    for path in FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "9000_bad.sql").write_text("CREATE TABLE half (n int); SELECT 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(db, tmp_path)
    assert db.execute("SELECT to_regclass('half')").fetchone() == (None,)
    assert migrate(db) == []


VERDICT = json.dumps({"province": "binh-dinh", "area": "an-nhon", "at": "2026-01-02T03:04:05Z", "verdict": "met", "facilities": []})


def test_verdicts_are_kept_and_listed_newest_first(db):
    assert [verdicts.append(db, VERDICT, "an") for _ in range(2)] == [1, 2]
    listed = verdicts.newest(db, 10, "an-nhon")
    assert [row["id"] for row in listed] == [2, 1]
    assert listed[0]["document"] == json.loads(VERDICT)
    assert verdicts.newest(db, 10, "elsewhere") == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE verdicts SET area = 'x'", "DELETE FROM verdicts", "TRUNCATE verdicts", "DELETE FROM verdicts WHERE id = 1",
     "INSERT INTO verdicts OVERRIDING SYSTEM VALUE SELECT * FROM verdicts ON CONFLICT (id) DO UPDATE SET area = 'x'"],
)  # fmt: skip
def test_a_verdict_can_be_neither_changed_nor_removed(db, statement):
    verdicts.append(db, VERDICT, "an")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        db.execute(statement)
    assert len(verdicts.newest(db, 10)) == 1
