"""A device as a document and as a page, without a secret:

    {"driver", "class", "identity": {maker, model, firmware, serial, mac}, "clock": {offset_s, ntp, source, timezone},
     "accounts": [{name, level}], "services": {namespace: path}, "encoders": [{name, profile, codec, width, height, fps,
     bitrate_kbps, keyframe_s, options}], "streams": [{profile, rtsp_port, path}], "channels": [], "storage": [],
     "problems": [{class, detail, hint}]}

What the device doesn't tell is null, and a problem says why.
"""

from dataclasses import asdict
from typing import Any

from edge_agent.devices.faults import DeviceFailure, NoPermission
from edge_agent.devices.model import Current, Encoder, Identity, Problem, Wanted
from edge_agent.devices.onvif.read import scope_name
from edge_agent.devices.onvif.session import DeviceTime
from edge_agent.text import Text

_HINTS = {
    "no_permission": NoPermission.hint_text,
    "unsupported": Text("Xem tài liệu của hãng; có thể cần cập nhật phần mềm.", "See the maker's manual; newer firmware may help."),
}
_UNKNOWN = Text("không rõ", "unknown")


def document(target: Wanted, current: Current) -> dict[str, Any]:
    return {
        "driver": target.driver,
        "class": None,
        "identity": asdict(current.identity),
        "name": {"hostname": current.hostname, "scope": scope_name(current.scopes) if current.scopes is not None else None},
        "clock": {
            "offset_s": current.clock.offset_s,
            "ntp": list(current.clock.servers) if current.clock.servers is not None else None,
            "source": current.clock.source,
            "timezone": current.clock.timezone,
        },
        "accounts": [asdict(u) for u in current.users] if current.users is not None else None,
        "services": dict(current.services),
        "discovery": current.discovery,
        "encoders": [_encoder(e) for e in current.encoders],
        "streams": [asdict(s) for s in current.streams],
        "channels": [],
        "storage": [],
        "problems": [_problem(p) for p in current.problems],
    }


def anonymous(target: Wanted, time: DeviceTime, identity: Identity | None) -> dict[str, Any]:
    """What a device tells to somebody without a login."""
    closed = Text("thiết bị không cho biết nếu chưa đăng nhập", "the device doesn't tell without a login")
    problems = [] if identity else [_problem(Problem("no_permission", "identity", closed))]
    clock = {"offset_s": time.offset_s, "ntp": None, "source": time.source, "timezone": time.timezone}
    return _empty(target) | {"identity": asdict(identity or Identity()), "clock": clock, "problems": problems}


def failed(target: Wanted, failure: DeviceFailure) -> dict[str, Any]:
    problem = {"class": failure.klass, "detail": failure.reason.as_dict(), "hint": failure.hint.as_dict()}
    return _empty(target) | {"class": failure.klass, "problems": [problem]}


def page(found: dict[str, Any], lang: str) -> str:
    """A screenful for a person."""
    identity = found["identity"] or {}
    rows = [" ".join(str(identity[k]) for k in ("maker", "model", "firmware", "serial", "mac") if identity.get(k))]
    clock = found["clock"] or {}
    rows.append(f"clock    {_known(clock.get('offset_s'), lang)} s, {clock.get('source')}, {clock.get('timezone')}, {clock.get('ntp')}")
    rows += [f"account  {u['name']} ({u['level']})" for u in found.get("accounts") or ()]
    rows += [
        f"stream   {e['profile']}: {e['codec']} {e['width']}x{e['height']} {e['fps']}/s {e['bitrate_kbps']} kbit/s, {e['keyframe_s']} s"
        for e in found.get("encoders") or ()
    ]
    rows += [f"rtsp     :{s['rtsp_port']}{s['path']}" for s in found.get("streams") or ()]
    for problem in found["problems"]:
        rows.append(f"{problem['class']}: {problem['detail'][lang]}")
        rows += [f"  -> {problem['hint'][lang]}"] if problem["hint"] else []
    return "\n".join(r for r in rows if r)


def _known(value: Any, lang: str) -> Any:
    return _UNKNOWN.pick(lang) if value is None else value


def _empty(target: Wanted) -> dict[str, Any]:
    lists = dict.fromkeys(("identity", "name", "clock", "accounts", "services", "discovery", "encoders", "streams", "channels", "storage"))
    return {"driver": target.driver, "class": None, **lists, "problems": []}


def _problem(problem: Problem) -> dict[str, Any]:
    hint = _HINTS.get(problem.klass)
    return {"class": problem.klass, "field": problem.field, "detail": problem.detail.as_dict(), "hint": hint.as_dict() if hint else None}


def _encoder(encoder: Encoder) -> dict[str, Any]:
    shown = ("name", "profile", "codec", "width", "height", "fps", "bitrate_kbps")
    keyframe = round(encoder.gov / encoder.fps, 2) if encoder.gov and encoder.fps else None
    options = {codec: asdict(o) for codec, o in encoder.options.items()}
    return {**{k: getattr(encoder, k) for k in shown}, "keyframe_s": keyframe, "options": options or None}
