"""Reading a Dahua device: who it is, its clock, accounts, name, services and network; nothing is written.

What it shows is read in `picture`, what a recorder records in `recorder`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import normalise
from edge_agent.devices.dahua import spellings
from edge_agent.devices.dahua.cgi import REALM
from edge_agent.devices.dahua.reader import Reader
from edge_agent.devices.dahua.table import Table
from edge_agent.devices.faults import UnknownDevice
from edge_agent.devices.model import Clock, Identity, Readings, User

SERVICES: dict[str, tuple[str, ...]] = {
    "https": ("Https",),
    "upnp": ("UPnP",),
    "p2p": ("T2UServer",),
    "ssh": ("SSHD",),
    "telnet": ("Telnet",),
    "snmp": ("SNMP",),
    "ftp": ("NAS",),
    "multicast": ("Multicast",),
    "wifi": ("WLan",),
    "email": ("Email",),
    "bonjour": ("Bonjour",),
}
"""The configurations behind the words of `DesiredDevice.services_off`."""
_RECORDER = re.compile(r"(?:^|[^A-Z])(?:NVR|XVR|DVR|HCVR|NVD|MHDX|UNR|UVR)", re.IGNORECASE)
_CAMERA = re.compile(r"(?:^|[^A-Z])(?:IPC|SD)-", re.IGNORECASE)
_CLASS = re.compile(r"VR|EVS|NVS|NVD", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})")


def identity(reader: Reader, desired: DesiredDevice) -> Readings:
    """getSystemInfo has model and serial number on most, numbers in their place on some recorders ("deviceType=31")."""
    system = reader.ask("magicBox.cgi", "getSystemInfo", "identity", optional=True) or Table({})
    model, serial = system.text("deviceType"), system.text("serialNumber")
    if not model or model.isdigit():
        asked = reader.ask("magicBox.cgi", "getDeviceType", "identity.model", optional=True)
        told = asked.text("type") if asked else None
        model = told if told and not told.isdigit() else system.text("updateSerial") or told or model
    if not serial:
        asked = reader.ask("magicBox.cgi", "getSerialNo", "identity.serial", optional=True)
        serial = asked.text("sn") if asked else None
    vendor = reader.ask("magicBox.cgi", "getVendor", "identity.maker", optional=True)
    version = reader.ask("magicBox.cgi", "getSoftwareVersion", "identity.firmware")
    firmware = version.text("version") if version else None
    if version and firmware and (build := version.text("build") or version.text("BuildDate")):
        firmware = f"{firmware},build:{build}"
    who = Identity((vendor.text("vendor") if vendor else None) or "Dahua", model, firmware, serial)
    return {"identity": who}


def named(realm: str) -> Identity:
    """Who a device is by the realm of its login: "Login to 4C0048DPAJ8F3C9", "DH_00408CA5EA04"."""
    match = REALM.match(realm)
    return Identity("Dahua", serial=match["serial"], mac=normalise.mac(match["mac"])) if match else Identity()


def is_recorder(reader: Reader, who: Identity) -> bool | None:
    """By its model; the names that other makers sell them under say nothing (IP5M-T1277EW, KX-8104), so those are asked for their class.
    None: it doesn't say."""
    model = who.model or ""
    if _RECORDER.search(model) or _CAMERA.search(model):
        return bool(_RECORDER.search(model))
    asked = reader.ask("magicBox.cgi", "getDeviceClass", "identity.model", optional=True)
    said = asked.text("class") if asked else None
    return None if said is None else bool(_CLASS.search(said))


def raise_if_other_kind(who: Identity, desired: DesiredDevice, is_one: bool | None) -> None:
    """Raise UnknownDevice where the inventory's camera is a recorder (`is_one`), or the other way round, before anything is
    written."""
    model = who.model or ""
    if desired.kind == "camera" and desired.encoder and is_one:
        raise UnknownDevice(Text(f"ở đó là đầu ghi ({model}), không phải camera", f"a recorder is there ({model}), not a camera"))
    if desired.kind == "recorder" and is_one is False:
        raise UnknownDevice(Text(f"ở đó là camera ({model}), không phải đầu ghi", f"a camera is there ({model}), not a recorder"))


@dataclass(frozen=True)
class _Zone:
    east_minutes: int | None
    posix: str | None
    is_summer: bool = False


def clock(reader: Reader, desired: DesiredDevice) -> Readings:
    """The device tells its local time without saying in which zone; the zone is an index among the NTP settings."""
    ntp = reader.config("NTP", "clock.ntp")
    locales = reader.config("Locales", "clock.timezone", optional=True)
    zone = _zone(ntp, locales, desired)
    found = Clock(_offset(reader, zone), timezone=zone.posix)
    if ntp:
        address, port = ntp.text("NTP", "Address"), ntp.number("NTP", "Port")
        server = f"{address}:{port}" if address and port not in (None, 0, 123) else address
        on = ntp.flag("NTP", "Enable")
        source = None if on is None else "NTP" if on else "Manual"
        found = Clock(found.offset_s, source, zone.posix, (server,) if server else (), False)
    return {"clock": found}


