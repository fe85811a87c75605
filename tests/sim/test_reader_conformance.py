"""What every reader keeps to, the verifier's eyes, held against its own simulator: one suite, all that readers.TABLE names.

What there is to be read is told by the simulator's control socket ("settings"), never by a driver of ours.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from played import ANSWERS, Played, broken, kinds, make_of, nobody, start

from lab.camera import makes
from province.measure.devices import readers, recorder
from province.measure.devices.logins import Ledger

SUBJECTS = [(name, kind) for name in readers.TABLE for kind in kinds(name) or ("camera",) if kind in readers.TABLE[name]]
VIEWER = {"user": "kn-view", "password": "Xemhinh9B"}
WRONG = "NotThisOne12345"
CHANNEL = {
    "set": True, "name": "C1", "address": "192.168.1.11", "port": 1, "protocol": "onvif", "user": "v", "password": "p", "rtsp_path": "",
}  # fmt: skip
ALTERED: Mapping[str, Any] = {
    "encoder.codec": "H264", "encoder.width": 1280, "encoder.height": 720, "encoder.fps": 12, "encoder.gop": 36,
    "encoder.bitrate_kbps": 1536, "sub_encoder.width": 640, "sub_encoder.height": 360, "sub_encoder.fps": 10, "sub_encoder.gop": 20,
    "ntp": {"from_dhcp": False, "servers": ["203.0.113.9"]}, "clock.type": "NTP", "clock.offset_s": 30.0,
    "osd": [{"token": "OSD_2", "kind": "Plain", "text": "KHO 1", "position": "LowerLeft"}],
    "discovery": "NonDiscoverable",
}  # fmt: skip
"""What somebody set at a camera, by the simulator's paths."""
SLOW = ("drops",)
"""Of played.ANSWERS what no reader ends by itself: the budget of the whole measurement does."""
REASONS = {"unreachable", "timeout", "protocol", "onvif_off", "no_service", "login_refused"}
SHORT = 0.06
"""How much of their patience readers have here, so that silence costs 0.3 s in place of 5."""


@pytest.fixture(scope="module", params=SUBJECTS, ids="-".join)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    driver, kind = request.param
    assert kinds(driver), f"nothing plays {driver}'s devices: give lab/camera/makes.py a row of that name"
    subject = start(driver, kind, tmp_path_factory.mktemp(f"{driver}-{kind}-read"))
    user, password = subject.handle.login
    subject.handle.set("users", [
        {"name": user, "password": password, "level": "Administrator"},
        {"name": VIEWER["user"], "password": VIEWER["password"], "level": "User"},
    ])  # fmt: skip
    if kind == "recorder":
        subject.handle.set("channels.1", CHANNEL)
    yield subject
    subject.handle.stop()


def task(played: Played, **more: Any) -> dict[str, Any]:
    user, password = played.handle.login
    accounts = {"admin": {"user": user, "password": password}, "viewer": VIEWER}
    return {
        "driver": played.name, "host": played.handle.address, "port": played.handle.http_port, "key": "k", "accounts": accounts,
        "factory": [], "fresh_s": 0, "least": {"width": 640, "height": 360}, "days": 2, "seconds": 12.0,
        "channels": {"1": {"number": 1, "address": CHANNEL["address"], "port": 80}}, **more,
    }  # fmt: skip


def read(played: Played, asked: Mapping[str, Any], state: Path) -> dict[str, Any]:
    measure = recorder.measure if played.kind == "recorder" else readers.of(played.name, readers.CAMERA).measure
    found: dict[str, Any] = measure(asked, Ledger(state))
    shown = json.dumps(found)
    assert not [secret for secret in (played.handle.login[1], VIEWER["password"], WRONG) if f'"{secret}"' in shown and secret != "admin"]
    return found


@pytest.fixture
def looked(played: Played) -> Iterator[Callable[..., dict[str, Any]]]:
    """``looked()`` reads it with a memory of its own; afterwards nothing was written to the device."""
    played.handle.control("forget")
    yield lambda **more: read(played, task(played, **more), played.state())
    assert played.handle.control("writes") == [], "a reader wrote"


