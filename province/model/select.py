"""The inventory that a command works on: loaded and checked first, then narrowed to what the user named."""

from datetime import date
from pathlib import Path

from province.model import Facility, Province, load
from province.text import Lang
from province.user_error import UserError


def loaded(inventory: Path, lang: Lang) -> Province:
    """The checked inventory. Raises UserError naming every fault, in the user's language, when there is one."""
    province, faults = load(inventory)
    if faults or province is None:
        lines = "\n".join(fault.show(lang) for fault in faults)
        raise UserError(
            f"danh mục của tỉnh có {len(faults)} lỗi, cần sửa trước:\n{lines}",
            f"faults in the inventory: {len(faults)}; mend them first:\n{lines}",
        )
    return province


def selected(province: Province, area: str | None, site: str | None) -> list[Facility]:
    """Facilities of the area or the one site; all of the province when neither is named."""
    chosen = province.select(area=area, site=site)
    if chosen:
        return chosen
    if site:
        raise UserError(f"không có cơ sở nào mã {site}", f"no facility has the code {site}")
    known = ", ".join(sorted({facility.area for facility in province.facilities}))
    raise UserError(
        f"khu vực triển khai {area} không có cơ sở nào; có các khu vực: {known}",
        f"no facility in the area {area}; areas: {known}",
    )


def applicable(facilities: list[Facility], on: date) -> tuple[list[Facility], list[Facility]]:
    """(those that may be touched, those withheld: a barracks with no opinion on file)."""
    withheld = [facility for facility in facilities if facility.withheld(on)]
    return [facility for facility in facilities if facility not in withheld], withheld
