"""A thin SOAP 1.2 client over one keep-alive connection: builds envelopes, signs them, reads answers safely.

No WSDL: the ONVIF operations are written out where they are used. Every request has a connect and a read timeout and
stands under the device's deadline; nothing is redirected, no proxy or netrc is used, no answer is read past its limit.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import requests
from lxml import etree
from lxml.builder import ElementMaker
from requests.auth import HTTPDigestAuth
from requests.utils import parse_dict_header

from edge_agent.devices import patience, xmlsafe
from edge_agent.devices.faults import BadAnswer, Unreachable
from edge_agent.devices.patience import Deadline

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
TDS, TRT, TR2, TT = (ElementMaker(namespace=NS[p], nsmap={p: NS[p]}) for p in ("tds", "trt", "tr2", "tt"))
_S = ElementMaker(namespace=NS["s"], nsmap={"s": NS["s"], "tt": NS["tt"]})
_WSSE = ElementMaker(namespace=NS["wsse"], nsmap={"wsse": NS["wsse"], "wsu": NS["wsu"]})
_WSU = ElementMaker(namespace=NS["wsu"])
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_REFUSALS = {"NotAuthorized", "FailedAuthentication", "InvalidSecurity", "FailedCheck", "SenderNotAuthorized"}
_UNSUPPORTED = {"ActionNotSupported", "UnknownAction", "NoSuchService"}
_REFUSAL_WORDS = re.compile(r"not authori[sz]ed|unauthori[sz]ed|authentication (?:failed|error)|illegal login", re.I)
"""For devices whose faults say it in words only."""

Scheme = Literal["wsse", "digest"]


@dataclass(frozen=True)
class Login:
    """A credential and how it is presented; the password never shows in a repr."""

    user: str
    password: str = field(repr=False)
    scheme: Scheme = "wsse"


class SoapFault(Exception):
    """The device answered with a fault, or with an HTTP error and no SOAP. `codes` are local names, outermost first."""

    def __init__(self, codes: tuple[str, ...], reason: str, status: int) -> None:
        self.codes, self.reason, self.status = codes, reason[:200], status
        super().__init__(f"{'/'.join(codes) or f'HTTP {status}'}: {self.reason}")

    @property
    def unsupported(self) -> bool:
        """The device does not know this operation, rather than disliking its arguments."""
        return bool(_UNSUPPORTED & set(self.codes)) or self.status in (404, 405, 501)


class Refused(SoapFault):
    """The device did not accept who is asking; `digest` says that it offers HTTP digest."""

    def __init__(self, codes: tuple[str, ...], reason: str, status: int, digest: bool) -> None:
        super().__init__(codes, reason, status)
        self.digest = digest


class Soap:
    """One device's HTTP side. Not for several threads at once."""

    def __init__(self, host: str, port: int, deadline: Deadline, connect_s: float = 4.0, read_s: float = 10.0) -> None:
        self.host, self.port, self.deadline = host, port, deadline
        self.offset = timedelta(0)
        self.exchanges = 0
        self._timeouts = (connect_s, read_s)
        self._http = patience.session(deadline)
        self._http.headers.update({"Accept-Encoding": "identity", "User-Agent": "ketnoi"})
        self._digest: tuple[Login, HTTPDigestAuth] | None = None

    def close(self) -> None:
        self._http.close()

    def call(self, path: str, body: etree._Element, login: Login | None = None) -> etree._Element:
        """Send `body` to `path` on the dialled host; returns the first element of the answer's Body.

        Raises Refused, SoapFault, and the failures Unreachable and BadAnswer.
        """
        envelope = _S.Envelope()
        if login is not None and login.scheme == "wsse":
            envelope.append(_S.Header(token(login, datetime.now(UTC) + self.offset)))
        envelope.append(_S.Body(body))
        data = etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
        name = etree.QName(body)
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{name.namespace}/{name.localname}"'}
        status, challenge, content = self._post(path, data, headers, login)
        return _read(status, challenge, content)

    def _post(self, path: str, data: bytes, headers: dict[str, str], login: Login | None) -> tuple[int, str | None, bytes]:
        url = f"http://{self.host}:{self.port}{path}"
        if login is None or login.scheme != "digest":
            return self._send(url, data, headers)
        known = self._digest[1] if self._digest and self._digest[0] == login else None
        if known is not None:
            status, challenge, content = self._send(url, data, {**headers, "Authorization": _answer(known, url)})
            # Only a new nonce is answered again (not every device says stale=true): the password was taken before.
            if status != 401 or challenge is None or _nonce(challenge) == known._thread_local.last_nonce:  # type: ignore[attr-defined]
                return status, challenge, content
        else:
            status, challenge, content = self._send(url, data, headers)
            if status != 401 or challenge is None:
                return status, challenge, content
        auth = HTTPDigestAuth(login.user, login.password)
        auth.init_per_thread_state()
        auth._thread_local.chal = parse_dict_header(challenge)  # type: ignore[attr-defined]
        answered = self._send(url, data, {**headers, "Authorization": _answer(auth, url)})
        self._digest = (login, auth) if answered[0] != 401 else None
        return answered

    def _send(self, url: str, data: bytes, headers: dict[str, str]) -> tuple[int, str | None, bytes]:
        try:
            connect_s, read_s = (min(t, self.deadline.left()) for t in self._timeouts)
        except TimeoutError as error:
            raise Unreachable(f"{self.host}:{self.port}: {error}") from error
        self.exchanges += 1
        try:
            with self._http.post(
                url, data=data, headers=headers, timeout=(connect_s, read_s), stream=True, allow_redirects=False
            ) as answer:
                content = self._body(answer)
                challenges = answer.headers.get("WWW-Authenticate", "")
                return answer.status_code, _digest_challenge(challenges), content
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable(f"{self.host}:{self.port} does not answer") from error
        except requests.exceptions.Timeout as error:
            raise Unreachable(f"{self.host}:{self.port} took the request and sent no answer") from error
        except (requests.exceptions.ConnectionError, OSError) as error:
            raise Unreachable(f"{self.host}:{self.port}: {_cause(error)}") from error
        except (requests.exceptions.RequestException, ValueError) as error:
            raise BadAnswer(f"broken HTTP: {type(error).__name__}") from error
        except Exception as error:  # urllib3 and http.client have errors of their own that requests lets through
            if type(error).__module__.partition(".")[0] in ("urllib3", "http"):
                raise BadAnswer(f"broken HTTP: {type(error).__name__}") from error
            raise

    def _body(self, answer: requests.Response) -> bytes:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise BadAnswer("a compressed answer that nobody asked for")
        content = bytearray()
        for chunk in answer.iter_content(16384):
            content += chunk
            if len(content) > xmlsafe.LIMIT:
                raise BadAnswer(f"more than {xmlsafe.LIMIT} bytes")
        return bytes(content)


