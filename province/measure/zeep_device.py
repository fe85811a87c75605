"""One ONVIF device asked through onvif-zeep, with the transport rules that its own client lacks.

onvif-zeep's ONVIFCamera parses WSDL for each camera, subscribes to events, dials whatever address the camera names, and
knows no digest. Its services and WSDL serve here, over shared parsed documents: every request goes to the dialled host,
with a timeout and a largest answer, with a login chosen by what the device offers, with tokens dated by its own clock.
"""

import re
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep.exceptions
from onvif.client import ONVIFService, UsernameDigestTokenDtDiff
from onvif.definition import SERVICES
from onvif.exceptions import ONVIFError
from requests.auth import HTTPDigestAuth
from zeep import Client, Settings
from zeep.transports import Transport
from zeep.wsdl import Document

ONE_CALL_S = 5.0
LARGEST = 4 * 1024 * 1024
_BARE_AMP = re.compile(rb"&(?!(?:[A-Za-z]+|#\d+|#x[0-9A-Fa-f]+);)")
_SETTINGS = {"strict": False, "xml_huge_tree": False}
_PARSING = threading.Lock()


class DeviceError(Exception):
    """Why a device told nothing: `reason` is one of the measurement's reasons."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Refused(DeviceError):
    """No permission with this login, or none was given. `digest`: it offers HTTP digest."""

    def __init__(self, digest: bool, locked: bool = False) -> None:
        super().__init__("locked" if locked else "login_refused")
        self.digest, self.locked = digest, locked


@dataclass(frozen=True)
class Login:
    user: str
    password: str
    digest: bool


@cache
def wsdl_folder() -> Path:
    """Where onvif-zeep's WSDL files are: its wheel puts them under a fixed Python version. Raises DeviceError."""
    try:
        listed = [Path(str(file.locate())) for file in metadata.files("onvif-zeep") or [] if file.name == "devicemgmt.wsdl"]
    except metadata.PackageNotFoundError:
        listed = []
    beside = [Path(folder) / "wsdl" / "devicemgmt.wsdl" for folder in sys.path]
    other = sorted(Path(sys.prefix).glob("lib/python3*/site-packages/wsdl/devicemgmt.wsdl"))
    for candidate in (*listed, *beside, *other):
        if candidate.is_file():
            return candidate.resolve().parent
    raise DeviceError("tool_missing", "onvif-zeep wsdl")


@cache
def _document(file: str) -> Document:
    return Document(
        str(wsdl_folder() / file),
        Transport(),  # type: ignore[arg-type]  # it wants an instance
        settings=Settings(**_SETTINGS),
    )


def _parsed(file: str) -> Document:
    with _PARSING:
        return _document(file)


class _Wire(Transport):
    """Posts to the dialled host only, within time and size; mends a bare & (zoneminder#3767)."""

    def __init__(self, session: requests.Session, end: float) -> None:
        super().__init__(session=session, operation_timeout=ONE_CALL_S)
        self._end = end

    def post(self, address: str, message: Any, headers: Any) -> requests.Response:
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeviceError("timeout")
        stop = time.monotonic() + min(left, 2 * ONE_CALL_S)
        try:
            answer = self.session.post(
                address,
                data=message,
                headers=headers,
                timeout=min(ONE_CALL_S, left),
                stream=True,
                allow_redirects=False,
            )
            body = b""
            for chunk in answer.iter_content(65536):
                body += chunk
                if len(body) > LARGEST or time.monotonic() > stop:
                    raise DeviceError("timeout" if len(body) <= LARGEST else "protocol")
        except requests.exceptions.Timeout as error:
            raise DeviceError("timeout" if isinstance(error, requests.exceptions.ReadTimeout) else "unreachable") from error
        except requests.exceptions.ConnectionError as error:
            raise DeviceError("unreachable") from error
        except requests.exceptions.RequestException as error:
            raise DeviceError("protocol", type(error).__name__) from error
        if answer.status_code == 401:
            raise Refused(digest="digest" in answer.headers.get("WWW-Authenticate", "").lower(), locked=_locked(body))
        answer._content = _BARE_AMP.sub(b"&amp;", body)
        return answer


