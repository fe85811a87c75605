"""ISAPI over HTTP: XML documents by path, answers of success and failure told apart, whatever namespace a firmware uses.

A refusal comes as ResponseStatus (XML, in newer firmware also JSON) with statusCode and subStatusCode, with any HTTP status from
200 to 503; a refused login in some as userCheck with lockStatus, unlockTime (s) and retryLoginTime (logins left).
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from edge_agent.devices import xmlsafe
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import BadAnswer, NoPermission, NotActivated
from edge_agent.devices.vendor_http import REFUSED, Refusal, VendorHttp
from edge_agent.devices.xmlsafe import Element

BASE = "/ISAPI/"
LOGIN_PATH = "/ISAPI/System/deviceInfo"
XML = "application/xml; charset=UTF-8"
OK, BUSY, REBOOT = 1, 2, 7
BUSY_PAUSES_S = (0.5, 1.5)

_UNSUPPORTED_SUBS = {"notsupport", "methodnotallowed", "invalidoperation", "notsupported", "unsupported"}
_FORBIDDEN_SUBS = {"lowprivilege", "badauthorization", "nopermission", "permissiondenied", "noright"}
_LOCKED_SUBS = {"userlocked", "accountlocked", "iplocked", "loginlocked", "illegalloginlocked"}
_LOCKED_WORDS = re.compile(r"\b(?:user|account|ip|device) (?:is|has been)? ?locked\b", re.IGNORECASE)
_TAG = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Status:
    """A ResponseStatus. `code`: 1 OK, 2 busy, 3 device error, 4 invalid operation, 5/6 bad XML, 7 reboot required."""

    code: int | None
    sub: str
    text: str


class IsapiFault(Exception):
    """The device refused a request; the text never holds what was sent."""

    def __init__(self, http: int, status: Status | None) -> None:
        self.http, self.status = http, status
        said = f"{status.text} ({status.sub})" if status else ""
        super().__init__(f"HTTP {http} {said}".strip())

    @property
    def unsupported(self) -> bool:
        """The device doesn't have this, rather than disliking what was sent."""
        sub = self.status.sub.lower() if self.status else ""
        return self.http in (404, 405, 501) or sub in _UNSUPPORTED_SUBS or (self.http == 403 and not sub)


def judge(answer: Answer) -> Refusal | None:
    """What a 401 or 403, or the answer to a login, says (see vendor_http.Judge)."""
    try:
        root = document(answer)
    except BadAnswer:
        return _on_a_page(answer)
    if xmlsafe.boolean(root, "isActivated") is False:
        return Refusal("inactive")
    status = status_of(root)
    sub = status.sub.lower() if status else ""
    if sub == "notactivated":
        return Refusal("inactive")
    seconds, left = xmlsafe.number(root, "unlockTime"), xmlsafe.number(root, "retryLoginTime")
    if (xmlsafe.text(root, "lockStatus") or "").lower() in ("lock", "locked") or sub in _LOCKED_SUBS:
        return Refusal("locked", seconds=seconds)
    if sub in _FORBIDDEN_SUBS:
        return Refusal("permission", status.sub if status else "")
    if xmlsafe.number(root, "statusValue") == 200:
        return None
    if left is not None or xmlsafe.number(root, "statusValue") == 401:
        return Refusal("password", left=left)
    return _on_a_page(answer)


def _on_a_page(answer: Answer) -> Refusal | None:
    """For firmware that says it on a page for people."""
    return Refusal("locked") if answer.status in REFUSED and _LOCKED_WORDS.search(answer.text[:2000]) else None


