"""A look at a facility of awkward devices: each told with its class, none written to, none locked, no login where none is held."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from device_site import bad_logins
from survey_site import CODE, HTTP, OURS, Facility, alone, environment, ketnoi, sample

from edge_agent.devices.logins import LIMIT

Start = Callable[..., CameraHandle]
LISTED: tuple[dict[str, Any], ...] = (
    {"make": "hikvision"},
    {"make": "dahua"},
    {"make": "generic", "model": "mjpeg-only"},
    {"make": "hikvision", "model": "lock-out"},
    {"make": "hikvision", "model": "not-activated"},
    {"make": "dahua", "model": "onvif-off"},
    {"make": "generic", "model": "too-small"},
    {"make": "kbvision", "model": "foreign-address"},
    {"make": "uniview", "model": "digest-only"},
    {"make": "generic", "model": "smart-codec", "factory": False},
    {"make": "hikvision", "personality": {"onvif_off": True, "isapi_off": True, "psia": True}},
)
"""In slots 1, 2, 3 ..., at 127.0.0.11, .12, .13 ..."""
CLASSES = {
    1: "ready_after_settings",
    2: "ready_after_settings",
    3: "obsolete",
    4: "needs_credentials",
    5: "needs_activation",
    6: "ready_after_settings",
    7: "obsolete",
    8: "ready_after_settings",
    9: "ready_after_settings",
    10: "ready_after_settings",
    11: "needs_firmware",
}
NO_PASSWORD, BARRED, ABSENT = 12, 13, 14
STRANGER, UNACTIVATED = "127.0.0.25", "127.0.0.26"


class Scanned:
    """One scan of all of them, and how they were before."""

    def __init__(
        self, facility: Facility, devices: dict[str, CameraHandle], barred: CameraHandle, files: dict[str, bytes], said: str
    ) -> None:
        self.facility, self.devices, self.barred, self.files, self.said = facility, devices, barred, files, said
        self.result = facility.result()
        self.by_slot = {each["slot"]: each for each in self.result["devices"] if each.get("listed")}

    def __getitem__(self, slot: int) -> dict[str, Any]:
        found: dict[str, Any] = self.by_slot[slot]
        return found


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanned]:
    from camera_process import start_camera

    place = tmp_path_factory.mktemp("survey")
    running: list[CameraHandle] = []

    def start(last: int, **told: Any) -> CameraHandle:
        handle = start_camera(place / str(last), address=f"127.0.0.{last}", http_port=HTTP, mac=f"02:00:00:00:00:{last:02x}", **told)
        running.append(handle)
        return handle

    with alone():
        try:
            with environment(KETNOI_HOME=str(place / "home"), KETNOI_STATE=str(place / "state"), KETNOI_LANG="en"):
                facility = Facility(sample(place))
                devices = {f"127.0.0.{n}": start(n, **told) for n, told in enumerate(LISTED, 11)}
                for camera in devices.values():
                    facility.list(camera)
                lonely, barred = start(22, make="generic"), start(23, make="generic")
                facility.list(lonely, passwords=False)
                facility.list(barred, no_access={"reason": "Bảo vệ không cho vào", "date": "2021-05-20", "witness": "Trần A"})
                facility.cameras.append({**facility.cameras[0], "slot": ABSENT, "address": "127.0.0.24", "mac": "02:4b:00:01:01:99"})
                facility.passwords[str(ABSENT)] = facility.passwords["1"]
                devices |= {
                    "127.0.0.22": lonely,
                    STRANGER: start(25, make="dahua"),
                    UNACTIVATED: start(26, make="hikvision", model="not-activated"),
                }
                facility.write()
                files = {handle.config["state_file"]: Path(handle.config["state_file"]).read_bytes() for handle in running}
                said = ketnoi("survey", "scan", "--site", CODE, "--local", "--json", "-i", str(facility.inventory))
                yield Scanned(facility, devices, barred, files, said)
        finally:
            for handle in running:
                handle.stop()


@pytest.mark.parametrize(("slot", "category"), CLASSES.items())
def test_each_device_gets_its_class_with_a_reason_in_both_languages(scanned: Scanned, slot: int, category: str) -> None:
    device = scanned[slot]
    assert device["class"] == category, device
    assert device["reason"]["vi"] and device["reason"]["en"] and device["next"]["vi"] != device["next"]["en"]


def test_no_device_was_written_to(scanned: Scanned) -> None:
    assert {address: camera.control("writes") for address, camera in scanned.devices.items()} == {key: [] for key in scanned.devices}
    assert {file: Path(file).read_bytes() for file in scanned.files} == scanned.files


def test_no_device_saw_more_failed_logins_than_the_limit(scanned: Scanned) -> None:
    failed = {address: bad_logins(camera) for address, camera in scanned.devices.items()}
    assert max(failed.values()) == LIMIT == failed["127.0.0.14"]
    assert sum(failed.values()) == LIMIT


@pytest.mark.parametrize("address", ["127.0.0.22", STRANGER, UNACTIVATED, "127.0.0.15"])
def test_who_has_no_password_in_the_inventory_or_no_account_yet_gets_no_login_at_all(scanned: Scanned, address: str) -> None:
    assert scanned.devices[address].control("logins") == []


def test_a_listed_device_without_a_password_needs_one(scanned: Scanned) -> None:
    assert scanned[NO_PASSWORD]["class"] == "needs_credentials" and "vault" in scanned[NO_PASSWORD]["reason"]["en"]


def test_nothing_is_sent_where_nobody_is_let_in(scanned: Scanned) -> None:
    assert scanned.result["no_access"] == [BARRED] and BARRED not in scanned.by_slot
    assert scanned.barred.control("logins") == []


def test_a_listed_device_that_is_not_there_is_said(scanned: Scanned) -> None:
    assert scanned.result["absent"] == [ABSENT]


def test_a_stranger_is_told_with_the_slot_that_it_would_get(scanned: Scanned) -> None:
    strangers = {each["address"]: each for each in scanned.result["devices"] if not each.get("listed") and each.get("kind") == "camera"}
    assert set(strangers) == {STRANGER, UNACTIVATED}
    assert sorted(each["slot"] for each in strangers.values()) == [15, 16]
    assert strangers[STRANGER]["class"] == "needs_credentials" and strangers[STRANGER]["make"] == "dahua"
    assert strangers[UNACTIVATED]["class"] == "needs_activation"


def test_streams_are_told_from_their_packets(scanned: Scanned) -> None:
    main = scanned[1]["streams"][0]
    assert main["measured"].startswith("h264 640x480 5 fps") and main["packets"] > 20
    assert scanned[2]["streams"][0]["measured"].startswith("mjpeg 704x576")
    assert scanned[9]["streams"][0]["measured"].startswith("h265 640x360")


def test_a_stream_that_is_not_what_its_settings_say_is_named(scanned: Scanned) -> None:
    assert "set to" in scanned[10]["streams"][0]["problem"]["en"] and "isn't what its settings say" in scanned[10]["reason"]["en"]


def test_a_factory_password_that_is_still_set_is_said(scanned: Scanned) -> None:
    assert scanned[1]["login"] == "factory" and "factory password" in scanned[1]["reason"]["en"]


def test_a_driver_that_does_not_fit_is_said_with_one_that_does(scanned: Scanned) -> None:
    assert scanned[6]["driver"] == "dahua" and "survey accept" in scanned[6]["next"]["en"]


def test_no_password_is_in_the_file_or_on_the_screen(scanned: Scanned) -> None:
    text = (scanned.facility.inventory / "survey" / f"{CODE}.yml").read_text(encoding="utf-8") + scanned.said
    for secret in (OURS, OURS[::-1], "admin12345", "123456"):
        assert secret not in text


def test_what_is_printed_as_json_is_what_is_written(scanned: Scanned) -> None:
    told = json.loads(scanned.said)
    assert [each["class"] for each in told["devices"]] == [each["class"] for each in scanned.result["devices"]]
    assert told["bandwidth"]["needed_kbps"] == 13 * 2048 and told["bandwidth"]["uplink_kbps"] is None


class TestAgain:
    """After the first scan, in this order."""

    def test_a_second_scan_tries_no_login_that_could_lock_and_keeps_what_people_wrote(self, scanned: Scanned) -> None:
        file = scanned.facility.inventory / "survey" / f"{CODE}.yml"
        stranger = next(each for each in scanned.result["devices"] if each["address"] == STRANGER)
        text = file.read_text(encoding="utf-8")
        at = text.index(f"- slot: {stranger['slot']}")
        head, tail = text[:at], text[at:]
        file.write_text(head + tail.replace("place:\n", "place: Sân sau\n", 1).replace("zone:\n", "zone: yard\n", 1), encoding="utf-8")
        ketnoi("survey", "scan", "--site", CODE, "--local", "--no-streams", "-i", str(scanned.facility.inventory))
        again = scanned.facility.of(STRANGER)
        assert (again["slot"], again["place"], again["zone"]) == (stranger["slot"], "Sân sau", "yard")
        assert bad_logins(scanned.devices["127.0.0.14"]) == LIMIT
        assert scanned.facility.of("127.0.0.14")["class"] == "needs_credentials"

    def test_no_device_was_written_to_in_all_this(self, scanned: Scanned) -> None:
        test_no_device_was_written_to(scanned)


@pytest.mark.parametrize("network", ["10.9.8.0/24", "127.0.0.0/20"])
def test_another_lan_or_one_too_large_is_refused(network: str, tmp_path: Path) -> None:
    import subprocess
    import sys

    request = {"schema": 1, "site": {"id": "X-1", "code": "x"}, "lan": network, "devices": [], "state_dir": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "edge_agent.cli", "survey", "--json"], input=json.dumps(request), capture_output=True, text=True, timeout=60
    )
    assert (
        done.returncode == 2
        and done.stdout == ""
        and ("no address in" in done.stderr or "larger than" in done.stderr or "mạng" in done.stderr)
    )
