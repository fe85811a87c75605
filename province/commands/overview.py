"""`ketnoi status`, `outages`, `availability`: what the hub knows of facilities, without a connection to any of them."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypedDict, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge_agent.contract.messages import STATUSES, Status
from edge_agent.contract.texts import REASON, STATUS
from province.documents.overview import AvailabilityDocument, CameraShare, Outage, OutagesDocument, Share, SiteNow, StatusAnswer, site_now
from province.documents.state import HealthKept
from province.model import Facility, Province
from province.model.select import loaded, selected
from province.names import subject_name
from province.reach import hub_view, netns
from province.reach.ssh import Shell
from province.standard.load import load
from province.standard.verdict import Verdict
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError


class SiteRow(SiteNow):
    code: str
    facility: str


class OutageRow(Outage):
    code: str
    facility: str


class CameraRow(CameraShare):
    code: str
    facility: str
    expected_share: float
    verdict: Verdict


T = TypeVar("T")
STATUS_TEXTS: Mapping[str, Text] = {
    "connected": Text("đang kết nối", "connected"),
    "online": Text("đang kết nối", "online"),
    "offline": Text("mất kết nối", "offline"),
    "stopped": Text("đã dừng", "stopped"),
    **STATUS,
}
_STYLES = {"connected": "green", "up": "green", "offline": "bold red", "down": "bold red", "frozen": "red", "stopped": "yellow"}
_BAD: tuple[Status, ...] = ("frozen", "down", "unreachable")
_WORST = ("unknown", "offline", "stopped", "connected")
HEAD = {
    "facility": Text("Cơ sở", "Facility"),
    "link": Text("Kết nối", "Link"),
    "since": Text("từ", "since"),
    "notes": Text("Lưu ý", "Notes"),
    "subject": Text("Đối tượng", "Subject"),
    "status": Text("Tình trạng", "State"),
    "ended": Text("đến", "until"),
    "lasted": Text("kéo dài", "lasted"),
    "reason": Text("Lý do", "Reason"),
    "camera": Text("Camera", "Camera"),
    "share": Text("Hoạt động", "Up"),
    "unknown": Text("Chưa rõ", "Unknown"),
    "verdict": Text("So với {expected:.1%}", "Against {expected:.1%}"),
}
SUBJECTS: Mapping[str, Text] = {
    "link": Text("kết nối", "link"),
    "disk": Text("ổ đĩa", "disk"),
    "clock": Text("đồng hồ", "clock"),
    "tunnel": Text("đường hầm", "tunnel"),
    "lifeline": Text("đường cứu hộ (lifeline)", "lifeline"),
    "uplink": Text("đường lên internet", "uplink"),
    "recorder": Text("ghi hình", "recorder"),
    "temperature": Text("nhiệt độ", "temperature"),
    "power": Text("nguồn điện", "power"),
    "settings": Text("cài đặt thiết bị", "device settings"),
}
_STILL = Text("còn tiếp diễn", "still")
_LATE = Text("biết sau", "learnt late")
_CLOCK = Text("đồng hồ chưa đồng bộ", "clock not synchronised")
_DIRECT = Text("không qua đường hầm", "not by the tunnel")
_DUPLICATE = Text(
    "HAI máy dùng chung chứng thư: thu hồi một máy (ketnoi reprovision)", "TWO machines share a certificate: ketnoi reprovision"
)
_DIFFERS = Text("bị đổi ở {what}", "changed at {what}")
_BACKLOG = Text("{count} sự kiện chưa gửi", "{count} events not sent yet")
_GAPS = Text("{count} khoảng thiếu dữ liệu", "{count} gaps in its history")
_REFUSED = Text("{count} tin bị từ chối", "{count} documents refused")
_SUMMARY = Text(
    "{connected} trên {all} cơ sở đang kết nối; camera: {up} hoạt động, {bad} có vấn đề, {unknown} chưa xác định.",
    "{connected} of {all} facilities connected; cameras: {up} up, {bad} in trouble, {unknown} unknown.",
)
_NOT_AT_HUB = Text(
    "{count} cơ sở máy chủ kết nối chưa biết (chưa tiếp nhận): {codes}",
    "{count} facilities that the hub does not know yet (not taken over): {codes}",
)
_NO_OUTAGE = Text("không có gián đoạn nào từ {since}", "no outage since {since}")
_UNREADABLE = Text("trạng thái của thiết bị biên không đọc được ({what})", "what its box told of itself can't be read ({what})")
_VERDICTS: Mapping[Verdict, Text] = {
    "met": Text("đạt", "met"),
    "not_met": Text("không đạt", "not met"),
    "unknown": Text("chưa xác định", "unknown"),
}
_LESS = Text("ít nhất {low:.2%}", "at least {low:.2%}")


def status(inventory: Path, *, area: str | None, site: str | None, lang: Lang, json_output: bool) -> int:
    """Exit 0 when all that the hub knows are connected and all their cameras up, 1 otherwise; who it does not know yet is named."""
    chosen, found = _asked(StatusAnswer, inventory, area, site, lang, ["status"])
    rows: list[SiteRow] = [{**_named(one["site"], chosen), **one} for one in map(site_now, found["sites"]) if one["site"] in chosen]
    rows.sort(key=lambda one: (_WORST.index(one["status"]), -_bad(one), one["code"]))
    well = all(one["status"] == "connected" and _bad(one) + one["cameras"]["unknown"] == 0 and not one.get("unreadable") for one in rows)
    if json_output:
        print(json.dumps({**found, "sites": rows}, ensure_ascii=False))
        return 0 if well else 1
    heads = [HEAD["facility"], HEAD["link"], HEAD["since"], *(STATUS_TEXTS[word] for word in STATUSES), HEAD["notes"]]
    table = Table(*(head.pick(lang) for head in heads))
    for one in rows:
        counts = (_count(word, one["cameras"][word]) for word in STATUSES)
        table.add_row(
            f"{one['code']} {escape(one['facility'])}", _styled(one["status"], lang), _shown(one["since"]), *counts, _notes(one, lang)
        )
    _console().print(table)
    numbers = {"connected": sum(one["status"] == "connected" for one in rows), "all": len(chosen), "bad": sum(map(_bad, rows))}
    here = {one["site"] for one in rows}
    if absent := sorted(facility.code for site, facility in chosen.items() if site not in here):
        print(_NOT_AT_HUB.format(count=len(absent), codes=", ".join(absent)).pick(lang))
    numbers |= {"up": sum(one["cameras"]["up"] for one in rows), "unknown": sum(one["cameras"]["unknown"] for one in rows)}
    print(_SUMMARY.format(**numbers).pick(lang))
    return 0 if well else 1


def outages(inventory: Path, *, area: str | None, site: str | None, since: str, lang: Lang, json_output: bool) -> int:
    """since: "24h", "7d", "30m", or an ISO date or instant (Vietnam's time). Exit 0: there was none, 1: there were."""
    begins = _since(since, datetime.now(UTC))
    chosen, found = _asked(OutagesDocument, inventory, area, site, lang, ["outages", "--since", begins.isoformat()])
    rows: list[OutageRow] = [{**_named(one["site"], chosen), **one} for one in found["outages"] if one["site"] in chosen]
    if json_output:
        print(json.dumps({**found, "outages": rows}, ensure_ascii=False))
    elif not rows:
        print(_NO_OUTAGE.format(since=_shown(begins.isoformat())).pick(lang))
    else:
        table = Table(*(HEAD[key].pick(lang) for key in ("facility", "subject", "status", "since", "ended", "lasted", "reason")))
        for one in rows:
            late = f" ({_LATE.pick(lang)})" if one["late"] else ""
            ended = _shown(one["ended"]) if one["ended"] else _STILL.pick(lang)
            subject = _subject(one["subject"], one["name"], lang)
            table.add_row(one["code"], subject, _styled(one["status"], lang), _shown(one["began"]), ended,
                          _lasted(one["seconds"]), escape(_reason(one["reason"], lang)) + late)  # fmt: skip
        _console().print(table)
    return 1 if rows else 0


def availability(
    inventory: Path, *, area: str | None, site: str | None, first: str, last: str | None, lang: Lang, json_output: bool
) -> int:
    """Days are Vietnam's, both included. Exit 0 when every camera reaches the standard's share, 1 otherwise."""
    begins = _day(first)
    ends = _day(last) if last else datetime.now(VIETNAM).date()
    if ends < begins:
        raise UserError(f"--to {ends} sớm hơn --from {begins}", f"--to {ends} is before --from {begins}")
    asked = ["availability", "--from", begins.isoformat(), "--to", ends.isoformat()]
    chosen, found = _asked(AvailabilityDocument, inventory, area, site, lang, asked)
    expected = float(load(inventory).threshold("continuous_operation", "share", 0.995))
    rows: list[CameraRow] = [
        {**_named(one["site"], chosen), **one, "expected_share": expected, "verdict": judged(one, expected)}
        for one in found["cameras"]
        if one["site"] in chosen
    ]
    rows.sort(key=lambda one: (one["up_share"] if one["up_share"] is not None else -1.0, one["code"], one["slot"]))
    met = all(one["verdict"] == "met" for one in rows)
    if json_output:
        print(json.dumps({**found, "cameras": rows}, ensure_ascii=False))
        return 0 if met else 1
    head = [HEAD[key].pick(lang) for key in ("facility", "camera", "share", "unknown")]
    table = Table(*head, HEAD["verdict"].format(expected=expected).pick(lang))
    for one in rows:
        unknown = one["seconds"]["unknown"] / one["total_s"] if one["total_s"] else 1.0
        share = _LESS.format(low=one["up_share"] or 0).pick(lang)
        table.add_row(
            one["code"], _subject(f"camera/{one['slot']}", one["name"], lang), share, f"{unknown:.2%}", _VERDICTS[one["verdict"]].pick(lang)
        )
    _console().print(table)
    return 0 if met else 1


def judged(one: Share, expected: float) -> Verdict:
    """met, not_met, or unknown where what nobody knows would decide."""
    surely, at_most = one["up_share"], one["up_share_at_most"]
    if surely is None or at_most is None:
        return "unknown"
    return "met" if surely >= expected else "not_met" if at_most < expected else "unknown"


def _asked(
    kind: type[T], inventory: Path, area: str | None, site: str | None, lang: Lang, argv: Sequence[str]
) -> tuple[dict[str, Facility], T]:
    """The facilities asked for, by id, and the hub's document of them. It may still know of some that left the inventory."""
    province: Province = loaded(inventory, lang)
    chosen = {facility.id: facility for facility in selected(province, area, site)}
    few = sorted(chosen) if area or site else []
    netns.enter(inventory)
    return chosen, hub_view.read(Shell(inventory, hub_user=province.hub.ssh_user), kind, [*argv, *few])


class Named(TypedDict):
    code: str
    facility: str


def _named(site: str, chosen: Mapping[str, Facility]) -> Named:
    return {"code": chosen[site].code, "facility": chosen[site].name}


def _bad(one: SiteNow) -> int:
    return sum(one["cameras"][status] for status in _BAD)


def _notes(one: SiteNow, lang: Lang) -> str:
    notes = [_UNREADABLE.format(what=problem)] if (problem := one.get("unreadable")) else []
    notes += [text for text, true in ((_DUPLICATE, one["duplicate"]), (_DIRECT, one["way"] == "direct")) if true]
    bad = [subject for subject, held in one["health"].items() if held["status"] != "up" and one["status"] == "connected"]
    notes += [_problem(one["health"][subject], subject) for subject in bad if subject != "clock"]
    notes += [_CLOCK] if one["clock_synced"] is False else []
    for text, count in ((_BACKLOG, one["backlog"]), (_GAPS, one["gaps"]), (_REFUSED, one["refused"])):
        notes += [text.format(count=count)] if count else []
    return escape(", ".join(text.pick(lang) for text in notes))


def _problem(held: HealthKept, subject: str) -> Text:
    word, name = STATUS_TEXTS[held["status"]], SUBJECTS.get(subject, Text(subject, subject))
    if differs := held["measured"].get("differs"):
        word = _DIFFERS.format(what="; ".join(f"{device} {' '.join(fields)}" for device, fields in differs.items()))
    return Text(f"{name.vi}: {word.vi}", f"{name.en}: {word.en}")


def _subject(subject: str, name: str | None, lang: Lang) -> str:
    kind, _, slot = subject.partition("/")
    return escape(name or subject_name("camera", slot) if kind == "camera" else SUBJECTS.get(kind, Text(kind, kind)).pick(lang))


def _reason(code: str | None, lang: Lang) -> str:
    """The code in a person's words; one that this office does not know yet as it came."""
    return REASON[code].pick(lang) if code in REASON else code or ""


def _styled(word: str, lang: Lang) -> str:
    return f"[{_STYLES.get(word, 'yellow')}]{STATUS_TEXTS[word].pick(lang)}[/]"


def _count(word: str, number: int) -> str:
    return f"[{_STYLES.get(word, 'yellow')}]{number}[/]" if number else "·"


def _shown(instant: str | None) -> str:
    return datetime.fromisoformat(instant).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S") if instant else ""


def _lasted(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _since(text: str, now: datetime) -> datetime:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[-1:] in units and text[:-1].isdecimal():
        return now - timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--since {text}: viết như 24h, 7d hoặc 2026-11-01", f"--since {text}: write 24h, 7d or 2026-11-01") from None
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text}: viết ngày như 2026-11-01", f"{text}: write a day as 2026-11-01") from None


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 160)
