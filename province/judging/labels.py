"""How a verdict is worded, and what must be said beside it: the same on a screen, a page and a sheet."""

from collections.abc import Mapping

from province.judging.waived import note
from province.standard.verdict import FacilityVerdict, Row
from province.text import Text

AT_CHECK = Text("đạt tại thời điểm kiểm tra", "met when checked")
SO_FAR = Text("đạt tính đến nay", "met so far")
ON_RECORD = Text("đạt theo hồ sơ", "met on record")
TOO_YOUNG = Text("chưa xác định: chưa đủ dữ liệu", "unknown: not enough data yet")
IN_TIME, LATE = Text("đúng hạn", "in time"), Text("quá hạn", "late")
NOT_DUE = Text("chưa đến hạn", "not due yet")
WAIVED = Text("miễn áp dụng", "waived")
LABELS: Mapping[str, Text] = {
    "met": Text("đạt", "meets"),
    "waived": Text("đạt, có mục được miễn áp dụng", "met with waivers"),
    "not_met": Text("không đạt", "does not meet"),
    "unknown": Text("chưa xác định", "unknown"),
}
"""A facility's verdicts in words, best first; of a row: see `label`."""


def label(row: Row) -> Text:
    """How a check's verdict is worded: what was measured only once is met *when it was checked*."""
    if row["verdict"] == "met" and row["id"] == "milestones":
        return IN_TIME
    if row["verdict"] == "met":
        return SO_FAR if row.get("so_far") else AT_CHECK if row.get("once") else ON_RECORD if row.get("declared") else LABELS["met"]
    if row["verdict"] == "waived":
        return WAIVED
    if row.get("pending"):
        return NOT_DUE if row["subject"] == "area" else TOO_YOUNG
    return LATE if row["id"] == "milestones" and row["verdict"] == "not_met" else LABELS[row["verdict"]]


def notes(row: Row) -> list[Text]:
    """What else must be said beside a row: the province's own threshold, a waiver that holds or is over."""
    changed = row.get("override")
    override = Text(**changed["says"]) if changed else None
    return [text for text in (override, note(row.get("waiver"))) if text]


def unsaid(facility: FacilityVerdict) -> Text | None:
    """What a facility's verdict leaves open because it is young: said wherever the verdict is."""
    if not facility.get("pending"):
        return None
    titles = {row["id"]: row["title"] for row in facility["checks"]}
    named = [Text(**titles[name]) for name in facility["pending"]]
    return Text(
        f"chưa xác định (chưa đủ dữ liệu): {', '.join(name.vi.lower() for name in named)}",
        f"not known yet (not enough data): {', '.join(name.en.lower() for name in named)}",
    )
