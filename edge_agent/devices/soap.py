"""A thin SOAP 1.2 client over one keep-alive connection: builds envelopes, signs them, reads answers safely.

No WSDL: the ONVIF operations are written out where they are used. Every request has a connect and a read timeout and
stands under the device's deadline; nothing is redirected, no proxy or netrc is used, no answer is read past its limit.
"""

import base64
import copy
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from lxml import etree
from lxml.builder import ElementMaker

from edge_agent.contract.devices import Account
from edge_agent.devices import httpauth, xmlsafe
from edge_agent.devices.exchange import HTTPS_ONLY, Answer, Wire, was_cut
from edge_agent.devices.faults import BadAnswer, Unreachable
from edge_agent.devices.httpauth import Challenge
from edge_agent.devices.patience import Deadline
from edge_agent.devices.xmlsafe import NS as NS
from edge_agent.devices.xmlsafe import Element

TDS, TRT, TR2, TRC, TSE, TT = (ElementMaker(namespace=NS[p], nsmap={p: NS[p]}) for p in ("tds", "trt", "tr2", "trc", "tse", "tt"))
_S = ElementMaker(namespace=NS["s"], nsmap={"s": NS["s"], "tt": NS["tt"]})
_S11 = ElementMaker(
    namespace="http://schemas.xmlsoap.org/soap/envelope/", nsmap={"s": "http://schemas.xmlsoap.org/soap/envelope/", "tt": NS["tt"]}
)
_WSSE = ElementMaker(namespace=NS["wsse"], nsmap={"wsse": NS["wsse"], "wsu": NS["wsu"]})
_WSU = ElementMaker(namespace=NS["wsu"])
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_REFUSALS = {"MessageExpired", "NotAuthorized", "FailedAuthentication", "InvalidSecurity", "FailedCheck", "SenderNotAuthorized"}
_UNSUPPORTED = {"ActionNotSupported", "NotImplemented", "UnknownAction", "NoSuchService", "MustUnderstand"}
_REFUSAL_WORDS = re.compile(
    r"not authori[sz]ed|unauthori[sz]ed|requires authori[sz]ation|authentication (?:failed|error)|authority failure|"
    r"illegal login|invalid username or password|time check failed",
    re.IGNORECASE,
)
"""For devices whose faults say it in words only."""
_UNSUPPORTED_WORDS = re.compile(
    r"not (?:implemented|supported|recogni[sz]ed)|optional (?:action|method)|no such (?:operation|method)", re.IGNORECASE
)
_TOO_OLD = re.compile(r"time check|time ?stamp|expired|out of sync|not synchroni[sz]ed|clock", re.IGNORECASE)

Scheme = Literal["wsse", "digest"]


@dataclass(frozen=True)
class Login:
    """A credential and how it is presented; the password never shows in a repr."""

    user: str
    password: str = field(repr=False)
    scheme: Scheme = "wsse"


class SoapFault(Exception):
    """The device answered with a fault, or with an HTTP error and no SOAP (no `codes`: local names, outermost first)."""

    def __init__(self, codes: tuple[str, ...], reason: str, status: int) -> None:
        self.codes, self.reason, self.status = codes, reason[:200], status
        head = "/".join(codes) or f"HTTP {status}"
        super().__init__(self.reason if self.reason.startswith(head) else f"{head}: {self.reason}")

    @property
    def unsupported(self) -> bool:
        """The device does not know this operation, rather than disliking its arguments."""
        return bool(_UNSUPPORTED & set(self.codes)) or self.status in (404, 405, 501) or bool(_UNSUPPORTED_WORDS.search(self.reason))


class AuthRejected(SoapFault):
    """The device did not accept who is asking; `digest` says that it offers HTTP digest."""

    def __init__(self, codes: tuple[str, ...], reason: str, status: int, digest: bool) -> None:
        super().__init__(codes, reason, status)
        self.digest = digest

    @property
    def about_time(self) -> bool:
        """It says that the token's time is wrong, not its password (agsh/onvif#249)."""
        return "MessageExpired" in self.codes or bool(_TOO_OLD.search(self.reason))


