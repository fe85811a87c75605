"""Which lifelines may stay once the file of their keys has changed."""

import os
from pathlib import Path

import pytest

from province.hub import lifelines

KEYS = """\
restrict,port-forwarding,permitlisten="127.0.0.1:20001" ssh-ed25519 AAAA1 an-nhon-01
restrict,port-forwarding,permitlisten="127.0.0.1:20003" ssh-ed25519 AAAA3 an-nhon-03
"""
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def row(inode: int, port: int, state: str = "0A") -> str:
    return f"   0: 0100007F:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000   108        0 {inode} 1 0 100 0\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """sshd 10 with four sessions, each a monitor and its user's process: ports 20001, 20002 (its key is gone), none, none yet."""

    def process(pid: int, children: list[int], sockets: list[int]) -> None:
        (tmp_path / f"{pid}/task/{pid}").mkdir(parents=True)
        (tmp_path / f"{pid}/task/{pid}/children").write_text(" ".join(map(str, children)))
        (tmp_path / f"{pid}/fd").mkdir()
        for number, inode in enumerate(sockets):
            (tmp_path / f"{pid}/fd/{number}").symlink_to(f"socket:[{inode}]")

    process(10, [20, 30, 40, 50], [900])
    for monitor, socket in ((20, 901), (30, 902), (40, 904)):
        process(monitor, [monitor + 1], [])
        process(monitor + 1, [], [socket])
    process(50, [], [])
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(HEAD + row(900, 2222) + row(901, 20001) + row(902, 20002) + row(904, 20003, "01"))
    (tmp_path / "keys").write_text(KEYS)
    return tmp_path


def test_only_a_session_that_holds_a_port_still_given_to_somebody_stays(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append(pid))
    assert lifelines.prune(10, proc / "keys", proc) == killed == [30, 40, 50]


def test_what_a_session_listens_on_is_seen_through_its_children(proc: Path) -> None:
    assert lifelines.sessions(10, proc) == {20: {20001}, 30: {20002}, 40: set(), 50: set()}


def test_an_sshd_that_ended_meanwhile_has_no_sessions(proc: Path) -> None:
    assert lifelines.sessions(11, proc) == {}
