"""The drivers by name. A driver is a module with what `Driver` names; nobody else knows how its devices speak."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol, cast

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices.faults import UnknownDevice
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, ObservedDevice, Outcome, Problem

TABLE: Mapping[str, str] = {
    "onvif": "edge_agent.devices.onvif",
    "hikvision": "edge_agent.devices.hikvision",
    "dahua": "edge_agent.devices.dahua",
    "illustra": "edge_agent.devices.illustra",
}
"""Name -> package, in the order in which a device that nobody knows is asked by which it can be spoken to. CONTRIBUTING, "A camera's
make", says what else a row needs."""
NAMES = tuple(TABLE)


class Driver(Protocol):
    """Each function raises DeviceFailure. `connection` is what `connect` yields, its insides are the driver's own."""

    KINDS: Collection[str]
    """The kinds of device that it is for, as `DesiredDevice.kind` has them."""

    SERVICES: Collection[str]
    """The network services that it switches off where a device has them: words of `DesiredDevice.services_off`, and the maker's own."""

    def is_question(self, method: str, target: str, data: bytes | None) -> bool | None:
        """Pure: whether a request of this driver's changes nothing on a device; None where it isn't one of its interface.

        What must not write (a survey, `device show`) sends only what some driver says True to, and none False.
        """

    def connect(self, desired: DesiredDevice, logins: Logins) -> AbstractContextManager[Any]:
        """Log in within the count (edge_agent.devices.entry), under the device's deadline."""

    def get(self, connection: Any, desired: DesiredDevice, *, all_options: bool = False) -> ObservedDevice:
        """Read everything that `desired` may speak of."""

    def plan(self, observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
        """Pure: the changes in the order in which they are made."""

    def shortfalls(self, observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
        """Pure: where the device can't do what is wanted, and what it gets instead."""

    def apply(self, connection: Any, observed: ObservedDevice, desired: DesiredDevice, changes: list[Change]) -> Outcome:
        """Write, read back, and change the account in use last."""

    def identify(self, desired: DesiredDevice, logins: Logins) -> ObservedDevice:
        """What the device tells without a login: at most identity and clock. UnknownDevice where it is another driver's."""


def of(name: str) -> Driver:
    """The driver of that name; imported when asked for, because a box with one kind of device needs one driver's memory."""
    if name not in TABLE:
        raise UnknownDevice(f"no driver {name}")
    return cast(Driver, import_module(TABLE[name]))
