"""From the inventory to what is measured: subjects without passwords, logins apart, and what the vault alone can tell."""

import hashlib
import subprocess
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypedDict

from province.measure.evidence import Failed, SharedPasswords, failed
from province.measure.request import Accounts
from province.measure.subjects import BOX_RECORDER, Camera, NoAccess, Opinion, Papers, Recorder, Site, Switch
from province.measure.tasks import Factory, Logins
from province.model import Facility, Province
from province.model.devices import Device
from province.model.province import Measuring
from province.model.tables import Zone
from province.names import camera_name, subject_name
from province.office import enrolment, vaults
from province.office.home import Home
from province.standard.verdict import InventoryMark

Passwords = Mapping[tuple[str, int], SharedPasswords]
"""(facility's code, slot) -> whether the device's passwords are its own."""
LEVELS = {"admin": "Administrator", "viewer": "User"}
"""Account -> its ONVIF level."""


class _Where(TypedDict):
    slot: int
    place: str
    host: str
    no_access: NoAccess | None


def site_of(
    facility: Facility,
    record: enrolment.Record | None,
    local: bool,
    measuring: Measuring | None = None,
    zones: Mapping[str, Zone] | None = None,
) -> Site:
    """A facility as verify sees it; `record` is its box's enrolment. `local`: devices are measured at their own addresses."""
    limits = measuring or Measuring()
    users = vaults.ACCOUNTS["cameras"]

    def where(device: Device) -> _Where:
        barred = device.no_access
        return {
            "slot": device.slot,
            "place": device.place,
            "host": str(device.address if local else facility.mapped(device.slot)),
            "no_access": NoAccess(barred.reason, barred.date.isoformat(), barred.witness) if barred else None,
        }

    recorders = [
        Recorder(**where(each), port=each.port, make=each.make, driver=each.driver, mac=str(each.mac)) for each in facility.recorders
    ]
    cameras = tuple(
        Camera(
            **where(camera),
            name=camera_name(facility.code, camera.slot),
            zone=camera.zone,
            port=camera.port,
            make=camera.make,
            mac=str(camera.mac),
            accounts=dict(users),
            levels={users[role]: level for role, level in LEVELS.items()},
            driver=camera.driver,
            address=str(camera.address),
            recorders=_recorders_of(facility, camera.slot),
            channel=camera.recorder_channel,
            bought=_iso(camera.bought),
            conformity=camera.conformity,
        )
        for camera in facility.cameras
    )
    if facility.recording.by == "box" and not local:
        recorders.insert(0, Recorder())
    return Site(
        id=facility.id,
        code=facility.code,
        name=facility.name,
        number=facility.number,
        tunnel_address=str(facility.tunnel_address),
        topology=facility.lan.topology,
        cameras=cameras,
        excused={excuse.zone: excuse.reason for excuse in facility.no_camera_zones},
        host_key=str(record["host_key"]) if record else None,
        recorders=tuple(recorders),
        switches=tuple(Switch(**where(each) | {"host": str(each.address)}, port=each.port) for each in facility.switches),
        recording=facility.recording.by,
        ntp=str(facility.lan.box_address),
        enrolled_at=str(record["enrolled_at"]) if record else None,
        local=local,
        lan=str(facility.lan.network),
        area=facility.area,
        kind=facility.kind,
        papers=papers_of(facility),
        uplink_kbps=limits.budget(facility.uplink.kbps),
        stream_kbps=limits.stream_kbps,
        zone_names={zone.id: zone.name for zone in (zones or {}).values()},
    )


