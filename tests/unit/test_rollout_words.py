"""What rollout and plan say of facilities: the same of one that was never taken over, and the failed first."""

import json
from pathlib import Path

import pytest

from province.commands import plan as planned
from province.commands import rollout as rolled
from province.commands.plan import Plan
from province.hub import rollouts
from province.judging.case import REASONS
from province.model import load
from province.reach import netns, tunnel
from province.rollout.plan import Visit
from province.rollout.watch import FacilityRun
from province.text import Lang, Text
from tests.unit.inventories import copied


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample province: nothing of it taken over, and no hub that could be asked."""
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(rolled, "_prepare", lambda inventory, console: None)
    monkeypatch.setattr(planned, "compare", lambda *asked: Plan(None, {}, answered=True))
    for module in (netns, tunnel):
        monkeypatch.setattr(module, "enter" if module is netns else "up", lambda inventory: None)
    return copied(tmp_path, "an-nhon")


def test_a_facility_that_was_never_taken_over_is_called_so_by_plan_and_rollout(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned.plan(inventory, area=None, site="an-nhon-01", lang="en", json_output=True) == 0
    (by_plan,) = json.loads(capsys.readouterr().out)["facilities"]
    for check in (True, False):
        code = rolled.rollout(
            inventory, area=None, site="an-nhon-01", tags=[], check=check, full=False, lang="en", json_output=True
        )  # fmt: skip
        document = json.loads(capsys.readouterr().out)
        (by_rollout,) = document["facilities"]
        assert (code, document["failed"], document["not_enrolled"]) == (1, 0, 1)
        assert by_rollout["status"] == by_plan["status"] == "not_enrolled"
        assert by_rollout["id"] == "BD-0001", "by which the hub keeps it: a code may pass to another facility"
        assert by_rollout["reason"] == by_plan["reason"] == REASONS["not_enrolled"].as_dict()


def test_a_plan_shows_first_where_it_goes(inventory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (area,) = {each.area for each in load(inventory)[0].facilities if each.code == "an-nhon-01"}  # type: ignore[union-attr]  # it is sound
    codes = [each.code for each in load(inventory)[0].facilities if each.area == area]  # type: ignore[union-attr]  # the same
    visits: dict[str, Visit | None] = dict.fromkeys(codes[:-1]) | {codes[-1]: Visit(codes[-1], ("cameras",), Text("vì", "why"))}
    monkeypatch.setattr(planned, "compare", lambda *asked: Plan(None, visits, answered=True))
    monkeypatch.setattr(planned.enrolment, "read_all", lambda inventory: {code: {} for code in codes})
    planned.plan(inventory, area=area, site=None, lang="en", json_output=False)
    assert len(codes) > 1 and capsys.readouterr().out.splitlines()[0].split()[0] == codes[-1]


SUMMARIES: list[tuple[Lang, str]] = [
    ("vi", "1 cơ sở: 0 thay đổi, 0 lỗi, 1 chưa tiếp nhận"),
    ("en", "1 facilities: 0 changes, 0 failed, 1 not taken over"),
]


@pytest.mark.parametrize(("lang", "summary"), SUMMARIES)
def test_on_screen_too_in_both_languages(inventory: Path, capsys: pytest.CaptureFixture[str], lang: Lang, summary: str) -> None:
    words = REASONS["not_enrolled"].pick(lang)
    planned.plan(inventory, area=None, site="an-nhon-01", lang=lang, json_output=False)
    assert f"an-nhon-01       {words}" in capsys.readouterr().out
    rolled.rollout(inventory, area=None, site="an-nhon-01", tags=[], check=False, full=False, lang=lang, json_output=False)
    out = capsys.readouterr().out
    assert out.count(words) == 1 and "ketnoi bootstrap --site an-nhon-01" in out and summary in out


def test_the_hub_s_record_takes_it_for_no_visit() -> None:
    """Else the next plan would say that the last rollout failed there."""
    assert "not_enrolled" in rollouts.NOT_VISITED


def test_the_failed_stand_first(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        FacilityRun("a", "unchanged"),
        FacilityRun("b", "changed"),
        FacilityRun("c", "failed", reason=Text("hỏng", "broken")),
        FacilityRun("d", "withheld"),
        FacilityRun("e", "not_enrolled"),
    ]
    document: rolled.RolloutDocument = {
        "changed": 0, "failed": 1, "not_enrolled": 1, "check": False, "tags": [], "hub": None, "facilities": [],
    }  # fmt: skip
    assert rolled._conclude(runs, document, "en", json_output=False) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith(" ")]
    assert [line.split()[0] for line in lines[:-1]] == ["c", "e", "b", "a", "d"] and lines[-1].startswith("5 facilities")
