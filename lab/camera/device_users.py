"""The accounts half of ONVIF's device service, with the rules on passwords that makers have."""

from __future__ import annotations

from typing import Any

from lab.camera.shape import Camera, Operation
from lab.camera.xml import Fault, Request, invalid, text, x

MAX_USERS = 8


def get_users(camera: Camera, request: Request) -> Any:
    return [x("tds:User", x("tt:Username", u["name"]), x("tt:UserLevel", u["level"])) for u in camera.memory[camera.accounts.onvif_area]]


def _account(camera: Camera, element: Any, old: dict[str, str] | None) -> dict[str, str]:
    """An account as it was sent, checked against the camera's rules."""
    name, level = text(element, "tt:Username"), text(element, "tt:UserLevel")
    password = text(element, "tt:Password", old["password"] if old else None)
    if level not in ("Administrator", "Operator", "User"):
        raise invalid("ter:InvalidArgs", text=f"no such UserLevel: {level}")
    longest, cut = camera.flags["password_max"], camera.flags["password_cut"]
    if longest and len(password) > longest:
        raise invalid("ter:PasswordTooLong")
    if len(password) < camera.flags["password_min"]:
        raise Fault("ter:OperationProhibited", "ter:PasswordTooWeak")
    return {"name": name, "password": password[:cut] if cut else password, "level": level}


def create_users(camera: Camera, request: Request) -> Any:
    users = list(camera.memory[camera.accounts.onvif_area])
    for element in request.all("tds:User"):
        user = _account(camera, element, None)
        if any(u["name"] == user["name"] for u in users):
            raise Fault("ter:OperationProhibited", "ter:UsernameClash")
        users.append(user)
    if len(users) > MAX_USERS:
        raise Fault("ter:MaxUsers", "ter:TooManyUsers", code="env:Receiver")
    camera.memory.write(camera.accounts.onvif_area, users)


def set_user(camera: Camera, request: Request) -> Any:
    users = {u["name"]: u for u in camera.memory[camera.accounts.onvif_area]}
    for element in request.all("tds:User"):
        name = text(element, "tt:Username")
        if name not in users:
            raise invalid("ter:UsernameMissing")
        users[name] = _account(camera, element, users[name])
    camera.memory.write(camera.accounts.onvif_area, _with_administrator(list(users.values())))


def delete_users(camera: Camera, request: Request) -> Any:
    gone = {str(e.text).strip() for e in request.all("tds:Username")}
    if not gone <= {u["name"] for u in camera.memory[camera.accounts.onvif_area]}:
        raise invalid("ter:UsernameMissing")
    camera.memory.write(
        camera.accounts.onvif_area, _with_administrator([u for u in camera.memory[camera.accounts.onvif_area] if u["name"] not in gone])
    )


def _with_administrator(users: list[dict[str, str]]) -> list[dict[str, str]]:
    if not any(u["level"] == "Administrator" for u in users):
        raise invalid("ter:FixedUser", text="the last administrator stays")
    return users


USER_OPERATIONS: dict[str, Operation] = {
    "GetUsers": Operation("READ_SYSTEM_SECRET", get_users),
    "CreateUsers": Operation("WRITE_SYSTEM", create_users),
    "SetUser": Operation("WRITE_SYSTEM", set_user),
    "DeleteUsers": Operation("WRITE_SYSTEM", delete_users),
}
