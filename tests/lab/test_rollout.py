"""`ketnoi rollout` and plain ansible on real boxes: what they change, what they leave alone, and what stops whom."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hands import await_back, evidence, host_variables
from raised import CODES, Raised, until
from watching import descendants, edited, facility, files, forget_writes, kill, playing, services, traffic, verdicts, writes

FIRST, SECOND, THIRD = CODES
SITE, AREA_FILE = "playbooks/site.yml", "areas/an-nhon.yml"
FIELDS = {"code", "status", "changed", "seconds", "reason", "hint"}


def test_a_second_rollout_changes_nothing_and_restarts_nothing(province: Raised) -> None:
    machines = ("hub", *CODES)
    forget_writes(province)
    before = {machine: services(province, machine) for machine in machines}
    assert {"ketnoi-agent.service", "wg-quick@ketnoi.service", "ssh.service", "ketnoi-lifeline.service"} <= before[FIRST].keys()
    assert {"mosquitto.service", "nginx.service", "ketnoi-collector.service"} <= before["hub"].keys()
    for arguments, status in ((), "unchanged"), (("--full",), "ok"):
        document = province.rollout(*arguments)
        assert (document["changed"], document["failed"], document["hub"]["changed"]) == (0, 0, 0)
        assert [(each["code"], each["status"], each["changed"]) for each in document["facilities"]] == [(code, status, 0) for code in CODES]
        assert document["facilities"][0].keys() >= FIELDS
    assert {machine: services(province, machine) for machine in machines} == before
    assert writes(province) == {}


def test_a_plan_names_what_differs_and_reaches_no_box(province: Raised) -> None:
    before = {code: province.box(code, "ss -Htn state established '( sport = :22 )' | wc -l") for code in CODES}
    assert (province.plan()["hub"]["status"], [each["status"] for each in province.plan()["facilities"]]) == (
        "unchanged",
        ["unchanged"] * 3,
    )
    with host_variables(province, FIRST, "network_extra_rules: [tcp dport 4444 accept]\n"):
        first, *others = province.plan()["facilities"]
    assert (first["status"], first["roles"]) == ("visit", ["network", "switches", "cameras", "recorders"])
    assert "network" in first["reason"]["vi"]
    assert [each["status"] for each in others] == ["unchanged"] * 2
    assert {code: province.box(code, "ss -Htn state established '( sport = :22 )' | wc -l") for code in CODES} == before


# --- looking before leaping ---------------------------------------------------------------------------------------------

ANOTHER_ENCODER = "cameras_encoder: {codec: h264, width: 1920, height: 1080, fps: 20, keyframe_s: 2, bitrate_kbps: 3000}\n"


@pytest.fixture
def changed_inventory(province: Raised) -> Iterator[None]:
    """The first facility gets another name, another box address and another encoder setting."""
    area = province.inventory / AREA_FILE
    with (
        edited(area, "Ký túc xá Bàn Thành", "Ký túc xá Thành Hoàng Đế"),
        edited(area, "box_address: 192.168.1.1,", "box_address: 192.168.1.2,"),
        host_variables(province, FIRST, ANOTHER_ENCODER),
    ):
        yield


def test_a_check_of_a_changed_inventory_says_what_would_change_and_changes_nothing(province: Raised, changed_inventory: None) -> None:
    forget_writes(province)
    before = files(province, "hub", FIRST)
    document = province.rollout("--check")
    told = facility(document, FIRST)
    assert document["check"] and document["failed"] == 0 and told["status"] == "changed"
    diff = "\n".join(told["diff"])
    assert re.search(r"^-\s*Address ?= ?192\.168\.1\.1/24$", diff, re.MULTILINE)
    assert re.search(r"^\+\s*Address ?= ?192\.168\.1\.2/24$", diff, re.MULTILINE)
    assert re.search(r"^-.*fps: 15$", diff, re.MULTILINE) and re.search(r"^\+.*fps: 20$", diff, re.MULTILINE)
    assert [facility(document, code)["changed"] for code in (SECOND, THIRD)] == [0, 0]
    assert document["hub"]["status"] == "changed", "the hub would get to know the facility's new name"
    plain = province.ansible(SITE, "--limit", FIRST, "--check", "--diff").stdout
    assert re.search(r"^-\s*Address ?= ?192\.168\.1\.1/24\n\+\s*Address ?= ?192\.168\.1\.2/24$", plain, re.MULTILINE)
    assert files(province, "hub", FIRST) ^ before == set()
    assert writes(province) == {}


def test_plain_ansible_checks_too_and_needs_to_know_nothing_of_namespaces(province: Raised) -> None:
    forget_writes(province)
    province.camera(f"{FIRST}/4", "set", "encoder.width", "640")
    try:
        done = province.ansible(SITE, "--limit", FIRST, "--tags", "cameras", "--check", "--diff")
        assert "\n-encoder.size: 640x1080\n+encoder.size: 1920x1080\n" in done.stdout
        assert re.search(rf"^{FIRST}\s+: ok=\d+\s+changed=1\s+unreachable=0\s+failed=0", done.stdout, re.MULTILINE)
        assert SECOND not in done.stdout and writes(province) == {}
        done = province.ansible(SITE, "--limit", FIRST, "--tags", "cameras")
        assert list(writes(province)) == [f"{FIRST}/4"] and "changed=1" in done.stdout
    finally:
        province.camera(f"{FIRST}/4", "set", "encoder.width", "1920")


def test_the_inventory_s_graph_shows_who_may_be_touched(province: Raised) -> None:
    graph = province.run(["ansible-inventory", "-i", province.inventory, "--graph"]).stdout
    groups = dict(re.findall(r"\|--@(\w+):\n((?:  \|  \|--[\w-]+\n)*)", graph))
    assert all(f"|--{code}\n" in groups["area_an_nhon"] for code in CODES)
    assert "|--hub\n" in groups["hubs"] and "|--phu-cat-01\n" in groups["withheld"]
    assert "phu-cat-01" not in groups["boxes"] and "phu-cat-01" not in groups["area_phu_cat"]


# --- the hub, and everybody else's traffic ------------------------------------------------------------------------------


def test_a_rollout_of_one_facility_keeps_every_peer_and_every_other_packet(province: Raised) -> None:
    """The inventory has changed, so that the hub's peers are written anew while the others' traffic goes through it."""
    peers = province.box("hub", "wg show ketnoi allowed-ips | sort")
    assert len(peers.splitlines()) == len(CODES) + 2, "the facilities, the office and the centre"
    with edited(province.inventory / AREA_FILE, "Ký túc xá Bàn Thành", "Ký túc xá Thành Hoàng Đế"):
        refused = province.ansible(SITE, "--limit", FIRST, check=False)
        assert refused.returncode != 0 and "ketnoi rollout" in refused.stdout
        assert FIRST not in re.findall(r"changed: \[([\w-]+)\]", refused.stdout)
        with traffic(province, SECOND, THIRD) as steady:
            document = province.rollout("--site", FIRST, area=None)
            plain = province.ansible(SITE, "--limit", FIRST)
        assert document["hub"]["changed"] > 0 and document["failed"] == 0
        assert [each["code"] for each in document["facilities"]] == [FIRST]
        assert "Thành Hoàng Đế" in json.loads(province.box("hub", "cat /etc/ketnoi/sites.json"))["BD-0001"]["name"]
        assert province.box("hub", "wg show ketnoi allowed-ips | sort") == peers
        assert "failed=0" in plain.stdout and SECOND not in plain.stdout
    province.rollout("--site", FIRST, area=None)
    assert province.box("hub", "wg show ketnoi allowed-ips | sort") == peers
    assert steady.clean(), steady


# --- what goes wrong ----------------------------------------------------------------------------------------------------


def drift(province: Raised, code: str) -> None:
    """Something for every role to mend."""
    for path in ("/etc/chrony/chrony.conf", "/etc/wireguard/ketnoi.conf", "/etc/ketnoi/firewall.nft"):
        province.box(code, f"echo '# drift' >> {path}")
    province.box(code, "echo >> /etc/ketnoi/agent.json")
    for slot in (1, 2):
        province.camera(f"{code}/{slot}", "set", "encoder.width", "640")


def drifted(province: Raised, code: str) -> str:
    found = province.box(code, "grep -l '# drift' /etc/chrony/chrony.conf /etc/wireguard/ketnoi.conf /etc/ketnoi/firewall.nft", check=False)
    widths = [province.camera(f"{code}/{slot}", "get", "encoder.width") for slot in (1, 2)]
    return found + " ".join(str(width) for width in widths if width != 1920)


@pytest.mark.parametrize(("role", "whole_tree"), [("tunnel", False), ("cameras", True)])
def test_what_a_killed_rollout_left_the_next_one_finishes(province: Raised, role: str, whole_tree: bool) -> None:
    """`kill -9` of the command alone, as an impatient person does, or of all that it started, as a machine that goes down does."""
    for code in (FIRST, SECOND):
        drift(province, code)
    running = province.start("rollout", "--area", "an-nhon", "--full")
    assert running.stderr
    said = []
    for line in running.stderr:
        said.append(line)
        if re.search(rf"an-nhon-0[12] +{role}$", line):
            break
    kill(descendants(running.pid) if whole_tree else [running.pid])
    out, err = running.communicate(timeout=30)
    province.note(["ketnoi", "rollout", "(killed)"], f"exit {running.returncode}", out, "".join(said) + err)
    assert running.returncode == -9, "it ended before it could be killed"
    until(lambda: not playing(province), 20)
    assert any(drifted(province, code) for code in (FIRST, SECOND)), "nothing was left to do"
    document = province.rollout("--full")
    assert document["failed"] == 0 and document["changed"] > 0
    assert [drifted(province, code) for code in (FIRST, SECOND)] == ["", ""]
    assert province.rollout("--full")["changed"] == 0


@dataclass
class Troubled:
    """A rollout while the second box has no power, and the third's cable is pulled when it is half done."""

    document: dict[str, Any]
    code: int
    lines: list[str]
    seconds: float


