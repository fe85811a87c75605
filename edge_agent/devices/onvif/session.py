"""A conversation with one ONVIF device: time first, one login within the count, services found and rewritten."""

import contextlib
import re
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from edge_agent.contract.devices import Account
from edge_agent.contract.text import Text
from edge_agent.devices import entry, xmlsafe
from edge_agent.devices.exchange import HTTPS_ONLY
from edge_agent.devices.faults import BadAnswer, LockedOut, NoPermission, NotActivated, OnvifOff, UnknownDevice, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import needed
from edge_agent.devices.onvif import clock
from edge_agent.devices.onvif.clock import UNKNOWN_TIME, DeviceTime
from edge_agent.devices.soap import NS, TDS, AuthRejected, Login, Scheme, Soap, SoapFault
from edge_agent.devices.xmlsafe import Element

DEVICE_PATH = "/onvif/device_service"
FOLLOW_S, STAYED_S, LOOK_S = 30.0, 5.0, 0.5
"""How long a device that was given another address is looked for there; when it may be said to have stayed; how often."""
QUESTIONS = (TDS.GetDeviceInformation, TDS.GetUsers, TDS.GetNetworkInterfaces, TDS.GetHostname)
"""By which it is found out how a device wants to be logged in to."""
_CAPABILITIES = (("trt", "Media"), ("trc", "Extension/Recording"), ("tse", "Extension/Search"))
_LOCKED = re.compile(r"\block", re.IGNORECASE)
_LEFT = re.compile(r"(\d{1,3}) (?:login )?attempt", re.IGNORECASE)
"""Hikvision: "You still have 24 attempt(s)" (agsh/onvif#112)."""
_INACTIVE = re.compile(r"not\s*activated|inactive|unactivated", re.IGNORECASE)


class Source(NamedTuple):
    """The first picture: its configuration's token, and which Media service told of it."""

    token: str | None
    media: int


