"""A report's folder: made whole beside its place, then put there; nothing of an earlier report stays behind, nothing else is lost."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from province.report.model.build import Built
from province.report.model.content import Report, plain
from province.report.seal import MANIFEST, About
from province.user_error import UserError


@contextmanager
def fresh(out: Path) -> Iterator[Path]:
    """An empty folder to fill; when the block ends well it takes the place of `out`. UserError where `out` holds something else."""
    if out.exists() and not (out.is_dir() and ((out / MANIFEST).is_file() or not any(out.iterdir()))):
        raise UserError(
            f"{out} đang chứa thứ khác, không phải một báo cáo: chọn thư mục khác cho --out",
            f"{out} holds something that is no report: choose another folder for --out",
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise UserError(f"không ghi được vào {out.parent}: {error.strerror}", f"can't write to {out.parent}: {error.strerror}") from error
    try:
        yield made
        made.chmod(0o755)
        old = made.with_name(made.name + ".old")
        if out.exists():
            out.rename(old)
        made.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write_pieces(file: Path, pieces: Iterable[str]) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.writelines(pieces)


def lines_of(report: Report) -> Iterator[str]:
    """report.json: a field on each line, and of a list a row on each; so a change of one row is a change of one line."""
    comma = "{"
    for each in fields(report):
        value = getattr(report, each.name)
        if isinstance(value, tuple):
            rows = ",\n".join(json.dumps(plain(row), ensure_ascii=False) for row in value)
            yield f'{comma}\n"{each.name}": [\n{rows}\n]'
        else:
            yield f'{comma}\n"{each.name}": {json.dumps(plain(value), ensure_ascii=False)}'
        comma = ","
    yield "\n}\n"


def write_verdicts(file: Path, about: About, built: Built) -> None:
    """verify.json, a facility at a time: a province's verdicts need not be text all at once."""
    head = {"schema": 1, **about, "standards": built.record.document["standards"]}
    with file.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "facilities": [')
        for number, row in enumerate(built.verdicts()):
            out.write((",\n" if number else "\n") + json.dumps(row, ensure_ascii=False))
        out.write("\n]}\n")
