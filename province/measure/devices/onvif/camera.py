"""A camera's settings read from outside: clock, accounts, name, time source, encoders, where its streams are.

What writes them (edge_agent) has no part in this. One login for each account, counted; the factory's is tried last. Cameras
whose maker's own interface is spoken to have a reader beside this one (province.measure.devices.readers), which answers in the same words.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from province.measure.devices.able import lacks, suits
from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.logins import Ledger
from province.measure.devices.onvif import media
from province.measure.devices.onvif.zeep_device import Device
from province.measure.evidence import CameraReading, Clock, FactoryLogin, Failed, Settings, failed
from province.measure.request import Account, SettingsTask
from province.measure.result import clean

NAME_SCOPE = "onvif://www.onvif.org/name/"
SILENT = ("unreachable", "timeout", "tool_missing", "onvif_off")


def measure(task: SettingsTask, ledger: Ledger, speak: type[Device] = Device) -> CameraReading:
    """Each part stands for itself: one may fail and others not. `speak`: how its maker wants to be spoken to, for a reader that is
    ONVIF but for that."""
    device = speak(task["host"], task["port"])
    clock: Clock | Failed
    settings: Settings | Failed | None = None
    factory: FactoryLogin | Failed
    try:
        clock = device.read_clock()
    except DeviceError as error:
        clock = failed(error.reason, error.detail)
        if error.reason in SILENT:
            device.close()
            return {"clock": clock, "settings": failed(error.reason), "factory_login": failed(error.reason)}
    try:
        settings = clean(_settings(device, task, ledger))
        if settings["ok"] and not clock["ok"]:
            if clock["reason"] == "login_refused":
                clock = _clock_by_login(device, task)
            if not clock["ok"] and clock.get("detail") == "UTCDateTime":
                settings["lacks"] = [*settings.get("lacks", []), "clock"]
        factory = _factory(device, task, settings, ledger)
    except DeviceError as error:
        factory = failed(error.reason, error.detail)
        settings = settings or factory
    finally:
        device.close()
    return {"clock": clock, "settings": settings, "factory_login": factory}


def _clock_by_login(device: Device, task: SettingsTask) -> Clock | Failed:
    """Of a device that wants a login even for its clock."""
    admin = task["accounts"]["admin"]
    try:
        return device.read_clock(Login(admin["user"], admin["password"], device.offers_digest()))
    except DeviceError as error:
        return failed(error.reason, error.detail)


def _settings(device: Device, task: SettingsTask, ledger: Ledger) -> Settings | Failed:
    accounts, key = task.get("accounts", {}), task["key"]
    admin, viewer = accounts.get("admin"), accounts.get("viewer")
    if not admin:
        return failed("no_password")
    if ledger.left(key) < 1:
        return ledger.locked(key)
    digest = device.offers_digest()
    device.login = Login(admin["user"], admin["password"], digest)
    found: Settings = {"ok": True, "scheme": "digest" if digest else "wsse"}
    try:
        _identity(device.call("devicemgmt", "GetDeviceInformation"), found)
    except AuthRejected as refused:
        return ledger.refused(key, refused)
    except (DeviceError, AttributeError):
        device.tells_strangers = True  # it told nothing, so nothing is proved of the login
    try:
        found["accounts"] = {str(user.Username): str(user.UserLevel) for user in device.call("devicemgmt", "GetUsers") or []}
    except AuthRejected as refused:
        return ledger.refused(key, refused) if device.tells_strangers else failed("no_permission")
    for operation, read in _OPTIONAL:
        # What the device doesn't give is missing: that check is then unknown.
        with suppress(DeviceError, AttributeError, TypeError):
            read(device.call("devicemgmt", operation), found)
    media.find(device)
    listed: list[media.Stream] | DeviceError
    try:
        listed = media.streams(device)
    except DeviceError as error:
        listed, found["encoders"] = error, None
    else:
        _picture(device, listed, task, found)
    if viewer and ledger.left(key) >= 1:
        device.login = Login(viewer["user"], viewer["password"], digest)
    _streams(device, bool(viewer), listed, ledger, key, found)
    return found


def _picture(device: Device, listed: list[media.Stream], task: SettingsTask, found: Settings) -> None:
    """Encoders, texts, what they can be set to, services; what the camera doesn't tell is None."""
    main, sub = listed[0] if listed else None, _second(listed)
    told_main, told_sub = (each if each and each["codec"] else None for each in (main, sub))
    found["encoders"] = {"main": told_main, "sub": told_sub} if told_main or told_sub else None
    found["osd"] = media.texts(device)
    least = task.get("least")
    can = media.able_of(device, main) if main and least else None
    found["able"], found["lacks"] = can, lacks(can, least) if can and least else []
    if sub and not suits(sub, task):
        found["able_sub"] = media.able_of(device, sub)
    autostarts = [each["multicast"] for each in listed if "multicast" in each]
    if autostarts:
        found["services"] = {"multicast": any(autostarts)}


