"""What a recorder really holds, from its own search: days first, then spans, page by page, within the time there is.

Quirks: "searchResultPostion" is the interface's own spelling; a "Z" behind a time is local time in most firmware; wide windows
fail on some recorders where single days work; pages over 50 are refused by some.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from lxml import etree

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.hikvision.clock import minutes_east
from edge_agent.devices.hikvision.isapi import Isapi, IsapiFault
from edge_agent.devices.hikvision.reader import Reader
from edge_agent.devices.model import Channel, Clock
from edge_agent.devices.xmlsafe import Element

SEARCH = "ContentMgmt/search"
DAILY = "ContentMgmt/record/tracks/{track}/dailyDistribution"
PAGES = (400, 40)
MAX_PAGES = 100
"""For one window; 100 pages of 40 are 30 days of quarter hours."""
JOINED_S = 3
"""Files follow each other to the second."""
SHARE = 0.4
"""Of a device's time that is left for everything else."""
LIVE_S = 600
DAYS = 30
"""Looked at where nobody says how many are wanted."""

Span = tuple[datetime, datetime]


@dataclass
class Searcher:
    """One recorder's searches. `page` shrinks once a big one was refused."""

    isapi: Isapi
    page: int = PAGES[0]

    def spans(self, track: str, start: datetime, end: datetime) -> list[Span]:
        """Between two times of the recorder's clock (naive), as it tells them; unjoined. Raises IsapiFault, NoPermission, BadAnswer."""
        found: list[Span] = []
        name, position, before = str(uuid.uuid4()).upper(), 0, None
        for _ in range(MAX_PAGES):
            answer = self._ask(name, track, start, end, position)
            rows = xmlsafe.find_all(answer, "matchList/searchMatchItem")
            first = etree.tostring(rows[0]) if rows else None
            if not rows or first == before:  # some start over instead of ending
                break
            found += [s for r in rows if (s := _span(r))]
            position, before = position + len(rows), first
            if _search_status(answer) != "MORE":
                break
        return found

    def days(self, track: str, year: int, month: int) -> list[date]:
        """The days of a month that have recordings."""
        body = etree.Element("trackDailyParam")
        etree.SubElement(body, "year").text = str(year)
        etree.SubElement(body, "monthOfYear").text = str(month)
        answer = self.isapi.search(DAILY.format(track=track), body)
        rows = xmlsafe.find_all(answer, "dayList/day")
        numbers = [n for r in rows if xmlsafe.boolean(r, "record") and (n := xmlsafe.number(r, "dayOfMonth"))]
        return [d for n in numbers if (d := _date(year, month, n))]

    def _ask(self, name: str, track: str, start: datetime, end: datetime, position: int) -> Element:
        try:
            return self.isapi.search(SEARCH, _question(name, track, start, end, self.page, position))
        except IsapiFault:
            if self.page == PAGES[-1]:
                raise
            self.page = PAGES[-1]
        return self.isapi.search(SEARCH, _question(name, track, start, end, self.page, position))


