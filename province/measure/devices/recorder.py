"""A network recorder read from outside: its clock, its disks, and the footage that is really there of each camera.

By its maker's own search or ONVIF Profile G; what configures recorders (edge_agent) has no part in this.
One login, counted.
"""

from collections.abc import Callable

from province.measure.devices import readers
from province.measure.devices.errors import AuthRejected, DeviceError
from province.measure.devices.logins import Ledger
from province.measure.evidence import Failed, RecorderReading, failed
from province.measure.request import RecorderTask

Read = Callable[[RecorderTask], RecorderReading]


def measure(task: RecorderTask, ledger: Ledger) -> RecorderReading:
    reader = readers.of(task.get("driver", ""), readers.RECORDER)
    if reader is None:
        return _all(failed("protocol", "driver"))
    if not task.get("accounts", {}).get("admin"):
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


def _all(failure: Failed) -> RecorderReading:
    return {"clock": failure, "storage": failure, "recordings": failure}
