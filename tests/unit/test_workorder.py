"""The work order: what stands on it comes from inventory, scan and verdict, in both languages, on a page or two."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from inventories import copied, spoil
from survey_told import device, stranger, surveyed
from typer.testing import CliRunner

from province.cli import app
from province.model import Province, load
from province.model.facility import Funding
from province.model.survey import Bandwidth, SurveyFile
from province.model.surveyed import Surveyed
from province.report.workorder.content import content
from province.report.workorder.texts import CHECKS, DO, HEALTH, TEXTS
from province.rollout.inventory import facility_data
from province.survey.scan import file as scan_file
from province.survey.scan import place as scan_place

CODE, DAY = "an-nhon-02", date(2021, 5, 20)


def loaded(inventory: Path) -> Province:
    province, faults = load(inventory)
    assert province and not faults
    return province


def scan_of(province: Province, *found: dict[str, Any], **more: Any) -> SurveyFile:
    facility = province.facility(CODE)
    assert facility
    return surveyed(scan_place.of(facility), province.tables, *found, **more)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    return loaded(copied(tmp_path_factory.mktemp("inventory")))


def values(province: Province, survey: SurveyFile | None = None, verdict: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return content(province, more.get("code", CODE), survey, verdict, more.get("on", DAY), more.get("lang", "vi"))


def test_contacts_unit_and_authority_are_those_of_the_day(province: Province) -> None:
    said = " ".join(value for _, value in values(province)["facts"])
    assert "Phạm Thị Thu Thuỷ, Phó Hiệu trưởng, 02560001002, an-nhon-02@binh-dinh.example" in said
    assert "UBND thị xã An Nhơn" in said and "Thị xã An Nhơn, tỉnh Bình Định" in said and "VNPT Bình Định" in said
    assert "tỉnh Gia Lai" in " ".join(value for _, value in values(province, on=date(2026, 1, 1))["facts"])


def test_papers_are_read_alike_whether_a_facility_is_complete_or_only_surveyed(province: Province) -> None:
    listed = next(each for each in province.facilities if each.kind == "barracks" and each.opinion)
    complete = listed.model_copy(update={"funding": Funding(source="Ngân sách tỉnh", number="12/QĐ", date=DAY)})
    others = [each for each in province.facilities if each is not listed]
    early = Surveyed(complete.code, complete.area, facility_data(complete), [])
    ready, surveyed = (
        dataclasses.replace(province, facilities=[*others, *facilities], surveyed=list(early_ones))
        for facilities, early_ones in (([complete], []), ([], [early]))
    )
    papers = values(ready, code=complete.code)["papers"]
    assert values(surveyed, code=complete.code)["papers"] == papers
    assert complete.opinion and complete.opinion.number in papers[0][1] and "Ngân sách tỉnh" in papers[2][1]


def test_a_barracks_without_the_region_s_opinion_warns_at_the_top(province: Province) -> None:
    barracks = next(each for each in province.facilities if each.kind == "barracks" and each.opinion is None)
    told = values(province, code=barracks.code)
    assert told["warning"].startswith("CHƯA ĐƯỢC VÀO") and "quân khu" in told["warning"]
    assert told["papers"][0][2] is True
    assert values(province)["warning"] is None


def test_what_the_scan_found_becomes_work(province: Province) -> None:
    obsolete = {"class": "obsolete", "field": "encoder.codec", "detail": {"vi": "không có H.264", "en": "no H.264"}}
    why = {"vi": "từ chối", "en": "refused"}
    survey = scan_of(
        province,
        device(notes=[obsolete]),
        device(slot=2, address="192.168.1.12", listed_at="192.168.1.12", **{"class": "wrong_credentials", "reason": why}),
        stranger(40),
        absent=[3],
    )
    line = Bandwidth(cameras=4, needed_kbps=8192, uplink_kbps=3000, enough=False)
    todo = values(province, survey.model_copy(update={"bandwidth": line}))["todo"]
    assert any(each.startswith("Thay C01: không có H.264") for each in todo)
    assert any(each.startswith("Lấy mật khẩu quản trị của C02") for each in todo)
    assert any("C03 (192.168.1.13): không thấy khi quét" in each for each in todo)
    assert any("192.168.1.40" in each and "chưa có trong danh mục" in each for each in todo)
    assert any("cần 8.2 Mbit/s, đo được 3.0 Mbit/s" in each for each in todo)


def test_a_verdict_s_classes_stand_in_where_nobody_scanned(province: Province) -> None:
    row = {"subject": "C02", "class": "unreachable", "reason": {"vi": "mất", "en": "gone"}, "hint": {"vi": "xem dây", "en": "see cable"}}
    verdict = {"at": "2021-05-19T08:00:00+00:00", "facilities": [{"code": CODE, "devices": [row]}]}
    told = values(province, None, verdict)
    assert any("C02: mất → xem dây" in each for each in told["todo"]) and "đo lúc 15:00 ngày 19/5/2021" in told["source"]


def test_each_required_zone_has_its_cameras_its_reason_or_is_missing(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / "areas/an-nhon.yml", '      - {zone: yard, reason: "Sân nhỏ, camera ở cổng nhìn thấy hết"}\n', "", nth=2)
    spoil(inventory / "areas/an-nhon.yml", "    code: an-nhon-02\n", "    code: an-nhon-02\n    stage: surveyed\n")
    told = values(loaded(inventory))
    zones = {each["zone"]: each for each in told["zones"]}
    assert "C01 (Cổng chính)" in zones["Cổng ra vào"]["cameras"] and zones["Sân"]["missing"]
    assert "bàn tiếp đón" in zones["Nơi lấy mẫu xét nghiệm"]["cameras"]
    assert any("khu vực: Sân" in each for each in told["todo"])


def test_ports_lead_to_their_cameras_and_the_box(province: Province) -> None:
    (switch,) = values(province)["switches"]
    leads = {port["name"]: port["leads"] for port in switch["ports"]}
    assert leads["ether2"] == "C01 · Cổng chính" and leads["ether1"].startswith("Thiết bị biên") and "MikroTik" in switch["name"]
    assert values(province)["uncabled"] is None


@pytest.mark.parametrize("texts", [TEXTS.values(), HEALTH, CHECKS, DO.values()], ids=["words", "health", "checks", "todo"])
def test_every_sentence_is_in_both_languages(texts: Any) -> None:
    for text in texts:
        assert text.vi and text.en
        assert set(re.findall(r"{(\w+)", text.vi)) == set(re.findall(r"{(\w+)", text.en))


def test_what_no_order_says_is_marked_as_our_choice() -> None:
    assert "lựa chọn của chúng tôi" in TEXTS["health_source"].vi and "Lựa chọn của chúng tôi" in TEXTS["check_source"].vi


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_it_is_printed_on_two_pages_with_no_secret(tmp_path: Path, lang: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    scan_file.save(inventory, scan_of(loaded(inventory), device()))
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["workorder", "--site", CODE, "-i", str(inventory), "--out", str(out), "--lang", lang, "--json"])
    assert done.exit_code == 0, f"{done.output}{done.exception!r}"
    html = Path(json.loads(done.stdout)["html"]).read_text(encoding="utf-8")
    assert "Trường THCS Gò Sành" in html and ("Việc cần làm" if lang == "vi" else "What to do") in html
    pages = subprocess.run(["pdfinfo", json.loads(done.stdout)["pdf"]], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^Pages:\s+2$", pages, re.MULTILINE) and "A4" in pages


def test_a_file_that_is_no_verdict_is_refused(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (tmp_path / "x.json").write_text("{}")
    done = CliRunner().invoke(app, ["workorder", "--site", CODE, "-i", str(inventory), "--verdict", str(tmp_path / "x.json")])
    assert done.exit_code != 0 and "verify.json" in str(done.exception)
