"""Streams pulled from simulated cameras on real sockets, counted on the way: never more at once than a line's share."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from measuring import USERS, tidy_state

from province.measure.budget import Budget
from province.measure.remote import measure

KBPS = 2000
PATH = "/Streaming/Channels/101"
LONGEST_S = 120


class Ways:
    """Relays to one camera, a port for each stream of each facility; a stream counts from its PLAY until its end."""

    def __init__(self, camera: CameraHandle) -> None:
        self._there = (camera.address, camera.rtsp_port)
        self._lock = threading.Lock()
        self.playing: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_in_all = 0
        self.listeners: list[socket.socket] = []

    def port(self, site: str) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        self.listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener, site), daemon=True).start()
        return int(listener.getsockname()[1])

    def _accept(self, listener: socket.socket, site: str) -> None:
        with suppress(OSError):
            while True:
                link, _ = listener.accept()
                threading.Thread(target=self._relay, args=(link, site), daemon=True).start()

    def _relay(self, link: socket.socket, site: str) -> None:
        with link, socket.create_connection(self._there) as camera, suppress(OSError):
            threading.Thread(target=_pump, args=(camera, link), daemon=True).start()
            plays = False
            try:
                while asked := link.recv(65536):
                    if b"PLAY rtsp://" in asked and not plays:
                        plays = True
                        self._count(site, 1)
                    camera.sendall(asked)
            finally:
                if plays:
                    self._count(site, -1)

    def _count(self, site: str, by: int) -> None:
        with self._lock:
            self.playing[site] += by
            self.most[site] = max(self.most[site], self.playing[site])
            self.most_in_all = max(self.most_in_all, self.playing.total())


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while packets := source.recv(65536):
            sink.sendall(packets)


@pytest.fixture
def ways(camera: Callable[..., CameraHandle]) -> Iterator[Ways]:
    found = Ways(camera(make="hikvision", factory=False, factory_state=tidy_state()))
    yield found
    for listener in found.listeners:
        listener.close()


def pulled(ways: Ways, streams: dict[str, int], budget: Budget) -> dict[tuple[str, int], dict[str, Any]]:
    """Streams of each facility, all asked for at once; what was found by (facility, slot)."""
    tasks = [
        {"kind": "stream", "site": site, "camera": slot, "host": "127.0.0.1", "port": ways.port(site), "path": PATH,
         "user": USERS[1]["name"], "password": USERS[1]["password"], "as": "stream_hub", "kbps": KBPS}
        for site, count in streams.items()
        for slot in range(1, count + 1)
    ]  # fmt: skip
    asked = {"schema": 1, "budget_s": LONGEST_S, "bandwidth": budget.as_dict(), "tasks": tasks}
    results = measure(asked, lambda task, found: None)["results"]
    return {(each["site"], each["camera"]): each["found"]["stream_hub"] for each in results}


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(tmp_path / "state"))


def test_never_more_streams_at_once_than_an_uplink_and_the_hubs_line_hold_and_all_are_measured(ways: Ways) -> None:
    found = pulled(ways, {"narrow": 4, "wide": 4}, Budget(3 * KBPS, {"narrow": KBPS, "wide": 2 * KBPS}))
    assert len(found) == 8 and all(each["ok"] for each in found.values()), found
    assert (ways.most["narrow"], ways.most["wide"], ways.most_in_all) == (1, 2, 3)


def test_without_a_limit_the_same_streams_are_pulled_side_by_side(ways: Ways) -> None:
    found = pulled(ways, {"narrow": 3, "wide": 3}, Budget())
    assert all(each["ok"] for each in found.values()), found
    assert ways.most_in_all > 3, "or the test above would prove nothing"


def test_a_stream_larger_than_its_uplink_is_pulled_alone_rather_than_never(ways: Ways) -> None:
    found = pulled(ways, {"modem": 2}, Budget(sites={"modem": KBPS // 4}))
    assert all(each["ok"] for each in found.values()), found
    assert ways.most["modem"] == 1
