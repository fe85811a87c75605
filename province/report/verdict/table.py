"""A verdict document in the terminal: a line for each facility, what is not met or unknown and why, each device's class."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from province.judging.labels import LABELS, label, unsaid
from province.report.verdict.groups import Group, classes, last_known, pressing, troubles, untouched, waived, worst_first
from province.standard.verdict import FacilityVerdict, Row, VerdictDocument
from province.text import Lang, Text, with_age

STYLES: Mapping[str, str] = {"met": "green", "waived": "cyan", "not_met": "bold red", "unknown": "yellow"}
HEAD = {
    "facility": Text("Cơ sở", "Facility"),
    "verdict": Text("Kết luận", "Verdict"),
    "met": Text("Đạt", "Met"),
    "waived": Text("Miễn áp dụng", "Waived"),
    "not_met": Text("Không đạt", "Not met"),
    "unknown": Text("Chưa xác định", "Unknown"),
    "subject": Text("Đối tượng", "Subject"),
    "check": Text("Tiêu chí", "Check"),
    "says": Text("Kết quả đo", "Measured"),
    "hint": Text("Cần làm", "What to do"),
    "device": Text("Thiết bị", "Device"),
    "class": Text("Loại", "Class"),
    "reason": Text("Lý do", "Reason"),
    "waiver": Text("Miễn áp dụng", "Waiver"),
    "whole": Text("Toàn khu vực", "The whole"),
}
SUMMARY = Text(
    "{met} trên {all} cơ sở đạt tiêu chuẩn tại thời điểm kiểm tra ({measured}; {seconds:.0f} giây).",
    "{met} of {all} facilities met the standard when checked ({measured}; {seconds:.0f} s).",
)
WITH_WAIVERS = Text("{count} cơ sở nữa chỉ đạt khi tính cả mục được miễn áp dụng.", "{count} more met it only with what is waived.")
QUIET = Text(
    "Chưa kể {count} dòng chưa xác định không phải việc cần làm ngay (khuyến nghị, hoặc chưa đủ dữ liệu): xem verify.html.",
    "Not shown: {count} lines that are unknown and press nobody (advised, or not enough data yet): see verify.html.",
)
OVERRIDDEN = Text("Tỉnh dùng ngưỡng riêng cho {count} mục: {ids}.", "The province has thresholds of its own for {count} checks: {ids}.")
ENDED = Text("Miễn áp dụng đã hết hạn: {listed}.", "Waivers that have ended: {listed}.")
UNTOUCHED = Text(
    "{count} cơ sở chưa tiếp nhận thiết bị biên, nên chưa đo được: {codes}: chạy ketnoi bootstrap (từng mục ở verify.html).",
    "{count} facilities whose box was never taken over could not be measured: {codes}: run ketnoi bootstrap (each check: verify.html).",
)
DERIVED = Text("(suy ra)", "(derived)")


def show(document: VerdictDocument, console: Console, lang: Lang) -> None:
    facilities = worst_first(document["facilities"])
    touched = [facility for facility in facilities if not untouched(facility)]
    codes = {facility["code"] for facility in touched}
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "verdict", "met", "waived", "not_met", "unknown")))
    for facility in facilities:
        table.add_row(
            f"{facility['code']} {escape(facility['name'])}",
            _styled(facility["verdict"], lang),
            *(str(facility["counts"][key]) for key in ("met", "waived", "not_met", "unknown")),
        )
    console.print(table)
    groups = [(each, group) for each in facilities for group in troubles(each) if each["code"] in codes or group["verdict"] == "not_met"]
    shown = [(facility, group) for facility, group in groups if pressing(group)]
    if shown:
        console.print(_troubles(shown, lang))
    excused = [(facility, group) for facility in facilities for group in waived(facility)]
    if excused:
        console.print(_waived(excused, lang))
    if any(classes(facility) for facility in touched):
        console.print(_classes(touched, lang))
    over_all = [
        row for row in document.get("whole", []) if row["verdict"] == "not_met" or (row["required"] and row["verdict"] == "unknown")
    ]
    if over_all:
        console.print(_whole(over_all, lang))
    for line in _lines(document, len(groups) - len(shown)):
        console.print(escape(line.pick(lang)))


def _lines(document: VerdictDocument, quiet: int) -> Iterator[Text]:
    """What is said below the tables: the sum last."""
    facilities = document["facilities"]
    if idle := [facility["code"] for facility in facilities if untouched(facility)]:
        yield UNTOUCHED.format(count=len(idle), codes=", ".join(idle))
    for facility in facilities:
        if known := last_known(facility):
            yield Text(f"{facility['code']}: {known.vi}.", f"{facility['code']}: {known.en}.")
    alike: dict[Text, list[str]] = {}
    for facility in facilities:
        if left := unsaid(facility):
            alike.setdefault(left, []).append(facility["code"])
    for left, codes in alike.items():
        yield Text(f"{', '.join(codes)}: {left.vi}.", f"{', '.join(codes)}: {left.en}.")
    if quiet:
        yield QUIET.format(count=quiet)
    ended = [each for each in document["waivers"] if each["state"] == "expired"]
    if ended:
        listed = ", ".join(f"{each['site'] or each['area']} {each['check']} ({day(each['until'])})" for each in ended)
        yield ENDED.format(listed=listed)
    overrides = document["standard"]["overrides"]
    if overrides:
        yield OVERRIDDEN.format(count=len(overrides), ids=", ".join(each["id"] for each in overrides))
    count = Counter(facility["verdict"] for facility in facilities)
    yield with_age(SUMMARY, document["at"], met=count["met"], all=len(facilities), seconds=float(document["seconds"]))
    if count["waived"]:
        yield WITH_WAIVERS.format(count=count["waived"])


def day(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def _styled(verdict: str, lang: Lang) -> str:
    return f"[{STYLES[verdict]}]{LABELS[verdict].pick(lang)}[/]"


def _troubles(groups: Sequence[tuple[FacilityVerdict, Group]], lang: Lang) -> Table:
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "subject", "check", "verdict", "says", "hint")))
    for facility, group in groups:
        table.add_row(
            facility["code"],
            group["subject"].pick(lang),
            ", ".join(check["id"] for check in group["checks"]),
            _styled(group["verdict"], lang),
            _measured(group, lang),
            escape(group["hint"][lang]) if group["hint"] else "",
        )
    return table


def _waived(groups: Sequence[tuple[FacilityVerdict, Group]], lang: Lang) -> Table:
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "subject", "check", "says", "waiver")))
    for facility, group in groups:
        checks = ", ".join(check["id"] for check in group["checks"])
        says = f"{_styled(group['was'] or group['verdict'], lang)}: {escape(group['says'][lang])}"
        noted = "; ".join(escape(text.pick(lang)) for text in group["notes"])
        table.add_row(facility["code"], group["subject"].pick(lang), checks, says, noted)
    return table


def _whole(rows: Sequence[Row], lang: Lang) -> Table:
    """What is judged over all facilities, where it is not met or not known: it changes no facility's verdict."""
    table = Table(*(HEAD[key].pick(lang) for key in ("whole", "verdict", "says", "hint")))
    for row in rows:
        hint = escape(row["hint"][lang]) if row["hint"] else ""
        verdict = f"[{STYLES[row['verdict']]}]{label(row).pick(lang)}[/]"
        table.add_row(row["title"][lang], verdict, escape(row["says"][lang]), hint)
    return table


def _measured(group: Group, lang: Lang) -> str:
    derived = f" {DERIVED.pick(lang)}" if group["derived"] else ""
    return escape("; ".join([group["says"][lang] + derived, *(text.pick(lang) for text in group["notes"])]))


def _classes(facilities: Sequence[FacilityVerdict], lang: Lang) -> Table:
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "device", "class", "reason", "hint")))
    for facility in facilities:
        for group in classes(facility):
            reason, hint = (escape(text[lang]) if text else "" for text in (group["reason"], group["hint"]))
            table.add_row(facility["code"], group["subject"].pick(lang), group["class"], reason, hint)
    return table
