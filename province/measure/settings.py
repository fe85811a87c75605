"""A camera's settings read from outside: clock, accounts, name, discovery, where its stream is.

What writes them (edge_agent) has no part in this. One login for each account, counted; the factory's is tried last.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from province.measure.logins import Ledger
from province.measure.result import Measured, clean, failed
from province.measure.zeep_device import Device, DeviceError, Login, Refused

NAME_SCOPE = "onvif://www.onvif.org/name/"
Account = Mapping[str, str]


def measure(task: Mapping[str, Any], ledger: Ledger) -> dict[str, Measured]:
    """{"clock", "settings", "factory_login"} of the camera in `task`: {"host", "port", "key", "accounts": {"admin",
    "viewer"}, "factory": [{"user", "password"}], "fresh_s"}. Each stands for itself: one may fail and others not."""
    device = Device(task["host"], int(task["port"]))
    found: dict[str, Measured] = {}
    accounts: Mapping[str, Account] = task.get("accounts") or {}
    try:
        found["clock"] = device.read_clock()
    except DeviceError as error:
        found["clock"] = failed(error.reason, error.detail)
        if error.reason in ("unreachable", "timeout", "tool_missing"):
            device.close()
            return found | {kind: failed(error.reason) for kind in ("settings", "factory_login")}
    try:
        found["settings"] = clean(_settings(device, accounts, ledger, task["key"]))
        found["factory_login"] = _factory(device, task, found["settings"], ledger)
    except DeviceError as error:
        found.setdefault("settings", failed(error.reason, error.detail))
        found.setdefault("factory_login", failed(error.reason, error.detail))
    finally:
        device.close()
    return found


def _settings(device: Device, accounts: Mapping[str, Account], ledger: Ledger, key: str) -> Measured:
    admin, viewer = accounts.get("admin"), accounts.get("viewer")
    if not admin:
        return failed("no_password")
    if ledger.left(key) < 1:
        return failed("locked")
    digest = device.offers_digest()
    device.login = Login(admin["user"], admin["password"], digest)
    try:
        users = device.call("devicemgmt", "GetUsers") or []
    except Refused as error:
        ledger.failed(key)
        return failed(error.reason)
    found: Measured = {"ok": True, "scheme": "digest" if digest else "wsse"}
    found["accounts"] = {str(user.Username): str(user.UserLevel) for user in users}
    found |= _optional(device, "devicemgmt", "GetDeviceInformation", _identity)
    found |= _optional(device, "devicemgmt", "GetScopes", _name)
    found |= _optional(device, "devicemgmt", "GetDiscoveryMode", lambda mode: {"discovery": str(mode)})
    _find_media(device)
    if viewer and ledger.left(key) >= 1:
        device.login = Login(viewer["user"], viewer["password"], digest)
        try:
            found |= {"viewer_login": True, "stream": _stream(device)}
            return found
        except Refused:
            ledger.failed(key)
            found["viewer_login"] = False
        except DeviceError as error:
            found |= {"viewer_login": None, "stream": None, "stream_reason": error.reason}
            return found
    device.login = Login(admin["user"], admin["password"], digest)
    try:
        found["stream"] = _stream(device)
    except DeviceError as error:
        found |= {"stream": None, "stream_reason": error.reason}
    return found


def _optional(device: Device, service: str, operation: str, read: Any) -> dict[str, Any]:
    """One answer, or nothing where the device doesn't give it: that check is then unknown."""
    try:
        answer = device.call(service, operation)
        return dict(read(answer))
    except (DeviceError, AttributeError, TypeError):
        return {}


def _identity(answer: Any) -> dict[str, Any]:
    return {"maker": str(answer.Manufacturer), "model": str(answer.Model), "firmware": str(answer.FirmwareVersion)}


def _name(answer: Any) -> dict[str, Any]:
    names = [str(scope.ScopeItem)[len(NAME_SCOPE) :] for scope in answer or [] if str(scope.ScopeItem).startswith(NAME_SCOPE)]
    return {"name": unquote(names[0]) if names else ""}


def _find_media(device: Device) -> None:
    """The media service's path: GetCapabilities as onvif-zeep does, else GetServices, else the usual one."""
    device.place("media", "/onvif/Media")
    try:
        media = device.call("devicemgmt", "GetCapabilities", Category="All").Media
        if media is not None and media.XAddr:
            device.place("media", str(media.XAddr))
            return
    except (DeviceError, AttributeError):
        pass
    try:
        for service in device.call("devicemgmt", "GetServices", IncludeCapability=False) or []:
            if str(service.Namespace) == "http://www.onvif.org/ver10/media/wsdl":
                device.place("media", str(service.XAddr))
    except (DeviceError, AttributeError, TypeError):
        return


def _stream(device: Device) -> dict[str, Any] | None:
    """Where the main stream is: the first profile with video. {"port", "path"}; the host is always the dialled one."""
    profiles = device.call("media", "GetProfiles") or []
    # An H.265 profile has no encoder block in Media1 (node-onvif#78); a source is what makes it a video profile.
    video = [p for p in profiles if p.VideoSourceConfiguration is not None]
    video = video or [p for p in profiles if p.VideoEncoderConfiguration is not None]
    if not video:
        return None
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    answer = device.call("media", "GetStreamUri", StreamSetup=setup, ProfileToken=video[0].token)
    parts = urlsplit(str(answer.Uri).strip())
    try:
        port = parts.port or 554
    except ValueError:
        port = 554
    return {"port": port, "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else "")}


def _factory(device: Device, task: Mapping[str, Any], settings: Measured, ledger: Ledger) -> Measured:
    """One login with the maker's password, unless it was refused within `fresh_s` and the device knows its own."""
    factory, key = list(task.get("factory") or []), task["key"]
    if not factory:
        return failed("no_factory_password")
    if settings.get("reason") == "login_refused":
        ledger.forget_factory(key)
    at = ledger.factory_evidence(key, float(task.get("fresh_s", 0)))
    if at is not None:
        return {"ok": True, "accepted": False, "at": at}
    if ledger.left(key) < 1:
        return failed("locked")
    device.login = Login(factory[0]["user"], factory[0]["password"], device.offers_digest())
    try:
        device.call("devicemgmt", "GetUsers")
    except Refused as error:
        ledger.failed(key)
        if error.locked:
            return failed("locked")
        return {"ok": True, "accepted": False, "at": ledger.factory_refused(key)}
    ledger.forget_factory(key)
    return {"ok": True, "accepted": True}
