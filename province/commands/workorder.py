"""`ketnoi workorder`: the paper for whoever goes to a facility, as a page and as PDF."""

import json
from datetime import datetime
from pathlib import Path

from edge_agent.contract import typed
from province.files import write
from province.model.select import loaded
from province.report import paper
from province.report.workorder.content import content
from province.report.workorder.lines import Judged
from province.survey.scan import file as scan_file
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError

_WRITTEN = Text("đã ghi: {html}, {pdf}", "written: {html}, {pdf}")


def workorder(inventory: Path, site: str, *, out: Path, verdict: Path | None, lang: Lang, json_output: bool) -> int:
    """Exit 0 when it is written. UserError for an unknown facility, a file that can't be read or written."""
    province = loaded(inventory, lang)
    survey = scan_file.read(inventory, site, lang)
    values = content(province, site, survey, _verdict(verdict), datetime.now(VIETNAM).date(), lang)
    html = paper.page("workorder.html.j2", **values)
    files = {kind: out / f"workorder-{site}.{kind}" for kind in ("html", "pdf")}
    try:
        write(files["html"], html, 0o644)
    except OSError as error:
        raise UserError(f"không ghi được vào {out}: {error.strerror}", f"can't write to {out}: {error.strerror}") from error
    paper.pdf(html, files["pdf"])
    if json_output:
        print(json.dumps({kind: str(file) for kind, file in files.items()} | {"todo": values["todo"]}, ensure_ascii=False))
    else:
        print(_WRITTEN.pick(lang).format(**files))
    return 0


def _verdict(file: Path | None) -> Judged | None:
    """What `ketnoi verify` wrote. Raises UserError."""
    if file is None:
        return None
    try:
        return typed.read(Judged, file.name, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: không phải verify.json của `ketnoi verify`", f"{file}: not the verify.json of `ketnoi verify`") from error
