"""Settings that somebody changed on a device: read on the box on the hub's word, known to status and plan, mended by the next rollout."""

from __future__ import annotations

import json
import re

import pytest
from raised import Raised, until

A = "an-nhon-01"


def test_a_camera_set_otherwise_is_told_and_the_next_rollout_mends_it(province: Raised) -> None:
    province.settle()
    province.camera(f"{A}/2", "set", "encoder.width", "640")
    try:
        answer = json.loads(province.ketnoi("command", "read-settings", "--site", A, "--json", timeout=360).stdout)
        assert (answer["status"], "1 differs" in answer["detail"]) == ("done", True), answer
        until(lambda: "C02 (encoder.size)" in reason(province), 60, still=lambda: reason(province))
        (told,) = json.loads(province.ketnoi("status", "--site", A, "--json", check=False).stdout)["sites"]
        assert told["health"]["settings"]["measured"]["differs"] == {"C02": ["encoder.size"]}
        assert province.camera(f"{A}/2", "get", "encoder.width") == 640, "it was only read"
    finally:
        province.rollout("--site", A, area=None)
    assert province.camera(f"{A}/2", "get", "encoder.width") == 1920
    province.settle()


def reason(province: Raised) -> str:
    """Why the facility would be visited; "" where it would not."""
    return next((str(one["reason"]["en"]) for one in province.plan()["facilities"] if one["code"] == A and one["reason"]), "")


@pytest.mark.parametrize("unit", ["ketnoi-agent", "ketnoi-command", "ketnoi-settings"])
def test_the_agents_units_are_confined(province: Raised, unit: str) -> None:
    said = province.box(A, f"systemd-analyze security {unit}.service --no-pager | tail -1")
    score = re.search(r"([0-9.]+) ", said.split(":")[-1])
    assert score and float(score[1]) <= 2.0, said
