"""`ketnoi report --contact-sheet WHY`: one current frame of each camera, beside the report and never in it; the hub notes each look."""

from datetime import datetime
from pathlib import Path

from province.measure.inventory import logins
from province.model import Province
from province.reach.ssh import Shell
from province.report import streams
from province.report.model.build import in_scope_of
from province.report.model.record import Record
from province.report.renderers import frames
from province.text import VIETNAM, Lang, Text


def contact_sheet(
    inventory: Path, province: Province, record: Record, *, area: str | None, authority: str | None, why: str, lang: Lang, out: Path
) -> Text:  # fmt: skip
    """Writes `out`; what to tell of it. UserError where nobody could look."""
    today = datetime.now(VIETNAM).date()
    chosen = in_scope_of(province, today, area, authority)
    found = streams.streams(province, chosen, record, today)
    known = logins(inventory, [place.ready for place in chosen if place.ready])
    shots = frames.take(found, known, why, Shell(inventory, hub_user=province.hub.ssh_user))
    frames.write(shots, province.name, why, lang, out)
    return TAKEN.format(out=out, count=sum(shot.jpeg is not None for shot in shots), all=len(shots))


def path_beside(report: Path) -> Path:
    """People may be on it, so it does not go where the report goes."""
    return report.with_name(f"{report.name}-contact-sheet.html")


TAKEN = Text(
    "{out}: hình của {count}/{all} camera; mỗi lần xem đã ghi vào nhật ký tại máy chủ kết nối",
    "{out}: frames of {count} of {all} cameras; each look is noted at the hub",
)
