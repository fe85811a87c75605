"""Milestones of the orders on a day, and progress day by day: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from province.model import Order
from province.report.model.content import MILESTONES, Day, Milestone, Progress, Sum
from province.report.model.figures import day as shown
from province.report.model.places import Place
from province.report.model.record import Known, day_of
from province.report.model.states import installed_on
from province.text import Text

LONGEST = timedelta(days=400)
"""No chart is drawn of more days."""


def milestone(order: Order, done_on: Mapping[str, date | None], as_of: date) -> Milestone:
    """`done_on`: facility -> the day on which it had done what the order asks, by the report's day; None: it has not."""
    last_day = order.date if order.inclusive else order.date - timedelta(days=1)
    done = {code: day for code, day in done_on.items() if day is not None and day <= as_of}
    whole = max(done.values(), default=None) if done_on and len(done) == len(done_on) else None
    over = ((whole or as_of) - last_day).days
    late = tuple(code for code in done_on if (code not in done and as_of > last_day) or (code in done and done[code] > last_day))
    return Milestone(
        order=order.number, authority=order.authority, milestone=order.milestone, title=MILESTONES[order.milestone],
        deadline=order.date, inclusive=order.inclusive, last_day=last_day, done=len(done),
        in_time=sum(day <= last_day for day in done.values()), total=len(done_on), met=whole is not None and whole <= last_day,
        done_on=whole, days_late=max(0, over), late=late, says=_says(last_day, whole, as_of, len(done), len(done_on)), note=order.note,
    )  # fmt: skip


def reported(order: Order, as_of: date) -> Milestone:
    """A report is sent once for all, on a day that the inventory says."""
    sent = order.done if order.done and order.done <= as_of else None
    found = milestone(order, {"": sent}, as_of)
    return Milestone(**{**vars(found), "late": (), "known": sent is not None})


def _says(last_day: date, whole: date | None, as_of: date, done: int, total: int) -> Text:
    if whole is not None:
        late = (whole - last_day).days
        vi, en = shown(whole, "vi"), shown(whole, "en")
        if late > 0:
            return Text(f"hoàn thành ngày {vi}, chậm {late} ngày", f"done on {en}, {late} days late")
        return Text(f"hoàn thành ngày {vi}, đúng hạn", f"done on {en}, in time")
    late = (as_of - last_day).days
    if late > 0:
        return Text(f"chưa hoàn thành ({done}/{total}), đã quá hạn {late} ngày", f"not done ({done} of {total}), {late} days late")
    return Text(f"chưa hoàn thành ({done}/{total}), còn {-late} ngày", f"not done ({done} of {total}), {-late} days left")


def done_days(order: Order, places: Sequence[Place], known: Mapping[str, Known]) -> dict[str, date | None]:
    """What each facility did for a milestone, and when: surveyed (an agreed plan is proof of it), agreed, or played from the centre."""
    if order.milestone == "survey":
        return {each.code: each.surveyed or (each.plan.day if each.plan else None) for each in places}
    if order.milestone == "plan":
        return {each.code: each.plan.day if each.plan else None for each in places}
    return {each.code: day_of(known[each.code].first_connected) for each in places}


def progress(orders: Sequence[Order], known: Mapping[str, Known], as_of: date) -> Progress:
    """From the day before the first thing happened (or a deadline near it) to the report's day."""
    first_days = [day for each in known.values() if (day := installed_on(each))]
    begins = max(min([*first_days, as_of]) - timedelta(days=1), as_of - LONGEST)
    near = [order.date for order in orders if begins - LONGEST <= order.date <= as_of]
    begins = max(min([begins, *(day - timedelta(days=1) for day in near)]), as_of - LONGEST)
    length = (as_of - begins).days + 1
    days = [begins + timedelta(days=n) for n in range(length)]
    steps = {name: [0] * length for name in ("installed", "connected", "met")}
    for each in known.values():
        _step(steps["installed"], begins, [(installed_on(each), True)] if installed_on(each) else [])
        told = [(date.fromisoformat(day), word, played, cameras) for day, word, played, cameras in each.history]
        _step(steps["connected"], begins, [(day, cameras > 0 and played == cameras) for day, _, played, cameras in told])
        _step(steps["met"], begins, [(day, word == "met") for day, word, _, _ in told])
    sums = {name: _summed(changes) for name, changes in steps.items()}
    rows = [Day(day, sums["installed"][n], sums["connected"][n], sums["met"][n], len(known)) for n, day in enumerate(days)]
    return Progress(tuple(rows), tuple((order.date, order.number, order.milestone) for order in orders))


def closed(found: Progress, total: Sum) -> Progress:
    """With the last day as the report's own sums say it: who fell silent after the last verdict is connected no more."""
    *days, last = found.days
    now = replace(last, installed=total.installed, connected=total.connected, met=total.states["met"])
    return replace(found, days=(*days, now))


def _step(changes: list[int], begins: date, told: Sequence[tuple[date | None, bool]]) -> None:
    """Add to `changes` how one facility's word comes and goes; what was before the first day counts from it on."""
    now = False
    for day, word in told:
        if day is not None and word != now:
            at = max(0, (day - begins).days)
            if at < len(changes):
                changes[at] += 1 if word else -1
            now = word


def _summed(changes: Sequence[int]) -> list[int]:
    total, sums = 0, []
    for change in changes:
        total += change
        sums.append(total)
    return sums
