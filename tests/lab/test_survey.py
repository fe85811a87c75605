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


@dataclass
class Looked:
    told: dict[str, Any]
    heard: Heard
    before: dict[int, tuple[Any, Any]]
    after: dict[int, tuple[Any, Any]]
    logins: bytes

    def slot(self, slot: int) -> dict[str, Any]:
        (found,) = [each for each in self.told["devices"] if each.get("listed") and each["slot"] == slot]
        return dict(found)


def state(province: Raised, slot: int) -> tuple[Any, Any]:
    """(settings on disk without the clock, which follows the box by itself; the journal of writes) of a simulated camera."""
    file = layout.Lab(province.name).device(layout.camera(CODE, slot)) / "state.json"
    kept = json.loads(file.read_text())
    kept.pop("clock")
    return kept, province.camera(f"{CODE}/{slot}", "writes")


def failed_logins(province: Raised, slot: int) -> int:
    return sum(each["count"] for each in province.camera(f"{CODE}/{slot}", "logins") if each["result"] in ("bad_password", "unknown_user"))


@pytest.fixture(scope="module")
def looked(province: Raised) -> Iterator[Looked]:
    counted = root(province, CODE) / "var/lib/ketnoi/logins.json"
    kept = counted.read_bytes() if counted.exists() else None
    survey = province.inventory / "survey" / f"{CODE}.yml"
    try:
        province.camera(f"{CODE}/{EXCHANGED}", "replace", "too-small", "--make", "generic")
        before = {slot: state(province, slot) for slot in SLOTS}
        with listening(netns(province, layout.switch(CODE))) as heard:
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
        assert found["streams"][0]["measured"].startswith("h264 1920x1080 15 fps")


def test_an_exchanged_camera_is_missing_and_its_successor_is_a_stranger_that_announces_itself(looked: Looked) -> None:
    (stranger,) = [each for each in looked.told["devices"] if not each.get("listed")]
    assert looked.told["absent"] == [EXCHANGED] and stranger["address"] == "192.168.1.14"
    assert stranger["class"] == "needs_credentials" and stranger["model"], "its discovery's scopes came through the box's firewall"


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


def test_no_setting_changed_and_no_write_was_noted(looked: Looked) -> None:
    assert looked.before == looked.after


def test_no_device_was_refused_a_login_more_often_than_allowed_and_the_stranger_got_none(province: Raised, looked: Looked) -> None:
    assert all(failed_logins(province, slot) <= 2 for slot in SLOTS)
    refused = json.loads(looked.logins)["devices"]
    assert all(len(each["failures"]) <= 2 for each in refused.values())


def test_the_uplink_was_measured_and_carries_the_streams(looked: Looked) -> None:
    line = looked.told["bandwidth"]
    assert line["cameras"] == 4 and line["needed_kbps"] == 4 * 2048
    assert line["uplink_kbps"] > 1000 and "SSH" in line["how"]["en"]


def test_the_file_beside_the_inventory_says_what_was_printed_and_no_secret(province: Raised, looked: Looked) -> None:
    text = (province.inventory / "survey" / f"{CODE}.yml").read_text(encoding="utf-8")
    assert [each.get("class") for each in yaml.safe_load(text)["devices"]] == [each["class"] for each in looked.told["devices"]]
    told = json.loads(province.ketnoi("survey", "accept", "--site", CODE, "--check", "--json").stdout)
    assert [each["slot"] for each in told["pending"]] == [EXCHANGED] and told["written"] is False
