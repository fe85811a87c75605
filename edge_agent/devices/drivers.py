"""The drivers by name. A driver is a module with the functions of `Driver`; nobody else knows how its devices speak."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol, cast

from edge_agent.contract.devices import Wanted
from edge_agent.devices.faults import UnknownDevice
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Current, Outcome, Problem

NAMES = ("onvif", "hikvision", "dahua")


class Driver(Protocol):
    """Each function raises DeviceFailure. `connection` is what `connect` yields, its insides are the driver's own."""

    def connect(self, wanted: Wanted, logins: Logins) -> AbstractContextManager[Any]:
        """Log in within the count (edge_agent.devices.entry), under the device's deadline."""

    def get(self, connection: Any, wanted: Wanted, *, all_options: bool = False) -> Current:
        """Read everything that `wanted` may speak of."""

    def plan(self, current: Current, wanted: Wanted) -> list[Change]:
        """Pure: the changes in the order in which they are made."""

    def shortfalls(self, current: Current, wanted: Wanted) -> list[Problem]:
        """Pure: where the device can't do what is wanted, and what it gets instead."""

    def apply(self, connection: Any, current: Current, wanted: Wanted, changes: list[Change]) -> Outcome:
        """Write, read back, and change the account in use last."""

    def identify(self, wanted: Wanted, logins: Logins) -> Current:
        """What the device tells without a login: at most identity and clock."""


def of(name: str) -> Driver:
    """The driver of that name; imported when asked for, because a box with one kind of device needs one driver's memory."""
    if name not in NAMES:
        raise UnknownDevice(f"no driver {name}")
    return cast(Driver, import_module(f"edge_agent.devices.{name}"))
