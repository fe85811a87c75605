"""A small citizen of a small box."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from agent_services import wait_until

MAX_RESIDENT_KB = 40 * 1024


def resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def test_the_daemon_stays_within_its_memory_while_it_probes_and_talks(hub, collector, new_agent, camera):
    one = camera(factory=False)
    user, password = one.login
    slots = [str(slot) for slot in range(1, 17)]
    agent = new_agent(cameras=[{"slot": int(slot), "name": f"C{slot}", "address": one.address} for slot in slots])
    agent.logins({slot: {"user": user, "password": password} for slot in slots})
    agent.streams({slot: {"rtsp_port": one.rtsp_port, "path": "/Streaming/Channels/101", "at": "1"} for slot in slots})
    agent.start()
    wait_until(lambda: hub.rows("SELECT count(*) FROM device_state WHERE status = 'up'") == [(16,)], message=lambda: agent.log()[-800:])
    assert agent.popen is not None
    assert resident_kb(agent.popen.pid) <= MAX_RESIDENT_KB


def cpu_s(pid: int) -> float:
    """Seconds of CPU so far: what a busy machine does not change."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_the_daemon_is_ready_within_two_seconds_of_its_own(new_agent, tmp_path):
    agent = new_agent()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        agent.environment({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        agent.start()
        said = b""
        while said != b"READY=1":
            said = manager.recv(100)
    assert agent.popen is not None
    assert cpu_s(agent.popen.pid) <= 2.0


def test_the_daemon_loads_no_soap_code():
    script = (
        "import sys, edge_agent.daemon.app, edge_agent.daemon.start\n"
        "print([name for name in ('lxml', 'requests', 'edge_agent.devices', 'province') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout.strip() == "[]"
