"""Is it the machine that we mean?"""

from collections.abc import Sequence

from pyinfra import host
from pyinfra.api import operation

from bootstrap.facts.machine import Hardware, MachineHardware
from bootstrap.machine import Machine
from bootstrap.operations import Commands, failure


def wrong(machine: Machine, hardware: Hardware) -> list[tuple[str, str, str]]:
    """(what, as expected, as found) of each that isn't the machine's."""
    found = []
    unknown = machine.kind == "box" and not machine.macs and not machine.serial
    if unknown or (machine.macs and not hardware.macs.intersection(machine.macs)):
        found.append(("MAC", _either(machine.macs), _either(sorted(hardware.macs))))
    if machine.serial and hardware.serial != machine.serial:
        found.append(("serial", machine.serial, hardware.serial or "-"))
    return found


def _either(macs: Sequence[str]) -> str:
    return ", ".join(macs) or "-"


@operation()
def identified(machine: Machine) -> Commands:
    """Fails on another machine than the one expected; nothing was written there yet."""
    different = wrong(machine, host.get_fact(MachineHardware))
    if different:
        vi = "; ".join(f"{what}: cần {expected}, máy có {found}" for what, expected, found in different)
        en = "; ".join(f"{what}: expected {expected}, found {found}" for what, expected, found in different)
        yield failure(f"máy khác, chưa ghi gì vào đó ({vi}) / another machine, nothing was written to it ({en})")