@pytest.fixture(scope="class")
def troubled(province: Raised) -> Iterator[Troubled]:
    drift(province, FIRST)
    drift(province, THIRD)
    province.lab("power", SECOND, "off")
    started = time.monotonic()
    running = province.start("rollout", "--area", "an-nhon", "--full", "--json")
    assert running.stderr
    lines = []
    try:
        for line in running.stderr:
            lines.append(line)
            if re.search(rf"{THIRD} +agent$", line):
                break
        province.inside(f"{THIRD}-router", "ip link set wan down")
        out, err = running.communicate(timeout=150)
        lines += err.splitlines(keepends=True)
        province.note(["ketnoi", "rollout", "--area", "an-nhon", "--json"], f"exit {running.returncode}", out, "".join(lines))
        yield Troubled(json.loads(out), running.returncode, lines, time.monotonic() - started)
    finally:
        kill([running.pid])
        province.inside(f"{THIRD}-router", "ip link set wan up", check=False)
        province.lab("power", SECOND, "on")
        await_back(province, *CODES)


class TestABoxThatIsOffAndOneThatVanishesHalfWay:
    def test_they_stop_no_other(self, province: Raised, troubled: Troubled) -> None:
        assert facility(troubled.document, FIRST)["status"] == "changed"
        assert drifted(province, FIRST) == ""
        assert (troubled.code, troubled.document["failed"]) == (1, 2)
        assert troubled.seconds < 100

    def test_the_line_that_says_done_does_not_wait_for_them(self, troubled: Troubled) -> None:
        (done,) = [at for at, line in enumerate(troubled.lines) if re.search(f"{FIRST} +done,", line)]
        (vanished,) = [at for at, line in enumerate(troubled.lines) if re.search(f"{THIRD} +FAILED", line)]
        assert done < vanished, troubled.lines

    @pytest.mark.parametrize("code", [SECOND, THIRD])
    def test_they_say_why_and_what_to_do(self, troubled: Troubled, code: str) -> None:
        told = facility(troubled.document, code)
        assert told.keys() >= FIELDS and told["status"] == "failed"
        assert all(told[field][lang] for field in ("reason", "hint") for lang in ("vi", "en"))
        assert "can't be reached" in told["reason"]["en"]
        assert 3 < told["seconds"] < troubled.seconds, "the time that was spent on it, not that of its last task that went well"

    def test_the_verdict_on_them_is_unknown_with_its_reason_and_what_was_known_before(self, province: Raised, troubled: Troubled) -> None:
        until(lambda: [(evidence(province).get(code) or {}).get("connected") for code in (SECOND, THIRD)] == [False, False], 90)
        document = province.verify(code=1)
        for code in (SECOND, THIRD):
            assert verdicts(document)[code] == "unknown"
            (row,) = [row for row in facility(document, code)["checks"] if row["id"] == "tunnel_up"]
            last = facility(document, code)["last"]
            assert "by no way" in row["says"]["en"] and row["hint"]["vi"]
            assert last["verdict"]["verdict"] in ("met", "not_met", "unknown") and last["last_seen"]["age_s"] < last["verdict"]["age_s"]


