"""A Dahua camera's own configurations: the same settings that its ONVIF side shows."""

from __future__ import annotations

from typing import Any

from lab.camera import encoders
from lab.camera.cgi_tables import COMMON, Table, Values
from lab.camera.cgi_values import BadRequest, like
from lab.camera.shape import Camera
from lab.camera.xml import Fault

CODECS = {"H264": "H.264", "H265": "H.265", "JPEG": "MJPG"}
STREAMS = {"MainFormat": "main", "ExtraFormat": "sub"}


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


TABLES: dict[str, Table] = {**COMMON, "ChannelTitle": (_read_title, _write_title), "Encode": (_read_encode, _write_encode)}


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
                "GOPMax": can.gops[1],
                "ResolutionTypes": ",".join("1080P" if s == (1920, 1080) else f"{s[0]}x{s[1]}" for s in can.sizes),
            }
        }
    if old_form:
        return {f"head{name.removesuffix('Format')}": part for name, part in found.items()}
    return {"caps": {"#0": {name: {"#0": part} for name, part in found.items()}}}
