"""Ports of switches: each row names a switch by its slot, a port by its name, and what hangs on it."""

from collections.abc import Iterator, Mapping

from province.model.book import items
from province.source import Written
from province.survey.reading.cells import Change, Plain, Remarks, Thing
from province.text import Text

ENDS = ("camera", "recorder", "uplink", "box")


Cells = dict[tuple[str | int, ...], Thing]


def changes(code: str, things: list[Thing], raw: Mapping[str, Written], cells: Cells, remarks: Remarks) -> Iterator[Change]:
    """What the rows change in the switches' ports. cells: of the facility's switches so far; those of ports are added."""
    slots: dict[str, int] = {str(each.get("slot")): at for at, each in items(raw, "switches")}
    slots |= {str(thing.get("slot")): int(key[1]) for key, thing in cells.items() if key[0] == "switches" and thing.get("slot")}
    listed: dict[int, list[Mapping[str, Plain]]] = {}
    for thing in things:
        if any(thing.get(name) is None for name in ("switch", "port_name", "end")):
            remarks.fault(thing.where, _WHOLE)
            continue
        index = slots.get(str(thing.get("switch")))
        if index is None:
            remarks.fault(thing.at("switch"), _NO_SWITCH, slot=thing.get("switch"), code=code)
            continue
        there = listed.setdefault(index, _written(raw, index))
        nth = next((at for at, each in enumerate(there) if each.get("name") == thing.get("port_name")), len(there))
        path = ("switches", index, "ports", nth)
        cells[path] = thing
        unpowered = {"poe": False} if thing.get("poe") is False else {}
        wanted: dict[str, Plain] = {"name": thing.get("port_name"), **thing.get("end"), **unpowered}
        if nth == len(there):
            there.append(wanted)
            yield Change(code, path, None, wanted, thing.where)
        elif _plain(there[nth]) != _plain(wanted) and (thing.get("poe") is not None or _ends(there[nth]) != _ends(wanted)):
            yield Change(code, path, there[nth], wanted, thing.where)


def _written(raw: Mapping[str, Written], index: int) -> list[Mapping[str, Plain]]:
    return [port for _, port in items(raw, "switches", index, "ports")]


def _ends(port: Mapping[str, Plain]) -> dict[str, str]:
    return {name: str(port[name]).lower() for name in ENDS if port.get(name) not in (None, False, "false")}


def _plain(port: Mapping[str, Plain]) -> dict[str, str]:
    poe = str(port.get("poe", True)).lower() not in ("false", "no", "off")
    return {"name": str(port.get("name")), "poe": str(poe), **_ends(port)}


_WHOLE = Text(
    "điền số vị trí của bộ chuyển mạch, tên cổng, và nối tới đâu", "fill in the switch's slot, the port's name, and where it leads"
)
_NO_SWITCH = Text(
    "{code} không có bộ chuyển mạch ở vị trí {slot}: sửa số, hoặc thêm ở trang Bộ chuyển mạch",
    "{code} has no switch in slot {slot}: correct it, or add the switch on its sheet",
)
