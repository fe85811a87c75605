"""The report as one page that opens anywhere: no script, nothing fetched, charts drawn in it, a table behind each; for paper too."""

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from province.files import write as put
from province.report.model.content import STATES, Milestone, Report
from province.report.model.figures import formats
from province.report.paper import page
from province.report.renderers import charts, sheets
from province.report.renderers.workbook import TITLE
from province.text import Text

BEHIND = ("not_installed", "not_monitored", "not_met", "unknown", "withheld")
"""States that ask somebody to do something, those that Bình Định's item 4 names first."""


def write(report: Report, path: Path) -> None:
    put(path, render(report), 0o644)


def render(report: Report) -> str:
    lang = report.lang
    return page(
        "report/page.html.j2",
        report=report,
        **formats(lang),
        title=TITLE.pick(lang),
        states=STATES,
        behind=[(state, rows) for state in BEHIND if (rows := [row for row in report.facilities if row.state == state])],
        areas=[(area, [row for row in report.facilities if row.area == area.id]) for area in report.areas],
        groupings=[(grouping, sheets.sums(report, key)) for key, grouping in sheets.GROUPINGS.items()],
        days=charts.changes(report.progress.days),
        drawn=drawn(report),
        named={row.code: row.name for row in report.facilities},
        worst=worst(report),
    )


def drawn(report: Report) -> dict[str, Markup]:
    """Each chart wide and narrow; the page shows the one that fits."""
    pairs: dict[str, Callable[[int], Markup]] = {
        "progress": lambda width: charts.progress(report, width),
        "areas": lambda width: charts.groups(report.areas, AREAS, report.lang, width),
        "reasons": lambda width: charts.reasons(report, width),
    }
    both = Markup('<div class="wide">{}</div><div class="narrow">{}</div>')
    return {name: both.format(draw(charts.WIDE), draw(charts.NARROW)) for name, draw in pairs.items()}


AREAS = Text("Kết quả theo khu vực triển khai", "Areas side by side")


def worst(report: Report) -> Milestone | None:
    """The milestone that is most days late, else the next one that is not done, else None."""
    known = [row for row in report.milestones if row.known]
    late = sorted((row for row in known if row.days_late), key=lambda row: -row.days_late)
    ahead = sorted((row for row in known if not row.met), key=lambda row: row.last_day)
    return next(iter([*late, *ahead]), None)
