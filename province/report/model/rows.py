"""Rows of a report from a facility's newest verdict: checks, cameras, and what share of the time cameras were up."""

from collections import Counter
from collections.abc import Iterator, Sequence

from province.documents.record import CheckKept, KeptRow
from province.judging.labels import LABELS, label
from province.judging.verdict import overall
from province.report.model.content import CameraRow, CheckRow
from province.report.model.places import Spot
from province.report.model.record import Known, Record
from province.report.verdict.groups import ranges
from province.standard.verdict import Row
from province.text import Text

NO_ACCESS = Text("không được tiếp cận", "no access")
NEVER = Text("chưa đo", "not measured")
SHOWN = 3
"""So many different measurements of one check at one facility are told; the rest stands in verify.json."""


def full(record: Record, known: Known) -> list[Row]:
    """The verdict's rows with what its standard says once for all put back."""
    verdict = known.verdict
    return [_full(row, record.check(verdict, row["id"])) for row in verdict["checks"]] if verdict else []


def _full(row: KeptRow, check: CheckKept) -> Row:
    """The record leaves out what is null or false, and what nobody judged yet when it was made. Verdicts that the hub has from 0.1 say
    "wanted" for what is expected."""
    full: Row = {
        "id": row["id"],
        "subject": row["subject"],
        "verdict": row["verdict"],
        "required": check.get("required", True),
        "title": check.get("title") or Text(row["id"], row["id"]).as_dict(),
        "says": row["says"],
        "measured": row.get("measured"),
        "expected": row.get("expected", row.get("wanted")),
        "hint": row.get("hint"),
        "derived": row.get("derived", False),
        "once": check.get("once", False),
        "so_far": row.get("so_far", False),
        "declared": check.get("declared", False),
        "pending": row.get("pending", False),
        "was": row.get("was"),
        "waiver": row.get("waiver"),
        "override": check.get("override"),
    }
    if "group" in check and "source" in check:
        full["group"], full["source"] = check["group"], check["source"]
    return full


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
    device = known.devices.get(spot.subject)
    category = device["class"] if device and state != "met" else None
    reason, hint = (device["reason"], device["hint"]) if device and category else (None, None)
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
