"""Switches of three kinds, driven through real boxes: one is a Linux machine, two are played and pull the lab's own cables."""

from __future__ import annotations

import json

from hands import connects
from raised import CODES, Raised, until

from lab import layout

FIRST, SECOND, THIRD = CODES
LINUX = layout.switch(FIRST)
ONE, OTHER = "192.168.1.11", "192.168.1.12"


def between_cameras(province: Raised, code: str) -> bool:
    """Does the first camera reach the second's web page?"""
    return connects(province, layout.camera(code, 1), OTHER, 80, 1.0)


def test_cameras_of_a_facility_reach_their_box_and_not_each_other(province: Raised) -> None:
    assert {code: connects(province, code, ONE, 80) for code in CODES} == dict.fromkeys(CODES, True)
    assert {code: between_cameras(province, code) for code in CODES} == dict.fromkeys(CODES, False)


def test_a_port_opened_by_hand_on_a_linux_switch_is_closed_again_and_nothing_else_is_touched(province: Raised) -> None:
    province.inside(LINUX, "bridge link set dev lan1 isolated off && bridge link set dev lan2 isolated off")
    try:
        until(lambda: between_cameras(province, FIRST), 10)  # who was just asked for in vain is asked for again a second later
    finally:
        told = province.rollout("--site", FIRST, "--tags", "switches", "--full", area=None)
    assert [(each["code"], each["status"]) for each in told["facilities"]] == [(FIRST, "changed")]
    assert not between_cameras(province, FIRST)


def test_a_linux_switch_that_lost_its_power_isolates_its_cameras_again(province: Raised) -> None:
    province.lab("power", LINUX, "cut")
    province.lab("power", LINUX, "on")
    until(lambda: connects(province, FIRST, ONE, 80), 60)
    until(lambda: not between_cameras(province, FIRST), 60)


def test_a_hung_camera_is_brought_back_by_its_switch_port(province: Raised) -> None:
    for camera in (f"{SECOND}/2", f"{THIRD}/3"):
        province.camera(camera, "freeze", "on")
        told = json.loads(province.ketnoi("power-cycle", camera, "--json").stdout)
        assert (told["status"], told["class"]) == ("streams", None)


def test_a_camera_that_no_port_feeds_is_told_so_before_anything_is_done(province: Raised) -> None:
    refused = province.ketnoi("power-cycle", f"{FIRST}/1", check=False)
    assert refused.returncode == 2 and "poe: false" in refused.stderr
