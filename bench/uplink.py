"""`python -m bench.uplink [--minutes 15]`: the bytes that a box's connection costs a day when nothing happens, by part. Needs root.

Two network namespaces of its own, hub and box, joined by a cable: WireGuard between them (the kernel's, or wireguard-go), through it
the agent with sixteen cameras to a real broker and collector, beside it the lifeline, OpenSSH on both ends. Intervals are those that the
roles and bootstrap write; state documents are sent more often, so that the window has some, and counted as often as they are by
default. Time is not played: its part is computed from chrony.conf.j2 and says so. `ketnoi verify` and packages are not
idle and not counted; nor is what cameras stream, which leaves only when somebody looks.

Exit 1 when a day comes to more than the BUDGET.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench import packets
from bench.hub import Hub, listens, services, wait_until
from bench.idle_day import DAY, main
from bootstrap.files import lifeline_unit
from bootstrap.machine import Lifeline
from lab import layout
from lab.cables import net

ROOT = Path(__file__).resolve().parents[1]
BUDGET = 5_000_000
HUB_SPACE, BOX_SPACE = "ketnoi-bench-hub", "ketnoi-bench-box"
HUB_OUTSIDE, BOX_OUTSIDE = "192.0.2.1", "192.0.2.2"
HUB_INSIDE, BOX_INSIDE = "10.5.255.193", "10.5.0.1"
WIREGUARD_PORT, LIFELINE_PORT = 51820, 443
CAMERAS = 16
SETTLE_S = 60
STATE_S = 120
"""How often the whole state is told here."""
LEAST_MINUTES = 3.0
NTP_BYTES = 2 * 76
PARTS = ("base.packages", "base.files", "agent", "tunnel", "network", "cameras", "recorders.box", "recorders", "switches")


def wanted(path: str, pattern: str) -> str:
    """A number as a template or default of the roles has it."""
    found = re.search(pattern, (ROOT / path).read_text(encoding="utf-8"))
    if found is None:
        sys.exit(f"bench: {path} has no {pattern}")
    return found[1]


@contextmanager
def spaces() -> Iterator[None]:
    """The namespaces and their cable; this process itself moves into the hub's."""
    for name in (HUB_SPACE, BOX_SPACE):
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
        net.ip([f"netns add {name}"])
    try:
        net.ip([f"link add uplink netns {BOX_SPACE} type veth peer name uplink netns {HUB_SPACE}"])
        for name, address in ((HUB_SPACE, HUB_OUTSIDE), (BOX_SPACE, BOX_OUTSIDE)):
            net.ip(["link set lo up", f"addr add {address}/24 dev uplink", "link set uplink up"], name)
        yield
    finally:
        for name in (HUB_SPACE, BOX_SPACE):
            net.ip([f"netns delete {name}"])


@contextmanager
def tunnel(folder: Path) -> Iterator[None]:
    """WireGuard, as the roles set it up: only the box keeps it alive."""
    ends = ((HUB_SPACE, "knbenchhub", HUB_INSIDE), (BOX_SPACE, "knbenchbox", BOX_INSIDE))
    keys = [_run("wg", "genkey").strip() for _ in ends]
    public = [_run("wg", "pubkey", given=key).strip() for key in keys]
    running: list[subprocess.Popen[bytes]] = []
    keepalive = wanted("roles/tunnel/defaults/main.yml", r"tunnel_keepalive: (\d+)")
    try:
        for index, (space, interface, address) in enumerate(ends):
            with net.inside(space):
                if subprocess.run(["ip", "link", "add", interface, "type", "wireguard"], capture_output=True, check=False).returncode:
                    running.append(subprocess.Popen(["wireguard-go", "-f", interface], stderr=subprocess.DEVNULL))
                    wait_until(lambda name=interface: Path(f"/var/run/wireguard/{name}.sock").exists())
                other = ends[1 - index]
                peer = f"[Interface]\nPrivateKey = {keys[index]}\n"
                peer += f"ListenPort = {WIREGUARD_PORT}\n" if index == 0 else ""
                peer += f"[Peer]\nPublicKey = {public[1 - index]}\nAllowedIPs = {other[2]}/32\n"
                peer += f"Endpoint = {HUB_OUTSIDE}:{WIREGUARD_PORT}\nPersistentKeepalive = {keepalive}\n" if index == 1 else ""
                configuration = folder / f"{interface}.conf"
                configuration.touch(mode=0o600)
                configuration.write_text(peer)
                _run("wg", "setconf", interface, str(configuration))
            net.ip([f"addr add {address}/32 dev {interface}", f"link set {interface} mtu 1280 up"], space)
            net.ip([f"route add {other[2]}/32 dev {interface}"], space)
        yield
    finally:
        for each in running:
            each.terminate()
            each.wait()


