"""The lab itself, on real namespaces and machines: does it play what it says, and does it leave nothing behind? Needs root."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import down, layout
from lab.cables import net
from lab.hands import wait
from lab.machines import ntp

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root")

A, B = "an-nhon-01", "an-nhon-02"


def command(name: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "lab", "--lab", name, *words]


def run(name: str, *words: str, code: int = 0) -> str:
    done = subprocess.run(command(name, *words), capture_output=True, text=True, timeout=180)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def result(name: str, *words: str, code: int = 0) -> Any:
    return json.loads(run(name, *words, "--json", code=code))


def write_plan(folder: Path, name: str, facilities: int = 2) -> Path:
    def facility(k: int) -> dict[str, Any]:
        ports = [{"name": "lan1", "camera": 1}, {"name": "lan2", "camera": 2}, {"name": "lan8", "box": True}]
        switch = {"slot": 30, "address": "192.168.1.30", "mac": f"52:54:00:0c:{k:02}:30", "driver": "linux", "ports": ports}
        return {
            "switches": [switch] if k == 2 else [],
            "code": f"an-nhon-{k:02}",
            "number": k,
            "lan": {"network": "192.168.1.0/24", "box_address": "192.168.1.1", "topology": "routed"},
            "uplink": {"kind": "dhcp"},
            "box": {"mac": f"52:54:00:0b:{k:02}:01", "lan_mac": f"52:54:00:0b:{k:02}:02"},
            "cameras": [
                {"slot": s, "address": f"192.168.1.{10 + s}", "mac": f"52:54:00:0c:{k:02}:{s:02}", "make": "hikvision", "port": 80}
                for s in (1, 2)
            ],
        }

    path = folder / f"{name}.json"
    path.write_text(
        json.dumps(
            {
                "lab": name,
                "inventory": str(folder),
                "province": "binh-dinh",
                "hub": {"address": "203.0.113.10"},
                "centre": {"address": "203.0.113.20"},
                "office": {"address": "203.0.113.30"},
                "facilities": [facility(k) for k in range(1, facilities + 1)],
            }
        )
    )
    return path


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    name = f"t{os.getpid()}"
    run(name, "up", str(write_plan(tmp_path_factory.mktemp("plan"), name)))
    yield name
    run(name, "down")


@pytest.fixture
def switched(lab: str) -> Iterator[str]:
    """Facility B, whose switch is a Linux machine, with its box plugged in and holding its LAN address."""
    run(lab, "plug", B)
    run(lab, "exec", B, "--", "sh", "-c", "ip addr replace 192.168.1.1/24 dev eth1; ip link set eth1 up")
    yield lab
    run(lab, "unplug", B)


@pytest.fixture
def plugged(lab: str) -> Iterator[str]:
    """Facility A with its box plugged in and holding its LAN address."""
    run(lab, "plug", A)
    run(lab, "exec", A, "--", "sh", "-c", "ip addr replace 192.168.1.1/24 dev eth1; ip link set eth1 up")
    yield lab
    run(lab, "unplug", A)


def test_up_ends_with_machines_that_run_and_a_marker_that_names_them(lab: str) -> None:
    found = result(lab, "status")
    assert found["up"]
    assert all(m["on"] for m in found["machines"].values()) and all(c["running"] for c in found["devices"].values())
    marker = json.loads((layout.RUN / lab / "lab.json").read_text())
    assert set(marker["machines"]) == {"hub", "centre", A, B, f"{B}-lan"}
    assert (layout.NETNS / marker["office_netns"]).exists()


def test_a_blank_box_has_systemd_and_sshd_but_neither_python_nor_package_sources(lab: str) -> None:
    until(lambda: run_state(lab, A) == "running")
    script = '! command -v python3 && test -z "$(find /etc/apt/sources.list* -type f)" && cat /etc/machine-id'
    assert run(lab, "exec", A, "--", "sh", "-c", script) == run(lab, "exec", B, "--", "cat", "/etc/machine-id")


def run_state(name: str, machine: str) -> str:
    done = subprocess.run(command(name, "exec", machine, "--", "systemctl", "is-system-running"), capture_output=True, text=True)
    return done.stdout.strip()


def test_the_host_sees_no_mount_and_no_interface_of_the_lab(lab: str) -> None:
    assert str(layout.VAR / lab) not in Path("/proc/self/mountinfo").read_text()
    links = json.loads(subprocess.run(["ip", "-json", "link"], capture_output=True, text=True, check=True).stdout)
    assert not [link for link in links if link["ifname"].startswith(("b1", "c1", "wan", "bench"))]


def test_the_office_reaches_a_box_on_its_bench(lab: str) -> None:
    with net.inside(layout.Lab(lab).netns("office")):
        assert wait.greets("192.0.2.102")


def test_a_plugged_box_is_hidden_from_the_internet_but_gets_out(plugged: str) -> None:
    found = result(plugged, "scan-from-outside", A)
    assert found["proven"] and found["probes"] > 5000 and found["arrived"] == []
    run(plugged, "exec", A, "--", "bash", "-c", "exec 3<>/dev/tcp/203.0.113.10/22 && read -u 3 line && [[ $line == SSH-* ]]")


def test_the_scan_notices_a_router_that_lets_packets_in(plugged: str) -> None:
    netns = layout.Lab(plugged).netns(f"{A}-router")
    net.nft(netns, "insert rule inet nat forward accept\n")
    try:
        assert result(plugged, "scan-from-outside", A, code=1)["arrived"]
    finally:
        handle = subprocess.run(["ip", "netns", "exec", netns, "nft", "-a", "list", "chain", "inet", "nat", "forward"], capture_output=True)
        number = next(line for line in handle.stdout.decode().splitlines() if line.strip().startswith("accept")).split()[-1]
        net.nft(netns, f"delete rule inet nat forward handle {number}\n")
    assert result(plugged, "scan-from-outside", A)["arrived"] == []


def test_cameras_behind_a_box_that_does_not_forward_reach_nothing(plugged: str) -> None:
    found = result(plugged, "reachout", A)
    assert found["unproven"] == []
    assert [(c["slot"], c["able"], c["reached"]) for c in found["cameras"]] == [(1, True, []), (2, True, [])]


def test_packets_of_a_camera_that_get_out_are_reported_with_their_camera(plugged: str) -> None:
    run(plugged, "exec", A, "--", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    run(plugged, "camera", f"{A}/2", "unplug")
    try:
        first, second = result(plugged, "reachout", A, code=1)["cameras"]
    finally:
        run(plugged, "camera", f"{A}/2", "plug")
        run(plugged, "exec", A, "--", "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    assert "hub 203.0.113.10" in first["reached"] and "internet 198.51.100.1" in first["reached"]
    assert (second["able"], second["reached"]) == (False, [])


def connects(name: str, part: str, address: str, port: int) -> bool:
    with net.inside(layout.Lab(name).netns(part)):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with client:
        client.settimeout(1)
        return client.connect_ex((address, port)) == 0


def test_a_switch_that_is_a_machine_carries_everything_and_isolates_its_ports_when_told(switched: str) -> None:
    until(lambda: connects(switched, f"{B}-c1", "192.168.1.1", 22))
    assert connects(switched, f"{B}-c1", "192.168.1.12", 80), "nobody has isolated its ports yet"
    run(switched, "exec", f"{B}-lan", "--", "sh", "-c", "for port in lan1 lan2; do bridge link set dev $port isolated on; done")
    assert not connects(switched, f"{B}-c1", "192.168.1.12", 80)
    assert connects(switched, f"{B}-c1", "192.168.1.1", 22), "the box's port is not isolated"
    run(switched, "power", f"{B}-lan", "cut")
    assert not connects(switched, f"{B}-c1", "192.168.1.1", 22)
    run(switched, "power", f"{B}-lan", "on")
    until(lambda: connects(switched, f"{B}-c1", "192.168.1.1", 22))


def test_a_camera_replaced_by_another_model_is_a_stranger_at_the_same_address(lab: str) -> None:
    run(lab, "camera", f"{A}/2", "set", "hostname", "mine")
    made = json.loads(run(lab, "camera", f"{A}/2", "replace", "IPC-T", "--make", "dahua"))
    assert made["mac"] not in ("52:54:00:0c:01:02", "") and (made["make"], made["model"]) == ("dahua", "IPC-T")
    assert made["mac"] in run(lab, "exec", f"{A}/2", "--", "ip", "link", "show", "eth0")
    assert json.loads(run(lab, "camera", f"{A}/2", "get", "hostname")) != "mine"
    assert connects(lab, f"{A}-c1", "192.168.1.12", 80)
    back = json.loads(run(lab, "camera", f"{A}/2", "restore"))
    assert (back["make"], back["mac"]) == ("hikvision", "52:54:00:0c:01:02")
    assert json.loads(run(lab, "camera", f"{A}/2", "get", "hostname")) == "mine"
    assert back["mac"] in run(lab, "exec", f"{A}/2", "--", "ip", "link", "show", "eth0")
    run(lab, "camera", f"{A}/2", "restore", code=2)


def test_a_camera_without_power_is_gone_and_keeps_what_it_knew(lab: str) -> None:
    run(lab, "camera", f"{A}/1", "set", "hostname", "kept")
    run(lab, "camera", f"{A}/1", "power", "off")
    assert not connects(lab, f"{A}-c2", "192.168.1.11", 80)
    run(lab, "camera", f"{A}/1", "power", "on")
    assert connects(lab, f"{A}-c2", "192.168.1.11", 80)
    assert json.loads(run(lab, "camera", f"{A}/1", "get", "hostname")) == "kept"


def udp_arrives(name: str) -> bool:
    """Does a datagram from A's box reach the internet's clock and its answer come back?"""
    with net.inside(layout.Lab(name).netns(A)):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client:
        client.settimeout(0.5)
        client.sendto(bytes([0x23]) + bytes(47), (layout.INTERNET_ROUTER, ntp.PORT))
        try:
            return len(client.recv(100)) == 48
        except TimeoutError:
            return False


def test_a_router_eats_udp_and_only_udp_until_told_to_stop(plugged: str) -> None:
    assert udp_arrives(plugged)
    run(plugged, "router", A, "eat-udp", "on")
    assert not udp_arrives(plugged)
    run(plugged, "exec", A, "--", "bash", "-c", "exec 3<>/dev/tcp/203.0.113.10/22")
    run(plugged, "router", A, "eat-udp", "off")
    assert udp_arrives(plugged)


def test_a_long_line_takes_its_time_both_ways_and_carries_everything(plugged: str) -> None:
    def answered_after() -> float:
        with net.inside(layout.Lab(plugged).netns(A)):
            client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with client:
            client.settimeout(20)
            client.connect(("203.0.113.10", 22))
            client.recv(100)
            begun = time.monotonic()
            client.sendall(b"SSH-2.0-lab\r\n")
            assert client.recv(4000)
            return time.monotonic() - begun

    run(plugged, "router", A, "delay", "1000")
    assert answered_after() >= 2
    run(plugged, "router", A, "delay", "0")
    assert answered_after() < 2
    run(plugged, "router", A, "delay", "long", code=2)


def test_the_clock_of_the_internet_is_off_by_what_it_is_told(lab: str) -> None:
    def error() -> float:
        with net.inside(layout.Lab(lab).netns("hub")):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with client:
            client.settimeout(5)
            client.sendto(bytes([0x23]) + bytes(47), (layout.INTERNET_ROUTER, ntp.PORT))
            return struct.unpack("!Q", client.recv(100)[40:48])[0] / 2**32 - ntp.EPOCH - time.time()

    assert abs(error()) < 1
    run(lab, "ntp", "-7.5")
    assert abs(error() + 7.5) < 1
    run(lab, "ntp", "0")


def boots(name: str, machine: str) -> int:
    return int((layout.Lab(name).machine(machine) / "boots").read_text())


def test_a_reboot_keeps_the_disk_and_forgets_what_a_kernel_forgets(lab: str) -> None:
    before = boots(lab, B)
    run(lab, "exec", B, "--", "sh", "-c", "echo kept > /root/kept; ip route add 198.51.100.77 dev eth0; ip link add forgotten type bridge")
    subprocess.run(command(lab, "exec", B, "--", "systemctl", "reboot"), capture_output=True, timeout=30)
    until(lambda: boots(lab, B) == before + 1)
    run(lab, "power", B, "on")
    assert run(lab, "exec", B, "--", "sh", "-c", "cat /root/kept; ip route; ip -br link").count("198.51.100.77") == 0
    assert "forgotten" not in run(lab, "exec", B, "--", "ip", "-br", "link")
    assert run(lab, "exec", B, "--", "cat", "/root/kept") == "kept\n"


def test_a_power_cut_loses_what_was_not_synced_and_nothing_else(lab: str) -> None:
    run(lab, "exec", B, "--", "sh", "-c", "echo safe > /root/synced; sync /root/synced /root; echo gone > /root/unsynced")
    run(lab, "power", B, "cut")
    assert not result(lab, "status")["machines"][B]["on"]
    run(lab, "power", B, "on")
    assert "synced" in run(lab, "exec", B, "--", "ls", "/root").split()
    assert "unsynced" not in run(lab, "exec", B, "--", "ls", "/root").split()


def answer_on_the_bench(name: str, address: str) -> str:
    """How a closed port there answers: `refused` by a kernel that is up, else `silence`."""
    with net.inside(layout.Lab(name).netns("office")):
        try:
            socket.create_connection((address, 9), timeout=1.5).close()
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "silence"
    return "open"


def test_a_machine_that_is_off_answers_nobody(lab: str) -> None:
    assert answer_on_the_bench(lab, "192.0.2.102") == "refused"
    run(lab, "power", B, "off")
    assert answer_on_the_bench(lab, "192.0.2.102") == "silence"
    run(lab, "power", B, "on")
    assert answer_on_the_bench(lab, "192.0.2.102") == "refused"


def test_a_replacement_is_blank_and_has_addresses_of_its_own(lab: str) -> None:
    run(lab, "plug", B)
    run(lab, "exec", B, "--", "touch", "/root/secret")
    made = result(lab, "replace", B)
    assert made["bench_address"] == "192.0.2.102" and made["mac"] != "52:54:00:0b:02:01"
    assert run(lab, "exec", B, "--", "ls", "/root") == ""
    assert run(lab, "exec", B, "--", "cat", "/sys/class/net/eth0/address").strip() == made["mac"]
    assert not result(lab, "status")["machines"][B]["plugged"]


def test_a_camera_can_be_changed_behind_everybodys_back(lab: str) -> None:
    run(lab, "camera", f"{A}/1", "set", "encoder.width", "704")
    assert run(lab, "camera", f"{A}/1", "get", "encoder.width").strip() == "704"
    run(lab, "camera", f"{A}/9", "get", code=2)


def test_exec_passes_the_exit_status_on_and_an_unknown_machine_is_a_usage_error(lab: str) -> None:
    run(lab, "exec", "hub", "--", "sh", "-c", "exit 7", code=7)
    run(lab, "exec", "office", "--", "sh", "-c", "exit 8", code=8)
    done = subprocess.run(command(lab, "exec", "nobody", "--", "true"), capture_output=True, text=True)
    assert done.returncode == 2 and A in done.stderr


def test_two_labs_live_side_by_side_and_one_goes_alone(lab: str, tmp_path: Path) -> None:
    other = f"u{os.getpid()}"
    run(other, "up", str(write_plan(tmp_path, other, facilities=1)), "--no-cameras")
    run(other, "down")
    assert down.remains(layout.Lab(other)) == []
    found = result(lab, "status")
    assert all(m["on"] for m in found["machines"].values()) and all(c["running"] for c in found["devices"].values())


def test_a_lab_raised_from_a_kept_one_goes_on_where_that_was(plugged: str, tmp_path: Path) -> None:
    run(plugged, "exec", A, "--", "sh", "-c", "echo kept > /root/kept; rm /etc/issue")
    run(plugged, "camera", f"{A}/1", "set", "hostname", "kept")
    run(plugged, "keep", str(tmp_path / "kept"))
    assert result(plugged, "status")["machines"][A]["plugged"], "the lab that was kept goes on"
    run(plugged, "exec", A, "--", "sh", "-c", "echo later > /root/kept")

    other = f"w{os.getpid()}"
    again = json.loads((tmp_path / "kept/plan.json").read_text()) | {"lab": other}
    (tmp_path / "again.json").write_text(json.dumps(again))
    try:
        run(other, "up", str(tmp_path / "again.json"), "--from", str(tmp_path / "kept"))
        assert run(other, "exec", A, "--", "sh", "-c", "cat /root/kept; test ! -e /etc/issue") == "kept\n"
        assert json.loads(run(other, "camera", f"{A}/1", "get", "hostname")) == "kept"
        machines = result(other, "status")["machines"]
        assert (machines[A]["plugged"], machines[B]["plugged"]) == (True, False)
        run(other, "exec", A, "--", "sh", "-c", "echo changed > /root/kept; sync /root/kept")
        run(other, "keep", str(tmp_path / "above"))
    finally:
        run(other, "down")
    assert (tmp_path / f"kept/machines/{A}/upper/root/kept").read_text() == "kept\n", "what stands on a checkpoint leaves it alone"
    assert (tmp_path / f"above/machines/{A}/upper/root/kept").read_text() == "changed\n"
    assert str(tmp_path / f"kept/machines/{A}/upper") in (tmp_path / f"above/machines/{A}/layers").read_text().split(":")


def test_what_is_no_checkpoint_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    name = f"x{os.getpid()}"
    run(name, "up", str(write_plan(tmp_path, name)), "--from", str(tmp_path / "nothing"), code=2)
    assert down.remains(layout.Lab(name)) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("word", ["network", "machines switched on", "simulated devices started"])
def test_an_up_that_is_stopped_half_way_is_taken_away_or_begun_anew(how: signal.Signals, word: str, tmp_path: Path) -> None:
    name = f"v{os.getpid()}"
    plan = write_plan(tmp_path, name, facilities=1)
    half = subprocess.Popen(
        [*command(name, "up", str(plan)), "--lang", "en"],
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell are deaf to Ctrl-C, and what they start would be.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert half.stderr
    for line in half.stderr:
        if word in line:
            half.send_signal(how)
            break
    assert half.wait(60) in (130, -how)
    try:
        assert down.remains(layout.Lab(name))
        if how is signal.SIGKILL:
            run(name, "up", str(plan), "--no-cameras")
    finally:
        run(name, "down")
    assert down.remains(layout.Lab(name)) == []
