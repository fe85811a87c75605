"""Passwords change in an order that no crash can lock us out of: the box is killed after every single answer of the camera."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from camera_process import CameraHandle
from device_site import Site, bad_logins

from edge_agent.contract import devices as desired
from edge_agent.devices import engine
from province.office import vaults

Start = Callable[..., CameraHandle]
DRIVERS = {"onvif": "generic", "hikvision": "hikvision", "dahua": "dahua"}
"""Driver -> make of the camera that it is tried on."""
SLOT = 1


class Killed(BaseException):
    """The box loses its power."""


@contextlib.contextmanager
def power_cut(after: int) -> Iterator[list[int]]:
    """Dies once `after` more answers have come; yields how many came."""
    come = [0]
    plain = requests.adapters.HTTPAdapter.send

    def send(self: Any, *arguments: Any, **more: Any) -> Any:
        if come[0] == after:
            raise Killed
        answer = plain(self, *arguments, **more)
        come[0] += 1
        return answer

    requests.adapters.HTTPAdapter.send = send
    try:
        with contextlib.suppress(Killed):
            yield come
    finally:
        requests.adapters.HTTPAdapter.send = plain


class Rotating:
    """A facility with one camera, and the vault that its desired document is made from."""

    def __init__(self, folder: Path, camera: CameraHandle, driver: str) -> None:
        self.camera, self.site = camera, Site(folder)
        self.device = self.site.add(camera, driver=driver)
        self.vault: dict[str, Any] = {"cameras": {"1": self.device["accounts"]}}

    def rotate(self) -> None:
        """What `ketnoi rotate` does before anything else."""
        self.vault, _ = vaults.renew(self.vault, {"cameras": [SLOT]}, f"rotation {self.vault['cameras']['1']['admin']['password']}")
        self.device["accounts"] = self.vault["cameras"]["1"]

    def apply(self) -> engine.Result:
        return engine.apply_one(desired.read(self.site.document()).devices[0], self.site.state, check=False)

    def roll_out(self) -> engine.Result:
        """To the end: what works is settled."""
        result = self.apply()
        if result.admin_works:
            self.device["accounts"].pop("previous", None)
        return result

    def passwords_there(self) -> dict[str, str]:
        return {u["name"]: u["password"] for u in self.camera.control("get", path="users", secrets=True)}

    def passwords_desired(self) -> dict[str, str]:
        accounts = self.device["accounts"]
        return {accounts[name]["user"]: accounts[name]["password"] for name in ("admin", "viewer")}


@pytest.fixture(params=sorted(DRIVERS))
def rotating(request: pytest.FixtureRequest, camera: Start, tmp_path: Path) -> Rotating:
    made = Rotating(tmp_path / "state", camera(make=DRIVERS[request.param]), request.param)
    first = made.roll_out()
    assert (first.status, first.failures) == ("changed", [])
    return made


def test_a_rotation_comes_through_without_a_failed_login(rotating: Rotating) -> None:
    rotating.camera.control("forget")
    rotating.rotate()
    done = rotating.roll_out()
    assert done.failures == [] and {c.field for c in done.changes} >= {"viewer.password", "admin.password"}
    assert rotating.passwords_there().items() >= rotating.passwords_desired().items()
    assert "previous" not in rotating.device["accounts"] and bad_logins(rotating.camera) == 0
    assert rotating.roll_out().status == "ok"


def test_killed_after_any_answer_the_next_run_settles_it(rotating: Rotating) -> None:
    """The window is nothing, so that not the count but the order of tries keeps the failed logins few."""
    rotating.device["lockout_s"] = 0.0
    left = True
    answers = 0
    while left:
        rotating.camera.control("forget")
        rotating.rotate()
        with power_cut(after=answers) as come:
            rotating.apply()
            left = come[0] == answers
        done = rotating.roll_out()
        where = f"killed after answer {answers}"
        assert done.failures == [] and done.admin_works, where
        assert rotating.passwords_there().items() >= rotating.passwords_desired().items(), where
        assert bad_logins(rotating.camera) <= 1, where
        assert "previous" not in rotating.device["accounts"], where
        answers += 1
    assert answers > 10, "a rotation takes more than ten answers"


def test_a_rotation_over_an_unsettled_one_goes_on_with_its_passwords(rotating: Rotating) -> None:
    rotating.rotate()
    accounts = rotating.device["accounts"]
    with power_cut(after=3):
        rotating.apply()
    rotating.rotate()
    assert rotating.device["accounts"] == accounts
    assert rotating.roll_out().failures == []
    assert rotating.passwords_there().items() >= rotating.passwords_desired().items()


def test_two_logins_fail_at_most_whatever_is_asked_in_the_window(rotating: Rotating) -> None:
    """Somebody changed the passwords by hand; then every command that there is, again and again."""
    users = rotating.camera.control("get", path="users", secrets=True)
    rotating.camera.set("users", [{**user, "password": "SomebodyElse1234"} for user in users])
    rotating.camera.control("forget")
    for _ in range(3):
        rotating.apply()
        rotating.site.run(check=True)
        rotating.rotate()
        rotating.site.run()
    assert bad_logins(rotating.camera) == 2
    assert rotating.apply().as_dict()["class"] == "locked_out"
