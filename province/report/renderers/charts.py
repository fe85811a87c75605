"""Three charts where people would rather look than read: progress against the deadlines, areas side by side, reasons for failure.

Each is drawn for a width in pixels (a page shows a wide one or, on a phone, a narrow one) and labels what it draws where it draws
it; no legend has to be looked up but that of the states.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from markupsafe import Markup

from province.report.model.content import STATES, Day, Milestone, Report, Sum
from province.report.model.figures import day, percent, sentence
from province.report.renderers.svg import COLOURS, INK, SIZE, SOFT, box, caption, cut, figure, length, line, path, picture, tag
from province.text import Lang, Text

WIDE, NARROW = 760, 350
_HEIGHT = 320.0
_TOP, _BOTTOM, _LEFT = 44.0, 30.0, 34.0
_BAR, _GAP = 22.0, 10.0
LATE = "#fdeee4"


@dataclass(frozen=True)
class _Line:
    name: Text
    value: Callable[[Day], int]
    colour: str
    width: float
    dash: str | None


_LINES = (
    _Line(Text("Đã lắp đặt", "Installed"), lambda row: row.installed, "#8a949e", 1.5, None),
    _Line(Text("Đã kết nối", "Connected"), lambda row: row.connected, COLOURS["met"], 3, None),
    _Line(Text("Đạt tiêu chuẩn", "Meet the standard"), lambda row: row.met, COLOURS["not_met"], 2.5, "7 3"),
)


def progress(report: Report, width: int = WIDE) -> Markup:
    """Facilities installed, connected and meeting the standard at the end of each day, and the orders' last days."""
    days, lang = report.progress.days, report.lang
    total = max((row.total for row in days), default=0)
    first = days[0].day if days else report.as_of
    last = max([report.as_of, *(row.last_day + timedelta(days=1) for row in report.milestones)])
    narrow = width < WIDE
    counts = [str(row.value(days[-1]) if days else 0) for row in _LINES]
    labels = counts if narrow else [f"{row.name.pick(lang)} {count}" for row, count in zip(_LINES, counts, strict=True)]
    right = max(map(length, labels)) + 14
    plot = _Plot(first, last, total, _LEFT, width - right)
    parts = [*plot.late(report), *plot.grid(lang, width), *plot.deadlines(report.milestones, lang, width)]
    ends = []
    for row, label in zip(_LINES, labels, strict=True):
        points = plot.steps(days, row.value)
        parts.append(path(points, row.colour, row.width, row.dash, f"p-{row.name.en.split()[0].lower()}"))
        ends.append((points[-1], label, row.colour))
    parts += _apart(ends)
    if narrow:  # the upper left is free: lines begin at nought
        parts += [caption(row.name.pick(lang), _LEFT + 6, _TOP + 16 * (at + 1), "start", row.colour, True) for at, row in enumerate(_LINES)]
    return picture(f"progress-{width}", width, _HEIGHT, _PROGRESS.pick(lang), _progress_text(report).pick(lang), parts)


