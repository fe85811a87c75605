"""The hub's record in the office: asked for as known at an instant, and told what to do where it can't be had."""

from datetime import date
from typing import Any

import pytest

from province.commands.verify import parts
from province.reach import hub_view
from province.report.model import record, rows
from province.user_error import UserError

EMPTY: dict[str, Any] = {"schema": 1, "until": "2021-06-12T00:00:00+07:00", "sites": {}, "standards": {}}


def test_the_hub_is_asked_for_the_facilities_as_known_at_the_end_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def query(_shell: Any, argv: list[str], fields: tuple[str, ...], seconds: float, hook: Any) -> dict[str, Any]:
        asked.append((argv, fields, seconds))
        return EMPTY

    monkeypatch.setattr(hub_view, "query", query)
    found = record.fetch(None, ["BD-0001"], record.end_of(date(2021, 6, 11)))
    assert asked[0][0] == ["record", "--until", "2021-06-12T00:00:00+07:00", "BD-0001"]
    assert found.of("an-nhon-01") == record.Known()


@pytest.mark.parametrize("reason", list(hub_view.SILENT))
def test_a_hub_that_can_t_be_asked_is_said_with_the_other_way(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    def query(*_: Any, **__: Any) -> dict[str, Any]:
        raise hub_view.HubSilent(reason)

    monkeypatch.setattr(hub_view, "query", query)
    with pytest.raises(UserError) as raised:
        record.fetch(None, [], record.end_of(date(2021, 6, 11)))
    assert "--record" in raised.value.text.en


def test_a_record_is_written_the_same_whatever_the_order_in_which_it_was_told() -> None:
    first = record.Record({**EMPTY, "sites": {"a": {"x": 1, "y": 2}, "b": {}}})
    other = record.Record(dict(reversed(list({**EMPTY, "sites": {"b": {}, "a": {"y": 2, "x": 1}}}.items()))))
    assert first.text == other.text
    assert first.digest == other.digest


def test_a_record_of_some_facilities_holds_no_other_s_standard() -> None:
    sites = {"a": {"verdict": {"standard": "s1"}}, "b": {"verdict": {"standard": "s2"}}, "c": {"verdict": None}}
    found = record.Record({**EMPTY, "sites": sites, "standards": {"s1": {}, "s2": {}}}).only(["a", "c", "z"])
    assert (set(found.document["sites"]), set(found.document["standards"])) == ({"a", "c"}, {"s1"})


def test_days_are_vietnam_s() -> None:
    assert record.day_of("2021-06-11T17:30:00Z") == date(2021, 6, 12)
    assert record.local("2021-06-11T17:30:00.25Z") == "2021-06-12T00:30:00+07:00"


def test_a_province_s_verdict_goes_to_the_hub_in_documents_that_its_database_can_hold() -> None:
    document = {"at": "x", "facilities": [{"code": str(number)} for number in range(101)]}
    sent = list(parts(document))
    assert [len(part["facilities"]) for part in sent] == [50, 50, 1]
    assert [each for part in sent for each in part["facilities"]] == document["facilities"]
    assert all(part["at"] == "x" for part in sent)


def test_a_verdict_that_version_0_1_kept_is_given_out_with_todays_keys() -> None:
    kept = {"id": "fps", "subject": "C01", "verdict": "not_met", "says": {"vi": "12", "en": "12"}, "measured": 12, "wanted": 15}
    known = record.Known({"standard": "0" * 64, "checks": [kept]})
    (row,) = rows.full(record.Record({"standards": {}}), known)
    assert (row["measured"], row["expected"]) == (12, 15) and "wanted" not in row
