"""The report as an official document on A4, ready for its number, signature and seal."""

from collections.abc import Sequence
from pathlib import Path

from province.report import paper
from province.report.model.content import STATES, FacilityRow, Report
from province.report.model.figures import formats
from province.report.renderers import charts, letterhead, sheets, steps
from province.report.renderers.page import BEHIND
from province.report.renderers.workbook import TITLE
from province.text import Text

LISTED = 12
"""So many facilities of a state are named in the text; more stand in the annex."""
NAMED = 5
"""So many authorities are named among those who get a copy."""


def write(report: Report, path: Path, number: str | None = None) -> None:
    paper.pdf(render(report, number), path)


def render(report: Report, number: str | None = None) -> str:
    lang = report.lang
    behind = [(state, rows) for state in BEHIND if (rows := [row for row in report.facilities if row.state == state])]
    todo = [row for _, rows in behind for row in rows]
    return paper.page(
        "report/report.html.j2",
        report=report,
        letter=letterhead.head(report, "BC", TITLE, None, number),
        addressees=letterhead.addressees(report),
        copies=copies(report),
        orders=letterhead.orders(report).pick(lang),
        shown={state: name for state, name in STATES.items() if report.total.states[state]},
        states=STATES,
        authorities=sheets.sums(report, "authorities"),
        behind=behind,
        listed=LISTED,
        todo=todo,
        step=steps.step,
        proposals=proposals(report, todo),
        whole=[row for row in report.whole if row.check != "milestones"],  # they have a table of their own
        overridden=sum(row.overridden is not None for row in report.standard),
        chart=charts.progress(report),
        count=lambda value: letterhead.counted(value, lang),
        **formats(lang),
    )


def copies(report: Report) -> list[str]:
    """Nơi nhận: whom it is addressed to, who must act on it, who connects, the files."""
    lang = report.lang
    acting = [row.name for row in report.authorities if row.behind]
    if len(acting) > NAMED:
        acting = [Text("Các cơ quan quản lý nêu tại Phụ lục I", "The authorities named in annex I").pick(lang)]
    connectors = list(dict.fromkeys(row.connector_name for row in report.facilities))
    cooperating = [Text(f"{name} (p/h)", f"{name} (to cooperate)").pick(lang) for name in connectors]
    return [
        Text("Như trên", "As above").pick(lang),
        *(Text(f"{name} (t/h)", f"{name} (to act)").pick(lang) for name in acting),
        *cooperating,
        Text("Lưu: VT", "File").pick(lang),
    ]


def proposals(report: Report, todo: Sequence[FacilityRow]) -> list[Text]:
    """What follows from the figures alone; the office adds what it thinks of them."""
    found = []
    if todo:
        found.append(URGE)
        connectors = ", ".join(dict.fromkeys(row.connector_name for row in todo))
        found.append(CONNECT.format(connectors=connectors))
    if report.not_installed or report.not_monitored:
        found.append(ACT.format(installed=_count(len(report.not_installed)), monitored=_count(len(report.not_monitored))))
    if any(row.state == "withheld" and row.category == "no_opinion" for row in todo):
        found.append(OPINION)
    return found


def _count(number: int) -> str:
    return letterhead.counted(number, "vi") if number else "0"


URGE = Text(
    "Đề nghị các cơ quan quản lý chỉ đạo các cơ sở thuộc thẩm quyền khẩn trương thực hiện các việc cần làm nêu tại Phụ lục I.",
    "The authorities are asked to have the facilities under them do without delay what annex I names.",
)
CONNECT = Text(
    "Đề nghị {connectors} bố trí kỹ thuật viên phối hợp với các cơ sở xử lý, khôi phục kết nối.",
    "{connectors} is asked to send engineers who work with the facilities and bring the connection back.",
)
ACT = Text(
    "Đề nghị xem xét, xử lý theo thẩm quyền đối với {installed} cơ sở chưa lắp đặt và {monitored} cơ sở đã lắp đặt nhưng chưa giám sát.",
    "It is proposed to take action within one's powers on the facilities that have not installed ({installed}) and those that have but do "
    "not monitor ({monitored}).",
)
OPINION = Text(
    "Đề nghị Bộ Chỉ huy Quân sự tỉnh sớm có văn bản xin ý kiến Bộ Tư lệnh Quân khu đối với các cơ sở là doanh trại.",
    "The province's military command is asked to obtain the military region's opinion on the facilities that are barracks.",
)
