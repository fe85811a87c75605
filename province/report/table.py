"""A verdict document in the terminal: a line for each facility, what is not met or unknown and why, each device's class."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from province.judge import LABELS
from province.report.groups import classes, troubles
from province.text import Lang, Text

STYLES: Mapping[str, str] = {"met": "green", "not_met": "bold red", "unknown": "yellow"}
HEAD = {
    "facility": Text("Cơ sở", "Facility"),
    "verdict": Text("Kết luận", "Verdict"),
    "met": Text("Đạt", "Met"),
    "not_met": Text("Không đạt", "Not met"),
    "unknown": Text("Chưa xác định", "Unknown"),
    "subject": Text("Đối tượng", "Subject"),
    "check": Text("Tiêu chí", "Check"),
    "says": Text("Kết quả đo", "Measured"),
    "hint": Text("Cần làm", "What to do"),
    "device": Text("Thiết bị", "Device"),
    "class": Text("Loại", "Class"),
    "reason": Text("Lý do", "Reason"),
}
SUMMARY = Text(
    "{met} trên {all} cơ sở đạt tiêu chuẩn tại thời điểm kiểm tra ({seconds:.0f} giây).",
    "{met} of {all} facilities met the standard when checked ({seconds:.0f} s).",
)
DERIVED = Text("(suy ra)", "(derived)")


def show(document: Mapping[str, Any], console: Console, lang: Lang) -> None:
    facilities = document["facilities"]
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "verdict", "met", "not_met", "unknown")))
    for facility in facilities:
        count = Counter(row["verdict"] for row in facility["checks"])
        table.add_row(
            f"{facility['code']} {escape(facility['name'])}",
            _styled(facility["verdict"], lang),
            *(str(count[key]) for key in ("met", "not_met", "unknown")),
        )
    console.print(table)
    if any(row["verdict"] != "met" for facility in facilities for row in facility["checks"]):
        console.print(_troubles(facilities, lang))
    if any(classes(facility) for facility in facilities):
        console.print(_classes(facilities, lang))
    met = sum(facility["verdict"] == "met" for facility in facilities)
    console.print(SUMMARY.format(met=met, all=len(facilities), seconds=float(document["seconds"])).pick(lang))


def _styled(verdict: str, lang: Lang) -> str:
    return f"[{STYLES[verdict]}]{LABELS[verdict].pick(lang)}[/]"


def _troubles(facilities: list[Mapping[str, Any]], lang: Lang) -> Table:
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "subject", "check", "verdict", "says", "hint")))
    for facility in facilities:
        for group in troubles(facility):
            derived = f" {DERIVED.pick(lang)}" if group["derived"] else ""
            table.add_row(
                facility["code"],
                group["subject"].pick(lang),
                ", ".join(check["id"] for check in group["checks"]),
                _styled(group["verdict"], lang),
                escape(group["says"][lang]) + derived,
                escape(group["hint"][lang]) if group["hint"] else "",
            )
    return table


def _classes(facilities: list[Mapping[str, Any]], lang: Lang) -> Table:
    table = Table(*(HEAD[key].pick(lang) for key in ("facility", "device", "class", "reason", "hint")))
    for facility in facilities:
        for group in classes(facility):
            hint = escape(group["hint"][lang]) if group["hint"] else ""
            table.add_row(facility["code"], group["subject"].pick(lang), group["class"], escape(group["reason"][lang]), hint)
    return table
