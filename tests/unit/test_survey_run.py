"""How a box is asked to look, and its line measured: over ssh in life, over a shell of this machine here."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from province.reach.ssh import Shell
from province.survey.scan import run as scan_run
from province.survey.scan import uplink
from province.user_error import UserError

pytestmark = pytest.mark.slow

REQUEST = {"schema": 1, "site": {"id": "BD-1", "code": "x"}, "lan": "127.0.0.0/30", "devices": [], "skip": []}


class Here(Shell):
    """Every machine is this one; `slow`: those whose line is held back, by so much a second."""

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        if host == "nowhere":
            return ["sh", "-c", "echo 'ketnoi-reach: nowhere: not enrolled' >&2; echo 'Connection closed' >&2; exit 255"]
        return ["sh", "-c", shlex.join(argv)]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """With `sudo` and `edge-agent` as on a box, run as who runs the tests."""
    for name, line in (("sudo", 'shift; exec "$@"'), ("edge-agent", f'exec {sys.executable} -m edge_agent.cli "$@"')):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("KETNOI_STATE", str(tmp_path / "state"))
    return Here(tmp_path)


def test_a_box_looks_and_each_device_is_told_of_as_it_is_done(shell: Here) -> None:
    lines: list[str] = []
    told = scan_run.by_box(shell, "x", REQUEST, 30, lines.append)
    assert told["lan"] == "127.0.0.0/30" and told["from"] == "127.0.0.1" and isinstance(told["found"], list)
    assert len([line for line in lines if line.startswith("{")]) == len(told["found"])


def test_this_machine_looks_in_the_same_words(shell: Here) -> None:
    here, box = (
        look(REQUEST) for look in (lambda r: scan_run.here("x", r, 30, print), lambda r: scan_run.by_box(shell, "x", r, 30, print))
    )
    assert set(here) == set(box)


def test_a_box_in_another_lan_says_so(shell: Here) -> None:
    with pytest.raises(UserError) as raised:
        scan_run.by_box(shell, "x", REQUEST | {"lan": "10.9.8.0/24"}, 30, print)
    assert "10.9.8.0/24" in raised.value.text.vi and "could not" not in raised.value.text.en


def test_who_cannot_be_reached_is_told_in_the_words_of_the_way_there(shell: Here) -> None:
    with pytest.raises(UserError) as raised:
        scan_run.by_box(shell, "nowhere", REQUEST, 30, print)
    assert "not enrolled" in raised.value.text.en and "--local" in raised.value.text.vi


def test_a_box_that_has_no_such_command_yet_is_to_be_rolled_out_first(shell: Here, tmp_path: Path) -> None:
    (tmp_path / "edge-agent").write_text("#!/bin/sh\necho \"edge-agent: error: argument COMMAND: invalid choice: 'survey'\" >&2; exit 2\n")
    with pytest.raises(UserError) as raised:
        scan_run.by_box(shell, "x", REQUEST, 30, print)
    assert "ketnoi rollout" in raised.value.text.en


NOBODY = {
    "schema": 1, "site": "x", "lan": "127.0.0.0/30", "from": "127.0.0.1", "at": "2021-05-12T02:00:00+00:00", "seconds": 1.5,
    "found": [], "absent": [1], "no_access": [],
}  # fmt: skip


@pytest.mark.parametrize("spoiled", [{"found": None}, {"found": [{"slot": 1}]}, {"absent": ["1"]}, {"seconds": "1"}])
def test_an_answer_of_another_form_is_refused(shell: Here, tmp_path: Path, spoiled: dict[str, Any]) -> None:
    (tmp_path / "edge-agent").write_text(f"#!/bin/sh\ncat > $0.stdin; echo '{json.dumps(NOBODY | spoiled)}'\n")
    with pytest.raises(UserError):
        scan_run.by_box(shell, "x", REQUEST, 30, print)


def test_passwords_go_in_by_standard_input_alone(shell: Here, tmp_path: Path) -> None:
    (tmp_path / "edge-agent").write_text(
        f'#!/bin/sh\necho "$@" > "$0.argv"; env > "$0.env"; cat > "$0.stdin"; echo \'{json.dumps(NOBODY)}\'\n'
    )
    device = {"slot": 1, "address": "127.0.0.2", "accounts": {"admin": {"user": "admin", "password": "Kn1secretAAAA"}}}
    scan_run.by_box(shell, "x", REQUEST | {"devices": [device]}, 30, print)
    files = {end: (tmp_path / f"edge-agent.{end}").read_text() for end in ("argv", "env", "stdin")}
    assert files["argv"] == "survey --json\n" and "Kn1secretAAAA" not in files["env"]
    assert json.loads(files["stdin"])["devices"] == [device]


def test_a_line_is_measured_by_what_came_and_no_faster_office_makes_it_a_least(shell: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplink, "MEGABYTES", 2)
    rate = uplink.measure(shell, "x")
    assert rate.kbps is not None and rate.kbps > 1000 and "2.0 MB" in rate.how.en
    assert rate.at_least == ("least" in rate.how.en) == ("tối thiểu" in rate.how.vi)


def test_a_slow_line_is_told_apart_from_a_fast_office(shell: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter([(4000, 4.0, 8.0), (90_000, 8.0, 0.7)])
    monkeypatch.setattr(uplink, "_pulled", lambda shell, host: next(rates))
    assert uplink.measure(shell, "x") == uplink.Rate(4000, False, uplink.HOW.format(mb=4.0, seconds=8.0))


def test_a_line_that_carries_nothing_is_unknown_with_its_reason(shell: Here) -> None:
    rate = uplink.measure(shell, "nowhere")
    assert rate.kbps is None and "no data" in rate.how.en


def test_a_laptop_counts_its_logins_where_its_user_may_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KETNOI_STATE", str(tmp_path))
    assert scan_run.local_state() is None
    monkeypatch.delenv("KETNOI_STATE")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert str(scan_run.local_state()).endswith(".local/state/ketnoi/devices")
