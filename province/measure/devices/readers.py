"""Who reads a device from outside: by driver, so that each reader stands beside the driver that it judges and shares nothing with it.

A reader is a folder of the driver's name here, with a module for each kind of device that it reads:
`camera`   measure(task: SettingsTask, ledger: Ledger) -> CameraReading
`recorder` read(task: RecorderTask) -> RecorderReading
Tasks are of province.measure.request, readings of province.measure.evidence.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

CAMERA, RECORDER = "camera", "recorder"
TABLE: Mapping[str, tuple[str, ...]] = {
    "onvif": (CAMERA, RECORDER),
    "hikvision": (CAMERA, RECORDER),
    "dahua": (CAMERA, RECORDER),
    "illustra": (CAMERA,),
}
"""Driver -> the kinds of device that its reader reads. The cameras of a driver without a row are read by ONVIF."""


def of(driver: str, kind: str) -> Any:
    """The reader's module; None where it reads none of that kind. Imported when asked for: zeep takes 0.2 s of CPU, and the centre
    needs none of it."""
    name, kinds = (driver, TABLE[driver]) if driver in TABLE else ("onvif", (CAMERA,))
    return import_module(f"{__package__}.{name}.{kind}") if kind in kinds else None
