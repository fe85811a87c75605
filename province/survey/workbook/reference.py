"""The table of columns in docs/survey.md and docs/survey.vi.md: `python -m province.survey.workbook.reference vi|en` prints it."""

import sys
from collections.abc import Iterator

from province.survey.reading.columns import SHEETS
from province.text import Lang, Text

_HEAD = Text("| Cột | Trường | Bắt buộc | Điền thế nào |", "| Column | Field | Required | How to fill it in |")
_YES = Text("có", "yes")


def table(lang: Lang) -> str:
    """Markdown: one table for each sheet; the explanations are the workbook's own, so Vietnamese."""
    return "\n".join(_lines(lang))


def _lines(lang: Lang) -> Iterator[str]:
    for sheet in SHEETS:
        yield f"### {sheet.vi}" + (f" ({sheet.en})" if lang == "en" else "")
        yield ""
        yield sheet.about
        yield ""
        yield _HEAD.pick(lang)
        yield "|---|---|---|---|"
        prefix = "" if sheet.entity == "facility" else f"{sheet.entity}."
        for column in sheet.asked:
            own = prefix if column.entity != "facility" else ""
            name = f"{column.vi}" + (f" ({column.en})" if lang == "en" else "")
            yield f"| {name} | `{own}{column.field}` | {_YES.pick(lang) if column.required else ''} | {column.help} |"
        yield ""


if __name__ == "__main__":
    sys.stdout.write(table("en" if sys.argv[1:] == ["en"] else "vi"))
