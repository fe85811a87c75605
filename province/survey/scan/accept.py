"""From a scan to the inventory: what was learnt of listed devices, and devices that are new. Deciding is pure; `apply` edits.

What is certain is taken: a model, a MAC or a rate that the inventory lacks, and a new camera that a person gave a place and a zone.
What somebody must want is taken only where its slot is named (`--slot`), or all of it with `--all`: another address, port or driver,
and the device that stands where the inventory has another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Required, TypedDict

from edge_agent.contract import typed
from province.model.survey import DeviceSeen, SurveyFile
from province.model.tables import Tables
from province.survey.scan.accept_texts import PENDING
from province.survey.scan.place import Listed, Place
from province.survey.writing.area_file import AreaFile, mapping, put, scalar
from province.text import VIETNAM, Text

AFTER: Mapping[str, tuple[str, ...]] = {
    "model": ("make", "place", "slot"),
    "make": ("place", "zone", "slot"),
    "driver": ("model", "make", "place", "slot"),
    "port": ("address",),
    "mac": ("port", "address"),
    "address": ("driver", "model", "make", "slot"),
}
"""Where a field stands that wasn't there."""
KINDS = {"camera": "cameras", "recorder": "recorders"}


class NewDevice(TypedDict, total=False):
    """A device's fields as they are added to the inventory."""

    slot: Required[int]
    zone: str
    place: str
    make: Required[str]
    model: str
    driver: str
    address: Required[str]
    port: int
    mac: str
    channels: int
    cameras: list[int]


WrittenChange = TypedDict(
    "WrittenChange",
    {"slot": int | None, "kind": str | None, "field": str | None, "from": str | int | None, "to": str | int | date | NewDevice},
)


class WrittenPending(TypedDict):
    slot: int | None
    reason: dict[str, str]


@dataclass(frozen=True)
class Change:
    """One field of a listed device, or of the facility (slot None); or a new device (field None, `after` its fields)."""

    slot: int | None
    kind: str | None
    field: str | None
    before: str | int | None
    after: str | int | date | NewDevice

    def as_dict(self) -> WrittenChange:
        return {"slot": self.slot, "kind": self.kind, "field": self.field, "from": self.before, "to": self.after}


@dataclass(frozen=True)
class Pending:
    """What is left in the survey file, and why."""

    slot: int | None
    reason: Text

    def as_dict(self) -> WrittenPending:
        return {"slot": self.slot, "reason": self.reason.as_dict()}


@dataclass(frozen=True)
class Asked:
    """slots: only these (none: all that is certain); everything: what somebody must want as well."""

    slots: frozenset[int] = frozenset()
    everything: bool = False
    places: Mapping[int, str] = field(default_factory=dict)
    zones: Mapping[int, str] = field(default_factory=dict)

    def wants(self, slot: int | None) -> bool:
        return not self.slots or slot in self.slots

    def decided(self, slot: int | None) -> bool:
        return self.everything or slot in self.slots


def decide(survey: SurveyFile, place: Place, tables: Tables, asked: Asked) -> tuple[list[Change], list[Pending]]:
    changes: list[Change] = []
    pending: list[Pending] = []
    by_slot = {each.slot: each for each in place.devices}
    for found in survey.devices:
        listed = _listed(found, place, by_slot)
        if listed is not None and found.kind != "switch":
            _learnt(found, listed, asked, changes, pending)
        elif listed is None and found.kind in KINDS:
            _new(found, place, survey, tables, asked, changes, pending)
    if not asked.slots:
        changes += _of_facility(survey, place)
    return changes, pending


def _listed(found: DeviceSeen, place: Place, by_slot: Mapping[int, Listed]) -> Listed | None:
    """The inventory's device that this is now; one that was a stranger when scanned may have been taken in since."""
    if found.listed and found.slot is not None:
        return by_slot.get(found.slot)
    return next((each for each in place.devices if each.mac and each.mac == found.mac), None)


def _learnt(found: DeviceSeen, listed: Listed, asked: Asked, changes: list[Change], pending: list[Pending]) -> None:
    if not asked.wants(listed.slot) or listed.no_access:
        return
    certain = {"model": found.model, "mac": found.mac, "make": found.make, "driver": found.driver}
    changes += [Change(listed.slot, listed.kind, name, None, value) for name, value in certain.items() if value and not listed.field(name)]
    wished: dict[str, tuple[str | int | None, str | int]] = {}
    if found.listed_at is not None:
        wished["address"] = (listed.address, str(found.address))
    if found.port is not None and found.port != (listed.port or 80):
        wished["port"] = (listed.port, found.port)
    if found.driver and listed.driver and found.driver != listed.driver and listed.driver not in found.drivers:
        wished["driver"] = (listed.driver, found.driver)
    for name, (before, after) in wished.items():
        if asked.decided(listed.slot):
            changes.append(Change(listed.slot, listed.kind, name, before, after))
        else:
            pending.append(Pending(listed.slot, PENDING[name].format(slot=listed.slot, before=before, after=after)))


