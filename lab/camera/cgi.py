"""Dahua's face: /cgi-bin/ with HTTP digest, over the same memory as the camera's ONVIF side.

Answers are "key=value" lines; refusals are those of real firmware (aiodahua, rroller/dahua, DH-NVR608H), told by flags.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from lab.camera import accounts, cgi_config, cgi_words, clips, encoders, makes
from lab.camera.accounts import Refused, Visitor
from lab.camera.cgi_words import OK, TEXT, BadRequest
from lab.camera.clock import utc_offset_s
from lab.camera.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lab.camera.camera import Camera

Query = dict[str, str]
_STALE: WeakKeyDictionary[Camera, dict[str, tuple[int, Any]]] = WeakKeyDictionary()
"""Of each camera: configurations that were written, for how many more reads they show the old, and what that is."""
GROUPS = {"Administrator": "admin", "User": "user", "Operator": "user"}
LEVELS = {"admin": "Administrator", "user": "User"}
MAX_USERS = 18


async def answer(camera: Camera, request: HttpRequest) -> HttpResponse:
    if camera.flags["cgi_off"]:
        return HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")
    if request.path == "/OutsideCmd":
        return _outside(camera, request)
    try:
        visitor = _login(camera, request)
    except Refused as refusal:
        return _refused(camera, refusal)
    if request.path.endswith("/snapshot.cgi"):
        return HttpResponse(200, await clips.snapshot(encoders.picture(camera, "main"), camera.config.clip_dir), "image/jpeg")
    response = _act(camera, request, visitor)
    if camera.flags["cgi_nonce_once"]:
        response = replace(response, headers={**response.headers, "Connection": "close"})
    return response


def _login(camera: Camera, request: HttpRequest) -> Visitor:
    header = request.headers.get("authorization", "")
    if not header:
        raise Refused("none")
    if camera.flags["cgi_uninitialised"]:
        raise Refused("bad_password")
    if camera.flags["cgi_basic"]:
        return camera.accounts.basic(header, "http", request.peer)
    visitor = camera.accounts.digest(header, request.method, "http", request.peer)
    if camera.flags["cgi_nonce_once"]:
        camera.accounts.forget_nonces()
    return visitor


def _refused(camera: Camera, refusal: Refused) -> HttpResponse:
    if refusal.result == "locked":
        said = "Error\r\nUser Locked! Please try again after 30 minutes.\r\n" if camera.flags["cgi_lock_told"] else ""
        return HttpResponse(401, said.encode(), TEXT, {"WWW-Authenticate": _challenge(camera, refusal)})
    said = "Error\r\nInvalid Authority!\r\n" if refusal.result != "none" else ""
    return HttpResponse(401, said.encode(), TEXT, {"WWW-Authenticate": _challenge(camera, refusal)})


def _challenge(camera: Camera, refusal: Refused) -> str:
    if camera.flags["cgi_basic"]:
        return 'Basic realm="Device_CGI"'
    realm = f"Login to {camera.config.serial}"
    return camera.accounts.challenge(qop=True, realm=realm) + f', opaque="{accounts.REALM}"'


def _act(camera: Camera, request: HttpRequest, visitor: Visitor) -> HttpResponse:
    script, entries = request.path.rpartition("/")[2], cgi_words.query(request.target)
    query = dict(entries)
    action = query.get("action", "")
    if script in camera.flags["cgi_missing"] or query.get("name") in camera.flags["cgi_missing"]:
        return cgi_words.missing(camera.flags["cgi_missing_status"])
    try:
        if script == "configManager.cgi":
            return _config(camera, request, visitor, action, entries)
        known = ACTIONS.get((script, action))
        if known is None:
            raise BadRequest(action)
        writes, act = known
        if writes and visitor.level != "Administrator":
            return cgi_words.forbidden()
        response = act(camera, query)
    except BadRequest:
        response = cgi_words.missing(camera.flags["cgi_missing_status"])
    if ACTIONS.get((script, action), (False,))[0]:
        camera.memory.journal(f"{script} {action}", visitor.name, request.peer, "ok" if response.status == 200 else str(response.status))
    return response


def _config(camera: Camera, request: HttpRequest, visitor: Visitor, action: str, entries: list[tuple[str, str]]) -> HttpResponse:
    if action == "getConfig":
        return _get_config(camera, dict(entries).get("name", ""))
    if action != "setConfig":
        raise BadRequest(action)
    if visitor.level != "Administrator":
        return cgi_words.forbidden()
    asked = cgi_config.grouped([(k, v) for k, v in entries if k != "action"])
    result = "ok"
    try:
        if not asked or set(asked) & set(camera.flags["cgi_missing"]):
            raise BadRequest("setConfig")
        for name, values in asked.items():
            _keep_old(camera, name)
            values = {p: v for p, v in values.items() if not _one_way(camera, name, p, v)}
            if values:
                cgi_config.write(camera, name, values)
    except BadRequest:
        result = "400"
    camera.memory.journal(f"setConfig {','.join(asked)}", visitor.name, request.peer, result)
    return OK if result == "ok" else cgi_words.missing(camera.flags["cgi_missing_status"])


def _get_config(camera: Camera, name: str) -> HttpResponse:
    """``name`` may be of a part: "Encode[0].MainFormat[0]"."""
    whole, *path = cgi_words.steps(name) or [""]
    if whole in camera.flags["cgi_forbidden"]:
        return cgi_words.forbidden()
    settings = cgi_config.read(camera, whole)
    left, old = _STALE.get(camera, {}).get(whole, (0, None))
    if left > 0:
        _STALE[camera][whole] = (left - 1, old)
        settings = old
    for step in path:
        if not isinstance(settings, dict) or step not in settings:
            raise BadRequest(name)
        settings = settings[step]
    return cgi_words.table(settings, f"table.{name}", camera.flags["cgi_encoding"], camera.flags["cgi_odd_blanks"])


def _keep_old(camera: Camera, name: str) -> None:
    """For as many reads as the flag says, a configuration that was written shows what it was before."""
    if camera.flags["cgi_stale_reads"]:
        old = copy.deepcopy(cgi_config.read(camera, name))
        _STALE.setdefault(camera, {})[name] = (camera.flags["cgi_stale_reads"], old)


def _one_way(camera: Camera, name: str, path: tuple[str, ...], value: str) -> bool:
    """Whether this is a value that the camera takes and doesn't keep: {"UPnP.Enable": "false"}."""
    return bool(camera.flags["cgi_one_way"].get(".".join((name, *path))) == value)


