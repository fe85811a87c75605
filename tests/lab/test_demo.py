"""`make demo` leaves nothing behind after Ctrl-C, wherever it comes; and after kill -9 the next one just works.

A demo of its own, beside the province that other tests share: the same steps, an area of one facility.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from raised import SOURCE, Raised, of_environment

from lab import layout

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root")

HUB_TAKEN_OVER_HALF = "hub               5/"
NETWORK_LAID = "lab: network"
BOX_ENROLLED = "an-nhon-01       enrolled"
HUB_DONE = "hub              done"


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Raised]:
    """A province with one facility, not raised yet; the package repository is the one that all tests share."""
    monkeypatch.setenv("KETNOI_REPO", str(of_environment().repository))
    name = f"d{os.getpid()}"
    # A short path: the socket of gpg's agent lies in it.
    made = Raised(name, Path(tempfile.gettempdir()) / f"ketnoi-test-{name}")
    made.place.mkdir(mode=0o700)
    made.copy_inventory()
    area = made.inventory / "areas/an-nhon.yml"
    document = yaml.safe_load(area.read_text())
    area.write_text(yaml.safe_dump({**document, "facilities": document["facilities"][:1]}, allow_unicode=True))
    made.share_signing_key()
    yield made
    made.down()


class Running:
    """`python -m lab.demo` in a process group of its own, as a shell starts it; all that it says is gathered."""

    def __init__(self, demo: Raised) -> None:
        argv = [sys.executable, "-m", "lab.demo", "--lab", demo.name, "-i", str(demo.inventory), "--out", str(demo.out)]
        self.said: list[str] = []
        self._over = False
        self._heard = threading.Condition()
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=SOURCE,
            env={**demo.environment, "LC_ALL": "en_US.UTF-8"},
            start_new_session=True,
            # Tests that run in the background of a shell are deaf to Ctrl-C, and what they start would be.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._heard:
                self.said.append(line)
                self._heard.notify_all()
        with self._heard:
            self._over = True
            self._heard.notify_all()

    def until(self, text: str, seconds: float = 240) -> None:
        """Wait for a line; fails with the last ones when the demo ends without."""
        with self._heard:
            self._heard.wait_for(lambda: self._over or any(text in line for line in self.said), seconds)
        assert any(text in line for line in self.said), "".join(self.said[-40:])

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, as a terminal does with Ctrl-C."""
        os.killpg(self.process.pid, number)

    def end(self, seconds: float) -> int:
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)


def left_behind(demo: Raised) -> list[str]:
    """Whatever of this lab is still on this machine, by looking at the machine, not at the lab's own books."""
    places = (f"/run/ketnoi-lab/{demo.name}", f"/var/lib/ketnoi-lab/{demo.name}", str(demo.place))
    marks = [*places, f"kn-{demo.name}-", f"{layout.ENVIRONMENT}={demo.name}\0"]
    found = [f"netns {file.name}" for file in Path("/run/netns").glob(f"kn-{demo.name}-*")]
    found += [f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if any(mark in line for mark in marks)]
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        found += [f"loop {backing}"] if demo.name in backing.read_text() else []
    found += [str(folder) for folder in map(Path, places[:2]) if folder.exists()]
    found += [str(folder) for folder in Path("/sys/fs/cgroup").rglob(f"kn-{demo.name}-*")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = "".join((process / name).read_text(errors="replace") for name in ("cmdline", "environ"))
            text += f"{(process / 'cwd').readlink()}"
        except OSError:
            continue
        if any(mark in text for mark in marks) and int(process.name) != os.getpid():
            found.append(f"process {process.name} {text[:120]}")
    return found


@pytest.mark.parametrize("moment", [NETWORK_LAID, HUB_TAKEN_OVER_HALF])
def test_ctrl_c_half_way_takes_the_lab_away(demo: Raised, moment: str) -> None:
    running = Running(demo)
    running.until(moment)
    assert left_behind(demo)
    running.signal(signal.SIGINT)
    assert running.end(60) == 130, "".join(running.said[-20:])
    assert left_behind(demo) == []


def test_a_demo_after_a_killed_one_just_works(demo: Raised) -> None:
    """As far as a hub that serves and a box that is enrolled: what a killed run leaves (records, sockets, locks) has been met by then."""
    killed = Running(demo)
    killed.until(HUB_TAKEN_OVER_HALF)
    killed.signal(signal.SIGKILL)
    killed.end(10)
    assert left_behind(demo)

    again = Running(demo)
    again.until(BOX_ENROLLED)
    again.until(HUB_DONE)
    again.signal(signal.SIGINT)
    assert again.end(60) == 130, "".join(again.said[-20:])
    assert left_behind(demo) == []
