"""A camera's settings read from outside: clock, accounts, name, time source, encoders, where its streams are.

What writes them (edge_agent) has no part in this. One login for each account, counted; the factory's is tried last. Cameras
whose maker's own interface is spoken to have a reader beside this one (province.measure.devices.readers), which answers in the same words.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from province.measure.devices.able import lacks, suits
from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.logins import Ledger
from province.measure.devices.onvif import media
from province.measure.devices.onvif.zeep_device import Device
from province.measure.result import Measured, clean, failed

NAME_SCOPE = "onvif://www.onvif.org/name/"
SILENT = ("unreachable", "timeout", "tool_missing", "onvif_off")
Account = Mapping[str, str]


def measure(task: Mapping[str, Any], ledger: Ledger, speak: type[Device] = Device) -> dict[str, Measured]:
    """{"clock", "settings", "factory_login"} of the camera in `task`: {"host", "port", "key", "accounts": {"admin",
    "viewer"}, "factory": [{"user", "password"}], "fresh_s", "least": {"width", "height"}}. Each stands for itself: one may
    fail and others not. `speak`: how its maker wants to be spoken to, for a reader that is ONVIF but for that."""
    device = speak(task["host"], int(task["port"]))
    found: dict[str, Measured] = {}
    try:
        found["clock"] = device.read_clock()
    except DeviceError as error:
        found["clock"] = failed(error.reason, error.detail)
        if error.reason in SILENT:
            device.close()
            return found | {kind: failed(error.reason) for kind in ("settings", "factory_login")}
    try:
        found["settings"] = clean(_settings(device, task, ledger))
        if found["clock"].get("reason") == "login_refused" and found["settings"].get("ok"):
            found["clock"] = _clock_by_login(device, task)
        if found["clock"].get("detail") == "UTCDateTime" and found["settings"].get("ok"):
            found["settings"]["lacks"] = [*found["settings"].get("lacks", []), "clock"]
        found["factory_login"] = _factory(device, task, found["settings"], ledger)
    except DeviceError as error:
        found.setdefault("settings", failed(error.reason, error.detail))
        found.setdefault("factory_login", failed(error.reason, error.detail))
    finally:
        device.close()
    return found


def _clock_by_login(device: Device, task: Mapping[str, Any]) -> Measured:
    """Of a device that wants a login even for its clock."""
    admin = task["accounts"]["admin"]
    try:
        return device.read_clock(Login(admin["user"], admin["password"], device.offers_digest()))
    except DeviceError as error:
        return failed(error.reason, error.detail)


def _settings(device: Device, task: Mapping[str, Any], ledger: Ledger) -> Measured:
    accounts, key = task.get("accounts") or {}, task["key"]
    admin, viewer = accounts.get("admin"), accounts.get("viewer")
    if not admin:
        return failed("no_password")
    if ledger.left(key) < 1:
        return ledger.locked(key)
    digest = device.offers_digest()
    device.login = Login(admin["user"], admin["password"], digest)
    found: Measured = {"ok": True, "scheme": "digest" if digest else "wsse"}
    try:
        found |= _identity(device.call("devicemgmt", "GetDeviceInformation"))
    except AuthRejected as refused:
        return ledger.refused(key, refused)
    except (DeviceError, AttributeError):
        device.tells_strangers = True  # it told nothing, so nothing is proved of the login
    try:
        found["accounts"] = {str(user.Username): str(user.UserLevel) for user in device.call("devicemgmt", "GetUsers") or []}
    except AuthRejected as refused:
        return ledger.refused(key, refused) if device.tells_strangers else failed("no_permission")
    for operation, read in _OPTIONAL:
        found |= _optional(device, operation, read)
    if found.get("ntp"):
        found["ntp"]["on"] = found.pop("by_ntp", None)
    media.find(device)
    found |= _picture(device, task)
    if viewer and ledger.left(key) >= 1:
        device.login = Login(viewer["user"], viewer["password"], digest)
    return found | _streams(device, bool(viewer), found.pop("listed"), ledger, key)


def _picture(device: Device, task: Mapping[str, Any]) -> dict[str, Any]:
    """{"listed": streams, "encoders", "osd", "able", "able_sub", "lacks", "services"}; what the camera doesn't tell is None."""
    try:
        listed = media.streams(device)
    except DeviceError as error:
        return {"listed": error, "encoders": None}
    main, sub = listed[0] if listed else None, _second(listed)
    told = {name: stream for name, stream in (("main", main), ("sub", sub)) if stream and stream["codec"]}
    found: dict[str, Any] = {"listed": listed, "encoders": {"main": None, "sub": None} | told if told else None}
    found["osd"] = media.texts(device)
    found["able"] = media.able_of(device, main) if main and task.get("least") else None
    found["lacks"] = lacks(found["able"], task["least"]) if found["able"] else []
    if sub and not suits(sub, task):
        found["able_sub"] = media.able_of(device, sub)
    autostarts = [bool(each["multicast"]) for each in listed if "multicast" in each]
    if autostarts:
        found["services"] = {"multicast": any(autostarts)}
    return found


