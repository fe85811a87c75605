"""Evidence and sites to judge: a facility where everything is as wanted, to be spoiled one thing at a time."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from province.judging.verdict import Occasion, judge
from province.measure.subjects import BOX_RECORDER, Camera, Papers, Recorder, Site, Switch
from province.model import Waiver
from province.standard.checks import Standard
from province.standard.load import load

ZONES = ("corridor", "lobby", "yard", "sampling")
LEVELS = {"admin": "Administrator", "kn-view": "User"}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMcs"
NTP = "192.168.1.1"
NOW = "2026-01-31T12:00:00+00:00"
DAYS = [f"2026-01-{day}" for day in range(24, 31)]
PAPERS = Papers(
    surveyed_on="2025-05-08",
    plan={"by": "Sở TT&TT", "date": "2025-05-10"},
    focal_point={"full_name": "Nguyễn Văn An", "title": "Trưởng ban", "phone": "02560001001", "email": "a@binh-dinh.example"},
)
CANT_BE_TOLD = {"firmware_current"}
"""Unknown until a province writes down each make's least version."""


def site(
    code: str = "an-nhon-01", topology: str = "routed", excused: tuple[str, ...] | None = None, by: str = "recorder", **more: Any
) -> Site:
    """`by`: who records; a network recorder in slot 20, the box, or nobody."""
    recorder = {"recorder": ("R20",), "box": (BOX_RECORDER,), "none": ()}[by]
    cameras = tuple(
        Camera(slot, f"{code.upper()} C{slot:02d}", zone, zone, f"10.128.0.{slot}", levels=LEVELS, recorders=recorder, channel=slot,
               bought="2021-05-01")
        for slot, zone in enumerate(ZONES, 1)
    )  # fmt: skip
    recorders = {"recorder": (Recorder(20, "phòng bảo vệ", "10.128.0.20", driver="hikvision"),), "box": (Recorder(),), "none": ()}[by]
    wanted = load().threshold("zones_covered", "zones")
    reasons = {zone: "hành lang trong nhà" for zone in (wanted if excused is None else excused) if zone not in ZONES}
    rest = {
        "recorders": recorders,
        "switches": (Switch(30, "tủ mạng", "192.168.1.30"),),
        "recording": by,
        "ntp": NTP,
        "papers": PAPERS,
        "area": "an-nhon",
    } | more
    return Site("BD-0001", code, "Trường quân sự", 1, "10.5.0.1", topology, cameras, reasons, HOST_KEY, **rest)


def stream(**more: Any) -> dict[str, Any]:
    good = {
        "ok": True, "codec": "h264", "width": 1920, "height": 1080, "packets": 61, "seconds": 4.1, "audio": False,
        "first_picture_s": 0.3, "fps_timestamps": 15.0, "fps_arrival": 14.9, "keyframe_s": 2.0, "keyframe_at_least_s": 2.0, "keyframes": 3,
    }  # fmt: skip
    return good | more


def camera(name: str, **more: Any) -> dict[str, Any]:
    return {
        "clock": {"ok": True, "offset_s": 0.2, "rtt_s": 0.01, "uncertainty_s": 0.5},
        "settings": {
            "ok": True,
            "accounts": LEVELS,
            "viewer_login": True,
            "name": name,
            "discovery": "NonDiscoverable",
            "ntp": {"servers": [NTP], "from_dhcp": False, "on": True},
            "encoders": {
                "main": {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "gov": 30},
                "sub": {"codec": "h264", "width": 640, "height": 360, "fps": 10, "gov": 20},
            },
            "services": {"telnet": False, "upnp": False},
            "osd": ["2026-01-01", name],
        },
        "stream_hub": stream(),
        "stream_centre": stream(),
        "stream_without_login": {"ok": True, "status": 401},
        "factory_login": {"ok": True, "accepted": False, "at": "2026-01-01T00:00:00Z"},
        "passwords": {"ok": True, "shared_with": []},
    } | more


def footage(**more: Any) -> dict[str, Any]:
    """A camera recorded for 31 days without a hole."""
    return {
        "ok": True, "at": NOW, "kept_from": "2025-12-31T12:00:00+00:00", "last": "2026-01-31T11:59:30+00:00", "behind_s": 30.0,
        "days_kept": 31.0, "searched_from": "2026-01-01T12:00:00+00:00", "gaps": [], "gaps_in_all": 0, "mode": "continuous",
    } | more  # fmt: skip


def recorder(of: Site, **more: Any) -> dict[str, Any]:
    return {
        "clock": {"ok": True, "offset_s": 0.4, "uncertainty_s": 0.5},
        "storage": {"ok": True, "disks": [{"name": "hdd1", "status": "ok", "total_mb": 4000000, "free_mb": 0}]},
        "recordings": {"ok": True, "cameras": {str(c.slot): footage() for c in of.cameras}},
    } | more


def history(of: Site, days: int = 7, share: float = 0.999) -> dict[str, Any]:
    """A hub that has heard of the facility for long enough, or for `days` whole days."""
    each = [[share, share]] * days
    return {
        "ok": True, "since": "2025-06-01T00:00:00Z", "days": DAYS[len(DAYS) - days :], "cameras": {str(c.slot): each for c in of.cameras},
        "link": each, "silences": {"times": 0, "longest_s": 0.0, "last": None},
    }  # fmt: skip


def evidence(of: Site) -> dict[str, Any]:
    return {
        "hub": {
            "ok": True, "connected": True, "silent_s": 4.0, "tunnel": {"handshake_age_s": 20}, "lifeline": {"up": True},
            "first_seen": "2025-06-01T00:00:00Z", "clock": {"synced": True, "offset_s": 0.0004, "source": "10.5.0.254"},
            "state_age_s": 20.0,
        },
        "history": history(of),
        "tunnel": {"ok": True, "alive": True, "rtt_ms": 2.1, "tries": 1},
        "ssh": {"ok": True, "host_key": HOST_KEY, "methods": {"ketnoi": ["publickey"], "root": ["publickey"]}},
        "ports": {"ok": True, "open": [22], "tried": 90},
        "confined": {"ok": True, "reached": [], "derived": False},
        "cameras": {str(c.slot): camera(c.name) for c in of.cameras},
        "recorders": {each.subject: recorder(of) for each in of.recorders},
        "switches": {each.subject: {"reach": {"ok": True, "banner": "SSH-2.0-ROSSSH"}} for each in of.switches},
    }  # fmt: skip


def verdict(
    *pairs: tuple[Site, dict[str, Any]],
    standard: Standard | None = None,
    profile: str = "full",
    waivers: Sequence[Waiver] = (),
    at: str = NOW,
) -> dict[str, Any]:
    occasion = Occasion("binh-dinh", "an-nhon", None, profile, at, 12.0, {"commit": None, "digest": "sha256:0"})
    document = {"sites": {of.code: deepcopy(found) for of, found in pairs}}
    return judge(document, standard or load(), [of for of, _ in pairs], occasion, waivers)


def row(document: dict[str, Any], check: str, subject: str | None = None) -> dict[str, Any]:
    rows = [r for r in document["facilities"][0]["checks"] if r["id"] == check and subject in (None, r["subject"])]
    assert rows, f"no check {check} of {subject}"
    return rows[0]


def classes(document: dict[str, Any]) -> dict[str, str | None]:
    """Each device's class, by subject."""
    return {device["subject"]: device["class"] for device in document["facilities"][0]["devices"]}
