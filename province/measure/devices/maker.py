"""How a camera is read by its maker's own interface: one login a credential, what was refused counted, each part told for itself."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.logins import Ledger
from province.measure.result import Measured, clean, failed

PARTS = ("clock", "settings", "factory_login")
T = TypeVar("T")
Told = TypeVar("Told", covariant=True)


class Interface(Protocol[Told]):
    """A device by its maker's interface (province.measure.devices.hikvision.isapi, .dahua.cgi)."""

    def arrive(self) -> None:
        """Without a login: is it of this maker, and how does it want to be logged in to? Raises DeviceError."""

    def enter(self, login: Login) -> Told:
        """Log in once; what it tells of itself. Raises AuthRejected, DeviceError."""

    def close(self) -> None: ...


def measure(
    task: Mapping[str, Any],
    ledger: Ledger,
    device: Interface[Told],
    read: Callable[[Told, dict[str, Measured]], Measured],
    silent: tuple[str, ...],
) -> dict[str, Measured]:
    """{"clock", "settings", "factory_login"}; the task is that of province.measure.devices.onvif.camera.

    `read` is given what the device told at the door and the parts found so far, puts "clock" there and returns the settings.
    silent: reasons after which no factory password is tried either.
    """
    key, accounts = task["key"], task.get("accounts") or {}
    found: dict[str, Measured] = {}
    try:
        if "admin" not in accounts:
            return dict.fromkeys(PARTS, failed("no_password"))
        if ledger.left(key) < 1:
            return {name: ledger.locked(key) for name in PARTS}
        device.arrive()
        found["settings"] = clean(read(device.enter(Login(**accounts["admin"])), found))
    except AuthRejected as refused:
        found["settings"] = ledger.refused(key, refused)
        found.setdefault("clock", dict(found["settings"]))
    except DeviceError as error:
        found["settings"] = failed(error.reason, error.detail)
        found.setdefault("clock", dict(found["settings"]))
    try:
        found["factory_login"] = _factory(device, task, found["settings"], ledger, silent)
    except DeviceError as error:
        found["factory_login"] = failed(error.reason, error.detail)
    finally:
        device.close()
    return found


def viewer(device: Interface[Any], task: Mapping[str, Any], ledger: Ledger) -> dict[str, Any]:
    """{"viewer_login"}: a viewer who may not read what is asked at the door is let in all the same; None: not tried."""
    account = (task.get("accounts") or {}).get("viewer")
    if not account or ledger.left(task["key"]) < 1:
        return {"viewer_login": None}
    try:
        device.enter(Login(**account))
    except AuthRejected:
        ledger.failed(task["key"])
        return {"viewer_login": False}
    except DeviceError:
        return {"viewer_login": True}
    return {"viewer_login": True}


def by_itself(read: Callable[[], Measured]) -> Measured:
    """What `read` gives, or why the device doesn't tell it, so that other parts stay. Raises AuthRejected: that is about all of them."""
    try:
        return clean(read())
    except AuthRejected:
        raise
    except DeviceError as error:
        return failed(error.reason, error.detail)


def unless_absent(read: Callable[[], T]) -> T | None:
    """None where the device has no such thing, or doesn't let us read it."""
    try:
        return read()
    except AuthRejected:
        return None
    except DeviceError as error:
        if error.reason in ("protocol", "no_permission"):
            return None
        raise


def _factory(device: Interface[Any], task: Mapping[str, Any], settings: Measured, ledger: Ledger, silent: tuple[str, ...]) -> Measured:
    if settings.get("reason") in silent:
        return failed(settings["reason"])

    def attempt(account: Mapping[str, str]) -> None:
        device.enter(Login(account["user"], account["password"]))

    return ledger.try_factory(task, settings, attempt)
