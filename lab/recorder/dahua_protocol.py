"""Dahua's face of a recorder: cameras and their state, disks, and the search of what is recorded (mediaFileFind.cgi)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from lab.camera import cgi, cgi_values
from lab.camera.cgi import About, Kind
from lab.camera.cgi_values import OK, BadRequest, Query, lines_of
from lab.camera.http import HttpRequest, HttpResponse
from lab.recorder import dahua_config
from lab.recorder import state as states
from lab.recorder.index import Span
from lab.recorder.shape import Recorder

MOST_FINDERS = 4
"""A recorder has few; who doesn't close them gets no more."""
DISK_STATES = {"ok": "Success", "failed": "Error", "unformatted": "NotFormatted"}
factory = dahua_config.factory


@dataclass
class Finders:
    """The searches that are open: by number, the channel and the files still to come."""

    last: int = 2499970000
    open: dict[str, tuple[int, list[Span]]] = field(default_factory=dict)


_FINDERS: WeakKeyDictionary[Recorder, Finders] = WeakKeyDictionary()


async def answer(recorder: Recorder, request: HttpRequest) -> HttpResponse:
    return cgi.answer(recorder, request, KIND)


def _about(recorder: Recorder) -> About:
    make = states.of(recorder.config.make)
    return About(make.maker, recorder.config.model or make.model, make.firmware)


def _camera_state(recorder: Recorder, query: Query) -> HttpResponse:
    rows = {}
    for number, channel in recorder.channels.items():
        told = "Connected" if channel.online else "Unconnect" if channel.settings["set"] else "Empty"
        rows[f"#{number - 1}"] = {"channel": number - 1, "connectionState": told}
    return lines_of(states=rows)


def _disks(recorder: Recorder, query: Query) -> HttpResponse:
    """Used is all of a disk as soon as it is formatted."""
    rows = {}
    for n, disk in enumerate(recorder.memory["disks"]):
        status = "failed" if recorder.flags["disk_failed"] else disk["status"]
        size = f"{disk['total_mb'] * 10**6}.000000"
        detail = {
            "IsError": status == "failed",
            "Path": f"/mnt/dvr/{disk['name']}",
            "TotalBytes": size,
            "Type": "ReadWrite",
            "UsedBytes": size,
        }
        rows[f"#{n}"] = {"Detail": {"#0": detail}, "Name": f"/dev/{disk['name']}", "State": DISK_STATES.get(status, status)}
    return lines_of(list={"info": rows})


def _finders(recorder: Recorder) -> Finders:
    return _FINDERS.setdefault(recorder, Finders())


def _create(recorder: Recorder, query: Query) -> HttpResponse:
    found = _finders(recorder)
    if len(found.open) >= MOST_FINDERS:
        return cgi_values.error(400, "No more finders!")
    found.last += 1
    found.open[str(found.last)] = (0, [])
    return lines_of(result=found.last)


def _opened(recorder: Recorder, query: Query) -> tuple[str, tuple[int, list[Span]]]:
    number = query.get("object", "")
    if number not in _finders(recorder).open:
        raise BadRequest("object")
    return number, _finders(recorder).open[number]


def _moment(word: str) -> float:
    try:
        return datetime.strptime(word, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BadRequest(word) from None


def _find(recorder: Recorder, query: Query) -> HttpResponse:
    """As real ones do, the channel counts from 1, and one without a file is refused like one that isn't there."""
    number, _ = _opened(recorder, query)
    word = query.get("condition.Channel", "")
    channel = int(word) if word.isdigit() else 0
    if channel not in recorder.channels or not recorder.channels[channel].settings["set"]:
        raise BadRequest("channel")
    start, end = (_moment(query.get(f"condition.{name}Time", "")) for name in ("Start", "End"))
    files = recorder.index.files(channel, start, end)
    if not files:
        return cgi_values.error(200, "No files!")
    _finders(recorder).open[number] = (channel, files)
    return OK


def _find_next(recorder: Recorder, query: Query) -> HttpResponse:
    number, (channel, files) = _opened(recorder, query)
    count = int(query.get("count", "0")) if query.get("count", "0").isdigit() else 0
    page, rest = files[:count], files[count:]
    _finders(recorder).open[number] = (channel, rest)
    rows = {f"#{n}": _file(channel, *span) for n, span in enumerate(page)}
    return lines_of(found=len(page), **({"items": rows} if rows else {}))


def _file(channel: int, start: float, end: float) -> dict[str, Any]:
    a, b = (datetime.fromtimestamp(t, UTC) for t in (start, end))
    path = f"/mnt/dvr/{a:%Y-%m-%d}/{channel - 1}/dav/{a:%H}/1/0/{a:%H.%M.%S}-{b:%H.%M.%S}[R][0@0][0].dav"
    told = {"Channel": channel - 1, "EndTime": f"{b:%Y-%m-%d %H:%M:%S}", "FilePath": path, "Length": 1024}
    return {**told, "StartTime": f"{a:%Y-%m-%d %H:%M:%S}", "Type": "dav", "VideoStream": "Main"}


def _close(recorder: Recorder, query: Query) -> HttpResponse:
    _opened(recorder, query)
    return OK


def _destroy(recorder: Recorder, query: Query) -> HttpResponse:
    number, _ = _opened(recorder, query)
    del _finders(recorder).open[number]
    return OK


KIND = Kind(
    _about,
    dahua_config.TABLES,
    {
        ("LogicDeviceManager.cgi", "getCameraState"): (False, _camera_state),
        ("storageDevice.cgi", "getDeviceAllInfo"): (False, _disks),
        ("mediaFileFind.cgi", "factory.create"): (False, _create),
        ("mediaFileFind.cgi", "findFile"): (False, _find),
        ("mediaFileFind.cgi", "findNextFile"): (False, _find_next),
        ("mediaFileFind.cgi", "close"): (False, _close),
        ("mediaFileFind.cgi", "destroy"): (False, _destroy),
    },
)
