"""A survey by a real box behind its tunnel: awkward cameras, one of them exchanged; what crossed the LAN decoded; the uplink measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from camera_lan import Heard, http_requests, listening
from hands import netns, root
from raised import CODES, Raised

from lab import layout

CODE = CODES[2]
"""ONVIF switched off on two, foreign addresses, partial writes refused; its switch is an IOS one."""
BOX = "192.168.1.1"
EXCHANGED = 4
SLOTS = (1, 2, 3, 4)


State = tuple[Any, Any, int]


@dataclass
class Looked:
    told: dict[str, Any]
    heard: Heard
    before: dict[int, State]
    after: dict[int, State]
    logins: bytes

    def slot(self, slot: int) -> dict[str, Any]:
        (found,) = [each for each in self.told["devices"] if each.get("listed") and each["slot"] == slot]
        return dict(found)


def state(province: Raised, slot: int) -> State:
    """Of a simulated camera: settings on disk without the clock, which follows the box by itself; the journal of writes; how many
    logins by HTTP it has refused (the agent's own are by RTSP)."""
    file = layout.Lab(province.name).device(layout.camera(CODE, slot)) / "state.json"
    kept = json.loads(file.read_text())
    kept.pop("clock")
    logins = [each for each in province.camera(f"{CODE}/{slot}", "logins") if each["via"] != "rtsp" and each["result"] != "ok"]
    return kept, province.camera(f"{CODE}/{slot}", "writes"), sum(each["count"] for each in logins)


@pytest.fixture(scope="module")
def looked(province: Raised) -> Iterator[Looked]:
    counted = root(province, CODE) / "var/lib/ketnoi/logins.json"
    kept = counted.read_bytes() if counted.exists() else None
    survey = province.inventory / "survey" / f"{CODE}.yml"
    try:
        province.camera(f"{CODE}/{EXCHANGED}", "replace", "too-small", "--make", "generic")
        before = {slot: state(province, slot) for slot in SLOTS}
        with listening(netns(province, layout.switch(CODE)), "lan") as heard:
            told = json.loads(province.ketnoi("survey", "scan", "--site", CODE, "--json").stdout)
        yield Looked(told, heard, before, {slot: state(province, slot) for slot in SLOTS}, counted.read_bytes())
    finally:
        province.camera(f"{CODE}/{EXCHANGED}", "restore")
        survey.unlink(missing_ok=True)
        if kept is not None:
            counted.write_bytes(kept)
        province.rollout("--site", CODE, "--full", area=None)
        province.await_met()


def test_what_was_rolled_out_is_ready(looked: Looked) -> None:
    for slot in (1, 2, 3):
        found = looked.slot(slot)
        assert found["class"] in ("ready", "ready_after_settings") and found["login"] == "wanted", found
        assert found["streams"][0]["measured"].startswith("h264 1920x1080 ") and found["streams"][0]["packets"] > 100


def test_an_exchanged_camera_is_missing_and_its_successor_is_a_stranger_that_announces_itself(looked: Looked) -> None:
    (stranger,) = [each for each in looked.told["devices"] if not each.get("listed")]
    assert looked.told["absent"] == [EXCHANGED] and stranger["address"] == "192.168.1.14"
    assert stranger["class"] == "needs_credentials" and stranger["maker"] == "IPCAM", "its announcement came through the box's firewall"


def test_the_switch_is_told_from_a_camera(looked: Looked) -> None:
    assert looked.slot(30)["kind"] == "switch" and looked.slot(30)["class"] == "not_a_camera"


def test_every_request_of_the_box_to_a_device_was_a_question(looked: Looked) -> None:
    asked = 0
    for (_, port), connections in looked.heard.said(BOX).items():
        for said in connections if port == 80 else ():
            for method, target, operation in http_requests(said):
                asked += 1
                assert method == "GET" or (method == "POST" and operation.startswith(("Get", "DevInit.getStatus"))), (
                    method,
                    target,
                    operation,
                )
                assert not target.startswith("/cgi-bin/") or "action=get" in target, target
    assert asked > 30


def test_no_setting_changed_no_write_was_noted_and_no_login_refused(looked: Looked) -> None:
    assert looked.before == looked.after


def test_the_box_counts_no_more_failed_logins_than_it_may(looked: Looked) -> None:
    counted = json.loads(looked.logins)["devices"]
    assert counted and all(len(each["failures"]) <= 2 for each in counted.values())


def test_the_uplink_was_measured_and_carries_the_streams(looked: Looked) -> None:
    line = looked.told["bandwidth"]
    assert line["cameras"] == 4 and line["needed_kbps"] == 4 * 2048
    assert line["uplink_kbps"] > 1000 and "SSH" in line["how"]["en"]


def test_the_file_beside_the_inventory_says_what_was_printed_and_no_secret(province: Raised, looked: Looked) -> None:
    text = (province.inventory / "survey" / f"{CODE}.yml").read_text(encoding="utf-8")
    assert [each.get("class") for each in yaml.safe_load(text)["devices"]] == [each["class"] for each in looked.told["devices"]]
    told = json.loads(province.ketnoi("survey", "accept", "--site", CODE, "--check", "--json").stdout)
    assert [each["slot"] for each in told["pending"]] == [EXCHANGED] and told["written"] is False
