"""The way into the lab's office: taken only for the lab's own inventory."""

import json
from pathlib import Path

import pytest

from province.reach import netns
from province.reach.netns import NetnsError


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(netns, "LABS", tmp_path / "labs")
    monkeypatch.setattr(netns, "NAMESPACES", tmp_path / "netns")
    return tmp_path / "labs"


def raised(labs: Path, name: str, **fields: object) -> None:
    (labs / name).mkdir(parents=True)
    (labs / name / "lab.json").write_text(json.dumps({"lab": name, "office_netns": f"kn-{name}-office", **fields}))


def test_outside_a_lab_nothing_happens(labs: Path, tmp_path: Path) -> None:
    assert netns.enter(tmp_path) is None
    raised(labs, "demo", inventory=str(tmp_path / "other"))
    assert netns.enter(tmp_path) is None


def test_the_lab_that_plays_the_inventory_is_found_by_whatever_path(labs: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    raised(labs, "other", inventory=str(tmp_path / "elsewhere"))
    raised(labs, "demo", inventory=str((tmp_path / "real").resolve()))
    found = netns.lab_of(tmp_path / "alias")
    assert found and (found.name, found.office_netns) == ("demo", "kn-demo-office")


def test_a_marker_that_is_half_written_is_no_lab(labs: Path, tmp_path: Path) -> None:
    (labs / "demo").mkdir(parents=True)
    (labs / "demo" / "lab.json").write_text('{"lab": "demo", "inv')
    assert netns.lab_of(tmp_path) is None


def test_a_lab_that_is_gone_is_named_with_what_to_do(labs: Path, tmp_path: Path) -> None:
    raised(labs, "demo", inventory=str(tmp_path.resolve()))
    with pytest.raises(NetnsError, match="lab up"):
        netns.enter(tmp_path)
