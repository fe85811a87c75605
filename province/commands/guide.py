"""`ketnoi guide`: the standards and technical conditions for facilities, to print and sign."""

from datetime import date, datetime
from pathlib import Path

from province.files import write
from province.model.select import loaded
from province.report import guide, paper
from province.standard.load import load
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError

WRITTEN = Text("đã ghi: {path}", "written: {path}")


def run(inventory: Path, out: Path, as_of: str | None, lang: Lang) -> int:
    """Exit 0. By the ending of `out`: a PDF, or the HTML that it is made of. `as_of`: the day that it is dated (today)."""
    if out.suffix not in (".html", ".pdf"):
        raise UserError(f"--out {out}: tên tệp kết thúc bằng .html hoặc .pdf", f"--out {out}: a name that ends in .html or .pdf")
    province = loaded(inventory, lang)
    html = guide.render(province, load(inventory), _day(as_of), lang)
    if out.suffix == ".pdf":
        paper.pdf(html, out)
    else:
        try:
            write(out, html, 0o644)
        except OSError as error:
            raise UserError(f"không ghi được {out}: {error.strerror}", f"can't write {out}: {error.strerror}") from error
    print(WRITTEN.format(path=out).pick(lang))
    return 0


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(VIETNAM).date()
    except ValueError:
        raise UserError(f"--as-of {text}: viết ngày như 2021-06-12", f"--as-of {text}: write a day as 2021-06-12") from None
