"""The inventory that a command works on: loaded and checked first, then narrowed to what the user named."""

import sys
from datetime import date
from pathlib import Path

from province.check import faults_of
from province.model import Facility, Province
from province.text import Lang
from province.trouble import Trouble


def loaded(inventory: Path, lang: Lang) -> Province:
    """The checked inventory; its notices go to stderr. Raises Trouble naming every fault when there is one."""
    province, faults = faults_of(inventory)
    errors = [fault for fault in faults if fault.is_error]
    for fault in faults:
        if not fault.is_error:
            print(fault.line_for(lang), file=sys.stderr)
    if errors or province is None:
        lines = "\n".join(fault.line_for(lang) for fault in errors)
        raise Trouble(
            f"dữ liệu của tỉnh có {len(errors)} lỗi, sửa trước đã:\n{lines}",
            f"the inventory has {len(errors)} faults, mend them first:\n{lines}",
        )
    return province


def selected(province: Province, area: str | None, site: str | None) -> list[Facility]:
    """Facilities of the area or the one site; all of the province when neither is named."""
    chosen = province.select(area=area, site=site)
    if chosen:
        return chosen
    if site:
        raise Trouble(f"không có cơ sở nào mã {site}", f"no facility has the code {site}")
    known = ", ".join(sorted({facility.area for facility in province.facilities}))
    raise Trouble(
        f"không có cơ sở nào ở khu vực {area}; các khu vực: {known}",
        f"no facility in the area {area}; areas: {known}",
    )


def applicable(facilities: list[Facility], on: date) -> tuple[list[Facility], list[Facility]]:
    """(those that may be touched, those withheld: a barracks with no opinion on file)."""
    withheld = [facility for facility in facilities if facility.withheld(on)]
    return [facility for facility in facilities if facility not in withheld], withheld
