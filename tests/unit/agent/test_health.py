"""How the box itself is: each subject's words, from files that say one thing or the other; and what comes and goes is damped."""

import ast
import errno
import inspect
import json
import os
import socket
from pathlib import Path
from types import ModuleType

import pytest

from edge_agent.contract.texts import REASON, SUBJECT
from edge_agent.daemon import health, probes, state
from edge_agent.daemon.flapping import BEGIN, Damper
from edge_agent.daemon.health import LinkFacts, Places
from edge_agent.daemon.observer import lifeline
from edge_agent.system.clock import Sync

HUB = "127.0.0.1"
QUIET = LinkFacts({}, None, None, HUB)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "state").mkdir()
    return Places(tmp_path / "state", tmp_path / "sys", tmp_path / "observed.json", tmp_path / "recorder.json", tmp_path / "etc.json",
                  tmp_path / "settings.json")  # fmt: skip


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def word(seen: health.ProbeResult | None) -> tuple[str, str | None] | None:
    return None if seen is None else (seen.status, seen.reason)


def test_a_file_system_that_counted_errors_is_told_before_it_fails(places: Places) -> None:
    assert health.disk(places).status == "up"
    put(places.sys / "fs/ext4/sda1/errors_count", "0\n")
    assert health.disk(places).status == "up"
    put(places.sys / "fs/ext4/sda1/errors_count", "3\n")
    assert word(health.disk(places)) == ("down", "errors")


@pytest.mark.parametrize(
    ("free", "flag", "wanted"),
    [(10**9, 0, ("up", None)), (10**8, 0, ("down", "full")), (10**9, os.ST_RDONLY, ("down", "read_only"))],
)
def test_a_full_disk_and_one_that_takes_no_writes_are_told_apart(
    places: Places, monkeypatch: pytest.MonkeyPatch, free: int, flag: int, wanted: tuple[str, str | None]
) -> None:
    blocks = (4096, 4096, 8 * 10**9 // 4096, free // 4096, free // 4096, 0, 0, 0, flag, 255)
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(blocks))
    assert word(health.disk(places)) == wanted


@pytest.mark.parametrize(
    ("sync", "wanted"),
    [
        (Sync(None), ("unknown", "chrony_silent")),
        (Sync(False, 0.0), ("down", "not_synchronised")),
        (Sync(True, 0.7), ("down", "astray")),
        (Sync(True, -0.01), ("up", None)),
    ],
)
def test_a_clock_that_nobody_can_ask_is_unknown_and_not_wrong(sync: Sync, wanted: tuple[str, str | None]) -> None:
    assert word(health.clock(sync)) == wanted


def test_the_uplink_is_down_without_a_route_a_signal_or_an_answer(places: Places) -> None:
    assert word(health.uplink(places, QUIET)) == ("unknown", "not_probed_yet")
    assert word(health.uplink(places, LinkFacts({"tunnel": "silent"}, None, None, HUB))) == ("down", "hub_silent")
    assert word(health.uplink(places, LinkFacts({"tunnel": "silent", "direct": "refuses"}, None, None, HUB))) == ("up", None)
    put(places.sys / "class/net/lo/carrier", "0\n")
    assert word(health.uplink(places, LinkFacts({}, "tunnel", None, HUB))) == ("down", "no_carrier")


