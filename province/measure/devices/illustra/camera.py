"""An Illustra camera read from outside: by ONVIF, but without the operation's name in HTTP's Content-Type, which it refuses
(agsh/onvif#302)."""

from typing import Any

import requests

from province.measure.devices.logins import Ledger
from province.measure.devices.onvif import camera, zeep_device
from province.measure.devices.onvif.soap_wire import Wire
from province.measure.evidence import CameraReading
from province.measure.request import SettingsTask


class Nameless(Wire):
    """zeep names the operation in each SOAP 1.2 message's Content-Type."""

    def post(self, address: str, message: Any, headers: Any) -> requests.Response:
        kept = [part for part in headers["Content-Type"].split(";") if not part.strip().startswith("action=")]
        return super().post(address, message, {**headers, "Content-Type": ";".join(kept)})


class Device(zeep_device.Device):
    wire = Nameless


def measure(task: SettingsTask, ledger: Ledger) -> CameraReading:
    """As province.measure.devices.onvif.camera."""
    return camera.measure(task, ledger, Device)
