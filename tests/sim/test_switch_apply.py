"""Switches of every kind, from login to read back, by netmiko over real SSH."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from switch_process import BOX, CODE, PASSWORD, SLOT, Desk, SwitchHandle, start_switch

from province.switches import engine, way
from province.switches.model import Account, DesiredPort

Start = Callable[..., SwitchHandle]
MINUTE_S = 0.2
IMITATED = ["routeros", "cisco-ios"]
EVERY = [*IMITATED, "linux"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    return Desk.make(tmp_path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[SwitchHandle] = []

    def one(kind: str, name: str = "switch", **overrides: Any) -> SwitchHandle:
        try:
            running.append(start_switch(tmp_path / name, kind, **overrides))
        except RuntimeError:
            if kind == "linux":
                pytest.skip("this machine allows no namespaces")
            raise
        return running[-1]

    yield one
    for switch in running:
        switch.stop()


@pytest.fixture
def behind_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the switch were reached through a box that it sees by its MAC."""
    monkeypatch.setattr(way.Direct, "own_hardware", lambda self, address: BOX)


def writes(switch: SwitchHandle) -> list[str]:
    return [each["op"] for each in switch.control("writes")]


def settled(switch: SwitchHandle, path: str, value: Any, seconds: float = 30.0) -> None:
    """Wait until the switch itself says so."""
    until = time.monotonic() + seconds
    while switch.control("get", path=path) != value:
        assert time.monotonic() < until, f"{path} never became {value!r}: {switch.control('get', path=path)!r}"
        time.sleep(0.05)


@pytest.mark.parametrize("kind", EVERY)
def test_a_new_switch_is_brought_to_what_is_wanted_and_then_left_alone(desk: Desk, start: Start, behind_box: None, kind: str) -> None:
    switch = start(kind)
    first = desk.run(switch)
    assert (first["status"], first["failures"]) == ("changed", [])
    fields = {change["field"] for change in first["changes"]}
    isolated = {f"{switch.name(number)}.isolated" for number in (2, 3)}
    off = {f"{switch.name(number)}.enabled" for number in (4, 5, 6)}
    assert {"name", f"{switch.name(1)}.description"} | isolated | off <= fields
    assert not {field for field in fields if field.startswith(f"{switch.name(1)}.")} - {f"{switch.name(1)}.description"}
    switch.control("forget")
    assert desk.run(switch)["status"] == "ok"
    assert writes(switch) == []


@pytest.mark.parametrize("kind", EVERY)
def test_a_reboot_brings_back_what_was_proven(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind)
    assert desk.run(switch)["status"] == "changed"
    switch.control("reboot")
    assert desk.run(switch)["status"] == "ok"


@pytest.mark.parametrize("kind", EVERY)
def test_a_check_tells_what_differs_and_writes_nothing(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind)
    checked = desk.run(switch, check=True)
    assert checked["status"] == "changed" and writes(switch) == []
    assert "switches" not in (desk.inventory / "enrolled" / f"{CODE}.yml").read_text()
    applied = desk.run(switch)
    assert applied["failures"] == []
    assert {change["field"] for change in applied["changes"]} == {change["field"] for change in checked["changes"]}


@pytest.mark.parametrize("kind", EVERY)
def test_what_was_altered_behind_our_back_is_repaired_alone(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind)
    desk.run(switch)
    if kind == "linux":
        switch.control("run", argv=["bridge", "link", "set", "dev", switch.name(3), "isolated", "off"])
        switch.control("run", argv=["ip", "link", "set", switch.name(5), "up"])
    else:
        switch.control("set", path=f"ports.{switch.name(3)}.isolated", value=False)
        switch.control("set", path=f"ports.{switch.name(5)}.enabled", value=True)
    repaired = desk.run(switch)
    assert {change["field"] for change in repaired["changes"]} - {"saved"} == {f"{switch.name(3)}.isolated", f"{switch.name(5)}.enabled"}


def test_the_kernel_s_own_bridge_isolates_the_cameras(desk: Desk, start: Start) -> None:
    switch = start("linux")
    desk.run(switch)
    shown = {number: switch.control("run", argv=["bridge", "-d", "link", "show", "dev", switch.name(number)]) for number in (1, 2, 3)}
    assert [number for number, text in shown.items() if "isolated on" in text] == [2, 3]


