"""userManager.cgi of the simulated Dahua devices: the accounts that all their protocols share."""

from __future__ import annotations

from lab.camera.cgi_tables import Device
from lab.camera.cgi_values import OK, Action, BadRequest, Query, lines_of
from lab.camera.http import HttpResponse

GROUPS = {"Administrator": "admin", "User": "user", "Operator": "user"}
LEVELS = {"admin": "Administrator", "user": "User"}
MAX_USERS = 18


def _users(device: Device, query: Query) -> HttpResponse:
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
        for n, u in enumerate(device.memory["users"])
    }
    return lines_of(users=rows)


def _find(device: Device, name: str) -> dict[str, str]:
    for user in device.memory["users"]:
        if user["name"] == name:
            return dict(user)
    raise BadRequest(name)


def _password(device: Device, value: str) -> str:
    longest, cut = device.flags["password_max"], device.flags["password_cut"]
    if not value or (longest and len(value) > longest) or len(value) < device.flags["password_min"]:
        raise BadRequest("password")
    return value[:cut] if cut else value


def _add_user(device: Device, query: Query) -> HttpResponse:
    name, level = query.get("user.Name", ""), LEVELS.get(query.get("user.Group", ""))
    users = device.memory["users"]
    if not name or level is None or len(users) >= MAX_USERS or any(u["name"] == name for u in users):
        raise BadRequest("addUser")
    device.memory.write("users", [*users, {"name": name, "password": _password(device, query.get("user.Password", "")), "level": level}])
    return OK


def _delete_user(device: Device, query: Query) -> HttpResponse:
    user = _find(device, query.get("name", ""))
    if user["name"] == device.memory["users"][0]["name"]:  # Reserved
        raise BadRequest("deleteUser")
    device.memory.write("users", [u for u in device.memory["users"] if u["name"] != user["name"]])
    return OK


def _change(device: Device, user: dict[str, str]) -> HttpResponse:
    device.memory.write("users", [user if u["name"] == user["name"] else u for u in device.memory["users"]])
    return OK


def _modify_user(device: Device, query: Query) -> HttpResponse:
    user, level = _find(device, query.get("name", "")), LEVELS.get(query.get("user.Group", ""))
    if level is None:
        raise BadRequest("modifyUser")
    return _change(device, {**user, "level": level})


def _modify_password(device: Device, query: Query) -> HttpResponse:
    user = _find(device, query.get("name", ""))
    if query.get("pwdOld") != user["password"]:
        raise BadRequest("modifyPassword")
    return _change(device, {**user, "password": _password(device, query.get("pwd", ""))})


USER_ACTIONS: dict[tuple[str, str], tuple[bool, Action]] = {
    ("userManager.cgi", "getUserInfoAll"): (False, _users),
    ("userManager.cgi", "addUser"): (True, _add_user),
    ("userManager.cgi", "deleteUser"): (True, _delete_user),
    ("userManager.cgi", "modifyUser"): (True, _modify_user),
    ("userManager.cgi", "modifyPassword"): (True, _modify_password),
}
