"""One ONVIF device asked through onvif-zeep, with the transport rules that its own client lacks.

onvif-zeep's ONVIFCamera parses WSDL for each camera, subscribes to events, dials whatever address the camera names, and
knows no digest. Its services and WSDL serve here, over shared parsed documents: every request goes to the dialled host,
with a timeout and a largest answer, with a login chosen by what the device offers, with tokens dated by its own clock.
"""

import re
import sys
import threading
import time
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

from province.measure.devices import clocks
from province.measure.devices.errors import AuthRejected, DeviceError, Login
from province.measure.devices.onvif.soap_wire import ENTRANCE, Patient, Talk, Wire, locked
from province.measure.evidence import Clock

_SETTINGS = {"strict": False, "xml_huge_tree": False}
_PARSING = threading.Lock()


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


MEDIA2 = {"ns": "http://www.onvif.org/ver20/media/wsdl", "wsdl": "media2.wsdl", "binding": "Media2Binding"}
"""Which onvif-zeep does not know."""


@cache
def _document(file: str) -> Document:
    return Document(
        str(_wsdl(file)),
        Transport(),  # type: ignore[arg-type]  # zeep: "transport: Type[Transport]", but it calls an instance
        settings=Settings(**_SETTINGS),
    )


def _wsdl(file: str) -> Path:
    own = Path(__file__).with_name(file)
    return own if own.is_file() else wsdl_folder() / file


def _parsed(file: str) -> Document:
    with _PARSING:
        return _document(file)


class Device:
    """`call` asks one operation; who asks is `login`. Not for several threads at once."""

    wire: type[Wire] = Wire

    def __init__(self, host: str, port: int, seconds: float = 20.0) -> None:
        self.base = f"http://{host}:{port}"
        self.login: Login | None = None
        self.offset = timedelta(0)
        self._paths = {"devicemgmt": ENTRANCE}
        self._digest: bool | None = None
        self.tells_strangers = False
        """Whether it tells its maker and model to whom it doesn't know: then such an answer proves no login."""
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", Patient())
        self._end = time.monotonic() + seconds
        self._talk = Talk()

    def close(self) -> None:
        self._session.close()

    def has(self, service: str) -> bool:
        """Whether a path of that service is known."""
        return service in self._paths

    def place(self, service: str, address: str) -> None:
        """Where a service is: the path that the device names, on the host that was dialled (python-onvif-zeep#61)."""
        parts = urlsplit(address)
        self._paths[service] = parts.path + (f"?{parts.query}" if parts.query else "")

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """Answer as zeep gives it. Raises AuthRejected, DeviceError."""
        definition = MEDIA2 if service == "media2" else SERVICES[service]
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
            transport=self.wire(self._session, self._end, self._talk),
            settings=Settings(**_SETTINGS),
        )
        binding = f"{{{definition['ns']}}}{definition['binding']}"
        url = self.base + self._paths.get(service, ENTRANCE)
        try:
            asked = ONVIFService(url, "", "", str(_wsdl(definition["wsdl"])), zeep_client=client, binding_name=binding)
            return getattr(asked, operation)(parameters)
        except ONVIFError as error:
            raise _reason(error.__context__) from None

    def read_clock(self, login: Login | None = None) -> Clock:
        """The device's clock less ours. Asked without a login, as ONVIF wants it.

        Where it wants one, its HTTP Date dates the tokens (agsh/onvif#301).
        """
        self.login = login
        try:
            answer, sent, rtt = clocks.soonest(lambda: self.call("devicemgmt", "GetSystemDateAndTime"))
        except DeviceError:
            if self._talk.ahead_s is not None:
                self.offset = timedelta(seconds=self._talk.ahead_s)
            raise
        there = _utc(answer)
        if there is None:
            raise DeviceError("protocol", "UTCDateTime")
        self.offset, told = clocks.measured(there, sent, rtt)
        return told

    def offers_digest(self) -> bool:
        """Ask protected questions without a login: who offers digest is asked by digest, all others by token.

        One credential, one attempt: trying both ways would be two failures on a device that counts them.
        """
        if self._digest is None:
            self.login = None
            self.tells_strangers = self._refusal("GetDeviceInformation") is None
            refused = self._refusal("GetUsers")
            self._digest = refused.digest if refused else False
        return self._digest

    def _refusal(self, operation: str) -> AuthRejected | None:
        try:
            self.call("devicemgmt", operation)
        except AuthRejected as refused:
            if refused.locked:
                raise
            return refused
        except DeviceError as error:
            if error.reason not in ("protocol", "no_service"):
                raise
        return None


def _reason(error: BaseException | None) -> DeviceError:
    """What went wrong inside onvif-zeep, which wraps everything in its own exception."""
    if isinstance(error, DeviceError):
        return error
    if isinstance(error, zeep.exceptions.Fault):
        codes = [str(code) for code in [error.code, *(error.subcodes or [])]]
        if any(re.search(r"NotAuthorized|FailedAuthentication|NotAuthenticated", code) for code in codes):
            return AuthRejected(digest=False, locked=locked(str(error.message).encode()))
        return DeviceError("protocol", codes[-1][-60:])
    return DeviceError("protocol", type(error).__name__)


def _utc(answer: Any) -> datetime | None:
    """UTC as the device has it. Some tell the local time alone (agsh/onvif#65), or as UTC (OpenIPC/majestic-webui#292)."""
    utc, local = _moment(getattr(answer, "UTCDateTime", None)), _moment(getattr(answer, "LocalDateTime", None))
    east = _east(str(getattr(getattr(answer, "TimeZone", None), "TZ", None) or ""))
    if utc is not None and (local != utc or not east):
        return utc
    return local - east if local is not None and east is not None else utc


def _moment(stamp: Any) -> datetime | None:
    try:
        date, clock = stamp.Date, stamp.Time
        day = (int(date.Year), int(date.Month), int(date.Day))
        return datetime(*day, int(clock.Hour), int(clock.Minute), min(int(clock.Second), 59), tzinfo=UTC)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def _east(zone: str) -> timedelta | None:
    """A POSIX zone's way east of Greenwich ("ICT-7": 7 h); None where it isn't one."""
    found = re.match(r"(?:<[^>]+>|[A-Za-z]+)([+-]?\d{1,2})(?::(\d{2}))?", zone)
    if not found:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    return -timedelta(hours=hours, minutes=-minutes if found[1].startswith("-") else minutes)