def _second(listed: list[media.Stream]) -> media.Stream | None:
    """The first stream that is encoded apart from the main one."""
    return next((each for each in listed[1:] if each["encoder"] and each["encoder"] != listed[0]["encoder"]), None)


def _streams(device: Device, has_viewer: bool, listed: Any, ledger: Ledger, key: str) -> dict[str, Any]:
    """{"viewer_login", "stream": {"port", "path"}, "sub_stream"}: asked with the viewer's login; by the administrator's if that is
    refused."""
    if isinstance(listed, DeviceError):
        return {"viewer_login": None, "stream": None, "stream_reason": listed.reason}
    if not listed:
        return {"viewer_login": None, "stream": None}
    try:
        found = {"viewer_login": True if has_viewer else None, "stream": media.address(device, listed[0]), "sub_stream": None}
    except AuthRejected:
        if not has_viewer:
            return {"viewer_login": None, "stream": None, "stream_reason": "no_permission"}
        ledger.failed(key)
        return {"viewer_login": False, "stream": None}
    except DeviceError as error:
        return {"viewer_login": None, "stream": None, "stream_reason": error.reason}
    if sub := _second(listed):
        with suppress(DeviceError):
            found["sub_stream"] = media.address(device, sub)
    return found


def _optional(device: Device, operation: str, read: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """One answer, or nothing where the device doesn't give it: that check is then unknown."""
    try:
        return dict(read(device.call("devicemgmt", operation)))
    except (DeviceError, AttributeError, TypeError):
        return {}


def _identity(answer: Any) -> dict[str, Any]:
    return {"maker": str(answer.Manufacturer), "model": str(answer.Model), "firmware": str(answer.FirmwareVersion)}


def _name(answer: Any) -> dict[str, Any]:
    names = [str(scope.ScopeItem)[len(NAME_SCOPE) :] for scope in answer or [] if str(scope.ScopeItem).startswith(NAME_SCOPE)]
    return {"name": unquote(names[0]) if names else ""}


def _ntp(answer: Any) -> dict[str, Any]:
    """Manual servers count unless the camera takes what DHCP names."""
    listed = answer.NTPManual or []
    servers = [str(host.IPv4Address or host.DNSname or host.IPv6Address or "") for host in listed]
    return {"ntp": {"servers": [each for each in servers if each], "from_dhcp": bool(answer.FromDHCP)}}


def _time(answer: Any) -> dict[str, Any]:
    return {"by_ntp": str(answer.DateTimeType) == "NTP"}


_OPTIONAL: tuple[tuple[str, Callable[[Any], dict[str, Any]]], ...] = (
    ("GetScopes", _name),
    ("GetDiscoveryMode", lambda mode: {"discovery": str(mode)}),
    ("GetNTP", _ntp),
    ("GetSystemDateAndTime", _time),
)


def _factory(device: Device, task: Mapping[str, Any], settings: Measured, ledger: Ledger) -> Measured:
    """One login with the maker's password, unless it was refused within `fresh_s` and the device knows its own."""

    def attempt(account: Account) -> None:
        device.login = Login(account["user"], account["password"], device.offers_digest())
        device.call("devicemgmt", "GetUsers")

    return ledger.try_factory(task, settings, attempt)
