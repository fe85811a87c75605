"""ONVIF's front door: which operation, who asks, may they, and the answer or the fault."""

from __future__ import annotations

from dataclasses import replace
from email.utils import format_datetime

from lab.camera.accounts import ANONYMOUS, REALM, LoginRejected, Visitor
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.shape import Camera, Operation, Service
from lab.camera.spoil import spoil
from lab.camera.xml import NS, Fault, Request, Xml, envelope, parse, x

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
SOAP11 = b"http://schemas.xmlsoap.org/soap/envelope/"


def fault_response(fault: Fault, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(fault.status, envelope(fault.body()), headers=headers or {})


async def answer(camera: Camera, http: HttpRequest) -> HttpResponse:
    """One POST to any of the services' addresses; like real cameras, the namespace decides which service is meant."""
    if camera.flags["soap11_only"] and SOAP11 not in http.body:
        return HttpResponse(200)
    name, response = _answer(camera, replace(http, body=http.body.replace(SOAP11, NS["env"].encode())))
    if camera.flags["date_header"]:
        response.headers["Date"] = format_datetime(camera.clock.utc(), usegmt=True)
    return spoil(camera.flags["spoil"], response, name)


def _answer(camera: Camera, http: HttpRequest) -> tuple[str, HttpResponse]:
    """The operation's name, as far as it was understood, and what it is answered."""
    name = ""
    try:
        if camera.flags["action_refused"] and "action=" in http.headers.get("content-type", ""):
            raise Fault("wsa:ActionNotSupported", text="The [action] cannot be processed at the receiver.")
        request = parse(http.body)
        name = request.operation
        service = next((s for s in camera.services() if NS[s.prefix] == request.namespace), None)
        operation = service.operations.get(request.operation) if service else None
        if service is None or operation is None:
            raise Fault("ter:ActionNotSupported", text=f"{request.operation} is not supported", code="env:Receiver")
        visitor = _who(camera, http, request, operation)
    except LoginRejected as refusal:
        return name, _refusal(camera, http, refusal, challenge=request.token is None or camera.flags["digest_only"])
    except Fault as fault:
        return name, fault_response(fault)
    return name, _perform(camera, service, operation, request, visitor, http.peer)


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
    """The login that counts. LoginRejected: none where one is needed, or a wrong one."""
    if camera.flags["no_login_needed"]:
        return Visitor("", "Administrator")
    if operation.access == "PRE_AUTH" and not camera.flags["pre_auth_closed"]:
        return ANONYMOUS
    authorization = http.headers.get("authorization")
    if camera.flags["not_activated"] and (request.token or authorization):
        raise LoginRejected("inactive")
    if request.token is not None and not camera.flags["digest_only"]:
        return camera.accounts.wss(request.token, http.peer)
    if authorization is not None and not camera.flags["wss_only"]:
        if camera.flags["nonce_by_url"] and f'realm="{_realm(camera, http)}"' not in authorization:
            camera.accounts.refuse("http", "", http.peer, "bad_password")
        return camera.accounts.digest(authorization, http.method, "http", http.peer, camera.accounts.onvif_area)
    raise LoginRejected("none")


def _realm(camera: Camera, http: HttpRequest) -> str:
    return f"{REALM} {http.path}" if camera.flags["nonce_by_url"] else REALM


def _refusal(camera: Camera, http: HttpRequest, refusal: LoginRejected, challenge: bool) -> HttpResponse:
    """A refused login: 401 and a challenge to whom digest may help, else the fault alone (ONVIF core, 5.12)."""
    flags = camera.flags
    text = "The account is locked" if refusal.result == "locked" else "Sender not Authorized"
    if refusal.result == "inactive":
        text = "The device is not activated"
    if flags["time_fault"] and refusal.result == "stale":
        text = flags["time_fault"]
    if flags["attempts_reported"] and refusal.result in ("bad_password", "unknown_user"):
        text += f". Invalid username or password! You still have {camera.accounts.left} attempt(s)."
    if flags["wss_only"] or not challenge:
        return fault_response(Fault("ter:NotAuthorized", text=text, status=flags["denied_status"]))
    offered = [
        camera.accounts.challenge(qop=flags["digest_qop"], stale=refusal.result == "stale", realm=_realm(camera, http), algorithm=one)
        for one in flags["digest_algorithms"]
    ]
    return fault_response(Fault("ter:NotAuthorized", text=text, status=401), {"WWW-Authenticate": ", ".join(offered)})
