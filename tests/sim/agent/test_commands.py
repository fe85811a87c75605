"""Commands of the hub: signed, numbered, obeyed once, answered; and everything else is refused. Real broker, database and openssl."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from agent_processes import SITE
from agent_services import Talker, wait_until

from edge_agent.contract.messages import topic
from edge_agent.orders import command, execute
from edge_agent.system import durable
from province.hub import commands


@pytest.fixture
def agent(hub, collector, new_agent):
    agent = new_agent()
    agent.settings["obeyed_path"] = str(agent.folder / "obeyed.json")
    agent.write()
    agent.start()
    wait_until(lambda: agent.status().get("link", {}).get("connected"), message=lambda: agent.log()[-800:])
    return agent


def signed(hub, name: str, site: str = SITE, by: str = "hub") -> tuple[int, datetime, bytes]:
    certificate, key = hub.authority.folder / f"{by}.crt", hub.authority.folder / f"{by}.key"
    return commands.sign(site, name, certificate, key)


def ask(hub, order: tuple[int, datetime, bytes], name: str = "probe_now") -> dict:
    with psycopg.connect(hub.dsn, autocommit=True) as database:
        commands.keep(database, SITE, name, "an", order)
        return commands.wait(database, SITE, order[0], 20)


def answers(hub) -> list[tuple[str, str | None]]:
    return hub.rows("SELECT body->>'status', body->>'detail' FROM events WHERE class = 'command' ORDER BY arrival")


def test_a_command_is_obeyed_and_answered(hub, agent):
    done = ask(hub, signed(hub, "report_now"), "report_now")
    assert (done["status"], done["name"]) == ("done", "report_now")
    before = hub.rows("SELECT number FROM facility_state")
    ask(hub, signed(hub, "report_now"), "report_now")
    wait_until(lambda: hub.rows("SELECT number FROM facility_state") > before)


def test_a_command_played_again_is_refused(hub, agent):
    order = signed(hub, "probe_now")
    assert ask(hub, order)["status"] == "done"
    with Talker(hub, "collector") as rogue:
        rogue.publish(topic(SITE, "command"), order[2])
    found = wait_until(lambda: [row for row in answers(hub) if row[0] == "refused"], 30, message=lambda: agent.log()[-800:])
    assert "had already" in str(found[0][1])


def test_after_a_restart_an_old_number_is_still_refused(hub, agent):
    order = signed(hub, "probe_now")
    ask(hub, order)
    before = hub.rows("SELECT connection FROM facility_state")
    agent.terminate()
    agent.start()
    wait_until(lambda: hub.rows("SELECT connection FROM facility_state WHERE link = 'online'") not in ([], before))
    with Talker(hub, "collector") as rogue:
        rogue.publish(topic(SITE, "command"), order[2])
    wait_until(lambda: [row for row in answers(hub) if row[0] == "refused"], 30, message=lambda: agent.log()[-800:])


def test_what_needs_root_is_handed_over_as_it_was_signed_and_its_end_is_told(hub, agent):
    order = signed(hub, "raise_lifeline")
    with psycopg.connect(hub.dsn, autocommit=True) as database:
        commands.keep(database, SITE, "raise_lifeline", "an", order)
        handed = wait_until(lambda: (agent.run / "command.cms").exists() and (agent.run / "command.cms").read_bytes())
        assert handed == order[2]
        assert (agent.run / "command.cms").stat().st_mode & 0o777 == 0o644, "root's unit has no capability to open another's private file"
        answer = {"schema": 1, "number": order[0], "name": "raise_lifeline", "status": "done", "detail": "ketnoi-lifeline.service"}
        (agent.folder / "obeyed.json").write_text(json.dumps(answer))
        assert commands.wait(database, SITE, order[0], 20)["status"] == "done"


def test_a_facility_cannot_be_commanded_by_another_facility(hub, agent):
    with Talker(hub, "BD-0002") as other:
        assert other.publish(topic(SITE, "command"), signed(hub, "probe_now")[2]).is_failure


# What is checked, on its own: the same for the agent and for root's unit.


@pytest.fixture
def authority(hub):
    hub.authority.issue("BD-0002")
    return hub.authority


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (lambda hub: b"", "not signed"),
        (lambda hub: b"\x30\x80rubbish", "not signed"),
        (lambda hub: signed(hub, "probe_now")[2][:-40], "not signed"),
        (lambda hub: signed(hub, "probe_now", by="BD-0002")[2], "not by the hub"),
        (lambda hub: signed(hub, "probe_now", site="BD-0002")[2], "another site"),
        (lambda hub: signed(hub, "shell")[2], "none of"),
    ],
)
def test_what_the_hub_did_not_sign_for_this_site_is_refused(hub, authority, message, why):
    with pytest.raises(command.CommandRejected, match=why):
        command.read(message(hub), SITE, authority.ca)


def test_an_authority_that_is_not_ours_signs_nothing(hub, tmp_path):
    strange = type(hub.authority)(tmp_path)
    with pytest.raises(command.CommandRejected, match="not signed"):
        command.read(signed(hub, "probe_now")[2], SITE, strange.ca)


def test_an_expired_command_is_refused_by_a_box_that_knows_the_time():
    late = command.Command(7, "probe_now", datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(command.CommandRejected, match="expired"):
        command.check_order(late, 6, True)
    command.check_order(late, 6, False)
    with pytest.raises(command.CommandRejected, match="had already"):
        command.check_order(late, 7, False)


def test_a_command_of_a_hub_whose_clock_is_ahead_is_refused_before_its_number_shuts_out_all_later_ones():
    soon, ahead = (command.Command(7, "probe_now", datetime.now(UTC) + timedelta(minutes=each)) for each in (14, 16))
    command.check_order(soon, 6, True)
    with pytest.raises(command.CommandRejected, match="the hub's clock is ahead"):
        command.check_order(ahead, 6, True)
    command.check_order(ahead, 6, None)
    assert commands.LASTS < command.LASTS_AT_MOST


@pytest.fixture
def box(hub, tmp_path, monkeypatch):
    """Root's side of a box: its configuration, its state, and a systemctl that writes down what it was asked."""
    monkeypatch.setenv("KETNOI_STATE", str(tmp_path / "state"))
    systemctl = tmp_path / "bin/systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{systemctl.parent}:/usr/bin:/bin")
    (tmp_path / "agent.json").write_text(json.dumps({"site": SITE, "tls": {"ca": str(hub.authority.ca)}}))
    return tmp_path