class _Plot:
    """From days and counts to pixels."""

    def __init__(self, first: date, last: date, total: int, left: float, right: float) -> None:
        self.first, self.last, self.total, self.left, self.right = first, last, total, left, right

    def x(self, at: date) -> float:
        """The end of that day."""
        return self.left + (self.right - self.left) * ((at - self.first).days + 1) / ((self.last - self.first).days + 1)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / max(self.total, 1)

    def steps(self, days: Sequence[Day], value: Callable[[Day], int]) -> list[tuple[float, float]]:
        """Up at the end of the day on which it grew; only corners."""
        points = [(self.left, self.y(0))]
        for row in days:
            y = self.y(value(row))
            if y != points[-1][1]:
                points += [(self.x(row.day), points[-1][1]), (self.x(row.day), y)]
        end = self.x(days[-1].day) if days else self.left
        return [*points, (end, points[-1][1])]

    def grid(self, lang: Lang, width: int) -> list[Markup]:
        parts = []
        for value in _ticks(self.total):
            y = self.y(value)
            parts += [line(self.left, y, self.right, y), caption(str(value), self.left - 6, y + 4, "end", SOFT, size=12)]
        count = 7 if width == WIDE else 3
        span = (self.last - self.first).days
        step = next((each for each in (1, 2, 3, 7, 14, 28, 56, 91, 182, 364, 728) if span / each <= count), max(span, 1))
        for days in range(0, span + 1, step):
            at = self.first + timedelta(days=days)
            shown = f"{at.day}/{at.month}" if lang == "vi" else f"{at.day} {at:%b}"
            x = self.x(at)
            parts += [line(x, self.y(0), x, self.y(0) + 4, SOFT), caption(shown, x, _HEIGHT - 8, "middle", SOFT, size=12)]
        return parts

    def deadlines(self, milestones: Sequence[Milestone], lang: Lang, width: int) -> list[Markup]:
        """One line for each last day that the chart still shows, however many orders name it."""
        parts = []
        first = {row.last_day: row for row in reversed(milestones) if row.last_day >= self.first}
        for index, (last_day, row) in enumerate(sorted(first.items())):
            x, y = self.x(last_day), 14.0 + 15 * (index % 2)
            label = (_THROUGH if row.inclusive else _BEFORE).format(day=day(row.deadline, lang)).pick(lang)
            half = length(label) / 2 + 8
            parts += [line(x, y + 6, x, self.y(0), INK, "3 3")]
            parts += [caption(label, min(max(x, half), width - half), y, "middle", INK, True)]
        return parts

    def late(self, report: Report) -> list[Markup]:
        """What lies behind the first deadline that is missed is tinted."""
        missed = [row.last_day for row in report.milestones if row.known and row.days_late]
        if not missed or report.as_of <= min(missed):
            return []
        x, end = max(self.x(min(missed)), self.left), self.x(report.as_of)
        return [tag("rect", x=x, y=self.y(self.total), width=end - x, height=self.y(0) - self.y(self.total), fill=LATE, class_="late")]


def _ticks(total: int) -> list[int]:
    """Three to six round numbers from nought, and the total itself."""
    step = next((each * 10**power for power in range(5) for each in (1, 2, 5) if total / (each * 10**power) <= 5), 1)
    return [*(value for value in range(0, total, step) if total - value >= 0.6 * step), total]


def _apart(ends: list[tuple[tuple[float, float], str, str]]) -> list[Markup]:
    """Labels at the lines' ends, pushed up where two would touch; a pale line leads to one that moved."""
    parts, floor = [], _HEIGHT - _BOTTOM + 2
    for (x, y), label, colour in sorted(ends, key=lambda end: -end[0][1]):
        at = min(y, floor)
        floor = at - SIZE - 3
        parts += [line(x, y, x + 6, at, colour), caption(label, x + 9, at + 4, "start", colour, True)]
    return parts


_THROUGH = Text("Thời hạn: hết ngày {day}", "Deadline: through {day}")
_BEFORE = Text("Thời hạn: trước ngày {day}", "Deadline: before {day}")
_PROGRESS = Text("Tiến độ theo ngày so với thời hạn", "Progress day by day against the deadlines")


def _progress_text(report: Report) -> Text:
    if not report.progress.days:
        return Text("Chưa có số liệu.", "Nothing to show yet.")
    now = report.progress.days[-1]
    figures = {"installed": now.installed, "connected": now.connected, "met": now.met, "total": now.total}
    return Text(_TOLD.vi.format(day=day(now.day, "vi"), **figures), _TOLD.en.format(day=day(now.day, "en"), **figures))


_TOLD = Text(
    "Đến hết ngày {day}: {installed} cơ sở đã lắp đặt, {connected} đã kết nối, {met} đạt, trên tổng số {total}.",
    "At the end of {day}: {installed} installed, {connected} connected, {met} meet the standard, of {total}.",
)


