"""A Dahua recorder's own configurations: its cameras (RemoteDevice), their titles, and what it records of them.

Shapes after DHI-NVR5232-EI, DH-NVR4216 and DH-NVR608H (RCooLeR/DahuaBridge, rroller/dahua); slots and channels count from 0.
"""

from __future__ import annotations

import re
from typing import Any

from lab.camera import cgi_state
from lab.camera.cgi_tables import COMMON, Table, Values, read_only, write_own
from lab.camera.cgi_values import BadRequest, like
from lab.recorder import state as states
from lab.recorder.config import Config
from lab.recorder.shape import Recorder
from lab.recorder.state import ALWAYS, MOTION

UUID = "uuid:System_CONFIG_NETCAMERA_INFO_"
TYPES = {"onvif": "Onvif", "dahua": "Private", "hikvision": "Hikvision", "rtsp": "General"}
MASKS = {ALWAYS: 1, MOTION: 2}
SCHEDULE, MANUAL, OFF = 0, 1, 2
_SLOT = re.compile(rf"^(?:#|{UUID})(\d+)$")
_ONLY_CAMERAS = ("SmartEncode", "VideoWidget", "Multicast")


def factory(config: Config) -> dict[str, Any]:
    """The area "cgi": what cameras have too, whether each channel records by schedule, and how long files are kept."""
    own = {name: table for name, table in cgi_state.factory(config)["cgi"].items() if name not in _ONLY_CAMERAS}
    modes = {f"#{n}": {"Mode": SCHEDULE, "ModeExtra1": OFF, "ModeExtra2": OFF} for n in range(config.channels)}
    group = {"Name": "ReadWrite", "Memo": "For reading & writing", "FileHoldTime": 0, "OverWrite": True}
    return {"cgi": {**own, "RecordMode": modes, "StorageGroup": {"#0": group}}}


def _read_remote(recorder: Recorder) -> Any:
    """Each slot, used or not, under the name that this firmware has for it."""
    slots = {}
    for number, channel in recorder.channels.items():
        s, used = channel.settings, channel.settings["set"]
        name = f"#{number - 1}" if recorder.flags["cgi_bracket_slots"] else f"{UUID}{number - 1}"
        slots[name] = {
            "Address": s["address"] if used else "192.168.0.0",
            "DeviceType": "IPC" if used else "",
            "Enable": used,
            "HttpPort": 80 if s["protocol"] == "rtsp" else s["port"],
            "Name": "",
            "Password": "******" if used else "",
            "Port": 37777,
            "RtspPort": s["port"] if s["protocol"] == "rtsp" else 554,
            "ProtocolType": TYPES[s["protocol"]],
            "UserName": s["user"],
            "Vendor": TYPES[s["protocol"]],
            "VideoInputs": {"#0": {"MainStreamUrl": s["rtsp_path"], "Name": ""}},
        }
    return slots


def _write_remote(recorder: Recorder, values: Values) -> None:
    changes: dict[int, dict[str, Any]] = {}
    for (slot, *rest), value in values.items():
        match = _SLOT.match(slot)
        number = int(match[1]) + 1 if match else 0
        if number not in recorder.channels or slot.startswith("#") != recorder.flags["cgi_bracket_slots"]:
            raise BadRequest(slot)
        changes.setdefault(number, {}).update(_slot_change(rest, value))
    for number, change in changes.items():
        recorder.memory.write(f"channels.{number}", {**recorder.channels[number].settings, **change})


def _slot_change(path: list[str], value: str) -> dict[str, Any]:
    match path:
        case ["Enable"]:
            return {"set": like(True, value)}
        case ["Address"]:
            return {"address": value}
        case ["HttpPort" | "RtspPort"]:
            return {"port": like(0, value)}
        case ["UserName"]:
            return {"user": value}
        case ["Password"]:
            return {"password": value}
        case ["ProtocolType"]:
            protocol = next((ours for ours, theirs in TYPES.items() if theirs == value), None)
            if protocol is None:
                raise BadRequest(value)
            return {"protocol": protocol}
        case ["VideoInputs", "#0", "MainStreamUrl"]:
            return {"rtsp_path": re.sub(r"^rtsp://[^/]*", "", value)}
        case ["Port" | "Vendor" | "Name" | "DeviceType"]:
            return {}
        case _:
            raise BadRequest(".".join(path))


def _read_titles(recorder: Recorder) -> Any:
    return {f"#{n - 1}": {"Name": c.settings["name"] or f"Channel{n}"} for n, c in recorder.channels.items()}


def _write_titles(recorder: Recorder, values: Values) -> None:
    for path, value in values.items():
        number = int(path[0][1:]) + 1 if re.fullmatch(r"#\d{1,3}", path[0]) else 0
        if number not in recorder.channels or path[1:] != ("Name",):
            raise BadRequest(".".join(path))
        recorder.memory.write(f"channels.{number}.name", value)


def _write_modes(recorder: Recorder, values: Values) -> None:
    """What a mode does to what is recorded; by schedule it is what it was at the factory."""
    write_own(recorder, "RecordMode", values)
    for number in recorder.channels:
        mode = recorder.memory[f"cgi.RecordMode.#{number - 1}.Mode"]
        track = states.track(ALWAYS if mode == MANUAL else MOTION)
        if (f"#{number - 1}", "Mode") in values:
            recorder.memory.write(f"tracks.{number}", {**track, "enabled": mode != OFF})


def _read_modes(recorder: Recorder) -> Any:
    return recorder.memory["cgi.RecordMode"]


def _read_record(recorder: Recorder) -> Any:
    """Eight days (Sunday first, then the holiday) of six sections each: "1 00:00:00-23:59:59"."""
    found = {}
    for number in recorder.channels:
        by_schedule = recorder.memory[f"cgi.RecordMode.#{number - 1}.Mode"] == SCHEDULE
        week = recorder.memory[f"tracks.{number}"]["week"] if by_schedule else []
        days = {}
        for day in range(8):
            rows = [_section(*row[1:]) for row in week if (row[0] + 1) % 7 == day % 7]
            days[f"#{day}"] = {f"#{n}": row for n, row in enumerate([*rows, *["0 00:00:00-24:00:00"] * 6][:6])}
        found[f"#{number - 1}"] = {"PreRecord": 4, "TimeSection": days}
    return found


def _section(start: int, end: int, mode: str) -> str:
    last = end * 60 - 1
    return f"{MASKS[mode]} {start // 60:02d}:{start % 60:02d}:00-{last // 3600:02d}:{last // 60 % 60:02d}:{last % 60:02d}"


TABLES: dict[str, Table] = {
    **COMMON,
    "RemoteDevice": (_read_remote, _write_remote),
    "ChannelTitle": (_read_titles, _write_titles),
    "RecordMode": (_read_modes, _write_modes),
    "Record": (_read_record, read_only),
}
