"""What a province excuses: shown, counted apart, over on its day, and never a cloak for what nobody measured."""

import io
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from soak import examples

from province.judging.labels import LABELS, label, notes
from province.model import Waiver, load
from province.report.verdict import groups, html, junit, table
from province.standard.load import load as standard
from tests.unit import verdicts as v
from tests.unit.inventories import copied

TODAY = date(2026, 1, 31)
"""Vietnam's day of v.NOW."""


def waiver(check: str = "size", until: date = TODAY, site: str | None = "an-nhon-01", **more: Any) -> Waiver:
    return Waiver(check=check, site=site, reason="camera cũ, thay trong tháng 3", owner="Sở TT&TT", until=until, **more)


def small(found: dict[str, Any]) -> None:
    """The first camera's picture is too small."""
    found["cameras"]["1"]["stream_centre"].update(width=1280, height=720)


def unplayable(found: dict[str, Any]) -> None:
    """The first camera is gone: it does not play, and the rest of it can't be measured."""
    for kind in found["cameras"]["1"]:
        if kind != "passwords":
            found["cameras"]["1"][kind] = {"ok": False, "reason": "unreachable"}


def judged(spoil: Any, *waivers: Waiver, at: str = v.NOW) -> dict[str, Any]:
    of = v.site()
    found = v.evidence(of)
    spoil(found)
    return v.verdict((of, found), waivers=waivers, at=at)


def test_an_excused_failure_is_waived_not_met_and_the_facility_met_with_waivers() -> None:
    document = judged(small, waiver(subject="C01"))
    row = v.row(document, "size", "C01")
    assert (row["verdict"], row["was"], label(row).vi) == ("waived", "not_met", "miễn áp dụng")
    facility = document["facilities"][0]
    assert (facility["verdict"], document["verdict"]) == ("waived", "waived")
    assert LABELS["waived"].en == "met with waivers"
    assert facility["counts"]["waived"] == 1
    assert facility["counts"]["met"] == sum(row["verdict"] == "met" for row in facility["checks"])
    (listed,) = document["waivers"]
    assert (listed["state"], listed["excused"], listed["until"]) == ("active", 1, "2026-01-31")


def test_a_waiver_changes_the_verdict_not_what_is_to_be_repaired() -> None:
    """Not what was measured well, not what nobody could measure, and not what the device can't do at all."""
    assert judged(small, waiver(subject="C01"))["facilities"][0]["to_repair"] == ["size"]
    assert judged(small)["facilities"][0]["to_repair"] == [], "not met is visited anyway"
    assert judged(lambda e: None, waiver(subject="C01"))["facilities"][0]["to_repair"] == []

    def too_old(found: dict[str, Any]) -> None:
        small(found)
        found["cameras"]["1"]["settings"]["lacks"] = ["size"]

    assert judged(too_old, waiver(subject="C01"))["facilities"][0]["to_repair"] == []
    assert judged(unplayable, waiver("picture", unmeasured=True), waiver("connection"))["facilities"][0]["to_repair"] == []


@pytest.mark.parametrize("days", [1, 400])
def test_an_expired_waiver_excuses_nothing_and_the_report_says_when_it_ended(days: int) -> None:
    ended = TODAY - timedelta(days=days)
    document = judged(small, waiver(until=ended))
    row = v.row(document, "size", "C01")
    assert (row["verdict"], document["facilities"][0]["verdict"]) == ("not_met", "not_met")
    (note,) = notes(row)
    assert f"đã hết hạn sau ngày {ended:%d/%m/%Y}" in note.vi
    assert escape(note.vi) in html.render(document | {"withheld": []})
    assert document["waivers"][0]["state"] == "expired"
    out = io.StringIO()
    table.show(document, Console(file=out, width=250), "vi")
    assert "Miễn áp dụng đã hết hạn: an-nhon-01 size" in out.getvalue()


