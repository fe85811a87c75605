"""Vaults, and a rotation from there to the box and back: whatever ends in between, both sides hold the password that the camera takes."""

import json
import os
from pathlib import Path
from typing import Any

from edge_agent.contract import devices as devices_desired
from edge_agent.contract.desired import WrittenDocument
from edge_agent.devices import kept
from province.office import vaults
from province.office.home import Home
from tests.crash.piece import Piece, Said, Say

CODE, SINCE = "an-lao-01", "2026-12-01T00:00:00+00:00"


def before(folder: Path) -> None:
    home = _home(folder)
    vaults.create_secret(home)
    vaults.ensure(home, folder / "inventory", CODE, {"cameras": [1, 2]})
    kept.keep(_document(_cameras(folder)), folder / "box")


def act(folder: Path, say: Say) -> None:
    """Camera 1 is rotated; 2 is added to by another command meanwhile, and 3 is new."""
    home, inventory, box = _home(folder), folder / "inventory", folder / "box"
    say("takes", _cameras(folder)["1"]["admin"]["password"])
    vaults.ensure(home, inventory, CODE, {"cameras": [1, 2, 3]})
    say("new", _cameras(folder)["3"])
    _rotate(home, inventory, box, say)


def after(folder: Path, said: Said, complete: bool) -> None:
    home, inventory, box = _home(folder), folder / "inventory", folder / "box"
    cameras = _cameras(folder)
    taken = [value for what, value in said if what == "takes"]
    one = cameras["1"]
    known = {one[account]["password"] for account in ("admin", "previous") if account in one}
    assert not taken or taken[-1] in known, "nobody in the office knows the camera's password"
    there = {account["password"] for name, account in _on_the_box(box).items() if name != "viewer"}
    assert not taken or taken[-1] in there, "the box does not know the camera's password"
    assert not complete or (known == there == {taken[-1]} and len(taken) == 2)
    for what, value in said:
        assert what not in ("stays", "new") or value == cameras[{"stays": "2", "new": "3"}[what]], "another device's passwords changed"
    last: list[Any] = []
    _rotate(home, inventory, box, lambda *what: last.append(what))
    assert last[-1] == ("takes", _cameras(folder)["1"]["admin"]["password"]) and "previous" not in _cameras(folder)["1"]


def _rotate(home: Home, inventory: Path, box: Path, say: Say) -> None:
    """As `ketnoi rotate` does: the vault first, then the box, the camera, and back."""
    say("stays", vaults.read(home, inventory, CODE)["cameras"]["2"])
    vaults.rotate(home, inventory, CODE, {"cameras": [1]}, SINCE)
    cameras = vaults.read(home, inventory, CODE)["cameras"]
    document = _document(cameras)
    kept.keep(document, box)
    say("takes", cameras["1"]["admin"]["password"])
    kept.confirm(document, [{"slot": 1, "admin_works": True}], box)
    vaults.confirm(home, inventory, CODE, "cameras", {1: cameras["1"]["admin"]})


def _home(folder: Path) -> Home:
    os.environ["KETNOI_HOME"] = str(folder / "home")
    return Home("binh-dinh")


def _cameras(folder: Path) -> dict[str, Any]:
    cameras: dict[str, Any] = vaults.read(_home(folder), folder / "inventory", CODE)["cameras"]
    return cameras


def _document(cameras: dict[str, Any]) -> WrittenDocument:
    own = {"driver": "onvif", "make": "generic", "timezone": "Asia/Ho_Chi_Minh"}
    devices = [{"slot": int(slot), "address": f"192.168.1.1{slot}", "accounts": accounts, **own} for slot, accounts in cameras.items()]
    return devices_desired.parsed({"schema": 1, "site": {"code": CODE}, "devices": devices})


def _on_the_box(box: Path) -> dict[str, Any]:
    """The accounts that drift and the next apply would go by."""
    return dict(json.loads((box / kept.NAME).read_text())["devices"]["1"]["accounts"])


PIECE = Piece(before, act, after)
