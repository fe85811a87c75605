"""Rules of the checks whose subject is a facility or its box."""

from collections.abc import Sequence
from dataclasses import replace

from province.judging.case import NOT_RUN, SITE_SILENT, Case, Finding, judged, unknown
from province.measure.evidence import Failed, NotConfined
from province.text import Text

HUB_DATABASE = Failed(ok=False, reason="hub_database")
TUNNEL_DOWN = Failed(ok=False, reason="tunnel_down")
JUST_BOOTED = Failed(ok=False, reason="just_booted")
CLOCK_NOT_REPORTED = Failed(ok=False, reason="clock_not_reported")
NOT_ENROLLED = Failed(ok=False, reason="not_enrolled")
NOT_LOOKED_AT = NotConfined(ok=False, reason="not_run")


def zones_covered(case: Case) -> Finding:
    expected = list(case.want("zones", []))
    missing = [zone for zone in expected if zone not in case.site.zones and not case.site.excused.get(zone)]
    covered = sorted(case.site.zones)
    excuses = [zone for zone in expected if zone not in case.site.zones and zone not in missing]
    named, told = _zones(case, missing), _zones(case, excuses)
    says = Text(f"thiếu: {named.vi}", f"missing: {named.en}") if missing else Text("đủ các khu vực", "every zone is covered")
    if excuses and not missing:
        says = Text(
            f"{says.vi}; không có camera riêng, có lý do: {told.vi}", f"{says.en}; without a camera of its own, for a reason: {told.en}"
        )
    return judged(not missing, {"covered": covered, "excused": sorted(case.site.excused), "missing": missing}, expected, says)


def _zones(case: Case, ids: Sequence[str]) -> Text:
    """Zones by their names; semicolons part them, since a name may have commas."""
    names = [case.site.zone_names.get(each, Text(each, each)) for each in ids]
    return Text("; ".join(name.vi for name in names), "; ".join(name.en for name in names))


def serving_watched(case: Case) -> Finding:
    """The same question of those zones where people serve."""
    return zones_covered(case)


def lifeline_up(case: Case) -> Finding:
    hub = case.evidence.get("hub") or NOT_RUN
    if not hub["ok"]:
        return unknown(case, hub, True)
    if case.site_silent:
        return unknown(case, SITE_SILENT, True)
    lifeline = hub.get("lifeline") or {}
    up, key, pinned = lifeline.get("up"), lifeline.get("banner_host_key"), case.site.host_key
    if up is None:
        return unknown(case, NOT_RUN, True)
    if up and key and pinned and key.split()[:2] != pinned.split()[:2]:
        return judged(False, {"host_key": key}, pinned, Text("máy khác trả lời", "another machine answers"))
    return judged(up, up, True, Text("có lời chào SSH", "SSH greeting received") if up else Text("không có trả lời", "no answer"))


def tunnel_up(case: Case) -> Finding:
    tunnel, hub = case.evidence.get("tunnel") or NOT_RUN, case.evidence.get("hub") or NOT_RUN
    if not tunnel["ok"]:
        return unknown(case, tunnel, True)
    if case.site_silent:
        return unknown(case, SITE_SILENT, True)
    session = hub.get("tunnel") if hub["ok"] else None
    alive, rtt_ms, tries = tunnel["alive"], tunnel["rtt_ms"], tunnel["tries"]
    measured = {"alive": alive, "rtt_ms": rtt_ms, "tries": tries, "handshake_age_s": session.get("handshake_age_s") if session else None}
    if alive:
        says = Text(f"trả lời sau {rtt_ms} ms", f"answered in {rtt_ms} ms")
    else:
        says = Text(f"không trả lời sau {tries} lần thử", f"no answer in {tries} tries")
    return judged(alive, measured, True, says)


def agent_connected(case: Case) -> Finding:
    hub = case.evidence.get("hub") or NOT_RUN
    limit = case.want("silent_s", 60)
    expected = {"connected": True, "silent_s": limit}
    if not hub["ok"]:
        return unknown(case, hub, expected)
    if hub.get("database"):
        return unknown(case, HUB_DATABASE, expected)
    if case.site_silent:
        return unknown(case, SITE_SILENT, expected)
    connected, silent = bool(hub.get("connected")), hub.get("silent_s")
    measured = {"connected": connected, "silent_s": silent}
    if silent is None:
        return judged(False, measured, expected, Text("chưa có tin nào", "never heard from"))
    good = connected and silent <= limit
    state = Text("đang kết nối", "connected") if connected else Text("đã ngắt", "disconnected")
    return judged(
        good,
        measured,
        expected,
        Text(f"{state.vi}, tin cuối {silent:.0f} giây trước", f"{state.en}, last word {silent:.0f} s ago"),
    )


