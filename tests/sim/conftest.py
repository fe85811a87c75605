"""Simulated cameras for the tests: ``camera(**overrides)`` starts one on free ports of loopback, gives its handle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle, start_camera


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
