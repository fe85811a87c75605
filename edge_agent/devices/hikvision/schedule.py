"""A track's weekly schedule: what it comes to, and how to record all the time (CMR, "continuous motion recording")."""

import copy

from edge_agent.devices import xmlsafe
from edge_agent.devices.hikvision.isapi import put_text, remove
from edge_agent.devices.xmlsafe import Element

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CONTINUOUS = "CMR"
_DAY, _WEEK = 1440, 7 * 1440
_SLACK = 7 * 2
"""Minutes a week: "23:59:59" is the end of a day to some."""


def mode(track: Element) -> str:
    """ "continuous", "motion" (nothing but events), "schedule" (parts of the week) or "off"."""
    if not switch(track):
        return "off"
    kinds: dict[str, list[tuple[int, int]]] = {}
    for action in actions(track):
        if xmlsafe.boolean(action, "Actions/Record") is False:
            continue
        kind = (xmlsafe.text(action, "Actions/ActionRecordingMode") or CONTINUOUS).upper()
        kinds.setdefault(kind, []).extend(_minutes(action))
    if covered(kinds.get(CONTINUOUS, [])) >= _WEEK - _SLACK:
        return "continuous"
    if not any(kinds.values()):
        return "off"
    return "schedule" if kinds.get(CONTINUOUS) else "motion"


def switch(track: Element) -> bool:
    """enableSchedule, in an extension; the track's own Enable only where there is none: many recorders don't look at it."""
    rows = xmlsafe.find_all(track, "CustomExtensionList/CustomExtension")
    extended = next((v for r in rows if (v := xmlsafe.boolean(r, "enableSchedule")) is not None), None)
    return extended if extended is not None else xmlsafe.boolean(track, "Enable") is not False


def actions(track: Element) -> list[Element]:
    """Of the first block that has any: further ones are holidays'."""
    blocks = xmlsafe.find_all(track, "TrackSchedule/ScheduleBlockList/ScheduleBlock")
    return next((found for b in blocks if (found := xmlsafe.find_all(b, "ScheduleAction"))), [])


def record_always(track: Element) -> None:
    """Seven days from 00:00 to 24:00; a row that is there is the pattern for all, so that the firmware's own fields stay."""
    for path in ("Enable", "LoopEnable"):
        if xmlsafe.find(track, path) is not None:
            put_text(track, path, "true")
    for row in xmlsafe.find_all(track, "CustomExtensionList/CustomExtension"):
        if xmlsafe.find(row, "enableSchedule") is not None:
            put_text(row, "enableSchedule", "true")
    there = actions(track)
    block = there[0].getparent() if there else None
    if block is None:
        block = put_text(track, "TrackSchedule/ScheduleBlockList/ScheduleBlock", "")
    pattern = copy.deepcopy(there[0]) if there else put_text(block, "ScheduleAction", "")
    remove(block, "ScheduleAction")
    for number, day in enumerate(DAYS, 1):
        block.append(_all_day(copy.deepcopy(pattern), number, day))


def covered(spans: list[tuple[int, int]]) -> int:
    """Minutes that the spans cover together."""
    total, end = 0, 0
    for start, stop in sorted(spans):
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total


def _all_day(action: Element, number: int, day: str) -> Element:
    put_text(action, "id", number)
    for edge, clock in (("ScheduleActionStartTime", "00:00:00"), ("ScheduleActionEndTime", "24:00:00")):
        put_text(action, f"{edge}/DayOfWeek", day)
        put_text(action, f"{edge}/TimeOfDay", clock)
    put_text(action, "Actions/Record", "true")
    put_text(action, "Actions/ActionRecordingMode", CONTINUOUS)
    return action


def _minutes(action: Element) -> list[tuple[int, int]]:
    """A row's span within the week, split where it goes over Sunday's end."""
    start, stop = (_edge(action, e) for e in ("ScheduleActionStartTime", "ScheduleActionEndTime"))
    if start is None or stop is None:
        return []
    if stop > start:
        return [(start, stop)]
    return [] if stop == start else [(start, _WEEK), (0, stop)]


def _edge(action: Element, name: str) -> int | None:
    day, clock = xmlsafe.text(action, f"{name}/DayOfWeek") or "", (xmlsafe.text(action, f"{name}/TimeOfDay") or "").rstrip("Z")
    words = clock.split(":")
    names = [d for d in DAYS if d.lower() == day.lower()]
    if not names or len(words) < 2 or not all(w.isdecimal() and len(w) < 3 for w in words):
        return None
    return DAYS.index(names[0]) * _DAY + int(words[0]) * 60 + int(words[1])
