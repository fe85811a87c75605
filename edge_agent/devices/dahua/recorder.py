"""Reading a Dahua recorder: its cameras as channels, what it records of them, and its disks.

`Channel.number` counts from 1; configurations count from 0.
"""

import re

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices.dahua import spellings
from edge_agent.devices.dahua.reader import Reader
from edge_agent.devices.dahua.table import Step, Table
from edge_agent.devices.model import Channel, ObservedDevice, Problem, Readings, Storage

SCHEDULE, ALWAYS, NEVER = 0, 1, 2
"""RecordMode[n].Mode."""
_DEVICE = re.compile(r"^(?:uuid:)?system_config_netcamera_info_(\d{1,4})$")
_NO_ADDRESS = ("", "0.0.0.0", "192.168.0.0")  # noqa: S104  what an empty slot says, not bound
_SECTION = re.compile(r"^(\d{1,5})\s+(\d{1,2}):(\d{2}):(\d{2})-(\d{1,2}):(\d{2}):(\d{2})$")
_ALWAYS_BIT, _EVENT_BITS = 1, 2 | 4
_PRIVATE_PORTS = (37777, 37778)
_HAS_SOCKETS = re.compile(r"XVR|HCVR|(?<![A-Z])DVR|MHDX", re.IGNORECASE)
MOST_CHANNELS = 256
_STATES = {"connected": True, "unconnect": False, "unconnected": False, "disconnect": False, "disconnected": False, "offline": False}
"""A camera that sleeps, or of which the recorder doesn't know, is none that refuses its account."""
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


def channels(reader: Reader, desired: DesiredDevice) -> Readings:
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
                name=(titles.text("ChannelTitle", index, "Name") if titles else None) or _name(slot),
                address=address,
                port=_port(slot),
                protocol=spellings.protocol(slot.text("ProtocolType") or slot.text("Vendor")),
                user=slot.text("UserName"),
                online=online.get(index),
                recording=recording(modes, schedules, index),
            )
        )
    return {"channels": tuple(found)}


def analog(reader: Reader, observed: ObservedDevice) -> tuple[Channel, ...]:
    """The cameras on the sockets of a recorder that has such, which are no remote devices: its other channels with a title."""
    if not _HAS_SOCKETS.search(observed.identity.model or ""):
        return ()
    titles = reader.config("ChannelTitle", "channels", optional=True) or Table({})
    modes = reader.config("RecordMode", "channels.recording", optional=True)
    schedules = reader.config("Record", "channels.recording", optional=True)
    online, remote = _online(reader), {c.number for c in observed.channels}
    return tuple(
        Channel(
            index + 1,
            title.text("Name"),
            protocol="analog",
            online=online.get(index),
            recording=recording(modes, schedules, index),
        )
        for index, title in titles.children("ChannelTitle").items()
        if isinstance(index, int) and index < MOST_CHANNELS and index + 1 not in remote
    )


def _name(slot: Table) -> str | None:
    """What a slot calls its camera, for recorders that tell no titles (CP Plus)."""
    return slot.text("VideoInputs", 0, "Name") or slot.text("DeviceName") or slot.text("Name")


def _port(slot: Table) -> int | None:
    """The camera's HTTP port, or that of its bare stream. Port alone, without HttpPort, is the HTTP port too, but for the
    maker's own protocol (37777, which some slots keep whatever theirs is)."""
    protocol, http = spellings.protocol(slot.text("ProtocolType") or slot.text("Vendor")), slot.number("HttpPort")
    if protocol == "rtsp":
        return slot.number("RtspPort")
    port = slot.number("Port")
    return port if http is None and protocol != "dahua" and port not in _PRIVATE_PORTS else http


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
        index, online = row.number("channel"), _STATES.get((row.text("connectionState") or "").lower())
        if index is not None and online is not None:
            found[index] = online
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


def storage(reader: Reader, desired: DesiredDevice) -> Readings:
    """A recorder's disks; a camera's card, of which many have none and no word for it."""
    is_recorder = desired.kind == "recorder"
    table = reader.ask("storageDevice.cgi", "getDeviceAllInfo", "storage", optional=not is_recorder)
    if table is None:
        return {}
    found: Readings = {"storage": tuple(_disks(table))}
    if is_recorder:
        found["deletes_after_days"] = _retention(reader)
    return found


def _disks(table: Table) -> list[Storage]:
    """Where there is none the list is a number ("list.info=0"). A recorder takes a whole disk into fixed blocks when it formats
    it, so "used" says nothing of what is free where it is all of the disk (aiodahua)."""
    rows = table.children("list", "info") or table.children("list") or table.children("info")
    found = []
    for number, row in enumerate(r for step, r in rows.items() if isinstance(step, int)):
        parts = list(row.children("Detail").values())
        total = sum(int(p.decimal("TotalBytes") or 0) for p in parts)
        used = sum(int(p.decimal("UsedBytes") or 0) for p in parts)
        broken = any(p.flag("IsError") for p in parts)
        found.append(
            Storage(
                name=row.text("Name") or f"disk {number}",
                status="failed" if broken else spellings.disk_state(row.text("State")),
                total_mb=total // 10**6 if total else None,
                free_mb=(total - used) // 10**6 if total > used > 0 else None,
            )
        )
    return found


def _retention(reader: Reader) -> int | None:
    """After how many days files are deleted; the shortest of any group."""
    groups = reader.config("StorageGroup", "storage", optional=True)
    found: list[int] = []
    for group in groups.children("StorageGroup").values() if groups else ():
        name, days = group.text("Name") or "", group.number("FileHoldTime")
        if group.flag("OverWrite") is False:
            vi, en = "ngừng ghi khi ổ đĩa đầy", "recording stops when the disk is full"
            reader.problems.append(Problem("limited", f"storage.{name}", Text(f"nhóm {name}: {vi}", f"group {name}: {en}")))
        found += [days] if days else []
    return min(found, default=None)
