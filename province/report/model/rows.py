"""Rows of a report from a facility's newest verdict: checks, cameras, and what share of the time cameras were up."""

from collections import Counter
from collections.abc import Iterator, Sequence

from province.judging.labels import LABELS, label
from province.judging.verdict import overall
from province.report.model.content import CameraRow, CheckRow
from province.report.model.places import Spot
from province.report.model.record import Known, Record
from province.report.model.record import Row as KeptRow
from province.report.verdict.groups import ranges
from province.standard.verdict import Row
from province.text import Text

NO_ACCESS = Text("không được tiếp cận", "no access")
NEVER = Text("chưa đo", "not measured")
DEFAULTS = {"required": True, "measured": None, "expected": None, "hint": None, "was": None, "waiver": None} | dict.fromkeys(
    ("once", "derived", "so_far", "declared", "pending"), False
)
"""What a row says that does not say it: the record leaves out what is null or false, or nobody judged it yet when it was made."""
SHOWN = 3
"""So many different measurements of one check at one facility are told; the rest stands in verify.json."""


def full(record: Record, known: Known) -> list[Row]:
    """The verdict's rows with what its standard says once for all put back."""
    verdict = known.verdict
    if verdict is None:
        return []
    said = {check: {**DEFAULTS, "title": Text(check, check).as_dict(), **record.check(verdict, check)} for check in _ids(known)}
    return [_full({**said[row["id"]], **_renamed(row)}) for row in known.rows]


def _full(row: KeptRow) -> Row:
    full: Row = {
        "id": row["id"],
        "subject": row["subject"],
        "verdict": row["verdict"],
        "required": row["required"],
        "title": row["title"],
        "says": row["says"],
        "measured": row["measured"],
        "expected": row["expected"],
        "hint": row["hint"],
        "derived": row["derived"],
        "once": row["once"],
        "so_far": row["so_far"],
        "declared": row["declared"],
        "pending": row["pending"],
        "was": row["was"],
        "waiver": row["waiver"],
        "override": row.get("override"),
    }
    if "group" in row and "source" in row:
        full["group"], full["source"] = row["group"], row["source"]
    return full


def _renamed(row: KeptRow) -> KeptRow:
    """A row as it is written now: verdicts that the hub has from 0.1 say "wanted" for what is expected."""
    return row if "wanted" not in row else {"expected" if name == "wanted" else name: value for name, value in row.items()}


def _ids(known: Known) -> set[str]:
    return {str(row["id"]) for row in known.rows}


def checks(facility: str, rows: Sequence[Row]) -> Iterator[CheckRow]:
    """A line for each check, in the verdict's order."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["id"]), []).append(row)
    for check, listed in groups.items():
        words = Counter(str(row["verdict"]) for row in listed)
        word = overall(words)
        telling = [row for row in listed if row["verdict"] == word]
        hint = next((Text(**row["hint"]) for row in telling if row["hint"]), None)
        yield CheckRow(
            facility, check, Text(**listed[0]["title"]), bool(listed[0]["required"]), word,
            label(telling[0]),
            words["met"], words["waived"], words["not_met"], words["unknown"],
            subjects=ranges(str(row["subject"]) for row in telling), says=_says(telling),
            hint=hint, derived=any(row["derived"] for row in telling),
        )  # fmt: skip


def _says(rows: Sequence[Row]) -> Text:
    said = list(dict.fromkeys((row["says"]["vi"], row["says"]["en"]) for row in rows))
    more = " …" if len(said) > SHOWN else ""
    return Text("; ".join(vi for vi, _ in said[:SHOWN]) + more, "; ".join(en for _, en in said[:SHOWN]) + more)


def camera(facility: str, spot: Spot, zone: Text, known: Known, rows: Sequence[Row]) -> CameraRow:
    own = [row for row in rows if row["subject"] == spot.subject]
    required = [row for row in own if row["required"] and not row["pending"]]
    played = next((row["verdict"] for row in own if row["id"] == "playable_centre"), "unknown")
    state = "no_access" if spot.no_access else overall(str(row["verdict"]) for row in required)
    device = known.devices.get(spot.subject) or {}
    category = device.get("class") if state != "met" else None
    reason, hint = (device.get("reason"), device.get("hint")) if category else (None, None)
    bad = next((row for row in required if row["verdict"] == state), None)
    if reason is None and bad is not None and state not in ("met", "waived"):
        reason = {lang: f"{bad['title'][lang]}: {bad['says'][lang]}" for lang in ("vi", "en")}
        hint = bad["hint"]
    name = NO_ACCESS if state == "no_access" else NEVER if not own else LABELS[state]
    return CameraRow(
        facility, spot.slot, spot.subject, spot.place, spot.zone, zone, spot.make, spot.model, spot.address,
        state="met" if state == "waived" else state, state_name=name, played={"met": True, "not_met": False}.get(str(played)),
        category=category, reason=Text(**reason) if reason else None, hint=Text(**hint) if hint else None,
        up_share=_mean([share[0] for share in known.availability.get(str(spot.slot), {}).values()]),
    )  # fmt: skip


def up(known: Known) -> tuple[float | None, int]:
    """(surely up share of all cameras over the days that are known, how many days those are)."""
    days = {day for by_day in known.availability.values() for day in by_day}
    return _mean([share[0] for by_day in known.availability.values() for share in by_day.values()]), len(days)


def _mean(shares: Sequence[float | None]) -> float | None:
    told = [share for share in shares if share is not None]
    return round(sum(told) / len(told), 6) if told else None
