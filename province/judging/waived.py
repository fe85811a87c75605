"""Waivers laid over what was judged. Pure.

What was found not met and is excused becomes `waived`: counted apart, never as met. What could not be measured stays unknown,
unless the waiver says that it covers that too (`unmeasured`), and the row keeps saying why nobody could measure it. A waiver that
is over excuses nothing: the check counts again, and its row says on which day the waiver ended. What protects the people watched,
or what nobody may leave out, can't be waived (`waivable: false`); a camera in a forbidden place never comes so far, because the
inventory refuses it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from province.standard.checks import Check
from province.standard.verdict import CountedWaiver, FacilityVerdict, Row, WaiverRow, WaiverState
from province.text import Text

ALL = "all"


class Waiver(Protocol):
    """As province.model.Waiver."""

    @property
    def check(self) -> str: ...
    @property
    def site(self) -> str | None: ...
    @property
    def area(self) -> str | None: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def since(self) -> date | None: ...
    @property
    def until(self) -> date: ...
    @property
    def unmeasured(self) -> bool: ...
    def holds(self, on: date) -> bool: ...


@dataclass(frozen=True)
class Waivers:
    """A province's waivers on a day."""

    day: date | None = None
    rows: Sequence[Waiver] = ()

    def over(self, row: Row, check: Check, code: str, area: str) -> Row:
        """The row with `waiver`, and with `verdict` "waived" and what it `was` where one excuses it."""
        if self.day is None or row["verdict"] == "met" or row["pending"] or not check.waivable:
            return row
        fitting = [each for each in self.rows if _fits(each, check, row["subject"], code, area)]
        holding = [each for each in fitting if each.holds(self.day)]
        excusing = [each for each in holding if row["verdict"] == "not_met" or each.unmeasured]
        if excusing:
            chosen = max(excusing, key=lambda each: each.until)
            return row | {"verdict": "waived", "was": row["verdict"], "waiver": as_row(chosen, "active")}
        if holding:
            return row | {"waiver": as_row(holding[0], "unmeasured")}
        over = [each for each in fitting if each.until < self.day and (row["verdict"] == "not_met" or each.unmeasured)]
        return row | {"waiver": as_row(max(over, key=lambda each: each.until), "expired")} if over else row

    def listed(self, facilities: Iterable[FacilityVerdict]) -> list[CountedWaiver]:
        """Those of the facilities judged, each with its state and how many rows it touches, for the verdict document."""
        rows = [(facility, row) for facility in facilities for row in facility["checks"]]
        found: list[CountedWaiver] = []
        for each in self.rows:
            within = [facility for facility, _ in rows if each.site == facility["code"] or (each.area and each.area == facility["area"])]
            if not within or self.day is None:
                continue
            state: WaiverState = "active" if each.holds(self.day) else "expired" if each.until < self.day else "future"
            mine = as_row(each, state)
            touched = [row for facility, row in rows if facility in within and row["waiver"] and _same(row["waiver"], mine)]
            found.append({**mine, "excused": sum(row["verdict"] == "waived" for row in touched), "rows": len(touched)})
        return found


def _fits(waiver: Waiver, check: Check, subject: str, code: str, area: str) -> bool:
    place = waiver.site == code if waiver.site else waiver.area == area
    return place and waiver.subject in (None, subject) and (waiver.check in (check.id, check.group) or waiver.check == ALL)


def as_row(waiver: Waiver, state: WaiverState) -> WaiverRow:
    """`state`: active, unmeasured (holds, and does not cover what nobody could measure), expired or future."""
    since = waiver.since.isoformat() if waiver.since else None
    return {
        "check": waiver.check,
        "site": waiver.site,
        "area": waiver.area,
        "subject": waiver.subject,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "from": since,
        "until": waiver.until.isoformat(),
        "state": state,
    }


def _same(one: WaiverRow, other: WaiverRow) -> bool:
    return all(value == other.get(key) for key, value in one.items() if key != "state")


def note(waiver: WaiverRow | None) -> Text | None:
    """What people read beside a row that a waiver touches."""
    if waiver is None:
        return None
    day = date.fromisoformat(waiver["until"]).strftime("%d/%m/%Y")
    return _NOTES[waiver["state"]].format(day=day, reason=waiver["reason"], owner=waiver["owner"])


_NOTES: Mapping[str, Text] = {
    "active": Text(
        "miễn áp dụng đến hết ngày {day}: {reason} (chịu trách nhiệm: {owner})",
        "waived until the end of {day}: {reason} (answers for it: {owner})",
    ),
    "unmeasured": Text(
        "có miễn áp dụng đến hết ngày {day} nhưng không bao gồm mục chưa đo được ({owner})",
        "a waiver until {day} does not cover what could not be measured ({owner})",
    ),
    "expired": Text(
        "miễn áp dụng đã hết hạn sau ngày {day}: {reason} (chịu trách nhiệm: {owner})",
        "the waiver ended after {day}: {reason} (answered for by {owner})",
    ),
    "future": Text("miễn áp dụng chưa bắt đầu; đến hết ngày {day} ({owner})", "a waiver that has not begun; until {day} ({owner})"),
}