def test_a_reader_tells_what_is_set(played: Played, looked: Callable[..., dict[str, Any]]) -> None:
    assert differences(played, looked()) == {}
    if played.kind == "camera":
        before = {path: played.handle.control("get", path=path) for path in ALTERED}
        for path, value in ALTERED.items():
            played.handle.set(path, value)
        assert differences(played, looked()) == {}
        for path, value in before.items():
            played.handle.set(path, value)
    assert played.failed_logins() == 0


def differences(played: Played, found: Mapping[str, Any]) -> dict[str, Any]:
    """What a reading and the simulator tell otherwise, each beside the other."""
    there = played.settings()
    pairs = _of_camera(played, found, there) if played.kind == "camera" else _of_recorder(played, found, there)
    assert found["clock"]["ok"]
    pairs["clock"] = abs(found["clock"]["offset_s"] - there["clock_offset_s"]) < 1.5, True
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _of_camera(played: Played, found: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    told = found["settings"]
    assert told["ok"], told
    ntp = {key: told["ntp"][key] for key in ("servers", "from_dhcp", "on")}
    main, sub = makes.of(make_of(played.name)).streams
    services = told["services"]
    return {
        "name": (told["name"], there["name"]),
        "accounts": (told["accounts"], there["users"]),
        "ntp": ({**ntp, "on": bool(ntp["on"])}, there["ntp"]),
        "discovery": (told["discovery"], there["discovery"]),
        "osd": (set(there["osd"]) <= set(told["osd"]), True),
        "services": ({**services}, {name: there["services"][name] for name in services}),
        "multicast": ("multicast" in services, True),
        "smart_codec": (told.get("smart_codec"), there.get("smart_codec")),
        "viewer_login": (told["viewer_login"], True),
        "lacks": (told["lacks"], []),
        "stream": ((told["stream"]["port"], _path(told["stream"])), (played.handle.rtsp_port, _bare(main))),
        "sub_stream": ((told["sub_stream"]["port"], _path(told["sub_stream"])), (played.handle.rtsp_port, _bare(sub))),
        **{name: (_encoder(told["encoders"][name]), _without_keyframes(there[name])) for name in ("main", "sub")},
    }


def _path(stream: Mapping[str, Any]) -> str:
    return _bare(str(stream["path"]))


def _bare(path: str) -> str:
    return path.partition("&unicast")[0]


def _encoder(told: Mapping[str, Any]) -> dict[str, Any]:
    """In the simulator's words; for JPEG, which has no keyframes, some tell their distance and some don't."""
    names = {"gov": "gop", **{name: name for name in ("codec", "width", "height", "fps", "bitrate_kbps")}}
    return _without_keyframes({mine: told[name] for name, mine in names.items()} | {"codec": told["codec"].replace("mjpeg", "jpeg")})


def _without_keyframes(encoder: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in encoder.items() if name != "gop" or encoder["codec"] != "jpeg"}


def _of_recorder(played: Played, found: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    disks = [(disk["status"], disk["total_mb"]) for disk in played.handle.control("get", path="disks")]
    assert found["storage"]["ok"] and found["recordings"]["ok"], found
    return {
        "disks": ([(disk["status"], disk["total_mb"]) for disk in found["storage"]["disks"]], disks),
        "cameras": (set(found["recordings"]["cameras"]), {"1"}),
    }


def test_two_readings_of_an_unchanged_device_are_equal(looked: Callable[..., dict[str, Any]]) -> None:
    first, second = (_flat({name: part for name, part in looked().items() if name != "clock"}) for _ in range(2))
    assert first == second


def test_a_wrong_password_is_tried_once_a_reading_and_twice_in_all(played: Played, looked: Callable[..., dict[str, Any]]) -> None:
    user = played.handle.login[0]
    asked = task(played, accounts={"admin": {"user": user, "password": WRONG}})
    state, part = played.state(), "settings" if played.kind == "camera" else "storage"
    reasons, failed = [], []
    for _ in range(4):
        reasons.append(read(played, asked, state)[part]["reason"])
        failed.append(played.failed_logins())
    assert (reasons, failed) == (["login_refused", "login_refused", "locked", "locked"], [1, 2, 2, 2])
    played.handle.control("unlock")


def test_no_password_is_no_login(played: Played, looked: Callable[..., dict[str, Any]]) -> None:
    found = looked(accounts={})
    part = "settings" if played.kind == "camera" else "storage"
    assert found[part]["reason"] == "no_password" and played.failed_logins() == 0


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers wait a fraction of what they would."""
    plain = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, **more: Any) -> Any:
        return plain(self, request, **{**more, "timeout": (more.get("timeout") or 5) * SHORT})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)


def test_a_broken_device_is_told_by_a_reason_in_time(played: Played, short: None) -> None:
    """Side by side, as the measurement does it."""

    def meet(how: str) -> tuple[dict[str, Any], float]:
        begun, state = time.monotonic(), played.folder / f"broken-{how}"
        if how == "nobody":
            return read(played, task(played, port=nobody()), state), time.monotonic() - begun
        with broken(how) as port:
            return read(played, task(played, port=port), state), time.monotonic() - begun

    cases = [how for how in (*ANSWERS, "nobody") if how not in SLOW]
    with ThreadPoolExecutor(len(cases)) as pool:
        results = dict(zip(cases, pool.map(meet, cases), strict=True))
    for how, (found, seconds) in results.items():
        parts = [part for name, part in found.items() if name != "factory_login"]
        assert parts and all(part["ok"] is False and part["reason"] in REASONS for part in parts), (how, found)
        assert seconds < 20, (how, seconds)
    assert all(part["reason"] in ("unreachable", "timeout") for how in ("nobody", "silent") for part in results[how][0].values()), results


def test_a_question_that_is_refused_takes_only_its_own_answer_away(played: Played) -> None:
    """Whatever else is told is what is told when all is: nothing is made up, nothing else is lost."""
    with refusing(played.handle.http_port, -1) as (port, count):
        whole = _flat(read(played, task(played, port=port), played.state()))
        questions = count[0]
    assert questions > 8, questions
    for refused in sorted({max(BEHIND_LOGIN, questions * part // 6) for part in range(2, 6)}):
        with refusing(played.handle.http_port, refused) as (port, _):
            found = _flat(read(played, task(played, port=port), played.state()))
        wrong = {path: (found[path], value) for path, value in whole.items() if found.get(path) not in (value, None) and not _apart(path)}
        assert wrong == {}, refused
        lost = {path for path, value in whole.items() if value is not None and found.get(path) is None}
        parts = {".".join(path.split(".")[: 2 if path.startswith("settings") else 1]) for path in lost}
        assert len(parts) <= MOST_LOST[played.kind], (refused, parts)


BEHIND_LOGIN = 5
"""The first question of which it can be said that it asks for something to read, and not whether to come in."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
MOST_LOST = {"camera": 6, "recorder": 2}
"""What one answer may tell of: ONVIF's profiles of a camera's encoders, streams and texts; a recorder's clock of its recordings."""


def _apart(path: str) -> bool:
    """What measures time, or tells whether all was told."""
    return path.startswith("clock.") or path.endswith((".ok", ".lacks"))


def _flat(document: Any, path: str = "") -> dict[str, Any]:
    """Path -> value; moments are all one, since each look has its own."""
    if isinstance(document, str) and MOMENT.match(document):
        return {path: "a moment"}
    if not isinstance(document, dict):
        return {path: document}
    return {name: value for key, part in document.items() for name, value in _flat(part, f"{path}.{key}" if path else key).items()}


class refusing:
    """A line on which the one question of this number is answered 500; yields its port and how many were asked."""

    def __init__(self, to: int, number: int) -> None:
        count = self._count = [0]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                count[0] += 1
                if count[0] == number:
                    return self._answer(500, {}, b"<html></html>")
                far = HTTPConnection("127.0.0.1", to, timeout=20)
                far.request(self.command, self.path, body or None, dict(self.headers))
                answer = far.getresponse()
                self._answer(answer.status, dict(answer.getheaders()), answer.read())
                far.close()
                return None

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = _pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> tuple[int, list[int]]:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return int(self._server.server_address[1]), self._count

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
