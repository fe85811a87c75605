"""Each device falls into one class at most, in the same words as the drivers on the box use."""

from dataclasses import replace
from typing import Any

import pytest

from edge_agent.devices import faults
from province.judging.case import REASONS
from province.judging.classes import CLASSES, NOT_MEASURED
from province.measure.subjects import NoAccess, Site
from tests.unit import verdicts as v

BARRED = NoAccess("trưởng khu không cho vào", "2021-05-10", "Trần Văn Bình, Phòng VHTT")


def devices(spoil: Any, of: Site | None = None) -> dict[str, dict[str, Any]]:
    of = of or v.site()
    found = v.evidence(of)
    spoil(found)
    return {device["subject"]: device for device in v.verdict((of, found))["facilities"][0]["devices"]}


def settings_failed(reason: str, **more: Any) -> Any:
    return lambda found: found["cameras"]["1"].update(settings={"ok": False, "reason": reason, **more})


def test_the_classes_are_those_of_the_drivers_and_the_one_that_a_person_sees() -> None:
    assert set(CLASSES) == {*faults.CATEGORIES, "no_access"}


def test_a_device_as_wanted_has_no_class_and_all_devices_are_listed() -> None:
    found = devices(lambda found: None)
    assert {subject: (each["kind"], each["class"]) for subject, each in found.items()} == {
        "C01": ("camera", None), "C02": ("camera", None), "C03": ("camera", None), "C04": ("camera", None),
        "R20": ("recorder", None), "S30": ("switch", None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "category"),
    [
        ("unreachable", "unreachable"),
        ("timeout", "unreachable"),
        ("login_refused", "wrong_credentials"),
        ("locked", "locked_out"),
        ("not_activated", "not_activated"),
        ("onvif_off", "onvif_off"),
        ("no_permission", "no_permission"),
        ("protocol", "unknown_device"),
    ],
)
def test_what_was_measured_names_the_class_and_what_to_do_next(reason: str, category: str) -> None:
    found = devices(settings_failed(reason))["C01"]
    assert found["class"] == category
    assert found["hint"]["vi"]
    assert found["hint"]["en"]
    assert "{" not in "".join([*found["reason"].values(), *found["hint"].values()])


@pytest.mark.parametrize("reason", ["tunnel_down", "hub_unreachable", "not_run", "no_password"])
def test_a_device_that_nobody_could_look_at_is_not_measured_and_blamed_for_nothing(reason: str) -> None:
    found = devices(settings_failed(reason))["C01"]
    assert (found["class"], found["reason"]) == (NOT_MEASURED, REASONS[reason].as_dict())


def test_a_locked_device_says_until_when() -> None:
    found = devices(settings_failed("locked", until="2026-01-31T12:30:00+00:00"))["C01"]
    assert "19:30 31/01/2026" in found["reason"]["vi"]
    assert "19:30 31/01/2026" in found["hint"]["en"]


def test_settings_that_differ_are_named() -> None:
    found = devices(lambda e: e["cameras"]["1"]["settings"].update(name="IPCAM", discovery="Discoverable"))["C01"]
    assert found["class"] == "setting_not_kept"
    assert "Camera name, Discovery switched off" in found["reason"]["en"]


def test_a_camera_that_cannot_do_what_the_standard_asks_is_obsolete_whatever_else_differs() -> None:
    def spoil(found: dict[str, Any]) -> None:
        found["cameras"]["1"]["settings"].update(lacks=["codec"], name="IPCAM")

    found = devices(spoil)["C01"]
    assert found["class"] == "obsolete"
    assert "no H.264 or H.265" in found["reason"]["en"]


def test_a_camera_that_answers_but_does_not_play_is_not_without_a_class() -> None:
    found = devices(lambda e: e["cameras"]["1"].update(stream_hub={"ok": False, "reason": "timeout"}))["C01"]
    assert found["class"] == "unreachable"


def test_a_recorder_and_a_switch_have_classes_too() -> None:
    def spoil(found: dict[str, Any]) -> None:
        found["recorders"]["R20"]["recordings"] = {"ok": False, "reason": "login_refused"}
        found["switches"]["S30"]["reach"] = {"ok": False, "reason": "unreachable"}

    found = devices(spoil)
    assert {subject: found[subject]["class"] for subject in ("R20", "S30")} == {"R20": "wrong_credentials", "S30": "unreachable"}


def barred_site() -> Site:
    of = v.site()
    cameras = (replace(of.cameras[0], no_access=BARRED), *of.cameras[1:])
    return replace(of, cameras=cameras)


def barred_evidence(found: dict[str, Any]) -> None:
    found["cameras"]["1"] = {
        name: {"ok": False, "reason": "no_access"} for name in found["cameras"]["1"] if name != "passwords"
    } | {"passwords": {"ok": True, "shared_with": []}}  # fmt: skip


def test_a_device_that_nobody_may_touch_is_named_with_day_and_witness() -> None:
    found = devices(barred_evidence, barred_site())["C01"]
    assert found["class"] == "no_access"
    assert all(part in found["reason"]["vi"] for part in ("trưởng khu không cho vào", "2021-05-10", "Trần Văn Bình"))


def test_no_access_is_one_check_not_met_and_all_others_unknown_because_nobody_measured() -> None:
    of = barred_site()
    found = v.evidence(of)
    barred_evidence(found)
    document = v.verdict((of, found))
    rows = {row["id"]: row["verdict"] for row in document["facilities"][0]["checks"] if row["subject"] == "C01"}
    assert rows.pop("access_given") == "not_met"
    for check in ("password_unique", "recording_now", "days_kept", "recording_gaps", "continuous_operation"):
        assert rows.pop(check) == "met"
    assert set(rows.values()) == {"unknown"}
    assert document["facilities"][0]["verdict"] == "not_met"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/Streaming/Channels/101", True),
        ("/cam/realmonitor?channel=1&subtype=0&unicast=true", True),
        ("/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp", False),
        ("/live?usr=a&pwd=b", False),
    ],
)
def test_where_a_camera_s_streams_are_is_kept_unless_a_login_stands_in_it(path: str, kept: bool) -> None:
    def told(found: dict[str, Any]) -> None:
        found["cameras"]["1"]["settings"] |= {"stream": {"port": 554, "path": path}, "sub_stream": None}

    assert devices(told)["C01"]["streams"] == {"main": {"port": 554, "path": path} if kept else None, "sub": None}
    assert "streams" not in devices(told)["R20"]