class Soap:
    """One device's ONVIF side. Not for several threads at once."""

    def __init__(self, host: str, port: int, deadline: Deadline, connect_s: float = 4.0, read_s: float = 10.0) -> None:
        self.host, self.port, self.deadline = host, port, deadline
        self.offset = timedelta(0)
        self.header_time: datetime | None = None
        """The device's clock as the last answer's Date header tells it."""
        self._wire = Wire(host, port, deadline, connect_s, read_s, short=True)
        self._old = False
        self._challenges: dict[tuple[str, Login | None], Challenge] = {}

    @property
    def exchanges(self) -> int:
        return self._wire.exchanges

    def close(self) -> None:
        self._wire.close()

    def call(self, path: str, body: Element, login: Login | None = None) -> Element:
        """Send `body` to `path` on the dialled host; returns the first element of the answer's Body.

        Raises AuthRejected, SoapFault, and the failures Unreachable and BadAnswer.
        """
        for again in (True, False):
            try:
                return self._once(path, body, login)
            except Unreachable as failure:
                # A kept connection that the device closed meanwhile; a question may be asked twice, a write not.
                if not (again and was_cut(failure) and etree.QName(body).localname.startswith("Get")):
                    raise
        raise AssertionError("unreachable")

    def _once(self, path: str, body: Element, login: Login | None) -> Element:
        name = etree.QName(body)
        answer = self._post(path, *self._envelope(body, login), login)
        if answer.status == 200 and not answer.content.strip():
            if not name.localname.startswith("Get"):
                return etree.Element(f"{name.localname}Response")  # accepted, says some firmware so; reading back tells
            if not self._old:  # firmware built for SOAP 1.1 answers 1.2 with nothing (OpenIPC/viewer#65)
                self._old = True
                answer = self._post(path, *self._envelope(body, login), login)
        return _read(answer)

    def _envelope(self, body: Element, login: Login | None) -> tuple[bytes, dict[str, str]]:
        """The message and its headers, in SOAP 1.2 or, for devices that know no other, 1.1."""
        make = _S11 if self._old else _S
        envelope = make.Envelope()
        if login is not None and login.scheme == "wsse":
            envelope.append(make.Header(token(login, datetime.now(UTC) + self.offset)))
        envelope.append(make.Body(copy.deepcopy(body)))
        name = etree.QName(body)
        action = f"{name.namespace}/{name.localname}"
        new = {"Content-Type": self.content_type(action)}
        old = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        return etree.tostring(envelope, encoding="utf-8", xml_declaration=True), old if self._old else new

    def content_type(self, action: str) -> str:
        """Of a message in SOAP 1.2. Most devices ignore `action`, some want it (agsh/onvif#226, #498)."""
        return f'application/soap+xml; charset=utf-8; action="{action}"'

    def _post(self, path: str, data: bytes, headers: dict[str, str], login: Login | None) -> Answer:
        """Each address has challenges of its own: some devices bind a nonce to it (IOTechSystems/onvif#41), and take another's
        for a wrong password."""
        if login is None or login.scheme != "digest":
            answer = self._send(path, data, headers)
            self._keep(path, None, answer)
            return answer
        taken = self._challenges.get((path, login))
        challenge = taken or self._challenges.pop((path, None), None)
        if challenge is None:
            answer = self._send(path, data, headers)
            challenge = self._keep(path, login, answer)
            if challenge is None:
                return answer
        answer = self._send(path, data, {**headers, "Authorization": _authorization(challenge, login, path)})
        if answer.status != 401:
            self._challenges[path, login] = challenge
            return answer
        old = self._challenges.pop((path, login), None)
        fresh = self._keep(path, login, answer)
        # A password that this nonce let in before is sent once more, with the new nonce (not every device says stale=true).
        if taken is None or fresh is None or (old is not None and fresh.nonce == old.nonce):
            self._challenges.pop((path, login), None)
            return answer
        answer = self._send(path, data, {**headers, "Authorization": _authorization(fresh, login, path)})
        if answer.status == 401:
            self._challenges.pop((path, login), None)
        return answer

    def _keep(self, path: str, login: Login | None, answer: Answer) -> Challenge | None:
        """The digest challenge of a 401, kept for the next request to `path`."""
        found = _challenge(answer) if answer.status == 401 else None
        if found is not None:
            self._challenges[path, login] = found
        return found

    def _send(self, path: str, data: bytes, headers: dict[str, str]) -> Answer:
        answer = self._wire.send("POST", path, data, headers)
        self.header_time = _http_date(answer.headers.get("date"))
        return answer


