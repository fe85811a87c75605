"""A camera LAN of namespaces, without a lab: a box and simulated cameras on one switch, each with a MAC of its own, and an ear on it.

with CameraLan(tmp_path) as lan:
    camera = lan.camera(11, make="hikvision")
    with lan.ear() as heard:
        lan.box("edge-agent", ...)
    heard.requests()      # what the box sent, decoded
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.cables import net

sys.path.append(str(Path(__file__).parents[1] / "sim"))
from camera_process import CameraHandle, start_camera

NETWORK, BOX = "192.168.1.0/24", "192.168.1.1"
_ALL, _IPV4, _ARP = 0x0003, 0x0800, 0x0806
_OUTGOING = 4
_RCVBUF_FORCE = 33
"""Linux's SO_RCVBUFFORCE: beyond net.core.rmem_max, for root."""
_TCP, _UDP = 6, 17
FIREWALL = """table inet box {
    chain input {
        type filter hook input priority filter; policy drop;
        iifname "lo" accept
        ct state established,related accept
        counter drop
    }
}"""
"""What the role network lets in from the cameras' side, as far as answers go: nothing that was not asked of that very address."""


@dataclass
class Heard:
    """Frames as they came into the switch: (Ethernet type, source MAC, what is behind the Ethernet header)."""

    frames: list[tuple[int, str, bytes]] = field(default_factory=list)

    def packets(self) -> Iterator[tuple[str, str, int, bytes]]:
        """(source, destination, protocol, what is behind the IP header) of every IPv4 packet."""
        for kind, _, data in self.frames:
            if kind == _IPV4 and len(data) >= 20:
                header, length = (data[0] & 15) * 4, int.from_bytes(data[2:4], "big")
                yield socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20]), data[9], data[header : length or None]

    def datagrams(self, source: str) -> list[tuple[str, int, bytes]]:
        """(destination, port, payload) of all UDP from there."""
        sent = [(to, data) for frm, to, protocol, data in self.packets() if protocol == _UDP and frm == source]
        return [(to, int.from_bytes(data[2:4], "big"), data[8:]) for to, data in sent]

    def said(self, source: str) -> dict[tuple[str, int], list[bytes]]:
        """By (destination, port) what was said on each TCP connection from there, put together by its sequence numbers."""
        pieces: dict[tuple[str, int, int], dict[int, bytes]] = defaultdict(dict)
        for frm, to, protocol, data in self.packets():
            if protocol == _TCP and frm == source and len(data) >= 20:
                payload = data[(data[12] >> 4) * 4 :]
                if payload:
                    key = to, int.from_bytes(data[2:4], "big"), int.from_bytes(data[0:2], "big")
                    pieces[key].setdefault(int.from_bytes(data[4:8], "big"), payload)
        found: dict[tuple[str, int], list[bytes]] = defaultdict(list)
        for (to, port, _), parts in pieces.items():
            found[to, port].append(b"".join(parts[at] for at in sorted(parts)))
        return found

    def asked_for(self, source: str) -> set[str]:
        """IPv4 addresses that a machine looked for by ARP."""
        requests = (data for kind, _, data in self.frames if kind == _ARP and data[6:8] == b"\0\1")
        return {socket.inet_ntoa(data[24:28]) for data in requests if socket.inet_ntoa(data[14:18]) == source}


