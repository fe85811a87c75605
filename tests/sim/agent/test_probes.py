"""Cameras that we did not write the client for, looked at by the client."""

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from edge_agent.daemon.config import Camera
from edge_agent.daemon.probes import Patient, ProbeResult, look
from edge_agent.system.refusals import Refusals
from edge_agent.system.watched import Login, Stream

TIMEOUT_S = 4.0


def stream_of(camera) -> Stream:
    return Stream(camera.rtsp_port, "/Streaming/Channels/101", "1")


def seen(camera, login: Login | None = None, timeout_s: float = TIMEOUT_S) -> ProbeResult:
    login = login or Login(*camera.login)
    return asyncio.run(look(Camera(1, "C01", camera.address, camera.rtsp_port), stream_of(camera), login, timeout_s))


@pytest.fixture
def tidy(camera):
    """A camera that is as it should be."""
    return camera(factory=False)


def test_a_camera_that_plays_is_up_and_its_packets_were_counted(tidy):
    found = seen(tidy)
    assert (found.status, found.reason) == ("up", None), found
    assert found.measured["packets"] >= 2 and found.measured["pictures"] >= 2
    assert found.measured["codec"] == "H264"


def test_a_camera_that_stops_sending_is_frozen_not_down(tidy):
    tidy.control("freeze", value=True)
    try:
        assert (seen(tidy, timeout_s=2).status) == "frozen"
    finally:
        tidy.control("freeze", value=False)
    assert seen(tidy).status == "up"


def test_a_refused_login_is_said_to_be_one_and_is_not_tried_again(tidy, tmp_path):
    """Not after a restart either: each look here is by a daemon of its own."""
    tidy.control("forget")
    wrong = Login(tidy.login[0], "not-the-password")
    camera, stream = Camera(1, "C01", tidy.address, tidy.rtsp_port), stream_of(tidy)

    async def three() -> list[ProbeResult]:
        return [await patient(tmp_path).look(camera, stream, wrong) for _ in range(3)]

    assert [(one.status, one.reason) for one in asyncio.run(three())] == [("down", "login_refused")] * 3
    bad = [one for one in tidy.control("logins") if one["result"] == "bad_password"]
    assert sum(one["count"] for one in bad) == 1
    tidy.control("unlock")
    right = Login(*tidy.login)
    assert asyncio.run(patient(tmp_path).look(camera, stream, right)).status == "up", "another account is tried at once"


def patient(state: Path) -> Patient:
    return Patient(TIMEOUT_S, Refusals(state / "refused.json"))


def test_a_camera_without_an_account_on_the_box_wants_a_login(tidy):
    camera = Camera(1, "C01", tidy.address, tidy.rtsp_port)
    assert asyncio.run(look(camera, stream_of(tidy), None, TIMEOUT_S)).reason == "login_wanted"


def test_a_path_that_is_gone_is_named(tidy):
    camera = Camera(1, "C01", tidy.address, tidy.rtsp_port)
    found = asyncio.run(look(camera, Stream(tidy.rtsp_port, "/nowhere", ""), Login(*tidy.login), TIMEOUT_S))
    assert (found.status, found.reason) == ("down", "no_such_stream")


def test_a_camera_that_is_gone_is_down(camera):
    handle = camera(factory=False)
    assert seen(handle).status == "up"
    login, stream = Login(*handle.login), stream_of(handle)
    handle.stop()
    found = asyncio.run(look(Camera(1, "C01", handle.address, handle.rtsp_port), stream, login, TIMEOUT_S))
    assert (found.status, found.reason) == ("down", "port_closed")


class Awkward:
    """A server on loopback that answers each connection with fixed bytes, then keeps it open or closes it."""

    def __init__(self, answer: bytes, hang_up: bool = False) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._answer, self._hang_up = answer, hang_up
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            peer.recv(4096)
            peer.sendall(self._answer)
            if self._hang_up:
                peer.close()
            else:
                self._open.append(peer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self._open:
            peer.close()


@pytest.mark.parametrize(
    ("answer", "hang_up", "reason"),
    [
        (b"", False, "no_reply"),
        (b"", True, "closed"),
        (b"HTTP/1.1 200 OK\r\n\r\n", False, "not_rtsp"),
        (b"A" * 200_000, False, "not_rtsp"),
        (b"RTSP/1.0 500 Oh no\r\nCSeq: 1\r\n\r\n", False, "refused"),
        (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n", False, "no_video"),
        (b"RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Bearer x\r\n\r\n", False, "login_unknown"),
        (b"X: y\r\n" * 500, False, "not_rtsp"),
    ],
)
def test_whatever_a_device_answers_is_a_word_and_never_an_exception(answer, hang_up, reason):
    server = Awkward(answer, hang_up)
    try:
        camera = Camera(1, "C01", "127.0.0.1", server.port)
        found = asyncio.run(look(camera, Stream(server.port, "/live", ""), Login("a", "b"), 1.0))
    finally:
        server.close()
    assert (found.status, found.reason) == ("down", reason)
