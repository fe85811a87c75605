"""A network recorder read from outside: its clock, its disks, and the footage that is really there of each camera.

By its maker's own search or ONVIF Profile G; what configures recorders (edge_agent) has no part in this.
One login, counted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from province.measure.devices import readers
from province.measure.devices.errors import AuthRejected, DeviceError
from province.measure.devices.logins import Ledger
from province.measure.result import Measured, failed

Read = Callable[[Mapping[str, Any]], dict[str, Measured]]
NAMES = ("clock", "storage", "recordings")


def measure(task: Mapping[str, Any], ledger: Ledger) -> dict[str, Measured]:
    """{"clock", "storage", "recordings"} of the recorder in `task`: {"driver", "host", "port", "key", "accounts", "channels":
    {slot: {"number", "address", "port"}}, "days", "seconds"}."""
    reader = readers.of(str(task.get("driver")), readers.RECORDER)
    if reader is None:
        return _all(failed("protocol", "driver"))
    if not (task.get("accounts") or {}).get("admin"):
        return _all(failed("no_password"))
    key = task["key"]
    if ledger.left(key) < 1:
        return _all(ledger.locked(key))
    read: Read = reader.read
    try:
        return read(task)
    except AuthRejected as refused:
        return _all(ledger.refused(key, refused))
    except DeviceError as error:
        return _all(failed(error.reason, error.detail))


def _all(measured: Measured) -> dict[str, Measured]:
    return {name: dict(measured) for name in NAMES}
