"""A survey of a LAN with real MACs, ARP and multicast: found by all ways, every packet that the box sent decoded. Root, no lab."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from camera_lan import BOX, NETWORK, CameraLan, Heard, http_requests, mac_of, rtsp_methods

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")

OURS = "Kn1adminAAAAbbbb"
CAMERAS: dict[int, dict[str, Any]] = {
    11: {"make": "hikvision"},
    12: {"make": "dahua", "model": "onvif-off"},
    13: {"make": "generic", "model": "mjpeg-only"},
    14: {"make": "hikvision", "model": "lock-out"},
    15: {"make": "generic", "model": "whole-writes"},
    21: {"make": "uniview"},
    22: {"make": "hikvision", "model": "not-activated"},
    23: {"make": "kbvision", "model": "foreign-address"},
}
"""The last part of each address: 11 to 15 are listed, 14 as it was replaced since, 15 at another address than its own; 21 and 22 are
strangers, 23 may not be touched."""
LISTED = {1: 11, 2: 12, 3: 13, 4: 14, 5: 115}
QUESTIONS = ("Get", "DevInit.getStatus")


@dataclass
class Looked:
    document: dict[str, Any]
    heard: Heard
    lan: CameraLan
    before: dict[str, bytes]

    def at(self, last: int) -> dict[str, Any]:
        (found,) = [each for each in self.document["found"] if each["address"] == f"192.168.1.{last}"]
        return dict(found)


def request(state: Path, *, barred: bool) -> dict[str, Any]:
    """As the office makes it. Slot 4's MAC is its predecessor's; slot 5's camera is at .15, the inventory says .115."""
    macs = {1: mac_of(11), 2: mac_of(12), 3: mac_of(13), 4: "02:4b:00:09:99:14", 5: mac_of(15)}
    devices: list[dict[str, Any]] = [
        {
            "slot": slot,
            "driver": "onvif",
            "address": f"192.168.1.{last}",
            "mac": macs[slot],
            "accounts": {"admin": {"user": "admin", "password": OURS}},
            "factory": [{"user": "admin", "password": "admin12345" if last == 11 else "admin"}],
            "encoder": {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048},
            "network": {"prefix": 24, "gateway": BOX, "dns": []},
            "deadline_s": 60,
        }
        for slot, last in LISTED.items()
    ]
    if barred:
        devices.append({"slot": 6, "address": "192.168.1.23", "no_access": {"reason": "r", "date": "2021-05-20", "witness": "w"}})
    return {"schema": 1, "site": {"id": "BD-1", "code": "x"}, "lan": NETWORK, "skip": [BOX], "devices": devices, "state_dir": str(state)}


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CameraLan]:
    with CameraLan(tmp_path_factory.mktemp("lan")) as made:
        for last, told in CAMERAS.items():
            made.camera(last, **told)
        yield made


def survey(lan: CameraLan, state: Path, **told: bool) -> tuple[dict[str, Any], Heard]:
    asked = json.dumps(request(state, **told))
    with lan.ear() as heard:
        done = lan.box(sys.executable, "-m", "edge_agent.cli", "survey", "--json", stdin=asked)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), heard


@pytest.fixture(scope="module")
def looked(lan: CameraLan, tmp_path_factory: pytest.TempPathFactory) -> Looked:
    files = {str(each.config["state_file"]): Path(str(each.config["state_file"])).read_bytes() for each in lan.cameras.values()}
    document, heard = survey(lan, tmp_path_factory.mktemp("state"), barred=False)
    return Looked(document, heard, lan, files)


class TestWhoIsThere:
    def test_all_are_found_with_their_macs(self, looked: Looked) -> None:
        assert {each["address"]: each["mac"] for each in looked.document["found"]} == {f"192.168.1.{n}": mac_of(n) for n in CAMERAS}

    def test_those_that_announce_themselves_are_heard_through_the_box_s_firewall(self, looked: Looked) -> None:
        announced = [each for each in looked.document["found"] if each["announced"]]
        assert len(announced) >= 6 and all(each["scopes"] for each in announced)

    def test_a_device_is_known_by_its_mac_wherever_it_is(self, looked: Looked) -> None:
        moved = looked.at(15)
        assert (moved["slot"], moved["listed_at"], moved["login"]) == (5, "192.168.1.115", "factory")
        assert looked.document["absent"] == [4]

    def test_another_device_at_a_listed_address_is_a_stranger_and_gets_no_password(self, looked: Looked) -> None:
        assert looked.at(14)["slot"] is None and looked.lan.cameras["192.168.1.14"].control("logins") == []


class TestNothingWasWritten:
    def test_every_http_request_on_the_wire_is_a_question(self, looked: Looked) -> None:
        asked = Counter[str]()
        for (_, port), connections in looked.heard.said(BOX).items():
            for said in connections if port == 80 else ():
                requests = http_requests(said)
                assert requests, said[:200]
                for method, target, operation in requests:
                    asked[method] += 1
                    is_cgi = target.startswith("/cgi-bin/")
                    assert method in ("GET", "POST"), (method, target)
                    assert method == "GET" or operation.startswith(QUESTIONS), (target, operation)
                    assert not is_cgi or "action=get" in target, target
        assert asked["GET"] > 10 and asked["POST"] > 30

    def test_every_rtsp_request_only_plays(self, looked: Looked) -> None:
        methods = {m for (_, port), said in looked.heard.said(BOX).items() if port == 554 for one in said for m in rtsp_methods(one)}
        assert methods == {"DESCRIBE", "SETUP", "PLAY", "TEARDOWN"}

    def test_nothing_but_questions_left_by_udp(self, looked: Looked) -> None:
        sent = looked.heard.datagrams(BOX)
        probes = [payload for to, port, payload in sent if (to, port) == ("239.255.255.250", 3702)]
        assert len(probes) == 1 and b"Probe" in probes[0]
        assert {(port, payload) for to, port, payload in sent if port != 3702} == {(9, b"")}

    def test_no_other_port_was_told_anything(self, looked: Looked) -> None:
        assert {port for _, port in looked.heard.said(BOX)} <= {80, 554}

    def test_no_simulator_noted_a_write_and_their_files_are_the_same_byte_by_byte(self, looked: Looked) -> None:
        assert [camera.control("writes") for camera in looked.lan.cameras.values()] == [[]] * len(CAMERAS)
        assert {file: Path(file).read_bytes() for file in looked.before} == looked.before

    def test_no_password_crossed_the_wire_in_the_clear(self, looked: Looked) -> None:
        wire = b"".join(said for connections in looked.heard.said(BOX).values() for said in connections)
        assert OURS.encode() not in wire and b"admin12345" not in wire


class TestLogins:
    def test_strangers_and_the_unactivated_receive_none(self, looked: Looked) -> None:
        for last in (21, 22, 23):
            assert looked.lan.cameras[f"192.168.1.{last}"].control("logins") == []

    def test_none_failed_more_often_than_allowed(self, looked: Looked) -> None:
        for camera in looked.lan.cameras.values():
            assert sum(each["count"] for each in camera.control("logins") if each["result"] != "ok") <= 2


def test_where_nobody_is_let_in_nothing_is_sent_not_even_a_question_to_all(lan: CameraLan, tmp_path: Path) -> None:
    document, heard = survey(lan, tmp_path, barred=True)
    assert document["no_access"] == [6] and "192.168.1.23" not in {each["address"] for each in document["found"]}
    assert not [to for frm, to, _, _ in heard.packets() if frm == BOX and to in ("192.168.1.23", "239.255.255.250")]
    assert "192.168.1.23" not in heard.asked_for(BOX)