class Session:
    """Holds who we are to the device; `call` is the only way to it."""

    def __init__(self, soap: Soap, logins: Logins, key: str) -> None:
        self.soap, self.logins, self.key = soap, logins, key
        self.login: Login | None = None
        self.account: Account | None = None
        self.services: dict[str, str] = {NS["tds"]: DEVICE_PATH}
        self.picture = Source(None, 1)
        self._answer: Element | None = None
        self._scheme: Scheme = "wsse"
        self.information: Element | None = None
        """GetDeviceInformation's answer, if that was how the login was tried."""
        self.asks_login = True
        """False: the device answers what should be protected to anybody, so no password is proved."""
        self._check = TDS.GetDeviceInformation()
        self._is_refused = False

    def read_time(self) -> DeviceTime:
        """The device's clock, asked without a login, or as who is logged in where that is refused; keeps the offset for
        every token that follows.

        Raises OnvifOff where something answers HTTP but not ONVIF.
        """
        sent = datetime.now(UTC)
        try:
            try:
                answer = self.soap.call(DEVICE_PATH, TDS.GetSystemDateAndTime())
            except AuthRejected as refusal:
                if refusal.status == 403 and not refusal.codes and self.login is None:
                    raise OnvifOff(str(refusal)) from refusal
                self._guess_offset()
                if self.login is None:
                    return UNKNOWN_TIME
                answer = self.soap.call(DEVICE_PATH, TDS.GetSystemDateAndTime(), self.login)
        except SoapFault as fault:
            if fault.codes or (isinstance(fault, AuthRejected) and self.login is not None):
                self._guess_offset()
                return UNKNOWN_TIME
            if fault.reason == HTTPS_ONLY.en:
                raise UnknownDevice(HTTPS_ONLY) from fault
            raise UnknownDevice(str(fault)) if fault.status >= 500 and not fault.unsupported else OnvifOff(str(fault)) from fault
        except BadAnswer as error:
            if self.login is None:
                raise OnvifOff(error.detail) from error
            return UNKNOWN_TIME
        moment, offset = clock.reading(answer, sent + (datetime.now(UTC) - sent) / 2)
        if offset is None:
            self._guess_offset()
        else:
            self.soap.offset = offset
        return moment

    def _guess_offset(self) -> None:
        """A device that keeps its clock to itself (agsh/onvif#301) mostly tells it in HTTP's Date header."""
        if self.soap.header_time is not None:
            self.soap.offset = self.soap.header_time + timedelta(seconds=0.5) - datetime.now(UTC)

    def open(self, candidates: list[Account]) -> int:
        """Log in with the first candidate that the device takes; returns its index.

        One attempt a credential, each reserved in the count first. Raises LockedOut where none was allowed,
        WrongCredentials where all that were allowed were refused.
        """
        self._probe()
        if not self.asks_login:
            self.account = candidates[0]
            return 0
        return entry.first_taken(candidates, self._attempt, lambda: self.logins.until(self.key))

    def use(self, account: Account) -> None:
        """From now on ask as `account`, which the device was seen to take."""
        self.account = account
        self.login = Login(account.user, account.password, self._scheme) if self.asks_login else None

    def at(self, host: str) -> None:
        """From now on speak to the same device at another address."""
        old, self.soap = self.soap, type(self.soap)(host, self.soap.port, self.soap.deadline)
        self.soap.offset = old.offset
        old.close()

    def follow(self, host: str, else_at: str | None = None) -> None:
        """Wait until the device answers at `host`; or, after a while, at `else_at`, where it may have stayed. Raises Unreachable."""
        begun = time.monotonic()
        while True:
            if self._answers_at(host):
                return
            waited = time.monotonic() - begun
            if else_at is not None and waited > STAYED_S and self._answers_at(else_at):
                return
            if waited > FOLLOW_S:
                self.at(host)
                raise Unreachable(
                    Text(f"{host}: không thấy thiết bị sau khi đổi địa chỉ", f"{host}: not there after its address was changed")
                )
            time.sleep(LOOK_S)

    def _answers_at(self, host: str) -> bool:
        self.at(host)
        try:
            self.read_time()
        except (OnvifOff, UnknownDevice, Unreachable):
            return False
        return True

    def proves(self, account: Account) -> bool:
        """Whether the device takes `account`, leaving the session's own login as it was. Costs one attempt if not."""
        kept = self.login, self.account
        try:
            return self._attempt(account)
        finally:
            self.login, self.account = kept

    def call(self, prefix: str, body: Element) -> Element:
        """Call an operation of the service `prefix` ("tds", "trt", "tr2") as who is logged in.

        Raises NoPermission, SoapFault, Unreachable, BadAnswer.
        """
        path = self.services.get(NS[prefix], DEVICE_PATH)
        try:
            return self.soap.call(path, body, self.login)
        except AuthRejected as fault:
            self._raise_if_closed(fault)
            if self.login is None and self.account is not None and not self._is_refused:
                return self._call_logged_in(body, fault)
            if not self._clock_moved():
                raise NoPermission(f"{xmlsafe.local(body)}: {fault}") from fault
        # The device's clock jumped under a WS-Security login (home-assistant/core#121952): once more, counted.
        attempt = self.logins.attempt(self.key, self.login.user if self.login else "")
        try:
            answer = self.soap.call(path, body, self.login)
        except AuthRejected as fault:
            attempt.refused()
            raise NoPermission(f"{xmlsafe.local(body)}: {fault}") from fault
        attempt.succeeded()
        return answer

    def _call_logged_in(self, body: Element, fault: AuthRejected) -> Element:
        """The first question that a device wants a login for that let everybody in until now: ask it with one, counted."""
        self.asks_login, self._check, self._scheme = True, body, "digest" if fault.digest else "wsse"
        if self._attempt(needed(self.account)):
            return needed(self._answer)
        self.asks_login, self._is_refused = False, True  # once is enough: each costs a place in the count
        raise NoPermission(f"{xmlsafe.local(body)}: {fault}") from fault

    def find_services(self) -> None:
        """Where each service is, on the dialled host whatever the device says (python-onvif-zeep#61, core#34218)."""
        found: dict[str | None, str | None] = {}
        with contextlib.suppress(SoapFault, NoPermission, BadAnswer):
            answer = self.call("tds", TDS.GetServices(TDS.IncludeCapability("false")))
            found = {
                (xmlsafe.text(s, "Namespace") or "").rstrip("/"): xmlsafe.text(s, "XAddr") for s in xmlsafe.find_all(answer, "Service")
            }
        if NS["trt"] not in found and NS["tr2"] not in found:
            with contextlib.suppress(SoapFault, NoPermission, BadAnswer):
                answer = self.call("tds", TDS.GetCapabilities(TDS.Category("All")))
                found |= {NS[p]: a for p, path in _CAPABILITIES if (a := xmlsafe.text(answer, f"Capabilities/{path}/XAddr"))}
        for namespace, address in found.items():
            if namespace and address and namespace != NS["tds"]:
                self.services[namespace] = dialled_path(address)

    def _probe(self) -> None:
        """Ask one protected question without a login: which scheme does the device want? Costs no attempt.

        Raises UnknownDevice where it knows none of them, which every ONVIF device has to.
        """
        unknown: list[SoapFault] = []
        for question in QUESTIONS:
            self._check = question()
            try:
                self._answer = self.soap.call(DEVICE_PATH, self._check)
                self._keep_information()
            except AuthRejected as fault:
                self._raise_if_closed(fault)
                # One that offers digest is asked by digest: a token first would be a second attempt with one password,
                # and digest does not depend on clocks. All others: WS-Security.
                self._scheme = "digest" if fault.digest else "wsse"
                return
            except SoapFault as fault:
                self._raise_if_closed(fault)
                unknown += [fault] if fault.unsupported else []
            except BadAnswer:
                continue
        if len(unknown) == len(QUESTIONS):
            raise UnknownDevice(str(unknown[0])) from unknown[0]
        self.asks_login = False

    def _keep_information(self) -> None:
        if xmlsafe.local(self._check) == "GetDeviceInformation":
            self.information = self._answer

    def _attempt(self, account: Account) -> bool:
        offered = self._try(account, self._scheme)
        if offered == "digest" and self._scheme == "wsse":
            if self._try(account, "digest") is not None:
                return False
            self._scheme = "digest"
            return True
        return offered is None

    def _try(self, account: Account, scheme: Scheme, *, again: bool = True) -> Scheme | None:
        """None when taken; else the scheme that the device offers instead."""
        login = Login(account.user, account.password, scheme)
        attempt = self.logins.attempt(self.key, account.user)
        try:
            self._answer = self.soap.call(DEVICE_PATH, self._check, login)
        except AuthRejected as fault:
            if scheme == "wsse" and fault.about_time:
                attempt.unsent()  # it looked at the token's time and no further
                return self._try_in_its_time(account, fault, again)
            attempt.refused()
            self._raise_if_closed(fault)
            return "digest" if fault.digest else "wsse"
        except SoapFault as fault:
            self._raise_if_closed(fault)
            raise UnknownDevice(str(fault)) from fault
        attempt.succeeded()
        self.login, self.account = login, account
        self._keep_information()
        return None

    def _try_in_its_time(self, account: Account, fault: AuthRejected, again: bool) -> Scheme | None:
        """The device finds our token's time wrong: by its Date header it may be right."""
        before = self.soap.offset
        self._guess_offset()
        if not again or abs(self.soap.offset - before) < timedelta(seconds=2):
            raise UnknownDevice(str(fault)) from fault
        return self._try(account, "wsse", again=False)

    def _raise_if_closed(self, fault: SoapFault) -> None:
        words = f"{' '.join(fault.codes)} {fault.reason}"
        if _INACTIVE.search(words):
            raise NotActivated(str(fault)) from fault
        if _LOCKED.search(words):
            raise LockedOut(str(fault), until=self.logins.device_locked(self.key)) from fault
        left = _LEFT.search(words)
        if left is not None and int(left[1]) <= 1:
            self.logins.device_locked(self.key)  # its last login before the lock is left to a person

    def _clock_moved(self) -> bool:
        if self.login is None or self.login.scheme != "wsse":
            return False
        before = self.soap.offset
        with contextlib.suppress(OnvifOff, UnknownDevice):
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
