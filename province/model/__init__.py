"""The province as data: read from its folder, typed, checked.

>>> province, faults = load(Path("inventory/binh-dinh"))   # doctest: +SKIP
"""

from province.fault import Fault
from province.model.devices import Camera, Device, NoAccess, Recorder, Recording, Switch, SwitchPort
from province.model.facility import Box, Facility, Lan, Uplink
from province.model.loader import folder, head, load
from province.model.province import Area, Authority, Central, Connector, Hub, Order, Province
from province.model.record import Record
from province.model.surveyed import Surveyed
from province.model.tables import Login, Make, Tables, Zone
from province.model.units import Unit, Units
from province.model.waivers import Waiver

__all__ = [
    "Area", "Authority", "Box", "Camera", "Central", "Connector", "Device", "Facility", "Fault", "Hub", "Lan", "Login",
    "Make", "NoAccess", "Order", "Province", "Record", "Recorder", "Recording", "Surveyed", "Switch", "SwitchPort", "Tables", "Unit",
    "Units", "Uplink", "Waiver", "Zone", "folder", "head", "load",
]  # fmt: skip
