"""The recorder on a real box: its service, a kill, a power cut with unsynced writes dropped, who may look.

On the shared province's facility whose box records; segments last ten seconds here, and somebody may read, until the module ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hands import host_variables, root
from raised import Raised, until

BOX = "an-nhon-02"
SLOTS = ("1", "2", "3", "4")
SEGMENT_S = 10
STATUS_WITHIN_S = 45
"""A recorder with no news writes its status every 30 s."""
LOST_AT_MOST_S = 8.0
"""Of a camera's picture, when the power goes: what came since the last sync (3 s apart), and a second that was still in the muxer."""


class Site(Raised):
    """The facility whose box records, in the shared province."""

    def visit(self, *words: str) -> dict[str, Any]:
        return self.rollout("--site", BOX, *words, area=None)

    def recordings(self, *words: str) -> Any:
        """`edge-agent recordings WORDS --json` on the box."""
        return json.loads(self.box(BOX, f"edge-agent recordings {' '.join(words)} --json || true"))

    def states(self) -> set[str]:
        return {one["state"] for one in self.recordings("status")["cameras"].values()}

    def spans(self, slot: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.recordings("list", slot)["cameras"][slot]["spans"]
        return found

    def processes(self) -> dict[int, list[str]]:
        """Every process of the box, as the host numbers it, and its arguments."""
        found, own = {}, root(self, BOX).stat()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.path.samestat((folder / "root").stat(), own):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        return found

    def ffmpegs(self) -> set[int]:
        return {pid for pid, words in self.processes().items() if words[0] == "ffmpeg"}


@pytest.fixture(scope="module")
def site(province: Raised) -> Iterator[Site]:
    made = Site(province.name, province.place)
    with host_variables(province, BOX, f"recorders_settings: {{segment_s: {SEGMENT_S}}}\nrecorders_readers: [watcher]\n"):
        assert made.visit()["changed"]
        until(lambda: made.states() == {"recording"}, 60)
        yield made
    made.box(BOX, "userdel stranger 2>/dev/null || true")
    made.visit()
    province.await_met()


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_rollout_makes_the_box_record_every_camera(site: Site) -> None:
    document = site.recordings("status")
    assert document["running"] and set(document["cameras"]) == set(SLOTS)
    assert document["disk"]["state"] in ("ok", "low") and document["disk"]["path"] == "/var/lib/ketnoi-recorder/footage"
    begun = time.time()
    until(
        lambda: all(instant(one["last_segment_at"]) > begun for one in site.recordings("status")["cameras"].values()),
        STATUS_WITHIN_S,
        still=lambda: f"since {begun}: {site.recordings('status')}",
    )
    again = site.visit("--tags", "recorders", "--full")
    assert again["changed"] == 0, again


def test_the_service_is_confined(site: Site) -> None:
    said = site.box(BOX, "systemd-analyze security ketnoi-recorder.service --no-pager | tail -1")
    score = re.search(r"([0-9.]+) ", said.split(":")[-1])
    assert score and float(score[1]) <= 1.6, said


def test_no_password_is_in_a_process_s_arguments_or_environment(site: Site) -> None:
    vault = site.box(BOX, "cat /etc/ketnoi/credentials/recorder.json")
    secrets = [login["password"].encode() for login in json.loads(vault).values()]
    assert len(secrets) == len(site.ffmpegs()) == 4
    for pid in site.processes():
        for name in ("cmdline", "environ"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                content = Path(f"/proc/{pid}/{name}").read_bytes()
                assert not [secret for secret in secrets if secret in content], (pid, name)
    journal = site.box(BOX, "journalctl -u ketnoi-recorder --no-pager").encode()
    assert not [secret for secret in secrets if secret in journal]


def test_footage_is_closed_to_others_and_open_to_readers_who_are_noted(site: Site) -> None:
    site.box(BOX, "useradd --no-create-home stranger 2>/dev/null || true")
    denied = site.box(BOX, "setpriv --reuid stranger --regid stranger --clear-groups ls /var/lib/ketnoi-recorder/footage 2>&1 || true")
    assert "Permission denied" in denied
    play = "edge-agent recordings play 1 --from 15s --to now --lang en --json"
    words = "--reuid {0} --regid {0} --init-groups"
    refused = site.inside(BOX, f"setpriv {words.format('stranger')} {play} -o /tmp/stranger.mkv", check=False)
    assert refused.returncode == 2 and "ketnoi-footage" in refused.stderr
    done = site.inside(BOX, f"rm -f /tmp/watcher.mkv; setpriv {words.format('watcher')} {play} -o /tmp/watcher.mkv", check=False)
    assert done.returncode in (0, 1) and json.loads(done.stdout)["files"], done.stderr
    lines = [json.loads(line) for line in site.box(BOX, "cat /var/lib/ketnoi-recorder/access.log").splitlines()]
    assert [(line["user"], line["granted"], line["slot"]) for line in lines[-2:]] == [("stranger", False, 1), ("watcher", True, 1)]
    empty = "setpriv --reuid ketnoi-recorder --regid ketnoi-footage --clear-groups sh -c ': > /var/lib/ketnoi-recorder/access.log'"
    emptied = site.inside(BOX, empty, check=False)
    assert emptied.returncode != 0


def test_a_reload_takes_new_settings_without_stopping_what_records(site: Site) -> None:
    before = site.ffmpegs()
    site.box(BOX, "systemctl reload ketnoi-recorder.service")
    login = site.box(BOX, "ls -l /run/ketnoi-recorder/credentials/devices.json")
    assert login.startswith("-r--------") and "ketnoi-recorder" in login
    assert site.states() == {"recording"} and site.ffmpegs() == before


def test_a_killed_recorder_is_back_in_seconds_and_names_the_gap(site: Site) -> None:
    at = time.time()
    site.box(BOX, "systemctl kill -s KILL ketnoi-recorder.service")
    until(lambda: instant(site.recordings("status").get("at", "2000-01-01T00:00:00Z")) > at + 3 and site.states() == {"recording"}, 45)
    for slot in SLOTS:
        gaps = [gap for gap in site.recordings("status")["cameras"][slot]["gaps"] if instant(gap["to"]) > at]
        assert sum(gap["seconds"] for gap in gaps) < 20 and {gap["why"] for gap in gaps} <= {"recorder_stopped"}
        assert [span for span in site.spans(slot) if abs(instant(span["to"]) - at) < 3 or instant(span["from"]) < at < instant(span["to"])]


def test_a_power_cut_takes_only_the_last_seconds(site: Site) -> None:
    """`lab power BOX cut` drops what had not reached the disk; then the machine is switched on again."""
    until(lambda: all(one["last_segment_at"] for one in site.recordings("status")["cameras"].values()), 2.5 * SEGMENT_S)
    time.sleep((0.7 * SEGMENT_S - time.time()) % SEGMENT_S)  # into the midst of a segment
    at = time.time()
    site.lab("power", BOX, "cut")
    off = time.time()  # it was cut somewhere between these two: the later one counts
    site.lab("power", BOX, "on")
    until(lambda: site.inside(BOX, "test -e /run/ketnoi-recorder/status.json", check=False).returncode == 0, 60)
    until(lambda: site.states() == {"recording"}, 60)
    lost = {}
    for slot in SLOTS:
        ends = [instant(span["to"]) for span in site.spans(slot) if instant(span["from"]) < at]
        lost[slot] = round(off - max(ends), 1)
        gap = [gap for gap in site.recordings("gaps", slot)["cameras"][slot] if instant(gap["to"]) > off]
        assert [each["why"] for each in gap] == ["box_off"], gap
    print(f"a power cut took at most {max(lost.values()):.1f} s of a camera's picture: {lost}; the command took {off - at:.1f} s")
    assert max(lost.values()) <= LOST_AT_MOST_S, lost
    before = datetime.fromtimestamp(at - 20, UTC).isoformat()
    play = f"rm -f /tmp/cut.mkv; edge-agent recordings play 1 --from {before} --to now -o /tmp/cut.mkv --json"
    played = site.inside(BOX, play, check=False)
    assert played.returncode == 1 and json.loads(played.stdout)["missing"], played.stderr
