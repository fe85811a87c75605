"""Rules over all facilities asked for: papers, coverage of zones, the orders' milestones, and what nobody here can measure. Pure.

`rows` gives rows shaped as a facility's (province.judging.verdict.row_of), subject `area`. They stand beside the facilities' verdicts and
change none: a facility is not worse because another is late. Facilities that are withheld, or of which the survey does not know all
yet, count.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from province.judging.case import Finding, judged
from province.judging.verdict import row_of
from province.model import Order, Province
from province.report.model import timeline
from province.report.model.places import Place, zone_name
from province.report.model.record import Known
from province.standard.checks import Check, Standard
from province.standard.verdict import Row
from province.text import Text

BARRACKS = "barracks"
CANT = Text("Ketnoi không đo được việc này", "Ketnoi can't measure this")
NAMED = 6
"""So many facilities are named in a sentence; `measured` has them all."""


@dataclass(frozen=True)
class Whole:
    """What is judged, on which day. `connected`: facility's code -> the instant (ISO) at which the centre first played all its cameras."""

    province: Province
    places: Sequence[Place]
    day: date
    connected: Mapping[str, str | None]


def rows(whole: Whole, standard: Standard) -> list[Row]:
    """One for each check of subject `area`, for `milestones` one for each order; nothing where there is no facility."""
    if not whole.places:
        return []
    checks = [check for check in standard.checks if check.subject == "area" and check.id in RULES]
    return [row_of(check, "area", finding) for check in checks for finding in RULES[check.id](whole, check)]


def _counted(whole: Whole, among: Iterable[Place], has: Callable[[Place], bool], *, silent: bool = False) -> Iterator[Finding]:
    """How many of `among` have it. `silent`: where nothing stands nobody knows, rather than that it isn't so."""
    chosen = list(among)
    lacking = [each.code for each in chosen if not has(each)]
    if not chosen:
        return
    done, measured = len(chosen) - len(lacking), {"done": len(chosen) - len(lacking), "total": len(chosen), "lacking": lacking}
    says = Text(f"{done} trên {len(chosen)} cơ sở", f"{done} of {len(chosen)} facilities")
    if lacking:
        says = Text(f"{says.vi}; còn {_listed(lacking, 'cơ sở khác')}", f"{says.en}; not {_listed(lacking, 'more')}")
    if lacking and silent:
        yield Finding("unknown", measured, len(chosen), says)
    else:
        yield judged(not lacking, measured, len(chosen), says)


def _listed(codes: Sequence[str], others: str) -> str:
    return ", ".join(codes[:NAMED]) + (f" (+{len(codes) - NAMED} {others})" if len(codes) > NAMED else "")


def _come(day: date | None, whole: Whole) -> bool:
    return day is not None and day <= whole.day


def area_surveys(whole: Whole, check: Check) -> Iterator[Finding]:
    yield from _counted(whole, whole.places, lambda each: _come(each.surveyed, whole), silent=True)


def area_plans(whole: Whole, check: Check) -> Iterator[Finding]:
    yield from _counted(whole, whole.places, lambda each: each.plan is not None and _come(each.plan.day, whole))


def area_opinions(whole: Whole, check: Check) -> Iterator[Finding]:
    barracks = [each for each in whole.places if each.kind == BARRACKS]
    yield from _counted(whole, barracks, lambda each: each.opinion is not None and each.opinion.agrees and _come(each.opinion.day, whole))


def area_focal_points(whole: Whole, check: Check) -> Iterator[Finding]:
    yield from _counted(whole, whole.places, lambda each: all(str(value).strip() for value in vars(each.focal_point).values()))


class ZoneFound(TypedDict):
    """How many facilities have a camera there or a reason for none, and which have neither."""

    watched: int
    excused: int
    missing: list[str]


