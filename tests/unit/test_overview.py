"""`ketnoi status`, `outages`, `availability`: what is printed of what the hub knows, and the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_agent.contract import typed
from edge_agent.contract.texts import SUBJECT
from province.commands import overview
from province.model.select import loaded
from province.reach import hub_view
from province.user_error import UserError

INVENTORY = Path(__file__).parents[2] / "inventory/binh-dinh"
HEAD = {"schema": 1, "at": "2026-11-22T04:00:00Z", "since": "", "until": "", "from": "", "to": ""}
WELL = {"up": 4, "frozen": 0, "down": 0, "unreachable": 0, "unknown": 0}


def site(name: str, word: str = "connected", **cameras: int) -> dict[str, Any]:
    return {"site": name, "status": word, "since": "2026-11-22T04:00:00+00:00", "silent_s": 3.0, "reason": None,
            "cameras": {**WELL, **cameras}, "last": None, "clock_synced": True, "backlog": 0, "gaps": 0, "refused": 0,
            "way": "tunnel", "health": {}, "duplicate": False}  # fmt: skip


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`hub(document)`: what the hub will answer; it returns the list of questions that it was asked."""

    def answers(document: dict[str, Any]) -> list[list[str]]:
        asked: list[list[str]] = []

        def read(_shell: Any, kind: type[Any], argv: list[str]) -> Any:
            asked.append(argv)
            return typed.read(kind, argv[0], HEAD | document)

        monkeypatch.setattr(hub_view, "read", read)
        return asked

    return answers


def status(capsys: pytest.CaptureFixture[str], **more: Any) -> tuple[int, Any]:
    code = overview.status(INVENTORY, area=None, site=None, lang="en", json_output=True, **more)
    return code, json.loads(capsys.readouterr().out)


def test_the_office_has_words_for_every_subject_of_a_box() -> None:
    assert set(SUBJECT) - set(overview.SUBJECTS) == set()


