"""ONVIF Profile G, as much of it as tells what is recorded: the Recording and Search services, from the flag ``recordings``."""

from __future__ import annotations

import itertools
from typing import Any

from lab.camera.shape import Camera, Operation
from lab.camera.xml import Fault, Request, invalid, x

PAGE = 2
"""Results at once, fewer than a client asks for, so that it has to come again."""
_numbers = itertools.count(1)
_searches: dict[str, list[Any]] = {}


def get_recording_capabilities(camera: Camera, request: Request) -> Any:
    return x("trc:Capabilities", DynamicRecordings=False, DynamicTracks=False)


def get_search_capabilities(camera: Camera, request: Request) -> Any:
    return x("tse:Capabilities", MetadataSearch=False)


def _source(one: dict[str, Any]) -> Any:
    names = ("SourceId", "Name", "Location", "Description", "Address")
    values = (one["token"], one.get("name", ""), "", "", one.get("address", ""))
    return x("tt:Source", [x(f"tt:{n}", v) for n, v in zip(names, values, strict=True)])


def get_recordings(camera: Camera, request: Request) -> Any:
    track = x("tt:Track", x("tt:TrackToken", "V"), x("tt:Configuration", x("tt:TrackType", "Video"), x("tt:Description", "")))
    return [
        x(
            "trc:RecordingItem",
            x("tt:RecordingToken", one["token"]),
            x("tt:Configuration", _source(one), x("tt:Content", ""), x("tt:MaximumRetentionTime", "PT0S")),
            x("tt:Tracks", track),
        )
        for one in camera.flags["recordings"]
    ]


def get_jobs(camera: Camera, request: Request) -> Any:
    return [
        x(
            "trc:JobItem",
            x("tt:JobToken", f"Job_{one['token']}"),
            x("tt:JobConfiguration", x("tt:RecordingToken", one["token"]), x("tt:Mode", one.get("mode", "Active")), x("tt:Priority", 1)),
        )
        for one in camera.flags["recordings"]
    ]


def get_summary(camera: Camera, request: Request) -> Any:
    there = camera.flags["recordings"]
    begin, end = min(o["from"] for o in there), max(o["to"] for o in there)
    return x("tse:Summary", x("tt:DataFrom", begin), x("tt:DataUntil", end), x("tt:NumberRecordings", len(there)))


def find_recordings(camera: Camera, request: Request) -> Any:
    return _begin([_information(one) for one in camera.flags["recordings"]])


def _information(one: dict[str, Any]) -> Any:
    kinds = (x("tt:TrackType", "Video"), x("tt:Description", ""), x("tt:DataFrom", one["from"]), x("tt:DataTo", one["to"]))
    return x(
        "tt:RecordingInformation",
        x("tt:RecordingToken", one["token"]),
        _source(one),
        x("tt:EarliestRecording", one["from"]),
        x("tt:LatestRecording", one["to"]),
        x("tt:Content", ""),
        x("tt:Track", x("tt:TrackToken", "V"), *kinds),
        x("tt:RecordingStatus", "Recording" if one.get("mode", "Active") == "Active" else "Stopped"),
    )


def find_events(camera: Camera, request: Request) -> Any:
    if camera.flags["recording_events_missing"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    token = request.text("tse:Scope/tt:IncludedRecordings")
    one = next((o for o in camera.flags["recordings"] if o["token"] == token), None)
    if one is None:
        raise invalid("ter:InvalidToken")
    changes = [(one["from"], True), *((at, there) for a, b in one.get("gaps", []) for at, there in ((a, False), (b, True)))]
    return _begin([_event(token, at, there) for at, there in changes])


def _event(token: str, at: str, there: bool) -> Any:
    data = x("tt:Data", x("tt:SimpleItem", Name="IsDataPresent", Value=there))
    message = x("tt:Message", data, UtcTime=at, PropertyOperation="Changed")
    return x(
        "tt:Result",
        x("tt:RecordingToken", token),
        x("tt:TrackToken", "V"),
        x("tt:Time", at),
        x("tt:Event", x("wsnt:Message", message)),
        x("tt:StartStateEvent", False),
    )


def _begin(results: list[Any]) -> Any:
    token = f"Search_{next(_numbers)}"
    _searches[token] = results
    return x("tse:SearchToken", token)


def get_results(camera: Camera, request: Request) -> Any:
    token = request.text("tse:SearchToken")
    if token not in _searches:
        raise invalid("ter:InvalidToken")
    page, rest = _searches[token][:PAGE], _searches[token][PAGE:]
    _searches[token] = rest
    return x("tse:ResultList", x("tt:SearchState", "Searching" if rest else "Completed"), page)


RECORDING_OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": Operation("PRE_AUTH", get_recording_capabilities),
    "GetRecordings": Operation("READ_MEDIA", get_recordings),
    "GetRecordingJobs": Operation("READ_MEDIA", get_jobs),
}
SEARCH_OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": Operation("PRE_AUTH", get_search_capabilities),
    "GetRecordingSummary": Operation("READ_MEDIA", get_summary),
    "FindRecordings": Operation("READ_MEDIA", find_recordings),
    "FindEvents": Operation("READ_MEDIA", find_events),
    "GetRecordingSearchResults": Operation("READ_MEDIA", get_results),
    "GetEventSearchResults": Operation("READ_MEDIA", get_results),
}