def area_zones(whole: Whole, check: Check) -> Iterator[Finding]:
    """Zone by zone: watched by a camera, excused with a reason, or neither."""
    told: dict[str, ZoneFound] = {}
    for zone in whole.province.tables.required_zones:
        watched = [each.code for each in whole.places if zone.id in {camera.zone for camera in each.cameras}]
        excused = [each.code for each in whole.places if zone.id in each.zones and each.code not in watched]
        missing = [each.code for each in whole.places if zone.id not in each.zones]
        told[zone.id] = ZoneFound(watched=len(watched), excused=len(excused), missing=missing)
    short = [zone for zone, found in told.items() if found["missing"]]
    names = [zone_name(whole.province, zone) for zone in short or told]
    counts = [len(told[zone]["missing"]) if short else told[zone]["watched"] for zone in short or told]
    listed = Text(*("; ".join(f"{name.pick(lang)}: {count}" for name, count in zip(names, counts, strict=True)) for lang in ("vi", "en")))
    head = (
        Text("số cơ sở còn thiếu", "facilities that miss it")
        if short
        else Text("số cơ sở có camera riêng", "facilities with a camera there")
    )
    yield judged(not short, told, list(told), Text(f"{head.vi}: {listed.vi}", f"{head.en}: {listed.en}"))


def milestones(whole: Whole, check: Check) -> Iterator[Finding]:
    known = {each.code: Known(first_connected=whole.connected.get(each.code)) for each in whole.places}
    for order in sorted(whole.province.file.orders, key=lambda each: (each.date, each.number)):
        yield _milestone(order, whole, known)


def _milestone(order: Order, whole: Whole, known: Mapping[str, Known]) -> Finding:
    if order.milestone == "report":
        found = timeline.reported(order, whole.day)
    else:
        found = timeline.milestone(order, timeline.done_days(order, whole.places, known), whole.day)
    number = "" if order.number.startswith("/") else f" {order.number}"
    by = Text(
        f"{'trong' if order.inclusive else 'trước'} ngày {order.date:%d/%m/%Y}", f"{'by' if order.inclusive else 'before'} {order.date}"
    )
    name = Text(
        f"văn bản{number} của {order.authority}: {found.title.vi} {by.vi}", f"order{number} of {order.authority}: {found.title.en} {by.en}"
    )
    measured = {
        "order": order.number, "milestone": order.milestone, "deadline": order.date.isoformat(), "inclusive": order.inclusive,
        "done": found.done, "in_time": found.in_time, "total": found.total, "days_late": found.days_late, "late": list(found.late),
    }  # fmt: skip
    says = Text(f"{name.vi}: {found.says.vi}", f"{name.en}: {found.says.en}")
    if not found.known:
        untold = Text("danh mục chưa ghi ngày báo cáo", "the inventory has no day of the report")
        return Finding("unknown", measured, found.total, Text(f"{name.vi}: {untold.vi}", f"{name.en}: {untold.en}"))
    if found.done_on is None and found.last_day >= whole.day:
        return Finding("unknown", measured, found.total, says, pending=True)
    return judged(found.met, measured, found.total, says)


def recipients_known(whole: Whole, check: Check) -> Iterator[Finding]:
    listed = whole.province.file.addressed(whole.day)
    bare = [each.name for each in listed if each.email is None]
    names = ", ".join(each.name for each in listed)
    says = Text(names, names) if listed else Text("chưa ghi nơi nhận nào", "nobody is listed")
    if bare:
        says = Text(f"chưa có e-mail: {', '.join(bare)}", f"without an e-mail: {', '.join(bare)}")
    yield judged(bool(listed) and not bare, {"recipients": [each.name for each in listed], "without_email": bare}, True, says)


def unmeasurable(whole: Whole, check: Check) -> Iterator[Finding]:
    yield Finding("unknown", None, None, CANT, hint=check.hint)


RULES: Mapping[str, Callable[[Whole, Check], Iterator[Finding]]] = {
    "area_surveys": area_surveys,
    "area_plans": area_plans,
    "area_opinions": area_opinions,
    "area_focal_points": area_focal_points,
    "area_zones": area_zones,
    "milestones": milestones,
    "recipients_known": recipients_known,
    "viewing_by_group": unmeasurable,
    "viewing_logged": unmeasurable,
}
