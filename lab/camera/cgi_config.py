"""A Dahua camera's configurations (configManager.cgi): the same settings that its ONVIF side shows, and those of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lab.camera import encoders, makes
from lab.camera.cgi_words import ZONE_HOURS, BadRequest, like, steps
from lab.camera.clock import utc_offset_s
from lab.camera.xml import Fault

if TYPE_CHECKING:
    from lab.camera.camera import Camera

Values = dict[tuple[str, ...], str]  # what is written: steps below the configuration's name -> value
CODECS = {"H264": "H.264", "H265": "H.265", "JPEG": "MJPG"}
STREAMS = {"MainFormat": "main", "ExtraFormat": "sub"}


def read(camera: Camera, name: str) -> Any:
    """The configuration ``name``, nested. BadRequest: this camera has none such."""
    if name in COMPUTED:
        return COMPUTED[name][0](camera)
    if name not in camera.memory["cgi"]:
        raise BadRequest(name)
    return camera.memory[f"cgi.{name}"]


def write(camera: Camera, name: str, values: Values) -> None:
    """BadRequest: an unknown key or value; then nothing of it is written."""
    if name in COMPUTED:
        COMPUTED[name][1](camera, values)
        return
    _write_own(camera, name, values)


def _write_own(camera: Camera, name: str, values: Values) -> None:
    there = camera.memory["cgi"].get(name)
    changes = []
    for path, value in values.items():
        node = there
        for step in path:
            if not isinstance(node, dict) or step not in node:
                raise BadRequest(".".join(path))
            node = node[step]
        changes.append((".".join(("cgi", name, *path)), like(node, value)))
    for where, what in changes:
        camera.memory.write(where, what)


def _split(values: Values, known: set[str]) -> tuple[dict[str, str], Values]:
    """Those whose first step is of the camera's common memory, and the rest."""
    return {p[0]: v for p, v in values.items() if p[0] in known}, {p: v for p, v in values.items() if p[0] not in known}


def _read_ntp(camera: Camera) -> Any:
    m = camera.memory
    hours = utc_offset_s(m["clock.timezone"]) / 3600
    return {
        "Address": (m["ntp.servers"] or [""])[0],
        "Enable": m["clock.type"] == "NTP",
        "TimeZone": ZONE_HOURS.index(hours) if hours in ZONE_HOURS else 0,
        **m["cgi.NTP"],
    }


def _write_ntp(camera: Camera, values: Values) -> None:
    common, own = _split(values, {"Address", "Enable", "TimeZone"})
    change: dict[str, Any] = {}
    if "Enable" in common:
        change["type"] = "NTP" if like(True, common["Enable"]) else "Manual"
    if "TimeZone" in common:
        change["timezone"] = posix(int(like(0, common["TimeZone"])))
    _write_own(camera, "NTP", own)
    if "Address" in common:
        camera.memory.write("ntp", {"from_dhcp": False, "servers": [common["Address"]]})
    if change:
        camera.memory.write("clock", change)


def posix(index: int) -> str:
    if not 0 <= index < len(ZONE_HOURS):
        raise BadRequest("TimeZone")
    minutes = round(ZONE_HOURS[index] * 60)
    return f"UTC{'-' if minutes > 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _read_locales(camera: Camera) -> Any:
    return {"DSTEnable": camera.memory["clock.daylight"], **camera.memory["cgi.Locales"]}


def _write_locales(camera: Camera, values: Values) -> None:
    common, own = _split(values, {"DSTEnable"})
    _write_own(camera, "Locales", own)
    if common:
        camera.memory.write("clock.daylight", like(True, common["DSTEnable"]))


def _read_title(camera: Camera) -> Any:
    return {"#0": {"Name": next((o["text"] for o in camera.memory["osd"] if o["kind"] == "Plain"), "")}}


def _write_title(camera: Camera, values: Values) -> None:
    if set(values) != {("#0", "Name")}:
        raise BadRequest("ChannelTitle")
    texts = [{**o, "text": values["#0", "Name"]} if o["kind"] == "Plain" else o for o in camera.memory["osd"]]
    camera.memory.write("osd", texts)


def _video(camera: Camera, path: str) -> dict[str, Any]:
    s = camera.memory[path]
    return {
        "BitRate": s["bitrate_kbps"],
        "BitRateControl": "CBR" if s["cbr"] else "VBR",
        "Compression": CODECS[s["codec"]],
        "FPS": s["fps"],
        "GOP": s["gop"],
        "Height": s["height"],
        "Profile": s["profile"],
        "Width": s["width"],
        "resolution": f"{s['width']}x{s['height']}",
    }


def _read_encode(camera: Camera) -> Any:
    formats = {}
    for name, stream in STREAMS.items():
        part = {
            "Audio": {"Bitrate": camera.memory["audio.bitrate"], "Compression": "G.711A", "Frequency": 8000},
            "AudioEnable": camera.memory[f"audio.{stream}"],
            "Video": _video(camera, encoders.PATHS[stream]),
            "VideoEnable": True,
        }
        formats[name] = {"#0": part}
    return {"#0": formats}


_FIELDS = {"BitRate": "bitrate_kbps", "FPS": "fps", "GOP": "gop", "Height": "height", "Width": "width"}


