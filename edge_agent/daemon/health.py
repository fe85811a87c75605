"""How the box itself is, subject by subject, from what costs next to nothing to look at; in the words that cameras have too.

disk         down: read_only, errors (the file system counted some), full (less than FREE_SHARE or FREE_BYTES left)
clock        down: not_synchronised, astray (more than CLOCK_S off); unknown: chrony_silent
uplink       down: no_route, no_carrier, hub_silent (no endpoint of the hub answers); measured: interface, rtt_ms, lost_share
tunnel       down: hub_silent (the hub does not answer through it); measured: handshake_age_s
lifeline     down: not_connected; unknown: not_observed
recorder     down: what the recorder says of itself, recorder_silent (it should run, and has said nothing lately); only where one should run
settings     down: settings_differ (a device is set otherwise than wanted; measured: which fields of which device); unknown:
             settings_unread (not all could be read, or not for long); only where devices were configured from this box
temperature  down: hot; only where the box can tell
power        down: on_battery; only where the box can tell
"""

import errno
import fcntl
import logging
import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from edge_agent.contract.box import Observed, SettingsRead
from edge_agent.contract.present import Measured
from edge_agent.daemon.probes import ProbeResult
from edge_agent.system import durable
from edge_agent.system.clock import Sync

log = logging.getLogger(__name__)
FREE_SHARE = 0.05
FREE_BYTES = 200 * 2**20
CLOCK_S = 0.5
HOT_C = 85.0
STALE_S = 120.0
SETTINGS_STALE_S = 2 * 86400.0
FIELDS_TOLD = 8
_RTT, _SEGMENTS_OUT, _RETRANSMITTED = 68, 136, 100
"""Offsets in Linux's struct tcp_info: tcpi_rtt (us), tcpi_segs_out, tcpi_total_retrans."""
_SIOCGIFADDR = 0x8915


@dataclass(frozen=True)
class Places:
    """Where the facts are; tests have their own."""

    state: Path = Path("/var/lib/ketnoi-agent")
    sys: Path = Path("/sys")
    observed: Path = Path("/run/ketnoi/observed.json")
    recorder: Path = Path("/run/ketnoi-recorder/status.json")
    recorder_settings: Path = Path("/etc/ketnoi/recorder.json")
    settings: Path = Path("/run/ketnoi/settings.json")


class Tcp(TypedDict):
    """A connection's round trip, and which share of its segments was sent again."""

    rtt_ms: float
    lost_share: float


class _RecorderCamera(TypedDict):
    state: str


class _RecorderDisk(TypedDict):
    state: str


class _RecorderStatus(TypedDict):
    """What is read of the recorder's status: it may be one of another version."""

    written_mono: float
    disk: _RecorderDisk
    cameras: dict[str, _RecorderCamera]


@dataclass(frozen=True)
class LinkFacts:
    """What the link knows: answers by way ("tunnel", "direct"), whether a session is up and by which way, its socket's figures;
    `outside`: the hub's address on the internet."""

    answers: Mapping[str, str]
    way: str | None
    tcp: Tcp | None
    outside: str


@dataclass(frozen=True)
class Occasion:
    """All that a probe may look at. observed: what root last left for the agent, None where that is old; now: seconds since boot."""

    places: Places
    sync: Sync
    link: LinkFacts
    observed: Observed | None
    now: float


PROBES: Mapping[str, Callable[[Occasion], ProbeResult | None]] = {
    "disk": lambda at: disk(at.places),
    "clock": lambda at: clock(at.sync),
    "uplink": lambda at: uplink(at.places, at.link),
    "tunnel": lambda at: tunnel(at.link, at.observed),
    "lifeline": lambda at: lifeline(at.observed),
    "recorder": lambda at: recorder(at.places, at.now),
    "settings": lambda at: settings(at.places, at.now),
    "temperature": lambda at: temperature(at.places),
    "power": lambda at: power(at.places),
}
"""Subject -> how it is looked at; None where this box can't tell of it."""


