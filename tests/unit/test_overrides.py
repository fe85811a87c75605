"""What a province changes of the standard: only what it names, with a reason, and said wherever the check stands."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from province.judging.labels import notes
from province.model import load as inventory_of
from province.report.verdict import html, junit, table
from province.standard.checks import Standard, StandardError
from province.standard.load import load
from tests.unit import verdicts as v
from tests.unit.inventories import copied

WHO = {"reason": "camera cũ dùng đến hết năm", "by": "Sở TT&TT, công văn 123/STTTT-CNTT"}


def changed(folder: Path, *rows: dict[str, Any]) -> Standard:
    (folder / "standard.yml").write_text(yaml.safe_dump({"overrides": list(rows)}, allow_unicode=True), encoding="utf-8")
    return load(folder)


def small(found: dict[str, Any]) -> None:
    for camera in found["cameras"].values():
        camera["stream_centre"].update(width=1280, height=720)


def test_only_what_is_named_differs_from_the_default_and_the_digest_covers_both(tmp_path: Path) -> None:
    own = changed(
        tmp_path, {"id": "size", "threshold": {"width": 1280, "height": 720}, **WHO}, {"id": "rate", "severity": "advised", **WHO}
    )
    default = load()
    assert own.threshold("size", "width") == 1280
    differing = [check.id for check, other in zip(own.checks, default.checks, strict=True) if check != other]
    assert differing == ["size", "rate"]
    assert own.digest != default.digest
    assert changed(tmp_path, {"id": "size", "threshold": {"width": 1280}, **WHO}).digest not in (own.digest, default.digest)


def test_each_face_of_a_verdict_shows_both_thresholds_and_who_decided(tmp_path: Path) -> None:
    own = changed(tmp_path, {"id": "size", "threshold": {"width": 1280, "height": 720}, **WHO})
    of = v.site()
    found = v.evidence(of)
    small(found)
    document = v.verdict((of, found), standard=own) | {"withheld": []}
    row = v.row(document, "size", "C01")
    assert row["verdict"] == "met"
    assert row["override"]["default"] == {"width": 1920, "height": 1080} and row["override"]["by"] == WHO["by"]
    (note,) = notes(row)
    assert note.vi == "ngưỡng của tỉnh: ít nhất 1280 × 720 điểm ảnh (mặc định ít nhất 1920 × 1080 điểm ảnh)"
    assert note.en == "the province's threshold: at least 1280 × 720 pixels (default at least 1920 × 1080 pixels)"
    page = html.render(document)
    assert note.vi in page and "công văn 123/STTTT-CNTT" in page
    assert note.vi in junit.render(v.verdict((of, v.evidence(of) | {"cameras": {}}), standard=own), "vi").decode()
    assert [each["id"] for each in document["standard"]["overrides"]] == ["size"]
    out = io.StringIO()
    table.show(document, Console(file=out, width=200), "vi")
    assert "ngưỡng riêng cho 1 mục: size" in out.getvalue()


def test_a_changed_severity_is_said_too(tmp_path: Path) -> None:
    own = changed(tmp_path, {"id": "camera_clock", "severity": "advised", **WHO})
    of = v.site()
    found = v.evidence(of)
    found["cameras"]["1"]["clock"]["offset_s"] = 9.0
    document = v.verdict((of, found), standard=own)
    assert (v.row(document, "camera_clock", "C01")["verdict"], document["verdict"]) == ("not_met", "met")
    assert notes(v.row(document, "camera_clock", "C01"))[0].vi == "mức của tỉnh: khuyến nghị (mặc định bắt buộc)"


def test_a_province_may_be_stricter_too(tmp_path: Path) -> None:
    own = changed(tmp_path, {"id": "days_kept", "threshold": {"days": 60}, **WHO}, {"id": "osd", "severity": "required", **WHO})
    assert own.threshold("days_kept", "days") == 60 and own.threshold("days_kept", "tolerance") == 0.05
    assert next(check for check in own.checks if check.id == "osd").required


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("overrides:\n  - id: sise\n    severity: advised\n    reason: r\n    by: b\n", 2, "sise.id", "nearest: size"),
        ("overrides:\n  - id: size\n    threshold:\n      widht: 1\n    reason: r\n    by: b\n", 4, "size.threshold.widht", "width,"),
        ("overrides:\n  - id: size\n    threshold:\n      width: to\n    reason: r\n    by: b\n", 4, "size.threshold.width", "kind"),
        ("overrides:\n  - id: size\n    threshold: {width: -1}\n    reason: r\n    by: b\n", 3, "size.threshold.width", "kind"),
        ("overrides:\n  - id: codec\n    threshold: {any_of: [1]}\n    reason: r\n    by: b\n", 3, "codec.threshold.any_of", "kind"),
        ("overrides:\n  - id: size\n    severity: fatal\n    reason: r\n    by: b\n", 3, "size.severity", "required, advised"),
        ("overrides:\n  - id: size\n    threshold: {width: 1280}\n    by: b\n", 2, "size.reason", "reason is missing"),
        ("overrides:\n  - id: size\n    threshold: {width: 1280}\n    reason: r\n", 2, "size.by", "who decided"),
        ("overrides:\n  - id: size\n    reason: r\n    by: b\n", 2, "size.threshold", "changes nothing"),
        (
            "overrides:\n  - id: stream_needs_login\n    severity: advised\n    reason: r\n    by: b\n",
            3,
            "stream_needs_login.severity",
            "can't be made advised",
        ),
        ("overrides:\n  - id: size\n    title: x\n    severity: advised\n    reason: r\n    by: b\n", 3, "size.title", "unknown field"),
        ("overrides: {}\n", 1, "overrides", "must be a list"),
        ("overrides: []\nversion: 9\n", 2, "version", "nothing else"),
        ("name: x\n", 1, "standard", "one of two"),
        ("overrides: []\nchecks: []\n", 1, "standard", "one of two"),
        ("overrides:\n  - id: size\n    severity: [\n", 4, "yaml", "not YAML"),
    ],
)
def test_what_cannot_be_used_is_named_by_file_line_check_and_field(tmp_path: Path, text: str, line: int, field: str, says: str) -> None:
    (tmp_path / "standard.yml").write_text(text, encoding="utf-8")
    with pytest.raises(StandardError) as caught:
        load(tmp_path)
    (fault,) = caught.value.faults
    assert (fault.file.name, fault.line, fault.field) == ("standard.yml", line, field)
    assert says in fault.text.en and fault.text.vi != fault.text.en


def test_every_fault_of_a_standard_is_told_at_once_and_by_ketnoi_check_too(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / "standard.yml").write_text(
        "overrides:\n  - {id: a}\n  - {id: size, threshold: {width: x}, reason: r, by: b}\n", encoding="utf-8"
    )
    _, faults = inventory_of(inventory)
    assert [(fault.file.name, fault.line, fault.field) for fault in faults] == [
        ("standard.yml", 2, "a.id"), ("standard.yml", 3, "size.threshold.width"),
    ]  # fmt: skip