class Device:
    """`call` asks one operation; who asks is `login`. Not for several threads at once."""

    def __init__(self, host: str, port: int, seconds: float = 20.0) -> None:
        self.base = f"http://{host}:{port}"
        self.login: Login | None = None
        self.offset = timedelta(0)
        self._paths = {"devicemgmt": "/onvif/device_service"}
        self._digest: bool | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._end = time.monotonic() + seconds

    def close(self) -> None:
        self._session.close()

    def place(self, service: str, address: str) -> None:
        """Where a service is: the path that the device names, on the host that was dialled (python-onvif-zeep#61)."""
        parts = urlsplit(address)
        self._paths[service] = parts.path + (f"?{parts.query}" if parts.query else "")

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """Answer as zeep gives it. Raises Refused, DeviceError."""
        definition = SERVICES[service]
        token = None
        self._session.auth = None
        if self.login and self.login.digest:
            self._session.auth = HTTPDigestAuth(self.login.user, self.login.password)
        elif self.login:
            token = UsernameDigestTokenDtDiff(
                self.login.user, self.login.password, dt_diff=self.offset, use_digest=True, zulu_timestamp=True
            )
        client = Client(
            _parsed(definition["wsdl"]),
            wsse=token,
            transport=_Wire(self._session, self._end),
            settings=Settings(**_SETTINGS),
        )
        binding = f"{{{definition['ns']}}}{definition['binding']}"
        url = self.base + self._paths.get(service, "/onvif/device_service")
        try:
            asked = ONVIFService(url, "", "", str(wsdl_folder() / definition["wsdl"]), zeep_client=client, binding_name=binding)
            return getattr(asked, operation)(parameters)
        except ONVIFError as error:
            raise _reason(error.__context__) from None

    def read_clock(self) -> dict[str, Any]:
        """{"ok", "offset_s", "rtt_s", "uncertainty_s"}: the device's clock less ours, asked without a login."""
        self.login = None
        sent = datetime.now(UTC)
        answer = self.call("devicemgmt", "GetSystemDateAndTime")
        rtt = datetime.now(UTC) - sent
        stamp: Any = getattr(answer, "UTCDateTime", None)
        try:
            date, clock = stamp.Date, stamp.Time
            there = datetime(
                int(date.Year),
                int(date.Month),
                int(date.Day),
                int(clock.Hour),
                int(clock.Minute),
                min(int(clock.Second), 59),
                tzinfo=UTC,
            )
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise DeviceError("protocol", "UTCDateTime") from None
        # It cuts off fractions, so it is half a second later than it says, on average.
        self.offset = there + timedelta(seconds=0.5) - (sent + rtt / 2)
        seconds = rtt.total_seconds()
        return {
            "ok": True,
            "offset_s": round(self.offset.total_seconds(), 2),
            "rtt_s": round(seconds, 3),
            "uncertainty_s": round(0.5 + seconds / 2, 2),
        }

    def offers_digest(self) -> bool:
        """Ask a protected question without a login: who offers digest is asked by digest, all others by token.

        One credential, one attempt: trying both ways would be two failures on a device that counts them.
        """
        if self._digest is None:
            self.login = None
            self._digest = self._probe()
        return self._digest

    def _probe(self) -> bool:
        try:
            self.call("devicemgmt", "GetUsers")
        except Refused as refused:
            if refused.locked:
                raise
            return refused.digest
        except DeviceError as error:
            if error.reason != "protocol":
                raise
        return False


def _locked(body: bytes) -> bool:
    return re.search(rb"\block", body, re.IGNORECASE) is not None


def _reason(error: BaseException | None) -> DeviceError:
    """What went wrong inside onvif-zeep, which wraps everything in its own exception."""
    if isinstance(error, DeviceError):
        return error
    if isinstance(error, zeep.exceptions.Fault):
        codes = [str(code) for code in [error.code, *(error.subcodes or [])]]
        if any(re.search(r"NotAuthorized|FailedAuthentication|NotAuthenticated", code) for code in codes):
            return Refused(digest=False, locked=_locked(str(error.message).encode()))
        return DeviceError("protocol", codes[-1][-60:])
    return DeviceError("protocol", type(error).__name__)
