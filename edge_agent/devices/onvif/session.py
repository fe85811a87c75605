"""A conversation with one ONVIF device: time first, one login within the count, services found and rewritten."""

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from lxml import etree

from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import (
    BadAnswer,
    LockedOut,
    NoPermission,
    NotActivated,
    OnvifOff,
    UnknownDevice,
    WrongCredentials,
    shown_time,
)
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Account
from edge_agent.devices.normalise import zone_minutes
from edge_agent.devices.soap import NS, TDS, Login, Refused, Scheme, Soap, SoapFault
from edge_agent.text import Text

DEVICE_PATH = "/onvif/device_service"
_LOCKED = re.compile(r"\block", re.IGNORECASE)
_INACTIVE = re.compile(r"not\s*activated|inactive|unactivated", re.IGNORECASE)


@dataclass(frozen=True)
class DeviceTime:
    """`offset_s` is the device's clock less the box's, to the half second that whole seconds allow."""

    offset_s: float | None
    source: str | None
    timezone: str | None


class Session:
    """Holds who we are to the device; `call` is the only way to it."""

    def __init__(self, soap: Soap, logins: Logins, key: str) -> None:
        self.soap, self.logins, self.key = soap, logins, key
        self.login: Login | None = None
        self.account: Account | None = None
        self.services: dict[str, str] = {NS["tds"]: DEVICE_PATH}
        self._scheme: Scheme = "wsse"
        self._check = TDS.GetDeviceInformation()

    def read_time(self) -> DeviceTime:
        """The device's clock, asked without a login, or as who is logged in where that is refused; keeps the offset for
        every token that follows.

        Raises OnvifOff where something answers HTTP but not ONVIF.
        """
        sent = datetime.now(UTC)
        try:
            try:
                answer = self.soap.call(DEVICE_PATH, TDS.GetSystemDateAndTime())
            except Refused:
                if self.login is None:
                    return DeviceTime(None, None, None)
                answer = self.soap.call(DEVICE_PATH, TDS.GetSystemDateAndTime(), self.login)
        except SoapFault as fault:
            if fault.codes and not fault.unsupported:
                return DeviceTime(None, None, None)
            raise OnvifOff(str(fault)) from fault
        taken = sent + (datetime.now(UTC) - sent) / 2
        clock = xmlsafe.find(answer, "SystemDateAndTime")
        zone = xmlsafe.text(clock, "TimeZone/TZ")
        there, local = _moment(clock, "UTCDateTime"), _moment(clock, "LocalDateTime")
        east = timedelta(minutes=zone_minutes(zone) or 0)
        if local is not None and (there is None or (east and there == local)):
            # No UTC, or the local time under its name (majestic-webui#292).
            there = local - east
        if there is None:
            return DeviceTime(None, xmlsafe.text(clock, "DateTimeType"), zone)
        # The device cuts off fractions, so it is half a second later than it says, on average.
        self.soap.offset = there + timedelta(seconds=0.5) - taken
        return DeviceTime(round(self.soap.offset.total_seconds(), 1), xmlsafe.text(clock, "DateTimeType"), zone)

    def open(self, candidates: list[Account]) -> int:
        """Log in with the first candidate that the device takes; returns its index.

        One attempt a credential, each reserved in the count first. Raises LockedOut where none was allowed,
        WrongCredentials where all that were allowed were refused.
        """
        self._probe()
        refused: list[str] = []
        for index, account in enumerate(candidates):
            try:
                taken = self._attempt(account)
            except LockedOut:
                if not refused:
                    raise
                raise self._wrong(refused, [a.user for a in candidates[index:]]) from None
            if taken:
                return index
            refused.append(account.user)
        raise self._wrong(refused, [])

    def _wrong(self, refused: list[str], untried: list[str]) -> WrongCredentials:
        users, rest, until = ", ".join(refused), ", ".join(untried), self.logins.until(self.key)
        vi = users + (f"; chưa thử: {rest}" if rest else "") + (f"; không thử lại trước {shown_time(until)}" if until else "")
        en = users + (f"; not tried: {rest}" if rest else "") + (f"; no more tries before {shown_time(until)}" if until else "")
        return WrongCredentials(Text(vi, en))

    def use(self, account: Account) -> None:
        """From now on ask as `account`, which the device was seen to take."""
        self.account, self.login = account, Login(account.user, account.password, self._scheme)

    def proves(self, account: Account) -> bool:
        """Whether the device takes `account`, leaving the session's own login as it was. Costs one attempt if not."""
        kept = self.login, self.account
        try:
            return self._attempt(account)
        finally:
            self.login, self.account = kept

    def call(self, prefix: str, body: etree._Element) -> etree._Element:
        """Call an operation of the service `prefix` ("tds", "trt", "tr2") as who is logged in.

        Raises NoPermission, SoapFault, Unreachable, BadAnswer.
        """
        path = self.services.get(NS[prefix], DEVICE_PATH)
        try:
            return self.soap.call(path, body, self.login)
        except Refused as fault:
            if not self._clock_moved():
                raise NoPermission(f"{xmlsafe.local(body)}: {fault}") from fault
        # The device's clock jumped under a WS-Security login (home-assistant/core#121952): once more, counted.
        attempt = self.logins.attempt(self.key, self.login.user if self.login else "")
        try:
            answer = self.soap.call(path, body, self.login)
        except Refused as fault:
            attempt.refused()
            raise NoPermission(f"{xmlsafe.local(body)}: {fault}") from fault
        attempt.succeeded()
        return answer

    def find_services(self) -> None:
        """Where each service is, on the dialled host whatever the device says (python-onvif-zeep#61, core#34218)."""
        try:
            answer = self.call("tds", TDS.GetServices(TDS.IncludeCapability("false")))
            services = xmlsafe.find_all(answer, "Service")
            found = {xmlsafe.text(s, "Namespace"): xmlsafe.text(s, "XAddr") for s in services}
        except (SoapFault, NoPermission):
            found = {}
        if NS["trt"] not in found and NS["tr2"] not in found:
            with contextlib.suppress(SoapFault, NoPermission):
                answer = self.call("tds", TDS.GetCapabilities(TDS.Category("All")))
                media = xmlsafe.text(answer, "Capabilities/Media/XAddr")
                found.update({NS["trt"]: media} if media else {})
        for namespace, address in found.items():
            if namespace and address and namespace != NS["tds"]:
                self.services[namespace] = dialled_path(address)

    def _probe(self) -> None:
        """Ask one protected question without a login: which scheme does the device want? Costs no attempt."""
        for question in (TDS.GetDeviceInformation(), TDS.GetUsers()):
            self._check = question
            try:
                self.soap.call(DEVICE_PATH, question)
            except Refused as fault:
                self._raise_if_closed(fault)
                # One that offers digest is asked by digest: a token first would be a second attempt with one password,
                # and digest does not depend on clocks. All others: WS-Security.
                self._scheme = "digest" if fault.digest else "wsse"
                return
            except SoapFault as fault:
                self._raise_if_closed(fault)
                return

    def _attempt(self, account: Account) -> bool:
        offered = self._try(account, self._scheme)
        if offered == "digest" and self._scheme == "wsse":
            if self._try(account, "digest") is not None:
                return False
            self._scheme = "digest"
            return True
        return offered is None

    def _try(self, account: Account, scheme: Scheme) -> Scheme | None:
        """None when taken; else the scheme that the device offers instead."""
        login = Login(account.user, account.password, scheme)
        attempt = self.logins.attempt(self.key, account.user)
        try:
            self.soap.call(DEVICE_PATH, self._check, login)
        except Refused as fault:
            attempt.refused()
            self._raise_if_closed(fault)
            return "digest" if fault.digest else "wsse"
        except SoapFault as fault:
            self._raise_if_closed(fault)
            raise UnknownDevice(str(fault)) from fault
        attempt.succeeded()
        self.login, self.account = login, account
        return None

    def _raise_if_closed(self, fault: SoapFault) -> None:
        words = f"{' '.join(fault.codes)} {fault.reason}"
        if _INACTIVE.search(words):
            raise NotActivated(str(fault)) from fault
        if _LOCKED.search(words):
            raise LockedOut(str(fault), until=self.logins.device_locked(self.key)) from fault

    def _clock_moved(self) -> bool:
        if self.login is None or self.login.scheme != "wsse":
            return False
        before = self.soap.offset
        with contextlib.suppress(OnvifOff, BadAnswer):
            self.read_time()
        return abs(self.soap.offset - before) > timedelta(seconds=3)


def dialled_path(address: str) -> str:
    """Path and query of an address that a device gave; its host and port are never used."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return DEVICE_PATH
    path = parts.path if parts.path.startswith("/") else "/" + parts.path
    return path + (f"?{parts.query}" if parts.query else "")


def _moment(clock: etree._Element | None, name: str) -> datetime | None:
    """A DateTime block; None when it is missing or no date (month 0, hour 24)."""
    there = xmlsafe.find(clock, name)
    parts = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    values = [v for v in (xmlsafe.number(there, p) for p in parts) if v is not None]
    if len(values) < len(parts):
        return None
    year, month, day, hour, minute, second = values
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
