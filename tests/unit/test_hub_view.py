"""Waiting, after a rollout, until the hub sees what was changed."""

import json
import subprocess
from typing import Any

import pytest

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
    return hub_view.settle(hub, {"BD-1": "a", "BD-2": "b"}, told.append, within), told


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
