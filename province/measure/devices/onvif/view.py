"""What only ONVIF tells of a camera that is otherwise read by its maker's own interface: whether it announces itself."""

from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.logins import Ledger
from province.measure.request import SettingsTask


def discovery(task: SettingsTask, ledger: Ledger) -> str | None:
    """Its mode: a camera without ONVIF does not announce itself by it. None where ONVIF does not let us ask.

    Its ONVIF accounts may be others: one login, counted, and none where that could be the last.
    """
    from province.measure.devices.onvif.zeep_device import Device  # zeep takes 0.2 s of CPU to import

    device = Device(task["host"], task["port"], seconds=8.0)
    admin = task.get("accounts", {}).get("admin")
    try:
        device.read_clock()
        if not admin or ledger.left(task["key"]) < 2:
            return None
        device.login = Login(admin["user"], admin["password"], device.offers_digest())
        return str(device.call("devicemgmt", "GetDiscoveryMode"))
    except AuthRejected:
        ledger.failed(task["key"])
        return None
    except DeviceError as error:
        return "NonDiscoverable" if error.reason == "onvif_off" else None
    finally:
        device.close()