@contextmanager
def lifeline(folder: Path) -> Iterator[None]:
    """sshd and ssh with the numbers of the role hub and of bootstrap. The role's nginx, which only passes bytes on, is left out."""
    for name in ("host", "box"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
    alive = [
        wanted("roles/hub/templates/lifeline_sshd_config.j2", rf"\n({name} \d+)") for name in ("ClientAliveInterval", "ClientAliveCountMax")
    ]
    shutil.copy(folder / "box.pub", folder / "authorized_keys")
    user = _run("id", "-un").strip()
    host = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[{HUB_OUTSIDE}]:{LIFELINE_PORT},{HUB_OUTSIDE} {host}\n")
    settings = [
        f"Port {LIFELINE_PORT}",
        f"ListenAddress {HUB_OUTSIDE}",
        f"HostKey {folder}/host",
        "PidFile none",
        "UsePAM no",
        "StrictModes no",
    ]
    settings += [f"AuthorizedKeysFile {folder}/authorized_keys", "PermitRootLogin yes", "AllowTcpForwarding remote", *alive]
    (folder / "sshd_config").write_text("\n".join(settings) + "\n")
    unit = lifeline_unit(Lifeline(endpoint=HUB_OUTSIDE, port=20001, host_key=host))
    spelled = [option for option in re.findall(r"-o (\S+)", unit) if "KnownHosts" not in option]
    options = [word for option in [*spelled, f"UserKnownHostsFile={folder}/known_hosts"] for word in ("-o", option)]
    forward = ["-i", str(folder / "box"), "-p", str(LIFELINE_PORT), "-R", "127.0.0.1:20001:127.0.0.1:22", f"{user}@{HUB_OUTSIDE}"]
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")], stderr=(folder / "sshd.log").open("wb"))
    wait_until(lambda: listens(LIFELINE_PORT, HUB_OUTSIDE), message=lambda: (folder / "sshd.log").read_text()[-500:])
    with net.inside(BOX_SPACE):
        client = subprocess.Popen(["ssh", "-N", "-T", "-F", "/dev/null", *options, *forward], stderr=(folder / "ssh.log").open("wb"))
    try:
        wait_until(lambda: b"127.0.0.1:20001" in _run("ss", "-Hltn").encode(), message=lambda: (folder / "ssh.log").read_text()[-500:])
        yield
    finally:
        for each in (client, server):
            each.terminate()
            each.wait()


@contextmanager
def agent(hub: Hub, folder: Path) -> Iterator[Path]:
    """The agent in the box's namespace, with a camera that plays sixteen; its status file."""
    from agent_processes import Agent
    from camera_process import start_camera

    with net.inside(BOX_SPACE):
        (folder / "camera").mkdir(parents=True)
        camera = start_camera(folder / "camera", factory=False)
        slots = range(1, CAMERAS + 1)
        box = Agent(
            hub, folder / "agent", cameras=[{"slot": slot, "name": f"AN-NHON-01 C{slot:02}", "address": camera.address} for slot in slots]
        )
        for short in ("link", "probe_interval_s", "probe_timeout_s", "ack_timeout_s"):
            del box.settings[short]
        box.settings |= {"link": {"boot_jitter_s": 0}, "hub": {"endpoints": [{"address": HUB_INSIDE, "port": hub.broker.port}]}}
        box.settings["snapshot_s"] = STATE_S
        box.settings |= {name: str(folder / "agent" / f"{name}.json") for name in ("observed_path", "settings_path")}
        box.write()
        user, password = camera.login
        box.logins({str(slot): {"user": user, "password": password} for slot in slots})
        box.streams({str(slot): {"rtsp_port": camera.rtsp_port, "path": "/Streaming/Channels/101", "at": "1"} for slot in slots})
        _digests(folder / "agent/converged.json")
        box.start()
    try:
        up = "SELECT count(*) FROM device_state WHERE status = 'up'"
        wait_until(lambda: hub.rows(up) == [(CAMERAS,)], 60, message=lambda: box.log()[-800:])
        yield Path(box.settings["observed_path"])
    finally:
        box.kill()
        camera.stop()


def _digests(path: Path) -> None:
    path.write_text(json.dumps({part: f"sha256:{secrets.token_hex(32)}" for part in PARTS}))


def observe(path: Path) -> None:
    """What ketnoi-observer.service writes: the state documents are as large as they are on a box."""
    mono = time.clock_gettime(time.CLOCK_BOOTTIME)
    path.with_suffix(".new").write_text(json.dumps({"schema": 1, "mono": mono, "handshake_age_s": 33.3, "lifeline": True}))
    path.with_suffix(".new").replace(path)


def measure(seconds: float) -> dict[str, Any]:
    """Bytes by part over the window."""
    with ExitStack() as stack:
        stack.enter_context(spaces())
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        net.setns(os.open(layout.NETNS / HUB_SPACE, os.O_RDONLY | os.O_CLOEXEC))
        stack.callback(lambda: net.setns(before))
        folder = Path(stack.enter_context(_place()))
        stack.enter_context(tunnel(folder))
        hub, _, home = stack.enter_context(services(HUB_INSIDE))
        stack.enter_context(lifeline(folder))
        observed = stack.enter_context(agent(hub, home / "box"))
        print(f"bench: all is up; {SETTLE_S} s to settle, then {seconds:.0f} s are heard", file=sys.stderr, flush=True)
        for _ in range(SETTLE_S):
            observe(observed)
            time.sleep(1)
        ears = [packets.Ear(BOX_SPACE, "uplink"), packets.Ear(BOX_SPACE, "knbenchbox")]
        packets.listen(ears, seconds, lambda: observe(observed))
        outer = packets.outside(ears[0].heard, WIREGUARD_PORT, LIFELINE_PORT)
        inner = packets.inside(ears[1].heard, hub.broker.port)
    return {"seconds": seconds, "outside": dict(outer), "inside": dict(inner)}


@contextmanager
def _place() -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-uplink-") as folder:
        yield Path(folder)


def rows(found: dict[str, Any], played: bool = False) -> list[tuple[str, float]]:
    """(part, bytes a day), the largest first; what the tunnel carries is shared out by what was heard inside.

    played: the box's own times were kept and chrony was there (bench.idle).
    """
    parts: Counter[str] = Counter(found["outside"])
    carried, told = parts.pop("tunnel", 0), Counter(found["inside"])
    for name, size in told.items():
        parts[f"agent: {name}"] += round(carried * size / sum(told.values()))
    scaled = {name: size * DAY / found["seconds"] for name, size in parts.items()}
    if played:
        return sorted(scaled.items(), key=lambda one: -one[1])
    beat, state = (float(wanted("edge_agent/daemon/config.py", rf'"{name}", (\d+)')) for name in ("beat_s", "snapshot_s"))
    scaled["agent: state documents"] *= STATE_S / state
    scaled["agent: beats"] *= (1 / beat - 1 / state) / (1 / beat - 1 / STATE_S)  # a state document takes a beat's place
    poll = 2 ** int(wanted("templates/box/chrony.conf.j2", r"maxpoll (\d+)"))
    scaled["time (computed)"] = NTP_BYTES * DAY / poll
    return sorted(scaled.items(), key=lambda one: -one[1])


def table(found: dict[str, Any], played: bool = False) -> str:
    told = rows(found, played)
    names = {"handshakes": "tunnel: handshakes", "keepalives": "tunnel: keepalives", "lifeline": "lifeline: SSH's questions and answers"}
    lines = ["| On the uplink, both ways, when nothing happens | kB a day | share |", "|---|---|---|"]
    whole = sum(size for _, size in told)
    lines += [f"| {names.get(name, name)} | {size / 1000:.0f} | {size / whole:.0%} |" for name, size in told]
    return "\n".join([*lines, f"| **in all** | **{whole / 1000:.0f}** | of {BUDGET / 1000:.0f}: {whole / BUDGET:.0%} |"])


def _run(*argv: str, given: str | None = None) -> str:
    return subprocess.run(argv, input=given, capture_output=True, text=True, check=True).stdout


def within(found: dict[str, Any]) -> bool:
    return sum(size for _, size in rows(found)) <= BUDGET


if __name__ == "__main__":
    sys.exit(
        main(
            "uplink",
            "Bytes a day on an idle box's uplink.",
            "namespaces",
            measure,
            table,
            minutes=15,
            least_minutes=LEAST_MINUTES,
            within=within,
        )
    )
