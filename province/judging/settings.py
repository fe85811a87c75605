"""Rules of a camera's further settings: its time source, sound, smart codec, services, sub stream, text in the picture."""

from typing import Any

from edge_agent.contract.shortfalls import codec_short, height_short
from province.judging.cameras import offered
from province.judging.case import NOT_RUN, Case, Finding, judged, unknown, why
from province.text import Text

NOT_REPORTED = {"reason": "not_reported"}
TIMING_S = 0.2
"""One picture more or less at 5 frames/s."""


def _setting(case: Case, field: str, expected: Any) -> tuple[Any, Finding | None]:
    """(what the camera tells of one setting, None), or (None, why nothing is known of it)."""
    settings = case.of_camera("settings")
    if not settings.get("ok"):
        return None, unknown(case, settings, expected)
    if settings.get(field) is None:
        return None, Finding("unknown", None, expected, why(NOT_REPORTED))
    return settings[field], None


def ntp_source(case: Case) -> Finding:
    expected = case.site.ntp
    if expected is None:
        return unknown(case, NOT_RUN)
    ntp, finding = _setting(case, "ntp", expected)
    if finding:
        return finding
    servers, on = [str(server) for server in ntp.get("servers") or []], ntp.get("on")
    measured = {"servers": servers, "from_dhcp": ntp.get("from_dhcp"), "on": on}
    named = ", ".join(servers) or "–"
    if ntp.get("from_dhcp"):
        return judged(False, measured, expected, Text("lấy máy chủ giờ từ DHCP", "takes its time server from DHCP"))
    if on is False:
        return judged(False, measured, expected, Text("giờ đặt bằng tay", "its time is set by hand"))
    return judged(servers[:1] == [expected] and len(servers) == 1, measured, expected, Text(named, named))


def audio_off(case: Case) -> Finding:
    """From the stream that arrives: a sound track in it, whatever the camera says of itself."""
    stream = case.stream()
    if not stream.get("ok") or stream.get("audio") is None:
        return unknown(case, stream if not stream.get("ok") else NOT_RUN, False)
    sound = bool(stream["audio"])
    return judged(not sound, sound, False, Text("có tiếng", "carries sound") if sound else Text("không có tiếng", "no sound"))


def smart_codec_off(case: Case) -> Finding:
    """Packets against what the camera says of its own encoder: a smart codec stretches both rate and keyframe distance.

    A camera that doesn't tell its encoder's settings (H.265 in Media1) is held to `rate` and `keyframe_distance`.
    """
    stream, settings = case.packets(), case.of_camera("settings")
    slack = 1 + float(case.want("tolerance", 0.2))
    flag = settings.get("smart_codec") if settings.get("ok") else None
    expected = {"off": True, "tolerance": case.want("tolerance", 0.2)}
    if flag:
        return judged(False, {"reported": True}, expected, Text("camera báo đang bật", "the camera says that it is on"))
    if not stream.get("packets"):
        return unknown(case, stream, expected)
    main = ((settings.get("encoders") or {}).get("main") if settings.get("ok") else None) or {}
    said = float(main.get("fps") or case.standard.threshold("rate", "fps", 0))
    told_s = float(main["gov"]) / said if main.get("gov") and main.get("fps") else None
    said_s = told_s or float(case.standard.threshold("keyframe_distance", "seconds", 0))
    fps = float(stream.get("fps_timestamps") or stream.get("fps_arrival") or 0)
    seen_s = max(float(stream.get("keyframe_s") or 0), float(stream.get("keyframe_at_least_s") or 0))
    measured = {"reported": flag, "fps": fps, "fps_set": main.get("fps"), "keyframe_s": seen_s, "keyframe_s_set": round(said_s, 2)}
    if fps * slack < said or seen_s > said_s * slack + TIMING_S:
        says = Text(
            f"các gói không như cài đặt: {fps:.1f} hình/giây (cài {said:.0f}), khung hình chính cách {seen_s:.1f} giây",
            f"packets unlike the setting: {fps:.1f} frames/s (set to {said:.0f}), key frames {seen_s:.1f} s apart",
        )
        return judged(False, measured, expected, says)
    return judged(True, measured, expected, Text("các gói đúng như cài đặt", "packets as the encoder is set"))


def services_off(case: Case) -> Finding:
    unwanted = list(case.want("unwanted", []))
    services, finding = _setting(case, "services", unwanted)
    if finding:
        return finding
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
    encoders, finding = _setting(case, "encoders", expected)
    if finding:
        return finding
    sub = encoders.get("sub")
    if not sub:
        return judged(False, None, expected, Text("không có luồng phụ", "no sub stream"))
    shown = f"{sub.get('codec')} {sub.get('width')}x{sub.get('height')}"
    right_codec, low_enough = sub.get("codec") in codecs, bool(sub.get("height")) and int(sub["height"]) <= most
    able, asked = case.of_camera("settings").get("able_sub") or {}, case.desired.sub_encoder
    sizes = [(int(width), int(height)) for width, height in able.get("sizes") or ()]
    short = None if right_codec else codec_short(offered(able), asked.codec)
    short = short or (None if low_enough else height_short(sizes, (asked.width, asked.height), most))
    return judged(right_codec and low_enough, sub, expected, short or Text(shown, shown))


def osd(case: Case) -> Finding:
    """The camera's name stands in its picture, whatever else does."""
    name = case.device.name
    texts, finding = _setting(case, "osd", name)
    if finding:
        return finding
    shown = "; ".join(texts) or "–"
    return judged(any(name.casefold() in text.casefold() for text in texts), list(texts), name, Text(shown, shown))
