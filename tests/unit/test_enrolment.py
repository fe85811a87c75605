"""Records of taken-over machines, and the files by which the office finds and knows them again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from province.office import enrolment
from province.office.enrolment import EnrolmentError
from province.office.home import Home

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "B" * 43
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"
HUB = {"block": 5, "endpoint": "203.0.113.10", "ssh_user": "ketnoi"}


def record(code: str, number: int, **more: Any) -> dict[str, Any]:
    base = {"code": code, "id": f"BD-{number:04}", "number": number, "host_key": KEY, "certificate": PEM}
    return {**base, "enrolled_at": "2026-01-01T00:00:00+00:00", **more}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    return Home("tinh-thu")


def test_a_record_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    wanted = record("an-nhon-01", 1, mac="02:11:22:33:44:55", serial=None)
    assert enrolment.save(tmp_path, "an-nhon-01", wanted)
    assert enrolment.read(tmp_path, "an-nhon-01") == wanted
    assert "certificate: |\n" in enrolment.path(tmp_path, "an-nhon-01").read_text()


def test_the_same_machine_again_leaves_the_file_alone(tmp_path: Path) -> None:
    enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1))
    before = enrolment.path(tmp_path, "an-nhon-01").read_bytes()
    assert not enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1, enrolled_at="2027-01-01T00:00:00+00:00"))
    assert enrolment.path(tmp_path, "an-nhon-01").read_bytes() == before


def test_who_is_not_enrolled_is_none() -> None:
    assert enrolment.read(Path("/nonexistent"), "an-nhon-01") is None
    assert enrolment.read_all(Path("/nonexistent")) == {}


@pytest.mark.parametrize("text", ["", "[]", "code: x\n", "host_key: ssh-rsa AAAA\n", "a: [", f'host_key: "{KEY} evil\\nhub"\n'])
def test_a_damaged_record_is_an_error_and_not_nobody(tmp_path: Path, text: str) -> None:
    enrolment.folder(tmp_path).mkdir()
    enrolment.path(tmp_path, "an-nhon-01").write_text(text)
    with pytest.raises(EnrolmentError, match=r"an-nhon-01\.yml"):
        enrolment.read(tmp_path, "an-nhon-01")


@pytest.mark.parametrize("name", ["../hub", "", "a b", ".", "-x", "A"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(EnrolmentError):
        enrolment.path(tmp_path, name)


def test_retired_records_are_kept_apart_and_never_overwritten(tmp_path: Path) -> None:
    day = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    for mac in ("02:00:00:00:00:01", "02:00:00:00:00:02"):
        enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1, mac=mac))
        assert enrolment.retire(tmp_path, "an-nhon-01", "replaced", day)
    assert enrolment.read(tmp_path, "an-nhon-01") is None
    assert enrolment.read_all(tmp_path) == {}
    names = [file.name for file in enrolment.retired(tmp_path, "an-nhon-01")]
    assert names == ["an-nhon-01-20260304.yml", "an-nhon-01-20260304-2.yml"], "the oldest first"
    texts = "".join(file.read_text() for file in enrolment.retired(tmp_path, "an-nhon-01"))
    assert "02:00:00:00:00:01" in texts and "02:00:00:00:00:02" in texts and "retired_because: replaced" in texts


def test_a_retirement_cut_short_before_the_record_went_is_ended_and_not_made_twice(tmp_path: Path) -> None:
    enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1))
    active = enrolment.path(tmp_path, "an-nhon-01")
    content = active.read_text()
    first = enrolment.retire(tmp_path, "an-nhon-01", "replaced")
    active.write_text(content)
    assert enrolment.retire(tmp_path, "an-nhon-01", "replaced") == first
    assert not active.exists() and enrolment.retired(tmp_path, "an-nhon-01") == [first]


def test_nobody_there_to_retire(tmp_path: Path) -> None:
    assert enrolment.retire(tmp_path, "an-nhon-01", "replaced") is None


def test_the_office_finds_and_knows_every_machine(home: Home, tmp_path: Path) -> None:
    for name, number in (("hub", 0), ("centre", 0), ("an-nhon-01", 1), ("an-nhon-12", 300)):
        enrolment.save(tmp_path, name, record(name, number))
    assert enrolment.refresh(home, tmp_path, HUB, "203.0.113.20")
    assert home.known_hosts.read_text().splitlines() == [f"{n} {KEY}" for n in ("an-nhon-01", "an-nhon-12", "centre", "hub")]
    index = json.loads(home.reach.read_text())
    assert index["machines"] == {
        "hub": {"direct": "203.0.113.10"},
        "centre": {"direct": "203.0.113.20"},
        "an-nhon-01": {"tunnel": "10.5.0.1", "lifeline_port": 20001},
        "an-nhon-12": {"tunnel": "10.5.1.44", "lifeline_port": 20300},
    }
    assert not enrolment.refresh(home, tmp_path, HUB, "203.0.113.20")


def test_a_retired_machine_is_forgotten(home: Home, tmp_path: Path) -> None:
    enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1))
    enrolment.refresh(home, tmp_path, HUB)
    enrolment.retire(tmp_path, "an-nhon-01", "replaced")
    assert enrolment.refresh(home, tmp_path, HUB)
    assert home.known_hosts.read_text() == "" and json.loads(home.reach.read_text())["machines"] == {}


def test_the_keys_of_switches_outlive_the_box_that_they_were_seen_from(tmp_path: Path) -> None:
    keys = {"30": {"host_key": "ssh-rsa AAAA"}}
    enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1, switches=keys))
    assert not enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1))
    enrolment.retire(tmp_path, "an-nhon-01", "broken")
    enrolment.save(tmp_path, "an-nhon-01", record("an-nhon-01", 1, certificate="another"))
    found = enrolment.read(tmp_path, "an-nhon-01") or {}
    assert (found["switches"], found["certificate"]) == (keys, "another")
