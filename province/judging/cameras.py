"""Rules of the checks whose subject is a camera."""

from typing import Literal

from edge_agent.contract.devices import codec as codec_name
from edge_agent.contract.shortfalls import ALLOWS, codec_short, keyframes_short, size_short
from province.judging.case import DEVICE_FAULTS, NO_STREAM, NOT_RUN, Case, Finding, clock_within, judged, shown, unknown, why
from province.measure.evidence import Able, NotPlayed, Played
from province.text import Text


def _playable(case: Case, stream: Played | NotPlayed) -> Finding:
    if stream["ok"]:
        after = stream.get("first_picture_s") or 0
        measured = {"first_picture_s": after, "packets": stream.get("packets"), "seconds": stream.get("seconds")}
        says = Text(f"phát được, hình đầu sau {after:.1f} giây", f"plays, first picture after {after:.1f} s")
        return judged(True, measured, True, says)
    if stream["reason"] in DEVICE_FAULTS:
        return judged(False, {"reason": stream["reason"]}, True, why(stream))
    return unknown(case, stream, True)


def playable_centre(case: Case) -> Finding:
    return _playable(case, case.camera.get("stream_centre") or NO_STREAM)


def playable_hub(case: Case) -> Finding:
    return _playable(case, case.camera.get("stream_hub") or NO_STREAM)


UNTOLD: Able = {"codecs": None, "sizes": None, "most_fps": None, "least_gov": None}


def _able(case: Case) -> Able:
    """What the camera's main stream can be set to: what it can't reach is said as the rollout's plan says it."""
    settings = case.camera.get("settings") or NOT_RUN
    return (settings.get("able") if settings["ok"] else None) or UNTOLD


def offered(able: Able) -> list[str]:
    """The codecs of a stream's options, by our names."""
    return [named for each in able["codecs"] or () if (named := codec_name(each))]


def sizes(able: Able) -> list[tuple[int, int]]:
    return [(width, height) for width, height in able["sizes"] or ()]


def codec(case: Case) -> Finding:
    stream, expected = case.stream(), list(case.want("any_of", []))
    if not stream["ok"]:
        return unknown(case, stream, expected)
    seen = stream["codec"]
    if seen not in expected:
        short = codec_short(offered(_able(case)), case.desired.encoder.codec)
        return judged(False, seen, expected, short or Text(seen, seen))
    return judged(True, seen, expected, Text(seen, seen))


def size(case: Case) -> Finding:
    stream, expected = case.stream(), {"width": case.want("width"), "height": case.want("height")}
    if not stream["ok"]:
        return unknown(case, stream, expected)
    width, height = stream["width"], stream["height"]
    shown = Text(f"{width}x{height}", f"{width}x{height}")
    good, measured = width >= expected["width"] and height >= expected["height"], {"width": width, "height": height}
    if good:
        return judged(True, measured, expected, shown)
    asked = case.desired.encoder
    return judged(False, measured, expected, size_short(sizes(_able(case)), (asked.width, asked.height)) or shown)


def rate(case: Case) -> Finding:
    stream, fps = case.packets(), float(case.want("fps", 0))
    expected = {"fps": fps, "tolerance": case.want("tolerance", 0)}
    if not stream.get("packets"):
        return unknown(case, NOT_RUN if stream["ok"] else stream, expected)
    seen = [float(value) for value in (stream.get("fps_timestamps"), stream.get("fps_arrival")) if value is not None]
    if not seen:
        return unknown(case, NOT_RUN, expected)
    measured = {"by_timestamp": stream.get("fps_timestamps"), "by_arrival": stream.get("fps_arrival")}
    lowest = min(seen)
    good = lowest >= fps * (1 - expected["tolerance"])
    says, most = Text(f"{lowest:.1f} hình/giây", f"{lowest:.1f} frames/s"), _able(case)["most_fps"]
    if not good and most and most < case.desired.encoder.fps:
        says = ALLOWS.format(offered=most, asked=case.desired.encoder.fps)
    return judged(good, measured, expected, says)


