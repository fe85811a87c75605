"""A Hikvision recorder's own resources in ISAPI: channels, what they record, disks, and the search of what is recorded.

Shapes after recordings of DS-76xx and DS-77xx (maciej-or/hikvision_next) and public integrations' requests.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.camera import isapi, isapi_state, isapi_system
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.isapi import BAD_CONTENT, Refusal, Resource, number, text
from lab.camera.xml import Xml, x
from lab.recorder import state as states
from lab.recorder.config import Config
from lab.recorder.state import DAYS

if TYPE_CHECKING:
    from lab.recorder.recorder import Recorder

PROTOCOLS = {"hikvision": "HIKVISION", "onvif": "ONVIF", "dahua": "DAHUA", "rtsp": "CUSTOM1"}
WIDE_S = 2 * 86400
Match = re.Match[str]


def factory(config: Config) -> dict[str, Any]:
    return {"isapi": isapi_state.common(config, "Network Video Recorder")}


async def answer(recorder: Recorder, request: HttpRequest) -> HttpResponse:
    return await isapi.answer(recorder, request, RESOURCES)


def show_info(recorder: Recorder, match: Match) -> Xml:
    make, config = states.of(recorder.config.make), recorder.config
    return x(
        "DeviceInfo",
        x("deviceName", recorder.memory["isapi.title"]),
        x("deviceID", f"48443836-{config.serial[-8:]:0>8}-0000"),
        x("model", config.model or make.model),
        x("serialNumber", config.serial),
        x("macAddress", config.mac),
        x("firmwareVersion", make.firmware),
        x("firmwareReleasedDate", "build 210401"),
        x("deviceType", "NVR"),
        x("telecontrolID", 255),
        version="2.0",
    )


def show_capabilities(recorder: Recorder, match: Match) -> Xml:
    return x("DeviceCap", x("RacmCap", x("inputProxyNums", recorder.config.channels)), version="2.0")


def _numbers(recorder: Recorder) -> list[int]:
    return [n for n, channel in recorder.channels.items() if channel.settings["set"]]


def _known(recorder: Recorder, match: Match) -> int:
    if int(match["id"]) not in _numbers(recorder):
        raise Refusal(4, "notExistChannel")
    return int(match["id"])


def _input(recorder: Recorder, number: int) -> Xml:
    s = recorder.channels[number].settings
    source = x(
        "sourceInputPortDescriptor",
        x("proxyProtocol", PROTOCOLS[s["protocol"]]),
        x("addressingFormatType", "ipaddress"),
        x("ipAddress", s["address"]),
        x("managePortNo", s["port"]),
        x("srcInputPort", 1),
        x("userName", s["user"]),
        x("streamType", "auto"),
    )
    return x("InputProxyChannel", x("id", number), x("name", s["name"]), source, x("enableTiming", True), version="2.0")


def show_inputs(recorder: Recorder, match: Match) -> Xml:
    rows = [_input(recorder, n) for n in _numbers(recorder)]
    return x("InputProxyChannelList", *rows, size=recorder.config.channels, version="2.0")


def show_input(recorder: Recorder, match: Match) -> Xml:
    return _input(recorder, _known(recorder, match))


def _put_input(recorder: Recorder, place: int, body: Any) -> None:
    if place not in recorder.channels:
        raise BAD_CONTENT
    source = body.find("sourceInputPortDescriptor")
    protocol = {word: name for name, word in PROTOCOLS.items()}.get(text(source, "proxyProtocol"))
    if protocol is None or text(source, "addressingFormatType") != "ipaddress":
        raise BAD_CONTENT
    before = recorder.channels[place].settings
    settings = {
        "set": True,
        "name": text(body, "name", before["name"]),
        "address": text(source, "ipAddress"),
        "port": number(source, "managePortNo"),
        "protocol": protocol,
        "user": text(source, "userName"),
        "password": text(source, "password", before["password"]),
        "rtsp_path": before["rtsp_path"],
    }
    number(source, "srcInputPort")
    recorder.memory.write(f"channels.{place}", settings)


def add_input(recorder: Recorder, match: Match, body: Any) -> None:
    """At the number that was asked for, where it is free; else at the next."""
    free = [n for n in recorder.channels if n not in _numbers(recorder)]
    asked = number(body, "id", 0)
    if not free:
        raise Refusal(4, "noMoreChannel")
    _put_input(recorder, asked if asked in free else free[0], body)


def take_input(recorder: Recorder, match: Match, body: Any) -> None:
    _put_input(recorder, _known(recorder, match), body)


def delete_input(recorder: Recorder, match: Match, body: Any) -> None:
    recorder.memory.write(f"channels.{_known(recorder, match)}", states.channel())


def _status(recorder: Recorder, number: int) -> Xml:
    channel = recorder.channels[number]
    source = x("sourceInputPortDescriptor", x("ipAddress", channel.settings["address"]), x("managePortNo", channel.settings["port"]))
    return x(
        "InputProxyChannelStatus",
        x("id", number),
        source,
        x("online", channel.online),
        x("chanDetectResult", "connect" if channel.online else channel.detected),
        version="2.0",
    )


def show_statuses(recorder: Recorder, match: Match) -> Xml:
    return x("InputProxyChannelStatusList", *(_status(recorder, n) for n in _numbers(recorder)), version="2.0")


def show_status(recorder: Recorder, match: Match) -> Xml:
    return _status(recorder, _known(recorder, match))


def _track(recorder: Recorder, number: int) -> Xml:
    track = recorder.memory[f"tracks.{number}"]
    actions = [_action(n, *row) for n, row in enumerate(track["week"], 1)]
    block = x("ScheduleBlock", x("ScheduleBlockType", "www.std-cgi.com/racm/schedule/ver10"), actions)
    extension = x("CustomExtension", x("CustomExtensionName", "www.isapi.com/RaCM/trackExt/ver10"), x("enableSchedule", track["enabled"]))
    return x(
        "Track",
        x("id", f"{number}01"),
        x("Channel", f"{number}01"),
        x("Enable", True),
        x("Description", "trackType=standard"),
        x("TrackGUID", f"{{{number:08d}-0000-0000-0000-000000000000}}"),
        x("Duration", "P0DT0H"),
        x("DefaultRecordingMode", "CMR"),
        x("LoopEnable", track["loop"]),
        x("SrcDescriptor", x("SrcChannel", number), x("StreamHint", "video, H.264")),
        x("TrackSchedule", x("ScheduleBlockList", block)),
        x("CustomExtensionList", extension),
        version="2.0",
    )


def _action(number: int, day: int, start: int, end: int, mode: str) -> Xml:
    def edge(name: str, minute: int) -> Xml:
        return x(name, x("DayOfWeek", DAYS[day]), x("TimeOfDay", f"{minute // 60:02d}:{minute % 60:02d}:00"))

    actions = x("Actions", x("Record", True), x("Log", False), x("SaveImg", False), x("ActionRecordingMode", mode))
    edges = (edge("ScheduleActionStartTime", start), edge("ScheduleActionEndTime", end))
    return x("ScheduleAction", x("id", number), *edges, x("ScheduleDSTEnable", False), x("Description", "nothing"), actions)


def show_tracks(recorder: Recorder, match: Match) -> Xml:
    return x("TrackList", *(_track(recorder, n) for n in _numbers(recorder)), version="2.0")


def show_track(recorder: Recorder, match: Match) -> Xml:
    return _track(recorder, _known(recorder, match))


def take_track(recorder: Recorder, match: Match, body: Any) -> None:
    week = [_row(row) for row in body.findall("TrackSchedule/ScheduleBlockList/ScheduleBlock/ScheduleAction")]
    enabled = text(body, "CustomExtensionList/CustomExtension/enableSchedule") == "true"
    change = {"enabled": enabled, "loop": text(body, "LoopEnable") == "true", "week": week}
    recorder.memory.write(f"tracks.{_known(recorder, match)}", change)


def _row(row: Any) -> list[Any]:
    day = text(row, "ScheduleActionStartTime/DayOfWeek")
    edges = [text(row, f"ScheduleAction{e}Time/TimeOfDay").split(":") for e in ("Start", "End")]
    if day not in DAYS or day != text(row, "ScheduleActionEndTime/DayOfWeek"):
        raise BAD_CONTENT
    start, end = (int(h) * 60 + int(m) for h, m, *_ in edges)
    text(row, "Actions/Record")
    return [DAYS.index(day), start, end, text(row, "Actions/ActionRecordingMode")]


def show_disks(recorder: Recorder, match: Match) -> Xml:
    failed, full = recorder.flags["disk_failed"], recorder.flags["disk_full"]
    rows = [
        x(
            "hdd",
            x("id", n),
            x("hddName", disk["name"]),
            x("hddPath", ""),
            x("hddType", "SATA"),
            x("status", "error" if failed else "full" if full else disk["status"]),
            x("capacity", disk["total_mb"]),
            x("freeSpace", 0 if failed or full else disk["free_mb"]),
            x("property", "RW"),
        )
        for n, disk in enumerate(recorder.memory["disks"], 1)
    ]
    return x("storage", x("hddList", rows), x("nasList", ""), x("workMode", "quota"), version="2.0")


def ask_days(recorder: Recorder, match: Match, body: Any) -> Xml:
    year, month = number(body, "year"), number(body, "monthOfYear")
    there = recorder.index.days(_known(recorder, match), year, month)
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
    files = recorder.index.files(channel, start, end) if channel in _numbers(recorder) else []
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


def show_triggers(recorder: Recorder, match: Match) -> Xml:
    notices = x("EventTriggerNotificationList", x("EventTriggerNotification", x("id", "record-1"), x("notificationMethod", "record")))
    rows = [
        x("EventTrigger", x("id", f"VMD-{n}"), x("eventType", "VMD"), x("dynVideoInputChannelID", n), notices) for n in _numbers(recorder)
    ]
    return x("EventTriggerList", *rows, version="2.0")


def show_streams(recorder: Recorder, match: Match) -> Xml:
    rows = [_stream(recorder, n, s) for n in _numbers(recorder) for s in (1, 2)]
    return x("StreamingChannelList", *rows, version="2.0")


def _stream(recorder: Recorder, channel: int, stream: int) -> Xml:
    return x(
        "StreamingChannel",
        x("id", f"{channel}{stream:02d}"),
        x("channelName", recorder.channels[channel].settings["name"]),
        x("enabled", True),
        x("Transport", x("ControlProtocolList", x("ControlProtocol", x("streamingTransport", "RTSP")))),
        x("Video", x("enabled", True), x("videoInputChannelID", channel), x("videoCodecType", "H.264"), x("maxFrameRate", 0)),
    )


INPUTS, TRACKS = "ContentMgmt/InputProxy/channels", "ContentMgmt/record/tracks"
RESOURCES: tuple[Resource, ...] = (
    Resource("System/deviceInfo", show_info, isapi_system.take_name, everybody=True),
    Resource("System/capabilities", show_capabilities, everybody=True),
    Resource(INPUTS, show_inputs, post=add_input, everybody=True),
    Resource(f"{INPUTS}/status", show_statuses, everybody=True),
    Resource(rf"{INPUTS}/(?P<id>\d+)", show_input, take_input, delete=delete_input),
    Resource(rf"{INPUTS}/(?P<id>\d+)/status", show_status, everybody=True),
    Resource(TRACKS, show_tracks, everybody=True),
    Resource(rf"{TRACKS}/(?P<id>\d+)01", show_track, take_track, everybody=True),
    Resource(rf"{TRACKS}/(?P<id>\d+)01/dailyDistribution", post=ask_days, asks=True),
    Resource("ContentMgmt/search", post=ask_search, asks=True),
    Resource("ContentMgmt/Storage", show_disks, everybody=True),
    Resource("Streaming/channels", show_streams, everybody=True),
    Resource("Event/triggers", show_triggers),
    *isapi_system.RESOURCES,
)