def document(answer: Answer) -> Element:
    """The answer's root element; JSON, which some firmware answers unasked, becomes the same tree. Raises BadAnswer."""
    body = answer.content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not body:
        raise BadAnswer("an empty document")
    if body[:1] not in (b"{", b"["):
        return xmlsafe.parse(answer.content)
    try:
        found = json.loads(answer.text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadAnswer("not JSON") from error
    if not isinstance(found, dict):
        raise BadAnswer("JSON, but no object")
    name, content = next(iter(found.items())) if len(found) == 1 else ("ResponseStatus", found)
    if not isinstance(content, dict):
        name, content = "ResponseStatus", found
    root = etree.Element(name if _TAG.fullmatch(name) else "json")
    _fill(root, content, 0)
    return root


def status_of(root: Element) -> Status | None:
    """The ResponseStatus that `root` is; None for any other document."""
    if xmlsafe.local(root) != "ResponseStatus" or xmlsafe.find(root, "statusCode") is None:
        return None
    text = xmlsafe.text(root, "statusString") or xmlsafe.text(root, "errorMsg") or ""
    return Status(xmlsafe.number(root, "statusCode"), xmlsafe.text(root, "subStatusCode") or "", text[:200])


class Isapi:
    """Requests as who is logged in. Paths are relative to /ISAPI/."""

    def __init__(self, http: VendorHttp) -> None:
        self.http = http
        self.reboot_asked = False
        """Some answer said that its change waits for a reboot."""
        self.lock_known = False

    def get(self, path: str) -> Element:
        """Raises IsapiFault, NoPermission, Unreachable, BadAnswer."""
        return self._read(self._ask("GET", path))

    def put(self, path: str, body: Element | str | None = None) -> None:
        """Send a document, or bare text where a resource is one value. Raises as `get`."""
        self._write("PUT", path, body)

    def post(self, path: str, body: Element | None = None) -> None:
        self._write("POST", path, body)

    def delete(self, path: str) -> None:
        self._write("DELETE", path, None)

    def search(self, path: str, body: Element) -> Element:
        """A POST that asks and changes nothing."""
        return self._read(self._ask("POST", path, body, is_question=True))

    def _write(self, method: str, path: str, body: Element | str | None) -> None:
        answer = self._ask(method, path, body)
        if not answer.content.strip():
            if answer.status >= 300:
                raise IsapiFault(answer.status, None)
            return
        try:
            status = status_of(document(answer))
        except BadAnswer:
            status = None
        if answer.status >= 300 or (status is not None and status.code not in (OK, REBOOT, None)):
            raise self._fault(path, answer.status, status)
        self.reboot_asked |= status is not None and status.code == REBOOT

    def _read(self, answer: Answer) -> Element:
        if answer.status >= 300:
            try:
                status = status_of(document(answer))
            except BadAnswer:
                status = None
            raise self._fault("", answer.status, status)
        root = document(answer)
        if (status := status_of(root)) is not None:
            raise self._fault("", answer.status, status)
        return root

    def _fault(self, path: str, http: int, status: Status | None) -> Exception:
        sub = status.sub.lower() if status else ""
        if sub in _FORBIDDEN_SUBS:
            return NoPermission(f"{path} {status.sub if status else ''}".strip())
        if sub == "notactivated":
            return NotActivated("")
        return IsapiFault(http, status)

    def _ask(self, method: str, path: str, body: Element | str | None = None, *, is_question: bool | None = None) -> Answer:
        """One request; a device that says that it is busy is asked again, twice."""
        data = body.encode() if isinstance(body, str) else None if body is None else serialise(body)
        kind = None if data is None else "text/plain" if isinstance(body, str) else XML
        for pause in BUSY_PAUSES_S:
            answer = self.http.request(method, BASE + path, data, kind, is_question=is_question)
            if not _busy(answer):
                return answer
            time.sleep(pause)
        return self.http.request(method, BASE + path, data, kind, is_question=is_question)


def serialise(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def element(like: Element | None, name: str) -> Element:
    """A new element in the namespace that `like` has."""
    namespace = etree.QName(like).namespace if like is not None else None
    return etree.Element(f"{{{namespace}}}{name}" if namespace else name)


def put_text(parent: Element, path: str, value: object) -> Element:
    """Set the text at `path` of local names, making what is missing in the parent's namespace; returns the element."""
    for name in path.split("/"):
        child = xmlsafe.find(parent, name)
        if child is None:
            namespace = etree.QName(parent).namespace
            child = etree.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
        parent = child
    parent.text = str(value)
    return parent


def remove(parent: Element, name: str) -> None:
    for child in xmlsafe.find_all(parent, name):
        parent.remove(child)


def _busy(answer: Answer) -> bool:
    if answer.status not in (200, 503) or b"statusCode" not in answer.content[:2000]:
        return False
    try:
        status = status_of(document(answer))
    except BadAnswer:
        return False
    return status is not None and status.code == BUSY


def _fill(parent: Element, content: Mapping[str, object], depth: int) -> None:
    if depth > 30:
        raise BadAnswer("JSON nested too deeply")
    for name, value in content.items():
        if not _TAG.fullmatch(name):
            continue
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, name)
            if isinstance(one, dict):
                _fill(child, one, depth + 1)
            elif one is not None:
                text = str(one).lower() if isinstance(one, bool) else str(one)
                child.text = "".join(c for c in text if c.isprintable())