def look(places: Places, sync: Sync, link: LinkFacts, now: float) -> dict[str, ProbeResult]:
    """Every subject that this box can tell of. now: seconds since boot."""
    occasion = Occasion(places, sync, link, _fresh(places.observed, now), now)
    found = {name: _asked(name, probe, occasion) for name, probe in PROBES.items()}
    return {name: seen for name, seen in found.items() if seen is not None}


def _asked(name: str, probe: Callable[[Occasion], ProbeResult | None], occasion: Occasion) -> ProbeResult | None:
    try:
        return probe(occasion)
    except Exception:  # a fault of ours in one subject must not end the daemon, which has cameras to watch
        log.exception("%s: looking at it failed; the others go on", name)
        return ProbeResult("unknown", "probe_failed")


def disk(places: Places) -> ProbeResult:
    try:
        stat = os.statvfs(next(path for path in (places.state, *places.state.parents) if path.exists()))
    except OSError as error:
        return ProbeResult("unknown", "not_readable", {"errno": error.errno})
    free, total = stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize
    errors = sum(_number(path) or 0 for path in (places.sys / "fs/ext4").glob("*/errors_count"))
    measured: Measured = {"free_mb": free // 10**6, "total_mb": total // 10**6, "errors": errors}
    if stat.f_flag & os.ST_RDONLY:
        return ProbeResult("down", "read_only", measured)
    if errors:
        return ProbeResult("down", "errors", measured)
    if free < FREE_BYTES and free < total * FREE_SHARE:
        return ProbeResult("down", "full", measured)
    return ProbeResult("up", None, measured)


def clock(sync: Sync) -> ProbeResult:
    if sync.synced is None:
        return ProbeResult("unknown", "chrony_silent")
    offset = sync.offset_s or 0.0
    measured: Measured = {"offset_ms": round(offset * 1000, 1), "source": sync.source}
    if not sync.synced:
        return ProbeResult("down", "not_synchronised", measured)
    return ProbeResult("down", "astray", measured) if abs(offset) > CLOCK_S else ProbeResult("up", None, measured)


def uplink(places: Places, link: LinkFacts) -> ProbeResult:
    interface = way_to(link.outside)
    if interface is None:
        return ProbeResult("down", "no_route")
    measured: Measured = {"interface": interface or None}
    if link.tcp:
        measured |= {"rtt_ms": link.tcp["rtt_ms"], "lost_share": link.tcp["lost_share"]}
    if interface and _number(places.sys / "class/net" / interface / "carrier") == 0:
        return ProbeResult("down", "no_carrier", measured)
    answered = link.way is not None or {"answers", "refuses"} & set(link.answers.values())
    if answered:
        return ProbeResult("up", None, measured)
    return ProbeResult("down", "hub_silent", measured) if link.answers else ProbeResult("unknown", "not_probed_yet", measured)


def tunnel(link: LinkFacts, observed: Observed | None) -> ProbeResult:
    measured: Measured = {"handshake_age_s": observed["handshake_age_s"]} if observed else {}
    if link.way == "tunnel":
        return ProbeResult("up", None, measured)
    answer = link.answers.get("tunnel")
    if answer is None:
        return ProbeResult("unknown", "not_probed_yet", measured)
    return ProbeResult("up", None, measured) if answer in ("answers", "refuses") else ProbeResult("down", "hub_silent", measured)


def lifeline(observed: Observed | None) -> ProbeResult:
    if observed is None or observed["lifeline"] is None:
        return ProbeResult("unknown", "not_observed")
    return ProbeResult("up") if observed["lifeline"] else ProbeResult("down", "not_connected")


def recorder(places: Places, now: float) -> ProbeResult | None:
    """As the recorder's own status file has it while that is fresh; None where no recorder should run."""
    document = durable.read(_RecorderStatus, places.recorder)
    if document is None and not places.recorder_settings.exists():
        return None
    age = now - document["written_mono"] if document else None
    if document is None or age is None or not 0 <= age <= STALE_S:
        return ProbeResult("down", "recorder_silent", {"silent_s": None if age is None else round(age)})
    disk_state, cameras = document["disk"]["state"], document["cameras"]
    bad = sorted(slot for slot, one in cameras.items() if one["state"] != "recording")
    measured: Measured = {"cameras": len(cameras), "not_recording": bad, "disk": disk_state}
    if disk_state in ("full", "failed"):
        return ProbeResult("down", f"recording_disk_{disk_state}", measured)
    return ProbeResult("down", "not_recording", measured) if bad else ProbeResult("up", None, measured)


def settings(places: Places, now: float) -> ProbeResult | None:
    """As edge_agent.devices.drift last left it; None where it never looked since the boot."""
    document = durable.read(SettingsRead, places.settings)
    if document is None or not document["devices"]:
        return None
    devices = document["devices"].values()
    differs = {one["name"]: one["fields"][:FIELDS_TOLD] for one in devices if one["status"] == "differs"}
    unread = {one["name"]: one["reason"] for one in devices if one["status"] == "unread"}
    measured: Measured = {"at": document["at"], "devices": len(devices), "differs": differs, "unread": unread}
    if differs:
        return ProbeResult("down", "settings_differ", measured)
    late = now - document["mono"] > SETTINGS_STALE_S
    return ProbeResult("unknown", "settings_unread", measured) if unread or late else ProbeResult("up", None, measured)


def temperature(places: Places) -> ProbeResult | None:
    zones = [_number(path) for path in (places.sys / "class/thermal").glob("thermal_zone*/temp")]
    degrees = [value / 1000 for value in zones if value is not None and value > 0]
    if not degrees:
        return None
    measured: Measured = {"celsius": round(max(degrees), 1)}
    return ProbeResult("down", "hot", measured) if max(degrees) > HOT_C else ProbeResult("up", None, measured)


def power(places: Places) -> ProbeResult | None:
    supplies = [path.parent for path in (places.sys / "class/power_supply").glob("*/online")]
    mains = [_number(one / "online") for one in supplies if _text(one / "type") == "Mains"]
    if not mains:
        return None
    return ProbeResult("up") if any(mains) else ProbeResult("down", "on_battery")


def way_to(address: str, interfaces: Path = Path("/sys/class/net")) -> str | None:
    """The interface by which packets to `address` leave ("" where it can't be told); None: there is no route. Sends nothing.

    By a connected UDP socket and one ioctl for each interface: the hardened daemon sees no /proc/net and may not speak netlink,
    which if_nameindex(3) does.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asking:
        try:
            asking.connect((address, 9))
        except OSError as error:
            return None if error.errno in (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH) else ""
        ours = asking.getsockname()[0]
        return next((each.name for each in sorted(interfaces.iterdir()) if _address_of(asking, each.name) == ours), "")


def _address_of(sock: socket.socket, interface: str) -> str | None:
    """An interface's IPv4 address (netdevice(7))."""
    try:
        answer = fcntl.ioctl(sock, _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
    except OSError:
        return None
    return socket.inet_ntoa(answer[20:24])


def tcp_facts(sock: socket.socket) -> Tcp | None:
    """Round trip and share of segments sent again, as the kernel counts them for a connection: costs not a byte."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    except OSError:
        return None
    if len(info) < _SEGMENTS_OUT + 4:
        return None
    rtt, out, again = (struct.unpack_from("I", info, offset)[0] for offset in (_RTT, _SEGMENTS_OUT, _RETRANSMITTED))
    return {"rtt_ms": round(rtt / 1000, 1), "lost_share": round(again / out, 4) if out else 0.0}


def _fresh(path: Path, now: float) -> Observed | None:
    document = durable.read(Observed, path)
    return document if document and 0 <= now - document["mono"] <= STALE_S else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    try:
        return int(_text(path) or "")
    except ValueError:
        return None
