"""A letter to each authority that is behind: its facilities, what is the matter with each, what to do, and how late it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from province.report import paper
from province.report.model import figures
from province.report.model.content import STATES, AuthorityRow, FacilityRow, Milestone, Report
from province.report.model.figures import formats
from province.report.renderers import letterhead, steps
from province.report.renderers.cells import phone
from province.report.renderers.page import BEHIND
from province.text import Text

TITLE = Text(
    "Đôn đốc lắp đặt, kết nối hệ thống camera giám sát tại các cơ sở cách ly tập trung",
    "Reminder: cameras of quarantine facilities to be installed and connected",
)
ABOUT = Text(
    "V/v đôn đốc lắp đặt, kết nối hệ thống camera giám sát tại các cơ sở cách ly tập trung",
    "Re: cameras of quarantine facilities to be installed and connected",
)


SUPERIORS = ("UBND", "Ủy ban", "Uỷ ban", "Bộ ", "Ban Chỉ đạo", "Tỉnh ủy", "Tỉnh uỷ")
"""How the names of those begin to whom a department reports."""


@dataclass(frozen=True)
class Due:
    """Of one facility: the deadline that it missed by most, and by how much; `late` is None while there is time."""

    deadline: Text
    late: Text | None


def write(report: Report, folder: Path) -> None:
    """`folder`/AUTHORITY.pdf for each authority that is behind; no folder where none is."""
    for authority in report.authorities:
        if authority.behind:
            paper.pdf(render(report, authority), folder / f"{authority.id}.pdf")


def render(report: Report, authority: AuthorityRow) -> str:
    lang = report.lang
    rows = [report.facility(code) for code in authority.behind]
    return paper.page(
        "report/reminder.html.j2",
        report=report,
        letter=letterhead.head(report, None, TITLE, ABOUT, None),
        authority=authority,
        rows=[(row, due(report, row)) for row in rows],
        tally=tally(rows, report),
        orders=letterhead.orders(report).pick(lang),
        step=steps.step,
        connectors=list({row.connector: (row.connector_name, row.connector_contact) for row in rows}.values()),
        copies=copies(report, authority, rows),
        phone=lambda digits: phone(digits).replace(" ", "\u00a0"),
        count=lambda value: letterhead.counted(value, lang),
        **formats(lang),
    )


def due(report: Report, row: FacilityRow) -> Due | None:
    """Of the milestones that the facility missed, the worst; else the next one that lies ahead."""
    missed = [(days_late(each, row, report), each) for each in report.milestones if each.known and row.code in each.late]
    if missed:
        days, milestone = max(missed, key=lambda pair: pair[0])
        done = milestone.milestone == "connect" and row.first_connected is not None
        late = (_CAME_LATE if done else _LATE).format(days=days) if days else None
        return Due(_deadline(milestone), late)
    ahead = [each for each in report.milestones if each.last_day >= report.as_of]
    return Due(_deadline(min(ahead, key=lambda each: each.last_day)), None) if ahead else None


def days_late(milestone: Milestone, row: FacilityRow, report: Report) -> int:
    """Up to the day on which it was connected, else up to the report's."""
    until = row.first_connected if milestone.milestone == "connect" and row.first_connected else report.as_of
    return max(0, (until - milestone.last_day).days)


def tally(rows: Sequence[FacilityRow], report: Report) -> str:
    """ "01 chưa lắp đặt, 02 không đạt"."""
    found = Counter(row.state for row in rows)
    return ", ".join(
        f"{letterhead.counted(found[state], report.lang)} {STATES[state].pick(report.lang)}" for state in BEHIND if found[state]
    )


def copies(report: Report, authority: AuthorityRow, rows: Sequence[FacilityRow]) -> list[str]:
    """Superiors "to report", peers plainly, who connects "to cooperate"; not once more the one it is addressed to."""
    lang = report.lang
    others = [name for name in letterhead.addressees(report) if not authority.name.startswith(name)]
    return [
        Text("Như trên", "As above").pick(lang),
        *((Text(f"{name} (b/c)", f"{name} (to report)").pick(lang) if name.startswith(SUPERIORS) else name) for name in others),
        *(Text(f"{name} (p/h)", f"{name} (to cooperate)").pick(lang) for name in dict.fromkeys(row.connector_name for row in rows)),
        Text("Lưu: VT", "File").pick(lang),
    ]


def _deadline(milestone: Milestone) -> Text:
    told, day = _THROUGH if milestone.inclusive else _BEFORE, milestone.deadline
    return Text(told.vi.format(day=figures.day(day, "vi")), told.en.format(day=figures.day(day, "en")))


_THROUGH = Text("Hết ngày {day}", "Through {day}")
_BEFORE = Text("Trước ngày {day}", "Before {day}")
_LATE = Text("Chậm {days} ngày", "{days} days late")
_CAME_LATE = Text("Đã kết nối, chậm {days} ngày", "Connected, {days} days late")