def test_the_last_day_still_counts_by_vietnams_clock() -> None:
    assert judged(small, waiver(), at="2026-01-31T16:59:00+00:00")["verdict"] == "waived"
    assert judged(small, waiver(), at="2026-01-31T17:01:00+00:00")["verdict"] == "not_met"


def test_a_waiver_that_has_not_begun_excuses_nothing() -> None:
    document = judged(small, waiver(until=TODAY + timedelta(days=9), **{"from": TODAY + timedelta(days=1)}))
    assert document["verdict"] == "not_met"
    assert document["waivers"][0]["state"] == "future"


def test_what_nobody_could_measure_stays_unknown_and_says_that_the_waiver_does_not_cover_it() -> None:
    document = judged(unplayable, waiver("picture"), waiver("connection"))
    row = v.row(document, "size", "C01")
    assert (row["verdict"], row["waiver"]["state"]) == ("unknown", "unmeasured")
    assert v.row(document, "playable_hub", "C01")["verdict"] == "waived"
    assert document["verdict"] == "unknown"


def test_a_waiver_that_says_so_covers_what_could_not_be_measured_and_the_row_still_says_why() -> None:
    document = judged(unplayable, waiver("all", subject="C01", unmeasured=True))
    row = v.row(document, "size", "C01")
    assert (row["verdict"], row["was"], row["says"]["en"]) == ("waived", "unknown", "does not answer at its address")
    assert v.row(document, "factory_password_refused", "C01")["verdict"] == "unknown", "never waived"
    assert document["verdict"] == "unknown"


@pytest.mark.parametrize("name", ["factory_password_refused", "security", "all"])
def test_what_protects_the_people_watched_is_never_excused(name: str) -> None:
    def factory(found: dict[str, Any]) -> None:
        found["cameras"]["1"]["factory_login"].update(accepted=True)

    document = judged(factory, waiver(name, subject="C01", unmeasured=True))
    assert v.row(document, "factory_password_refused", "C01")["verdict"] == "not_met"
    assert document["verdict"] == "not_met"


@pytest.mark.parametrize(
    ("changed", "excused"),
    [
        ({"subject": "C02"}, False),
        ({"site": "an-nhon-02"}, False),
        ({"site": None, "area": "an-nhon"}, True),
        ({"site": None, "area": "quy-nhon"}, False),
        ({"check": "picture"}, True),
        ({"check": "rate"}, False),
        ({"check": "all", "subject": "C01"}, True),
    ],
)
def test_a_waiver_reaches_what_it_names_and_no_further(changed: dict[str, Any], excused: bool) -> None:
    document = judged(small, waiver(**({"check": "size"} | changed)))
    assert v.row(document, "size", "C01")["verdict"] == ("waived" if excused else "not_met")
    assert (document["waivers"] != []) == (changed.get("site", "an-nhon-01") == "an-nhon-01" or changed.get("area") == "an-nhon")


def test_what_is_met_stays_met_whatever_is_waived() -> None:
    document = judged(lambda found: None, waiver("all", subject="C01", unmeasured=True), waiver("picture"))
    assert {row["waiver"] for row in document["facilities"][0]["checks"] if row["verdict"] == "met"} == {None}
    assert document["verdict"] == "met"


@settings(deadline=None, max_examples=examples(40))
@given(st.sampled_from([check.id for check in standard().checks]), st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.booleans())
def test_no_waiver_ever_makes_a_row_met_or_touches_what_may_not_be_waived(name: str, until: date, unmeasured: bool) -> None:
    def ill(found: dict[str, Any]) -> None:
        small(found)
        found["ssh"].update(methods={"ketnoi": ["password"]}, host_key="ssh-ed25519 AAAAother")

    bare, excused = judged(ill), judged(ill, waiver(name, until=until, unmeasured=unmeasured))
    never = {check.id for check in standard().checks if not check.waivable}
    for before, after in zip(bare["facilities"][0]["checks"], excused["facilities"][0]["checks"], strict=True):
        assert after["verdict"] in (before["verdict"], "waived")
        if after["verdict"] == "waived":
            assert until >= TODAY and after["id"] == name and name not in never and after["was"] == before["verdict"]


