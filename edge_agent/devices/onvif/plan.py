"""What differs between a device and what is wanted of it, and what ONVIF can't bring about. Pure: no device, no clock, no file."""

from dataclasses import replace

from edge_agent.contract.devices import Wanted
from edge_agent.contract.text import Text
from edge_agent.devices import normalise, planning
from edge_agent.devices.model import Change, Current, Problem
from edge_agent.devices.onvif.network import KEPT_ON
from edge_agent.devices.onvif.read import scope_name
from edge_agent.devices.planning import CLOCK_TOLERANCE_S, SECRET, EncoderTarget, encoder_target

__all__ = ["CLOCK_TOLERANCE_S", "SECRET", "SERVICES", "VIEWER_LEVEL", "EncoderTarget", "encoder_target", "plan", "shortfalls"]

VIEWER_LEVEL = "User"
SERVICES = ("https", "multicast")
"""Those of `Wanted.services_off` that ONVIF has a word for. A device may list another among its protocols all the same."""
_NO_SUB = Text("thiết bị không có luồng phụ", "the device has no sub stream")
_SMART = Text(
    "ONVIF không tắt được mã hoá thông minh (H.264+, Smart Codec); so với luồng thật khi kiểm tra",
    "ONVIF can't switch a smart codec off (H.264+, Smart Codec); the stream itself tells when it is verified",
)
_SOUND = Text("thiết bị không bỏ được âm thanh khỏi luồng", "the device won't take the sound out of its stream")


def plan(current: Current, wanted: Wanted) -> list[Change]:
    """The changes that turn `current` into `wanted`, in the order in which they are made. Nothing differs: empty.

    Services come late, because devices restart their web server after them.
    """
    return [
        *planning.clock(current, wanted),
        *_name(current, wanted),
        *planning.encoder(current.main, wanted.encoder),
        *planning.encoder(current.sub, wanted.sub_encoder, "sub_encoder"),
        *([] if osd_is_longest(current, wanted) else planning.osd(current, wanted)),
        *([] if _keeps_sound(current) else planning.audio(current, wanted)),
        *_discovery(current, wanted),
        *planning.viewer(current, wanted, VIEWER_LEVEL),
        *_services(current, wanted),
        *planning.admin(current, wanted),
        *planning.network(current, wanted),
    ]


def shortfalls(current: Current, wanted: Wanted) -> list[Problem]:
    """Where the device's own limits keep it from the wanted: class "obsolete" if it can't meet it, "limited" if it gets the
    nearest, "unsupported" where ONVIF has no word for what is wanted."""
    found = []
    if not any(p.field == "encoders" for p in current.problems):
        found += planning.encoder_shortfalls(current.main, wanted.encoder)
        found += planning.encoder_shortfalls(current.sub, wanted.sub_encoder, "sub_encoder")
        found += [Problem("limited", "sub_encoder", _NO_SUB)] if wanted.sub_encoder and current.main and not current.sub else []
    if osd_is_longest(current, wanted):
        found.append(osd_cut(wanted.osd or "", current.osd or ""))
    if _keeps_sound(current) and wanted.audio == "off" and current.audio_profiles:
        found.append(audio_kept())
    seen = {name for name, _ in current.served}
    unseen = ", ".join(s for s in wanted.services_off if s not in (*SERVICES, *KEPT_ON) and s not in seen)
    if unseen:
        vi, en = (
            f"ONVIF không cho biết: {unseen}; xem giao diện của thiết bị",
            f"ONVIF doesn't tell of {unseen}; see the device's own pages",
        )
        found.append(Problem("unsupported", "services", Text(vi, en)))
    if wanted.smart_codec == "off" and wanted.encoder is not None:
        found.append(Problem("unsupported", "smart_codec", _SMART))
    return found


def osd_is_longest(current: Current, wanted: Wanted) -> bool:
    """The text is as much of the wanted as this device was found to keep."""
    return bool(wanted.osd) and dict(current.limits).get("osd") == {"wanted": wanted.osd, "kept": current.osd}


def osd_cut(wanted: str, kept: str) -> Problem:
    return Problem("limited", "osd", Text(f"chỉ giữ được “{kept}” của “{wanted}”", f"of “{wanted}” it keeps “{kept}”"))


def audio_kept() -> Problem:
    return Problem("limited", "audio", _SOUND)


def _keeps_sound(current: Current) -> bool:
    return bool(dict(current.limits).get("audio_kept"))


def _name(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.name is None:
        return []
    changes, host = [], normalise.hostname(wanted.name)
    if current.hostname is not None and current.hostname != host:
        changes.append(Change("hostname", "hostname", current.hostname or None, host))
    if current.scopes is not None and (name := scope_name(current.scopes)) != wanted.name:
        changes.append(Change("name", "name", name, wanted.name))
    return changes


def _services(current: Current, wanted: Wanted) -> list[Change]:
    """Protocols, and multicast, which is a setting of the streams."""
    off = planning.services(current, replace(wanted, services_off=tuple(s for s in wanted.services_off if s not in KEPT_ON)))
    return [replace(c, group="multicast") if c.field == "service.multicast" else c for c in off]


def _discovery(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.discovery is None or current.discovery is None or current.discovery == wanted.discovery:
        return []
    return [Change("discovery", "discovery", current.discovery, wanted.discovery)]
