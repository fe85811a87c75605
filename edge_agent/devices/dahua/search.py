"""What a Dahua recorder really has, by its own search (mediaFileFind.cgi): made, asked page by page, and always closed again,
since a recorder has few of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from edge_agent.devices.dahua.cgi import Cgi, RequestRejected
from edge_agent.devices.dahua.read import moment
from edge_agent.devices.dahua.table import Table
from edge_agent.devices.faults import BadAnswer, DeviceFailure, NoPermission

PAGE = 100
MOST_PAGES = 200
"""Of one channel: 30 days in files of 2 minutes would be 216; those of half an hour are 15."""
JOINED_S = 10.0
"""Files that end and begin this close are one span: the recorder changes files."""

Span = tuple[datetime, datetime]


def spans(cgi: Cgi, number: int, since: datetime, until: datetime, east: timedelta) -> tuple[Span, ...] | None:
    """What is recorded of channel `number` (from 1) between two moments, oldest first; None where the recorder refuses to say,
    as it also does for a channel without a single file.

    `east`: the recorder's local time, in which it speaks, less UTC.
    """
    zone = timezone(east)
    query = {
        "condition.Channel": number,
        "condition.StartTime": _local(since, zone),
        "condition.EndTime": _local(until, zone),
        "condition.Types[0]": "dav",
    }
    with _finder(cgi) as finder:
        if finder is None:
            return None
        try:
            cgi.order("mediaFileFind.cgi", "findFile", {"object": finder, **query})
            return merged(f for page in _pages(cgi, finder) for f in files(page, zone))
        except (RequestRejected, NoPermission, BadAnswer):
            return None


@contextmanager
def _finder(cgi: Cgi) -> Iterator[str | None]:
    try:
        finder = cgi.ask("mediaFileFind.cgi", "factory.create").text("result")
    except (RequestRejected, BadAnswer, NoPermission):
        finder = None
    try:
        yield finder
    finally:
        for action in ("close", "destroy") if finder else ():
            try:
                cgi.order("mediaFileFind.cgi", action, {"object": finder})
            except (RequestRejected, DeviceFailure):
                continue


def _pages(cgi: Cgi, finder: str) -> Iterator[Table]:
    for _ in range(MOST_PAGES):
        try:
            page = cgi.ask("mediaFileFind.cgi", "findNextFile", {"object": finder, "count": PAGE})
        except RequestRejected:  # some say "Error" where there is no more
            return
        found = page.number("found") or 0
        if found > 0:
            yield page
        if found < PAGE:
            return


def files(page: Table, zone: timezone) -> Iterator[Span]:
    """The video files of one page; pictures and files of the sub stream don't count."""
    for item in page.children("items").values():
        kind = (item.text("Type") or "dav").lower()
        start, end = moment(item.text("StartTime")), moment(item.text("EndTime"))
        if kind in ("jpg", "jpeg") or (item.text("VideoStream") or "Main").lower() != "main" or start is None or end is None:
            continue
        if end > start:
            yield start.replace(tzinfo=zone), end.replace(tzinfo=zone)


def merged(found: Iterator[Span]) -> tuple[Span, ...]:
    whole: list[Span] = []
    for start, end in sorted(found):
        if whole and (start - whole[-1][1]).total_seconds() <= JOINED_S:
            whole[-1] = whole[-1][0], max(whole[-1][1], end)
        else:
            whole.append((start, end))
    return tuple(whole)


def _local(moment_: datetime, zone: timezone) -> str:
    return moment_.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
