"""Hikvision's front door, for cameras and recorders alike: who asks, for which resource, may they, and the ResponseStatus.

A resource is a row of a table: path, what it shows, what may be written. Bodies are XML in whatever namespace the firmware
likes; refusals are those of real firmware, told by the isapi_ flags (maciej-or/hikvision_next's recordings, device manuals).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from lxml import etree

from lab.camera.accounts import Accounts, LoginRejected, Visitor
from lab.camera.clock import Clock
from lab.camera.config import Config
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.personality import Personality
from lab.camera.state import Memory
from lab.camera.xml import Xml, x

XML = 'application/xml; charset="UTF-8"'
PREFIX = "/ISAPI/"
NOT_FOUND = HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")
STATUS = {
    1: "OK",
    2: "Device Busy",
    3: "Device Error",
    4: "Invalid Operation",
    5: "Invalid XML Format",
    6: "Invalid XML Content",
    7: "Reboot Required",
}


class Device(Protocol):
    """What a face needs of the device that it belongs to."""

    flags: Personality
    memory: Memory
    accounts: Accounts
    clock: Clock

    @property
    def config(self) -> Config: ...

    async def reboot(self) -> None: ...

    def soon(self, action: Callable[[], Any]) -> None: ...


class Refusal(Exception):
    """A ResponseStatus other than OK."""

    def __init__(self, code: int, sub: str, status: int = 403) -> None:
        super().__init__(sub)
        self.code, self.sub, self.status = code, sub, status


NOT_SUPPORTED = Refusal(4, "notSupport")
BAD_CONTENT = Refusal(6, "badParameters", 400)

Show = Callable[[Any, re.Match[str]], Xml]
Take = Callable[[Any, re.Match[str], Any], Any]
"""``Take`` gets the parsed body, for a text/plain one the text, and may give an answer in place of the ResponseStatus."""


class Resource(NamedTuple):
    """One row: a pattern of the path under /ISAPI/ and what can be done there. ``everybody``: viewers may look as well."""

    path: str
    get: Show | None = None
    put: Take | None = None
    post: Take | None = None
    delete: Take | None = None
    everybody: bool = False
    asks: bool = False
    """Its POST asks, and changes nothing."""


def find(resources: tuple[Resource, ...], path: str) -> tuple[Resource, re.Match[str]] | None:
    for resource in resources:
        match = re.fullmatch(resource.path, path)
        if match:
            return resource, match
    return None


async def answer(device: Device, request: HttpRequest, resources: tuple[Resource, ...]) -> HttpResponse:
    if request.path == "/SDK/activateStatus":
        return _document(device, x("ActivateStatus", x("Activated", _activated(device)), version="2.0"))
    if device.flags["isapi_off"]:
        return _psia(device, request)
    if not request.path.startswith(PREFIX):
        return NOT_FOUND
    path = request.path[len(PREFIX) :]
    try:
        visitor = _login(device, request)
    except LoginRejected as refused:
        return _unauthorized(device, refused)
    try:
        return _act(device, request, path, resources, visitor)
    except Refusal as refusal:
        return _status(device, path, refusal)


def _activated(device: Device) -> bool:
    return bool(device.memory["isapi.activated"] and not device.flags["not_activated"])


def _login(device: Device, request: HttpRequest) -> Visitor:
    header = request.headers.get("authorization", "")
    if not _activated(device):
        raise LoginRejected("inactive")
    if device.flags["isapi_basic"]:
        return device.accounts.basic(header, "http", request.peer)
    if not header.lower().startswith("digest"):
        raise LoginRejected("none")
    visitor = device.accounts.digest(header, request.method, "http", request.peer)
    if device.flags["isapi_nonce_once"]:
        device.accounts.forget_nonces()
    return visitor


def _unauthorized(device: Device, refused: LoginRejected) -> HttpResponse:
    """The challenge, and what newer firmware says beside it: whether it is locked, for how long, how many tries are left."""
    headers = {"WWW-Authenticate": _challenge(device, stale=refused.result == "stale")}
    if refused.result in ("none", "stale") or not device.flags["isapi_lock_reported"]:
        return HttpResponse(401, b"<html><body>401 Unauthorized</body></html>", "text/html", headers)
    left = device.accounts.locked_until - time.time()
    children = [
        x("statusValue", 401),
        x("statusString", "Unauthorized"),
        x("isActivated", refused.result != "inactive"),
        x("lockStatus", "lock" if left > 0 else "unlock"),
        x("unlockTime", round(left)) if left > 0 else None,
        x("retryLoginTime", device.accounts.left) if left <= 0 else None,
    ]
    return _document(device, x("userCheck", *children, version="2.0"), 401, headers)


def _challenge(device: Device, stale: bool) -> str:
    if device.flags["isapi_basic"]:
        return 'Basic realm="iVMS"'
    realm = f"IP Camera({device.config.serial[-5:]})"
    offered = device.accounts.challenge(qop=device.flags["isapi_qop"], realm=realm, algorithm=device.flags["isapi_algorithm"])
    return offered + (', stale="TRUE"' if stale and device.flags["isapi_stale_reported"] else ', stale="FALSE"')


def _act(device: Device, request: HttpRequest, path: str, resources: tuple[Resource, ...], visitor: Visitor) -> HttpResponse:
    found = find(resources, path)
    if found is None or path in device.flags["isapi_missing"]:
        raise NOT_SUPPORTED
    resource, match = found
    is_admin = visitor.level == "Administrator"
    if not is_admin and not (resource.everybody and request.method == "GET"):
        if device.flags["isapi_viewer_401"]:
            raise Refusal(4, "badAuthorization", 401)
        raise Refusal(4, "lowPrivilege")
    if request.method == "GET":
        if resource.get is None:
            raise Refusal(4, "methodNotAllowed", 405)
        return _document(device, resource.get(device, match))
    take = {"PUT": resource.put, "POST": resource.post, "DELETE": resource.delete}.get(request.method)
    if resource.asks and take is not None:
        return _document(device, take(device, match, _parsed(request)))
    return _written(device, request, path, take, match, visitor)


def _written(device: Device, request: HttpRequest, path: str, take: Take | None, match: re.Match[str], visitor: Visitor) -> HttpResponse:
    result = "ok"
    try:
        if take is None:
            raise Refusal(4, "methodNotAllowed", 405)
        if path in device.flags["isapi_put_refused"]:
            raise NOT_SUPPORTED
        take(device, match, _parsed(request))
    except Refusal as refusal:
        result = refusal.sub
        raise
    finally:
        device.memory.journal(f"{request.method} {path}", visitor.name, request.peer, result)
    return _status(device, path, Refusal(7 if path in device.flags["isapi_reboot_on"] else 1, "ok", 200))


def _parsed(request: HttpRequest) -> Any:
    if request.headers.get("content-type", "").startswith("text/plain"):
        return request.body.decode()
    if not request.body.strip():
        return None
    try:
        root = etree.fromstring(request.body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    except etree.XMLSyntaxError:
        raise Refusal(5, "badXmlFormat", 400) from None
    return bare(root)


def bare(root: Any) -> Any:
    """The same tree without namespaces: firmware looks at names alone."""
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return root


def text(root: Any, path: str, default: str | None = None) -> str:
    """The text at ``path``. Refusal: it is missing and there is no default."""
    found = root.find(path) if root is not None and not isinstance(root, str) else None
    value = (found.text or "").strip() if found is not None else default
    if value is None:
        raise Refusal(6, "badXmlContent", 400)
    return str(value)


def number(root: Any, path: str, default: int | None = None) -> int:
    word = text(root, path, None if default is None else str(default))
    if not word.lstrip("-").isdecimal():
        raise BAD_CONTENT
    return int(word)


def boolean(root: Any, path: str, default: bool | None = None) -> bool:
    return text(root, path, None if default is None else str(default)).lower() == "true"


def _status(device: Device, path: str, refusal: Refusal) -> HttpResponse:
    """A ResponseStatus; a refusal of a login's level is a 401 with a challenge in some firmware."""
    headers = {"WWW-Authenticate": _challenge(device, stale=False)} if refusal.status == 401 else {}
    words = {
        "requestURL": f"{PREFIX}{path}",
        "statusCode": refusal.code,
        "statusString": STATUS[refusal.code],
        "subStatusCode": refusal.sub,
    }
    if device.flags["isapi_json"]:
        return HttpResponse(refusal.status, json.dumps(words).encode(), "application/json", headers)
    root = x("ResponseStatus", *(x(name, value) for name, value in words.items()), version="2.0")
    return _document(device, root, refusal.status, headers)


def _document(device: Device, root: Xml, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    namespace = device.flags["isapi_namespace"]
    if namespace:
        head, space, rest = root.partition(">")
        end = "/" if head.endswith("/") else ""
        root = Xml(f'{head.removesuffix("/")} xmlns="{namespace}"{end}{space}{rest}')
    return HttpResponse(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode(), XML, headers or {})


def _psia(device: Device, request: HttpRequest) -> HttpResponse:
    """Firmware from before ISAPI has PSIA's paths, and asks for a login there; others have neither."""
    if device.flags["psia"] and request.path.startswith("/PSIA/"):
        return HttpResponse(401, headers={"WWW-Authenticate": 'Basic realm="PSIA"'})
    return NOT_FOUND
