"""Rules of the checks whose subject is a facility or its box."""

from collections.abc import Sequence
from dataclasses import replace

from province.judging.case import NOT_RUN, SITE_SILENT, Case, Finding, judged, unknown
from province.text import Text


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
    hub = case.of_site("hub")
    if not hub.get("ok"):
        return unknown(case, hub, True)
    if case.site_silent:
        return unknown(case, SITE_SILENT, True)
    lifeline = hub.get("lifeline") or {}
    if lifeline.get("up") is None:
        return unknown(case, NOT_RUN, True)
    up, key, pinned = bool(lifeline["up"]), lifeline.get("banner_host_key"), case.site.host_key
    if up and key and pinned and str(key).split()[:2] != pinned.split()[:2]:
        return judged(False, {"host_key": key}, pinned, Text("máy khác trả lời", "another machine answers"))
    return judged(up, up, True, Text("có lời chào SSH", "SSH greeting received") if up else Text("không có trả lời", "no answer"))


def tunnel_up(case: Case) -> Finding:
    tunnel = case.of_site("tunnel")
    if not tunnel.get("ok"):
        return unknown(case, tunnel, True)
    if case.site_silent:
        return unknown(case, SITE_SILENT, True)
    age = ((case.of_site("hub").get("tunnel") or {}) if case.of_site("hub").get("ok") else {}).get("handshake_age_s")
    alive = bool(tunnel.get("alive"))
    measured = {
        "alive": alive,
        "rtt_ms": tunnel.get("rtt_ms"),
        "tries": tunnel.get("tries"),
        "handshake_age_s": age,
    }
    if alive:
        says = Text(f"trả lời sau {tunnel.get('rtt_ms')} ms", f"answered in {tunnel.get('rtt_ms')} ms")
    else:
        says = Text(f"không trả lời sau {tunnel.get('tries')} lần thử", f"no answer in {tunnel.get('tries')} tries")
    return judged(alive, measured, True, says)


def agent_connected(case: Case) -> Finding:
    hub = case.of_site("hub")
    limit = case.want("silent_s", 60)
    expected = {"connected": True, "silent_s": limit}
    if not hub.get("ok"):
        return unknown(case, hub, expected)
    if hub.get("database"):
        return unknown(case, {"reason": "hub_database"}, expected)
    if case.site_silent:
        return unknown(case, SITE_SILENT, expected)
    connected, silent = bool(hub.get("connected")), hub.get("silent_s")
    measured = {"connected": connected, "silent_s": silent}
    if silent is None:
        return judged(False, measured, expected, Text("chưa có tin nào", "never heard from"))
    good = connected and float(silent) <= limit
    state = Text("đang kết nối", "connected") if connected else Text("đã ngắt", "disconnected")
    return judged(
        good,
        measured,
        expected,
        Text(f"{state.vi}, tin cuối {silent:.0f} giây trước", f"{state.en}, last word {silent:.0f} s ago"),
    )


def channel_protected(case: Case) -> Finding:
    """The kernel's own word of the WireGuard session; an answer without one came by another way."""
    hub, tunnel, limit = case.of_site("hub"), case.of_site("tunnel"), float(case.want("session_s", 240))
    expected = {"session_s": limit}
    for measured in (hub, tunnel):
        if not measured.get("ok"):
            return unknown(case, measured, expected)
    if not tunnel.get("alive"):
        return unknown(case, {"reason": "tunnel_down"}, expected)
    session = hub.get("tunnel") or {}
    age = session.get("handshake_age_s")
    if hub.get("tunnel") is None:
        return unknown(case, NOT_RUN, expected)
    if age is None:
        return judged(
            False, {"handshake_age_s": None}, expected, Text("trả lời mà không có phiên mã hoá", "answers without an encrypted session")
        )
    says = Text(f"phiên WireGuard cách đây {age:.0f} giây", f"WireGuard session {age:.0f} s old")
    return judged(float(age) <= limit, {"handshake_age_s": age}, expected, says)


JUST_BOOTED_S = 180.0
"""Within this of its boot a box may still be asking for the time."""


