"""ONVIF's front door: which operation, who asks, may they, and the answer or the fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.camera.accounts import ANONYMOUS, Refused, Visitor
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.xml import NS, Fault, Request, Xml, envelope, parse, x

if TYPE_CHECKING:
    from lab.camera.camera import Camera

# The default access policy of ONVIF's core specification: access class -> the levels that have it.
ALLOWED = {
    "PRE_AUTH": {"Administrator", "Operator", "User", "Anonymous"},
    "READ_SYSTEM": {"Administrator", "Operator", "User"},
    "READ_SYSTEM_SECRET": {"Administrator"},
    "WRITE_SYSTEM": {"Administrator"},
    "UNRECOVERABLE": {"Administrator"},
    "READ_MEDIA": {"Administrator", "Operator", "User"},
    "ACTUATE": {"Administrator", "Operator"},
}
WRITES = {"WRITE_SYSTEM", "UNRECOVERABLE", "ACTUATE"}


class Operation(NamedTuple):
    """What may be asked: its access class and the function that gives the children of the answer."""

    access: str
    answer: Callable[[Camera, Request], Any]


class Service(NamedTuple):
    """A family of operations. ``flag``: the personality flag that takes it away."""

    prefix: str
    path: str
    version: tuple[int, int]
    operations: dict[str, Operation]
    flag: str = "onvif_off"


def fault_response(fault: Fault, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(fault.status, envelope(fault.body()), headers=headers or {})


async def answer(camera: Camera, http: HttpRequest) -> HttpResponse:
    """One POST to any of the services' addresses; like real cameras, the namespace decides which service is meant."""
    try:
        request = parse(http.body)
        service = next((s for s in camera.services() if NS[s.prefix] == request.namespace), None)
        operation = service.operations.get(request.operation) if service else None
        if service is None or operation is None:
            raise Fault("ter:ActionNotSupported", text=f"{request.operation} is not supported", code="env:Receiver")
        visitor = _who(camera, http, request, operation)
    except Refused as refusal:
        return _refusal(camera, refusal, challenge=request.token is None or camera.flags["digest_only"])
    except Fault as fault:
        return fault_response(fault)
    return _perform(camera, service, operation, request, visitor, http.peer)


def _perform(camera: Camera, service: Service, operation: Operation, request: Request, visitor: Visitor, peer: str) -> HttpResponse:
    writes = operation.access in WRITES
    try:
        if visitor.level not in ALLOWED[operation.access] and operation.access != "PRE_AUTH":
            raise Fault("ter:NotAuthorized", text="Sender not Authorized", status=camera.flags["denied_status"])
        if request.operation in camera.flags["write_faults"]:
            raise Fault(camera.flags["write_faults"][request.operation], code="env:Receiver")
        children = operation.answer(camera, request)
    except Fault as fault:
        if writes:
            camera.memory.journal(request.operation, visitor.name, peer, str(fault))
        return fault_response(fault)
    if writes:
        camera.memory.journal(request.operation, visitor.name, peer, "ok")
    body = x(f"{service.prefix}:{request.operation}Response", children)
    if camera.flags["unescaped_amp"] and request.operation == "GetStreamUri":
        body = Xml(body.replace("&amp;", "&"))
    return HttpResponse(200, envelope(body))


def _who(camera: Camera, http: HttpRequest, request: Request, operation: Operation) -> Visitor:
    """The login that counts. Refused: none where one is needed, or a wrong one."""
    if operation.access == "PRE_AUTH" and not camera.flags["pre_auth_closed"]:
        return ANONYMOUS
    authorization = http.headers.get("authorization")
    if request.token is not None and not camera.flags["digest_only"]:
        return camera.accounts.wss(request.token, http.peer)
    if authorization is not None and not camera.flags["wss_only"]:
        return camera.accounts.digest(authorization, http.method, "http", http.peer, camera.accounts.onvif_area)
    raise Refused("none")


def _refusal(camera: Camera, refusal: Refused, challenge: bool) -> HttpResponse:
    """A refused login: 401 and a challenge to whom digest may help, else the fault alone (ONVIF core, 5.12)."""
    text = "The account is locked" if refusal.result == "locked" else "Sender not Authorized"
    if camera.flags["wss_only"] or not challenge:
        return fault_response(Fault("ter:NotAuthorized", text=text, status=camera.flags["denied_status"]))
    header = camera.accounts.challenge(qop=True, stale=refusal.result == "stale")
    return fault_response(Fault("ter:NotAuthorized", text=text, status=401), {"WWW-Authenticate": header})
