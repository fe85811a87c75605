"""The verdict for people and for CI: page, JUnit, terminal."""

import dataclasses
import io
from html.parser import HTMLParser
from typing import Any

import pytest
from lxml import etree
from rich.console import Console

from province.report.verdict import groups, html, junit, table
from tests.unit import verdicts as v


@pytest.fixture
def mixed() -> dict[str, Any]:
    sound, ill, silent = v.site("an-nhon-01"), v.site("an-nhon-02"), v.site("an-nhon-03")
    found = v.evidence(ill)
    found["cameras"]["3"]["stream_centre"]["width"] = 1280
    found["cameras"]["2"]["settings"]["name"] = "<script>alert(1)</script>[red]"
    return v.verdict((sound, v.evidence(sound)), (ill, found), (silent, {}))


def test_junit_has_a_case_for_each_check_and_unknown_is_an_error_not_a_skip(mixed: dict[str, Any]) -> None:
    root = etree.fromstring(junit.render(mixed, "en"))
    for suite, facility in zip(root.iter("testsuite"), mixed["facilities"], strict=True):
        cases = list(suite.iter("testcase"))
        assert suite.get("name") == facility["code"]
        assert int(suite.get("tests", "0")) == len(cases) == len(facility["checks"])
        for outcome, verdict in (("failure", "not_met"), ("error", "unknown")):
            wanted = {(r["subject"], r["id"]) for r in facility["checks"] if r["verdict"] == verdict and r["required"]}
            seen = {((case.get("classname") or "").split(".")[-1], case.get("name")) for case in cases if case.find(outcome) is not None}
            assert seen == wanted
    assert ("C03", "size") in {
        ((case.get("classname") or "").split(".")[-1], case.get("name"))
        for case in root.iter("testcase")
        if case.find("failure") is not None
    }


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_data(self, text: str) -> None:
        self.text += text


def test_the_page_is_self_contained_and_a_cameras_name_cannot_inject(mixed: dict[str, Any]) -> None:
    page = Page()
    page.feed(html.render(mixed))
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert all(link.startswith("#") for link in page.links)
    assert "<script>alert(1)</script>" in page.text


def test_the_page_speaks_both_languages_and_says_what_the_verdict_rests_on(mixed: dict[str, Any]) -> None:
    text = html.render(mixed)
    for word in (
        "không đạt",
        "chưa xác định",
        "đạt tại thời điểm kiểm tra",
        "met when checked",
        mixed["standard"]["digest"],
        mixed["at"],
    ):
        assert word in text
    assert text.count('class="facility"') == 3


@pytest.mark.parametrize(("lang", "word"), [("vi", "1 trên 3 cơ sở"), ("en", "1 of 3 facilities")])
def test_the_table_names_what_is_wrong_and_counts_what_is_met(mixed: dict[str, Any], lang: Any, word: str) -> None:
    out = io.StringIO()
    table.show(mixed, Console(file=out, width=200), lang)
    shown = out.getvalue()
    assert word in shown and {"vi": "đo lúc 19:00 ngày 31/01/2026", "en": "measured at 19:00 on 31 January 2026"}[lang] in shown
    assert any("an-nhon-02" in line and "C03" in line and "size" in line and "1280x1080" in line for line in shown.splitlines())
    assert "[red]" in shown


def test_what_is_met_takes_one_line_a_check_whatever_the_number_of_cameras(mixed: dict[str, Any]) -> None:
    lines = groups.fine(mixed["facilities"][0])
    assert len(lines) == len({row["id"] for row in mixed["facilities"][0]["checks"]} - v.CANT_BE_TOLD)
    (size,) = (line for line in lines if line["title"]["en"] == "Picture size")
    assert size["found"] == [(("C01–C04", "C01–C04"), ("1920x1080", "1920x1080"))]


def test_one_cause_is_told_once_with_every_check_and_subject_that_it_keeps_from_being_known(mixed: dict[str, Any]) -> None:
    silent = v.site("an-nhon-03")
    found = v.evidence(silent)
    for slot in ("2", "3"):
        found["cameras"][slot] = {kind: {"ok": False, "reason": "unreachable"} for kind in found["cameras"][slot]}
    told = groups.troubles(v.verdict((silent, found))["facilities"][0])
    told = [one for one in told if groups.pressing(one)]
    (unknown,) = (one for one in told if one["verdict"] == "unknown")
    assert {"codec", "size", "name"} <= {check["id"] for check in unknown["checks"]}
    assert {check["id"] for one in told[:-1] for check in one["checks"]} == {"playable_centre", "playable_hub"}
    assert {one["subject"].en for one in told} == {"C02–C03"}


def test_every_trouble_of_a_facility_is_told(mixed: dict[str, Any]) -> None:
    for facility in mixed["facilities"]:
        wrong = {(row["id"], row["says"]["vi"]) for row in facility["checks"] if row["verdict"] != "met"}
        assert {(check["id"], group["says"]["vi"]) for group in groups.troubles(facility) for check in group["checks"]} == wrong


def test_a_facility_that_is_withheld_is_named_on_the_page(mixed: dict[str, Any]) -> None:
    reason = {"vi": "phu-cat-01 là doanh trại", "en": "phu-cat-01 is a barracks"}
    text = html.render(mixed | {"withheld": [{"code": "phu-cat-01", "name": "Doanh trại", "reason": reason}]})
    assert reason["vi"] in text and reason["en"] in text


@pytest.mark.parametrize(
    ("subjects", "shown"),
    [(["C01"], "C01"), (["C01", "C02", "C04"], "C01–C02, C04"), (["C09", "C10"], "C09–C10"), (["box"], "edge box")],
)
def test_neighbouring_cameras_are_written_as_a_range(subjects: list[str], shown: str) -> None:
    assert groups.ranges(subjects).en == shown


