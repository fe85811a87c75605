"""How a Dahua camera is told its encoder where it refuses some ways of saying it (Eternus-Nox/VigilumeNVR,
backend/tests/stream_profile_smoke.py: Amcrest cameras in the field)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from edge_agent.contract.devices import DesiredDevice, DesiredEncoder
from edge_agent.devices.dahua import write
from edge_agent.devices.dahua.cgi import RequestRejected
from edge_agent.devices.dahua.table import Table, parse
from edge_agent.devices.faults import SettingNotKept
from edge_agent.devices.model import Change, Encoder, ObservedDevice

VIDEO = "Encode[0].MainFormat[0].Video."
THERE = parse("".join(f"table.{VIDEO}{line}\r\n" for line in (
    "Compression=H.265", "FPS=15", "GOP=30", "BitRate=8192", "Width=3840", "Height=2160", "resolution=3840x2160",
)))  # fmt: skip
ENCODER = Encoder("main", "MainFormat[0]", 0, "main", "h265", 3840, 2160, 15, 30, 8192)
DESIRED = DesiredDevice(slot=1, address="192.0.2.1", port=80, driver="dahua", encoder=DesiredEncoder("h265", 1920, 1080, 15, 2, 2048))
CHANGES = [Change("encoder", "encoder.size", "3840x2160", "1920x1080")]


class Camera:
    """Takes what `likes` lets through."""

    def __init__(self, likes: Callable[[Mapping[str, object]], bool]) -> None:
        self.likes, self.refused = likes, 0
        self.taken: dict[str, object] = {}

    def config(self, name: str) -> Table:
        return THERE

    def write(self, values: Mapping[str, object]) -> None:
        sent = {key.removeprefix(VIDEO): value for key, value in values.items()}
        if not self.likes(sent):
            self.refused += 1
            raise RequestRejected("configManager.cgi setConfig", 400, "Error Bad Request!")
        self.taken.update(sent)


def told(camera: Camera) -> dict[str, object]:
    stands_in: Any = camera
    write.write(stands_in, "encoder", CHANGES, ObservedDevice(encoders=(ENCODER,)), DESIRED)
    return camera.taken


@pytest.mark.parametrize(
    ("likes", "untold"),
    [
        (lambda sent: True, set()),
        (lambda sent: "resolution" not in sent, {"resolution"}),
        (lambda sent: "Width" not in sent, {"Width", "Height"}),
        (lambda sent: "BitRate" not in sent, {"BitRate"}),
    ],
)
def test_a_refusal_is_met_by_saying_less(likes: Callable[[Mapping[str, object]], bool], untold: set[str]) -> None:
    whole = {"FPS", "GOP", "BitRate", "Width", "Height", "resolution"}
    assert told(Camera(likes)).keys() == whole - untold


def test_what_is_refused_in_every_way_is_one_failure() -> None:
    camera = Camera(lambda sent: False)
    with pytest.raises(SettingNotKept):
        told(camera)
    assert camera.taken == {} and camera.refused == 4