def with_spans(reader: Reader, channels: list[Channel], desired: DesiredDevice, clock: Clock) -> list[Channel]:
    """The channels with what is recorded of the desired days, as far as the time goes."""
    zone = timezone(timedelta(minutes=minutes_east(clock.timezone) or 0))
    now = datetime.now(zone).replace(tzinfo=None) + timedelta(seconds=clock.offset_s or 0)
    start = (now - timedelta(days=desired.recording_days or DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    end = now.replace(hour=23, minute=59, second=59, microsecond=0)
    searcher, reserve = Searcher(reader.isapi), desired.deadline_s * SHARE
    found: list[Channel] = []
    for one in channels:
        try:
            if reader.isapi.http.wire.deadline.left() < reserve:
                raise TimeoutError
            raw = _of_channel(searcher, f"{one.number}01", start, end)
        except TimeoutError:
            en = f"only {len(found)} of {len(channels)} channels could be searched in time"
            reader.problem("unsupported", "recordings", f"chỉ kịp tìm {len(found)} trên {len(channels)} kênh", en)
            return found + channels[len(found) :]
        except (IsapiFault, NoPermission, BadAnswer) as error:
            vi, en = (
                f"kênh {one.number}: không tìm được bản ghi: {error}",
                f"channel {one.number}: its recordings can't be searched: {error}",
            )
            reader.problem("unsupported", f"channel.{one.number}.recordings", vi, en)
            if not found and isinstance(error, IsapiFault) and error.unsupported:  # nor on any other channel
                return channels
            found.append(one)
            continue
        found.append(replace(one, spans=tuple(joined(aware(raw, zone, now)))))
    return found


def joined(spans: list[Span]) -> list[Span]:
    """Oldest first, those that touch or overlap made one."""
    found: list[Span] = []
    for start, end in sorted(s for s in spans if s[1] > s[0]):
        if found and start <= found[-1][1] + timedelta(seconds=JOINED_S):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def aware(spans: list[Span], zone: timezone, now: datetime) -> list[Span]:
    """Give naive times a zone: the recorder's, unless its newest recording ends just now in UTC. `now`: the recorder's clock."""
    naive = [s for s in spans if s[0].tzinfo is None and s[1].tzinfo is None]
    newest = max((s[1] for s in naive), default=now)
    utc = now - (zone.utcoffset(None) or timedelta(0))
    live = timedelta(seconds=LIVE_S)
    in_utc = abs(newest - utc) <= live < abs(newest - now)
    chosen = UTC if in_utc else zone
    return [s if s[0].tzinfo else (s[0].replace(tzinfo=chosen), s[1].replace(tzinfo=chosen)) for s in spans if _alike(s)]


def _of_channel(searcher: Searcher, track: str, start: datetime, end: datetime) -> list[Span]:
    """The calendar says which days are worth a search; where one search over all of them fails, day by day."""
    try:
        days = [d for y, m in _months(start.date(), end.date()) for d in searcher.days(track, y, m) if start.date() <= d <= end.date()]
    except (IsapiFault, BadAnswer):
        return searcher.spans(track, start, end)
    if not days:
        return []
    try:
        return searcher.spans(track, datetime.combine(min(days), start.time()), datetime.combine(max(days), end.time()))
    except IsapiFault:
        return [s for d in days for s in searcher.spans(track, datetime.combine(d, start.time()), datetime.combine(d, end.time()))]


def _question(name: str, track: str, start: datetime, end: datetime, page: int, position: int) -> Element:
    root = etree.Element("CMSearchDescription")

    def put(path: str, value: object) -> None:
        parent = root
        *groups, last = path.split("/")
        for group in groups:
            child = parent.find(group)
            parent = etree.SubElement(parent, group) if child is None else child
        etree.SubElement(parent, last).text = str(value)

    put("searchID", name)
    put("trackIDList/trackID", track)
    put("timeSpanList/timeSpan/startTime", f"{start:%Y-%m-%dT%H:%M:%SZ}")
    put("timeSpanList/timeSpan/endTime", f"{end:%Y-%m-%dT%H:%M:%SZ}")
    put("contentTypeList/contentType", "video")
    put("maxResults", page)
    put("searchResultPostion", position)
    put("metadataList/metadataDescriptor", "//recordType.meta.std-cgi.com")
    return root


def _search_status(answer: Element) -> str:
    """OK, MORE or NO MATCHES, under either spelling of its name (responseStatusStrg, responseStatusStrip)."""
    rows = [c for c in answer if xmlsafe.local(c).startswith("responseStatusStr")]
    return (xmlsafe.text(rows[0]) or "").upper() if rows else ""


def _span(row: Element) -> Span | None:
    start, end = (_time(xmlsafe.text(row, f"timeSpan/{n}")) for n in ("startTime", "endTime"))
    return None if start is None or end is None else (start, end)


def _time(value: str | None) -> datetime | None:
    """Naive where the recorder writes "Z" or nothing."""
    try:
        found = datetime.fromisoformat((value or "").upper())
    except ValueError:
        return None
    return found.replace(tzinfo=None) if (value or "").upper().endswith("Z") else found


def _alike(span: Span) -> bool:
    return (span[0].tzinfo is None) == (span[1].tzinfo is None)


def _months(first: date, last: date) -> Iterator[tuple[int, int]]:
    at = first.replace(day=1)
    while at <= last:
        yield at.year, at.month
        at = (at + timedelta(days=32)).replace(day=1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
