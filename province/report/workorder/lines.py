"""What a work order's template asks for, in one language; and what it takes of a verdict."""

from typing import NotRequired, TypedDict

from province.standard.verdict import DeviceRow
from province.text import Lang


class JudgedFacility(TypedDict):
    code: str
    devices: NotRequired[list[DeviceRow]]


class Judged(TypedDict):
    """A verify.json, of `ketnoi verify` or (without `at`) of a report."""

    at: NotRequired[str]
    facilities: list[JudgedFacility]


class DeviceLine(TypedDict):
    """`wrong`: somebody has to do something about it."""

    subject: str
    device: str
    place: str
    address: str
    mac: str
    state: str
    wrong: bool


class PortLine(TypedDict):
    name: str
    leads: str
    poe: bool


class SwitchLine(TypedDict):
    subject: str
    name: str
    ports: list[PortLine]


class ZoneLine(TypedDict):
    zone: str
    cameras: str
    missing: bool


class WorkOrder(TypedDict):
    """`w`: its fixed words; `facts` and `cables`: (what, which); `papers`: (what, what is on
    file, whether something lacks)."""

    lang: Lang
    w: dict[str, str]
    office: str
    province: str
    day: str
    code: str
    name: str
    warning: str | None
    facts: list[tuple[str, str]]
    papers: list[tuple[str, str, bool]]
    todo: list[str]
    source: str
    devices: list[DeviceLine]
    switches: list[SwitchLine]
    uncabled: str | None
    cables: list[tuple[str, str]]
    zones: list[ZoneLine]
    health: list[str]
    checks: list[str]
