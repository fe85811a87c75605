"""Devices that were set otherwise behind our back: seen by reading alone, within the count of logins, and known to the plan."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from agent_processes import SITE
from agent_services import wait_until
from camera_process import CameraHandle
from device_site import ADMIN, Site, bad_logins
from telling import settled

from edge_agent.orders import execute
from edge_agent.system import durable
from province.hub import commands, reported
from province.hub.settings import Site as KnownSite
from province.rollout import plan

Start = Callable[..., CameraHandle]


class Box:
    """The root side of a box: `edge-agent devices ...` on a state of its own, with cameras behind it."""

    def __init__(self, folder: Path) -> None:
        self.state, self.run = folder / "state", folder / "state/run"
        self.site = Site(self.state)
        self.configuration = folder / "agent.json"

    def listed(self, *slots: int) -> None:
        self.configuration.write_text(json.dumps({"schema": 1, "settings_of": slots}))

    def apply(self, *more: str) -> dict[str, Any]:
        document = self.site.document()
        document["state_dir"] = None
        return json.loads(self._edge_agent("devices", "apply", "--json", *more, given=json.dumps(document)).stdout)

    def drift(self) -> tuple[int, dict[str, Any]]:
        """Exit code, and the devices by slot."""
        done = self._edge_agent("devices", "drift", "--json", "--config", str(self.configuration))
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["devices"]

    def told(self, lang: str) -> str:
        """What an engineer reads."""
        done = self._edge_agent("devices", "drift", "--config", str(self.configuration), lang=lang)
        return done.stdout + done.stderr

    def kept(self) -> dict[str, Any]:
        return json.loads((self.state / "desired.json").read_bytes())["devices"]

    def _edge_agent(self, *arguments: str, given: str = "", lang: str = "en") -> subprocess.CompletedProcess[str]:
        env = {"KETNOI_STATE": str(self.state), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "KETNOI_LANG": lang}
        argv = [sys.executable, "-m", "edge_agent.cli", *arguments]
        return subprocess.run(argv, input=given, capture_output=True, text=True, env=env, check=False, timeout=120)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.listed(1, 2)
    return box


def test_a_setting_that_was_changed_by_hand_is_seen_and_nothing_is_written(box: Box, camera: Start) -> None:
    there = camera()
    box.site.add(there)
    assert box.apply()["failed"] == 0
    assert box.drift() == (0, {"1": {"name": "C01", "status": "unchanged", "fields": [], "reason": None}})
    there.set("encoder.fps", 5)
    there.control("forget")
    code, found = box.drift()
    assert (code, found["1"]["status"], found["1"]["fields"]) == (1, "differs", ["encoder.fps"])
    assert there.control("writes") == [] and bad_logins(there) == 0 and there.control("logins") != []
    assert there.control("get", path="encoder.fps") == 5
    box.apply()
    assert json.loads((box.run / "settings.json").read_bytes())["devices"]["1"]["status"] == "unchanged", "told without another look"


def test_a_password_that_was_changed_by_hand_costs_one_login_and_then_none(box: Box, camera: Start) -> None:
    there = camera()
    box.site.add(there)
    box.apply()
    users = there.control("get", path="users", secrets=True)
    there.set("users", [{**one, "password": "SomebodysOwn1"} if one["password"] == ADMIN else one for one in users])
    there.control("forget")
    assert box.drift()[1]["1"] == {"name": "C01", "status": "differs", "fields": ["admin.password"], "reason": None}
    assert box.drift()[1]["1"] == {"name": "C01", "status": "unread", "fields": [], "reason": "login_spared"}
    assert "30 phút" in box.told("vi") and "30 minutes" in box.told("en")
    assert bad_logins(there) == 1, "the other place in the count is the next rollout's"


def test_a_device_that_the_inventory_no_longer_lists_is_neither_asked_nor_remembered(box: Box, camera: Start) -> None:
    first, second = camera(), camera()
    box.site.add(first), box.site.add(second)
    box.apply()
    for there in (first, second):
        there.control("forget")
    box.listed(1)
    assert set(box.drift()[1]) == {"1"} == set(box.kept())
    assert first.control("logins") != [] and second.control("logins") == []


def test_a_device_that_the_agent_finds_dead_is_not_asked(box: Box, camera: Start) -> None:
    there = camera()
    box.site.add(there)
    box.apply()
    there.control("forget")
    status = box.run.with_name("ketnoi-agent") / "status.json"
    status.parent.mkdir()
    status.write_text(json.dumps({"cameras": [{"slot": 1, "status": "down", "reason": "no_answer"}]}))
    assert box.drift() == (0, {"1": {"name": "C01", "status": "unread", "fields": [], "reason": "unreachable"}})
    assert there.control("logins") == []


def test_one_device_that_is_gone_does_not_hide_what_another_lost(box: Box, camera: Start) -> None:
    first, second = camera(), camera()
    box.site.add(first), box.site.add(second)
    box.apply()
    first.stop()
    second.set("encoder.width", 640)
    code, found = box.drift()
    assert (code, found["1"]["status"], found["1"]["reason"]) == (1, "unread", "unreachable")
    assert (found["2"]["status"], found["2"]["fields"]) == ("differs", ["encoder.size"])


def test_what_is_kept_is_roots_alone_and_holds_no_factory_password(box: Box, camera: Start) -> None:
    there = camera()
    factory = box.site.add(there)["factory"][0]["password"]
    box.apply()
    path = box.state / "desired.json"
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert ADMIN in path.read_text() and factory not in path.read_text()
    box.apply("--check")
    before = path.stat().st_mtime_ns
    box.apply()
    assert path.stat().st_mtime_ns == before, "what is the same is not written again"


def test_in_a_rotation_the_previous_password_is_kept_until_the_new_one_is_taken(box: Box, camera: Start) -> None:
    there = camera()
    accounts = box.site.add(there)["accounts"]
    box.apply()
    accounts["previous"] = {**accounts["admin"], "since": "r1"}
    accounts["admin"] = {**accounts["admin"], "password": "Kn1adminNNNNnnnn"}
    there.set("personality.accepts_and_forgets", ["users"])
    box.apply()
    assert box.kept()["1"]["accounts"]["previous"]["password"] == ADMIN
    there.set("personality.accepts_and_forgets", [])
    (box.state / "logins.json").unlink()  # half an hour later
    assert box.apply()["failed"] == 0
    assert "previous" not in box.kept()["1"]["accounts"] and ADMIN not in (box.state / "desired.json").read_text()


def test_a_box_that_configured_nothing_says_so_and_a_damaged_file_is_not_nothing(box: Box) -> None:
    assert box.drift() == (0, {})
    box.state.mkdir(exist_ok=True)
    (box.state / "desired.json").write_text("{")
    done = box._edge_agent("devices", "drift", "--json", "--config", str(box.configuration))
    assert (done.returncode, done.stdout) == (2, "")
    assert "desired.json is damaged" in done.stderr and "Traceback" not in done.stderr


def leave(folder: Path, **devices: dict[str, Any]) -> None:
    document = {"schema": 1, "at": "2026-01-02T03:04:05+00:00", "mono": 1e12, "devices": devices}
    durable.write_public(folder / "settings.json", document)


def test_the_hub_hears_of_it_as_an_event_and_the_next_plan_goes_there(hub, collector, new_agent) -> None:
    agent = new_agent()
    agent.settings["settings_path"] = str(agent.folder / "settings.json")
    agent.write()
    leave(agent.folder, **{"1": {"name": "C01", "status": "differs", "fields": ["encoder.fps"], "reason": None}})
    agent.start()
    wait_until(
        lambda: hub.rows("SELECT 1 FROM events WHERE class = 'health' AND body->>'subject' = 'settings' AND body->>'to' = 'down'"),
        40, message=lambda: agent.log()[-800:],
    )  # fmt: skip

    def told() -> dict[str, Any]:
        with psycopg.connect(hub.dsn, autocommit=True) as database:
            return reported.document(database, {SITE: KnownSite("a", "10.5.0.1", None, None)}, {})["sites"]["a"]

    wait_until(lambda: told()["settings"] == {"C01": ["encoder.fps"]}, message=lambda: str(told()))
    visit = plan.visit("a", {"cameras": {"cameras": "x"}}, told() | {"digests": {"cameras": "x"}})
    assert visit is not None and visit.reason == plan.SETTINGS.format(what="C01 (encoder.fps)")
    leave(agent.folder, **{"1": {"name": "C01", "status": "unchanged", "fields": [], "reason": None}})
    wait_until(lambda: told()["settings"] == {}, 40, message=lambda: str(told()))
    settled(agent)
    assert hub.rows("SELECT status FROM intervals WHERE subject = 'settings' AND ended IS NOT NULL ORDER BY id DESC LIMIT 1") == [("down",)]


def test_the_hubs_command_is_answered_when_the_reading_has_ended(hub, collector, new_agent, tmp_path, monkeypatch) -> None:
    """From the signature to the answer; systemd alone is played: it writes down what it was asked to start."""
    agent = new_agent()
    run = agent.folder / "ketnoi-run"
    agent.settings["obeyed_path"] = str(run / "obeyed.json")
    agent.write()
    agent.start()
    wait_until(lambda: agent.status().get("link", {}).get("connected"), message=lambda: agent.log()[-800:])
    systemctl = tmp_path / "bin/systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{systemctl.parent}:/usr/bin:/bin")
    monkeypatch.setenv("KETNOI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("KETNOI_RUN", str(run))
    certificate, key = hub.authority.folder / "hub.crt", hub.authority.folder / "hub.key"
    order = commands.sign(SITE, "read_settings", certificate, key)
    with psycopg.connect(hub.dsn, autocommit=True) as database:
        commands.keep(database, SITE, "read_settings", "an", order)
        handed = wait_until(lambda: (agent.run / "command.cms").exists() and agent.run / "command.cms")
        assert execute.main(None, handed, agent.configuration) == 0
        assert (tmp_path / "asked").read_text() == "start --no-block ketnoi-settings.service\n"
        assert commands.wait(database, SITE, order[0], 1)["status"] in ("handed_over", "sent")
        execute.ended("read_settings", "done", "4 unchanged, 1 differs, 0 unread")
        answer = commands.wait(database, SITE, order[0], 20)
    assert (answer["status"], answer["detail"]) == ("done", "4 unchanged, 1 differs, 0 unread")
    execute.ended("read_settings", "done", "the timer's, which nobody asked for")
    assert json.loads((run / "obeyed.json").read_bytes())["detail"] == answer["detail"]
