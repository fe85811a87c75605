"""Rules of a camera's further settings: its time source, sound, smart codec, services, sub stream, text in the picture."""

from edge_agent.contract.shortfalls import codec_short, height_short
from province.judging.cameras import UNTOLD, offered, sizes
from province.judging.case import NOT_REPORTED, NOT_RUN, Case, Finding, judged, unknown, why
from province.measure.evidence import Settings
from province.text import Text

TIMING_S = 0.2
"""One picture more or less at 5 frames/s."""


def _settings(case: Case, expected: object) -> Settings | Finding:
    """What the camera tells of itself, or why nothing is known of it."""
    settings = case.camera.get("settings") or NOT_RUN
    return settings if settings["ok"] else unknown(case, settings, expected)


def _untold(expected: object) -> Finding:
    return Finding("unknown", None, expected, why(NOT_REPORTED))


def ntp_source(case: Case) -> Finding:
    expected = case.site.ntp
    if expected is None:
        return unknown(case, NOT_RUN)
    settings = _settings(case, expected)
    if isinstance(settings, Finding):
        return settings
    ntp = settings.get("ntp")
    if ntp is None:
        return _untold(expected)
    servers, on = ntp["servers"], ntp.get("on")
    measured = {"servers": servers, "from_dhcp": ntp["from_dhcp"], "on": on}
    named = ", ".join(servers) or "–"
    if ntp["from_dhcp"]:
        return judged(False, measured, expected, Text("lấy máy chủ giờ từ DHCP", "takes its time server from DHCP"))
    if on is False:
        return judged(False, measured, expected, Text("giờ đặt bằng tay", "its time is set by hand"))
    return judged(servers[:1] == [expected] and len(servers) == 1, measured, expected, Text(named, named))


def audio_off(case: Case) -> Finding:
    """From the stream that arrives: a sound track in it, whatever the camera says of itself."""
    stream = case.stream()
    if not stream["ok"]:
        return unknown(case, stream, False)
    sound = stream.get("audio")
    if sound is None:
        return unknown(case, NOT_RUN, False)
    return judged(not sound, sound, False, Text("có tiếng", "carries sound") if sound else Text("không có tiếng", "no sound"))


def smart_codec_off(case: Case) -> Finding:
    """Packets against what the camera says of its own encoder: a smart codec stretches both rate and keyframe distance.

    A camera that doesn't tell its encoder's settings (H.265 in Media1) is held to `rate` and `keyframe_distance`.
    """
    stream, settings = case.packets(), case.camera.get("settings") or NOT_RUN
    slack = 1 + float(case.want("tolerance", 0.2))
    flag = settings.get("smart_codec") if settings["ok"] else None
    expected = {"off": True, "tolerance": case.want("tolerance", 0.2)}
    if flag:
        return judged(False, {"reported": True}, expected, Text("camera báo đang bật", "the camera says that it is on"))
    if not stream.get("packets"):
        return unknown(case, NOT_RUN if stream["ok"] else stream, expected)
    main = (settings.get("encoders") or {}).get("main") if settings["ok"] else None
    told_fps, gov = (main["fps"], main["gov"]) if main else (None, None)
    said = float(told_fps or case.standard.threshold("rate", "fps", 0))
    told_s = gov / said if gov and told_fps else None
    said_s = told_s or float(case.standard.threshold("keyframe_distance", "seconds", 0))
    fps = float(stream.get("fps_timestamps") or stream.get("fps_arrival") or 0)
    seen_s = max(float(stream.get("keyframe_s") or 0), float(stream.get("keyframe_at_least_s") or 0))
    measured = {"reported": flag, "fps": fps, "fps_set": told_fps, "keyframe_s": seen_s, "keyframe_s_set": round(said_s, 2)}
    if fps * slack < said or seen_s > said_s * slack + TIMING_S:
        says = Text(
            f"các gói không như cài đặt: {fps:.1f} hình/giây (cài {said:.0f}), khung hình chính cách {seen_s:.1f} giây",
            f"packets unlike the setting: {fps:.1f} frames/s (set to {said:.0f}), key frames {seen_s:.1f} s apart",
        )
        return judged(False, measured, expected, says)
    return judged(True, measured, expected, Text("các gói đúng như cài đặt", "packets as the encoder is set"))


def services_off(case: Case) -> Finding:
    unwanted = list(case.want("unwanted", []))
    settings = _settings(case, unwanted)
    if isinstance(settings, Finding):
        return settings
    services = settings.get("services")
    if services is None:
        return _untold(unwanted)
    on = sorted(name for name, running in services.items() if running and name in unwanted)
    known = sorted(name for name in services if name in unwanted)
    named, judged_of = ", ".join(on), ", ".join(known)
    if not known:
        return Finding("unknown", {"on": [], "known": []}, unwanted, why(NOT_REPORTED))
    says = Text(f"đang bật: {named}", f"on: {named}") if on else Text(f"đã tắt: {judged_of}", f"off: {judged_of}")
    return judged(not on, {"on": on, "known": known}, unwanted, says)


def sub_stream(case: Case) -> Finding:
    most, codecs = int(case.want("most_height", 0)), list(case.want("any_of", []))
    expected = {"most_height": most, "any_of": codecs}
    settings = _settings(case, expected)
    if isinstance(settings, Finding):
        return settings
    encoders = settings.get("encoders")
    if encoders is None:
        return _untold(expected)
    sub = encoders.get("sub")
    if not sub:
        return judged(False, None, expected, Text("không có luồng phụ", "no sub stream"))
    shown, height = f"{sub['codec']} {sub['width']}x{sub['height']}", sub["height"] or 0
    right_codec, low_enough = sub["codec"] in codecs, 0 < height <= most
    able, asked = settings.get("able_sub") or UNTOLD, case.desired.sub_encoder
    short = None if right_codec else codec_short(offered(able), asked.codec)
    short = short or (None if low_enough else height_short(sizes(able), (asked.width, asked.height), most))
    return judged(right_codec and low_enough, sub, expected, short or Text(shown, shown))


def osd(case: Case) -> Finding:
    """The camera's name stands in its picture, whatever else does."""
    name = case.device.name
    settings = _settings(case, name)
    if isinstance(settings, Finding):
        return settings
    texts = settings.get("osd")
    if texts is None:
        return _untold(name)
    shown = "; ".join(texts) or "–"
    return judged(any(name.casefold() in text.casefold() for text in texts), list(texts), name, Text(shown, shown))