def groups(rows: Sequence[Sum], title: Text, lang: Lang, width: int = WIDE) -> Markup:
    """A bar for each area (or authority, ...), as long as it has facilities, parted by state; the best share on top."""
    rows = sorted(rows, key=lambda row: -row.states["met"] / max(row.facilities, 1))
    narrow = width < WIDE
    tails = [f"{row.states['met']}/{row.facilities} ({percent(row.states['met'], row.facilities, lang)})" for row in rows]
    label = 0.0 if narrow else min(max((length(row.name.pick(lang)) for row in rows), default=0) + 10, 0.34 * width)
    unit = (width - label - max(map(length, tails), default=0) - 10) / max((row.facilities for row in rows), default=1)
    parts, y = _legend(rows, lang, width)
    for row, tail in zip(rows, tails, strict=True):
        name = row.name.pick(lang)
        if narrow:
            parts.append(caption(cut(name, width), 0, y + SIZE))
            y += SIZE + 6
        else:
            parts.append(caption(cut(name, label), label - 8, y + 15, "end"))
        end = label
        for state, count in row.states.items():
            if count:
                parts.append(box(end, y, count * unit - 1, _BAR, state, f"{name}: {STATES[state].pick(lang)}: {count}"))
                if count * unit > length(str(count)) + 4:
                    parts.append(figure(count, end + count * unit / 2 - 0.5, y + 15, state))
                end += count * unit
        parts.append(caption(tail, end + 6, y + 15, "start", SOFT))
        y += _BAR + _GAP
    return picture(f"areas-{width}", width, y, title.pick(lang), _groups_text(rows).pick(lang), parts)


def _legend(rows: Sequence[Sum], lang: Lang, width: int) -> tuple[list[Markup], float]:
    """The states that occur, in as many lines as they need; and where the next thing may begin."""
    parts, x, y = [], 0.0, 0.0
    for state, name in STATES.items():
        if not any(row.states[state] for row in rows):
            continue
        text = sentence(name).pick(lang)
        wide = 18 + length(text, 12) + 12
        if x and x + wide > width:
            x, y = 0.0, y + 19
        parts += [box(x, y + 1, 12, 12, state, text), caption(text, x + 17, y + 12, size=12)]
        x += wide
    return parts, y + 30


def _groups_text(rows: Sequence[Sum]) -> Text:
    vi = "; ".join(f"{row.name.vi}: {row.states['met']} trên {row.facilities} cơ sở đạt" for row in rows)
    en = "; ".join(f"{row.name.en}: {row.states['met']} of {row.facilities} meet the standard" for row in rows)
    return Text(f"{vi}.", f"{en}.")


def reasons(report: Report, width: int = WIDE) -> Markup:
    """How many facilities each class keeps from the standard, most first."""
    lang = report.lang
    rows = sorted((row for row in report.reasons if row.facilities), key=lambda row: -row.facilities)
    narrow = width < WIDE
    label = 0.0 if narrow else min(max((length(row.title.pick(lang)) for row in rows), default=0) + 10, 0.5 * width)
    unit = (width - label - 70) / max((row.facilities for row in rows), default=1)
    parts, y = [], 0.0
    for row in rows:
        name = sentence(row.title).pick(lang)
        if narrow:
            parts.append(caption(cut(name, width), 0, y + SIZE))
            y += SIZE + 6
        else:
            parts.append(caption(cut(name, label), label - 8, y + 15, "end"))
        parts.append(box(label, y, row.facilities * unit, _BAR, "not_met", f"{name}: {row.facilities}"))
        count = Text(f"{row.facilities} cơ sở", f"{row.facilities}").pick(lang)
        parts.append(caption(count, label + row.facilities * unit + 6, y + 15, "start", SOFT))
        y += _BAR + _GAP
    told = Text(*("; ".join(f"{row.title[side]}: {row.facilities}" for row in rows) + "." for side in (0, 1)))
    return picture(f"reasons-{width}", width, max(y, 1), _REASONS.pick(lang), told.pick(lang), parts)


_REASONS = Text("Nguyên nhân cơ sở chưa đạt", "What keeps facilities from the standard")


def changes(days: Sequence[Day]) -> list[Day]:
    """The first day, each day on which a figure moved, the last: the table behind the chart of progress."""
    kept = [
        later
        for earlier, later in pairwise(days)
        if (earlier.installed, earlier.connected, earlier.met) != (later.installed, later.connected, later.met)
    ]
    ends = [days[0], *kept, days[-1]] if days else []
    return list(dict.fromkeys(ends))
