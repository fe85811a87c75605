"""Every camera of lab/camera/personalities that is awkward over ONVIF, read by the verifier: told, or put into its class."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import ROOT, CameraHandle
from measuring import ADMIN, NAME, NTP, VIEWER, tidy_state

from province.judging.classes import classed
from province.measure.devices.logins import Ledger
from province.measure.devices.onvif import camera as camera_reader
from province.measure.subjects import Camera

FILES = sorted((ROOT / "lab" / "camera" / "personalities").glob("*.json"))
PERSONALITIES = [file for file in FILES if json.loads(file.read_text(encoding="utf-8")).get("driver", "onvif") == "onvif"]
"""Those that are awkward over ONVIF; what a maker's own interface tells has tests of its own."""
OF_WRITERS = {"setting_not_kept"}
"""Classes that only a write shows, or the judging of what was read."""
TOLD = {"accounts", "name", "discovery", "ntp", "encoders", "osd", "stream"}
UNTOLD = {
    "ntp-missing": {"ntp"},
    "osd-missing": {"osd"},
}


def read(handle: CameraHandle, state: Path) -> dict[str, Any]:
    accounts = {"admin": {"user": "admin", "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}}
    task = {"host": handle.address, "port": handle.http_port, "key": "k", "accounts": accounts, "factory": [], "fresh_s": 0,
            "least": {"width": 1920, "height": 1080}}  # fmt: skip
    return camera_reader.measure(task, Ledger(state))


@pytest.mark.parametrize("file", PERSONALITIES, ids=lambda file: file.stem)
def test_an_awkward_camera_is_read_or_classed(file: Path, camera: Callable[..., CameraHandle], tmp_path: Path) -> None:
    personality = json.loads(file.read_text(encoding="utf-8"))
    make = (
        "hikvision" if any("isapi" in path for path in personality.get("factory_state", {})) or "own-accounts" in file.stem else "generic"
    )
    state = {**tidy_state(), **personality.get("factory_state", {})}
    handle = camera(make=make, model=file.stem, factory=False, factory_state=state)
    found = read(handle, tmp_path)
    category = classed(Camera(1, NAME.format(slot=1), "yard", "", ""), {"cameras": {"1": found}}, [])["class"]
    expected = personality.get("expect", {}).get("class")
    assert category == (None if expected in OF_WRITERS else expected), found["settings"]
    if category is None:
        missing = {name for name in TOLD if found["settings"].get(name) in (None, {})}
        assert missing <= UNTOLD.get(file.stem, set()), found["settings"]
        assert found["clock"]["ok"], found["clock"]
        assert found["settings"]["sub_stream"] != found["settings"]["stream"]
        if "ntp" not in UNTOLD.get(file.stem, set()) and "ntp" not in state.get("personality", {}):
            assert found["settings"]["ntp"]["servers"] == [NTP]
    bad = [login for login in handle.control("logins") if login["result"] not in ("ok", "anonymous")]
    assert sum(login["count"] for login in bad) <= 2
