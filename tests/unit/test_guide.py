"""The page that facilities are given: made from the standard's data, in both languages, on two sheets at most."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from province.commands.guide import run
from province.model import Province, load
from province.paths import data
from province.report import guide, paper
from province.standard.checks import Standard
from province.standard.load import load as standard
from province.text import Lang
from province.user_error import UserError
from tests.unit.inventories import copied

DAY = date(2021, 6, 11)


def sample() -> Province:
    province, _ = load(data("inventory/binh-dinh"))
    assert province is not None
    return province


def text(lang: Lang = "vi", of: Standard | None = None) -> str:
    html = guide.render(sample(), of or standard(), DAY, lang)
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("</style>", html.index("<body>")) :]).split())


def test_figures_are_the_standards_as_each_language_writes_them() -> None:
    assert "ít nhất 1920 × 1080 điểm ảnh" in text() and "ít nhất 99,5 % thời gian mỗi ngày" in text()
    assert "at least 99.5 % of each day" in text("en")
    changed = [replace(each, threshold={**each.threshold, "days": 45}) if each.id == "days_kept" else each for each in standard().checks]
    assert "Hình được lưu ít nhất 45 ngày" in text(of=replace(standard(), checks=tuple(changed)))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_no_figure_is_left_unfilled_and_zones_have_their_names(lang: Lang) -> None:
    shown = text(lang)
    assert not re.search(r"\{\w+\}", shown)
    assert "outside-toilets" not in shown
    assert ("bên ngoài nhà vệ sinh, nhà tắm chung" if lang == "vi" else "outside shared toilets") in shown


def test_our_choice_is_marked_and_never_passes_for_an_order() -> None:
    for check in standard().checks:
        told = guide.source(check, "vi")
        assert ("(*)" in told) == ("lựa chọn của chúng tôi" in check.source.vi), check.id
        assert "chúng tôi" not in told
    assert "(*) Cách làm hoặc con số không do văn bản nào quy định" in text()


def test_a_provinces_own_threshold_is_said_to_be_its_own(tmp_path: Path) -> None:
    row = {"id": "rate", "threshold": {"fps": 12}, "reason": "camera cũ", "by": "Sở TT&TT, công văn 5"}
    (tmp_path / "standard.yml").write_text(yaml.safe_dump({"overrides": [row]}, allow_unicode=True), encoding="utf-8")
    shown = text(of=standard(tmp_path))
    assert "ít nhất 12 hình/giây" in shown
    assert "ngưỡng của tỉnh: ít nhất 12 hình/giây (mặc định ít nhất 15 hình/giây); Sở TT&amp;TT, công văn 5" in shown


def test_every_required_check_that_a_facility_can_do_something_about_is_asked_for() -> None:
    silent = {check.id for check in standard().checks if check.required and check.subject != "area" and check.asks is None}
    assert silent == {
        "playable_hub", "name", "not_discoverable", "ntp_source", "smart_codec_off", "password_unique", "box_ports",
        "box_password_refused", "box_host_key", "recorder_storage", "recorder_clock", "box_clock",
    }  # fmt: skip


def test_it_is_laid_out_as_an_official_document_of_the_day() -> None:
    shown = text()
    for said in ("HƯỚNG DẪN", "Kính gửi", "tỉnh Bình Định", "Nơi nhận", "Lưu: VT", "VNPT Bình Định", "4403/CV-BCĐ", "./."):
        assert said in shown


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_it_fits_on_two_sheets(tmp_path: Path, lang: Lang) -> None:
    paper.pdf(guide.render(sample(), standard(), DAY, lang), tmp_path / "guide.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "guide.pdf").read_bytes())) <= 2


def test_the_command_writes_what_the_name_ends_in_and_refuses_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inventory = copied(tmp_path, "an-nhon")
    assert run(inventory, tmp_path / "guide.html", "2021-06-11", "vi") == 0
    assert "HƯỚNG DẪN" in (tmp_path / "guide.html").read_text(encoding="utf-8")
    assert "guide.html" in capsys.readouterr().out
    with pytest.raises(UserError):
        run(inventory, tmp_path / "guide.doc", None, "vi")
    with pytest.raises(UserError):
        run(inventory, tmp_path / "guide.html", "11/06/2021", "vi")
