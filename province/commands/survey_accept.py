"""`ketnoi survey accept` takes what a scan found into the inventory; `ketnoi survey no-access` notes where nobody is let in."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from province.model import Province
from province.model.select import loaded
from province.survey.scan import accept_texts as texts
from province.survey.scan import file as scan_file
from province.survey.scan import place as scan_place
from province.survey.scan.accept import Asked, apply, decide
from province.survey.writing.area_file import AreaFile, mapping, put
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError


def accept(
    inventory: Path,
    site: str,
    *,
    slots: Sequence[int],
    everything: bool,
    places: Sequence[str],
    zones: Sequence[str],
    check: bool,
    lang: Lang,
    json_output: bool,
) -> int:
    """Exit 0 when done, or nothing was to do; UserError where the inventory would have faults: then nothing is written."""
    province = loaded(inventory, lang)
    place = scan_place.find(province, site, date.today())
    survey = scan_file.read(inventory, site, lang)
    if survey is None:
        raise _user_error(texts.NO_SCAN, code=site)
    asked = Asked(frozenset(slots), everything, _pairs("--place", places), _pairs("--zone", zones))
    changes, pending = decide(survey, place, province.tables, asked)
    file = AreaFile(inventory, site)
    apply(file, changes)
    diff = file.diff
    if diff:
        file.check(lang)
        if not check:
            file.save()
    if json_output:
        told = {"changes": [each.as_dict() for each in changes], "pending": [each.as_dict() for each in pending]}
        print(json.dumps(told | {"diff": diff, "written": bool(diff) and not check}, ensure_ascii=False, default=str))
        return 0
    print(diff, end="")
    if diff:
        print((texts.WOULD if check else texts.TAKEN).pick(lang).format(file=file.path, count=len(changes)))
        if not check and any(each.field is None for each in changes):
            print(texts.THEN_INIT.pick(lang))
    elif not pending:
        print(texts.NOTHING.pick(lang))
    if pending:
        print(texts.PENDING_HEAD.pick(lang).format(count=len(pending)))
        for each in pending:
            print(f"  - {each.reason.pick(lang)}")
    return 0


def no_access(
    inventory: Path, site: str, *, slot: int | None, reason: str, witness: str, day: str | None, check: bool, lang: Lang, json_output: bool
) -> int:
    """Exit 0 when it stands in the inventory. UserError for a wrong day, an unknown slot, or faults."""
    province = loaded(inventory, lang)
    _known(province, site)
    file = AreaFile(inventory, site)
    row = file.facility if slot is None else file.device(slot)
    if row is None:
        raise _user_error(texts.NO_SLOT, code=site, slot=slot)
    on = _day(day)
    barred = mapping({"reason": reason, "date": on, "witness": witness})
    barred.fa.set_flow_style()
    put(row, "no_access", barred, after=("box", "mac", "address", "code"))
    diff = file.diff
    if diff:
        file.check(lang)
        if not check:
            file.save()
    if json_output:
        print(json.dumps({"diff": diff, "written": bool(diff) and not check}, ensure_ascii=False))
        return 0
    print(diff, end="")
    what = site if slot is None else f"{site}/{slot}"
    print(texts.NO_ACCESS.pick(lang).format(what=what, date=on) if not check else texts.WOULD.pick(lang).format(file=file.path, count=1))
    return 0


def _known(province: Province, site: str) -> None:
    if site not in {*(each.code for each in province.facilities), *(each.code for each in province.surveyed)}:
        raise UserError(f"không có cơ sở nào mã {site}", f"no facility has the code {site}")


def _day(written: str | None) -> date:
    today = datetime.now(VIETNAM).date()
    try:
        day = date.fromisoformat(written) if written else today
    except ValueError:
        raise _user_error(texts.BAD_DAY, value=written) from None
    if day > today:
        raise _user_error(texts.LATER, date=day)
    return day


def _pairs(option: str, given: Sequence[str]) -> dict[int, str]:
    """{slot: value} of SLOT=VALUE."""
    found = {}
    for each in given:
        slot, equals, value = each.partition("=")
        if not equals or not slot.strip().isdecimal() or not value.strip():
            raise _user_error(texts.NOT_PAIR, option=option, what=each)
        found[int(slot)] = value.strip()
    return found


def _user_error(text: Text, **values: object) -> UserError:
    return UserError(*text.format(**values))