def papers_of(facility: Facility) -> Papers:
    plan, opinion = facility.connection_plan, facility.opinion
    return Papers(
        surveyed_on=_iso(facility.surveyed_on),
        plan={"by": plan.agreed_by, "date": plan.date.isoformat()} if plan else None,
        opinion=Opinion(
            authority=opinion.authority, number=opinion.number, date=opinion.date.isoformat(), agrees=opinion.agrees
        ) if opinion else None,
        focal_point=facility.focal_point.model_dump(),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _recorders_of(facility: Facility, slot: int) -> tuple[str, ...]:
    """The subjects that are to record a camera."""
    if facility.recording.by == "box":
        return (BOX_RECORDER,)
    if facility.recording.by == "none":
        return ()
    taking = [each for each in facility.recorders if any(camera.slot == slot for camera in each.takes(facility.cameras))]
    return tuple(subject_name("recorder", each.slot) for each in taking)


def sites(
    inventory: Path,
    facilities: Iterable[Facility],
    local: bool,
    measuring: Measuring | None = None,
    zones: Mapping[str, Zone] | None = None,
) -> list[Site]:
    """With what enrolment told of the box; one that isn't enrolled has nothing. `zones`: the province's, which have names."""
    read = (lambda code: None) if local else partial(enrolment.read, inventory)
    return [site_of(facility, read(facility.code), local, measuring, zones) for facility in facilities]


def logins(inventory: Path, facilities: Iterable[Facility]) -> Logins:
    """The accounts of each camera and network recorder from the vaults. Raises VaultError.

    One whose rotation has not come through is left out: which password it takes is not known, and a wrong one counts.
    """
    home = Home.of(inventory)
    found: dict[tuple[str, int], Accounts] = {}
    for facility in facilities:
        vault = vaults.read(home, inventory, facility.code)
        for kind, devices in (("cameras", facility.cameras), ("recorders", facility.recorders)):
            accounts: dict[str, Accounts] = {
                slot: {name: {"user": account["user"], "password": account["password"]} for name, account in each.items()}
                for slot, each in (vault.get(kind) or {}).items()
                if "previous" not in each
            }
            found |= {(facility.code, device.slot): accounts[str(device.slot)] for device in devices if str(device.slot) in accounts}
    return found


def factory(province: Province) -> Factory:
    return {
        make.id: [{"user": login.user, "password": login.password} for login in make.factory] for make in province.tables.makes.values()
    }


def passwords(all_logins: Logins, public: Factory, recorders: Collection[tuple[str, int]]) -> Passwords:
    """Whether each device's passwords are its own: hashes compared over the whole province, the makers' included. `recorders`: which of
    them are recorders. Measured: {"ok": true, "shared_with": ["an-nhon-02/C01", "an-nhon-02/R20", "factory"]}."""
    makers = {_hash(login["password"]) for listed in public.values() for login in listed}
    owners: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for camera, accounts in all_logins.items():
        for account in accounts.values():
            owners[_hash(account["password"])].add(camera)
    found: dict[tuple[str, int], SharedPasswords] = {}
    for camera, accounts in all_logins.items():
        hashes = {_hash(account["password"]) for account in accounts.values()}
        others = {other for digest in hashes for other in owners[digest]} - {camera}
        shared = [f"{code}/{subject_name('recorder' if (code, slot) in recorders else 'camera', slot)}" for code, slot in sorted(others)]
        shared += ["factory"] if hashes & makers else []
        found[camera] = {"ok": True, "shared_with": shared}
    return found


def password_of(found: Passwords, code: str, slot: int) -> SharedPasswords | Failed:
    return found.get((code, slot)) or failed("no_password")


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def fingerprint(inventory: Path) -> InventoryMark:
    """{"commit", "dirty", "digest"}: which inventory a verdict is about. Vaults apart: a digest would outlive them; and
    what a scan saw is not what is wanted."""
    digest = hashlib.sha256()
    for file in sorted(inventory.rglob("*.yml")):
        name = file.relative_to(inventory)
        if name.parts[0] in ("vault", "authority", "survey"):
            continue
        digest.update(f"{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    commit = _git(inventory, "rev-parse", "HEAD")
    dirty = bool(_git(inventory, "status", "--porcelain", "--", ".")) if commit else None
    return {"commit": commit or None, "dirty": dirty, "digest": "sha256:" + digest.hexdigest()}


def _git(folder: Path, *argv: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *argv], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
