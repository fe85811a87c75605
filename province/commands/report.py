"""`ketnoi report`: what meets the standard on a day, what doesn't, why, by when; for officials, signed. `ketnoi report check`."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from province.commands.elapsed import Elapsed
from province.measure.inventory import fingerprint
from province.model import Province
from province.model.select import loaded
from province.office import enrolment
from province.office.home import Home
from province.reach.ssh import Shell
from province.report import folder, seal
from province.report.model.build import Inputs, built, in_scope_of
from province.report.model.content import STATES, Report, plain
from province.report.model.figures import day
from province.report.model.record import Record, day_of, end_of, fetch, read
from province.standard.checks import Standard, StandardError
from province.standard.load import load
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError

Renderer = Callable[[Report, Path], None]


def report(
    inventory: Path, *, area: str | None, authority: str | None, as_of: str | None, record: Path | None, lang: Lang, out: Path,
    reminders: bool, json_output: bool, number: str | None = None, contact_sheet: str | None = None,
) -> int:  # fmt: skip
    """Exit 0: made; 1: made, but for a renderer that this machine can't make; UserError when it could not start."""
    tell = Elapsed().line
    if contact_sheet is not None and (as_of or record or not contact_sheet.strip()):
        raise UserError(*NOW_ONLY)
    province = loaded(inventory, lang)
    if unknown := province.unknown(area=area, authority=authority):
        raise UserError(*unknown)
    given = _inputs(inventory, province, area, authority, _day(as_of), record, lang)
    made = built(given)
    tell(MADE.format(facilities=made.report.total.facilities, cameras=made.report.total.cameras.total).pick(lang))
    failed = 0
    with folder.fresh(out) as into:
        folder.write_pieces(into / "report.json", folder.lines_of(made.report))
        folder.write_pieces(into / "record.json", made.record.pieces())
        folder.write_verdicts(into / "verify.json", _about(made.report), made)
        for name, renderer in renderers(reminders, number):
            try:
                renderer(made.report, into / name)
                tell(name)
            except UserError as error:
                failed += 1
                tell(f"{name}: {error.text.pick(lang)}")
        for file in (each for each in into.rglob("*") if each.is_file()):
            file.chmod(0o644)
        seal.seal(Home.of(inventory), into, _about(made.report))
        names = [file.relative_to(into).as_posix() for file in sorted(into.rglob("*")) if file.is_file()]
    _show(made.report, out, names, lang, json_output)
    if contact_sheet is not None:
        from province.commands.contact_sheet import contact_sheet as look
        from province.commands.contact_sheet import path_beside

        beside = path_beside(out)
        tell(look(inventory, province, given.record, area=area, authority=authority, why=contact_sheet, lang=lang, out=beside).pick(lang))
    return 1 if failed else 0


def renderers(reminders: bool, number: str | None) -> Iterator[tuple[str, Renderer]]:
    """What is made of the report, each by its own module; imported when asked for. `number` of the document, if there is one."""
    from province.report.renderers import letter, page, workbook
    from province.report.renderers import reminders as letters

    yield "report.xlsx", workbook.write
    yield "report.html", page.write
    yield "report.pdf", lambda made, path: letter.write(made, path, number)
    if reminders:
        yield "reminders", letters.write


def check(where: Path, inventory: Path | None, ca: Path | None, lang: Lang, json_output: bool) -> int:
    """Exit 0: as it was signed; 1: something was changed, or the signature isn't the province's."""
    roots = ca or _roots(inventory)
    manifest, faults = seal.check(where, roots)
    if json_output:
        told: dict[str, object] = {"report": str(where), "manifest": manifest or {}, "faults": [each.as_dict() for each in faults]}
        print(json.dumps(told, ensure_ascii=False))
    else:
        for fault in faults:
            print(fault.pick(lang))
        if manifest is not None and not faults:
            print(SOUND.format(count=len(manifest["files"]), province=manifest["province"], day=manifest["as_of"]).pick(lang))
    return 1 if faults else 0


