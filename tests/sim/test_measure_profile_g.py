"""Recorders of other makers, by ONVIF Profile G: what they hold, found through onvif-zeep."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from profile_g import Recorder, serving

from province.measure.devices import recorder as measuring
from province.measure.devices.logins import Ledger

PASSWORD = "Quanly7xA"
CAMERA, OTHER = "192.168.1.11", "192.168.1.12"


def ago(**back: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**back)


def measured(recorder: Recorder, tmp_path: Path, password: str = PASSWORD, days: float = 30) -> dict[str, Any]:
    channels = {"1": {"number": 1, "address": CAMERA, "port": 80}, "2": {"number": 2, "address": "192.168.1.99", "port": 80}}
    task = {"driver": "onvif", "host": "127.0.0.1", "port": recorder.port, "key": "k", "days": days, "seconds": 18.0, "channels": channels,
            "accounts": {"admin": {"user": "admin", "password": password}}}  # fmt: skip
    return measuring.measure(task, Ledger(tmp_path))


def test_footage_its_holes_and_its_age_are_read_from_the_history_page_by_page(tmp_path: Path) -> None:
    spans = [(ago(days=40), ago(days=5)), (ago(days=5, minutes=-2), ago(days=2)), (ago(days=2, hours=-1), ago(seconds=20))]
    with serving(Recorder({OTHER: [(ago(days=1), ago(hours=1))], CAMERA: spans}, PASSWORD)) as recorder:
        found = measured(recorder, tmp_path)
    footage = found["recordings"]["cameras"]["1"]
    assert footage["days_kept"] == pytest.approx(40, abs=0.1)
    assert footage["behind_s"] < 60
    assert [gap["seconds"] for gap in footage["gaps"]] == [120.0, 3600.0]
    assert footage["mode"] == "continuous"
    assert datetime.fromisoformat(footage["searched_from"]) <= ago(days=29.9)
    assert found["recordings"]["cameras"]["2"]["reason"] == "no_channel"
    assert abs(found["clock"]["offset_s"]) < 2
    assert found["storage"]["reason"] == "not_reported"


def test_a_recorder_without_history_tells_its_ends_and_its_gaps_are_not_known(tmp_path: Path) -> None:
    with serving(Recorder({CAMERA: [(ago(days=40), ago(seconds=20))]}, PASSWORD, history=False)) as recorder:
        footage = measured(recorder, tmp_path)["recordings"]["cameras"]["1"]
    assert footage["days_kept"] == pytest.approx(40, abs=0.1)
    assert footage["gaps"] == []
    assert datetime.fromisoformat(footage["searched_from"]) > ago(minutes=1), "nothing was searched"


def test_a_recorder_that_stopped_says_so(tmp_path: Path) -> None:
    with serving(Recorder({CAMERA: [(ago(days=3), ago(hours=8))]}, PASSWORD, recording=False)) as recorder:
        footage = measured(recorder, tmp_path)["recordings"]["cameras"]["1"]
    assert footage["mode"] == "off"
    assert footage["behind_s"] == pytest.approx(8 * 3600, abs=60)


def test_a_channel_without_a_single_picture_has_no_footage(tmp_path: Path) -> None:
    with serving(Recorder({CAMERA: []}, PASSWORD)) as recorder:
        footage = measured(recorder, tmp_path)["recordings"]["cameras"]["1"]
    assert (footage["ok"], footage["kept_from"], footage["behind_s"]) == (True, None, None)


def test_a_wrong_password_is_tried_twice_and_then_no_more(tmp_path: Path) -> None:
    with serving(Recorder({CAMERA: []}, PASSWORD)) as recorder:
        reasons = [measured(recorder, tmp_path, "wrong")["recordings"]["reason"] for _ in range(4)]
        assert recorder.refused == 2
    assert reasons == ["login_refused", "login_refused", "locked", "locked"]
