"""A Dahua recorder (or a relabel's) read from outside: clock, disks, and its own search for what is really recorded.

Seen on live recorders (public notes of their integrators): channels of mediaFileFind count from 1, those of configurations
from 0; times are the recorder's wall clock; a search over a channel without a file is answered 400; finders are few and must
be closed; disks stand under "list.info[n]" or "list[n]".
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from province.measure.devices import maker, spans
from province.measure.devices.dahua import cgi
from province.measure.devices.dahua.cgi import Cgi, Table
from province.measure.devices.errors import DeviceError, Login
from province.measure.devices.spans import Span
from province.measure.evidence import Clock, Disk, Failed, Footage, RecorderReading, Recordings, Storage, failed
from province.measure.request import Channel, RecorderTask

PAGE, MOST_PAGES = 100, 100
STATES = {
    "success": "ok", "normal": "ok", "ok": "ok", "running": "ok", "active": "ok", "sleeping": "ok", "error": "failed",
    "failure": "failed", "failed": "failed", "fail": "failed", "broken": "failed", "offline": "failed", "abnormal": "failed",
    "unformatted": "unformatted", "notformatted": "unformatted", "noformat": "unformatted",
}  # fmt: skip
MODES = {0: "schedule", 1: "continuous", 2: "off"}
_EMPTY = ("", "0.0.0.0", "192.168.0.0")  # noqa: S104  what an empty slot says
_SLOT = re.compile(r"remotedevice(?:\[(\d{1,4})\]|\.(?:uuid:)?system_config_netcamera_info_(\d{1,4}))\.(\w+)$")
_WHOLE_DAY = re.compile(r"^(\d+)\s+0{1,2}:00:00-(?:23:59:59|24:00:00)$")


def read(task: RecorderTask) -> RecorderReading:
    """Raises AuthRejected, DeviceError."""
    device = Cgi(task["host"], task["port"], task.get("seconds", 20.0))
    try:
        device.arrive()
        device.enter(Login(**task["accounts"]["admin"]))
        ahead = cgi.east(device.config("NTP"), device.config("Locales"))
        clock = maker.by_itself(lambda: cgi.clock(device, ahead))
        found = maker.by_itself(lambda: storage(device))
        recordings = maker.by_itself(lambda: _recordings(device, task, clock, ahead)) if clock["ok"] else clock
        return {"clock": clock, "storage": found, "recordings": recordings}
    finally:
        device.close()


def storage(device: Cgi) -> Storage | Failed:
    told = device.maybe("storageDevice", "getDeviceAllInfo")
    if told is None:
        return failed("not_reported")
    name = "list.info" if any(key.startswith("list.info[") for key in told) else "list"
    disks = [_disk(told, f"{name}[{n}]", n) for n in cgi.indices(told, name)]
    return {"ok": True, "disks": disks, "deletes_after_days": _deletes_after(device)}


def _deletes_after(device: Cgi) -> int | None:
    """The days after which files go whatever room there is, the shortest of any group; None: none do, or it isn't told."""
    groups = device.config("StorageGroup") or {}
    told = [cgi.number(groups.get(f"storagegroup[{n}].fileholdtime")) for n in cgi.indices(groups, "storagegroup")]
    return min((days for days in told if days), default=None)


def _disk(told: Table, row: str, index: int) -> Disk:
    """A disk is the sum of its partitions (`Detail`); one of them in error is a failed disk."""
    parts = [f"{row}.detail[{n}]" for n in cgi.indices(told, f"{row}.detail")]
    total = sum(cgi.number(told.get(f"{part}.totalbytes")) or 0 for part in parts)
    used = sum(cgi.number(told.get(f"{part}.usedbytes")) or 0 for part in parts)
    state = (told.get(f"{row}.state") or "").lower().replace(" ", "")
    broken = any(cgi.true(told.get(f"{part}.iserror")) for part in parts)
    return {
        "name": told.get(f"{row}.name") or f"disk{index + 1}",
        "status": "failed" if broken else STATES.get(state, state or None),
        "total_mb": total // 10**6 if parts else None,
        "free_mb": max(0, total - used) // 10**6 if parts else None,
    }


def _recordings(device: Cgi, task: RecorderTask, clock: Clock, ahead: timedelta) -> Recordings:
    listed, modes = _channels(device), _modes(device)
    now = datetime.now(UTC) + timedelta(seconds=clock["offset_s"])
    cameras: dict[str, Footage | Failed] = {}
    share = max(1, len(task["channels"]))
    for slot, wanted in sorted(task["channels"].items(), key=lambda each: int(each[0])):
        number = _number(wanted, listed)
        if number is None:
            cameras[slot] = failed("no_channel")
            continue
        until = device.http.left() * (1 - 1 / share) if share > 1 else 1.0
        cameras[slot] = _footage(device, number, now, task["days"], ahead, modes.get(number), until)
        share -= 1
    return {"ok": True, "cameras": cameras}


