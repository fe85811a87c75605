"""`ketnoi survey import`: files of sheets -> what they change in the inventory, tried on a copy before anything is replaced."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from province.files import write
from province.model import Fault, load
from province.model.book import Book
from province.model.check import faults_of
from province.model.loader import open_book
from province.survey.matching.facilities import Claim, Gathering, Known, known, may_be_new, near_misses
from province.survey.matching.proposal import Proposal, Proposals, required
from province.survey.reading.cells import Change, Remark, Remarks, Where
from province.survey.reading.columns import SHEETS
from province.survey.reading.grid import Grid
from province.survey.reading.headings import Reading
from province.survey.reading.membership import Memberships
from province.survey.reading.records import Entry
from province.survey.reading.taking import entries_of
from province.survey.writing.write import written
from province.text import Text
from province.user_error import UserError

ROUNDS = 6
"""Times that bad rows are left out and the rest is tried again (--partial)."""
_UNSAID = re.compile(r"(?:thiếu: hãy điền|is missing: fill it in) \((.+)\)")
_TABLES = ("province.yml", "units.yml", "zones.yml", "makes.yml", "standard.yml", "waivers.yml")


@dataclass
class Result:
    """files: path -> (old text or None, new text). readings: each sheet's grid and headings. left_out: rows that were not taken."""

    remarks: Remarks
    readings: list[tuple[Grid, Reading]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    files: dict[Path, tuple[str | None, str]] = field(default_factory=dict)
    left_out: set[Where] = field(default_factory=set)
    gaps: dict[str, list[tuple[Where, Text]]] = field(default_factory=dict)

    @property
    def changes(self) -> list[Change]:
        return [change for proposal in self.proposals for change in proposal.changes]

    @property
    def new(self) -> list[Proposal]:
        return [proposal for proposal in self.proposals if proposal.new is not None]


def understand(inventory: Path, files: Sequence[Path], area: str | None, partial: bool) -> Result:
    """Read, match, and try on a copy. Writes nothing to the inventory. Raises UserError for what can't start."""
    book = open_book(inventory)
    if book.file is None:
        lines = "\n".join(fault.show("vi") for fault in book.faults if fault.file.name == "province.yml")
        raise UserError(f"province.yml có lỗi, sửa trước:\n{lines}", f"province.yml has faults, mend them first:\n{lines}")
    if area is not None and area not in book.areas:
        names = ", ".join(book.areas)
        raise UserError(f"không có khu vực triển khai {area}; có: {names}", f"there is no area {area}; there are: {names}")
    remarks = Remarks()
    result = Result(remarks)
    memberships = Memberships(book.units, [sheet.raw.get("unit") or [] for sheet in book.sheets])
    entries = list(entries_of(files, book, memberships, remarks, result.readings))
    before = {(fault.field, fault.text) for fault in (*book.faults, *faults_of(book))}
    told = Remarks(list(remarks.faults), list(remarks.notes))
    excluded = {each.where for each in entries if each.bad} if partial else set()
    blank: list[Remark] = []
    for _ in range(ROUNDS):
        remarks.faults, remarks.notes = list(told.faults), list(told.notes)
        found = _try(inventory, book, entries, memberships, area, excluded, before, result)
        blank = blank or [Remark(where, text) for where, text in required(result.claims)]
        bad = {fault.where.whole_row for fault in found} & {each.where for each in entries} - excluded
        told.faults += [fault for fault in found if partial and fault not in told.faults]
        if not partial or not bad:
            break
        excluded |= bad
    remarks.faults += [fault for fault in blank if fault.where.whole_row not in excluded]
    if partial and any(fault.where.row == 0 or fault.where.whole_row not in excluded for fault in found):
        result.files, result.proposals = {}, []
    return result


def _try(inventory: Path, book: Book, entries: list[Entry], memberships: Memberships, area: str | None, excluded: set[Where],
         before: set[Any], result: Result) -> list[Remark]:  # fmt: skip
    """One attempt: all that is wrong with it; `result` holds what it would write."""
    remarks = result.remarks
    asked = len(remarks.faults)
    listed = known(book)
    gathering = Gathering(listed, memberships, remarks, area, strict=any(may_be_new(each) for each in entries))
    for each in sorted(entries, key=lambda each: not may_be_new(each)):
        if each.where in excluded:
            gathering.miss(each)
        else:
            gathering.add(each)
    making = Proposals(book, listed, memberships, remarks)
    proposals = [proposal for claim in gathering.claims if (proposal := making.of(claim)) is not None]
    for where, text in near_misses([(proposal.claim, proposal.area) for proposal in proposals], listed):
        remarks.note(where, text)
    result.proposals = [proposal for proposal in proposals if proposal.changes]
    result.left_out, result.claims = gathering.left_out, gathering.claims
    faults, ready, result.gaps = _trial(inventory, book, listed, result.proposals, before)
    for fault in faults:
        if fault not in remarks.faults and not any(fault.where == each.where and each.where.column for each in remarks.faults):
            remarks.faults.append(fault)
    result.files = _files(inventory, book, result.proposals, ready)
    return remarks.faults[asked:]


def _files(inventory: Path, book: Book, proposals: list[Proposal], ready: frozenset[str]) -> dict[Path, tuple[str | None, str]]:
    found: dict[Path, tuple[str | None, str]] = {}
    for area in dict.fromkeys(proposal.area for proposal in proposals):
        file = inventory / "areas" / f"{area}.yml"
        there = [proposal for proposal in proposals if proposal.area == area]
        unit = next((unit for proposal in there for each in proposal.claim.unit or () if (unit := book.units.get(each["id"]))), None)
        old = file.read_text(encoding="utf-8") if file.is_file() else None
        new = written(file, there, {"id": area, "name": unit.full_name if unit else area}, ready)
        if new != old:
            found[file] = (old, new)
    return found


def _trial(
    inventory: Path, book: Book, listed: list[Known], proposals: list[Proposal], before: set[Any]
) -> tuple[list[Remark], frozenset[str], dict[str, list[tuple[Where, Text]]]]:
    """Load a copy with the proposals in it: (faults that weren't there before, codes of which all is known, gaps of the others)."""
    by_code = {proposal.code: proposal for proposal in proposals}
    with tempfile.TemporaryDirectory(prefix="ketnoi-survey-") as folder:
        trial = Path(folder) / inventory.name
        (trial / "areas").mkdir(parents=True)
        for name in _TABLES:
            if (inventory / name).is_file():
                shutil.copy(inventory / name, trial / name)
        for file in (inventory / "areas").glob("*.y*ml"):
            shutil.copy(file, trial / "areas" / file.name)
        for file, (_, new) in _files(inventory, book, proposals, frozenset()).items():
            (trial / "areas" / file.name).write_text(new, encoding="utf-8")
        province, faults = load(trial)
    if province is None:
        raise UserError(
            "danh mục không đọc được sau khi nhập; không ghi gì", "the inventory can't be read after the import; nothing was written"
        )
    remarks = list(_remarks([fault for fault in faults if (fault.field, fault.text) not in before], by_code))
    gaps = {each.code: [_place(gap, by_code) for gap in each.gaps] for each in province.surveyed if each.code in by_code}
    broken = {fault.field.split(".")[0].split("[")[0] for fault in faults}
    ready = frozenset(code for code, missing in gaps.items() if not missing and code not in broken)
    return remarks, ready, {code: missing for code, missing in gaps.items() if missing}


def _remarks(faults: list[Fault], by_code: dict[str, Proposal]) -> Iterator[Remark]:
    """Each fault at its cell; what one row leaves unsaid of one device is told once, without the driver, which a maker decides."""
    unsaid: dict[tuple[Where, str], list[Text]] = {}
    made = {fault.field.removesuffix(".make") for fault in faults if fault.field.endswith(".make")}
    for fault in faults:
        device, _, name = fault.field.rpartition(".")
        if name == "driver" and device in made:
            continue
        where, text = _place(fault, by_code)
        meant = _UNSAID.fullmatch(fault.text.vi), _UNSAID.fullmatch(fault.text.en)
        if where.column or not all(meant):
            yield Remark(where, text)
        else:
            kind = device.rpartition(".")[2].partition("[")[0]
            column = next((each for sheet in SHEETS for each in sheet.columns if each.key == f"{kind}.{name}"), None)
            vi, en = (column.vi, column.en) if column else (found[1] for found in meant if found)
            unsaid.setdefault((where, device), []).append(Text(vi, en))
    for (where, name), fields in unsaid.items():
        vi, en = "; ".join(field.vi for field in fields), "; ".join(field.en for field in fields)
        yield Remark(where, _MISSING.format(name=name, vi=vi, en=en))


def _place(fault: Fault, by_code: dict[str, Proposal]) -> tuple[Where, Text]:
    """Where a sheet said what the model refuses; the file's own line where no sheet did."""
    code, _, name = fault.field.partition(".")
    proposal = by_code.get(code)
    if proposal is None:
        proposal = next((each for other, each in by_code.items() if f" {other} (" in fault.text.vi), None)
        if proposal is None:
            return Where(fault.file, "", fault.line), Text(f"{fault.field}: {fault.text.vi}", f"{fault.field}: {fault.text.en}")
        same = next((change for change in proposal.changes if str(change.new) in fault.text.vi), None)
        return same.where if same else proposal.claim.sheet.where, Text(
            f"{fault.field}: {fault.text.vi}", f"{fault.field}: {fault.text.en}"
        )
    key: list[str | int] = []
    for part in name.replace("]", "").split("."):
        head, *indexes = part.split("[")
        key += [head, *(int(index) - 1 for index in indexes)]
    return proposal.where(tuple(key)), Text(f"{code}: {name}: {fault.text.vi}", f"{code}: {name}: {fault.text.en}")


def apply(result: Result) -> None:
    """Put every file in place, each whole or not at all; new area files first, so that a crash leaves no half of a facility."""
    for file, (old, new) in sorted(result.files.items(), key=lambda each: each[1][0] is not None):
        try:
            if old is not None and file.read_text(encoding="utf-8") != old:
                raise UserError(f"{file} vừa bị sửa: chạy lại", f"{file} was changed meanwhile: run it again")
            write(file, new, 0o644)
        except OSError as error:
            raise UserError(f"không ghi được {file}: {error.strerror}", f"can't write {file}: {error.strerror}") from error


_MISSING = Text("{name}: còn thiếu, hãy điền: {vi}", "{name}: is missing, fill it in: {en}")
