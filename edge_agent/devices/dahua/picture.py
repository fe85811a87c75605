"""Reading what a Dahua camera shows: encoders with what they can, sound, smart codecs, the text in the picture, stream addresses."""


from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices.dahua import spellings
from edge_agent.devices.dahua.cgi import RequestRejected
from edge_agent.devices.dahua.reader import Reader
from edge_agent.devices.dahua.table import Step, Table
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Encoder, EncoderOptions, Problem, Range, Readings, Stream

FORMATS: dict[str, tuple[Step, ...]] = {"main": ("MainFormat", 0), "sub": ("ExtraFormat", 0)}
"""Of MainFormat, 0 is what is always sent; 1 and 2 are for motion and alarms on firmware that tells them apart."""
SMART = ("SmartEncode", "AICoding")
"""Smart codecs ("H.265+") falsify rate and keyframes (frigate#8881); newer firmware has a second of its own."""
MOST_GOP = 150
RTSP_PORT = 554


def encoders(reader: Reader, desired: DesiredDevice) -> Readings:
    table = reader.config("Encode", "encoder")
    if table is None:
        return {"audio_profiles": None}
    caps = _caps(reader)
    found = [e for name, path in FORMATS.items() if (e := _encoder(name, table, caps, path))]
    if not found:
        detail = Text("thiết bị không cho biết luồng hình nào", "the device tells of no stream")
        reader.problems.append(Problem("unsupported", "encoder", detail))
    return {"encoders": tuple(found), "audio_profiles": sounding(table)}


def of_channels(reader: Reader, numbers: list[int]) -> Readings:
    """The main streams of a recorder's channels, as it has them of its cameras, and where they are played from."""
    table = reader.config("Encode", "encoder", optional=True)
    port = _rtsp_port(reader)
    path = FORMATS["main"]
    found = [_encoder(f"channel {n}", table, None, path, n - 1) for n in numbers] if table else []
    played = (Stream(f"channel {n}", port, f"/cam/realmonitor?channel={n}&subtype=0") for n in numbers)
    return {"encoders": tuple(e for e in found if e), "streams": tuple(played)}


def _encoder(name: str, table: Table, caps: Table | None, path: tuple[Step, ...], channel: int = 0) -> Encoder | None:
    video = table.children("Encode", channel, *path).get("video")
    if video is None:
        return None
    size = spellings.size(video.text("resolution"))
    width, height = video.number("Width"), video.number("Height")
    if width and height:
        size = width, height
    return Encoder(
        profile=name,
        token=f"{path[0]}[{path[1]}]",
        media=0,
        name=name,
        codec=spellings.codec(video.text("Compression")),
        width=size[0] if size else None,
        height=size[1] if size else None,
        fps=video.number("FPS"),
        gov=video.number("GOP"),
        bitrate_kbps=video.number("BitRate"),
        options=_options(caps, path) if caps else {},
    )


def _caps(reader: Reader) -> Table | None:
    """What the encoders can: getConfigCaps, which wants a channel on some firmware, or getCaps where there is only that."""
    for action, query in (("getConfigCaps", None), ("getConfigCaps", {"channel": 1}), ("getCaps", None)):
        asked = reader.ask("encode.cgi", action, "encoder.options", query, optional=True)
        if asked and any("compressiontypes" in path or "resolutiontypes" in path for path, _, _ in asked.items()):
            return asked
    detail = Text("thiết bị không cho biết bộ mã hoá làm được gì", "the device does not tell what its encoders can")
    reader.problems.append(Problem("unsupported", "encoder.options", detail))
    return None


def _options(caps: Table, path: tuple[Step, ...]) -> dict[str, EncoderOptions]:
    """By codec. Keys are "caps[0].MainFormat[0].Video.FPSMax", "caps.MainFormat[0]...", or "headMain.Video.FPSMax" on old
    firmware; lists stand in one value or in one entry each."""
    head = "head" + str(path[0]).removesuffix("Format")
    forms: tuple[tuple[Step, ...], ...] = (("caps", 0, *path), ("caps", *path), (head,), path)
    video = next((v for form in forms if (v := caps.children(*form).get("video"))), None)
    if video is None:
        return {}

    def listed(name: str) -> list[str]:
        whole = video.text(name) or ",".join(t.text() or "" for t in video.children(name).values())
        return [v.strip() for v in whole.split(",") if v.strip()]

    sizes = tuple(dict.fromkeys(s for v in listed("ResolutionTypes") if (s := spellings.size(v))))
    most_fps, rates = video.number("FPSMax"), spellings.numbers(video.text("BitRateOptions"))
    options = EncoderOptions(
        sizes=sizes,
        fps=Range(1, most_fps) if most_fps and most_fps > 0 else None,
        gov=Range(1, max(MOST_GOP, video.number("GOPMax") or 0)),
        bitrate=Range(min(rates), max(rates)) if rates else None,
    )
    return {codec: options for v in listed("CompressionTypes") if (codec := spellings.codec(v))}


def sounding(table: Table) -> tuple[str, ...]:
    """The keys that switch sound on, for each format that has it."""
    return tuple(k for path, k, _ in table.items() if path[:2] == ("encode", 0) and path[-1] == "audioenable" and table.flag(*path))


def smart_codec(reader: Reader, desired: DesiredDevice) -> Readings:
    tables = [t for name in SMART if (t := reader.config(name, "smart_codec", optional=True))]
    flags = [t.flag(name, 0, "Enable") for t in tables for name in SMART]
    told = [f for f in flags if f is not None]
    return {"smart_codec": any(told) if told else None}


def osd(reader: Reader, desired: DesiredDevice) -> Readings:
    """The text in the picture is the channel's title, where it is blended in; lines are parted by "|"."""
    titles = reader.config("ChannelTitle", "osd")
    if titles is None:
        return {}
    title = titles.text("ChannelTitle", 0, "Name")
    widgets = reader.config("VideoWidget", "osd", optional=True)
    shown = widgets.flag("VideoWidget", 0, "ChannelTitle", "EncodeBlend") if widgets else None
    return {"osd": "" if shown is False else (title or "").replace("|", "\n")}


def streams(reader: Reader, desired: DesiredDevice) -> Readings:
    port = _rtsp_port(reader)
    paths = (("main", 0), ("sub", 1))
    return {"streams": tuple(Stream(name, port, f"/cam/realmonitor?channel=1&subtype={n}") for name, n in paths)}


def _rtsp_port(reader: Reader) -> int:
    rtsp = reader.config("RTSP", "streams", optional=True)
    if rtsp and rtsp.flag("RTSP", "Enable") is False:
        detail = Text("RTSP đang tắt", "RTSP is switched off")
        reader.problems.append(Problem("unsupported", "streams", detail))
    return (rtsp.number("RTSP", "Port") if rtsp else None) or RTSP_PORT


def onvif(reader: Reader) -> None:
    """Who may use ONVIF is not changed: switched off, UserGlobal.OnvifLoginCheck lets everybody in; on, old firmware knows only
    "admin" there. The report says which it is."""
    try:
        table = reader.cgi.config("UserGlobal")
    except (RequestRejected, NoPermission, BadAnswer):
        return
    check = table.flag("UserGlobal", "OnvifLoginCheck")
    if check is False:
        detail = Text("ONVIF không hỏi mật khẩu (UserGlobal.OnvifLoginCheck)", "ONVIF asks for no password (UserGlobal.OnvifLoginCheck)")
        reader.problems.append(Problem("limited", "onvif", detail))
