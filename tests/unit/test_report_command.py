"""`ketnoi report` and `ketnoi report check`: a folder that can be made again, and that tells when somebody changed it."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from province.commands import report as command
from province.model import load
from province.office import authority
from province.office.home import Home
from province.report import seal
from province.report.model.record import end_of
from province.user_error import UserError
from tests.unit import records
from tests.unit.inventories import copied

pytestmark = pytest.mark.slow

DAY = date(2021, 6, 11)
Make = Callable[..., Path]


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("inventory"), "an-nhon", "quy-nhon")


@pytest.fixture(scope="module")
def record(inventory: Path) -> Path:
    province, _ = load(inventory)
    assert province is not None
    file = inventory.parent / "given.json"
    file.write_text(records.of(province.facilities, DAY, end_of(DAY)).text, encoding="utf-8")
    return file


@pytest.fixture
def make(inventory: Path, record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """`make(name, **options)`: a report in tmp_path/name, by a province with an authority of its own."""
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(command, "renderers", lambda *_: [("report.xlsx", _render)])
    home = Home.of(inventory)
    home.ensure()
    authority.create(home)

    def made(name: str = "report", **options: Any) -> Path:
        out = tmp_path / name
        given = {"area": None, "authority": None, "as_of": "2021-06-11", "record": record, "lang": "vi", "reminders": False}
        assert command.report(inventory, **{**given, **options}, out=out, json_output=False) == 0
        return out

    return made


def _render(report: Any, file: Path) -> None:
    file.write_text(f"{report.total.facilities}\n")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def check(inventory: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = command.check(folder, inventory, None, "en", json_output=False)
    return code, capsys.readouterr().out


def test_the_same_inputs_make_the_same_bytes_signature_included(make: Make) -> None:
    first, again = contents(make("a")), contents(make("b"))
    assert set(first) == {"report.json", "verify.json", "record.json", "report.xlsx", "manifest.json", "manifest.json.p7s"}
    assert first == again


def test_a_report_can_be_made_again_from_the_record_beside_it(make: Make) -> None:
    first = make("a")
    assert contents(make("b", record=first / "record.json")) == contents(first)


def test_a_part_made_from_the_whole_s_record_is_what_the_part_s_own_would_make(make: Make) -> None:
    part = make("part", area="an-nhon")
    assert contents(make("again", area="an-nhon", record=part / "record.json")) == contents(part)
    assert b"quy-nhon" not in b"".join(contents(part).values())


def test_every_output_carries_the_digests_of_what_it_rests_on(make: Make) -> None:
    out = make()
    documents = [json.loads((out / name).read_bytes()) for name in ("report.json", "verify.json", "manifest.json")]
    assert all(each["digests"] == documents[0]["digests"] for each in documents)
    assert set(documents[0]["digests"]) == {"inventory", "standard", "record", "commit"}


def test_verify_json_has_each_facility_s_rows_and_state(make: Make) -> None:
    out = make()
    report, verify = (json.loads((out / name).read_bytes()) for name in ("report.json", "verify.json"))
    assert [each["code"] for each in verify["facilities"]] == [row["code"] for row in report["facilities"]]
    rows = {each["code"]: each["checks"] for each in verify["facilities"]}
    for row in report["checks"]:
        own = [each["verdict"] for each in rows[row["facility"]] if each["id"] == row["check"]]
        assert {word: own.count(word) for word in ("met", "not_met", "unknown", "waived")} == {
            word: row[word] for word in ("met", "not_met", "unknown", "waived")
        }
    assert all(each["id"] in verify["standards"][report["digests"]["standard"]]["checks"] for each in rows["an-nhon-01"])


def test_an_untouched_report_is_sound(make: Make, inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = check(inventory, make(), capsys)
    assert (code, "sound" in said) == (0, True)


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda out: (out / "report.xlsx").write_text("41\n"), "report.xlsx: was changed"),
        (lambda out: (out / "verify.json").unlink(), "verify.json: was removed"),
        (lambda out: (out / "note.txt").write_text("x"), "note.txt: was added"),
        (lambda out: (out / "manifest.json.p7s").unlink(), "manifest.json: its signature is missing"),
        (lambda out: (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes() + b" "), "manifest.json: its signature"),
        (lambda out: (out / "manifest.json").write_text("[]"), "manifest.json: can't be read"),
        (lambda out: ((out / "report.xlsx").rename(out / "x"), (out / "report.xlsx").symlink_to(out / "x")), "report.xlsx: was changed"),
    ],
)
def test_what_was_changed_is_named(
    make: Make, inventory: Path, capsys: pytest.CaptureFixture[str], harm: Callable[[Path], Any], named: str
) -> None:
    out = make()
    harm(out)
    code, said = check(inventory, out, capsys)
    assert (code, named in said) == (1, True), said


def test_a_report_signed_by_another_province_is_not_ours(
    make: Make, inventory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = make()
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "elsewhere"))
    home = Home.of(inventory)
    home.ensure()
    authority.create(home)
    code, said = check(inventory, out, capsys)
    assert (code, "signature" in said) == (1, True)


def test_the_reports_key_opens_no_door(make: Make, inventory: Path) -> None:
    make()
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(Home.of(inventory).report_crt.read_bytes())
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert Home.of(inventory).report_key.stat().st_mode & 0o077 == 0


def test_a_new_report_takes_an_old_one_s_place_and_nothing_else_s(make: Make, tmp_path: Path) -> None:
    make()
    (tmp_path / "report" / "old.pdf").write_text("x")
    assert not (make() / "old.pdf").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("x")
    with pytest.raises(UserError) as raised:
        make("other")
    assert "no report" in raised.value.text.en
    assert [file.name for file in other.iterdir()] == ["precious"]


def test_a_report_that_fails_leaves_the_earlier_one(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(make())

    def broken(*_: Any) -> None:
        raise RuntimeError("full disk")

    monkeypatch.setattr(seal, "seal", broken)
    with pytest.raises(RuntimeError):
        make()
    assert contents(tmp_path / "report") == before
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".report")] == []


def test_a_face_that_this_machine_can_t_make_is_said_and_the_rest_is_made(
    make: Make, inventory: Path, record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unable(report: Any, file: Path) -> None:
        raise UserError("thiếu thư viện", "a library is missing")

    monkeypatch.setattr(command, "renderers", lambda *_: [("report.pdf", unable), ("report.xlsx", _render)])
    code = command.report(inventory, area=None, authority=None, as_of="2021-06-11", record=record, lang="en", out=tmp_path / "r",
                          reminders=False, json_output=False)  # fmt: skip
    assert (code, "report.pdf: a library is missing" in capsys.readouterr().err) == (1, True)
    assert check(inventory, tmp_path / "r", capsys)[0] == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"as_of": "2021-06-10"}, "another --as-of"),
        ({"as_of": "12/6/2021"}, "is no day"),
        ({"as_of": "2999-01-01"}, "has not come yet"),
        ({"area": "an-nhonn"}, "there is no area"),
        ({"authority": "nobody"}, "there is no authority"),
        ({"record": Path("/nonexistent")}, "can't read"),
        ({"record": Path(__file__)}, "neither what"),
    ],
)
def test_what_can_t_be_reported_is_said_before_anything_is_written(make: Make, tmp_path: Path, options: dict[str, Any], why: str) -> None:
    with pytest.raises(UserError) as raised:
        make(**options)
    assert why in raised.value.text.en
    assert not (tmp_path / "report").exists()


def test_a_province_without_an_authority_is_told_how_to_get_one(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(tmp_path / "home")
    with pytest.raises(UserError) as raised:
        make()
    assert "ketnoi init" in raised.value.text.en
