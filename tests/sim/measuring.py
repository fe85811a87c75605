"""Simulated devices measured and judged where they are, for the tests of measuring: profile `devices`, one facility."""

from __future__ import annotations

import json
from typing import Any

from camera_process import CameraHandle

from province.judging.verdict import Occasion, judge
from province.measure.gather import Scope, gather_here
from province.measure.inventory import LEVELS
from province.measure.subjects import Camera, Site
from province.standard.load import load

ADMIN, VIEWER = "Quanly7xA", "Xemhinh9B"
FACTORY = "admin12345"
NTP = "192.168.1.1"
NAME = "AN-NHON-01 C{slot:02d}"
USERS = [
    {"name": "admin", "password": ADMIN, "level": "Administrator"},
    {"name": "kn-view", "password": VIEWER, "level": "User"},
]


def tidy_state(slot: int = 1) -> dict[str, Any]:
    """What a rollout leaves on an ONVIF camera."""
    name = NAME.format(slot=slot)
    return {
        "users": USERS, "scopes": ["onvif://www.onvif.org/name/" + name.replace(" ", "%20")], "clock.type": "NTP",
        "ntp": {"from_dhcp": False, "servers": [NTP]}, "audio.main": False, "audio.sub": False,
        "osd": [{"token": "OSD_1", "kind": "Plain", "text": name, "position": "LowerLeft"}],
    }  # fmt: skip


def verified(*cameras: CameraHandle, driver: str = "onvif") -> dict[str, Any]:
    """The verdict document of profile `devices` over these cameras, slots from 1."""
    subjects = tuple(
        Camera(slot, NAME.format(slot=slot), "yard", "sân", handle.address, handle.http_port, "generic", f"mac{slot}",
               levels={"admin": LEVELS["admin"], "kn-view": LEVELS["viewer"]}, driver=driver)
        for slot, handle in enumerate(cameras, 1)
    )  # fmt: skip
    site = Site("BD-0001", "an-nhon-01", "Trường", 1, "10.5.0.1", 2, subjects, recording="box", ntp=NTP, local=True)
    accounts = {"admin": {"user": "admin", "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}}
    logins = {(site.code, subject.slot): accounts for subject in subjects}
    scope = Scope([site], load(), logins, {"generic": [{"user": "admin", "password": FACTORY}]}, {})
    lines: list[Any] = []
    evidence = gather_here(scope, lambda where, told: lines.append(told))
    assert {ADMIN, VIEWER, FACTORY}.isdisjoint(json.dumps([evidence, lines]).split('"'))
    document = judge(evidence, load(), [site], Occasion("binh-dinh", None, None, "devices", "now", 1.0, {}))
    document["evidence"] = evidence["sites"][site.code]["cameras"]
    return document


def verdicts(document: dict[str, Any], slot: int = 1) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in document["facilities"][0]["checks"] if row["subject"] == f"C{slot:02d}"}


def wrong(document: dict[str, Any], slot: int = 1) -> dict[str, str]:
    return {check: verdict for check, verdict in verdicts(document, slot).items() if verdict != "met"}


def classes(document: dict[str, Any]) -> dict[str, str | None]:
    """Each device's class, by subject."""
    return {device["subject"]: device["class"] for device in document["facilities"][0]["devices"]}
