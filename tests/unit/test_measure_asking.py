"""What comes back of every task where a machine did not measure: its reason, and the last line that was said."""

import subprocess
from typing import Any

import pytest

from province.judging.case import REASONS, why
from province.measure.asking import ask
from province.measure.budget import UNLIMITED, Budget

TASK = {"kind": "tunnel", "site": "an-nhon-01"}


class Machine:
    """A shell whose one command ends so."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self._done = subprocess.CompletedProcess(["ketnoi-measure"], code, out, err)

    def run(self, *_: Any) -> "subprocess.CompletedProcess[str]":
        return self._done


@pytest.mark.parametrize(
    ("code", "out", "err", "reason", "detail"),
    [
        (127, "", "bash: line 1: ketnoi-measure: command not found", "tool_missing", "bash: line 1: ketnoi-measure: command not found"),
        (1, "", "Traceback\nMemoryError: no room\n", "measuring_failed", "MemoryError: no room"),
        (2, "", "ketnoi-measure: schema 2 is not known\n", "measuring_failed", "ketnoi-measure: schema 2 is not known"),
        (0, "not json", "", "measuring_failed", None),
        (
            255,
            "",
            "ssh: host 10.0.0.1: no route\n",
            "hub_unreachable",
            "ssh: host 10.0.0.1: no route",
        ),
        (124, "", "", "hub_unreachable", None),
    ],
)
def test_a_machine_that_did_not_measure_is_not_guessed_at(code: int, out: str, err: str, reason: str, detail: str | None) -> None:
    (result,) = ask("hub", [TASK], Budget(UNLIMITED, {}), Machine(code, out, err), lambda *_: None)  # type: ignore[arg-type]  # a stand-in
    assert result["found"]
    for measured in result["found"].values():
        assert (measured["ok"], measured["reason"], measured.get("detail")) == (False, reason, detail)
        assert reason != "measuring_failed" or str(detail or "") in why(measured).vi
    assert reason in REASONS
