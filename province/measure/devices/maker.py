"""How a camera is read by its maker's own interface: one login a credential, what was refused counted, each part told for itself."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.logins import Ledger
from province.measure.evidence import CameraEvidence, CameraReading, FactoryLogin, Failed, Settings, failed
from province.measure.request import Account, SettingsTask
from province.measure.result import clean

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
    task: SettingsTask,
    ledger: Ledger,
    device: Interface[Told],
    read: Callable[[Told, CameraEvidence], Settings | Failed],
    silent: tuple[str, ...],
) -> CameraReading:
    """`read` is given what the device told at the door and the parts found so far, puts "clock" there and returns the settings.
    silent: reasons after which no factory password is tried either.
    """
    key, accounts = task["key"], task.get("accounts", {})
    if "admin" not in accounts:
        return _all(failed("no_password"))
    if ledger.left(key) < 1:
        return _all(ledger.locked(key))
    found: CameraEvidence = {}
    settings: Settings | Failed
    factory: FactoryLogin | Failed
    try:
        device.arrive()
        settings = clean(read(device.enter(Login(**accounts["admin"])), found))
    except AuthRejected as refused:
        settings = failure = ledger.refused(key, refused)
        found.setdefault("clock", failure)
    except DeviceError as error:
        settings = failure = failed(error.reason, error.detail)
        found.setdefault("clock", failure)
    try:
        factory = _factory(device, task, settings, ledger, silent)
    except DeviceError as error:
        factory = failed(error.reason, error.detail)
    finally:
        device.close()
    return {"clock": found["clock"], "settings": settings, "factory_login": factory}


def _all(failure: Failed) -> CameraReading:
    return {"clock": failure, "settings": failure, "factory_login": failure}


def viewer(device: Interface[Any], task: SettingsTask, ledger: Ledger) -> bool | None:
    """Whether the viewer is let in: one who may not read what is asked at the door is let in all the same; None: not tried."""
    account = task.get("accounts", {}).get("viewer")
    if not account or ledger.left(task["key"]) < 1:
        return None
    try:
        device.enter(Login(**account))
    except AuthRejected:
        ledger.failed(task["key"])
        return False
    except DeviceError:
        return True
    return True


def by_itself(read: Callable[[], T]) -> T | Failed:
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


def _factory(
    device: Interface[Any], task: SettingsTask, settings: Settings | Failed, ledger: Ledger, silent: tuple[str, ...]
) -> FactoryLogin | Failed:
    if not settings["ok"] and settings["reason"] in silent:
        return failed(settings["reason"])

    def attempt(account: Account) -> None:
        device.enter(Login(account["user"], account["password"]))

    return ledger.try_factory(task, settings, attempt)