REFUSALS = {
    "routeros": ('set "ether3" comment', "failure: port is busy"),
    "cisco-ios": ("switchport protected", "Command rejected: Gi0/3 is busy"),
}


@pytest.mark.parametrize("kind", IMITATED)
def test_what_a_switch_refuses_is_undone_and_told_with_its_own_words(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind, personality={"minute_s": 60})
    before = switch.control("get", path="")
    pattern, answer = REFUSALS[kind]
    switch.mood("refuse", {pattern: answer})
    told = desk.run(switch)
    assert (told["status"], told["class"], told["changes"]) == ("failed", "setting_not_kept", [])
    assert answer in told["reason"]["en"] and "as it was" in told["reason"]["en"]
    assert (pattern.split()[0] if kind == "cisco-ios" else 'comment="AN-NHON-01 C02"') in told["reason"]["en"]
    assert switch.control("get", path="") == before
    status = switch.control("status")
    assert not status["reload"] and not status["safe_mode"]


@pytest.mark.parametrize("kind", IMITATED)
def test_a_word_that_a_switch_does_not_know_is_a_refusal(desk: Desk, start: Start, kind: str) -> None:
    words = {
        "routeros": ("horizon", "expected end of command (line 1 column 60)"),
        "cisco-ios": ("protected", "          ^\n% Invalid input detected at '^' marker."),
    }
    switch = start(kind)
    switch.mood("refuse", {words[kind][0]: words[kind][1]})
    told = desk.run(switch)
    assert told["class"] == "setting_not_kept" and words[kind][1].splitlines()[-1].strip() in told["reason"]["en"]
    assert switch.port(2)["description"] == ""


@pytest.mark.parametrize("kind", IMITATED)
def test_a_setting_accepted_and_not_kept_is_a_failure_that_names_it(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind, personality={"forgets": ["isolated"]})
    told = desk.run(switch)
    assert (told["status"], told["class"]) == ("failed", "setting_not_kept")
    assert len(told["failures"]) == 2 and f"{switch.name(2)}.isolated" in told["reason"]["en"]
    assert f"{switch.name(4)}.enabled" in {change["field"] for change in told["changes"]}


def test_a_routeros_that_is_cut_off_returns_by_itself(desk: Desk, start: Start) -> None:
    switch = start("routeros", personality={"cuts_off": 'ether5" disabled=yes', "tcp_s": 1.0})
    told = desk.run(switch, deadline_s=8.0)
    assert told["status"] == "failed"
    settled(switch, f"ports.{switch.name(4)}.enabled", True)
    settled(switch, "name", "MikroTik")
    switch.mood("cuts_off", "")
    assert desk.run(switch)["status"] == "changed"