def test_each_device_in_a_class_is_named_with_what_to_do_in_table_and_page() -> None:
    of = v.site()
    found = v.evidence(of)
    for slot in ("1", "2"):
        found["cameras"][slot]["settings"] = {"ok": False, "reason": "not_activated"}
    document = v.verdict((of, found)) | {"withheld": []}
    for lang, words in (("vi", "chưa được kích hoạt"), ("en", "is not activated")):
        out = io.StringIO()
        table.show(document, Console(file=out, width=300), lang)
        line = next(line for line in out.getvalue().splitlines() if "not_activated" in line)
        assert "C01–C02" in line
        assert words in line
    page = Page()
    page.feed(html.render(document))
    text = page.text
    assert "not_activated" in text
    assert "Kích hoạt thiết bị" in text
    assert "Activate it" in text


def test_of_a_facility_that_cannot_be_reached_the_last_that_was_known_and_its_age_are_said_everywhere() -> None:
    of = v.site()
    found = v.evidence(of)
    found["tunnel"] = {"ok": True, "alive": False, "rtt_ms": None, "tries": 3}
    found["before"] = {
        "first_connected": None, "last_seen": {"at": "2026-01-31T11:00:00+00:00", "age_s": 3600.0}, "cameras": {"up": 4},
        "verdict": {"at": "2026-01-26T12:00:00+00:00", "age_s": 5 * 86400.0, "verdict": "met", "counts": {"met": 90}, "not_met": []},
    }  # fmt: skip
    document = v.verdict((of, found)) | {"withheld": []}
    assert document["facilities"][0]["last"] == found["before"]
    said = "lần gần nhất đo được: đạt, lúc 19:00 26/01/2026 (cách đây 5 ngày)"
    out = io.StringIO()
    table.show(document, Console(file=out, width=300), "vi")
    for shown in (out.getvalue(), html.render(document)):
        assert said in shown
        assert "tin cuối của thiết bị biên lúc 18:00 31/01/2026 (cách đây 60 phút)" in shown


def test_a_facility_that_can_be_reached_needs_no_last_word() -> None:
    of = v.site()
    document = v.verdict((of, v.evidence(of) | {"before": {"verdict": None, "last_seen": None, "cameras": {}}}))
    assert document["facilities"][0]["last"] is None
    assert groups.last_known(document["facilities"][0]) is None


def test_what_presses_nobody_stands_apart_from_what_is_to_be_done() -> None:
    of = v.site()
    found = v.evidence(of) | {"history": v.history(of, 2)}
    document = v.verdict((of, found)) | {"withheld": []}
    assert not [group for group in groups.troubles(document["facilities"][0]) if groups.pressing(group)]
    text = html.render(document)
    assert "Chưa xác định, chưa phải xử lý ngay" in text and "Cần xử lý" not in text
    out = io.StringIO()
    table.show(document, Console(file=out, width=300), "vi")
    assert "an-nhon-01: chưa xác định (chưa đủ dữ liệu): giữ kết nối 24/7, camera hoạt động liên tục." in out.getvalue()
    assert "1 trên 1 cơ sở đạt" in out.getvalue()


def test_junit_shows_figures_where_there_are_some_and_never_what_a_program_calls_nothing(mixed: dict[str, Any]) -> None:
    for lang in ("vi", "en"):
        shown = [case.text or "" for case in etree.fromstring(junit.render(mixed, lang)).iter("failure", "error", "skipped")]
        assert shown and not any(word in text for text in shown for word in ("None", "True", "False", " null", "; cần true"))
    assert any("measured" in text and "wanted" in text for text in shown)


def text_of(document: dict[str, Any], lang: Any = "en") -> str:
    out = io.StringIO()
    table.show(document, Console(file=out, width=1000), lang)
    return out.getvalue()


def test_the_failed_stand_first_on_screen_and_paper(mixed: dict[str, Any]) -> None:
    assert [each["verdict"] for each in mixed["facilities"]] == ["met", "not_met", "unknown"]
    wanted = ["an-nhon-02", "an-nhon-03", "an-nhon-01"]
    shown = [line.split()[1] for line in text_of(mixed).splitlines() if line.startswith("│ an-nhon-")]
    assert shown[:3] == wanted
    page = Page()
    page.feed(html.render(mixed | {"withheld": []}))
    assert [link for link in page.links if link.startswith("#an-nhon")] == [f"#{code}" for code in wanted]


def test_facilities_never_taken_over_are_named_in_one_line_and_stand_last(mixed: dict[str, Any]) -> None:
    idle = [dataclasses.replace(v.site(f"an-nhon-{number}"), host_key=None, enrolled_at=None) for number in range(10, 46)]
    ill = v.site("an-nhon-02")
    one, many = (v.verdict(*((each, {}) for each in chosen), (ill, v.evidence(ill))) for chosen in (idle[:1], idle))
    lines = text_of(many).splitlines()
    assert len(lines) - len(text_of(one).splitlines()) == len(idle) - 1, "a line each, in the table of facilities"
    said = next(line for line in lines if "never taken over" in line)
    assert "36 facilities" in said and "an-nhon-10" in said
    lacking = dataclasses.replace(idle[0], papers=dataclasses.replace(idle[0].papers, plan=None))
    assert "an-nhon-10 │ facility" in text_of(v.verdict((lacking, {}))), "what is not met on paper stays"
    assert groups.worst_first(many["facilities"])[0]["code"] == "an-nhon-02"