def _outside(camera: Camera, request: HttpRequest) -> HttpResponse:
    """What is told to everybody: whether the camera was ever given a password (DevInit.getStatus)."""
    try:
        asked = json.loads(request.body)
    except ValueError:
        asked = {}
    if request.method != "POST" or not isinstance(asked, dict) or asked.get("method") != "DevInit.getStatus":
        return HttpResponse(404)
    told = {"id": asked.get("id"), "params": {"Init": 1 if camera.flags["cgi_uninitialised"] else 2, "Find": "BCD"}, "result": True}
    return HttpResponse(200, json.dumps(told).encode(), "application/json")


def _lines(**values: Any) -> HttpResponse:
    return cgi_words.table(values, "")


def _system(camera: Camera, query: Query) -> HttpResponse:
    model = cgi_config.model(camera)
    told = {"appAutoStart": True, "deviceType": model, "hardwareVersion": "1.00", "processor": "S3LM"}
    return _lines(**told, serialNumber=camera.config.serial, updateSerial=model)


def _version(camera: Camera, query: Query) -> HttpResponse:
    return _lines(version=f"{makes.of(camera.config.make).firmware},build:2019-06-04")


def _type(camera: Camera, query: Query) -> HttpResponse:
    return _lines(type=cgi_config.model(camera))


def _name(camera: Camera, query: Query) -> HttpResponse:
    return _lines(name=camera.memory["cgi.General.MachineName"])


def _serial(camera: Camera, query: Query) -> HttpResponse:
    return _lines(sn=camera.config.serial)


def _vendor(camera: Camera, query: Query) -> HttpResponse:
    return _lines(vendor=makes.of(camera.config.make).maker)


def _now(camera: Camera, query: Query) -> HttpResponse:
    return _lines(result=camera.clock.local().strftime("%Y-%m-%d %H:%M:%S"))


def _set_time(camera: Camera, query: Query) -> HttpResponse:
    try:
        local = datetime.strptime(query["time"], "%Y-%m-%d %H:%M:%S")
    except (KeyError, ValueError):
        raise BadRequest("time") from None
    ahead = local - timedelta(seconds=utc_offset_s(camera.memory["clock.timezone"])) - camera.clock.utc().replace(tzinfo=None)
    camera.memory.write("clock.offset_s", round(ahead.total_seconds() + camera.memory["clock.offset_s"], 6))
    return OK


