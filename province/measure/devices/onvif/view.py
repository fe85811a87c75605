"""What only ONVIF tells of a camera that is otherwise read by its maker's own interface: whether it announces itself."""

from collections.abc import Mapping
from typing import Any

from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.logins import Ledger


def discovery(task: Mapping[str, Any], ledger: Ledger) -> dict[str, Any]:
    """{"discovery"}: a camera without ONVIF does not announce itself by it; {} where ONVIF does not let us ask.

    Its ONVIF accounts may be others: one login, counted, and none where that could be the last.
    """
    from province.measure.devices.onvif.zeep_device import Device  # zeep takes 0.2 s of CPU to import

    device = Device(task["host"], int(task["port"]), seconds=8.0)
    admin = (task.get("accounts") or {}).get("admin")
    try:
        device.read_clock()
        if not admin or ledger.left(task["key"]) < 2:
            return {}
        device.login = Login(admin["user"], admin["password"], device.offers_digest())
        return {"discovery": str(device.call("devicemgmt", "GetDiscoveryMode"))}
    except AuthRejected:
        ledger.failed(task["key"])
        return {}
    except DeviceError as error:
        return {"discovery": "NonDiscoverable"} if error.reason == "onvif_off" else {}
    finally:
        device.close()
