"""A change that shuts everybody out is undone by the box itself, whatever happens meanwhile; a good one stays.

The lab waits 20 s for a change to be confirmed, a real province 300: `ketnoi_guard_seconds` in the inventory's group_vars.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hands import await_back, boots, host_variables, root, rules
from raised import GUARD_SECONDS, Raised, until

TIMED, CUT, UNTOUCHED = "an-nhon-01", "an-nhon-02", "an-nhon-03"
SHUT = "network_extra_rules: ['drop comment \"shut out\"']\n"
GOOD = "network_extra_rules: ['tcp dport 9999 drop comment \"kept\"']\n"
FILES = "cat /etc/ketnoi/firewall.nft /etc/systemd/network/05-ketnoi-*.network /etc/ssh/sshd_config.d/20-ketnoi.conf"


@dataclass
class ShutOut:
    """One rollout that shut two boxes out: what it said, and what the boxes had before."""

    document: dict[str, Any]
    code: int
    seconds: float
    boots: int
    rules: dict[str, str]
    files: dict[str, str]
    saw_shut: dict[str, bool]

    def facility(self, code: str) -> dict[str, Any]:
        return next(each for each in self.document["facilities"] if each["code"] == code)


def guard(province: Raised, code: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(province.box(code, "edge-agent guard status --json"))
    return document


@pytest.fixture(scope="module")
def shut_out(province: Raised) -> Iterator[ShutOut]:
    """Both boxes get rules that drop everything; one waits for its timer, the other loses its power meanwhile."""
    boxes = (TIMED, CUT)
    before = {code: rules(province, code) for code in boxes}
    files = {code: province.box(code, FILES) for code in boxes}
    booted = boots(province, CUT)
    with host_variables(province, TIMED, SHUT), host_variables(province, CUT, SHUT):
        started = time.monotonic()
        rollout = province.start("rollout", "--area", "an-nhon", "--tags", "network", "--full", "--json")
        try:
            with ThreadPoolExecutor(len(boxes)) as pool:  # side by side: each has but GUARD_SECONDS
                seen = {code: pool.submit(until, lambda code=code: "shut out" in rules(province, code), 60) for code in boxes}
                seen[CUT].result()
                province.lab("power", CUT, "cut")
                province.lab("power", CUT, "on")
                saw = {code: bool(each.result()) for code, each in seen.items()}
            out, err = rollout.communicate(timeout=180)
        finally:
            rollout.kill()
    seconds = time.monotonic() - started
    province.note(["ketnoi", "rollout"], f"exit {rollout.returncode}", out, err)
    yield ShutOut(json.loads(out), rollout.returncode, seconds, booted, before, files, saw)
    if {code: rules(province, code) for code in boxes} != before:
        province.rollout("--tags", "network", "--full")


def test_the_rollout_says_which_box_had_to_save_itself_and_ends_with_1(shut_out: ShutOut) -> None:
    assert shut_out.code == 1 and shut_out.document["failed"] == 2
    for code in (TIMED, CUT):
        failed = shut_out.facility(code)
        assert failed["status"] == "failed"
        assert "restored" in failed["reason"]["en"] and "khôi phục" in failed["reason"]["vi"] and code in failed["reason"]["en"]
        assert failed["hint"]["vi"] and "firewall" in failed["hint"]["en"]


def test_a_facility_beside_them_is_not_held_up(shut_out: ShutOut) -> None:
    assert shut_out.facility(UNTOUCHED)["status"] in ("ok", "changed")
    assert shut_out.facility(UNTOUCHED)["seconds"] < GUARD_SECONDS


@pytest.mark.parametrize("code", [TIMED, CUT])
def test_the_firewall_is_the_old_one_again_in_kernel_and_on_disk(province: Raised, shut_out: ShutOut, code: str) -> None:
    assert shut_out.saw_shut[code], "the rules that shut everybody out were never in force"
    assert rules(province, code) == shut_out.rules[code]
    assert province.box(code, FILES) == shut_out.files[code]
    assert guard(province, code)["state"] == "restored"
    assert not (root(province, code) / "var/lib/ketnoi/guard/pending").exists()


def test_a_power_cut_in_the_middle_restores_at_boot(province: Raised, shut_out: ShutOut) -> None:
    assert boots(province, CUT) == shut_out.boots + 1
    assert "restart" in guard(province, CUT)["reason"]["en"]
    assert "time" in guard(province, TIMED)["reason"]["en"]


def test_the_boxes_can_be_reached_again_by_both_ways(province: Raised, shut_out: ShutOut) -> None:
    for code in (TIMED, CUT):
        for way in ("tunnel", "lifeline"):
            province.ketnoi("wait", "--site", code, "--via", way, "--timeout", "60")


def test_a_good_change_is_committed_and_stays_after_a_reboot(province: Raised, shut_out: ShutOut) -> None:
    """Last here: it reboots the box on which the timer restored."""
    with host_variables(province, TIMED, GOOD):
        document = province.rollout("--site", TIMED, "--tags", "network", area=None)
        assert document["changed"] == 1
        assert guard(province, TIMED)["state"] == "committed"
        booted = boots(province, TIMED)
        province.inside(TIMED, "systemctl reboot", check=False)
        until(lambda: boots(province, TIMED) == booted + 1, 60)
        province.lab("power", TIMED, "on")
        assert '"kept"' in until(lambda: rules_or_none(province, TIMED), 60)
        assert guard(province, TIMED)["state"] == "committed"
    province.rollout("--site", TIMED, "--tags", "network", area=None)
    assert rules(province, TIMED) == shut_out.rules[TIMED]
    await_back(province, TIMED, CUT)


def rules_or_none(province: Raised, code: str) -> str:
    done = province.inside(code, "nft --stateless list table inet ketnoi", check=False)
    return done.stdout if done.returncode == 0 else ""
