"""`ketnoi survey template` and `ketnoi survey import`: what districts fill in, and the way from there to the inventory."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

from province.model.book import items
from province.survey.reading.cells import Change
from province.survey.reading.grid import Grid
from province.survey.reading.headings import Reading
from province.survey.sheets import Result, apply, understand
from province.text import Lang, Text

SHOWN = 400
"""Changes, and notes, that are printed one by one; the rest is counted."""


def template(inventory: Path, out: Path, *, area: str | None, lang: Lang, json_output: bool) -> int:
    """Write the workbook, with --area filled in; returns 0. Raises UserError."""
    from province.survey.workbook.workbook import write_template

    count = write_template(inventory, out, area)
    if json_output:
        print(json.dumps({"file": str(out), "area": area, "facilities": count}, ensure_ascii=False))
    else:
        print((_FILLED if area else _EMPTY).format(file=out, count=count).pick(lang))
    return 0


def import_(inventory: Path, files: Sequence[Path], *, area: str | None, check: bool, partial: bool, lang: Lang, json_output: bool) -> int:
    """0: taken, or nothing to take; 1: faults (with --partial the good rows were taken). Raises UserError for what can't start.

    JSON: {"files", "columns": [...], "faults": [{file, sheet, cell, message}], "notes": like faults, "changes": [{code, field, old,
    new, file, sheet, cell}], "gaps": {code: like faults}, "written": [file], "left_out": [{file, sheet, cell}]}.
    """
    result = understand(inventory, files, area, partial)
    faults = result.remarks.faults
    take = not check and bool(result.files) and (partial or not faults)
    if take:
        apply(result)
    if json_output:
        _print_json(files, result, take)
    else:
        _print(result, take, check, partial, lang)
    return 1 if faults else 0


def _print_json(files: Sequence[Path], result: Result, taken: bool) -> None:
    document = {
        "files": [str(file) for file in files],
        "columns": [_columns(grid, reading) for grid, reading in result.readings],
        "faults": [fault.as_dict() for fault in sorted(result.remarks.faults, key=lambda each: each.where)],
        "notes": [note.as_dict() for note in result.remarks.notes],
        "new": [{"code": each.code, "area": each.area, "record": _plain(each.new)} for each in result.new],
        "changes": [change.as_dict() for change in result.changes],
        "gaps": {code: [{**where.as_dict(), "message": text.as_dict()} for where, text in gaps] for code, gaps in result.gaps.items()},
        "written": [str(file) for file in result.files] if taken else [],
        "left_out": [where.as_dict() for where in sorted(result.left_out)],
    }
    print(json.dumps(document, ensure_ascii=False, indent=1))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str, ensure_ascii=False))


class Taken(TypedDict):
    heading: str
    field: str


class Columns(TypedDict):
    """What was taken for what, and what was left; columns by their letters."""

    file: str
    sheet: str
    kind: str
    heading_rows: list[int]
    taken: dict[str, Taken]
    left: dict[str, str]


def _columns(grid: Grid, reading: Reading) -> Columns:
    return {
        "file": str(grid.file),
        "sheet": grid.sheet,
        "kind": reading.entity,
        "heading_rows": [reading.first + 1, reading.last + 1],
        "taken": {
            reading.letter(index): {"heading": reading.texts[index], "field": column.key} for index, column in reading.columns.items()
        },
        "left": {reading.letter(index): reading.texts[index] for index in sorted({*reading.left, *reading.secret})},
    }


def _print(result: Result, taken: bool, check: bool, partial: bool, lang: Lang) -> None:
    for grid, reading in result.readings:
        _print_columns(grid, reading, lang)
    for note in result.remarks.notes[:SHOWN]:
        print(_NOTE.pick(lang) + note.show(lang))
    if len(result.remarks.notes) > SHOWN:
        print(_MORE_NOTES.format(count=len(result.remarks.notes) - SHOWN).pick(lang))
    for proposal in result.proposals:
        if proposal.new is not None:
            cameras = sum(1 for _ in items(proposal.new, "cameras"))
            print(
                _NEW.format(
                    code=proposal.code, name=proposal.new["name"], area=proposal.area, cameras=cameras, where=proposal.claim.sheet.where
                ).pick(lang)
            )
    old = [change for proposal in result.proposals if proposal.new is None for change in proposal.changes]
    for change in old[:SHOWN]:
        print(_change(change))
    if len(old) > SHOWN:
        print(_MORE.format(count=len(old) - SHOWN).pick(lang))
    for code, gaps in result.gaps.items():
        fields = ", ".join(dict.fromkeys(text.pick(lang).split(": ")[1] for _, text in gaps))
        print(_GAPS.format(code=code, count=len(gaps), fields=fields if len(fields) < 160 else fields[:157] + "…").pick(lang))
    for fault in sorted(result.remarks.faults, key=lambda each: each.where):
        print(_FAULT.pick(lang) + fault.show(lang))
    print(_summary(result, taken, check, partial).pick(lang))


def _print_columns(grid: Grid, reading: Reading, lang: Lang) -> None:
    where = f"{grid.file.name} [{grid.sheet}]" if grid.sheet else grid.file.name
    if grid.version and not reading.left:
        print(_FORM.format(where=where, version=grid.version, count=len(reading.columns)).pick(lang))
        return
    taken = [
        (index, f"“{_short(reading.texts[index])}” → {column.vi if lang == 'vi' else column.en}")
        for index, column in sorted(reading.columns.items())
    ]
    said = "; ".join(f"{reading.letter(index)} {text}" for index, text in taken)
    print(_READ.format(where=where, row=reading.last + 1, said=said).pick(lang))
    left = "; ".join(f"{reading.letter(index)} “{_short(reading.texts[index])}”" for index in sorted({*reading.left, *reading.secret}))
    if left:
        print(_LEFT.format(said=left).pick(lang))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"


def _change(change: Change) -> str:
    old, new = (_value(value) for value in (change.as_dict()["old"], change.as_dict()["new"]))
    return f"  {change.code}: {change.field}: {old} → {new}   ({change.where})"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return "–" if value is None else str(value)


def _summary(result: Result, taken: bool, check: bool, partial: bool) -> Text:
    faults, changes, new = len(result.remarks.faults), sum(1 for each in result.proposals if each.new is None), len(result.new)
    files, left = ", ".join(file.name for file in result.files), len(result.left_out)
    values = {"faults": faults, "left": left, "changed": changes, "new": new, "files": files}
    if faults and not partial:
        return _REFUSED.format(**values)
    if check and result.files:
        return _WOULD.format(**values)
    if not result.files:
        return _PARTIAL_NOTHING.format(**values) if faults else _SAME
    return (_PARTIAL if faults else _DONE).format(**values)


_READ = Text("{where}: tiêu đề ở hàng {row}: {said}", "{where}: headings in row {row}: {said}")
_FORM = Text("{where}: đúng mẫu phiếu (phiên bản {version}), {count} cột", "{where}: our form (version {version}), columns: {count}")
_LEFT = Text("  bỏ qua: {said}", "  left: {said}")
_NOTE = Text("lưu ý: ", "note: ")
_FAULT = Text("lỗi: ", "fault: ")
_NEW = Text(
    "  {code}: cơ sở mới: {name}, khu vực {area}, {cameras} camera   ({where})",
    "  {code}: new: {name}, area {area}, cameras: {cameras}   ({where})",
)
_MORE = Text("  … và {count} thay đổi nữa (--json nêu hết)", "  … and {count} changes more (--json has all)")
_MORE_NOTES = Text("  … và {count} lưu ý nữa (--json nêu hết)", "  … and {count} notes more (--json has all)")
_GAPS = Text(
    "  {code}: đã ghi nhận, còn thiếu {count} mục nên chưa triển khai được: {fields}",
    "  {code}: taken, {count} things are missing, so it can't be rolled out yet: {fields}",
)
_REFUSED = Text(
    "{faults} lỗi: chưa ghi gì. Sửa các ô đã nêu rồi chạy lại; hoặc thêm --partial để nhận các dòng không lỗi",
    "faults: {faults}; nothing was written. Correct these cells and run again, or add --partial to take the rows without faults",
)
_WOULD = Text(
    "sẽ đổi: {new} cơ sở mới, {changed} cơ sở có thay đổi ({files}); chưa ghi gì (--check)",
    "would change: new {new}, changed {changed} ({files}); nothing was written (--check)",
)
_SAME = Text("không có gì thay đổi", "nothing changes")
_PARTIAL_NOTHING = Text("{faults} lỗi; các dòng còn lại không có gì thay đổi", "faults: {faults}; the other rows change nothing")
_PARTIAL = Text(
    "đã ghi {files}: {new} cơ sở mới, {changed} cơ sở có thay đổi; còn {faults} lỗi, {left} dòng chưa nhận",
    "written {files}: new {new}, changed {changed}; faults left: {faults}, rows not taken: {left}",
)
_DONE = Text("đã ghi {files}: {new} cơ sở mới, {changed} cơ sở có thay đổi", "written {files}: new {new}, changed {changed}")
_EMPTY = Text(
    "đã tạo {file}: gửi cho các huyện điền; nhận về thì chạy ketnoi survey import",
    "{file} is written: have districts fill it in, then run ketnoi survey import",
)
_FILLED = Text(
    "đã tạo {file}, điền sẵn {count} cơ sở: gửi về để sửa và bổ sung",
    "{file} is written, with {count} facilities filled in: send it to be corrected",
)