def box_clock(case: Case) -> Finding:
    """What chrony on the box tells: derived. A box that has only just booted is given time to ask."""
    hub, limit = case.of_site("hub"), float(case.want("seconds", 0.5))
    expected = {"seconds": limit}
    clock, age = hub.get("clock") or {}, hub.get("state_age_s")
    if not hub.get("ok") or hub.get("database"):
        return unknown(case, hub if not hub.get("ok") else {"reason": "hub_database"}, expected)
    uptime = hub.get("uptime_s")
    if not clock.get("synced") and uptime is not None and float(uptime) + float(age or 0) < JUST_BOOTED_S:
        return replace(unknown(case, {"reason": "just_booted"}, expected), derived=True, pending=True)
    if age is None or float(age) > float(case.want("told_within_s", 300)) or clock.get("synced") is None:
        return replace(unknown(case, {"reason": "clock_not_reported"}, expected), derived=True)
    measured = {"synced": clock["synced"], "offset_s": clock.get("offset_s"), "state_age_s": age}
    if not clock["synced"]:
        return judged(False, measured, expected, Text("chưa đồng bộ với nguồn giờ", "not synchronised"), derived=True)
    offset = float(clock.get("offset_s") or 0)
    says = Text(f"lệch {1000 * offset:+.1f} ms", f"{1000 * offset:+.1f} ms off")
    return judged(abs(offset) <= limit, measured, expected, says, derived=True)


FLAT_HINT = Text(
    "Mạng phẳng: camera đi thẳng ra bộ định tuyến, không qua thiết bị biên. "
    "Đặt thiết bị biên vào giữa (lan.topology: routed) hoặc chặn tại bộ định tuyến.",
    "One flat LAN: cameras go straight to the router, past the box. Put it between (lan.topology: routed), or block them at the router.",
)


def cameras_confined(case: Case) -> Finding:
    confined = case.of_site("confined")
    derived = bool(confined.get("derived", False))
    if case.site.topology == "flat" and confined.get("reached") is None:
        says = Text("mạng phẳng, không có gì ngăn camera", "one flat LAN: nothing holds the cameras back")
        return judged(False, {"topology": "flat"}, [], says, derived=True, hint=FLAT_HINT)
    if not confined.get("ok"):
        return replace(unknown(case, confined, []), derived=derived)
    reached = list(confined.get("reached", []))
    named = ", ".join(map(str, reached))
    says = Text(f"ra được: {named}", f"reached: {named}") if reached else Text("không ra được đâu", "reached nothing")
    measured = {key: value for key, value in confined.items() if key not in ("ok", "derived")}
    return judged(not reached, measured, [], says, derived=derived, hint=FLAT_HINT if case.site.topology == "flat" else None)


def box_ports(case: Case) -> Finding:
    ports, allowed = case.of_site("ports"), list(case.want("open", []))
    if not ports.get("ok"):
        return unknown(case, ports, {"open": allowed})
    seen = sorted(ports.get("open", []))
    extra = [port for port in seen if port not in allowed]
    listed = ", ".join(map(str, seen))
    says = Text(f"mở: {listed or 'không cổng nào'}", f"open: {listed or 'none'}")
    return judged(not extra, {"open": seen, "tried": ports.get("tried")}, {"open": allowed}, says)


def box_password_refused(case: Case) -> Finding:
    ssh = case.of_site("ssh")
    if not ssh.get("ok"):
        return unknown(case, ssh, "refused")
    methods = {str(user): list(offered) for user, offered in (ssh.get("methods") or {}).items()}
    bad = sorted({method for offered in methods.values() for method in offered} & {"password", "keyboard-interactive", "none"})
    if not methods:
        return unknown(case, NOT_RUN, "refused")
    listed = ", ".join(sorted({method for offered in methods.values() for method in offered}))
    return judged(not bad, {"methods": methods}, "refused", Text(f"chấp nhận: {listed}", f"offers: {listed}"))


def box_host_key(case: Case) -> Finding:
    ssh, pinned = case.of_site("ssh"), case.site.host_key
    if pinned is None:
        return unknown(case, {"reason": "not_enrolled"})
    if not ssh.get("ok"):
        return unknown(case, ssh, pinned)
    seen = ssh.get("host_key")
    same = seen is not None and str(seen).split()[:2] == pinned.split()[:2]
    return judged(same, seen, pinned, Text("đúng khoá đã ghi", "the pinned key") if same else Text("khoá khác", "another key"))
