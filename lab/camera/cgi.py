"""Dahua's CGI as cameras and recorders speak it: /cgi-bin/ with HTTP digest, over the same memory as their other protocols.

Answers are "key=value" lines; refusals are those of real firmware (aiodahua, rroller/dahua, DH-NVR608H), told by flags. A device
is whatever has ``memory``, ``accounts``, ``clock``, ``config`` and ``flags``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from lab.camera import cgi_tables, cgi_values
from lab.camera.accounts import REALM, Accounts, LoginRejected, Visitor
from lab.camera.cgi_tables import Device, Table
from lab.camera.cgi_users import USER_ACTIONS
from lab.camera.cgi_values import OK, TEXT, Action, BadRequest, Query, lines_of
from lab.camera.clock import utc_offset_s
from lab.camera.http import HttpRequest, HttpResponse

_STALE: WeakKeyDictionary[Device, dict[str, tuple[int, Any]]] = WeakKeyDictionary()
"""Of each device: configurations that were written, for how many more reads they show the old, and what that is."""


@dataclass(frozen=True)
class About:
    """What a device says of itself."""

    maker: str
    model: str
    firmware: str


@dataclass(frozen=True)
class Kind:
    """What one kind of device has beside what all have. ``actions``: by script and action, whether it writes and what it does."""

    about: Callable[[Device], About]
    tables: dict[str, Table]
    actions: dict[tuple[str, str], tuple[bool, Action]]


def answer(device: Device, request: HttpRequest, kind: Kind) -> HttpResponse:
    if device.flags["cgi_off"]:
        return HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")
    if request.path == "/OutsideCmd":
        return _outside(device, request)
    try:
        visitor = login(device, request)
    except LoginRejected as refusal:
        return refused(device, refusal)
    response = _act(device, request, visitor, kind)
    if device.flags["cgi_nonce_once"]:
        response = replace(response, headers={**response.headers, "Connection": "close"})
    return response


def login(device: Device, request: HttpRequest) -> Visitor:
    accounts: Accounts = device.accounts
    header = request.headers.get("authorization", "")
    if not header:
        raise LoginRejected("none")
    if device.flags["cgi_uninitialised"]:
        raise LoginRejected("bad_password")
    if device.flags["cgi_basic"]:
        return accounts.basic(header, "http", request.peer)
    visitor = accounts.digest(header, request.method, "http", request.peer)
    if device.flags["cgi_nonce_once"]:
        accounts.forget_nonces()
    return visitor


def refused(device: Device, refusal: LoginRejected) -> HttpResponse:
    if refusal.result == "locked":
        said = "Error\r\nUser Locked! Please try again after 30 minutes.\r\n" if device.flags["cgi_lock_reported"] else ""
        return HttpResponse(401, said.encode(), TEXT, {"WWW-Authenticate": _challenge(device, refusal)})
    said = "Error\r\nInvalid Authority!\r\n" if refusal.result != "none" else ""
    return HttpResponse(401, said.encode(), TEXT, {"WWW-Authenticate": _challenge(device, refusal)})


def _challenge(device: Device, refusal: LoginRejected) -> str:
    if device.flags["cgi_basic"]:
        return 'Basic realm="Device_CGI"'
    realm = f"Login to {device.config.serial}"
    return f'{device.accounts.challenge(qop=True, realm=realm)}, opaque="{REALM}"'


def _act(device: Device, request: HttpRequest, visitor: Visitor, kind: Kind) -> HttpResponse:
    script, entries = request.path.rpartition("/")[2], cgi_values.query(request.target)
    query = dict(entries)
    action = query.get("action", "")
    if script in device.flags["cgi_missing"] or query.get("name") in device.flags["cgi_missing"]:
        return cgi_values.missing(device.flags["cgi_missing_status"])
    if device.flags["cgi_literal_brackets"] and "%5b" in request.target.lower():
        return cgi_values.missing(device.flags["cgi_missing_status"])
    known = _known(kind, script, action)
    try:
        if script == "configManager.cgi":
            return _config(device, request, visitor, kind, action, entries)
        if known is None:
            raise BadRequest(action)
        if known[0] and visitor.level != "Administrator":
            return cgi_values.forbidden()
        response = known[1](device, query)
    except BadRequest:
        response = cgi_values.missing(device.flags["cgi_missing_status"])
    if known and known[0]:
        device.memory.journal(f"{script} {action}", visitor.name, request.peer, "ok" if response.status == 200 else str(response.status))
    return response


def _known(kind: Kind, script: str, action: str) -> tuple[bool, Action] | None:
    if script == "magicBox.cgi" and action in ABOUT:
        return False, lambda device, query: ABOUT[action](device, kind.about(device))
    return {**ACTIONS, **USER_ACTIONS, **kind.actions}.get((script, action))


def _config(
    device: Device, request: HttpRequest, visitor: Visitor, kind: Kind, action: str, entries: list[tuple[str, str]]
) -> HttpResponse:
    if action == "getConfig":
        return _get_config(device, kind, dict(entries).get("name", ""))
    if action != "setConfig":
        raise BadRequest(action)
    if visitor.level != "Administrator":
        return cgi_values.forbidden()
    asked = cgi_tables.grouped([(k, v) for k, v in entries if k != "action"])
    result = "ok"
    try:
        if not asked or set(asked) & set(device.flags["cgi_missing"]):
            raise BadRequest("setConfig")
        for name, values in asked.items():
            _keep_old(device, kind, name)
            values = {p: v for p, v in values.items() if not _one_way(device, name, p, v)}
            if values:
                cgi_tables.write(device, name, values, kind.tables)
    except BadRequest:
        result = "400"
    device.memory.journal(f"setConfig {','.join(asked)}", visitor.name, request.peer, result)
    return OK if result == "ok" else cgi_values.missing(device.flags["cgi_missing_status"])


def _get_config(device: Device, kind: Kind, name: str) -> HttpResponse:
    """``name`` may be of a part: "Encode[0].MainFormat[0]"."""
    whole, *path = cgi_values.steps(name) or [""]
    if whole in device.flags["cgi_forbidden"]:
        return cgi_values.forbidden()
    settings = cgi_tables.read(device, whole, kind.tables)
    left, old = _STALE.get(device, {}).get(whole, (0, None))
    if left > 0:
        _STALE[device][whole] = (left - 1, old)
        settings = old
    for step in path:
        if not isinstance(settings, dict) or step not in settings:
            raise BadRequest(name)
        settings = settings[step]
    return cgi_values.table(settings, f"table.{name}", device.flags["cgi_encoding"], device.flags["cgi_odd_blanks"])


def _keep_old(device: Device, kind: Kind, name: str) -> None:
    """For as many reads as the flag says, a configuration that was written shows what it was before."""
    if device.flags["cgi_stale_reads"]:
        old = copy.deepcopy(cgi_tables.read(device, name, kind.tables))
        _STALE.setdefault(device, {})[name] = (device.flags["cgi_stale_reads"], old)


def _one_way(device: Device, name: str, path: tuple[str, ...], value: str) -> bool:
    """Whether this is a value that the camera takes and doesn't keep: {"UPnP.Enable": "false"}."""
    return bool(device.flags["cgi_one_way"].get(".".join((name, *path))) == value)