def _users(camera: Camera, query: Query) -> HttpResponse:
    rows = {
        f"#{n}": {
            "Group": GROUPS[u["level"]],
            "Id": n + 1,
            "Memo": f"{u['name']} 's account",
            "Name": u["name"],
            "Password": "******",
            "Reserved": n == 0,
            "Sharable": True,
        }
        for n, u in enumerate(camera.memory["users"])
    }
    return _lines(users=rows)


def _find(camera: Camera, name: str) -> dict[str, str]:
    for user in camera.memory["users"]:
        if user["name"] == name:
            return dict(user)
    raise BadRequest(name)


def _password(camera: Camera, value: str) -> str:
    longest, cut = camera.flags["password_max"], camera.flags["password_cut"]
    if not value or (longest and len(value) > longest) or len(value) < camera.flags["password_min"]:
        raise BadRequest("password")
    return value[:cut] if cut else value


def _add_user(camera: Camera, query: Query) -> HttpResponse:
    name, level = query.get("user.Name", ""), LEVELS.get(query.get("user.Group", ""))
    users = camera.memory["users"]
    if not name or level is None or len(users) >= MAX_USERS or any(u["name"] == name for u in users):
        raise BadRequest("addUser")
    camera.memory.write("users", [*users, {"name": name, "password": _password(camera, query.get("user.Password", "")), "level": level}])
    return OK


def _delete_user(camera: Camera, query: Query) -> HttpResponse:
    user = _find(camera, query.get("name", ""))
    if user["name"] == camera.memory["users"][0]["name"]:  # Reserved
        raise BadRequest("deleteUser")
    camera.memory.write("users", [u for u in camera.memory["users"] if u["name"] != user["name"]])
    return OK


def _change(camera: Camera, user: dict[str, str]) -> HttpResponse:
    camera.memory.write("users", [user if u["name"] == user["name"] else u for u in camera.memory["users"]])
    return OK


def _modify_user(camera: Camera, query: Query) -> HttpResponse:
    user, level = _find(camera, query.get("name", "")), LEVELS.get(query.get("user.Group", ""))
    if level is None:
        raise BadRequest("modifyUser")
    return _change(camera, {**user, "level": level})


def _modify_password(camera: Camera, query: Query) -> HttpResponse:
    user = _find(camera, query.get("name", ""))
    if query.get("pwdOld") != user["password"]:
        raise BadRequest("modifyPassword")
    return _change(camera, {**user, "password": _password(camera, query.get("pwd", ""))})


def _config_caps(camera: Camera, query: Query) -> HttpResponse:
    if camera.flags["cgi_old_caps"]:
        raise BadRequest("getConfigCaps")
    return cgi_words.table(cgi_config.capabilities(camera, old_form=False), "")


def _old_caps(camera: Camera, query: Query) -> HttpResponse:
    return cgi_words.table(cgi_config.capabilities(camera, old_form=True), "")


def _reboot(camera: Camera, query: Query) -> HttpResponse:
    camera.soon(camera.reboot)
    return OK


Action = Callable[["Camera", Query], HttpResponse]
ACTIONS: dict[tuple[str, str], tuple[bool, Action]] = {
    ("magicBox.cgi", "getSystemInfo"): (False, _system),
    ("magicBox.cgi", "getDeviceType"): (False, _type),
    ("magicBox.cgi", "getSoftwareVersion"): (False, _version),
    ("magicBox.cgi", "getMachineName"): (False, _name),
    ("magicBox.cgi", "getSerialNo"): (False, _serial),
    ("magicBox.cgi", "getVendor"): (False, _vendor),
    ("magicBox.cgi", "reboot"): (True, _reboot),
    ("global.cgi", "getCurrentTime"): (False, _now),
    ("global.cgi", "setCurrentTime"): (True, _set_time),
    ("userManager.cgi", "getUserInfoAll"): (False, _users),
    ("userManager.cgi", "addUser"): (True, _add_user),
    ("userManager.cgi", "deleteUser"): (True, _delete_user),
    ("userManager.cgi", "modifyUser"): (True, _modify_user),
    ("userManager.cgi", "modifyPassword"): (True, _modify_password),
    ("encode.cgi", "getConfigCaps"): (False, _config_caps),
    ("encode.cgi", "getCaps"): (False, _old_caps),
}
"""By script and action: whether it writes, and what it does."""
