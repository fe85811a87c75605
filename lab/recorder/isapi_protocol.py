"""A Hikvision recorder's own resources in ISAPI: channels, what they record, disks, and the search of what is recorded.

Shapes after recordings of DS-76xx and DS-77xx (maciej-or/hikvision_next) and public integrations' requests.
"""

from __future__ import annotations

import re
from typing import Any

from lab.camera import isapi, isapi_state, isapi_system
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.isapi import BAD_CONTENT, Refusal, Resource, number, text
from lab.camera.xml import Xml, x
from lab.recorder import isapi_search
from lab.recorder import state as states
from lab.recorder.config import Config
from lab.recorder.shape import Recorder
from lab.recorder.state import DAYS

BINARY_MB = 1.048576
"""ISAPI tells sizes in MiB, whatever it calls them."""
PROTOCOLS = {"hikvision": "HIKVISION", "onvif": "ONVIF", "dahua": "DAHUA", "rtsp": "CUSTOM1"}
Match = re.Match[str]


def factory(config: Config) -> dict[str, Any]:
    return {"isapi": isapi_state.common(config, "Network Video Recorder")}


async def answer(recorder: Recorder, request: HttpRequest) -> HttpResponse:
    return await isapi.answer(recorder, request, RESOURCES)


def show_info(recorder: Recorder, match: Match) -> Xml:
    make = states.of(recorder.config.make)
    return isapi_system.identity(recorder, make.model, make.firmware, "48443836", "build 210401", "NVR", 255)


def show_capabilities(recorder: Recorder, match: Match) -> Xml:
    return x("DeviceCap", x("RacmCap", x("inputProxyNums", recorder.config.channels)), version="2.0")


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
    rows = [_input(recorder, n) for n in recorder.numbers()]
    return x("InputProxyChannelList", *rows, size=recorder.config.channels, version="2.0")


def show_input(recorder: Recorder, match: Match) -> Xml:
    return _input(recorder, isapi_search.known(recorder, match))


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
    free = [n for n in recorder.channels if n not in recorder.numbers()]
    asked = number(body, "id", 0)
    if not free:
        raise Refusal(4, "noMoreChannel")
    _put_input(recorder, asked if asked in free else free[0], body)


def take_input(recorder: Recorder, match: Match, body: Any) -> None:
    _put_input(recorder, isapi_search.known(recorder, match), body)


def delete_input(recorder: Recorder, match: Match, body: Any) -> None:
    recorder.memory.write(f"channels.{isapi_search.known(recorder, match)}", states.channel())


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
    return x("InputProxyChannelStatusList", *(_status(recorder, n) for n in recorder.numbers()), version="2.0")


def show_status(recorder: Recorder, match: Match) -> Xml:
    return _status(recorder, isapi_search.known(recorder, match))


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
    return x("TrackList", *(_track(recorder, n) for n in recorder.numbers()), version="2.0")


def show_track(recorder: Recorder, match: Match) -> Xml:
    return _track(recorder, isapi_search.known(recorder, match))


def take_track(recorder: Recorder, match: Match, body: Any) -> None:
    week = [_row(row) for row in body.findall("TrackSchedule/ScheduleBlockList/ScheduleBlock/ScheduleAction")]
    enabled = text(body, "CustomExtensionList/CustomExtension/enableSchedule") == "true"
    change = {"enabled": enabled, "loop": text(body, "LoopEnable") == "true", "week": week}
    recorder.memory.write(f"tracks.{isapi_search.known(recorder, match)}", change)


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
            x("capacity", round(disk["total_mb"] / BINARY_MB)),
            x("freeSpace", 0 if failed or full else round(disk["free_mb"] / BINARY_MB)),
            x("property", "RW"),
        )
        for n, disk in enumerate(recorder.memory["disks"], 1)
    ]
    return x("storage", x("hddList", rows), x("nasList", ""), x("workMode", "quota"), version="2.0")


def show_triggers(recorder: Recorder, match: Match) -> Xml:
    notices = x("EventTriggerNotificationList", x("EventTriggerNotification", x("id", "record-1"), x("notificationMethod", "record")))
    rows = [
        x("EventTrigger", x("id", f"VMD-{n}"), x("eventType", "VMD"), x("dynVideoInputChannelID", n), notices) for n in recorder.numbers()
    ]
    return x("EventTriggerList", *rows, version="2.0")


def show_streams(recorder: Recorder, match: Match) -> Xml:
    rows = [_stream(recorder, n, s) for n in recorder.numbers() for s in (1, 2)]
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
    Resource(rf"{TRACKS}/(?P<id>\d+)01/dailyDistribution", post=isapi_search.ask_days, asks=True),
    Resource("ContentMgmt/search", post=isapi_search.ask_search, asks=True),
    Resource("ContentMgmt/Storage", show_disks, everybody=True),
    Resource("Streaming/channels", show_streams, everybody=True),
    Resource("Event/triggers", show_triggers),
    *isapi_system.RESOURCES,
)