def _channels(device: Cgi) -> dict[int, str | None] | None:
    """Channel number (from 1) -> its camera's address; None where the recorder has no such table (a DVR)."""
    told = device.config("RemoteDevice")
    if told is None:
        return None
    rows: dict[int, dict[str, str]] = {}
    for key, value in told.items():
        if found := _SLOT.match(key):
            rows.setdefault(int(found[1] or found[2]) + 1, {})[found[3]] = value
    taken = {number: row for number, row in rows.items() if cgi.true(row.get("enable")) is not False}
    return {number: address for number, row in taken.items() if (address := row.get("address", "")) not in _EMPTY}


def _number(wanted: Channel, listed: Mapping[int, str | None] | None) -> int | None:
    """The channel that holds the camera's address; the inventory's own number where the recorder doesn't list addresses."""
    number = wanted["number"]
    if listed is None:
        return number
    held = [each for each, address in listed.items() if address == wanted.get("address")]
    return (number if number in held else held[0]) if held else None


def _modes(device: Cgi) -> dict[int, str]:
    """Channel -> "continuous", or how else it records. A schedule that holds all day for the type "regular" is continuous."""
    modes, schedules = device.config("RecordMode") or {}, device.config("Record") or {}
    found = {}
    for index in cgi.indices(modes, "recordmode"):
        mode = MODES.get(cgi.number(modes.get(f"recordmode[{index}].mode")) or 0, "off")
        if mode == "schedule":
            mode = _schedule(schedules, index)
        if mode:
            found[index + 1] = mode
    return found


def _schedule(schedules: Table, index: int) -> str:
    """ "" where it isn't told."""
    days = [
        [schedules.get(f"record[{index}].timesection[{day}][{section}]") for section in range(6)] for day in range(7)
    ]  # fmt: skip
    if not any(section for day in days for section in day):
        return ""
    whole = all(any(found and int(found[1]) & 1 for section in day if (found := _WHOLE_DAY.match(section or ""))) for day in days)
    return "continuous" if whole else "schedule"


def _footage(device: Cgi, number: int, now: datetime, days: float, ahead: timedelta, mode: str | None, until: float) -> Footage | Failed:
    """Newest day first, then what lies before; what could not be searched within the time is said."""
    found: list[Span] = []
    edge = now
    try:
        for back in (1.0, days):
            start = now - timedelta(days=min(back, days))
            if device.http.left() < until or start >= edge:
                break
            found += _files(device, number, start, edge if edge < now else now + timedelta(hours=1), ahead)
            edge = start
    except DeviceError as error:
        if edge == now:
            return failed("no_search" if error.reason in ("protocol", "no_permission") else error.reason, error.detail)
    return failed("timeout") if edge == now else spans.footage(found, now, edge, mode=mode)


def _files(device: Cgi, number: int, start: datetime, end: datetime, ahead: timedelta) -> Iterator[Span]:
    condition = {
        "condition__Channel": number,
        "condition__StartTime": _wall(start, ahead),
        "condition__EndTime": _wall(end, ahead),
        "condition__Types[0]": "dav",
    }
    with _finder(device) as finder:
        try:
            device.get("mediaFileFind", "findFile", object=finder, **condition)
        except DeviceError as error:
            if error.reason == "protocol":  # no file in that time
                return
            raise
        for _ in range(MOST_PAGES):
            page = device.maybe("mediaFileFind", "findNextFile", object=finder, count=PAGE) or {}
            rows = cgi.indices(page, "items")
            yield from (span for row in rows if (span := _span(page, row, ahead)))
            if (cgi.number(page.get("found")) or 0) < PAGE or not rows:
                return


@contextmanager
def _finder(device: Cgi) -> Iterator[str]:
    made = device.get("mediaFileFind", "factory.create").get("result")
    if not made or not made.isalnum():
        raise DeviceError("protocol", "factory.create")
    try:
        yield made
    finally:
        for action in ("close", "destroy"):
            with suppress(DeviceError):
                device.get("mediaFileFind", action, object=made)


def _span(page: Table, row: int, ahead: timedelta) -> Span | None:
    """Pictures and the sub stream's files are no footage of the main stream."""
    kind, stream = page.get(f"items[{row}].type", "dav").lower(), page.get(f"items[{row}].videostream", "Main").lower()
    begin, end = cgi.moment(page.get(f"items[{row}].starttime")), cgi.moment(page.get(f"items[{row}].endtime"))
    if kind in ("jpg", "jpeg") or stream != "main" or begin is None or end is None:
        return None
    return begin.replace(tzinfo=UTC) - ahead, end.replace(tzinfo=UTC) - ahead


def _wall(moment: datetime, ahead: timedelta) -> str:
    return f"{moment.astimezone(UTC) + ahead:%Y-%m-%d %H:%M:%S}"
