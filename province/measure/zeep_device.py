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

from province.measure.errors import DeviceError, Login, Refused

ONE_CALL_S = 5.0
LARGEST = 4 * 1024 * 1024
ENTRANCE = "/onvif/device_service"
NO_SERVICE = (403, 404, 405, 410, 501, 503)
"""What a web server says where no ONVIF is behind it."""
_BARE_AMP = re.compile(rb"&(?!(?:[A-Za-z]+|#\d+|#x[0-9A-Fa-f]+);)")
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
        Transport(),  # type: ignore[arg-type]  # it wants an instance
        settings=Settings(**_SETTINGS),
    )


def _wsdl(file: str) -> Path:
    own = Path(__file__).with_name(file)
    return own if own.is_file() else wsdl_folder() / file


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
        if answer.status_code in NO_SERVICE and b"Envelope" not in body:
            raise DeviceError("onvif_off" if address.endswith(ENTRANCE) else "no_service")
        answer._content = _BARE_AMP.sub(b"&amp;", body)
        return answer


class Device:
    """`call` asks one operation; who asks is `login`. Not for several threads at once."""

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
        self._end = time.monotonic() + seconds

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
        """Answer as zeep gives it. Raises Refused, DeviceError."""
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
            transport=_Wire(self._session, self._end),
            settings=Settings(**_SETTINGS),
        )
        binding = f"{{{definition['ns']}}}{definition['binding']}"
        url = self.base + self._paths.get(service, ENTRANCE)
        try:
            asked = ONVIFService(url, "", "", str(_wsdl(definition["wsdl"])), zeep_client=client, binding_name=binding)
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
        """Ask protected questions without a login: who offers digest is asked by digest, all others by token.

        One credential, one attempt: trying both ways would be two failures on a device that counts them.
        """
        if self._digest is None:
            self.login = None
            self.tells_strangers = self._refusal("GetDeviceInformation") is None
            refused = self._refusal("GetUsers")
            self._digest = refused.digest if refused else False
        return self._digest

    def _refusal(self, operation: str) -> Refused | None:
        try:
            self.call("devicemgmt", operation)
        except Refused as refused:
            if refused.locked:
                raise
            return refused
        except DeviceError as error:
            if error.reason not in ("protocol", "no_service"):
                raise
        return None


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
