"""Whatever goes wrong at a facility, `ketnoi verify` says which facility, which check and which subject, and exits 1."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hands import await_back
from raised import CODES, Raised
from watching import facility, forget_writes, not_met, verdicts, writes

FIRST, SECOND, THIRD = CODES
LIMIT = 60
"""Seconds within which a verdict has to be there, whatever is broken."""


@dataclass
class Verdict:
    """One verify of a broken province: what it said, and how long it took."""

    document: dict[str, Any]
    seconds: float

    def wrong(self, code: str) -> dict[str, set[str]]:
        return not_met(self.document, code)


def judged(province: Raised) -> Verdict:
    started = time.monotonic()
    document = province.verify(code=1)
    return Verdict(document, time.monotonic() - started)


def test_a_picture_size_changed_behind_our_back_is_named_and_only_that_camera_is_repaired(province: Raised) -> None:
    province.settle()
    forget_writes(province)
    province.camera(f"{SECOND}/3", "set", "encoder.width", "640")
    try:
        broken = judged(province)
        assert verdicts(broken.document) == {FIRST: "met", SECOND: "not_met", THIRD: "met"}
        assert broken.wrong(SECOND) == {"C03": {"size"}}
        (row,) = [each for each in facility(broken.document, SECOND)["checks"] if each["verdict"] == "not_met"]
        assert row["measured"]["width"] == 640 and row["expected"]["width"] == 1920
    finally:
        repaired = province.rollout()
    assert (repaired["changed"], repaired["failed"]) == (1, 0)
    assert [facility(repaired, code)["status"] for code in CODES] == ["unchanged", "changed", "unchanged"]
    assert writes(province) == {f"{SECOND}/3": ["SetVideoEncoderConfiguration"]}
    assert province.camera(f"{SECOND}/3", "get", "encoder.width") == 1920
    assert verdicts(province.verify()) == dict.fromkeys(CODES, "met")


def tunnel_works(province: Raised, code: str) -> bool:
    return province.ketnoi("wait", "--site", code, "--via", "tunnel", "--timeout", "6", check=False).returncode == 0


@pytest.fixture(scope="class")
def unplugged_and_stopped(province: Raised) -> Iterator[Verdict]:
    province.camera(f"{FIRST}/2", "unplug")
    province.box(SECOND, "systemctl stop ketnoi-agent.service")
    try:
        yield judged(province)
    finally:
        province.camera(f"{FIRST}/2", "plug")
        province.box(SECOND, "systemctl start ketnoi-agent.service")
        await_back(province, *CODES)


class TestACameraUnpluggedAndAnAgentStopped:
    """A camera of the first facility without its cable, the second's agent stopped, the third as it was."""

    def test_the_camera_is_named_and_no_other(self, unplugged_and_stopped: Verdict) -> None:
        wrong = unplugged_and_stopped.wrong(FIRST)
        assert set(wrong) == {"C02"}
        assert {"playable_centre", "playable_hub"} <= wrong["C02"]

    def test_the_agent_is_named_and_nothing_else_of_its_facility(self, unplugged_and_stopped: Verdict) -> None:
        assert unplugged_and_stopped.wrong(SECOND) == {"box": {"agent_connected"}}

    def test_the_third_facility_is_met_and_the_verdict_in_time(self, unplugged_and_stopped: Verdict) -> None:
        assert verdicts(unplugged_and_stopped.document) == {FIRST: "not_met", SECOND: "not_met", THIRD: "met"}
        assert unplugged_and_stopped.seconds < LIMIT


@pytest.fixture(scope="class")
def cut_off(province: Raised) -> Iterator[None]:
    province.rollout("--tags", "agent", "--full")
    try:
        province.box(FIRST, "systemctl stop wg-quick@ketnoi.service")
        province.lab("router", SECOND, "eat-udp", "on")
        yield
    finally:
        province.lab("router", SECOND, "eat-udp", "off")
        province.box(FIRST, "systemctl start wg-quick@ketnoi.service")
        await_back(province, *CODES)


@pytest.fixture(scope="class")
def verdict(province: Raised, cut_off: None) -> Verdict:
    return judged(province)


@pytest.fixture(scope="class")
def rollout(province: Raised, verdict: Verdict) -> dict[str, Any]:
    """With something to repair behind the starved tunnel."""
    province.camera(f"{SECOND}/1", "set", "encoder.width", "640")
    return province.rollout()


class TestATunnelDownAndUdpEaten:
    """The first facility's tunnel is taken down on its box, the second's UDP eaten by its router.

    The office's own connections through both tunnels were open when these were cut, as on a bad day.
    """

    @pytest.mark.parametrize("code", [FIRST, SECOND])
    def test_the_tunnel_is_named_while_its_lifeline_holds(self, verdict: Verdict, code: str) -> None:
        assert verdict.wrong(code)["box"] >= {"tunnel_up"}
        rows = facility(verdict.document, code)["checks"]
        assert [row["verdict"] for row in rows if row["id"] == "lifeline_up"] == ["met"]

    @pytest.mark.parametrize("code", [FIRST, SECOND])
    def test_what_the_tunnel_keeps_from_being_measured_is_unknown_and_blames_no_camera(self, verdict: Verdict, code: str) -> None:
        rows = [row for row in facility(verdict.document, code)["checks"] if row["id"] in ("size", "camera_clock", "box_ports")]
        assert rows and {row["verdict"] for row in rows} == {"unknown"}
        assert set(verdict.wrong(code)) == {"box"}

    def test_the_third_facility_is_met_and_the_verdict_in_time(self, verdict: Verdict) -> None:
        assert verdicts(verdict.document) == {FIRST: "not_met", SECOND: "not_met", THIRD: "met"}
        assert verdict.seconds < LIMIT

    def test_a_rollout_gets_in_by_the_lifeline_where_udp_is_eaten(self, province: Raised, rollout: dict[str, Any]) -> None:
        assert rollout["failed"] == 0
        assert facility(rollout, SECOND)["status"] == "changed"
        assert province.camera(f"{SECOND}/1", "get", "encoder.width") == 1920
        assert not tunnel_works(province, SECOND)

    def test_a_rollout_brings_a_tunnel_that_was_down_back(self, province: Raised, rollout: dict[str, Any]) -> None:
        assert facility(rollout, FIRST)["status"] == "changed"
        assert tunnel_works(province, FIRST) and tunnel_works(province, THIRD)


def test_all_is_met_again_once_everything_is_mended(province: Raised) -> None:
    province.await_met()
