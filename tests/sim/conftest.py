"""Simulated cameras and recorders for the tests, on free ports of loopback: ``camera(**overrides)`` starts one, gives its handle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle, start_camera
from recorder_process import RecorderHandle, start_recorder

from edge_agent.devices import dahua, hikvision, onvif


@pytest.fixture
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., CameraHandle]]:
    """``camera(make="dahua", personality={...})`` -> a running CameraHandle; all are stopped when the test ends."""
    running: list[CameraHandle] = []

    def start(home: Path | None = None, **overrides: Any) -> CameraHandle:
        handle = start_camera(home or tmp_path_factory.mktemp("camera"), **overrides)
        running.append(handle)
        return handle

    yield start
    for handle in running:
        handle.stop()


@pytest.fixture
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RecorderHandle]]:
    """``recorder(make="hikvision", channels=4)`` -> a running RecorderHandle; all are stopped when the test ends."""
    running: list[RecorderHandle] = []

    def start(home: Path | None = None, **overrides: Any) -> RecorderHandle:
        handle = start_recorder(home or tmp_path_factory.mktemp("recorder"), **overrides)
        running.append(handle)
        return handle

    yield start
    for handle in running:
        handle.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For devices that never keep what they accept: looked at twice, not for the seconds that a slow one is given."""
    for driver in (onvif, hikvision, dahua):
        monkeypatch.setattr(driver, "READ_BACK_S", (0.0, 0.5))
