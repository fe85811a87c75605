"""Rows added up: by area, unit, authority, kind; reasons counted. Every number of a report that is a sum is made here."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields

from province.collation import vietnamese
from province.judging.classes import CLASSES as DEVICE_CLASSES
from province.report.model.content import STATES, CameraCounts, CameraRow, CheckRow, FacilityRow, ReasonCount, StandardRow, Sum
from province.report.model.states import CLASSES, TITLES
from province.standard.checks import Standard
from province.standard.texts import limit_of
from province.text import Lang, Text

WORST_FIRST = ("not_installed", "not_monitored", "not_met", "unknown", "withheld", "waived", "met")
BEHIND = frozenset({"not_installed", "not_monitored", "not_met", "unknown", "withheld"})
"""States of which an authority is reminded."""


def cameras(rows: Iterable[CameraRow]) -> CameraCounts:
    listed = list(rows)
    states = Counter(row.state for row in listed)
    return CameraCounts(
        len(listed), states["met"], states["not_met"], states["unknown"], states["no_access"], sum(bool(row.played) for row in listed)
    )


def total(id_: str, name: Text, rows: Sequence[FacilityRow]) -> Sum:
    states = Counter(row.state for row in rows)
    counted = (sum(getattr(row.cameras, each.name) for row in rows) for each in fields(CameraCounts))
    return Sum(
        id_, name, len(rows), {state: states[state] for state in STATES}, sum(row.installed for row in rows),
        sum(row.connected for row in rows), CameraCounts(*counted),
    )  # fmt: skip


def by(rows: Sequence[FacilityRow], key: Callable[[FacilityRow], str], name: Callable[[FacilityRow], Text]) -> tuple[Sum, ...]:
    """A sum for each key, in the Vietnamese order of their names."""
    groups: dict[str, list[FacilityRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    sums = [total(id_, name(listed[0]), listed) for id_, listed in groups.items()]
    return tuple(sorted(sums, key=lambda each: (vietnamese(each.name.vi), each.id)))


def behind(rows: Sequence[FacilityRow]) -> tuple[str, ...]:
    late = [row for row in rows if row.state in BEHIND]
    return tuple(row.code for row in sorted(late, key=lambda row: (WORST_FIRST.index(row.state), vietnamese(row.name), row.code)))


def reasons(rows: Sequence[FacilityRow], devices: Mapping[str, int], titles: Mapping[str, Text]) -> tuple[ReasonCount, ...]:
    """Commonest first. `devices`: class -> how many devices have it; `titles`: check -> its title, for what no class names."""
    facilities = Counter(row.category for row in rows if row.category)
    hints = {row.category: row.hint for row in rows if row.category and row.hint}
    found = [
        ReasonCount(
            category=category, title=TITLES.get(category) or titles.get(category) or Text(category, category),
            hint=_hint(category) or hints.get(category) or Text("", ""),
            facilities=facilities[category], devices=devices.get(category, 0),
        )
        for category in {*facilities, *devices}
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (-each.facilities, -each.devices, each.category)))


def _hint(category: str) -> Text | None:
    """The class's own next step, where it names no facility's particulars."""
    known = DEVICE_CLASSES.get(category) or CLASSES.get(category)
    return known[1] if known and "{" not in known[1].vi else None


def standard(given: Standard, checks: Sequence[CheckRow], lang: Lang) -> tuple[StandardRow, ...]:
    """What is judged of facilities; what is judged over all of them stands apart."""
    counts: dict[str, Counter[str]] = {}
    for row in checks:
        counts.setdefault(row.check, Counter())[row.verdict] += 1
    return tuple(
        StandardRow(
            each.id, each.title, each.source, each.required, each.once, limit_of(each).pick(lang),
            overridden=each.override.says if each.override else None,
            facilities={word: counts.get(each.id, Counter())[word] for word in ("met", "waived", "not_met", "unknown")},
        )
        for each in given.checks
        if each.subject != "area"
    )  # fmt: skip
