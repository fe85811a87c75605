"""`verify --local` from a machine that is not in the facility's LAN: who answers at a camera's address is not taken for it."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from province.judging.case import REASONS
from province.judging.verdict import Occasion, judge
from province.measure import standpoint
from province.measure.gather import Scope, gather_here
from province.measure.subjects import Camera, Recorder, Site
from province.standard.load import load

LOGINS = {"admin": {"user": "admin", "password": "x" * 12}, "viewer": {"user": "kn-view", "password": "y" * 12}}


class Stranger(BaseHTTPRequestHandler):
    """A home's router: it has a web server, and no ONVIF."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_error(404)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def site(port: int) -> Site:
    camera = Camera(1, "AN-NHON-01 C01", "yard", "sân", "127.0.0.1", port, "generic", "mac1", levels={}, driver="onvif")
    recorder = Recorder(20, "phòng", "127.0.0.1", port, "generic", "onvif", "mac20")
    return Site(
        "BD-0001", "an-nhon-01", "Trường", 1, "10.5.0.1", "flat", (camera,), recorders=(recorder,), local=True, lan="192.168.7.0/24"
    )


def verified(of: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(folder / "measured"))
    evidence = gather_here(Scope([of], load(), {(of.code, 1): LOGINS, (of.code, 20): LOGINS}, {}, {}), lambda where, told: None)
    document = judge(evidence, load(), [of], Occasion("binh-dinh", None, None, "devices", "now", 1.0, {}))
    return {"evidence": evidence["sites"][of.code], "facility": document["facilities"][0]}


@pytest.mark.parametrize("source", ["10.20.30.40", None])
def test_off_the_lan_a_device_is_not_reachable_from_here(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None
) -> None:
    monkeypatch.setattr(standpoint, "source_towards", lambda host: source)
    found = verified(site(port), tmp_path, monkeypatch)
    assert found["evidence"]["cameras"]["1"]["settings"] == {"ok": False, "reason": "not_in_lan"}
    assert {each["reason"] for each in found["evidence"]["recorders"]["R20"].values()} == {"not_in_lan"}
    devices = {device["subject"]: (device["class"], device["reason"]) for device in found["facility"]["devices"]}
    assert devices == dict.fromkeys(("C01", "R20"), ("not_measured", REASONS["not_in_lan"].as_dict()))
    playable = next(row for row in found["facility"]["checks"] if row["id"] == "playable_hub")
    assert (playable["verdict"], playable["says"]) == ("unknown", REASONS["not_in_lan"].as_dict())
    assert "LAN" in playable["hint"]["en"] and "LAN" in playable["hint"]["vi"]


@pytest.mark.parametrize("source", ["192.168.7.99", "127.0.0.1"])
def test_in_the_lan_it_is_what_was_measured(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setattr(standpoint, "source_towards", lambda host: source)
    found = verified(site(port), tmp_path, monkeypatch)
    assert found["evidence"]["cameras"]["1"]["settings"]["reason"] == "onvif_off"
    assert {device["class"] for device in found["facility"]["devices"] if device["subject"] == "C01"} == {"onvif_off"}


def test_where_this_machine_would_speak_from_needs_no_word_sent() -> None:
    assert standpoint.source_towards("127.0.0.1") == "127.0.0.1"
    here = site(80)
    assert standpoint.stands_in(here) and standpoint.stands_in(replace(here, lan=None))


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_office_is_never_asked_for_a_device(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A proxy answers for any address: nothing that it says is a camera's."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    silent = replace(site(port), cameras=tuple(replace(camera, port=1) for camera in site(port).cameras))
    found = verified(silent, tmp_path, monkeypatch)
    assert found["evidence"]["cameras"]["1"]["settings"]["reason"] == "unreachable"
