"""What roles, documents and scans are given of a facility, the hub and its peers: plain data, typed once, as far as our code reads it.

A facility's data is its model as JSON says it (province.model.facility), with what follows from its number.
"""

from typing import NotRequired, TypedDict

from province.office.enrolment import Record
from province.office.vaults import AccountData
from province.standard.settings import Thresholds

Logins = dict[str, list[AccountData]]
"""Maker -> the accounts that its devices leave the factory with."""


class NoAccessData(TypedDict):
    reason: str
    date: str
    witness: str


class DeviceData(TypedDict):
    """What is needed to reach a device, and whether it may be reached. What a survey does not know yet is None or absent."""

    slot: int
    address: str
    mac: NotRequired[str | None]
    driver: NotRequired[str | None]
    port: NotRequired[int | None]
    no_access: NotRequired[NoAccessData | None]


class _Complete(TypedDict):
    """A device of a facility that applies: all is known of it."""

    slot: int
    address: str
    mac: str
    make: str
    driver: str
    port: int
    no_access: NotRequired[NoAccessData | None]


class CameraData(_Complete):
    channel: NotRequired[int | None]


class RecorderData(_Complete):
    """`cameras`: the slots of those that it takes in; None: all."""

    cameras: NotRequired[list[int] | None]


class PortData(TypedDict):
    """A switch's port and what is at its other end: one of camera, recorder, uplink, box."""

    name: str
    camera: NotRequired[int | None]
    recorder: NotRequired[int | None]
    uplink: NotRequired[bool]
    box: NotRequired[bool]
    poe: NotRequired[bool]


class SwitchData(_Complete):
    vlan: int
    ports: list[PortData]


class LanData(TypedDict):
    network: str
    box_address: str
    topology: str


class RecordingData(TypedDict):
    by: str
    days: NotRequired[int | None]


class FacilityData(TypedDict):
    """`mapped`: slot -> the address at which others see a device."""

    id: str
    code: str
    lan: LanData
    cameras: list[CameraData]
    recorders: list[RecorderData]
    switches: list[SwitchData]
    recording: RecordingData
    tunnel_address: str
    mapped_network: str
    mapped: dict[str, str]
    lifeline_port: int


class DevicesRole(TypedDict):
    """What the roles of cameras and recorders say of all of them. `slots`: of which devices; empty: all."""

    slots: list[int]
    factory: Logins
    deadline_s: float


class HubData(TypedDict):
    """What boxes and the hub itself must know of the hub; its keys only once it is enrolled."""

    block: int
    endpoint: str
    more_endpoints: list[str]
    admin_from: list[str]
    ntp_servers: list[str]
    tunnel_address: str
    second_tunnel_address: str
    office_address: str
    centre_address: str
    centre_networks: list[str]
    tunnel_network: str
    facility_network: str
    mapped_network: str
    wireguard_port: int
    lifeline_port: int
    mqtt_port: int
    wireguard_public_key: NotRequired[str]
    host_key: NotRequired[str]
    lifeline_host_key: NotRequired[str]


class PeerData(TypedDict):
    """Somebody whom the hub lets in: a box, or the office or the centre, which have no number, area, devices or lifeline."""

    code: str
    id: str
    number: int | None
    name: str
    area: str | None
    tunnel_address: str
    mapped_network: str | None
    wireguard_public_key: str
    lifeline_public_key: str | None
    lifeline_port: int | None


class ConnectionVars(TypedDict):
    """How Ansible's ssh gets to a machine."""

    ansible_host: str
    ansible_user: str
    ansible_control_path_dir: str
    ansible_ssh_common_args: str


class BoxVars(ConnectionVars):
    """The variables of a facility's box."""

    ketnoi_facility: FacilityData
    ketnoi_enrolled: NotRequired[Record]


class HubVars(ConnectionVars):
    ketnoi_peers: list[PeerData]


class EveryoneVars(TypedDict):
    """The variables of every machine. `ketnoi_standard`: id of a check -> its threshold, as the province's standard has it."""

    ketnoi_inventory: str
    ketnoi_province: str
    ketnoi_hub: HubData
    ketnoi_peers_digest: str
    ketnoi_factory_logins: Logins
    ketnoi_standard: Thresholds
    ansible_become: bool
    ansible_python_interpreter: str
    ansible_ssh_private_key_file: str