def token(login: Login, now: datetime) -> etree._Element:
    """A WS-Security user name token with a password digest. Whole seconds and a nonce of 16 bytes: some cameras refuse
    longer ones (lumeohq/onvif-rs#114, agsh/onvif#294); a fresh nonce each time: others refuse replays."""
    nonce, created = secrets.token_bytes(16), now.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + login.password.encode(), usedforsecurity=False).digest()
    return _WSSE.Security(
        _WSSE.UsernameToken(
            _WSSE.Username(login.user),
            _WSSE.Password(base64.b64encode(digest).decode(), Type=_DIGEST),
            _WSSE.Nonce(base64.b64encode(nonce).decode(), EncodingType=_BASE64),
            _WSU.Created(created),
        )
    )


def _read(status: int, challenge: str | None, content: bytes) -> etree._Element:
    if status == 401:
        raise Refused(_codes_if_any(content), "HTTP 401", status, challenge is not None)
    try:
        root = xmlsafe.parse(content)
    except BadAnswer:
        if status != 200:
            raise SoapFault((), f"HTTP {status}", status) from None
        raise
    body = xmlsafe.find(root, "Body")
    first = next(iter(body), None) if body is not None else None
    if first is None or xmlsafe.local(root) != "Envelope":
        if status != 200:
            raise SoapFault((), f"HTTP {status}", status)
        raise BadAnswer("XML, but no SOAP")
    if xmlsafe.local(first) == "Fault":
        codes, reason = _fault(first)
        if _REFUSALS & set(codes) or _REFUSAL_WORDS.search(reason):
            raise Refused(codes, reason, status, challenge is not None)
        raise SoapFault(codes, reason, status)
    return first


def _codes_if_any(content: bytes) -> tuple[str, ...]:
    try:
        fault = xmlsafe.find(xmlsafe.parse(content), "Body/Fault")
    except BadAnswer:
        return ()
    return _fault(fault)[0] if fault is not None else ()


def _fault(fault: etree._Element) -> tuple[tuple[str, ...], str]:
    codes: list[str] = []
    code = xmlsafe.find(fault, "Code")
    while code is not None and len(codes) < 8:
        value = xmlsafe.text(code, "Value") or ""
        codes.append(value.rpartition(":")[2])
        code = xmlsafe.find(code, "Subcode")
    if not codes:  # SOAP 1.1, from devices that mix the two
        codes = [(xmlsafe.text(fault, "faultcode") or "").rpartition(":")[2]]
    reason = xmlsafe.text(fault, "Reason/Text") or xmlsafe.text(fault, "faultstring") or ""
    return tuple(c for c in codes if c), reason


def _digest_challenge(header: str) -> str | None:
    """The parameters of the Digest challenge among those offered ("Basic realm=x, Digest realm=y, ...")."""
    at = header.lower().find("digest ")
    return header[at + 7 :] if at >= 0 else None


def _answer(auth: HTTPDigestAuth, url: str) -> str:
    header = auth.build_digest_header("POST", url)
    if not header:
        raise BadAnswer("an HTTP digest algorithm that nobody knows")
    return header


def _nonce(challenge: str) -> str | None:
    return parse_dict_header(challenge).get("nonce")


def _cause(error: BaseException) -> str:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return getattr(error, "strerror", None) or type(error).__name__
