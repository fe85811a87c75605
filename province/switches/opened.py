"""Which devices a change of their switch lets in: they may only be starting when their own turn comes (province.rollout.opened)."""

from collections.abc import Iterable

from province.switches.apply import Result
from province.switches.model import Change

_INTO_THE_LAN = ("vlan", "mode", "tagged")
_ON = ("enabled", "powered")


def names(results: Iterable[Result]) -> list[str]:
    """The devices on ports that were switched on or moved to the cameras' VLAN, or would be, by the names that they bear."""
    return sorted(
        port.description
        for result in results
        for port in result.desired.ports
        if port.end in ("camera", "recorder") and any(_opens(change, port.name) for change in result.changes)
    )


def _opens(change: Change, port: str) -> bool:
    name, _, field = change.field.rpartition(".")
    return name == port and (field in _INTO_THE_LAN or (field in _ON and change.after is True))