def _write_encode(camera: Camera, values: Values) -> None:
    """Checked as a whole against what the encoder can, as on a real camera."""
    changes: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        channel, form, number, *rest = path
        if channel != "#0" or form not in STREAMS or number != "#0":
            raise BadRequest(".".join(path))
        stream = STREAMS[form]
        if rest == ["AudioEnable"]:
            camera.memory.write(f"audio.{stream}", like(True, value))
            continue
        if len(rest) != 2 or rest[0] != "Video":
            raise BadRequest(".".join(path))
        changes.setdefault(stream, {}).update(_encoder_change(rest[1], value))
    for stream, change in changes.items():
        if camera.memory["cgi.SmartEncode.#0.Enable"]:
            change.pop("gop", None)  # the smart codec has keyframes of its own
        try:
            encoders.store(camera, stream, change)
        except Fault as fault:
            raise BadRequest(str(fault)) from None


def _encoder_change(field: str, value: str) -> dict[str, Any]:
    if field in _FIELDS:
        return {_FIELDS[field]: like(0, value)}
    if field == "Compression":
        codec = next((ours for ours, theirs in CODECS.items() if value.upper().startswith(theirs.upper())), None)
        if codec is None:
            raise BadRequest(value)
        return {"codec": codec}
    if field == "resolution":
        width, _, height = value.partition("x")
        return {"width": like(0, width), "height": like(0, height)}
    if field in ("BitRateControl", "Profile"):
        return {"cbr": value == "CBR"} if field == "BitRateControl" else {"profile": value}
    raise BadRequest(field)


def _read_network(camera: Camera) -> Any:
    network, dns = camera.memory["network"], camera.memory["dns.servers"]
    mask = (0xFFFFFFFF << (32 - network["prefix"])) & 0xFFFFFFFF
    return {
        "DefaultInterface": "eth0",
        "Domain": "dahua",
        "Hostname": camera.memory["hostname"],
        "eth0": {
            "DefaultGateway": network["gateway"] or "0.0.0.0",
            "DhcpEnable": network["dhcp"],
            "DnsServers": {f"#{n}": server for n, server in enumerate([*dns, "0.0.0.0", "0.0.0.0"][:2])},
            "IPAddress": network["address"],
            "MTU": 1500,
            "PhysicalAddress": camera.config.mac,
            "SubnetMask": ".".join(str(mask >> shift & 255) for shift in (24, 16, 8, 0)),
        },
    }


def _write_network(camera: Camera, values: Values) -> None:
    network: dict[str, Any] = {}
    dns = dict(enumerate([*camera.memory["dns.servers"], "0.0.0.0", "0.0.0.0"][:2]))
    for path, value in values.items():
        match path:
            case ("eth0", "DefaultGateway"):
                network["gateway"] = value
            case ("eth0", "IPAddress"):
                network["address"] = value
            case ("eth0", "SubnetMask"):
                network["prefix"] = sum(int(octet).bit_count() for octet in value.split("."))
            case ("eth0", "DhcpEnable"):
                network["dhcp"] = like(True, value)
            case ("eth0", "DnsServers", "#0" | "#1" as number):
                dns[int(number[1])] = value
            case ("Hostname",):
                camera.memory.write("hostname", value)
            case _:
                raise BadRequest(".".join(path))
    camera.memory.write("dns", {"from_dhcp": False, "servers": [s for s in dict.fromkeys(dns.values()) if s != "0.0.0.0"]})
    if network:
        camera.memory.write("network", network)


def _read_rtsp(camera: Camera) -> Any:
    rtsp = camera.memory["protocols.RTSP"]
    return {"Enable": rtsp["enabled"], "Port": rtsp["port"], "RTP": {"EndPort": 40000, "StartPort": 20000}}


def _write_rtsp(camera: Camera, values: Values) -> None:
    raise BadRequest("RTSP")


def _read_https(camera: Camera) -> Any:
    https = camera.memory["protocols.HTTPS"]
    return {"Enable": https["enabled"], "Port": https["port"]}


def _write_https(camera: Camera, values: Values) -> None:
    if set(values) != {("Enable",)}:
        raise BadRequest("Https")
    camera.memory.write("protocols.HTTPS.enabled", like(True, values["Enable",]))


COMPUTED: dict[str, tuple[Callable[[Camera], Any], Callable[[Camera, Values], None]]] = {
    "NTP": (_read_ntp, _write_ntp),
    "Locales": (_read_locales, _write_locales),
    "ChannelTitle": (_read_title, _write_title),
    "Encode": (_read_encode, _write_encode),
    "Network": (_read_network, _write_network),
    "RTSP": (_read_rtsp, _write_rtsp),
    "Https": (_read_https, _write_https),
}


def capabilities(camera: Camera, old_form: bool) -> Any:
    """What the encoders can: "caps[0].MainFormat[0].Video...", or "headMain.Video..." of old firmware."""
    found = {}
    for name, stream in STREAMS.items():
        can = encoders.ability(camera, stream)
        found[name] = {
            "Video": {
                "BitRateOptions": f"{can.bitrates[0]},{can.bitrates[1]}",
                "CompressionTypes": ",".join(CODECS[c] for c in can.codecs),
                "FPSMax": max(can.rates),
                "GOPMax": can.max_gop,
                "ResolutionTypes": ",".join("1080P" if s == (1920, 1080) else f"{s[0]}x{s[1]}" for s in can.sizes),
            }
        }
    if old_form:
        return {f"head{name.removesuffix('Format')}": part for name, part in found.items()}
    return {"caps": {"#0": {name: {"#0": part} for name, part in found.items()}}}


def grouped(entries: list[tuple[str, str]]) -> dict[str, Values]:
    """The entries of a setConfig by configuration; some write "table." before a key. BadRequest: no configuration's."""
    found: dict[str, Values] = {}
    for key, value in entries:
        name, *path = steps(key.removeprefix("table."))
        if not path:
            raise BadRequest(key)
        found.setdefault(name, {})[tuple(path)] = value
    return found


def model(camera: Camera) -> str:
    return camera.config.model or makes.of(camera.config.make).model
