"""What a box keeps of what its devices should be."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from edge_agent.contract.devices import BadDocument
from edge_agent.devices import kept

DEVICE = {"slot": 1, "driver": "onvif", "address": "192.168.1.11", "port": 80, "name": "AN-NHON-01 C01",
          "accounts": {"admin": {"user": "admin", "password": "Kn1adminXXXXyyyy"}}}  # fmt: skip
DOCUMENT = {"schema": 1, "site": {"id": "AN-0001", "code": "an-nhon-01"}, "devices": [DEVICE]}
OLD = {"schema": 1, "site": DOCUMENT["site"], "devices": {"1": DEVICE}}


def test_the_file_of_version_0_1_is_read_and_gives_way_to_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text(json.dumps(OLD))
    assert [device.name for device in kept.read(tmp_path).devices] == ["AN-NHON-01 C01"]
    kept.keep(DOCUMENT, tmp_path)
    assert [path.name for path in tmp_path.glob("*.json")] == ["desired.json"], "the old one has the same passwords"
    assert json.loads((tmp_path / "desired.json").read_bytes()) == OLD


def test_the_new_file_goes_before_an_old_one_that_a_power_cut_left(tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text(json.dumps(OLD))
    (tmp_path / "desired.json").write_text(json.dumps({**OLD, "devices": {"1": {**DEVICE, "name": "new"}}}))
    assert [device.name for device in kept.read(tmp_path).devices] == ["new"]


def document(password: str, *slots: int, previous: str | None = None) -> dict[str, Any]:
    accounts = {"admin": {"user": "admin", "password": password}}
    if previous:
        accounts["previous"] = {"user": "admin", "password": previous, "since": "r1"}
    return {**DOCUMENT, "devices": [{**DEVICE, "slot": slot, "address": f"192.168.1.{10 + slot}", "accounts": accounts} for slot in slots]}


def passwords(state: Path) -> dict[int, tuple[str, str | None]]:
    found = kept.read(state).devices
    return {d.slot: (d.admin.password if d.admin else "", d.previous.password if d.previous else None) for d in found}


def test_drift_does_not_put_back_the_password_that_a_rollout_has_just_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drift forgets a device that is listed no more; between its reading and its writing the rollout comes."""
    kept.keep(document("Kn1oldXXXXyyyy", 1, 2), tmp_path)
    has_read, rolled_out, read = threading.Event(), threading.Event(), kept._read

    def slowly(state: Path) -> dict[str, Any]:
        found = read(state)
        if threading.current_thread() is drift:
            has_read.set()
            rolled_out.wait(0.5)
        return found

    monkeypatch.setattr(kept, "_read", slowly)
    drift = threading.Thread(target=kept.only_listed, args=(tmp_path, {1}))
    drift.start()
    assert has_read.wait(5)
    kept.keep(document("Kn1newXXXXyyyy", 1), tmp_path)
    rolled_out.set()
    drift.join()
    assert passwords(tmp_path) == {1: ("Kn1newXXXXyyyy", None)}


def test_a_rotation_is_confirmed_only_for_the_password_that_was_tried(tmp_path: Path) -> None:
    """Meanwhile another rotation came, whose previous password is the one that works."""
    first = document("Kn1secondXXXXyy", 1, previous="Kn1firstXXXXyyy")
    kept.keep(first, tmp_path)
    kept.keep(document("Kn1thirdXXXXyyy", 1, previous="Kn1secondXXXXyy"), tmp_path)
    kept.confirm(first, [{"slot": 1, "admin_works": True}], tmp_path)
    assert passwords(tmp_path) == {1: ("Kn1thirdXXXXyyy", "Kn1secondXXXXyy")}
    kept.keep(first, tmp_path)
    kept.confirm(first, [{"slot": 1, "admin_works": True}], tmp_path)
    assert passwords(tmp_path) == {1: ("Kn1secondXXXXyy", None)}


@pytest.mark.parametrize("left", ["", '{"devices": {"1"', "[]"])
def test_a_damaged_file_is_said_until_the_next_rollout_brings_another(tmp_path: Path, left: str) -> None:
    (tmp_path / "desired.json").write_text(left)
    for looks in (kept.read, lambda state: kept.only_listed(state, {1})):
        with pytest.raises(BadDocument, match=r"desired\.json"):
            looks(tmp_path)
    kept.keep(DOCUMENT, tmp_path)
    assert set(passwords(tmp_path)) == {1}
