"""Each trouble of lab/camera/personalities, which begin with those of devices.md: handled, or reported in the right class.

A file says what becomes of its camera: {"expect": {"class": null|..., "named": words of the reason, "note": a field that a note is
about, "state": {path: what the camera holds afterwards}}}. Handled means: a second run finds nothing to change, writes nothing,
and no login failed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from camera_process import ROOT, CameraHandle
from device_site import WHOLE, Site, bad_logins

Start = Callable[..., CameraHandle]
FILES = sorted((ROOT / "lab/camera/personalities").glob("*.json"))
ONVIF = [f for f in FILES if "driver" not in json.loads(f.read_text(encoding="utf-8"))]
"""A file that names another driver is that driver's."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


@pytest.mark.parametrize("file", ONVIF, ids=[f.stem for f in ONVIF])
def test_a_trouble_is_handled_or_has_its_class(request: pytest.FixtureRequest, camera: Start, site: Site, file: Path) -> None:
    told = json.loads(file.read_text(encoding="utf-8"))
    expected = told["expect"]
    if expected["class"] == "setting_not_kept":
        request.getfixturevalue("impatient")
    there = camera(make=told.get("make", "generic"), model=file.stem)
    device = site.add(there, **WHOLE)
    if expected["class"] == "wrong_credentials":
        device["factory"] = [{"user": "admin", "password": "admin"}]
    done = site.one()
    assert done["class"] == expected["class"], (done["reason"], done["failures"])
    assert (done["status"] == "failed") == (expected["class"] is not None)
    if expected.get("named"):
        assert expected["named"] in json.dumps([f["reason"]["en"] for f in done["failures"]], ensure_ascii=False)
    if expected.get("note"):
        assert expected["note"] in {n["field"] for n in done["notes"]}, done["notes"]
    for path, value in expected.get("state", {}).items():
        assert there.control("get", path=path) == value
    if expected["class"] is None:
        assert bad_logins(there) == 0
        there.control("forget")
        again = site.one()
        assert (again["class"], again["changes"], there.control("writes")) == (None, [], [])
        if expected.get("note"):
            assert expected["note"] in {n["field"] for n in again["notes"]}
    else:
        assert done["reason"]["vi"] and done["hint"]["vi"] and bad_logins(there) <= 2


def test_every_personality_has_its_source_and_says_what_becomes_of_it() -> None:
    for file in FILES:
        told = json.loads(file.read_text(encoding="utf-8"))
        assert told["quirk"] and told["seen"] and "class" in told["expect"], file
