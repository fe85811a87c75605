"""The report's page: whole in itself, drawn so that it can be read aloud, and the same every time."""

import io
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from PIL import Image

from province.report.model import figures
from province.report.model.content import STATES, Day, Progress
from province.report.renderers import charts, page
from province.text import Text
from tests.unit.report_sample import AS_OF, many, sample

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def written() -> str:
    return page.render(sample())


@pytest.fixture(scope="module")
def tree(written: str) -> Any:
    return html.fromstring(written)


def test_a_browser_shows_it_without_a_request_or_a_complaint(written: str, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(written)
    address = f"file://{tmp_path}/report.html"
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--window-size=1280,1600"]
    told = subprocess.run(
        [*browser, "--enable-logging=stderr", f"--screenshot={tmp_path}/shot.png", "--hide-scrollbars", address],
        capture_output=True, text=True, timeout=180, check=True, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "CONSOLE" not in told.stderr
    picture = Image.open(io.BytesIO((tmp_path / "shot.png").read_bytes())).convert("RGB")
    colours = picture.getcolors(1 << 24) or []
    shades = {colour for count, colour in colours if count > 200}
    assert {(0, 0x72, 0xB2), (0xD5, 0x5E, 0)} <= shades, "the charts are not there"
    assert max(count for count, _ in colours) < 0.95 * picture.width * picture.height, "blank"


def test_nothing_is_fetched_and_nothing_runs(written: str, tree: Any) -> None:
    assert not tree.xpath("//script | //link | //iframe | //object | //*[@href] | //*[starts-with(name(@*), 'on')]")
    assert not re.findall(r"url\(|@import", written)
    assert set(re.findall(r"https?://[^\"' ]+", written)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in written


def pictures(written: str) -> Iterator[Any]:
    for raw in re.findall(r"<svg.*?</svg>", written, re.DOTALL):
        yield etree.fromstring(raw)


def test_each_chart_is_named_and_told_and_has_a_table_behind_it(written: str, tree: Any) -> None:
    seen = list(pictures(written))
    assert len(seen) == 6
    for picture in seen:
        assert picture.get("role") == "img"
        ids = picture.get("aria-labelledby").split()
        assert [picture.find(f"{SVG}{name}").get("id") for name in ("title", "desc")] == ids
        assert len(picture.find(f"{SVG}desc").text) > 40
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for section in tree.xpath("//section[.//*[name()='svg']]"):
        assert section.xpath(".//table")


def test_labels_stay_inside_their_pictures(written: str) -> None:
    for picture in pictures(written):
        width, height = (float(each) for each in picture.get("viewBox").split()[2:])
        for label in picture.iter(f"{SVG}text"):
            half = len(label.text) * float(label.get("font-size")) * 0.5
            left = {"start": 0.0, "middle": half / 2, "end": half}[label.get("text-anchor")] * 1.0
            x = float(label.get("x"))
            assert x - left >= -12, label.text
            assert x - left + half <= width + 12, label.text
            assert 0 < float(label.get("y")) <= height, label.text


def test_the_page_says_the_report_s_sums(tree: Any) -> None:
    report = sample()
    words = " ".join(tree.text_content().split())
    assert f"{report.total.states['met']}/{report.total.facilities} cơ sở đạt tiêu chuẩn" in words
    assert f"{report.total.connected}/{report.total.facilities} cơ sở đang kết nối" in words
    assert f"{report.total.cameras.met}/{report.total.cameras.total} camera đạt" in words
    assert "Chậm 4 ngày" in words
    for state in page.BEHIND:
        assert f"{figures.sentence(STATES[state]).vi}: {report.total.states[state]} cơ sở" in words
    for row in report.facilities:
        assert words.count(row.name) >= (2 if row.state in page.BEHIND else 1)


def test_those_that_do_not_install_stand_apart_from_those_that_do_not_monitor(tree: Any) -> None:
    titles = [title.text_content() for title in tree.xpath("//h3")]
    assert titles[:2] == ["Chưa lắp đặt: 4 cơ sở", "Đã lắp đặt, chưa giám sát: 2 cơ sở"]


def test_what_people_wrote_is_words_not_markup() -> None:
    report = sample(area="an-nhon")
    bad = "<script>alert(1)</script>&"
    rows = tuple(replace(row, name=bad, reason=Text(bad, bad)) for row in report.facilities)
    areas = tuple(replace(row, name=Text(bad, bad)) for row in report.areas)
    written = page.render(replace(report, facilities=rows, areas=areas))
    assert "<script" not in written
    assert "&lt;script&gt;" in written


def test_english_speaks_english_but_for_names() -> None:
    written = page.render(sample("en"))
    assert '<html lang="en">' in written
    assert "Facilities that need something done" in written
    assert "Cơ sở cần xử lý" not in written
    assert "12 June 2021" in written


def test_the_same_report_gives_the_same_page(written: str) -> None:
    assert page.render(replace(sample())) == written


def test_a_province_of_700_facilities_is_a_page_that_opens() -> None:
    assert len(page.render(many(700, 20)).encode()) < 5_000_000


NOTHING = Progress((), ())


@pytest.mark.parametrize(
    "without",
    [
        {"milestones": (), "reasons": (), "waivers": (), "standard": ()},
        {"progress": NOTHING},
        {"facilities": (), "areas": (), "units": (), "kinds": (), "authorities": (), "progress": NOTHING, "milestones": ()},
    ],
    ids=["no orders", "no days", "no facilities"],
)
def test_a_report_with_next_to_nothing_is_a_page_too(without: dict[str, Any]) -> None:
    assert "<h1>" in page.render(replace(sample(), **without))


@given(st.lists(st.integers(0, 700), min_size=1, max_size=400), st.sampled_from([charts.WIDE, charts.NARROW]))
def test_progress_is_drawn_for_any_length_of_time(counts: list[int], width: int) -> None:
    counts = sorted(counts)
    days = tuple(Day(AS_OF - timedelta(days=len(counts) - at), each, each, each, 700) for at, each in enumerate(counts))
    picture = etree.fromstring(charts.progress(replace(sample(), progress=Progress(days, ())), width))
    for drawn in picture.iter(f"{SVG}path"):
        points = [tuple(map(float, pair.split(","))) for pair in drawn.get("d", "")[1:].split("L")]
        assert all(0 <= x <= width for x, _ in points)
        assert all(later[0] >= earlier[0] and later[1] <= earlier[1] for earlier, later in pairwise(points))


def test_the_table_behind_progress_has_the_days_on_which_something_moved() -> None:
    days = [Day(date(2021, 6, at), 1 + (at > 3), 0, 0, 5) for at in range(1, 8)]
    assert [row.day.day for row in charts.changes(days)] == [1, 4, 7]


def test_numbers_and_days_are_written_as_officials_write_them() -> None:
    assert figures.number(1234.5, "vi", 1) == "1.234,5"
    assert figures.number(1234.5, "en", 1) == "1,234.5"
    assert figures.day(date(2021, 5, 6), "vi") == "06/5/2021"
    assert figures.day(date(2021, 2, 1), "vi") == "01/02/2021"
    assert figures.long_day(date(2021, 6, 5)).vi == "ngày 05 tháng 6 năm 2021"


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 1))
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, digits: int) -> None:
    part = min(part, whole)
    shown = figures.percent(part, whole, "en", digits)
    assert (float(shown[:-1]) == 100) == (part == whole)
    assert (float(shown[:-1]) == 0) == (part == 0)