def test_page_table_and_junit_show_who_excused_what_until_when() -> None:
    document = judged(small, waiver(subject="C01")) | {"withheld": []}
    text = html.render(document)
    for said in ("miễn áp dụng đến hết ngày 31/01/2026", "camera cũ, thay trong tháng 3", "Sở TT&amp;TT", "met with waivers"):
        assert said in text
    (group,) = groups.waived(document["facilities"][0])
    assert (group["subject"].vi, group["was"]) == ("C01", "not_met")
    assert not [one for one in groups.troubles(document["facilities"][0]) if groups.pressing(one)]
    xml = junit.render(document, "vi").decode()
    assert 'failures="0"' in xml and "miễn áp dụng đến hết ngày 31/01/2026" in xml
    out = io.StringIO()
    table.show(document, Console(file=out, width=250), "vi")
    shown = out.getvalue()
    assert "0 trên 1 cơ sở đạt" in shown and "1 cơ sở nữa chỉ đạt khi tính cả mục được miễn áp dụng" in shown


HEAD = "waivers:\n  - {check: size, site: an-nhon-01, subject: C01, reason: cũ, owner: Sở TT&TT, until: 2026-12-31}\n"


@pytest.mark.parametrize(
    ("row", "field", "says"),
    [
        ("{check: sise, site: an-nhon-01, reason: r, owner: o, until: 2026-12-31}", "sise.check", "nearest: size"),
        ("{check: size, site: an-nhon-91, reason: r, owner: o, until: 2026-12-31}", "size.site", "has no"),
        ("{check: size, area: an-nhom, reason: r, owner: o, until: 2026-12-31}", "size.area", "has no"),
        ("{check: size, site: an-nhon-01, subject: C99, reason: r, owner: o, until: 2026-12-31}", "size.subject", "C99"),
        ("{check: size, site: an-nhon-01, area: an-nhon, reason: r, owner: o, until: 2026-12-31}", "size.area", "one of two"),
        ("{check: size, reason: r, owner: o, until: 2026-12-31}", "size.site", "one of two"),
        ("{check: all, site: an-nhon-01, reason: r, owner: o, until: 2026-12-31}", "all.check", "needs a `subject`"),
        ("{check: stream_needs_login, site: an-nhon-01, reason: r, owner: o, until: 2026-12-31}", "stream_needs_login.check", "waived"),
        ("{check: milestones, site: an-nhon-01, reason: r, owner: o, until: 2026-12-31}", "milestones.check", "whole"),
        ("{check: size, site: an-nhon-01, owner: o, until: 2026-12-31}", "size.reason", "is missing"),
        ("{check: size, site: an-nhon-01, reason: r, owner: o}", "size.until", "is missing"),
        ("{check: size, site: an-nhon-01, reason: r, owner: o, until: 2026-12-31, from: 2027-01-01}", "size.until", "before"),
        ("{check: size, site: an-nhon-01, reason: r, owner: o, until: 2026-12-31, untill: x}", "size.untill", "until"),
    ],
)
def test_a_waiver_for_what_is_not_there_is_a_fault_with_its_line(tmp_path: Path, row: str, field: str, says: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / "waivers.yml").write_text(HEAD + f"  - {row}\n", encoding="utf-8")
    _, faults = load(inventory)
    found = [(fault.file.name, fault.line, fault.field, fault.text.en) for fault in faults]
    assert [(file, line, named) for file, line, named, _ in found] == [("waivers.yml", 3, field)], found
    assert says in found[0][3]


def test_waivers_that_name_what_is_there_are_read(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / "waivers.yml").write_text(HEAD, encoding="utf-8")
    province, faults = load(inventory)
    assert faults == [] and province is not None
    assert [(each.check, each.site, each.subject, each.until) for each in province.waivers] == [
        ("size", "an-nhon-01", "C01", date(2026, 12, 31))
    ]
