"""A Hikvision recorder read from outside: clock, disks, and its own search for what is really recorded.

Seen on live recorders (public notes of their integrators): a "Z" behind a time is the recorder's wall clock; wide windows are
refused by some with a 500 while single days work; `numOfMatches` may tell the total; disks that were taken out stay listed as
"notexist"; a disk that is overwritten has no free space for ever.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from xml.sax.saxutils import escape

from province.measure.devices import maker, spans
from province.measure.devices.errors import DeviceError, Login
from province.measure.devices.hikvision import isapi
from province.measure.devices.hikvision.isapi import Isapi, Node
from province.measure.devices.spans import Span
from province.measure.evidence import Clock, Disk, Failed, Footage, RecorderReading, Recordings, Storage, failed
from province.measure.request import Channel, RecorderTask

PAGES = (40, 8)
"""Footage found at once: more than 50 is refused by some, and others take fewer."""
STATES = {
    "ok": "ok", "normal": "ok", "sleeping": "ok", "idle": "ok", "formatting": "formatting", "unformatted": "unformatted",
    "error": "failed", "abnormal": "failed", "smartfailed": "failed", "offline": "failed", "badblock": "failed", "mismatch": "failed",
}  # fmt: skip
_CONTINUOUS = ("cmr", "timing", "time")
_QUESTION = (
    '<?xml version="1.0" encoding="UTF-8"?><CMSearchDescription><searchID>{search}</searchID>'
    "<trackIDList><trackID>{track}</trackID></trackIDList><timeSpanList><timeSpan><startTime>{begin}</startTime>"
    "<endTime>{end}</endTime></timeSpan></timeSpanList><contentTypeList><contentType>video</contentType></contentTypeList>"
    "<maxResults>{page}</maxResults><searchResultPostion>{position}</searchResultPostion>"
    "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList></CMSearchDescription>"
)
_MONTH = "<trackDailyParam><year>{year}</year><monthOfYear>{month}</monthOfYear></trackDailyParam>"


def read(task: RecorderTask) -> RecorderReading:
    """Raises AuthRejected, DeviceError."""
    device = Isapi(task["host"], task["port"], task.get("seconds", 20.0))
    try:
        device.arrive()
        device.enter(Login(**task["accounts"]["admin"]))
        zones: list[timezone] = []

        def clock() -> Clock:
            told, zone, _ = isapi.clock(device)
            zones.append(zone)
            return told

        now = maker.by_itself(clock)
        found = maker.by_itself(lambda: storage(device))
        recordings = maker.by_itself(lambda: _recordings(device, task, now, zones[0])) if now["ok"] else now
        return {"clock": now, "storage": found, "recordings": recordings}
    finally:
        device.close()


def storage(device: Isapi) -> Storage | Failed:
    told = device.maybe("ContentMgmt/Storage")
    if told is None:
        return failed("not_reported")
    disks = [_disk(each, "hddName") for each in told.all("hddList/hdd")] + [_disk(each, "path") for each in told.all("nasList/nas")]
    return {"ok": True, "disks": [disk for disk in disks if disk["status"] != "notexist"]}


def _disk(row: Node, name: str) -> Disk:
    status = "".join(letter for letter in (row["status"] or "").lower() if letter.isalpha())
    return {
        "name": row[name] or f"{row.name}{row['id'] or ''}",
        "status": STATES.get(status, status or None),
        "total_mb": _mb(row.number("capacity")),
        "free_mb": _mb(row.number("freeSpace")),
    }


def _mb(told: int | None) -> int | None:
    """Sizes are told in MiB, whatever they are called: a disk of 2 TB has 1907729."""
    return None if told is None else round(told * 1.048576)


def _recordings(device: Isapi, task: RecorderTask, clock: Clock, zone: timezone) -> Recordings:
    listed = _channels(device)
    modes = _modes(device)
    now = datetime.now(UTC) + timedelta(seconds=clock["offset_s"])
    cameras: dict[str, Footage | Failed] = {}
    share = max(1, len(task["channels"]))
    for slot, wanted in sorted(task["channels"].items(), key=lambda each: int(each[0])):
        number = _number(wanted, listed)
        if number is None:
            cameras[slot] = failed("no_channel")
            continue
        search = _Search(device, f"{number}01", zone, until=device.http.left() * (1 - 1 / share) if share > 1 else 1.0)
        cameras[slot] = search.footage(now, task["days"], modes.get(number))
        share -= 1
    return {"ok": True, "cameras": cameras}


def _channels(device: Isapi) -> dict[int, str | None] | None:
    """Channel number -> its camera's address; None where the recorder doesn't list them (a DVR)."""
    told = device.maybe("ContentMgmt/InputProxy/channels")
    if told is None:
        return None
    rows = [(row.number("id"), row) for row in told.all("InputProxyChannel")]
    return {number: row["sourceInputPortDescriptor/ipAddress"] for number, row in rows if number is not None}


def _number(wanted: Channel, listed: Mapping[int, str | None] | None) -> int | None:
    """The channel that holds the camera's address; the inventory's own number where it has no other."""
    number = wanted["number"]
    if listed is None:
        return number
    held = [each for each, address in listed.items() if address and address == wanted.get("address")]
    if held:
        return number if number in held else held[0]
    return number if number in listed and not listed[number] else None


def _modes(device: Isapi) -> dict[int, str]:
    """Channel -> "continuous", or how else it records; channels whose schedule isn't told are missing.

    `enableSchedule` in the extension is the switch; the track's own Enable means nothing on many recorders.
    """
    told = device.maybe("ContentMgmt/record/tracks")
    found = {}
    for track in told.all("Track") if told else []:
        token = track.number("id")
        if token is None or token % 100 != 1:
            continue
        actions = track.all("TrackSchedule/ScheduleBlockList/ScheduleBlock/ScheduleAction")
        modes = {(each["Actions/ActionRecordingMode"] or "").lower() for each in actions} - {""}
        enabled = [each.true("enableSchedule") for each in track.all("CustomExtensionList/CustomExtension")]
        if False in enabled:
            found[token // 100] = "off"
        elif modes:
            other = sorted(mode for mode in modes if mode not in _CONTINUOUS)
            found[token // 100] = "/".join(other) if other else "continuous"
    return found


class _Search:
    """One channel's footage, newest first, until `until` seconds of the device's time are left."""

    def __init__(self, device: Isapi, track: str, zone: timezone, until: float) -> None:
        self._device, self._track, self._zone, self._until = device, track, zone, until
        self._page = PAGES[0]

    def footage(self, now: datetime, days: float, mode: str | None) -> Footage | Failed:
        """Day by day would be many questions, one wide window is refused by some: windows that grow going back."""
        found: list[Span] = []
        begin = now - timedelta(days=days)
        edge = now
        try:
            for start, end in _windows(now, days):
                if self._device.http.left() < self._until:
                    break
                found += self._window(start, end + (timedelta(hours=1) if end == now else timedelta(0)))
                edge = start
            if edge == now:
                return failed("timeout")
            oldest = self._oldest(begin, now) if edge <= begin else None
        except DeviceError as error:
            if edge == now:
                return failed("no_search" if error.reason in ("protocol", "no_permission") else error.reason, error.detail)
            oldest = None
        return spans.footage(found, now, edge, oldest, mode=mode)

    def _window(self, start: datetime, end: datetime) -> list[Span]:
        try:
            return self._spans(start, end)
        except DeviceError as error:
            if error.reason != "protocol" or end - start <= timedelta(days=1):
                raise
            days = int((end - start) / timedelta(days=1)) + 1
            marks = [min(end, start + timedelta(days=n)) for n in range(days + 1)]
            return [span for begin, stop in pairwise(marks) if stop > begin for span in self._spans(begin, stop)]

    def _spans(self, start: datetime, end: datetime) -> list[Span]:
        """All of a window, page by page. Where a recorder starts over in place of the next page, the window is moved on."""
        search, position, before, found = str(uuid.uuid4()).upper(), 0, "", list[Span]()
        while True:
            answer = self._ask(search, start, end, position)
            rows = answer.all("matchList/searchMatchItem")
            first = (rows[0]["timeSpan/startTime"] or "") + (rows[0]["timeSpan/endTime"] or "") if rows else ""
            page = [span for row in rows if (span := self._span(row))]
            said = (answer["responseStatusStrg"] or answer["responseStatusStrip"] or "").upper()
            if first == before and found:
                later = max(span[1] for span in found)
                if not rows or later <= start:
                    return found
                search, position, before, start = str(uuid.uuid4()).upper(), 0, "", later
                continue
            found += page
            position, before = position + len(rows), first
            if not rows or said != "MORE":
                return found
            if self._device.http.left() < self._until:
                raise DeviceError("timeout")

    def _ask(self, search: str, start: datetime, end: datetime, position: int) -> Node:
        """One page; smaller ones from then on, where a page of that size is refused."""
        wanted = {"search": search, "track": escape(self._track), "begin": self._wall(start), "end": self._wall(end), "position": position}
        while True:
            try:
                return self._device.post("ContentMgmt/search", _QUESTION.format(page=self._page, **wanted).encode())
            except DeviceError as error:
                if error.reason != "protocol" or self._page == PAGES[-1]:
                    raise
                self._page = PAGES[-1]

    def _oldest(self, begin: datetime, now: datetime) -> datetime | None:
        """The oldest day before `begin` that the calendar knows, this month's and last month's; None for none."""
        days = []
        for year, month in sorted({(begin.year, begin.month), ((begin - timedelta(days=27)).year, (begin - timedelta(days=27)).month)}):
            question = _MONTH.format(year=year, month=month)
            try:
                answer = self._device.post(f"ContentMgmt/record/tracks/{self._track}/dailyDistribution", question.encode())
            except DeviceError:
                continue
            recorded = [row.number("dayOfMonth") for row in answer.all("dayList/day") if row.true("record")]
            days += [(year, month, number) for number in recorded if number]
        try:
            first = min((datetime(*day, tzinfo=self._zone) for day in days), default=None)
        except ValueError:
            return None
        # A day counts from its end: how early in it footage begins isn't told.
        return min(now, first + timedelta(days=1)) if first and first + timedelta(days=1) < begin else None

    def _wall(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%dT%H:%M:%SZ}"

    def _span(self, row: Node) -> Span | None:
        begin, end = (self._moment(row[f"timeSpan/{name}"]) for name in ("startTime", "endTime"))
        return (begin, end) if begin and end else None

    def _moment(self, said: str | None) -> datetime | None:
        """A time that names an offset is what it says; "Z" is the recorder's wall clock."""
        try:
            moment = datetime.fromisoformat((said or "").upper().removesuffix("Z"))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)


def _windows(now: datetime, days: float) -> Iterator[tuple[datetime, datetime]]:
    """(start, end), newest first: a day, a week, the rest."""
    end = now
    for back in (1.0, 8.0, days):
        start = now - timedelta(days=min(back, days))
        if start < end:
            yield start, end
        end = start
