"""ketnoi-reach: which way it takes to a machine, and that it carries bytes unharmed."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from province.reach import proxy
from province.reach.proxy import Unreachable

Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server on a loopback port that hands each connection to a function."""
    listeners: list[socket.socket] = []

    def start(talk: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(link,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def ssh_that_echoes(link: socket.socket) -> None:
    link.sendall(b"SSH-2.0-test\r\n")
    while chunk := link.recv(65536):
        link.sendall(chunk)
    link.shutdown(socket.SHUT_WR)


def test_the_banner_is_looked_at_and_left_for_ssh(serve: Serve) -> None:
    with proxy.connect("127.0.0.1", serve(ssh_that_echoes), 2) as link:
        assert link.recv(64) == b"SSH-2.0-test\r\n"


def test_a_port_that_says_nothing_is_given_up_in_time(serve: Serve) -> None:
    started = time.monotonic()
    with pytest.raises(OSError):
        proxy.connect("127.0.0.1", serve(lambda link: None), 0.3)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("said", [b"HTTP/1.1 400\r\n", b"SS", b""])
def test_who_is_no_ssh_server_is_not_taken_for_one(serve: Serve, said: bytes) -> None:
    def talk(link: socket.socket) -> None:
        with contextlib.suppress(OSError):
            link.sendall(said)
            link.shutdown(socket.SHUT_WR)

    with pytest.raises(OSError):
        proxy.connect("127.0.0.1", serve(talk), 2)


def test_bytes_go_both_ways_whole_and_the_end_is_passed_on(serve: Serve) -> None:
    load = os.urandom(3_000_000)
    link = proxy.connect("127.0.0.1", serve(ssh_that_echoes), 2)
    into, source = os.pipe()
    sink, out = os.pipe()
    carrier = threading.Thread(target=proxy.relay, args=(link, into, out), daemon=True)
    carrier.start()

    def feed() -> None:
        view = memoryview(load)
        while view:
            view = view[os.write(source, view) :]
        os.close(source)

    threading.Thread(target=feed, daemon=True).start()
    wanted = len(b"SSH-2.0-test\r\n") + len(load)
    got = bytearray()
    while len(got) < wanted:
        got += os.read(sink, 1 << 20)
    carrier.join(5)
    assert not carrier.is_alive()
    assert bytes(got) == b"SSH-2.0-test\r\n" + load


INDEX: dict[str, Any] = {
    "hub": {"endpoint": "203.0.113.10", "user": "ketnoi"},
    "ssh_key": "/home/x/ssh/id_ed25519",
    "known_hosts": "/home/x/known_hosts",
    "machines": {
        "hub": {"direct": "203.0.113.10"},
        "an-nhon-01": {"tunnel": "10.5.0.1", "lifeline_port": 20001},
    },
}


class Replaced(Exception):
    """In place of execvp, which doesn't return."""


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Addresses that answer are in `open`; `tried` and the command that took our place are noted."""
    seen: dict[str, Any] = {"open": set(), "tried": [], "relayed": 0, "command": None}

    def connect(address: str, port: int = 22, seconds: float = 3) -> socket.socket:
        seen["tried"].append(address)
        if address not in seen["open"]:
            raise TimeoutError("timed out")
        return socket.socket()

    def become(program: str, command: list[str]) -> None:
        seen["command"] = command
        raise Replaced

    def relay(link: socket.socket) -> None:
        link.close()
        seen["relayed"] += 1

    monkeypatch.setattr(proxy, "connect", connect)
    monkeypatch.setattr(proxy, "relay", relay)
    monkeypatch.setattr(os, "execvp", become)
    return seen


def test_the_tunnel_is_taken_when_it_answers(ways: dict[str, Any]) -> None:
    ways["open"].add("10.5.0.1")
    proxy.reach(INDEX, "an-nhon-01", "auto")
    assert ways["relayed"] == 1 and ways["command"] is None


def test_else_the_lifeline_with_the_hubs_key_pinned(ways: dict[str, Any]) -> None:
    with pytest.raises(Replaced):
        proxy.reach(INDEX, "an-nhon-01", "auto")
    command = " ".join(ways["command"])
    assert ways["tried"] == ["10.5.0.1"]
    assert command.endswith("-W 127.0.0.1:20001 ketnoi@203.0.113.10")
    for option in ("StrictHostKeyChecking=yes", "HostKeyAlias=hub", "UserKnownHostsFile=/home/x/known_hosts", "BatchMode=yes"):
        assert f"-o {option}" in command


def test_each_way_can_be_asked_for_alone(ways: dict[str, Any]) -> None:
    ways["open"].add("10.5.0.1")
    with pytest.raises(Replaced):
        proxy.reach(INDEX, "an-nhon-01", "lifeline")
    assert ways["tried"] == []
    ways["open"].clear()
    with pytest.raises(Unreachable, match=r"10\.5\.0\.1"):
        proxy.reach(INDEX, "an-nhon-01", "tunnel")


def test_the_hub_is_reached_directly_and_has_no_second_way(ways: dict[str, Any]) -> None:
    with pytest.raises(Unreachable, match=r"203\.0\.113\.10"):
        proxy.reach(INDEX, "hub", "auto")
    assert ways["command"] is None


def test_who_is_not_enrolled_is_named(ways: dict[str, Any]) -> None:
    with pytest.raises(Unreachable, match="an-nhon-99"):
        proxy.reach(INDEX, "an-nhon-99", "auto")


def run(*words: str, home: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "province.reach.proxy", *words]
    env = {**os.environ, "KETNOI_HOME": str(home), "KETNOI_LANG": "en"}
    return subprocess.run(command, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=20)


@pytest.mark.parametrize("words", [(), ("a", "b"), ("--via", "pigeon", "a"), ("--help",), ("--via",)])
def test_wrong_arguments_are_answered_with_the_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(*words, home=tmp_path)
    assert done.returncode == 2 and "ketnoi-reach" in done.stderr and "Traceback" not in done.stderr


def test_before_bootstrap_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "province.yml").write_text("code: tinh-thu\n")
    done = run("--inventory", str(tmp_path), "hub", home=tmp_path / "home")
    assert done.returncode == 1 and "ketnoi bootstrap" in done.stderr


def test_it_starts_with_the_standard_library_alone(tmp_path: Path) -> None:
    """What it loads decides how fast it starts: a hundred facilities wait for it at once."""
    (tmp_path / "province.yml").write_text("code: tinh-thu  # the sample\n")
    reached = tmp_path / "home" / "tinh-thu" / "reach.json"
    reached.parent.mkdir(parents=True)
    reached.write_text(json.dumps(INDEX))
    script = (
        "import sys; sys.argv = ['ketnoi-reach', '-i', sys.argv[1], 'an-nhon-99']; from province.reach import proxy; proxy.main();"
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('yaml', 'pydantic', 'cryptography', 'argparse', 'ansible', 'rich')))"
    )
    env = {**os.environ, "KETNOI_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, env=env, timeout=20)
    assert done.stdout == "[]\n", done.stdout + done.stderr