def keyframe_distance(case: Case) -> Finding:
    stream, limit = case.packets(), float(case.want("seconds", 0))
    expected = {"seconds": limit, "tolerance": case.want("tolerance", 0)}
    if not stream.get("packets"):
        return unknown(case, NOT_RUN if stream["ok"] else stream, expected)
    allowed = limit + expected["tolerance"]
    distance, least = stream.get("keyframe_s"), stream.get("keyframe_at_least_s") or 0
    measured = {"seconds": distance, "at_least_s": least, "keyframes": stream.get("keyframes")}
    if least > allowed or (distance is not None and distance > allowed):
        worst, able, asked = max(least, distance or 0), _able(case), case.desired.encoder
        fps = min(asked.fps, able["most_fps"] or asked.fps)
        short = keyframes_short(able.get("least_gov"), fps, asked.keyframe_s)
        return judged(False, measured, expected, short or Text(f"ít nhất {worst:.1f} giây", f"at least {worst:.1f} s"))
    if distance is None:
        return Finding("unknown", measured, expected, Text("chỉ thấy một khung hình chính", "only one key frame was seen"))
    return judged(True, measured, expected, Text(f"{distance:.1f} giây", f"{distance:.1f} s"))


def camera_clock(case: Case) -> Finding:
    return clock_within(case, case.camera.get("clock") or NOT_RUN)


def accounts_as_wanted(case: Case) -> Finding:
    settings = case.camera.get("settings") or NOT_RUN
    expected = dict(case.device.levels)
    if not settings["ok"]:
        if settings["reason"] == "login_refused":
            return judged(False, {"reason": "login_refused"}, expected, why(settings))
        return unknown(case, settings, expected)
    accounts = settings.get("accounts")
    if accounts is None:
        return unknown(case, NOT_RUN, expected)
    seen = {user: str(level) for user, level in accounts.items()}
    viewer_refused = settings.get("viewer_login") is False
    faults = [f"+{user}" for user in sorted(set(seen) - set(expected))] + [f"-{user}" for user in sorted(set(expected) - set(seen))]
    faults += [f"{user}: {seen[user]}" for user in sorted(set(seen) & set(expected)) if seen[user] != expected[user]]
    measured = {"accounts": seen, "viewer_login": settings.get("viewer_login")}
    if viewer_refused:
        return judged(False, measured, expected, Text("tài khoản xem bị từ chối", "the viewer's login is refused"))
    listed = ", ".join(faults)
    return judged(
        not faults,
        measured,
        expected,
        Text(f"khác: {listed}", f"differs: {listed}") if faults else Text(", ".join(seen), ", ".join(seen)),
    )


def _setting(case: Case, field: Literal["name", "discovery"], expected: str) -> Finding:
    settings = case.camera.get("settings") or NOT_RUN
    if not settings["ok"]:
        return unknown(case, settings, expected)
    seen = settings.get(field)
    if seen is None and field not in settings:
        return unknown(case, NOT_RUN, expected)
    return judged(seen == expected, seen, expected, Text(str(seen or "(trống)"), str(seen or "(empty)")))


def name(case: Case) -> Finding:
    return _setting(case, "name", case.device.name)


def not_discoverable(case: Case) -> Finding:
    return _setting(case, "discovery", "NonDiscoverable")


def factory_password_refused(case: Case) -> Finding:
    login = case.camera.get("factory_login") or NOT_RUN
    if not login["ok"]:
        return unknown(case, login, "refused")
    if login["accepted"]:
        return judged(
            False,
            {"accepted": True, "at": login.get("at")},
            "refused",
            Text("vẫn đăng nhập được", "still opens the camera"),
        )
    at = login.get("at")
    return judged(True, {"accepted": False, "at": at}, "refused", Text(f"bị từ chối lúc {shown(at)}", f"refused at {shown(at)}"))


def stream_needs_login(case: Case) -> Finding:
    answer = case.camera.get("stream_without_login") or NOT_RUN
    if not answer["ok"]:
        return unknown(case, answer, 401)
    status = answer["status"]
    if status in (401, 403):
        return judged(True, status, 401, Text(f"từ chối ({status})", f"refused ({status})"))
    if status == 200:
        return judged(False, status, 401, Text("xem được mà không cần đăng nhập", "plays without a login"))
    return Finding("unknown", status, 401, Text(f"trả lời {status}", f"answered {status}"))


def password_unique(case: Case) -> Finding:
    found = case.camera.get("passwords") or NOT_RUN
    if not found["ok"]:
        return unknown(case, found, "unique")
    same = found["shared_with"]
    says = Text("trùng với " + ", ".join(same), "shared with " + ", ".join(same)) if same else Text("riêng", "its own")
    return judged(not same, {"shared_with": same}, "unique", says)
