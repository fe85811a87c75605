"""What differs between a device and what is wanted of it, and what ONVIF can't bring about. Pure: no device, no clock, no file."""

from dataclasses import replace

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import normalise, planning
from edge_agent.devices.model import Change, ObservedDevice, Problem
from edge_agent.devices.onvif.network import KEPT_ON
from edge_agent.devices.onvif.read import scope_name
from edge_agent.devices.planning import SECRET, EncoderTarget, encoder_target

__all__ = ["SECRET", "SERVICES", "VIEWER_LEVEL", "EncoderTarget", "encoder_target", "plan", "shortfalls"]

VIEWER_LEVEL = "User"
SERVICES = ("https", "multicast")
"""Those of `DesiredDevice.services_off` that ONVIF has a word for. A device may list another among its protocols all the same."""
_NO_SUB = Text("thiết bị không có luồng phụ", "the device has no sub stream")
_SMART = Text(
    "ONVIF không tắt được mã hoá thông minh (H.264+, Smart Codec); so với luồng thật khi kiểm tra",
    "ONVIF can't switch a smart codec off (H.264+, Smart Codec); the stream itself tells when it is verified",
)
_SOUND = Text("thiết bị không bỏ được âm thanh khỏi luồng", "the device won't take the sound out of its stream")


def plan(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """The changes that turn `observed` into `desired`, in the order in which they are made. Nothing differs: empty.

    Services come late, because devices restart their web server after them.
    """
    return [
        *planning.clock(observed, desired),
        *_name(observed, desired),
        *planning.encoder(observed.main, desired.encoder),
        *planning.encoder(observed.sub, desired.sub_encoder, "sub_encoder"),
        *([] if osd_is_longest(observed, desired) else planning.osd(observed, desired)),
        *([] if _keeps_sound(observed) else planning.audio(observed, desired)),
        *_discovery(observed, desired),
        *planning.viewer(observed, desired, VIEWER_LEVEL),
        *_services(observed, desired),
        *planning.admin(observed, desired),
        *planning.network(observed, desired),
    ]


def shortfalls(observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
    """Where the device's own limits keep it from the wanted: class "obsolete" if it can't meet it, "limited" if it gets the
    nearest, "unsupported" where ONVIF has no word for what is wanted."""
    found = []
    if not any(p.field == "encoders" for p in observed.problems):
        found += planning.encoder_shortfalls(observed.main, desired.encoder)
        found += planning.encoder_shortfalls(observed.sub, desired.sub_encoder, "sub_encoder")
        found += [Problem("limited", "sub_encoder", _NO_SUB)] if desired.sub_encoder and observed.main and not observed.sub else []
    if osd_is_longest(observed, desired):
        found.append(osd_cut(desired.osd or "", observed.osd or ""))
    if _keeps_sound(observed) and desired.audio == "off" and observed.audio_profiles:
        found.append(audio_kept())
    seen = {name for name, _ in observed.served}
    unseen = ", ".join(s for s in desired.services_off if s not in (*SERVICES, *KEPT_ON) and s not in seen)
    if unseen:
        vi, en = (
            f"ONVIF không cho biết: {unseen}; xem giao diện của thiết bị",
            f"ONVIF doesn't tell of {unseen}; see the device's own pages",
        )
        found.append(Problem("unsupported", "services", Text(vi, en)))
    if desired.smart_codec == "off" and desired.encoder is not None:
        found.append(Problem("unsupported", "smart_codec", _SMART))
    return found + planning.recording_shortfalls(observed, desired)


def osd_is_longest(observed: ObservedDevice, desired: DesiredDevice) -> bool:
    """The text is as much of what is asked for as this device was found to keep."""
    return bool(desired.osd) and observed.limits.get("osd") == {"asked": desired.osd, "kept": observed.osd}


def osd_cut(desired: str, kept: str) -> Problem:
    return Problem("limited", "osd", Text(f"chỉ giữ được “{kept}” của “{desired}”", f"of “{desired}” it keeps “{kept}”"))


def audio_kept() -> Problem:
    return Problem("limited", "audio", _SOUND)


def _keeps_sound(observed: ObservedDevice) -> bool:
    return observed.limits.get("audio_kept", False)


def _name(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    if desired.name is None:
        return []
    changes, host = [], normalise.hostname(desired.name)
    if observed.hostname is not None and observed.hostname != host:
        changes.append(Change("hostname", "hostname", observed.hostname or None, host))
    if observed.scopes is not None and (name := scope_name(observed.scopes)) != desired.name:
        changes.append(Change("name", "name", name, desired.name))
    return changes


def _services(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """Multicast, which is a setting of the streams; and protocols, last, since devices restart their web server after them."""
    off = planning.services(observed, replace(desired, services_off=tuple(s for s in desired.services_off if s not in KEPT_ON)))
    streams = [replace(c, group="multicast") for c in off if c.field == "service.multicast"]
    return [*streams, *(c for c in off if c.field != "service.multicast")]


def _discovery(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    if desired.discovery is None or observed.discovery is None or observed.discovery == desired.discovery:
        return []
    return [Change("discovery", "discovery", observed.discovery, desired.discovery)]
