"""What a facility's cameras and recorders are to become, from the standard and the facility. Pure.

The one place that says so: the rollout sends it to `edge-agent devices apply`, a scan compares with it, and the box keeps it to see
whether somebody set a device otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Network
from typing import Literal, TypeVar

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredNetwork, NoAccess
from province.model.loader import shipped
from province.model.tables import MakesFile
from province.names import camera_name, recorder_name
from province.office.vaults import AccountData, Accounts, Login, Vault
from province.rollout.documents import CameraData, DeviceData, DevicesRole, FacilityData, RecorderData, RecordingData
from province.standard.settings import DeviceSettings

Kind = Literal["cameras", "recorders"]
D = TypeVar("D", CameraData, RecorderData)


@cache
def rtsp_paths() -> Mapping[str, str]:
    """Driver -> the main stream of a camera that speaks its maker's own protocol, for a recorder that speaks another maker's."""
    return {make.id: make.rtsp_path for make in shipped("makes.yml", MakesFile).makes if make.rtsp_path}


class NoPasswords(KeyError):
    """`args`: the slots that the vault file has no passwords for."""


@dataclass(frozen=True)
class Lan:
    """Where a device stands: its facility's code, its network, the box that is its time server, and its router where that is the box."""

    code: str
    prefix: int
    box_address: str | None
    is_routed: bool

    @classmethod
    def of(cls, facility: FacilityData) -> "Lan":
        lan = facility["lan"]
        return cls(facility["code"], IPv4Network(lan["network"]).prefixlen, str(lan["box_address"]), lan["topology"] == "routed")

    @property
    def network(self) -> DesiredNetwork:
        """Where it routes for its cameras the box is the only way out; on a flat LAN they keep their router."""
        return DesiredNetwork(self.prefix, self.box_address if self.is_routed else None)


def desired_device(
    device: DeviceData | CameraData | RecorderData,
    kind: Literal["camera", "recorder"],
    lan: Lan,
    settings: DeviceSettings,
    accounts: Accounts,
    factory: Iterable[AccountData],
) -> DesiredDevice:
    """What a device is to become, from the standard (`settings`), its facility, and its passwords: {"admin", "previous", "viewer"}."""
    name = (camera_name if kind == "camera" else recorder_name)(lan.code, device["slot"])
    found = DesiredDevice(
        slot=device["slot"], kind=kind, driver=device.get("driver") or "onvif", address=str(device["address"]),
        port=int(device.get("port") or 80), mac=device.get("mac"), name=name, network=lan.network,
    )  # fmt: skip
    if why := device.get("no_access"):
        return replace(found, no_access=NoAccess(str(why["reason"]), str(why["date"]), str(why["witness"])))
    found = replace(
        found,
        admin=_account(accounts.get("admin")),
        previous=_account(accounts.get("previous")),
        rotation=accounts["previous"].get("since") if "previous" in accounts else None,
        viewer=_account(accounts.get("viewer")),
        factory=tuple(Account(login["user"], login["password"]) for login in factory),
        ntp=settings.ntp or lan.box_address,
        timezone=settings.timezone,
        services_off=settings.services_off,
    )
    if kind == "recorder":
        return replace(found, clock_s=settings.recorder_clock_s)
    return replace(
        found,
        clock_s=settings.camera_clock_s,
        osd=name if settings.osd else None,
        encoder=settings.encoder,
        sub_encoder=settings.sub_encoder,
        discovery=settings.discovery,
    )


def viewer_in_force(accounts: Accounts) -> Login:
    """Whom a camera takes for its viewer: until it is known to have a rotation's passwords, the one before."""
    before = accounts["previous"].get("viewer") if "previous" in accounts else None
    return before or accounts["viewer"]


def _account(found: AccountData | None) -> Account | None:
    return Account(found["user"], found["password"]) if found else None


def desired_devices(
    facility: FacilityData, settings: DeviceSettings, role: DevicesRole, vault: Vault, kind: Kind = "cameras"
) -> list[DesiredDevice]:
    """A facility's cameras or recorders as a rollout makes them.

    A device without an administrator and a viewer in the vault raises NoPasswords.
    """
    lan, accounts = Lan.of(facility), vault.get(kind, {})

    def own(device: CameraData | RecorderData, one: Literal["camera", "recorder"]) -> DesiredDevice:
        factory = role["factory"].get(device["make"], ())
        found = desired_device(device, one, lan, settings, accounts.get(str(device["slot"]), {}), factory)
        return replace(found, deadline_s=role["deadline_s"])

    if kind == "cameras":
        return [own(each, "camera") for each in _chosen(facility["cameras"], role, vault, kind)]
    recorders = _chosen(facility.get("recorders") or [], role, vault, kind)
    return [
        own(each, "recorder") if each.get("no_access") else _recording(own(each, "recorder"), each, facility, settings, vault)
        for each in recorders
    ]


def _chosen(listed: Iterable[D], role: DevicesRole, vault: Vault, kind: Kind) -> list[D]:
    """Those that the role is for. Raises NoPasswords."""
    chosen = [each for each in listed if not role["slots"] or each["slot"] in role["slots"]]
    _passwords(vault, kind, [each for each in chosen if not each.get("no_access")])
    return chosen


def recording_days(recording: RecordingData, settings: DeviceSettings) -> int:
    """How many days footage is kept: as many as the standard asks for, or more where the facility wants more."""
    return max(recording.get("days") or 0, settings.recording_days)


def _recording(
    device: DesiredDevice, recorder: RecorderData, facility: FacilityData, settings: DeviceSettings, vault: Vault
) -> DesiredDevice:
    device = replace(device, channels=tuple(_channels(recorder, facility, settings, vault)))
    if facility["recording"]["by"] != "recorder":
        return device
    return replace(device, recording="continuous", recording_days=recording_days(facility["recording"], settings))


def after_rotation(devices: Iterable[DesiredDevice]) -> list[DesiredDevice]:
    """As they are once each device has its new password: what a box is said to have converged to."""
    return [replace(device, previous=None, rotation=None) for device in devices]


def _passwords(vault: Vault, kind: str, devices: Iterable[CameraData | RecorderData]) -> None:
    known = vault.get(kind) or {}
    missing = [each["slot"] for each in devices if not _complete(known.get(str(each["slot"])))]
    if missing:
        raise NoPasswords(*missing)


def _complete(accounts: Accounts | None) -> bool:
    return accounts is not None and {"admin", "viewer"} <= set(accounts)


def _channels(recorder: RecorderData, facility: FacilityData, settings: DeviceSettings, vault: Vault) -> Iterator[DesiredChannel]:
    """The cameras that this recorder takes in, as it logs in to them: as their viewer."""
    only = recorder.get("cameras")
    taken = [camera for camera in facility["cameras"] if not camera.get("no_access") and (only is None or camera["slot"] in only)]
    _passwords(vault, "cameras", taken)
    for camera in taken:
        protocol = camera["driver"] if camera["driver"] in (recorder["driver"], "onvif") else "rtsp"
        viewer = viewer_in_force(vault["cameras"][str(camera["slot"])])
        yield DesiredChannel(
            number=camera.get("channel") or camera["slot"],
            name=camera_name(facility["code"], camera["slot"]),
            address=camera["address"],
            port=554 if protocol == "rtsp" else camera.get("port", 80),
            protocol=protocol,
            account=Account(viewer["user"], viewer["password"]),
            since=viewer.get("since"),
            rtsp_path=rtsp_paths()[camera["driver"]] if protocol == "rtsp" else None,
            bitrate_kbps=settings.encoder.bitrate_kbps,
        )
