"""A Hikvision camera's settings read from outside by ISAPI: for cameras whose ONVIF is off or has accounts of its own.

In the words of province.measure.devices.onvif.camera, by a reader that has no part in writing them.
"""

from collections.abc import Mapping
from datetime import timezone

from province.measure.devices import maker
from province.measure.devices.able import able, lacks, suits
from province.measure.devices.errors import AuthRejected, DeviceError
from province.measure.devices.hikvision import isapi
from province.measure.devices.hikvision.isapi import Isapi, Node
from province.measure.devices.logins import Ledger
from province.measure.devices.onvif import view
from province.measure.evidence import Able, CameraEvidence, CameraReading, Clock, Encoder, Failed, Settings, failed
from province.measure.request import SettingsTask

LEVELS = {"administrator": "Administrator", "operator": "Operator", "viewer": "User"}
MAIN, SUB = "101", "102"
SWITCHES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "upnp": (("System/Network/UPnP", "enabled"),),
    "p2p": (("System/Network/EZVIZ", "enabled"), ("System/Network/Ehome", "enabled")),
    "ssh": (("System/Network/ssh", "enabled"),),
    "telnet": (("System/Network/telnetd", "enabled"),),
    "snmp": (("System/Network/SNMP", "SNMPv2c/enabled"), ("System/Network/SNMP", "enabled")),
    "bonjour": (("System/Network/Bonjour", "enabled"),),
    "wifi": (("System/Network/interfaces/2/wireless", "enabled"),),
}
"""Service -> where its switches are."""


def measure(task: SettingsTask, ledger: Ledger) -> CameraReading:
    """Each part for itself: one may fail and others not."""
    device = Isapi(task["host"], task["port"])

    def read(info: Node, found: CameraEvidence) -> Settings | Failed:
        found["clock"], _, by_ntp = _clock(device)
        return _settings(device, info, by_ntp, task, ledger)

    return maker.measure(task, ledger, device, read, silent=("unreachable", "timeout", "not_activated", "protocol"))


def _clock(device: Isapi) -> tuple[Clock | Failed, timezone | None, bool | None]:
    try:
        return isapi.clock(device)
    except AuthRejected:
        raise
    except DeviceError as error:
        return failed(error.reason, error.detail), None, None


def _settings(device: Isapi, info: Node, by_ntp: bool | None, task: SettingsTask, ledger: Ledger) -> Settings | Failed:
    found: Settings = {
        "ok": True,
        "scheme": "digest",
        "maker": info["manufacturer"] or "HIKVISION",
        "model": info["model"],
        "firmware": info["firmwareVersion"],
        "name": info["deviceName"] or "",
    }
    try:
        users = device.get("Security/users").all("User")
    except AuthRejected:
        return failed("no_permission")
    found["accounts"] = {user["userName"] or "": LEVELS.get((user["userLevel"] or "").lower(), user["userLevel"]) for user in users}
    found["ntp"] = isapi.ntp(device, by_ntp)
    channels = {name: device.maybe(f"Streaming/channels/{token}") for name, token in (("main", MAIN), ("sub", SUB))}
    main, sub = (_encoder(channel) if channel else None for channel in (channels["main"], channels["sub"]))
    found["encoders"] = {"main": main, "sub": sub}
    smart = [_smart(channel) for channel in channels.values() if channel]
    found["smart_codec"] = any(smart) if any(each is not None for each in smart) else None
    found["osd"] = _texts(device)
    found["services"] = _services(device, [channel for channel in channels.values() if channel])
    can = _able(device, MAIN)
    found["able"] = can
    if not suits(sub, task):
        found["able_sub"] = _able(device, SUB)
    found["lacks"] = lacks(can, task.get("least", {}))
    port = _rtsp_port(device)
    found["stream"] = {"port": port, "path": f"/Streaming/Channels/{MAIN}"}
    found["sub_stream"] = {"port": port, "path": f"/Streaming/Channels/{SUB}"} if channels["sub"] else None
    integrate = device.maybe("System/Network/Integrate")
    if integrate is not None and integrate.true("ONVIF/enable") is False:
        found["discovery"] = "NonDiscoverable"
    elif discovery := view.discovery(task, ledger):
        found["discovery"] = discovery
    found["viewer_login"] = maker.viewer(device, task, ledger)
    return found


def _encoder(channel: Node) -> Encoder | None:
    """Rates stand in hundredths, 0 is as many as it can; the keyframe distance in frames, on old firmware in ms."""
    video = next(iter(channel.all("Video")), None)
    if video is None:
        return None
    rate, gov, interval = video.number("maxFrameRate"), video.number("GovLength"), video.number("keyFrameInterval")
    fps = rate / 100 if rate else None
    if gov is None and interval and fps:
        gov = round(interval / 1000 * fps)
    return {
        "codec": (video["videoCodecType"] or "").lower().replace(".", "").rstrip("+") or None,
        "width": video.number("videoResolutionWidth"),
        "height": video.number("videoResolutionHeight"),
        "fps": fps,
        "gov": gov,
        "bitrate_kbps": video.number("vbrUpperCap") or video.number("constantBitRate"),
    }


def _smart(channel: Node) -> bool | None:
    if (channel["Video/videoCodecType"] or "").endswith("+"):
        return True
    return channel.true("Video/SmartCodec/enabled")


def _texts(device: Isapi) -> list[str] | None:
    overlays = device.maybe("System/Video/inputs/channels/1/overlays")
    if overlays is None:
        return None
    texts = [each["displayText"] for each in overlays.all("TextOverlayList/TextOverlay") if each.true("enabled")]
    if overlays.true("channelNameOverlay/enabled"):
        channel = device.maybe("System/Video/inputs/channels/1")
        texts.append(channel["name"] if channel else None)
    return [text for text in texts if text]


def _services(device: Isapi, channels: list[Node]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    documents: dict[str, Node | None] = {}
    for service, switches in SWITCHES.items():
        for path, switch in switches:
            if path not in documents:
                documents[path] = device.maybe(path)
            document = documents[path]
            on = document.true(switch) if document else None
            if on is not None:
                found[service] = found.get(service, False) or on
    multicast = [on for channel in channels if (on := channel.true("Transport/Multicast/enabled")) is not None]
    return found | ({"multicast": any(multicast)} if multicast else {})


def _able(device: Isapi, token: str) -> Able:
    """By its own capabilities, whose options stand in `opt` attributes."""
    told = device.maybe(f"Streaming/channels/{token}/capabilities")
    if told is None:
        return able((), (), ())
    widths, heights, rates = (
        [int(each) for each in told.options(f"Video/{name}") if each.isdecimal()]
        for name in ("videoResolutionWidth", "videoResolutionHeight", "maxFrameRate")
    )
    codecs = [each.lower().replace(".", "").rstrip("+") for each in told.options("Video/videoCodecType")]
    return able(codecs, zip(widths, heights, strict=False), [rate // 100 for rate in rates if rate], told.least("Video/GovLength"))


def _rtsp_port(device: Isapi) -> int:
    ports = device.maybe("Security/adminAccesses")
    for row in ports.all("AdminAccessProtocol") if ports else []:
        if (row["protocol"] or "").upper() == "RTSP":
            port = row.number("portNo")
            return port if port and 0 < port < 65536 else 554
    return 554
