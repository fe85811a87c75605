"""Which machines `ketnoi bootstrap` is asked to take over, and where each answers now."""

from pathlib import Path

from province.commands.bootstrap import read_bench
from province.model.select import loaded, selected
from province.office.enrolment import HUB
from province.text import Lang
from province.user_error import UserError


def targets(
    inventory: Path,
    lang: Lang,
    *,
    machine: str | None,
    area: str | None,
    site: str | None,
    at: list[str],
    bench: Path | None,
) -> dict[str, str]:
    """{`hub` or a facility's code: address}, the hub alone or before facilities. It answers at its endpoint unless --at or --bench says
    otherwise. Raises UserError.
    """
    province = loaded(inventory, lang)
    if machine not in (None, HUB):
        raise UserError(f"không rõ {machine} là máy nào: dùng `hub` hoặc --site MÃ", f"{machine}? say `hub`, or --site CODE")
    where = read_bench(bench) if bench else {}
    plain = [word for word in at if "=" not in word]
    where |= dict(word.split("=", 1) for word in at if "=" in word)
    if machine == HUB:
        hub = {HUB: where.pop(HUB, str(province.hub.endpoint))}
        if not (area or site):
            return {HUB: plain[0]} if plain else hub
    else:
        hub = {}
    if site and len(plain) == 1:
        where[site] = plain[0]
    elif plain:
        raise UserError("--at ĐỊA-CHỈ cần --site; hoặc --at MÃ=ĐỊA-CHỈ", "--at ADDRESS needs --site; or --at CODE=ADDRESS")
    if not (area or site or where):
        raise UserError(
            "tiếp nhận máy nào? `ketnoi bootstrap hub`, hoặc --site MÃ --at ĐỊA-CHỈ, hoặc --area --bench TỆP",
            "which machines? `ketnoi bootstrap hub`, or --site CODE --at ADDRESS, or --area A --bench FILE",
        )
    codes = [facility.code for facility in selected(province, area, site)] if area or site else list(where)
    for code in [*codes, *where]:
        if code != HUB:
            selected(province, None, code)
    unplaced = [code for code in codes if code not in where]
    if unplaced:
        names = ", ".join(unplaced)
        raise UserError(
            f"chưa biết địa chỉ của {names}: thêm --at MÃ=ĐỊA-CHỈ hoặc --bench TỆP",
            f"where does {names} answer? add --at CODE=ADDRESS or --bench FILE",
        )
    return hub | {code: where[code] for code in codes}