def test_an_ios_that_is_cut_off_reloads_what_it_had(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios", personality={"cuts_off": "shutdown", "minute_s": 0.4})
    switch.control("set", path=f"ports.{switch.name(2)}.description", value="by hand")
    told = desk.run(switch, deadline_s=8.0)
    assert told["status"] == "failed"
    settled(switch, "name", "Switch")
    assert switch.control("status")["boots"] == 2
    assert (switch.port(2)["description"], switch.port(4)["enabled"]) == ("by hand", True)


def test_a_reload_of_ios_brings_back_what_was_found_though_nobody_had_saved_it(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios", personality={"cuts_off": "shutdown", "minute_s": 0.4})
    switch.control("set", path=f"ports.{switch.name(2)}.description", value="not saved", saved=False)
    assert not switch.control("status")["saved"]
    assert desk.run(switch, deadline_s=8.0)["status"] == "failed"
    settled(switch, "name", "Switch")
    assert switch.port(2)["description"] == "not saved"


@pytest.mark.parametrize("kind", EVERY)
def test_nothing_is_written_while_the_box_is_on_another_port(desk: Desk, start: Start, behind_box: None, kind: str) -> None:
    switch = start(kind)
    ends = (DesiredPort(switch.name(2), "box", "BOX"), DesiredPort(switch.name(1), "camera", "C01"))
    told = desk.run(switch, ports=ends)
    assert told["class"] == "unknown_device" and BOX in told["reason"]["en"] and switch.name(1) in told["reason"]["en"]
    assert writes(switch) == []


def test_cameras_are_not_moved_to_a_vlan_that_the_box_is_not_in(desk: Desk, start: Start) -> None:
    for kind in IMITATED:
        switch = start(kind, name=kind, filtering=True)
        told = desk.run(switch, vlan=20, slot=SLOT + IMITATED.index(kind))
        assert told["class"] == "unknown_device" and "VLAN 20" in told["reason"]["en"]
        assert writes(switch) == []


@pytest.mark.parametrize("kind", IMITATED)
def test_cameras_are_put_into_the_vlan_of_the_box(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind, filtering=True, vlan={"ether1": 20, "GigabitEthernet0/1": 20})
    assert desk.run(switch, vlan=20)["failures"] == []
    assert [(switch.port(number)["vlan"], switch.port(number)["mode"]) for number in (2, 3)] == [(20, "access")] * 2
    assert switch.port(4)["vlan"] == 1


def test_vlans_on_a_bridge_that_does_not_heed_them_are_refused(desk: Desk, start: Start) -> None:
    told = desk.run(start("routeros"), vlan=20)
    assert told["class"] == "unknown_device" and "filtering" in told["reason"]["en"]


def test_a_port_that_the_switch_does_not_have_is_named_beside_those_that_it_has(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios")
    told = desk.run(switch, ports=(DesiredPort("Gi0/1", "box", "BOX"), DesiredPort("Gi1/0/7", "camera", "C01")))
    assert "GigabitEthernet1/0/7" in told["reason"]["en"] and "GigabitEthernet0/6" in told["reason"]["en"]


def test_ports_may_be_called_by_their_short_names(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios")
    assert desk.run(switch, ports=(DesiredPort("gi0/1", "box", "BOX"), DesiredPort("Gi0/2", "camera", "C01")))["status"] == "changed"
    assert switch.port(2)["isolated"]


def test_a_recorder_may_speak_to_the_cameras(desk: Desk, start: Start) -> None:
    switch = start("routeros")
    ends = ((1, "box"), (2, "camera"), (3, "recorder"))
    desk.run(switch, ports=tuple(DesiredPort(switch.name(number), end, end.upper()) for number, end in ends))
    assert (switch.port(2)["isolated"], switch.port(3)["isolated"]) == (True, False)


def test_a_port_whose_power_was_left_off_feeds_again(desk: Desk, start: Start) -> None:
    switch = start("routeros")
    switch.control("set", path="ports.ether2.feed", value="off")
    assert "ether2.powered" in {change["field"] for change in desk.run(switch)["changes"]}
    assert switch.port(2)["feed"] == "auto-on"


@pytest.mark.parametrize("kind", IMITATED)
def test_a_switch_with_its_first_password_is_given_its_own(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind, account={"user": "admin", "password": "first"})
    desk.secrets.add("first-and-only")
    more = {"admin": Account("admin", PASSWORD), "factory": (Account("admin", "first"),)}
    told = desk.run(switch, **more)
    assert told["failures"] == [] and told["changes"][0]["field"] == "admin.password"
    switch.control("forget")
    assert desk.run(switch, **more)["status"] == "ok"
    assert [login["result"] for login in switch.control("logins")] == ["ok"]
    switch.control("reboot")
    assert desk.run(switch, **more)["status"] == "ok"


@pytest.mark.parametrize("kind", IMITATED)
def test_a_rotation_comes_through_without_a_failed_login_and_is_proven(desk: Desk, start: Start, kind: str) -> None:
    switch = start(kind, account={"user": "admin", "password": "Before1before"})
    desk.secrets.add("Before1before")
    old, new = Account("admin", "Before1before"), Account("admin", PASSWORD)
    assert desk.run(switch, admin=old)["admin_works"] is True
    switch.control("forget")
    checked = desk.run(switch, check=True, admin=new, previous=old)
    assert checked["admin_works"] is False and [c["field"] for c in checked["changes"]] == ["admin.password"]
    told = desk.run(switch, admin=new, previous=old)
    assert (told["failures"], told["admin_works"]) == ([], True)
    assert {login["result"] for login in switch.control("logins")} == {"ok"}
    again = desk.run(switch, admin=new, previous=old)
    assert (again["changes"], again["admin_works"]) == ([], True), "whoever was killed before hearing of it"
    assert sum(login["result"] != "ok" for login in switch.control("logins")) <= 1


def test_a_switch_that_will_not_take_its_own_password_keeps_the_first(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios", account={"user": "admin", "password": "first"})
    switch.mood("refuse", {"username": "ERROR: Can not have both a user password and a user secret."})
    told = desk.run(switch, admin=Account("admin", PASSWORD), factory=(Account("admin", "first"),))
    assert (told["class"], told["changes"]) == ("setting_not_kept", []) and "user secret" in told["reason"]["en"]
    assert "Text(" not in told["reason"]["en"] and writes(switch) == []


def test_a_refused_password_is_not_tried_until_the_switch_locks(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios", account={"user": "admin", "password": "theirs"}, personality={"lockout": {"tries": 3, "seconds": 60}})
    told = [desk.run(switch, admin=Account("admin", PASSWORD))["class"] for _ in range(4)]
    assert told == ["wrong_credentials", "wrong_credentials", "locked_out", "locked_out"]
    assert len(switch.control("logins")) == 2 and switch.control("status")["locked_until"] is None


def test_another_key_is_refused_with_what_to_do_and_no_password_leaves(desk: Desk, start: Start, tmp_path: Path) -> None:
    switch = start("routeros")
    desk.run(switch)
    switch.control("factory_reset")
    switch.control("forget")
    told = desk.run(switch)
    assert told["class"] == "unknown_device" and "SHA256:" in told["reason"]["en"] and f"{CODE}.yml" in told["hint"]["en"]
    assert switch.control("logins") == []


def test_a_switch_that_hangs_costs_only_its_deadline(desk: Desk, start: Start) -> None:
    switch = start("routeros", personality={"hang": "export"})
    begun = time.monotonic()
    told = desk.run(switch, deadline_s=3.0)
    assert told["class"] == "unreachable" and time.monotonic() - begun < 10


def test_one_that_hangs_delays_no_other(desk: Desk, start: Start) -> None:
    hangs, works = start("routeros", personality={"hang": "identity"}), start("cisco-ios", name="other")
    done: list[tuple[int, str]] = []
    desired = [desk.desired(hangs, deadline_s=12.0), desk.desired(works, slot=SLOT + 1)]
    engine.run(desired, desk.inventory, CODE, check=False, local=True, told=lambda r: done.append((r.desired.slot, r.as_dict()["status"])))
    assert done == [(SLOT + 1, "changed"), (SLOT, "failed")]


def test_a_slow_switch_is_waited_for(desk: Desk, start: Start) -> None:
    assert desk.run(start("routeros", personality={"slow_s": 0.2}), deadline_s=60.0)["status"] == "changed"


def test_safe_mode_of_somebody_else_is_not_taken_over(desk: Desk, start: Start) -> None:
    switch = start("routeros", personality={"busy": True})
    told = desk.run(switch)
    assert told["class"] == "no_permission" and writes(switch) == []


def test_an_account_that_may_not_configure_is_told_so(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios", personality={"level": 1, "enable": "something else"})
    assert desk.run(switch)["class"] == "no_permission"


def test_a_machine_that_is_no_switch_of_that_kind_is_not_written_to(desk: Desk, start: Start) -> None:
    switch = start("cisco-ios")
    told = desk.run(switch, driver="routeros", deadline_s=25.0)
    assert told["status"] == "failed" and writes(switch) == []


def test_nothing_at_the_address_is_unreachable(desk: Desk, start: Start) -> None:
    switch = start("routeros")
    switch.stop()
    assert desk.run(switch)["class"] == "unreachable"


def test_a_switch_that_starts_with_an_isolated_port_isolates_its_cable_and_feeds_nobody(tmp_path: Path) -> None:
    told = tmp_path / "told"
    hook = [sys.executable, "-c", f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read() + chr(10))"]

    def await_told() -> list[dict[str, Any]]:
        deadline = time.monotonic() + 30
        while not told.exists() or not told.read_text().endswith("\n"):
            assert time.monotonic() < deadline, "the hook was told nothing"
            time.sleep(0.05)
        return [json.loads(line) for line in told.read_text().splitlines()]

    first = start_switch(tmp_path / "switch", "routeros", hook=hook)
    try:
        first.control("set", path="ports.ether2.isolated", value=True)
        assert [(each["port"], each["isolated"], each["power"]) for each in await_told()] == [("ether2", True, True)]
    finally:
        first.stop()
    told.unlink()
    again = start_switch(tmp_path / "switch", "routeros", hook=hook)
    try:
        assert [(each["port"], each["isolated"], each["power"]) for each in await_told()] == [("ether2", True, None)]
    finally:
        again.stop()
