"""A file under its final name is whole, and what was opened is closed, whatever fails in between."""

import asyncio
import contextlib
import errno
import grp
import json
import os
import resource
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_agent.recorder.footage_service import FDS, AccessLog, AccessRejected, FootageService, Served, borrow
from edge_agent.recorder.index import Segment
from edge_agent.system import durable
from province import files as whole
from province.office import packages

DPKG_DEB = """#!/bin/sh
for target; do :; done
if [ -e {0}/killed ]; then exec /usr/bin/dpkg-deb "$@"; fi
touch {0}/killed
head -c 398 /dev/zero > "$target"
kill -9 $$
"""
"""Killed the first time, after some bytes, as when the power fails or the disk is full."""


def test_a_package_whose_build_was_killed_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tmp_path / "code"
    tree.mkdir()
    (tree / "a.py").write_text("one\n")
    product = packages.Product("p", "edge.lock", (tree,), {"p": "code.a:main"}, (), ("python3",))
    (tmp_path / "bin").mkdir()
    dpkg_deb = tmp_path / "bin" / "dpkg-deb"
    dpkg_deb.write_text(DPKG_DEB.format(tmp_path))
    dpkg_deb.chmod(0o755)
    monkeypatch.setenv("PATH", f"{dpkg_deb.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(packages, "_install_locked", lambda lock, library, cache: None)
    repository = tmp_path / "repo"
    repository.mkdir()
    with pytest.raises(packages.PackageError):
        packages._build_product(product, repository)
    assert not (repository / packages._deb_name(product)).exists()
    packages._build_product(product, repository)
    assert (repository / packages._deb_name(product)).read_bytes().startswith(b"!<arch>")
    assert len(list(repository.iterdir())) == 1


def test_a_folder_gets_its_name_when_all_that_is_in_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, path = tmp_path / "wheels.new", tmp_path / "wheels"
    (fresh / "deep").mkdir(parents=True)
    (fresh / "deep/a.whl").write_text("wheel")
    synced: list[tuple[Path, bool]] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        synced.append((Path(f"/proc/self/fd/{handle}").readlink(), path.exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    whole.put(fresh, path)
    assert {each for each, there in synced if not there} == {fresh, fresh / "deep", fresh / "deep/a.whl"}
    assert synced[-1] == (tmp_path, True) and (path / "deep/a.whl").read_text() == "wheel"


@pytest.mark.parametrize("write", [durable.write_public, durable.write_json])
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any) -> None:
    path = tmp_path / "status.json"
    write(path, {"old": True})
    monkeypatch.setattr(os, "fchmod", _full)
    for _ in range(3):
        with pytest.raises(OSError, match="space"):
            write(path, {"new": True})
    assert json.loads(path.read_bytes()) == {"old": True}
    assert list(tmp_path.iterdir()) == [path]


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def served(folder: Path, segments: list[str]) -> Iterator[Path]:
    """A footage service, with these files, that anybody of this account may ask: its socket. Its access log is in the folder."""
    found = [Segment(n, 1, 100.0 + n, 101.0 + n, 1000, name, "h264", 640, 480, "boot", True) for n, name in enumerate(segments)]
    with tempfile.TemporaryDirectory(prefix="ketnoi-") as short:
        door = Path(short) / "door.sock"
        group = grp.getgrgid(os.getgid()).gr_name
        service = FootageService(door, lambda: group, folder, AccessLog(folder / "access.log"), lambda *_: Served(found, []))
        service.open()
        loop = asyncio.new_event_loop()
        running = loop.create_task(service.run())
        thread = threading.Thread(target=_until_cancelled, args=(loop, running))
        thread.start()
        try:
            yield door
        finally:
            loop.call_soon_threadsafe(running.cancel)
            thread.join()
            service.close()
            loop.close()


def _until_cancelled(loop: asyncio.AbstractEventLoop, running: "asyncio.Task[None]") -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(running)


def files(folder: Path, count: int) -> list[str]:
    names = [f"{number}.mkv" for number in range(count)]
    for name in names:
        (folder / name).write_bytes(b"x")
    return names


def opened(folder: Path) -> int:
    """How many files of a folder this process holds open."""
    found = 0
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(handle.readlink()).startswith(f"{folder}/")
    return found


def test_a_file_that_cannot_be_opened_costs_no_descriptors(tmp_path: Path) -> None:
    with served(tmp_path, [*files(tmp_path, 50), "0.mkv/no-folder"]) as door:
        for _ in range(3):
            with pytest.raises((OSError, ValueError)):
                borrow(door, 1, 100.0, 200.0)
    assert opened(tmp_path) == 0


def test_a_borrower_who_is_hung_up_on_keeps_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([True])
    send_fds = socket.send_fds

    def hangs_up(link: socket.socket, *rest: Any) -> int:
        if next(given, False):
            return send_fds(link, *rest)
        raise ConnectionResetError

    monkeypatch.setattr(socket, "send_fds", hangs_up)
    with served(tmp_path, files(tmp_path, FDS + 1)) as door, pytest.raises(OSError):
        borrow(door, 1, 100.0, 300.0)
    assert opened(tmp_path) == 0


def test_no_footage_without_a_whole_line_and_the_next_line_stands_alone(tmp_path: Path) -> None:
    """A disk that takes some bytes and then no more, as a full one does (here the process's own limit of a file's size)."""
    log = tmp_path / "access.log"
    with served(tmp_path, files(tmp_path, 2)) as door:
        _given_back(borrow(door, 1, 100.0, 200.0))
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 40, limits[1]))
        try:
            with pytest.raises(AccessRejected, match="not_noted"):
                _given_back(borrow(door, 1, 100.0, 200.0))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        _given_back(borrow(door, 1, 100.0, 200.0))
    first, half, last = log.read_text().splitlines()
    assert len(half) == 40 and json.loads(first)["granted"] and json.loads(last)["granted"]


def _given_back(borrowed: tuple[dict[str, Any], list[int]]) -> None:
    for handle in borrowed[1]:
        os.close(handle)