def _roots(inventory: Path | None) -> Path:
    """The authority's certificate: the inventory's public copy, else the office's own."""
    if inventory is None:
        raise UserError("thêm -i inventory/TỈNH hoặc --ca ca.crt của tỉnh", "add -i inventory/PROVINCE, or --ca with the province's ca.crt")
    for file in (inventory / "authority" / "ca.crt", Home.of(inventory).ca_crt):
        if file.is_file():
            return file
    raise UserError("chưa có chứng thư của tỉnh: chạy `ketnoi init`, hoặc thêm --ca", "no authority here: run `ketnoi init`, or add --ca")


def _day(given: str | None) -> date:
    today = datetime.now(VIETNAM).date()
    if given is None:
        return today
    try:
        day = date.fromisoformat(given)
    except ValueError as error:
        raise UserError(f"“{given}” không phải ngày (2021-06-12)", f"“{given}” is no day (2021-06-12)") from error
    if day > today:
        raise UserError(f"ngày {day} chưa đến", f"{day} has not come yet")
    return day


def _inputs(
    inventory: Path, province: Province, area: str | None, authority: str | None, as_of: date, record: Path | None, lang: Lang
) -> Inputs:
    standard = _standard(inventory, lang)
    kept = read(record, as_of) if record is not None else _fetched(inventory, province, area, authority, as_of)
    boxes = {name: day_of(str(each["enrolled_at"])) for name, each in enrolment.read_all(inventory).items() if each.get("enrolled_at")}
    return Inputs(
        province=province, standard=standard, record=kept, as_of=as_of, lang=lang, area=area, authority=authority,
        boxed={name: day for name, day in boxes.items() if day}, inventory=fingerprint(inventory),
    )  # fmt: skip


def _fetched(inventory: Path, province: Province, area: str | None, authority: str | None, as_of: date) -> Record:
    chosen = in_scope_of(province, as_of, area, authority)
    if not chosen:
        raise UserError("không có cơ sở nào để báo cáo", "there is no facility to report on")
    ids = [place.id for place in chosen if place.ready] if area or authority else []
    shell = Shell(inventory, hub_user=province.hub.ssh_user)
    return fetch(shell, ids, min(end_of(as_of), datetime.now(UTC)))


def _standard(inventory: Path, lang: Lang) -> Standard:
    try:
        return load(inventory)
    except StandardError as error:
        raise UserError(f"tiêu chuẩn: {error.show('vi')}", f"the standard: {error.show('en')}") from error


def _about(made: Report) -> seal.About:
    """What manifest and verify.json say of the report as a whole."""
    return {
        "province": made.province, "area": made.scope.area, "authority": made.scope.authority, "as_of": made.as_of.isoformat(),
        "until": made.until, "lang": made.lang, "digests": seal.document_of(made.digests),
    }  # fmt: skip


def _show(made: Report, out: Path, names: list[str], lang: Lang, json_output: bool) -> None:
    if json_output:
        print(json.dumps({**_about(made), "out": str(out), "files": names, "total": plain(made.total)}, ensure_ascii=False))
        return
    counts = ", ".join(f"{made.total.states[state]} {words.pick(lang)}" for state, words in STATES.items() if made.total.states[state])
    print(SUMMARY.format(scope=made.scope.name.pick(lang), day=day(made.as_of, lang), all=made.total.facilities, counts=counts).pick(lang))
    for each in made.milestones:
        print(f"  {each.order}: {each.title.pick(lang)}: {each.says.pick(lang)}")
    print(WRITTEN.format(out=out, names=", ".join(names)).pick(lang))


NOW_ONLY = Text(
    "--contact-sheet cần lý do xem, và chỉ dùng được cho hôm nay: bỏ --as-of và --record",
    "--contact-sheet wants a reason, and shows today alone: leave out --as-of and --record",
)
MADE = Text("{facilities} cơ sở, {cameras} camera", "{facilities} facilities, {cameras} cameras")
SUMMARY = Text("{scope}, ngày {day}: {all} cơ sở: {counts}.", "{scope}, {day}: {all} facilities: {counts}.")
WRITTEN = Text("đã ghi {out}: {names}", "written {out}: {names}")
SOUND = Text(
    "nguyên vẹn: {count} tệp đúng như khi ký; báo cáo của {province} ngày {day}",
    "sound: {count} files as signed; {province}'s report of {day}",
)
