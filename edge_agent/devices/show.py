"""A device as a document and as a page, without a secret:

    {"driver", "class", "identity": {maker, model, firmware, serial, mac}, "clock": {offset_s, ntp, source, timezone},
     "accounts": [{name, level}], "services": {NAME: on, ONVIF namespace: path}, "encoders": [{name, profile, codec, width, height,
     fps, bitrate_kbps, keyframe_s, options}], "streams": [{profile, rtsp_port, path}], "channels": [{number, name, address, port,
     protocol, user, online, recording, spans: [[from, to]]}], "storage": [{name, status, total_mb, free_mb}],
     "name": {hostname, title}, "osd", "smart_codec", "discovery", "network": {address, prefix, dhcp, gateway, dns},
     "problems": [{class, field, detail, hint}]}

What the device doesn't tell is null, and a problem says why. `identify` has driver, class, identity, clock, problems, and in
"drivers" all that would fit.
"""

from dataclasses import asdict
from typing import Any

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Lang, Text
from edge_agent.devices.drivers import NAMES
from edge_agent.devices.faults import DeviceFailure, NoPermission, Obsolete
from edge_agent.devices.model import Channel, Encoder, ObservedDevice, Problem

_HINTS = {
    "no_permission": NoPermission.hint_text,
    "obsolete": Obsolete.hint_text,
    "unsupported": Text("Xem tài liệu của hãng; có thể cần cập nhật phần mềm.", "See the maker's manual; newer firmware may help."),
    "limited": Text("Không cần làm gì, nếu như vậy là chấp nhận được.", "Nothing to do, if that will do."),
}
_UNTOLD = {
    "identity.maker": ("identity",),
    "identity.model": ("identity",),
    "identity.firmware": ("identity",),
    "identity.serial": ("identity",),
    "identity.mac": ("identity", "mac", "network"),
    "clock.offset_s": ("clock",),
    "clock.ntp": ("clock", "ntp"),
    "accounts": ("accounts", "viewer", "users"),
    "services": ("services", "service", "served"),
    "encoders": ("encoder", "encoders", "sub_encoder"),
    "streams": ("streams", "stream", "encoder", "encoders"),
    "channels": ("channels", "channel"),
    "storage": ("storage",),
}
"""What must not be null without a reason, and the beginnings of the fields under which drivers give one."""
_NOT_TOLD = Text("thiết bị không cho biết {field}", "the device does not tell its {field}")
_LOG_IN = Text(
    "Xem thêm: edge-agent device show ĐỊA-CHỈ --password-file TỆP", "To see more: edge-agent device show ADDRESS --password-file FILE"
)
_UNKNOWN = Text("không rõ", "unknown")
_ROWS = {
    "clock": Text(
        "đồng hồ   lệch {offset} s, nguồn {source}, múi giờ {zone}, NTP {ntp}",
        "clock     {offset} s off, from {source}, zone {zone}, NTP {ntp}",
    ),
    "account": Text("tài khoản {name} ({level})", "account   {name} ({level})"),
    "stream": Text(
        "luồng     {profile}: {codec} {width}x{height}, {fps} hình/s, {kbps} kbit/s, khung hình chính mỗi {keyframe} s",
        "stream    {profile}: {codec} {width}x{height}, {fps} frames/s, {kbps} kbit/s, a keyframe every {keyframe} s",
    ),
    "channel": Text(
        "kênh {number}: {name} ({address}), ghi hình: {recording}", "channel {number}: {name} ({address}), recording: {recording}"
    ),
    "storage": Text("ổ đĩa {name}: {status}, {total_mb} MB, trống {free_mb} MB", "disk {name}: {status}, {total_mb} MB, {free_mb} MB free"),
    "drivers": Text("trình điều khiển dùng được: {names}", "drivers that fit: {names}"),
}


def document(target: DesiredDevice, observed: ObservedDevice) -> dict[str, Any]:
    """Everything that was read, and a problem for each thing that was not."""
    camera, clock = target.kind == "camera", observed.clock
    found: dict[str, Any] = {
        "driver": target.driver,
        "class": None,
        "identity": asdict(observed.identity),
        "name": {"hostname": observed.hostname, "title": observed.title},
        "clock": {
            "offset_s": clock.offset_s,
            "ntp": list(clock.servers) if clock.servers is not None else None,
            "source": clock.source,
            "timezone": clock.timezone,
        },
        "accounts": [asdict(u) for u in observed.users] if observed.users is not None else None,
        "services": {**dict(observed.services), **dict(observed.served)} or None,
        "discovery": observed.discovery,
        "osd": observed.osd,
        "smart_codec": observed.smart_codec,
        "network": asdict(observed.network) if observed.network else None,
        "encoders": [_encoder(e) for e in observed.encoders] or ([] if not camera else None),
        "streams": [asdict(s) for s in observed.streams] or ([] if not camera else None),
        "channels": [_channel(c) for c in observed.channels] or ([] if camera else None),
        "storage": [asdict(s) for s in observed.storage] or ([] if camera else None),
        "problems": [_problem(p) for p in observed.problems],
    }
    reasons = {p.field.partition(".")[0] for p in observed.problems} | {p.field for p in observed.problems}
    for field, names in _UNTOLD.items():
        top, _, inner = field.partition(".")
        value = found[top][inner] if inner else found[top]
        if value is None and not reasons.intersection((field, *names)):
            found["problems"].append(_problem(Problem("unsupported", field, _NOT_TOLD.format(field=field))))
    return found