def test_the_next_rollout_finishes_what_had_vanished(province: Raised) -> None:
    document = province.rollout()
    assert document["failed"] == 0 and drifted(province, THIRD) == ""


# --- what is never begun ------------------------------------------------------------------------------------------------


def test_a_barracks_without_an_opinion_is_named_and_left_out(province: Raised) -> None:
    document = province.rollout("--site", "phu-cat-01", area=None)
    (told,) = document["facilities"]
    assert told["status"] == "withheld" and document["changed"] == 0 and document["hub"] is None
    assert "opinion" in told["reason"]["en"] and told["hint"]["vi"]
    assert "phu-cat-01" in province.ketnoi("rollout", "--site", "phu-cat-01").stdout
    done = province.ansible(SITE, "--limit", "phu-cat-01", check=False)
    assert "phu-cat-01" in done.stdout + done.stderr and "ok=" not in done.stdout


@pytest.mark.parametrize("command", ["rollout", "verify"])
def test_a_bad_inventory_is_refused_with_the_fault_s_line(province: Raised, command: str) -> None:
    area = province.inventory / AREA_FILE
    with edited(area, "slot: 2, zone: corridor", "slot: 1, zone: bathroom"):
        number = 1 + next(n for n, line in enumerate(area.read_text().splitlines()) if "zone: bathroom" in line)
        done = province.ketnoi(command, "--area", "an-nhon", check=False)
        plain = province.ansible(SITE, "--limit", FIRST, "--check", check=False)
    for code, said in ((done.returncode, done.stderr), (plain.returncode, plain.stdout + plain.stderr)):
        assert (
            code != 0
            and re.search(rf"areas/an-nhon\.yml:{number}: .*slot", said)
            and re.search(rf"areas/an-nhon\.yml:{number}: .*zone", said)
        )
    assert done.returncode == 2


def test_all_is_met_after_all_of_this(province: Raised) -> None:
    province.await_met()
