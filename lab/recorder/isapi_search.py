"""A Hikvision recorder's search of what is recorded: by day, and file by file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from lab.camera.isapi import BAD_CONTENT, Refusal, number, text
from lab.camera.xml import Xml, x
from lab.recorder.shape import Recorder

WIDE_S = 2 * 86400
Match = re.Match[str]


def known(recorder: Recorder, match: Match) -> int:
    """The channel that a path names."""
    if int(match["id"]) not in recorder.numbers():
        raise Refusal(4, "notExistChannel")
    return int(match["id"])


def ask_days(recorder: Recorder, match: Match, body: Any) -> Xml:
    year, month = number(body, "year"), number(body, "monthOfYear")
    there = recorder.index.days(known(recorder, match), year, month)
    last = (datetime(year + month // 12, month % 12 + 1, 1) - datetime(year, month, 1)).days
    days = [x("day", x("id", d), x("dayOfMonth", d), x("record", d in there), x("recordType", "time")) for d in range(1, last + 1)]
    return x("trackDailyDistribution", x("dayList", days), version="2.0")


def ask_search(recorder: Recorder, match: Match, body: Any) -> Xml:
    """Files of one track, page by page. Times carry a "Z" and are local, unless the firmware means it."""
    start, end = (_moment(text(body, f"timeSpanList/timeSpan/{n}")) for n in ("startTime", "endTime"))
    page = number(body, "maxResults")
    if page > recorder.flags["search_page"] * 10:
        raise BAD_CONTENT
    if recorder.flags["search_wide_fails"] and end - start > WIDE_S:
        raise Refusal(3, "deviceError", 500)
    channel = int(text(body, "trackIDList/trackID", text(body, "trackList/trackID", "0"))) // 100
    files = recorder.index.files(channel, start, end) if channel in recorder.numbers() else []
    at = 0 if recorder.flags["search_repeats"] else number(body, "searchResultPostion", 0)
    shown = files[at : at + min(page, recorder.flags["search_page"])]
    said = "NO MATCHES" if not files else "MORE" if at + len(shown) < len(files) else "OK"
    east = recorder.local() - recorder.clock.now() if recorder.flags["search_utc"] else 0.0
    return x(
        "CMSearchResult",
        x("searchID", text(body, "searchID")),
        x("responseStatus", True),
        x("responseStatusStrg", said),
        x("numOfMatches", len(shown)),
        x("matchList", [_match(channel, a - east, b - east) for a, b in shown]),
        version="2.0",
    )


def _match(channel: int, start: float, end: float) -> Xml:
    first, last = (f"{datetime.fromtimestamp(t, UTC):%Y-%m-%dT%H:%M:%SZ}" for t in (start, end))
    track = f"{channel}01"
    uri = f"rtsp://0.0.0.0/Streaming/tracks/{track}/?starttime={_short(first)}&endtime={_short(last)}"
    return x(
        "searchMatchItem",
        x("sourceID", f"{{{channel:08d}-0000-0000-0000-000000000000}}"),
        x("trackID", track),
        x("timeSpan", x("startTime", first), x("endTime", last)),
        x("mediaSegmentDescriptor", x("contentType", "video"), x("codecType", "H.264-BP"), x("playbackURI", uri)),
        x("metadataMatches", x("metadataDescriptor", "recordType.meta.std-cgi.com/CMR")),
    )


def _short(moment: str) -> str:
    return moment.replace("-", "").replace(":", "")


def _moment(word: str) -> float:
    try:
        return datetime.fromisoformat(word.rstrip("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BAD_CONTENT from None