class CameraLan:
    """`place`: where the simulators keep their files."""

    def __init__(self, place: Path) -> None:
        self._place, self._spaces = place, list[str]()
        self.cameras: dict[str, CameraHandle] = {}

    def space(self, name: str) -> str:
        return f"kn-{os.getpid()}-{name}"

    def __enter__(self) -> CameraLan:
        try:
            self._add("switch", None)
            net.ip(["link add br0 type bridge", "link set br0 up"], self.space("switch"))
            self._add("box", f"{BOX}/24")
            net.nft(self.space("box"), FIREWALL)
        except BaseException:
            self._down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._down()

    def _down(self) -> None:
        for camera in self.cameras.values():
            camera.stop()
        for space in reversed(self._spaces):
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)

    def _add(self, name: str, address: str | None, mac: str | None = None) -> None:
        """A namespace, and unless it is the switch itself a cable from its eth0 into the switch."""
        space = self.space(name)
        net.ip([f"netns add {space}"])
        self._spaces.append(space)
        net.ip(["link set lo up"], space)
        if address is None:
            return
        switch = self.space("switch")
        net.ip([f"link add {name} netns {switch} type veth peer name eth0 netns {space}"])
        net.ip([f"link set {name} master br0", f"link set {name} up"], switch)
        more = [f"link set eth0 address {mac}"] if mac else []
        net.ip([*more, f"addr add {address} dev eth0", "link set eth0 up", "route add 224.0.0.0/4 dev eth0"], space)

    def camera(self, last: int, **told: Any) -> CameraHandle:
        """A simulated camera at 192.168.1.LAST, on its real ports."""
        address, mac = f"192.168.1.{last}", mac_of(last)
        self._add(f"c{last}", f"{address}/24", mac)
        with net.inside(self.space(f"c{last}")):
            ports = {"http_port": 80, "rtsp_port": 554, "interface": "eth0"}
            self.cameras[address] = start_camera(self._place / str(last), address=address, mac=mac, **ports, **told)
        return self.cameras[address]

    def box(self, *argv: str, stdin: str = "", env: dict[str, str] | None = None, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """A program in the box's namespace."""
        with net.inside(self.space("box")):
            return subprocess.run(
                argv, input=stdin, capture_output=True, text=True, timeout=seconds, env={**os.environ, **(env or {})}, check=False
            )

    @contextlib.contextmanager
    def ear(self) -> Iterator[Heard]:
        with listening(self.space("switch")) as heard:
            yield heard


def mac_of(last: int) -> str:
    return f"02:4b:00:09:01:{last:02x}"


@contextlib.contextmanager
def listening(netns: str, bridge: str = "br0") -> Iterator[Heard]:
    """Everything that comes into any port of a namespace while the block runs; `bridge` gets a copy of what goes to all."""
    heard, done = Heard(), threading.Event()
    with net.inside(netns):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    link.setsockopt(socket.SOL_SOCKET, _RCVBUF_FORCE, 64 << 20)
    link.settimeout(0.2)

    def listen() -> None:
        while not done.is_set():
            try:
                frame, where = link.recvfrom(65535)
            except TimeoutError:
                continue
            if where[2] != _OUTGOING and where[0] != bridge:
                heard.frames.append((int.from_bytes(frame[12:14], "big"), frame[6:12].hex(":"), frame[14:]))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        done.set()
        thread.join(20)
        link.close()


_HTTP = re.compile(rb"(?:^|\r\n\r\n|(?<=[}>\n]))(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (\S+) HTTP/1\.[01]\r\n")
_OPERATION = re.compile(rb"<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)")
_RTSP = re.compile(rb"(?:^|\r\n\r\n)([A-Z_]+) rtsp://\S+ RTSP/1\.0\r\n")


def http_requests(said: bytes) -> list[tuple[str, str, str]]:
    """(method, target, SOAP operation or JSON-RPC method or "") of a connection's requests."""
    found = []
    marks = [*_HTTP.finditer(said)]
    for mark, end in zip(marks, [*(m.start() for m in marks[1:]), len(said)], strict=True):
        body = said[mark.end() : end].partition(b"\r\n\r\n")[2]
        operation = _OPERATION.search(body) or re.search(rb'"method": ?"([^"]+)"', body)
        found.append((mark[1].decode(), mark[2].decode(), operation[1].decode() if operation else ""))
    return found


def rtsp_methods(said: bytes) -> list[str]:
    return [m.decode() for m in _RTSP.findall(said)]
