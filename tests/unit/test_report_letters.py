"""The official report and the reminders: laid out as the decree says, worded as officials write, each number the report's."""

import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from province.report.model import figures
from province.report.model.content import Recipient, Report
from province.report.renderers import letter, letterhead, reminders, sheets
from province.report.renderers import page as page_module
from province.text import Lang, Text
from tests.unit.report_sample import LAST_DAY, many, sample


def text_of(path: Path, *options: str) -> str:
    done = subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True, timeout=60)
    return " ".join(done.stdout.replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("letter") / "report.pdf"
    letter.write(sample(), path)
    return path


def test_the_report_is_laid_out_as_an_official_document(printed: Path) -> None:
    text = text_of(printed)
    head, body = text.split("BÁO CÁO", 1)
    for part in (
        "UBND TỈNH BÌNH ĐỊNH", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "Số:", "/BC-STTTT", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc", "Bình Định, ngày 15 tháng 6 năm 2021",
    ):  # fmt: skip
        assert part in head
    in_order = [
        "Kính gửi:", "Sở Y tế;", "UBND tỉnh Bình Định.", "I. KẾT QUẢ THỰC HIỆN", "II. TIẾN ĐỘ SO VỚI THỜI HẠN",
        "III. CƠ SỞ CHƯA ĐẠT, NGUYÊN NHÂN", "IV. ĐỀ XUẤT, KIẾN NGHỊ", "./.", "Nơi nhận:", "Như trên;", "Lưu: VT.",
        "DANH SÁCH CƠ SỞ", "KẾT QUẢ TỪNG CƠ SỞ",
    ]  # fmt: skip
    places = [body.index(part) for part in in_order]
    assert places == sorted(places)
    assert "GIÁM ĐỐC" in body


def test_the_office_does_not_write_to_itself() -> None:
    assert letterhead.addressees(sample()) == ["Sở Y tế", "UBND tỉnh Bình Định"]
    merged = replace(sample(), province_name="Tỉnh Gia Lai")
    assert letterhead.addressees(merged) == ["Sở Y tế", "UBND tỉnh Bình Định"], "its own name is still that of before"
    alone = replace(sample(), recipients=(Recipient("Sở Thông tin và Truyền thông", None),))
    assert letterhead.addressees(alone) == ["UBND tỉnh Bình Định"]


def test_the_report_says_its_sums(printed: Path) -> None:
    report, text = sample(), text_of(printed)
    total = report.total
    assert f"có {total.facilities} cơ sở cách ly tập trung với {total.cameras.total} camera" in text
    assert f"{total.connected}/{total.facilities} cơ sở đang kết nối" in text
    assert f"Chưa lắp đặt: {total.states['not_installed']:02d} cơ sở: Nhà văn hoá Kim Sơn (UBND huyện Hoài Ân)" in text
    assert f"Đã lắp đặt, chưa giám sát: {total.states['not_monitored']:02d} cơ sở" in text
    whole = text_of(printed, "-layout")
    for row in report.facilities:
        assert row.code in whole.replace(" ", "") or row.code in whole


def test_room_is_left_for_a_number_that_the_office_gives() -> None:
    assert re.search(r'Số:<span class="blank"> {9}</span>/BC-STTTT', letter.render(sample()))
    given = letter.render(sample(), number="61")
    assert re.search(r'Số:<span class="blank"> 61</span>/BC-STTTT', given)


def test_units_and_places_have_the_names_of_the_day() -> None:
    later = replace(sample(), as_of=date(2026, 1, 1), province_name="Tỉnh Gia Lai", issuer="Sở Khoa học và Công nghệ tỉnh Gia Lai")
    head = letterhead.head(later, "BC", Text("", ""), None, None)
    assert (head.above, head.office, head.symbol) == ("UBND Tỉnh Gia Lai", "Sở Khoa học và Công nghệ", "/BC-SKHCN")
    assert (head.place, head.dated) == ("Gia Lai", "ngày 01 tháng 01 năm 2026")


@pytest.mark.parametrize(
    ("issuer", "above", "symbol", "power"),
    [
        ("Sở Thông tin và Truyền thông tỉnh Bình Định", "UBND Tỉnh Bình Định", "/BC-STTTT", ("GIÁM ĐỐC",)),
        ("UBND thị xã An Nhơn", None, "/BC-UBND", ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")),
        ("Ban Chỉ đạo phòng, chống dịch", "UBND Tỉnh Bình Định", "/BC-BCĐPCD", ("THỦ TRƯỞNG ĐƠN VỊ",)),
    ],
)
def test_an_office_signs_in_its_own_power(issuer: str, above: str | None, symbol: str, power: tuple[str, ...]) -> None:
    head = letterhead.head(replace(sample(), issuer=issuer), "BC", Text("", ""), None, None)
    assert (head.above, head.symbol, head.power) == (above, symbol, power)


def test_the_same_report_prints_the_same_bytes(printed: Path, tmp_path: Path) -> None:
    letter.write(replace(sample()), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == printed.read_bytes()


def test_long_lists_go_to_the_annex() -> None:
    html = letter.render(many(200, 4))
    assert "Không đạt: 30 cơ sở (danh sách tại Phụ lục I)." in html


def test_a_province_where_all_is_well_proposes_nothing() -> None:
    rows = tuple(row for row in sample().facilities if row.state == "met")
    html = letter.render(replace(sample(), facilities=rows, reasons=()))
    assert html.count("<p>Không có.</p>") == 2
    assert "Phụ lục II" not in html


def test_english_is_a_translation_with_the_state_s_own_heading() -> None:
    html = letter.render(sample("en"))
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in html
    for words in ("Kính gửi", "Nơi nhận", "Phụ lục", "Thực hiện văn bản"):
        assert words not in html


def test_each_authority_that_is_behind_gets_its_own_letter(tmp_path: Path) -> None:
    report = sample(area="an-nhon")
    reminders.write(report, tmp_path / "reminders")
    assert [file.name for file in sorted((tmp_path / "reminders").iterdir())] == ["ubnd-an-nhon.pdf"]
    text = text_of(tmp_path / "reminders" / "ubnd-an-nhon.pdf")
    for part in (
        "/STTTT", "V/v đôn đốc lắp đặt, kết nối", "Kính gửi: UBND thị xã An Nhơn.", "còn 01 cơ sở chưa đạt yêu cầu (01 không đạt)",
        "Nhà nghỉ Sông Kôn", "0256 000 1003", "VNPT Bình Định (Trần Quốc Khánh", "UBND tỉnh Bình Định (b/c)",
    ):  # fmt: skip
        assert part in text, part


def test_a_reminder_reports_to_superiors_alone_and_copies_nobody_twice() -> None:
    report = sample()
    copied = {each.id: reminders.copies(report, each, report.facilities[:1]) for each in report.authorities}
    assert copied["ubnd-an-nhon"] == ["Như trên", "Sở Y tế", "UBND tỉnh Bình Định (b/c)", "VNPT Bình Định (p/h)", "Lưu: VT"]
    assert copied["so-y-te"] == ["Như trên", "UBND tỉnh Bình Định (b/c)", "VNPT Bình Định (p/h)", "Lưu: VT"]


@pytest.mark.parametrize(("lang", "said"), [("vi", "Đo lúc 06:30 ngày {day}"), ("en", "Measured at 06:30 on {day}")])
def test_a_reminder_says_when_that_was_measured_which_it_blames(lang: Lang, said: str) -> None:
    """What was repaired since is not held against anybody unseen."""
    report = replace(sample(), lang=lang)
    letters = [(one, reminders.render(report, one)) for one in report.authorities if one.behind]
    measured = 0
    for authority, page in letters:
        rows = [report.facility(code) for code in authority.behind]
        at = [row for row in rows if row.last_measured]
        assert page.count(said.split("{")[0]) == len(at)
        assert not at or said.format(day=figures.day(date(2021, 6, 15), lang)) in page
        measured += len(at)
    assert measured


@pytest.mark.parametrize(("lang", "said"), [("vi", "Đo lúc "), ("en", "Measured at ")])
def test_page_and_report_say_of_every_verdict_when_it_was_measured(lang: Lang, said: str) -> None:
    """Each facility stands in the list of all, and one that is behind in that of what is to be done."""
    report = replace(sample(), lang=lang)
    measured = [row for row in report.facilities if row.last_measured]
    behind = [row for row in measured if row.state in page_module.BEHIND]
    assert measured and behind
    for rendered in (page_module.render(report), letter.render(report)):
        assert rendered.count(said) == len(measured) + len(behind)


def test_the_workbook_has_the_hour_beside_every_check_and_camera() -> None:
    report = sample()
    measured = {row.code for row in report.facilities if row.last_measured}
    for columns, rows in ((sheets.checks(report), report.checks), (sheets.cameras(report), report.cameras)):
        column = next(each for each in columns if each.head.en == "Last measured")
        shown = {row.facility: column.of(row) for row in rows}
        assert {code for code, at in shown.items() if at} == measured & set(shown) != set()


def test_a_reminder_names_no_facility_of_another_authority() -> None:
    report = sample()
    for authority in report.authorities:
        html = reminders.render(report, authority)
        for row in report.facilities:
            assert (f"<strong>{row.name}</strong>" in html) == (row.code in authority.behind)


def late(report: Report, code: str) -> Text | None:
    due = reminders.due(report, report.facility(code))
    return due.late if due else None


def test_a_reminder_counts_days_from_the_last_day_in_time() -> None:
    report = sample()
    assert late(report, "hoai-an-02") == Text("Chậm 4 ngày", "4 days late")
    came_late = next(row for row in report.facilities if row.first_connected and row.first_connected > LAST_DAY)
    assert came_late.first_connected
    days = (came_late.first_connected - LAST_DAY).days
    assert late(report, came_late.code) == Text(f"Đã kết nối, chậm {days} ngày", f"Connected, {days} days late")
    in_time = next(row for row in report.facilities if row.first_connected and row.first_connected <= LAST_DAY)
    assert reminders.due(report, in_time) is None


def test_a_deadline_that_lies_ahead_is_named_without_a_reproach() -> None:
    early = replace(sample(), as_of=date(2021, 6, 1), milestones=tuple(replace(each, late=(), days_late=0) for each in sample().milestones))
    assert reminders.due(early, early.facilities[0]) == reminders.Due(Text("Trước ngày 12/6/2021", "Before 12 June 2021"), None)


def test_no_authority_behind_makes_no_folder(tmp_path: Path) -> None:
    well = replace(sample(), authorities=tuple(replace(each, behind=()) for each in sample().authorities))
    reminders.write(well, tmp_path / "reminders")
    assert not (tmp_path / "reminders").exists()