def test_without_a_route_the_uplink_is_down_and_nothing_is_sent(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere(socket.socket):
        def connect(self, _address: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket, "socket", Nowhere)
    assert word(health.uplink(places, LinkFacts({}, "tunnel", None, "203.0.113.10"))) == ("down", "no_route")


def test_the_interface_is_named_by_which_the_hub_is_reached() -> None:
    assert health.way_to(HUB) == "lo"


def test_a_tunnel_is_down_when_the_hub_is_silent_in_it_though_another_way_stands() -> None:
    assert word(health.tunnel(LinkFacts({"tunnel": "silent"}, "direct", None, HUB), None)) == ("down", "hub_silent")
    assert word(health.tunnel(LinkFacts({}, "tunnel", None, HUB), {"handshake_age_s": 12.0})) == ("up", None)


def test_what_was_observed_too_long_ago_is_unknown(places: Places) -> None:
    places.observed.write_text(json.dumps({"schema": 1, "mono": 1000.0, "lifeline": True, "handshake_age_s": 3.0}))
    assert health.look(places, Sync(True, 0.0), QUIET, 1010.0)["lifeline"].status == "up"
    assert word(health.look(places, Sync(True, 0.0), QUIET, 2000.0)["lifeline"]) == ("unknown", "not_observed")


def test_a_recorder_a_thermometer_and_a_mains_plug_are_told_of_only_where_there_is_one(places: Places) -> None:
    assert set(health.look(places, Sync(), QUIET, 0.0)) == {"disk", "clock", "uplink", "tunnel", "lifeline"}
    put(
        places.recorder,
        json.dumps({"written_mono": 0.0, "disk": {"state": "ok"}, "cameras": {"1": {"state": "recording"}, "2": {"state": "stalled"}}}),
    )
    put(places.sys / "class/thermal/thermal_zone0/temp", "91000\n")
    put(places.sys / "class/power_supply/AC/online", "0\n")
    put(places.sys / "class/power_supply/AC/type", "Mains\n")
    found = health.look(places, Sync(), QUIET, 0.0)
    assert word(found["recorder"]) == ("down", "not_recording") and found["recorder"].measured["not_recording"] == ["2"]
    assert word(found["temperature"]) == ("down", "hot")
    assert word(found["power"]) == ("down", "on_battery")
    put(places.recorder, json.dumps({"written_mono": 0.0, "disk": {"state": "failed"}, "cameras": {}}))
    assert word(health.recorder(places, 0.0)) == ("down", "recording_disk_failed")


@pytest.mark.parametrize("now", [1000.0 + 6 * 3600, 1000.0 + health.STALE_S + 1, 900.0])
def test_what_a_recorder_said_long_ago_or_in_another_boot_says_nothing_of_now(places: Places, now: float) -> None:
    put(places.recorder, json.dumps({"written_mono": 1000.0, "disk": {"state": "ok"}, "cameras": {"1": {"state": "recording"}}}))
    assert word(health.recorder(places, 1000.0 + health.STALE_S - 1)) == ("up", None)
    assert word(health.recorder(places, now)) == ("down", "recorder_silent")


def test_a_recorder_that_should_run_and_has_left_no_word_is_down(places: Places) -> None:
    assert health.recorder(places, 1000.0) is None, "none should run here"
    put(places.recorder_settings, "{}")
    assert word(health.recorder(places, 1000.0)) == ("down", "recorder_silent")


def test_a_fault_of_ours_in_one_subject_leaves_the_others(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_places: Places) -> None:
        raise RuntimeError

    monkeypatch.setattr(health, "disk", broken)
    found = health.look(places, Sync(True, 0.0), QUIET, 0.0)
    assert word(found["disk"]) == ("unknown", "probe_failed") and word(found["clock"]) == ("up", None)


def test_the_way_out_is_found_without_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit allows AF_UNIX, AF_INET and AF_INET6 alone."""
    real = socket.socket

    def confined(family: int, *rest: int) -> socket.socket:
        assert family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
        return real(family, *rest)

    def forbidden() -> None:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", confined)
    monkeypatch.setattr(socket, "if_nameindex", forbidden)
    assert health.way_to(HUB) == "lo"


def test_every_reason_and_subject_has_words(places: Places) -> None:
    for reason in ("read_only", "errors", "full", "chrony_silent", "not_synchronised", "astray", "no_route", "no_carrier", "hub_silent",
                   "not_connected", "not_observed", "settings_differ", "settings_unread", "not_recording", "recorder_silent",
                   "recording_disk_full", "recording_disk_failed", "hot", "on_battery",
                   "flapping", "not_probed_yet", "not_readable"):  # fmt: skip
        assert REASON[reason].vi and REASON[reason].en
    subjects = {"disk", "clock", "uplink", "tunnel", "lifeline", "recorder", "settings", "temperature", "power"}
    assert subjects <= set(health.PROBES) == set(SUBJECT)


@pytest.mark.parametrize("module", [health, state, probes], ids=lambda module: module.__name__)
def test_every_reason_that_the_code_gives_has_words(module: ModuleType) -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    given = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "ProbeResult" and len(call.args) > 1]
    reasons = {reason.value for reason in given if isinstance(reason, ast.Constant) and reason.value is not None}
    assert reasons, "nothing was read"
    assert reasons - set(REASON) == set()


def test_a_lifeline_stands_while_its_service_holds_a_connection(tmp_path: Path) -> None:
    group, proc = tmp_path / "system.slice/ketnoi-lifeline.service/cgroup.procs", tmp_path / "proc"
    head = "  sl  local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode\n"
    row = "   0: 0A00020F:D2A4 0A0ACB0A:01BB {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
    put(proc / "net/tcp", head + row.format(state="01", inode=77) + row.format(state="06", inode=78))
    (proc / "42/fd").mkdir(parents=True)
    assert lifeline(proc, (group,)) is None, "no such hierarchy: this system can't tell"
    group.parents[1].mkdir()
    assert lifeline(proc, (group,)) is False, "the service does not run"
    put(group, "42\n")
    (proc / "42/fd/3").symlink_to("socket:[78]")
    assert lifeline(proc, (group,)) is False
    (proc / "42/fd/4").symlink_to("socket:[77]")
    assert lifeline(proc, (group,)) is True


def test_what_comes_and_goes_is_damped_until_it_is_calm() -> None:
    damper, now = Damper(), 0.0
    for _ in range(int(BEGIN) + 1):
        damper.saw(True, now)
        now += 15
    assert damper.flapping
    changes = damper.changes
    for _ in range(4):
        damper.saw(True, now)
        now += 15
    assert damper.changes == changes + 4
    calm = 0
    while damper.flapping:
        damper.saw(False, now)
        now, calm = now + 15, calm + 15
    assert 300 < calm < 1200
    damper.saw(True, now)
    assert not damper.flapping, "one change after a calm is no flapping"


def test_it_flaps_from_the_fifth_change_on_and_those_since_are_counted() -> None:
    """All at one instant, so that the penalty is exactly how many there were."""
    damper = Damper()
    seen = []
    for _ in range(7):
        damper.saw(True, 50.0)
        seen.append((damper.flapping, damper.changes))
    assert seen == [(False, 0)] * 4 + [(True, 1), (True, 2), (True, 3)]
    damper.saw(False, 50.0 + 600)
    assert damper.flapping and damper.changes == 3, "7 / 4 is not yet below the end"
    damper.saw(False, 50.0 + 900)
    assert not damper.flapping
    for _ in range(5):
        damper.saw(True, 50.0 + 9000)
    assert (damper.flapping, damper.changes) == (True, 1), "counted anew"


def test_a_penalty_at_the_very_end_is_not_yet_calm() -> None:
    damper = Damper()
    for _ in range(6):
        damper.saw(True, 0.0)
    damper.saw(False, 600)
    assert damper.flapping, "6 / 4 is 1.5, the end itself"
    damper.saw(False, 601)
    assert not damper.flapping


def test_a_change_now_and_then_is_never_damped() -> None:
    damper = Damper()
    for hour in range(100):
        damper.saw(True, hour * 600.0)
        assert not damper.flapping


def read(status: str, *fields: str, reason: str | None = None) -> dict[str, object]:
    return {"name": "C01", "status": status, "fields": list(fields), "reason": reason}


@pytest.mark.parametrize(
    ("devices", "mono", "wanted"),
    [
        ({"1": read("unchanged")}, 100.0, ("up", None)),
        ({"1": read("unread", reason="unreachable")}, 100.0, ("unknown", "settings_unread")),
        ({"1": read("differs", "encoder.fps"), "2": read("unread", reason="locked_out")}, 100.0, ("down", "settings_differ")),
        ({"1": read("unchanged")}, 100.0 - 3 * 86400, ("unknown", "settings_unread")),
        ({}, 100.0, None),
    ],
)
def test_what_was_read_of_the_devices_settings_is_told_and_what_was_not_is_unknown(
    places: Places, devices: dict[str, object], mono: float, wanted: tuple[str, str | None] | None
) -> None:
    put(places.settings, json.dumps({"schema": 1, "at": "2026-01-02T03:04:05+00:00", "mono": mono, "devices": devices}))
    assert word(health.settings(places, 100.0)) == wanted


def test_a_box_that_never_read_a_device_says_nothing_of_settings(places: Places) -> None:
    assert health.settings(places, 100.0) is None