def _zone(ntp: Table | None, locales: Table | None, desired: DesiredDevice) -> _Zone:
    """Summer time, where it is on, is part of the zone: no zone that we want has it."""
    index = next((n for t, s in ((ntp, "NTP"), (locales, "Locales")) if t and (n := t.number(s, "TimeZone")) is not None), None)
    if index is None:
        return _Zone(normalise.zone_minutes(desired.timezone), None)
    posix = spellings.zone(index)
    east = normalise.zone_minutes(posix)
    if posix is None:
        return _Zone(None, f"#{index}")
    summer = locales is not None and locales.flag("Locales", "DSTEnable") is True
    return _Zone(east, f"{posix} DST" if summer else posix, summer)


def _offset(reader: Reader, zone: _Zone) -> float | None:
    """Where summer time is switched on, whether it is in force now isn't told: then what is nearer to our own clock."""
    sent = datetime.now(UTC)
    answer = reader.ask("global.cgi", "getCurrentTime", "clock.offset_s")
    taken = sent + (datetime.now(UTC) - sent) / 2
    if answer is None or zone.east_minutes is None:
        return None
    there = moment(answer.text("result") or answer.text("time") or answer.text("currentTime"))
    if there is None:
        return None
    # Whole seconds, cut off: half a second later than it says, on average.
    ahead = there.replace(tzinfo=UTC) - timedelta(minutes=zone.east_minutes) + timedelta(seconds=0.5) - taken
    offsets = (ahead, ahead - timedelta(hours=1)) if zone.is_summer else (ahead,)
    return round(min(offsets, key=abs).total_seconds(), 1)


def moment(value: str | None) -> datetime | None:
    """ "2026-9-9 6:24:26" as a date without a zone; None for what is none."""
    found = _MOMENT.search(value or "")
    if not found:
        return None
    year, month, day, hour, minute, second = (int(g) for g in found.groups())
    try:
        there = datetime(year, month, day, 0, minute, min(second, 59))
        return there + timedelta(hours=hour) if hour <= 24 else None
    except (ValueError, OverflowError):
        return None


def users(reader: Reader, desired: DesiredDevice) -> Readings:
    login = reader.cgi.http.account.user if reader.cgi.http.account else None
    answer = reader.ask("userManager.cgi", "getUserInfoAll", "accounts")
    if answer is None:
        return {"login_user": login}
    rows = answer.children("users") or answer.children("user")
    found = []
    for row in rows.values():
        if name := row.text("Name"):
            group = row.text("Group")
            found.append(User(name, spellings.LEVELS.get((group or "").lower(), group)))
    mine = next((u.level for u in found if u.name == login), None)
    reader.administrator = mine == "Administrator" if mine is not None else None
    return {"login_user": login, "users": tuple(found)}


def name(reader: Reader, desired: DesiredDevice) -> Readings:
    """The device's name; beside it stands how long it locks out."""
    general = reader.config("General", "name", optional=True)
    title = general.text("General", "MachineName") if general else None
    if title is None:
        asked = reader.ask("magicBox.cgi", "getMachineName", "name")
        title = asked.text("name") if asked else None
    if general:
        _lockout(reader, general)
    return {"title": title}


def _lockout(reader: Reader, general: Table) -> None:
    """Remember how long this device locks, for the day that it does."""
    seconds = general.number("General", "LoginFailLockTime")
    if general.flag("General", "LockLoginEnable") and seconds and seconds > 0:
        reader.cgi.logins.lock_lasts(reader.cgi.key, seconds)


def services(reader: Reader, desired: DesiredDevice, all_options: bool) -> Readings:
    """Which of the services that nobody wants are on; those that this device doesn't have are missing."""
    served = []
    for service, configs in SERVICES.items():
        if not all_options and service not in desired.services_off:
            continue
        tables = [t for c in configs if (t := reader.config(c, f"service.{service}", optional=True))]
        on = [bool(switches_on(t)) for t in tables if switches(t)]
        if on:
            served.append((service, any(on)))
    return {"served": tuple(served)}


def switches(table: Table) -> list[str]:
    """The keys that switch a service: its own Enable, or else those of its parts ("Multicast.RTP[0].Enable")."""
    found = [(path, key) for path, key, _ in table.items() if path[-1] == "enable"]
    own = [key for path, key in found if len([s for s in path if isinstance(s, str)]) == 2]
    return own or [key for _, key in found]


def switches_on(table: Table) -> list[str]:
    keys = set(switches(table))
    return [key for path, key, _ in table.items() if key in keys and table.flag(*path)]
