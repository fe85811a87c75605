"""Waiting, after a rollout, until the hub sees what was changed."""

import json
import subprocess
from typing import Any

import psycopg
import pytest

from province.hub import cli
from province.reach import hub_view
from province.reach.ssh import UNREACHABLE

SEEN = {"connected": True, "tunnel": {"handshake_age_s": 12.0}, "lifeline": {"up": True}}


class Hub:
    """Answers one prepared document after the other; the last one for ever."""

    def __init__(self, *answers: dict[str, Any] | None) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    def run(self, host: str, argv: list[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        self.asked.append(argv[4:])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            return subprocess.CompletedProcess(argv, UNREACHABLE, "", "no way")
        return subprocess.CompletedProcess(argv, 0, json.dumps({"sites": answer}), "")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_view, "POLL_S", 0.0)


def settle(hub: Hub, within: float = 5.0) -> tuple[dict[str, list[str]], list[str]]:
    told: list[str] = []
    return hub_view.await_all(hub, {"BD-1": "a", "BD-2": "b"}, told.append, within), told


def test_it_ends_as_soon_as_everybody_is_seen_by_every_way() -> None:
    hub = Hub({"BD-1": SEEN}, {"BD-2": SEEN})
    assert settle(hub) == ({}, ["a", "b"])
    assert hub.asked == [["BD-1", "BD-2"], ["BD-2"]]


@pytest.mark.parametrize(
    ("lacks", "ways"),
    [
        ({"connected": False}, ["agent"]),
        ({"lifeline": {"up": False}}, ["lifeline"]),
        ({"tunnel": {"handshake_age_s": None}}, ["tunnel"]),
        ({"tunnel": {"handshake_age_s": 900.0}}, ["tunnel"]),
        ({"connected": False, "lifeline": None, "tunnel": None}, ["tunnel", "lifeline", "agent"]),
    ],
)
def test_what_is_still_missing_when_the_time_is_up_is_named(lacks: dict[str, Any], ways: list[str]) -> None:
    assert settle(Hub({"BD-1": SEEN, "BD-2": SEEN | lacks}), within=0.0) == ({"b": ways}, ["a"])


def test_a_hub_that_does_not_answer_has_seen_nobody() -> None:
    late, told = settle(Hub(None), within=0.0)
    assert late == {"a": list(hub_view.WAYS), "b": list(hub_view.WAYS)} and told == []


class Failing:
    """A hub whose command ends like this."""

    def __init__(self, code: int, errors: str, output: str = "") -> None:
        self.done = subprocess.CompletedProcess([], code, output, errors)

    def run(self, host: str, argv: list[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        return self.done


@pytest.mark.parametrize(
    ("code", "errors", "reason"),
    [
        (UNREACHABLE, "Warning: once\nketnoi-reach: hub: no answer at 192.0.2.7:22\n", "hub_unreachable"),
        (UNREACHABLE, "kex_exchange_identification: Connection closed by remote host", "hub_unreachable"),
        (124, "", "hub_unreachable"),
        (127, "sh: 1: ketnoi-hub: not found", "tool_missing"),
        (1, "sudo: ketnoi-hub: command not found", "tool_missing"),
        (2, "usage: ketnoi-hub\nketnoi-hub: error: invalid choice: 'status'", "tool_missing"),
        (1, "PostgreSQL: connection failed: No such file or directory Is the server running?", "hub_database"),
        (1, "Traceback\nPermissionError: /etc/ketnoi/sites.json", "hub_failed"),
        (0, "half an answer", "tool_missing"),
    ],
)
def test_why_the_hub_could_not_be_asked_is_what_was_said_last_and_no_guess(code: int, errors: str, reason: str) -> None:
    with pytest.raises(hub_view.HubSilent) as raised:
        hub_view.query(Failing(code, errors), ["status"])
    assert raised.value.reason == reason
    said = errors.splitlines()[-1] if errors else ""
    assert all(text.endswith(said) for text in raised.value.text) and str(hub_view.SILENT[reason].vi) in raised.value.text.vi


def test_a_hub_without_its_database_says_so_in_one_line_that_the_office_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_: object) -> None:
        raise psycopg.OperationalError("connection failed: No such file\n\tIs the server running locally?\n")

    monkeypatch.setattr(cli, "read_settings", stopped)
    assert cli.main(["status"]) == 1
    with pytest.raises(hub_view.HubSilent) as raised:
        hub_view.query(Failing(1, capsys.readouterr().err), ["status"])
    assert raised.value.reason == "hub_database" and "No such file Is the server running locally?" in raised.value.text.en
    assert "ketnoi hub" not in raised.value.text.en


def test_what_ssh_says_after_its_way_has_failed_is_no_cause() -> None:
    after = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n"
    said = f"ketnoi-reach: hub: no answer\n{after}"
    assert hub_view.last_line(said) == "ketnoi-reach: hub: no answer"
    assert hub_view.last_line("") == "" and hub_view.last_line("a\x1b[31m") == "a[31m"
