"""The contact sheet: asked for, noted, of those cameras alone that may be looked at; and no part of the report."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from province.commands import contact_sheet
from province.commands import report as command
from province.model import Province, load
from province.reach.ssh import Shell
from province.report import streams
from province.report.model.build import in_scope_of
from province.report.model.record import end_of
from province.report.renderers import frames
from province.report.streams import Stream
from province.text import Text
from province.user_error import UserError
from tests.unit import records
from tests.unit.inventories import copied

DAY = date(2021, 6, 11)
WHY = "kiểm tra góc quay"
SECRET = "s3cret-word"
DOT = b64encode(b"\xff\xd8\xff\xd9").decode()


class Hub(Shell):
    """A hub that answers what a test told it to, and keeps what it was asked."""

    def __init__(self, answer: list[Mapping[str, Any]], code: int = 0) -> None:
        super().__init__(Path())
        self.__dict__.update(answer=answer, code=code, asked=[])

    def run(self, host: str, argv: Any, stdin: str = "", seconds: float = 60.0, on_line: Any = None) -> subprocess.CompletedProcess[str]:
        self.__dict__["asked"].append((host, list(argv), stdin))
        out = "".join(json.dumps(row) + "\n" for row in self.__dict__["answer"])
        return subprocess.CompletedProcess([], self.__dict__["code"], out, "")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    found, faults = load(copied(tmp_path_factory.mktemp("frames"), "an-nhon"))
    assert found is not None
    assert not faults
    return found


@pytest.fixture(scope="module")
def known(province: Province) -> list[Stream]:
    record = records.of(province.facilities, DAY, end_of(DAY))
    return streams.streams(province, in_scope_of(province, DAY, None, None), record, DAY)


def logins(known: list[Stream]) -> frames.Logins:
    viewer = {"viewer": {"user": "viewer", "password": SECRET}}
    return {(each.named.place.code, each.spot.slot): viewer for each in known}


def row(each: Stream, **found: Any) -> dict[str, Any]:
    return {"site": each.named.place.id, "slot": each.spot.slot, "at": "2021-06-11T01:02:03.000000Z"} | found


def test_the_password_goes_to_the_hub_s_input_and_comes_back_nowhere(known: list[Stream]) -> None:
    hub = Hub([row(each, ok=True, jpeg=DOT) for each in known])
    shots = frames.take(known, logins(known), WHY, hub)
    host, argv, stdin = hub.__dict__["asked"][0]
    assert (host, argv) == ("hub", ["sudo", "ketnoi-hub", "views", "take"])
    told = json.loads(stdin)
    assert told["why"] == WHY
    assert len(told["cameras"]) == len(known) > 3
    assert {camera["password"] for camera in told["cameras"]} == {SECRET}
    html = frames.render(shots, "Bình Định", WHY, "vi")
    assert SECRET not in html
    assert html.count(f"data:image/jpeg;base64,{DOT}") == len(known)
    assert "08:02:03 11/6/2021" in html
    assert WHY in html


def test_a_camera_without_a_picture_says_why(known: list[Stream]) -> None:
    first, second, third = known[:3]
    lost = replace(third, main=None, why=streams.NEVER)
    hub = Hub([row(first, ok=False, reason="login_refused"), row(second, ok=True, jpeg=DOT)])
    shots = frames.take([first, second, lost], logins(known), WHY, hub)
    assert [shot.jpeg for shot in shots] == [None, DOT, None]
    assert [isinstance(shot.why, Text) for shot in shots] == [True, False, True]
    assert len(json.loads(hub.__dict__["asked"][0][2])["cameras"]) == 2
    assert frames.render(shots, "Bình Định", WHY, "en").count('class="none"') == 2


@pytest.mark.parametrize("code", [255, 1])
def test_a_hub_that_can_t_note_it_lets_nobody_look(known: list[Stream], code: int) -> None:
    with pytest.raises(UserError) as caught:
        frames.take(known, logins(known), WHY, Hub([], code))
    assert "no camera was looked at" in caught.value.text.en


@pytest.mark.parametrize("odd", [{"ok": "yes"}, {"ok": True, "jpeg": 7}, {"ok": False, "slot": "C01"}, {"ok": False, "at": None}])
def test_a_hub_that_answers_otherwise_is_said_to_and_is_no_traceback(known: list[Stream], odd: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="ketnoi hub"):
        frames.take(known[:2], logins(known), WHY, Hub([row(known[0], ok=True, jpeg=DOT), row(known[1]) | odd]))


def test_nobody_is_asked_where_no_camera_may_be_looked_at(known: list[Stream]) -> None:
    hub = Hub([])
    assert [shot.jpeg for shot in frames.take(known[:1], {}, WHY, hub)] == [None]
    assert hub.__dict__["asked"] == []


def test_too_many_cameras_are_no_sheet(known: list[Stream]) -> None:
    with pytest.raises(UserError, match="--area"):
        frames.take(known * 100, logins(known), WHY, Hub([]))


def test_the_sheet_lies_beside_the_report_for_its_owner_alone(known: list[Stream], tmp_path: Path) -> None:
    path = contact_sheet.path_beside(tmp_path / "report")
    assert path.parent == tmp_path
    frames.write(frames.take(known[:1], logins(known), WHY, Hub([row(known[0], ok=True, jpeg=DOT)])), "Bình Định", WHY, "vi", path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("options", [{"as_of": "2021-06-11"}, {"record": Path("record.json")}, {"contact_sheet": " "}])
def test_a_past_day_has_no_frames_and_a_look_has_a_reason(options: dict[str, Any], tmp_path: Path) -> None:
    given: dict[str, Any] = {"area": None, "authority": None, "as_of": None, "record": None, "lang": "en", "reminders": False}
    with pytest.raises(UserError, match="contact-sheet"):
        command.report(tmp_path, **{**given, "contact_sheet": WHY, **options}, out=tmp_path / "r", json_output=False)
