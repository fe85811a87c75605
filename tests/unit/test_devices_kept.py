"""What a box keeps of what its devices should be."""

import json
from pathlib import Path

from edge_agent.devices import kept

DEVICE = {"slot": 1, "driver": "onvif", "address": "192.168.1.11", "port": 80, "name": "AN-NHON-01 C01",
          "accounts": {"admin": {"user": "admin", "password": "Kn1adminXXXXyyyy"}}}  # fmt: skip
DOCUMENT = {"schema": 1, "site": {"id": "AN-0001", "code": "an-nhon-01"}, "devices": [DEVICE]}
OLD = {"schema": 1, "site": DOCUMENT["site"], "devices": {"1": DEVICE}}


def test_the_file_of_version_0_1_is_read_and_gives_way_to_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text(json.dumps(OLD))
    assert [device.name for device in kept.read(tmp_path).devices] == ["AN-NHON-01 C01"]
    kept.keep(DOCUMENT, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["desired.json"], "the old one has the same passwords"
    assert json.loads((tmp_path / "desired.json").read_bytes()) == OLD


def test_the_new_file_goes_before_an_old_one_that_a_power_cut_left(tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text(json.dumps(OLD))
    (tmp_path / "desired.json").write_text(json.dumps({**OLD, "devices": {"1": {**DEVICE, "name": "new"}}}))
    assert [device.name for device in kept.read(tmp_path).devices] == ["new"]