def _outside(device: Device, request: HttpRequest) -> HttpResponse:
    """What is told to everybody: whether the camera was ever given a password (DevInit.getStatus)."""
    try:
        asked = json.loads(request.body)
    except ValueError:
        asked = {}
    if request.method != "POST" or not isinstance(asked, dict) or asked.get("method") != "DevInit.getStatus":
        return HttpResponse(404)
    told = {"id": asked.get("id"), "params": {"Init": 1 if device.flags["cgi_uninitialised"] else 2, "Find": "BCD"}, "result": True}
    return HttpResponse(200, json.dumps(told).encode(), "application/json")


def _system(device: Device, about: About) -> HttpResponse:
    told = {"appAutoStart": True, "deviceType": about.model, "hardwareVersion": "1.00", "processor": "S3LM"}
    return lines_of(**told, serialNumber=device.config.serial, updateSerial=about.model)


ABOUT: dict[str, Callable[[Device, About], HttpResponse]] = {
    "getSystemInfo": _system,
    "getDeviceType": lambda device, about: lines_of(type=about.model),
    "getSoftwareVersion": lambda device, about: lines_of(version=f"{about.firmware},build:2019-06-04"),
    "getSerialNo": lambda device, about: lines_of(sn=device.config.serial),
    "getVendor": lambda device, about: lines_of(vendor=about.maker),
}


def _name(device: Device, query: Query) -> HttpResponse:
    return lines_of(name=device.memory["cgi.General.MachineName"])


def _now(device: Device, query: Query) -> HttpResponse:
    return lines_of(result=device.clock.local().strftime("%Y-%m-%d %H:%M:%S"))


def _set_time(device: Device, query: Query) -> HttpResponse:
    try:
        local = datetime.strptime(query["time"], "%Y-%m-%d %H:%M:%S")
    except (KeyError, ValueError):
        raise BadRequest("time") from None
    ahead = local - timedelta(seconds=utc_offset_s(device.memory["clock.timezone"])) - device.clock.utc().replace(tzinfo=None)
    device.memory.write("clock.offset_s", round(ahead.total_seconds() + device.memory["clock.offset_s"], 6))
    return OK


def _reboot(device: Device, query: Query) -> HttpResponse:
    device.soon(device.reboot)
    return OK


ACTIONS: dict[tuple[str, str], tuple[bool, Action]] = {
    ("magicBox.cgi", "getMachineName"): (False, _name),
    ("magicBox.cgi", "reboot"): (True, _reboot),
    ("global.cgi", "getCurrentTime"): (False, _now),
    ("global.cgi", "setCurrentTime"): (True, _set_time),
}
"""By script and action: whether it writes, and what it does."""
