"""Why a device told nothing, and who we say we are: shared by all that ask devices."""

from dataclasses import dataclass, field


class DeviceError(Exception):
    """`reason` is one of the measurement's reasons; `detail` never holds a password."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class AuthRejected(DeviceError):
    """No permission with this login, or none was given. `digest`: it offers HTTP digest. `seconds`: until it unlocks, if it says."""

    def __init__(self, digest: bool = False, locked: bool = False, seconds: float | None = None) -> None:
        super().__init__("locked" if locked else "login_refused")
        self.digest, self.locked, self.seconds = digest, locked, seconds


@dataclass(frozen=True)
class Login:
    user: str
    password: str = field(repr=False)
    digest: bool = True
