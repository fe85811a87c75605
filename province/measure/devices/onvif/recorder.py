"""A recorder read from outside by ONVIF Profile G, through onvif-zeep: clock, and its own search for what it holds.

Profile G tells nothing of disks. Its gaps stand in the history of each track ("RecordingHistory/Track/State"); a recorder
that doesn't keep one tells only its first and last moment, and its gaps are then not told.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from province.measure.devices import spans
from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.onvif.zeep_device import Device
from province.measure.devices.spans import Span
from province.measure.evidence import Clock, Failed, Footage, RecorderReading, Recordings, failed
from province.measure.request import Channel, RecorderTask
from province.measure.result import clean

KEEP, WAIT = timedelta(seconds=60), timedelta(seconds=3)
PAGE, MOST_PAGES, MOST_EVENTS = 100, 100, 20_000
SERVICES = {"http://www.onvif.org/ver10/search/wsdl": "search", "http://www.onvif.org/ver10/recording/wsdl": "recording"}
_WSNT, _TOPIC = "http://docs.oasis-open.org/wsn/b-2", "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_STATUS = {"Recording": "continuous", "Stopped": "off"}
_READING = (AttributeError, TypeError, ValueError)


def read(task: RecorderTask) -> RecorderReading:
    """Raises AuthRejected, DeviceError."""
    lasts = task.get("seconds", 20.0)
    device = Device(task["host"], task["port"], lasts)
    ends = time.monotonic() + lasts - 2
    try:
        clock = device.read_clock()
        admin = task["accounts"]["admin"]
        device.login = Login(admin["user"], admin["password"], device.offers_digest())
        device.call("devicemgmt", "GetUsers")
        with suppress(DeviceError, *_READING):
            for service in device.call("devicemgmt", "GetServices", IncludeCapability=False) or []:
                if str(service.Namespace) in SERVICES:
                    device.place(SERVICES[str(service.Namespace)], str(service.XAddr))
        recordings = _recordings(device, task, clock, ends) if device.has("search") else failed("no_search")
        return {"clock": clock, "storage": failed("not_reported"), "recordings": clean(recordings)}
    finally:
        device.close()


def _recordings(device: Device, task: RecorderTask, clock: Clock, ends: float) -> Recordings | Failed:
    try:
        listed = _informations(device)
    except AuthRejected:
        raise
    except DeviceError as error:
        return failed("no_search" if error.reason in ("protocol", "no_service") else error.reason, error.detail)
    now = datetime.now(UTC) + timedelta(seconds=clock["offset_s"])
    cameras = {slot: _footage(device, _chosen(wanted, listed), now, task["days"], ends) for slot, wanted in task["channels"].items()}
    return {"ok": True, "cameras": cameras}


def _informations(device: Device) -> list[Any]:
    token = device.call("search", "FindRecordings", Scope={}, KeepAliveTime=KEEP)
    return list(_results(device, "GetRecordingSearchResults", token, "RecordingInformation"))


def _results(device: Device, operation: str, token: Any, field: str) -> Iterator[Any]:
    """A search's results until it says that it is complete; an empty page of a search that goes on is asked again."""
    empty = 0
    for _ in range(MOST_PAGES):
        page = device.call("search", operation, SearchToken=token, MinResults=1, MaxResults=PAGE, WaitTime=WAIT)
        rows = list(getattr(page, field, None) or [])
        yield from rows
        empty = 0 if rows else empty + 1
        if str(page.SearchState) == "Completed" or empty > 2:
            return


def _chosen(wanted: Channel, listed: list[Any]) -> Any:
    """The recording whose source has the camera's address, else the one that stands at the inventory's channel."""
    for each in listed:
        with suppress(*_READING):
            address = str(each.Source.Address or "")
            if wanted.get("address") and wanted["address"] in (address, urlsplit(address).hostname):
                return each
    told = any(_host(each) for each in listed)
    number = wanted["number"]
    return listed[number - 1] if not told and 0 < number <= len(listed) else None


def _host(information: Any) -> str | None:
    try:
        return urlsplit(str(information.Source.Address or "")).hostname
    except _READING:
        return None


def _footage(device: Device, information: Any, now: datetime, days: float, ends: float) -> Footage | Failed:
    if information is None:
        return failed("no_channel")
    track = next((each for each in information.Track or [] if str(each.TrackType) == "Video"), None)
    first = _moment(getattr(track, "DataFrom", None) or information.EarliestRecording)
    last = _moment(getattr(track, "DataTo", None) or information.LatestRecording)
    mode = _STATUS.get(str(information.RecordingStatus))
    if first is None or last is None or last <= first:
        return spans.footage([], now, now - timedelta(days=days), mode=mode)
    begin = max(first, now - timedelta(days=days))
    found: list[Span] | None = None
    if time.monotonic() < ends:
        with suppress(DeviceError, *_READING):
            found = _history(device, str(information.RecordingToken), str(getattr(track, "TrackToken", "")), begin, last)
    if found is None:  # only its ends are known: what lies between was not searched
        return spans.footage([(first, last)], now, now, mode=mode)
    return spans.footage(found, now, begin, first, mode=mode)


def _history(device: Device, recording: str, track: str, begin: datetime, last: datetime) -> list[Span] | None:
    """Spans in which data is present; None where the recorder keeps no history of it."""
    topic = etree.Element(f"{{{_WSNT}}}TopicExpression", Dialect=_TOPIC, nsmap={"wsnt": _WSNT, "tns1": "http://www.onvif.org/ver10/topics"})
    topic.text = "tns1:RecordingHistory/Track/State"
    token = device.call(
        "search",
        "FindEvents",
        StartPoint=begin,
        EndPoint=last + timedelta(seconds=1),
        Scope={"IncludedRecordings": [recording]},
        SearchFilter={"_value_1": [topic]},
        IncludeStartState=True,
        KeepAliveTime=KEEP,
    )
    changes = []
    for result in _results(device, "GetEventSearchResults", token, "Result"):
        at, present = _moment(result.Time), _present(result)
        if at is not None and present is not None and str(result.RecordingToken) == recording and str(result.TrackToken) in (track, ""):
            changes.append((at, present))
        if len(changes) > MOST_EVENTS:
            break
    return present_spans(changes, begin, last) if changes else None


def present_spans(changes: list[tuple[datetime, bool]], begin: datetime, last: datetime) -> list[Span]:
    """From changes in whatever order, the same told twice among them, to spans within begin..last. Pure."""
    found: list[Span] = []
    since: datetime | None = None
    for at, present in sorted(changes):
        at = min(max(at, begin), last)
        if present and since is None:
            since = at
        elif not present and since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, last)] if since is not None else found


def _present(result: Any) -> bool | None:
    """IsDataPresent of an event: zeep knows a message's type, but for a namespace that is not quite ONVIF's."""
    message = result.Event.Message
    inside = getattr(message, "_value_1", message)
    told: list[tuple[Any, Any]] = []
    for each in inside if isinstance(inside, list) else [inside]:
        if hasattr(each, "iter"):
            told += [(item.get("Name"), item.get("Value")) for item in each.iter("{*}SimpleItem")]
        else:
            told += [(item.Name, item.Value) for item in getattr(getattr(each, "Data", None), "SimpleItem", None) or []]
    return next((str(value).lower() in ("true", "1") for name, value in told if name == "IsDataPresent"), None)


def _moment(told: Any) -> datetime | None:
    """ONVIF speaks in UTC, with or without saying so."""
    if not isinstance(told, datetime):
        return None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