def _second(listed: list[media.Stream]) -> media.Stream | None:
    """The first stream that is encoded apart from the main one."""
    return next((each for each in listed[1:] if each["encoder"] and each["encoder"] != listed[0]["encoder"]), None)


def _streams(
    device: Device, has_viewer: bool, listed: list[media.Stream] | DeviceError, ledger: Ledger, key: str, found: Settings
) -> None:
    """Where the streams are, asked with the viewer's login; by the administrator's if that is refused."""
    found["viewer_login"], found["stream"] = None, None
    if isinstance(listed, DeviceError):
        found["stream_reason"] = listed.reason
        return
    if not listed:
        return
    try:
        found["stream"] = media.address(device, listed[0])
    except AuthRejected:
        if has_viewer:
            ledger.failed(key)
            found["viewer_login"] = False
        else:
            found["stream_reason"] = "no_permission"
        return
    except DeviceError as error:
        found["stream_reason"] = error.reason
        return
    found["viewer_login"], found["sub_stream"] = True if has_viewer else None, None
    if sub := _second(listed):
        with suppress(DeviceError):
            found["sub_stream"] = media.address(device, sub)


def _identity(answer: Any, found: Settings) -> None:
    maker, model, firmware = str(answer.Manufacturer), str(answer.Model), str(answer.FirmwareVersion)
    found["maker"], found["model"], found["firmware"] = maker, model, firmware


def _name(answer: Any, found: Settings) -> None:
    names = [str(scope.ScopeItem)[len(NAME_SCOPE) :] for scope in answer or [] if str(scope.ScopeItem).startswith(NAME_SCOPE)]
    found["name"] = unquote(names[0]) if names else ""


def _discovery(answer: Any, found: Settings) -> None:
    found["discovery"] = str(answer)


def _ntp(answer: Any, found: Settings) -> None:
    """Manual servers count unless the camera takes what DHCP names."""
    listed = answer.NTPManual or []
    servers = [str(host.IPv4Address or host.DNSname or host.IPv6Address or "") for host in listed]
    found["ntp"] = {"servers": [each for each in servers if each], "from_dhcp": bool(answer.FromDHCP), "on": None}


def _time(answer: Any, found: Settings) -> None:
    if ntp := found.get("ntp"):
        ntp["on"] = str(answer.DateTimeType) == "NTP"


_OPTIONAL: tuple[tuple[str, Callable[[Any, Settings], None]], ...] = (
    ("GetScopes", _name),
    ("GetDiscoveryMode", _discovery),
    ("GetNTP", _ntp),
    ("GetSystemDateAndTime", _time),
)


def _factory(device: Device, task: SettingsTask, settings: Settings | Failed, ledger: Ledger) -> FactoryLogin | Failed:
    """One login with the maker's password, unless it was refused within `fresh_s` and the device knows its own."""

    def attempt(account: Account) -> None:
        device.login = Login(account["user"], account["password"], device.offers_digest())
        device.call("devicemgmt", "GetUsers")

    return ledger.try_factory(task, settings, attempt)