def _challenge(answer: Answer) -> Challenge | None:
    offered = httpauth.challenges(answer.headers.get("www-authenticate", ""))
    return next((c for c in offered if c.scheme == "digest"), None)


def _authorization(challenge: Challenge, login: Login, path: str) -> str:
    return httpauth.answer(challenge, Account(login.user, login.password), "POST", path)


def _http_date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def token(login: Login, now: datetime) -> Element:
    """A WS-Security user name token with a password digest. Whole seconds and a nonce of 16 bytes: some cameras refuse
    longer ones (lumeohq/onvif-rs#114, agsh/onvif#294); a fresh nonce each time: others refuse replays."""
    nonce, created = secrets.token_bytes(16), now.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + login.password.encode(), usedforsecurity=False).digest()
    made: Element = _WSSE.Security(
        _WSSE.UsernameToken(
            _WSSE.Username(login.user),
            _WSSE.Password(base64.b64encode(digest).decode(), Type=_DIGEST),
            _WSSE.Nonce(base64.b64encode(nonce).decode(), EncodingType=_BASE64),
            _WSU.Created(created),
        )
    )
    return made


def _read(answer: Answer) -> Element:
    status, offers = answer.status, _challenge(answer) is not None
    if status == 401:
        codes, reason = _fault_if_any(answer.content)
        raise AuthRejected(codes, reason or "HTTP 401", status, offers)
    try:
        root = xmlsafe.parse(answer.content)
    except BadAnswer as error:
        raise _no_soap(answer, offers) or error from None
    body = xmlsafe.find(root, "Body")
    first = next(iter(body), None) if body is not None else None
    if first is None or xmlsafe.local(root) != "Envelope":
        raise _no_soap(answer, offers) or BadAnswer("XML, but no SOAP")
    if xmlsafe.local(first) == "Fault":
        codes, reason = _fault(first)
        if _REFUSALS & set(codes) or _REFUSAL_WORDS.search(reason):
            raise AuthRejected(codes, reason, status, offers)
        raise SoapFault(codes, reason, status)
    return first


def _no_soap(answer: Answer, offers: bool) -> SoapFault | None:
    """What an answer without SOAP means by its status; None for a 200."""
    if answer.status == 200:
        return None
    if answer.sends_to_https:
        return SoapFault((), HTTPS_ONLY.en, answer.status)
    reason = _plain_reason(answer)
    return AuthRejected((), reason, 403, offers) if answer.status == 403 else SoapFault((), reason, answer.status)


def _plain_reason(answer: Answer) -> str:
    """What an error page says: makers put "The account is locked" into HTML too."""
    words = re.sub(r"<[^>]{0,500}>|\s+", " ", answer.text[:2000]).strip()
    return f"HTTP {answer.status} {words}".strip()[:120]


def _fault_if_any(content: bytes) -> tuple[tuple[str, ...], str]:
    try:
        fault = xmlsafe.find(xmlsafe.parse(content), "Body/Fault")
    except BadAnswer:
        return (), ""
    return _fault(fault) if fault is not None else ((), "")


def _fault(fault: Element) -> tuple[tuple[str, ...], str]:
    codes: list[str] = []
    code = xmlsafe.find(fault, "Code")
    while code is not None and len(codes) < 8:
        value = xmlsafe.text(code, "Value") or ""
        codes.append(value.rpartition(":")[2].strip())
        code = xmlsafe.find(code, "Subcode")
    if not codes:  # SOAP 1.1, from devices that mix the two
        codes = [(xmlsafe.text(fault, "faultcode") or "").rpartition(":")[2]]
    paths = ("Reason/Text", "faultstring", "Reason", "Detail/Text", "detail")
    reason = next((r for r in (xmlsafe.text(fault, p) for p in paths) if r), "")
    return tuple(c for c in codes if c) or ("Fault",), reason