def obeyed(box: Path, message: bytes) -> tuple[int, dict]:
    (box / "command.cms").write_bytes(message)
    code = execute.main(None, box / "command.cms", box / "agent.json")
    return code, json.loads((durable.run_folder() / "obeyed.json").read_bytes())


def test_roots_unit_starts_the_one_unit_that_was_named_and_only_once(hub, box):
    message = signed(hub, "raise_lifeline")[2]
    assert obeyed(box, message)[1]["status"] == "done"
    assert obeyed(box, message)[1]["status"] == "refused"
    assert (box / "asked").read_text() == "restart ketnoi-lifeline.service\n"


@pytest.mark.parametrize("name", ["probe_now", "report_now"])
def test_roots_unit_does_nothing_that_needs_no_root(hub, box, name):
    code, answer = obeyed(box, signed(hub, name)[2])
    assert (code, answer["status"]) == (2, "refused") and not (box / "asked").exists()


def test_roots_unit_trusts_nothing_that_the_agent_hands_it(hub, authority, box):
    for message in (b"restart_recorder", signed(hub, "restart_recorder", by="BD-0002")[2], b"x" * 100_000):
        code, answer = obeyed(box, message)
        assert (code, answer["status"], answer["number"]) == (2, "refused", None)
    assert not (box / "asked").exists()


def test_the_hubs_command_waits_for_the_answer_and_ends_by_it(hub, agent, tmp_path, monkeypatch):
    """As an administrator types it, with the hub's own files."""
    sites, settings = tmp_path / "sites.json", tmp_path / "hub.json"
    sites.write_text(json.dumps({SITE: {"code": "a", "tunnel_address": "10.5.0.1", "wireguard_public_key": None, "lifeline_port": None}}))
    settings.write_text(
        json.dumps({"broker": {"address": "127.0.0.1", "port": 1}, "tls": {"ca": "a", "cert": "b", "key": "/c"}, "dsn": hub.dsn})
    )
    call = "import sys; from pathlib import Path; from province.hub import commands, cli; "
    for name, path in (("CERTIFICATE", "hub.crt"), ("KEY", "hub.key")):
        call += f"commands.{name} = Path({str(hub.authority.folder / path)!r}); "
    call += "commands.sign.__defaults__ = (commands.CERTIFICATE, commands.KEY); sys.exit(cli.main(sys.argv[1:]))"
    argv = [sys.executable, "-c", call, "--settings", settings, "command", "a", "report_now", "--sites", sites]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "done"