def anonymous(target: DesiredDevice, observed: ObservedDevice) -> dict[str, Any]:
    """What a device tells to somebody without a login."""
    identity, clock = observed.identity, observed.clock
    closed = Text("thiết bị không cho biết nếu chưa đăng nhập", "the device doesn't tell without a login")
    partly = None in asdict(identity).values()
    problems = [_problem(Problem("no_permission", "identity", closed)) | {"hint": _LOG_IN.as_dict()}] if partly else []
    told = {"offset_s": clock.offset_s, "ntp": None, "source": clock.source, "timezone": clock.timezone}
    return _empty(target) | {"identity": asdict(identity), "clock": told, "problems": problems}


def failed(target: DesiredDevice, failure: DeviceFailure) -> dict[str, Any]:
    problem = {"class": failure.category, "field": None, "detail": failure.reason.as_dict(), "hint": failure.hint.as_dict()}
    return _empty(target) | {"class": failure.category, "problems": [problem]}


def page(found: dict[str, Any], lang: Lang) -> str:
    """A screenful for a person."""
    identity = found["identity"] or {}
    rows = [" ".join(str(identity[k]) for k in ("maker", "model", "firmware", "serial", "mac") if identity.get(k))]

    def row(kind: str, **values: Any) -> str:
        return _ROWS[kind].format(**{k: _known(v, lang) for k, v in values.items()}).pick(lang)

    clock = found["clock"] or {}
    servers = ", ".join(clock.get("ntp") or ()) or None
    if clock:
        rows.append(
            row("clock", offset=_rounded(clock.get("offset_s")), source=clock.get("source"), zone=clock.get("timezone"), ntp=servers)
        )
    rows += [row("account", name=u["name"], level=u["level"]) for u in found.get("accounts") or ()]
    shown = ("profile", "codec", "width", "height", "fps")
    for e in found.get("encoders") or ():
        rows.append(row("stream", **{k: e[k] for k in shown}, kbps=e["bitrate_kbps"], keyframe=e["keyframe_s"]))
    rows += [f"RTSP      :{s['rtsp_port']}{s['path']}" for s in found.get("streams") or ()]
    rows += [row("channel", **{k: c[k] for k in ("number", "name", "address", "recording")}) for c in found.get("channels") or ()]
    rows += [row("storage", **{k: s[k] for k in ("name", "status", "total_mb", "free_mb")}) for s in found.get("storage") or ()]
    rows += [row("drivers", names=", ".join(found["drivers"]) or None)] if "drivers" in found else []
    for problem in found["problems"]:
        rows.append(f"{problem['class']}: {problem['detail'][lang]}")
        rows += [f"  → {problem['hint'][lang]}"] if problem["hint"] else []
    return "\n".join(r for r in rows if r)


def _rounded(offset: float | None) -> float | None:
    return None if offset is None else round(offset, 1) + 0.0  # no "-0.0"


def _known(value: Any, lang: Lang) -> Any:
    return _UNKNOWN.pick(lang) if value is None else value


def _empty(target: DesiredDevice) -> dict[str, Any]:
    untold = ("identity", "name", "clock", "accounts", "services", "discovery", "osd", "smart_codec", "network")
    lists = ("encoders", "streams", "channels", "storage")
    return {"driver": target.driver if target.driver in NAMES else None, "class": None, **dict.fromkeys((*untold, *lists)), "problems": []}


def _problem(problem: Problem) -> dict[str, Any]:
    hint = _HINTS.get(problem.category)
    return {"class": problem.category, "field": problem.field, "detail": problem.detail.as_dict(), "hint": hint.as_dict() if hint else None}


def _encoder(encoder: Encoder) -> dict[str, Any]:
    shown = ("name", "profile", "codec", "width", "height", "fps", "bitrate_kbps")
    keyframe = round(encoder.gov / encoder.fps, 2) if encoder.gov and encoder.fps else None
    options = {codec: asdict(o) for codec, o in encoder.options.items()}
    return {**{k: getattr(encoder, k) for k in shown}, "keyframe_s": keyframe, "options": options or None}


def _channel(channel: Channel) -> dict[str, Any]:
    spans = None if channel.spans is None else [[a.isoformat(), b.isoformat()] for a, b in channel.spans]
    return asdict(channel) | {"spans": spans}