def channel_protected(case: Case) -> Finding:
    """The kernel's own word of the WireGuard session; an answer without one came by another way."""
    hub, tunnel = case.evidence.get("hub") or NOT_RUN, case.evidence.get("tunnel") or NOT_RUN
    limit = float(case.want("session_s", 240))
    expected = {"session_s": limit}
    if not hub["ok"]:
        return unknown(case, hub, expected)
    if not tunnel["ok"]:
        return unknown(case, tunnel, expected)
    if not tunnel["alive"]:
        return unknown(case, TUNNEL_DOWN, expected)
    session = hub.get("tunnel")
    if session is None:
        return unknown(case, NOT_RUN, expected)
    age = session.get("handshake_age_s")
    if age is None:
        return judged(
            False, {"handshake_age_s": None}, expected, Text("trả lời mà không có phiên mã hoá", "answers without an encrypted session")
        )
    says = Text(f"phiên WireGuard cách đây {age:.0f} giây", f"WireGuard session {age:.0f} s old")
    return judged(age <= limit, {"handshake_age_s": age}, expected, says)


JUST_BOOTED_S = 180.0
"""Within this of its boot a box may still be asking for the time."""


def box_clock(case: Case) -> Finding:
    """What chrony on the box tells: derived. A box that has only just booted is given time to ask."""
    hub, limit = case.evidence.get("hub") or NOT_RUN, float(case.want("seconds", 0.5))
    expected = {"seconds": limit}
    if not hub["ok"]:
        return unknown(case, hub, expected)
    if hub.get("database"):
        return unknown(case, HUB_DATABASE, expected)
    clock, age, uptime = hub.get("clock"), hub.get("state_age_s"), hub.get("uptime_s")
    synced = clock["synced"] if clock else None
    if not synced and uptime is not None and uptime + (age or 0) < JUST_BOOTED_S:
        return replace(unknown(case, JUST_BOOTED, expected), derived=True, pending=True)
    if age is None or age > float(case.want("told_within_s", 300)) or clock is None or synced is None:
        return replace(unknown(case, CLOCK_NOT_REPORTED, expected), derived=True)
    measured = {"synced": synced, "offset_s": clock["offset_s"], "state_age_s": age}
    if not synced:
        return judged(False, measured, expected, Text("chưa đồng bộ với nguồn giờ", "not synchronised"), derived=True)
    offset = clock["offset_s"] or 0
    says = Text(f"lệch {1000 * offset:+.1f} ms", f"{1000 * offset:+.1f} ms off")
    return judged(abs(offset) <= limit, measured, expected, says, derived=True)


FLAT_HINT = Text(
    "Mạng phẳng: camera đi thẳng ra bộ định tuyến, không qua thiết bị biên. "
    "Đặt thiết bị biên vào giữa (lan.topology: routed) hoặc chặn tại bộ định tuyến.",
    "One flat LAN: cameras go straight to the router, past the box. Put it between (lan.topology: routed), or block them at the router.",
)


def cameras_confined(case: Case) -> Finding:
    confined = case.evidence.get("confined") or NOT_LOOKED_AT
    derived = confined.get("derived", False)
    if case.site.topology == "flat" and confined.get("reached") is None:
        says = Text("mạng phẳng, không có gì ngăn camera", "one flat LAN: nothing holds the cameras back")
        return judged(False, {"topology": "flat"}, [], says, derived=True, hint=FLAT_HINT)
    if not confined["ok"]:
        return replace(unknown(case, confined, []), derived=derived)
    reached = confined.get("reached", [])
    named = ", ".join(reached)
    says = Text(f"ra được: {named}", f"reached: {named}") if reached else Text("không ra được đâu", "reached nothing")
    measured = {key: value for key, value in confined.items() if key not in ("ok", "derived")}
    return judged(not reached, measured, [], says, derived=derived, hint=FLAT_HINT if case.site.topology == "flat" else None)


def box_ports(case: Case) -> Finding:
    ports, allowed = case.evidence.get("ports") or NOT_RUN, list(case.want("open", []))
    if not ports["ok"]:
        return unknown(case, ports, {"open": allowed})
    seen = sorted(ports["open"])
    extra = [port for port in seen if port not in allowed]
    listed = ", ".join(map(str, seen))
    says = Text(f"mở: {listed or 'không cổng nào'}", f"open: {listed or 'none'}")
    return judged(not extra, {"open": seen, "tried": ports["tried"]}, {"open": allowed}, says)


def box_password_refused(case: Case) -> Finding:
    ssh = case.evidence.get("ssh") or NOT_RUN
    if not ssh["ok"]:
        return unknown(case, ssh, "refused")
    methods = ssh["methods"]
    bad = sorted({method for offered in methods.values() for method in offered} & {"password", "keyboard-interactive", "none"})
    if not methods:
        return unknown(case, NOT_RUN, "refused")
    listed = ", ".join(sorted({method for offered in methods.values() for method in offered}))
    return judged(not bad, {"methods": methods}, "refused", Text(f"chấp nhận: {listed}", f"offers: {listed}"))


def box_host_key(case: Case) -> Finding:
    ssh, pinned = case.evidence.get("ssh") or NOT_RUN, case.site.host_key
    if pinned is None:
        return unknown(case, NOT_ENROLLED)
    if not ssh["ok"]:
        return unknown(case, ssh, pinned)
    seen = ssh["host_key"]
    same = seen is not None and seen.split()[:2] == pinned.split()[:2]
    return judged(same, seen, pinned, Text("đúng khoá đã ghi", "the pinned key") if same else Text("khoá khác", "another key"))