def test_the_worst_stands_first_and_is_the_exit_code(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hub({"sites": [site("BD-0001"), site("BD-0002", down=2, up=2), site("BD-0003", "offline"), site("BD-0004", "unknown")]})
    code, shown = status(capsys)
    assert [one["site"] for one in shown["sites"]] == ["BD-0004", "BD-0003", "BD-0002", "BD-0001"]
    assert code == 1


def test_all_connected_and_up_is_well(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hub({"sites": [site("BD-0001"), site("BD-0002")]})
    assert status(capsys)[0] == 0


def test_a_camera_of_which_nothing_is_known_is_not_well(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hub({"sites": [site("BD-0001", up=3, unknown=1)]})
    assert status(capsys)[0] == 1


def test_the_sum_is_of_all_facilities_asked_for_and_names_those_that_the_hub_does_not_know(
    hub: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    hub({"sites": [site("BD-0001")]})
    everybody = loaded(INVENTORY, "en").facilities
    assert overview.status(INVENTORY, area=None, site=None, lang="en", json_output=False) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"1 of {len(everybody)} facilities connected" in shown and f"{len(everybody) - 1} facilities that the hub does not know" in shown
    assert all(facility.code in shown for facility in everybody)
    hub({"sites": [site("BD-0001")]})
    overview.status(INVENTORY, area=None, site="an-nhon-01", lang="en", json_output=False)
    shown = capsys.readouterr().out
    assert "1 of 1 facilities" in shown and "does not know" not in shown


def test_a_facility_that_left_the_inventory_is_not_shown(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hub({"sites": [site("BD-0001"), site("XX-9999", "unknown")]})
    code, shown = status(capsys)
    assert (code, [one["site"] for one in shown["sites"]]) == (0, ["BD-0001"])


def test_one_site_is_asked_for_by_its_id(hub: Any) -> None:
    asked = hub({"sites": [site("BD-0001")]})
    overview.status(INVENTORY, area=None, site="an-nhon-01", lang="vi", json_output=True)
    assert asked == [["status", "BD-0001"]]


def test_a_way_round_the_tunnel_a_second_machine_and_a_bad_disk_are_noted(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    held = {"status": "down", "reason": "errors", "since": None, "measured": {}}
    hub({"sites": [site("BD-0001") | {"way": "direct", "duplicate": True, "health": {"disk": held}}]})
    overview.status(INVENTORY, area=None, site=None, lang="en", json_output=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "not by the" in shown and "TWO machines" in shown and "disk: down" in shown


@pytest.mark.parametrize(
    "rubbish",
    [
        {"health": {"settings": "down"}},
        {"health": {"disk": {"status": "splendid", "reason": None, "since": None, "measured": {}}}},
        {"health": {"\x1b[2J[red]": {"status": 7}}},
        {"backlog": "many"},
        {"cameras": None},
    ],
)
@pytest.mark.parametrize("json_output", [True, False])
def test_a_site_that_can_t_be_read_is_said_to_be_that_and_spoils_no_other(
    hub: Any, capsys: pytest.CaptureFixture[str], rubbish: dict[str, Any], json_output: bool
) -> None:
    hub({"sites": [site("BD-0001") | rubbish, site("BD-0002")]})
    assert overview.status(INVENTORY, area=None, site=None, lang="en", json_output=json_output) == 1
    out = capsys.readouterr().out
    if json_output:
        bad, good = json.loads(out)["sites"]
        assert bad["status"] == "unknown" and next(iter(rubbish)) in bad["unreadable"]
        assert good["status"] == "connected" and "unreadable" not in good
    else:
        shown = " ".join(out.split())
        assert "can't be" in shown and "an-nhon-02" in shown and "1 of" in shown and "\x1b" not in shown


def test_what_the_hub_itself_can_t_read_is_noted(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hub({"sites": [site("BD-0001") | {"unreadable": "state.health.settings: an object is wanted, not str"}, site("BD-0002")]})
    assert overview.status(INVENTORY, area=None, site=None, lang="en", json_output=False) == 1
    assert "state.health.settings" in "".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_table_names_facility_words_and_notes(hub: Any, capsys: pytest.CaptureFixture[str], lang: Any) -> None:
    hub({"sites": [site("BD-0001", "offline", down=1) | {"clock_synced": False, "backlog": 12, "gaps": 1}]})
    overview.status(INVENTORY, area=None, site=None, lang=lang, json_output=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "an-nhon-01" in shown and "12" in shown
    assert ("mất kết nối" if lang == "vi" else "offline") in shown


def test_outages_make_the_exit_code_and_say_what_still_lasts(hub: Any, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"site": "BD-0001", "subject": "camera/2", "name": None, "status": "down", "reason": "no_answer",
           "began": "2026-11-22T04:00:00+00:00", "ended": None, "seconds": 3661.0, "late": False}  # fmt: skip
    hub({"outages": [row]})
    assert overview.outages(INVENTORY, area=None, site=None, since="24h", lang="en", json_output=False) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "C02" in shown and "1:01:01" in shown and "still" in shown
    assert "does not answer" in shown and "no_answer" not in shown
    hub({"outages": [row | {"reason": "of_a_newer_agent"}]})
    overview.outages(INVENTORY, area=None, site=None, since="24h", lang="vi", json_output=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "of_a_newer_agent" in shown and "không hoạt động" in shown
    hub({"outages": []})
    assert overview.outages(INVENTORY, area=None, site=None, since="7d", lang="en", json_output=False) == 0


@pytest.mark.parametrize("text", ["yesterday", "24", "h", "2026-13-01"])
def test_a_since_that_cannot_be_read_says_how_to_write_it(hub: Any, text: str) -> None:
    hub({"outages": []})
    with pytest.raises(UserError, match="24h, 7d or 2026-11-01"):
        overview.outages(INVENTORY, area=None, site=None, since=text, lang="en", json_output=False)


@pytest.mark.parametrize(
    ("up", "at_most", "verdict"),
    [(0.996, 0.996, "met"), (0.995, 1.0, "met"), (0.99, 0.9951, "unknown"), (0.2, 0.99, "not_met"), (None, None, "unknown")],
)
def test_what_nobody_knows_decides_nothing(up: float | None, at_most: float | None, verdict: str) -> None:
    assert overview.judged({"up_share": up, "up_share_at_most": at_most}, 0.995) == verdict


def test_availability_refuses_days_the_wrong_way_round(hub: Any) -> None:
    hub({"cameras": []})
    with pytest.raises(UserError, match="before"):
        overview.availability(INVENTORY, area=None, site=None, first="2026-11-02", last="2026-11-01", lang="en", json_output=True)


def test_a_hub_that_does_not_answer_stops_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any) -> dict[str, Any]:
        raise hub_view.HubSilent("hub_unreachable")

    monkeypatch.setattr(hub_view, "query", silent)
    with pytest.raises(UserError, match="can't be reached"):
        overview.status(INVENTORY, area=None, site=None, lang="en", json_output=True)
