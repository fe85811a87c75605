"""Reading a Dahua recorder: its cameras as channels, what it records of them, and its disks.

`Channel.number` counts from 1; configurations count from 0.
"""

import re
from typing import Any

from edge_agent.devices.dahua import words
from edge_agent.devices.dahua.reader import Reader
from edge_agent.devices.dahua.table import Step, Table
from edge_agent.devices.model import Channel, Problem, Storage, Wanted
from edge_agent.text import Text

SCHEDULE, ALWAYS, NEVER = 0, 1, 2
"""RecordMode[n].Mode."""
_DEVICE = re.compile(r"^(?:uuid:)?system_config_netcamera_info_(\d{1,4})$")
_NO_ADDRESS = ("", "0.0.0.0", "192.168.0.0")  # noqa: S104  what an empty slot says, not bound
_SECTION = re.compile(r"^(\d{1,5})\s+(\d{1,2}):(\d{2}):(\d{2})-(\d{1,2}):(\d{2}):(\d{2})$")
_ALWAYS_BIT, _EVENT_BITS = 1, 2 | 4
DAYS = 7
_WHOLE_DAY_S = 24 * 3600


def devices(table: Table) -> dict[int, tuple[Step, Table]]:
    """The slots of RemoteDevice by channel index, with the step that names each: "uuid:System_CONFIG_NETCAMERA_INFO_3" on
    most firmware, 3 on others."""
    found: dict[int, tuple[Step, Table]] = {}
    for step, slot in table.children("RemoteDevice").items():
        named = _DEVICE.match(step) if isinstance(step, str) else None
        index = int(named[1]) if named else step
        if isinstance(index, int):
            found[index] = step, slot
    return found


def channels(reader: Reader, wanted: Wanted) -> dict[str, Any]:
    remote = reader.config("RemoteDevice", "channels")
    titles = reader.config("ChannelTitle", "channels", optional=True)
    modes = reader.config("RecordMode", "channels.recording")
    schedules = reader.config("Record", "channels.recording", optional=True)
    online = _online(reader)
    if remote is None:
        return {}
    found = []
    for index, (_, slot) in sorted(devices(remote).items()):
        address = slot.text("Address") or ""
        if slot.flag("Enable") is False or address in _NO_ADDRESS:
            continue
        found.append(
            Channel(
                number=index + 1,
                name=titles.text("ChannelTitle", index, "Name") if titles else None,
                address=address,
                port=_port(slot),
                protocol=words.protocol(slot.text("ProtocolType") or slot.text("Vendor")),
                user=slot.text("UserName"),
                online=online.get(index),
                recording=recording(modes, schedules, index),
            )
        )
    return {"channels": tuple(found)}


def _port(slot: Table) -> int | None:
    """The camera's HTTP port, or that of its bare stream. Port alone, without HttpPort, is the HTTP port too, but for the
    maker's own protocol (37777)."""
    protocol, http = words.protocol(slot.text("ProtocolType") or slot.text("Vendor")), slot.number("HttpPort")
    if protocol == "rtsp":
        return slot.number("RtspPort")
    return slot.number("Port") if http is None and protocol != "dahua" else http


def _online(reader: Reader) -> dict[int, bool]:
    """Which cameras answer, by channel index; none where the firmware doesn't tell."""
    for script, query in (
        ("LogicDeviceManager.cgi", {"uniqueChannels[0]": -1}),
        ("logicDeviceManager.cgi", {"channel": "all"}),
    ):
        table = reader.ask(script, "getCameraState", "channels.online", query, optional=True)
        rows = (table.children("states") or table.children("channels") or table.children("list", "info")) if table else {}
        if rows:
            break
    else:
        return {}
    found = {}
    for row in rows.values():
        index, state = row.number("channel"), row.text("connectionState")
        if index is not None and state is not None:
            found[index] = state.lower() == "connected"
    return found


def recording(modes: Table | None, schedules: Table | None, index: int) -> str | None:
    """ "continuous", "motion", "schedule" or "off"; None where the device doesn't say."""
    mode = modes.number("RecordMode", index, "Mode") if modes else None
    if mode == NEVER:
        return "off"
    if mode == ALWAYS:
        return "continuous"
    days = schedules.children("Record", index, "TimeSection") if schedules else {}
    if mode is None or not days:
        return "schedule" if mode == SCHEDULE else None
    week = [_sections(days[d]) if d in days else [] for d in range(DAYS)]
    if all(_covers(day, _ALWAYS_BIT) for day in week):
        return "continuous"
    masks = [mask for day in week for mask, start, end in day if end > start]
    if not any(masks):
        return "off"
    return "motion" if not any(m & _ALWAYS_BIT for m in masks) and any(m & _EVENT_BITS for m in masks) else "schedule"


def _sections(day: Table) -> list[tuple[int, int, int]]:
    """ "39 00:00:00-23:59:59": what is recorded (bit 0: always, 1: motion, 2: alarms), from and to in seconds of the day."""
    found = []
    for section in day.children().values():
        if match := _SECTION.match(section.text() or ""):
            mask, *clock = (int(g) for g in match.groups())
            start, end = (h * 3600 + m * 60 + s for h, m, s in (clock[:3], clock[3:]))
            found.append((mask, start, min(end + 1, _WHOLE_DAY_S) if end % 60 == 59 else end))
    return found


def _covers(day: list[tuple[int, int, int]], bit: int) -> bool:
    reached = 0
    for _, start, end in sorted((s for s in day if s[0] & bit), key=lambda s: s[1]):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= _WHOLE_DAY_S


def storage(reader: Reader, wanted: Wanted) -> dict[str, Any]:
    """The disks. A recorder takes a whole disk into fixed blocks when it formats it, so "used" says nothing of what is free
    where it is all of the disk (aiodahua)."""
    table = reader.ask("storageDevice.cgi", "getDeviceAllInfo", "storage")
    if table is None:
        return {}
    rows = table.children("list", "info") or table.children("list") or table.children("info")
    found = []
    for number, row in enumerate(rows.values()):
        parts = list(row.children("Detail").values())
        total = sum(int(p.decimal("TotalBytes") or 0) for p in parts)
        used = sum(int(p.decimal("UsedBytes") or 0) for p in parts)
        broken = any(p.flag("IsError") for p in parts)
        found.append(
            Storage(
                name=row.text("Name") or f"disk {number}",
                status="failed" if broken else words.disk_state(row.text("State")),
                total_mb=total // 10**6 if total else None,
                free_mb=(total - used) // 10**6 if total > used > 0 else None,
            )
        )
    _retention(reader, wanted)
    return {"storage": tuple(found)}


def _retention(reader: Reader, wanted: Wanted) -> None:
    """How long files are kept is told, not changed: a facility may have its reasons to keep them no longer."""
    groups = reader.config("StorageGroup", "storage", optional=True)
    for group in groups.children("StorageGroup").values() if groups else ():
        name, days = group.text("Name") or "", group.number("FileHoldTime")
        if group.flag("OverWrite") is False:
            vi, en = "ngừng ghi khi ổ đĩa đầy", "recording stops when the disk is full"
            reader.problems.append(Problem("limited", f"storage.{name}", Text(f"nhóm {name}: {vi}", f"group {name}: {en}")))
        if days and wanted.recording_days and days < wanted.recording_days:
            vi, en = f"xoá sau {days} ngày, cần {wanted.recording_days}", f"deleted after {days} days, {wanted.recording_days} are wanted"
            reader.problems.append(Problem("limited", f"storage.{name}", Text(f"nhóm {name}: {vi}", f"group {name}: {en}")))