def _new(
    found: DeviceSeen, place: Place, survey: SurveyFile, tables: Tables, asked: Asked, changes: list[Change], pending: list[Pending]
) -> None:
    there = next((each for each in place.devices if each.address == str(found.address)), None)
    if there is not None and there.kind != "switch":
        _instead(found, there, asked, changes, pending)
        return
    if not asked.wants(found.slot) or found.slot is None:
        return
    where = asked.places.get(found.slot) or found.place
    zone = asked.zones.get(found.slot) or found.zone
    camera = found.kind == "camera"
    missing = [name for name, value in (("place", where), ("zone", zone if camera else "-"), ("mac", found.mac)) if not value]
    if missing and place.whole is not None:
        pending.append(Pending(found.slot, PENDING["missing"].format(slot=found.slot, site=place.code, fields=", ".join(missing))))
        return
    fits = [name for name in found.drivers if name in tables.drivers[KINDS[found.kind]]]
    if not fits and place.whole is not None:
        pending.append(Pending(found.slot, PENDING["no_driver"].format(slot=found.slot)))
        return
    fields: Mapping[str, object] = {
        "slot": found.slot,
        "zone": zone if camera else None,
        "place": where,
        "make": found.make or "generic",
        "model": found.model,
        "driver": _preferred(fits, found.kind),
        "address": str(found.address),
        "port": found.port if found.port not in (None, 80) else None,
        "mac": found.mac,
        "channels": None if camera else found.channels or None,
        # Beside another recorder it takes nobody's pictures until a person says whose.
        "cameras": [] if not camera and place.has_recorders else None,
    }
    device = typed.read(NewDevice, "device", {name: value for name, value in fields.items() if value is not None})
    changes.append(Change(found.slot, found.kind, None, None, device))


def _preferred(fits: Sequence[str], kind: str) -> str | None:
    """ONVIF for a camera, whose makers' own interfaces differ more; for a recorder the maker's, because ONVIF can't set one up."""
    order = ["onvif", *fits] if kind == "camera" else [*(name for name in fits if name != "onvif"), "onvif"]
    return next((name for name in order if name in fits), None)


def _instead(found: DeviceSeen, there: Listed, asked: Asked, changes: list[Change], pending: list[Pending]) -> None:
    """Another device has a listed one's address: whether it was replaced is for a person to say."""
    if not asked.wants(there.slot) or there.no_access:
        return
    if not asked.decided(there.slot):
        words = {"slot": there.slot, "mac": found.mac or "-", "address": there.address}
        pending.append(Pending(there.slot, PENDING["replaced"].format(**words)))
        return
    told = {"make": found.make, "model": found.model, "driver": found.driver, "mac": found.mac}
    changes += [
        Change(there.slot, there.kind, name, there.field(name), value)
        for name, value in told.items()
        if value and value != there.field(name)
    ]


def _of_facility(survey: SurveyFile, place: Place) -> Iterable[Change]:
    rate = survey.bandwidth.uplink_kbps if survey.bandwidth else None
    if rate and not place.uplink_kbps:
        yield Change(None, None, "uplink.kbps", None, rate)
    if not place.surveyed_on:
        yield Change(None, None, "surveyed_on", None, survey.at.astimezone(VIETNAM).date())


def apply(file: AreaFile, changes: Iterable[Change]) -> None:
    """Edit the file's facility; nothing is written to disk."""
    for change in changes:
        if change.slot is None:
            _to_facility(file, change)
        elif isinstance(change.after, dict):
            file.add(KINDS[str(change.kind)], change.after)
            _zone_is_watched(file, change.after.get("zone"))
        elif change.field is not None and (row := file.device(change.slot)) is not None:
            put(row, change.field, scalar(change.field, change.after), AFTER.get(change.field, ()))


def _to_facility(file: AreaFile, change: Change) -> None:
    if change.field == "uplink.kbps":
        if isinstance(file.facility.get("uplink"), dict):
            put(file.facility["uplink"], "kbps", scalar("kbps", change.after))
        else:
            uplink = mapping({"kbps": change.after})
            uplink.fa.set_flow_style()
            put(file.facility, "uplink", uplink, after=("lan", "code"))
    else:
        put(
            file.facility,
            str(change.field),
            scalar(str(change.field), change.after),
            after=("connection_plan", "focal_point", "kind", "code"),
        )


def _zone_is_watched(file: AreaFile, zone: str | None) -> None:
    """A zone that has a camera now needs no reason for having none."""
    reasons = file.facility.get("no_camera_zones")
    if isinstance(reasons, list):
        for index in reversed([n for n, each in enumerate(reasons) if str(each.get("zone")) == zone]):
            del reasons[index]
        if not reasons:
            del file.facility["no_camera_zones"]
