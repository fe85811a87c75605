"""`ketnoi verify` whole, on a small province whose cameras are simulators on loopback: exit codes, files, both languages."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from camera_process import CameraHandle
from lxml import etree
from recorder_process import RecorderHandle

from province.commands.verify import verify
from province.office import vaults
from province.office.home import Home
from province.paths import data
from province.user_error import UserError

SAMPLE = data("inventory/binh-dinh")
SLOTS = (1, 2)


@pytest.fixture
def province(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One facility of the sample province, its LAN on loopback, two cameras and nothing else, its vault made."""
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(tmp_path / "state"))
    inventory = tmp_path / "binh-dinh"
    (inventory / "areas").mkdir(parents=True)
    for name in ("province.yml", "units.yml"):
        shutil.copy(SAMPLE / name, inventory / name)
    area = yaml.safe_load((SAMPLE / "areas" / "an-nhon.yml").read_text(encoding="utf-8"))
    facility = area["facilities"][0]
    for other in ("recorders", "switches", "recording"):
        facility.pop(other, None)
    facility["lan"] |= {"network": "127.0.0.0/24", "box_address": "127.0.0.1"}
    facility["cameras"] = [camera for camera in facility["cameras"] if camera["slot"] in SLOTS]
    for row in facility["cameras"]:
        row["address"] = f"127.0.0.{10 + row['slot']}"
    watched = {camera["zone"] for camera in facility["cameras"]}
    zones = {"corridor", "lobby", "reception"} - watched
    facility["no_camera_zones"] += [{"zone": zone, "reason": "không có"} for zone in sorted(zones)]
    area["facilities"] = [facility]
    _write(inventory, area)
    home = Home.of(inventory)
    home.ensure()
    vaults.create_secret(home)
    vaults.ensure(home, inventory, facility["code"], {"cameras": SLOTS})
    return inventory


def _write(inventory: Path, area: dict[str, Any]) -> None:
    (inventory / "areas" / "an-nhon.yml").write_text(yaml.safe_dump(area, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def cameras(province: Path, camera: Callable[..., CameraHandle]) -> dict[int, CameraHandle]:
    """The facility's cameras, as wanted; their ports go into the inventory."""
    accounts = vaults.read(Home.of(province), province, "an-nhon-01")["cameras"]
    area = yaml.safe_load((province / "areas" / "an-nhon.yml").read_text(encoding="utf-8"))
    running = {}
    for row in area["facilities"][0]["cameras"]:
        slot = row["slot"]
        users = [
            {"name": accounts[str(slot)][role]["user"], "password": accounts[str(slot)][role]["password"], "level": level}
            for role, level in (("admin", "Administrator"), ("viewer", "User"))
        ]
        state = {
            "users": users, "scopes": [f"onvif://www.onvif.org/name/AN-NHON-01%20C{slot:02d}"], "clock.type": "NTP",
            "ntp": {"from_dhcp": False, "servers": ["127.0.0.1"]}, "audio.main": False,
            "osd": [{"token": "OSD_1", "kind": "Plain", "text": f"AN-NHON-01 C{slot:02d}", "position": "LowerLeft"}],
        }  # fmt: skip
        address = f"127.0.0.{10 + slot}"
        running[slot] = camera(make=row["make"], address=address, factory=False, factory_state=state)
        row |= {"address": address, "port": running[slot].http_port}
    _write(province, area)
    return running


def run(inventory: Path, out: Path, **more: Any) -> int:
    settings = {"area": None, "sites": (), "lang": "vi", "json_output": False, "local": True} | more
    return verify(inventory, out=out, **settings)


def test_all_as_wanted_is_exit_0_and_three_files_that_agree(
    province: Path, cameras: dict[int, CameraHandle], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(province, out) == 0
    document = json.loads((out / "verify.json").read_text(encoding="utf-8"))
    assert (document["province"], document["profile"], document["verdict"]) == ("binh-dinh", "devices", "met")
    assert document["inventory"]["digest"].startswith("sha256:")
    assert document["standard"]["digest"].startswith("sha256:")
    assert {row["subject"] for row in document["facilities"][0]["checks"]} == {"C01", "C02"}
    suite = etree.parse(out / "verify.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(len(document["facilities"][0]["checks"]))
    assert "đạt tại thời điểm kiểm tra" in (out / "verify.html").read_text(encoding="utf-8")
    shown = capsys.readouterr()
    assert "1 trên 1 cơ sở" in shown.out
    assert "an-nhon-01" in shown.err
    secrets = [
        account["password"]
        for camera in vaults.read(Home.of(province), province, "an-nhon-01")["cameras"].values()
        for account in camera.values()
    ]
    written = "".join(file.read_text(encoding="utf-8") for file in out.iterdir()) + shown.out + shown.err
    assert secrets
    assert not [secret for secret in secrets if secret in written]


def test_one_camera_altered_is_exit_1_and_named_by_playbook_and_junit(
    province: Path, cameras: dict[int, CameraHandle], tmp_path: Path
) -> None:
    cameras[2].set("encoder.width", 1280)
    cameras[2].set("encoder.height", 720)
    root = data("playbooks").parent
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(province), str(root / "playbooks/verify.yml")]
    done = subprocess.run(
        [*command, "-e", "verify_local=true", "-e", f"verify_out={tmp_path / 'out'}"],
        capture_output=True, text=True, cwd=root, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "an-nhon-01 C02 size not_met" in done.stdout, done.stdout
    assert "C01 size" not in done.stdout
    failed = etree.parse(tmp_path / "out" / "verify.xml").xpath("//testcase[failure]")
    assert [(case.get("classname"), case.get("name")) for case in failed] == [("an-nhon-01.C02", "size")]


def test_json_on_stdout_is_the_document_alone(
    province: Path, cameras: dict[int, CameraHandle], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cameras[1].stop()
    assert run(province, tmp_path / "out", json_output=True, lang="en") == 1
    document = json.loads(capsys.readouterr().out)
    wrong = {(row["subject"], row["id"]) for row in document["facilities"][0]["checks"] if row["verdict"] == "not_met"}
    assert wrong == {("C01", "playable_hub")}


def test_a_faulty_inventory_or_standard_starts_nothing(province: Path, tmp_path: Path) -> None:
    (province / "standard.yml").write_text("checks: [{id: x}]\n", encoding="utf-8")
    with pytest.raises(UserError, match="standard"):
        run(province, tmp_path / "out", lang="en")
    (province / "standard.yml").unlink()
    with pytest.raises(UserError):
        run(province, tmp_path / "out", sites=["nowhere"])
    assert not (tmp_path / "out").exists()


def with_recorder(inventory: Path, there: RecorderHandle) -> None:
    """The facility's footage is kept by a recorder in slot 20, whose channels 1 and 2 hold the cameras."""
    area = yaml.safe_load((inventory / "areas" / "an-nhon.yml").read_text(encoding="utf-8"))
    area["facilities"][0] |= {
        "recording": {"by": "recorder", "days": 30},
        "recorders": [{"slot": 20, "place": "Phòng trực", "make": "hikvision", "driver": "hikvision", "address": "127.0.0.20",
                       "port": there.http_port, "mac": "02:4b:00:01:01:20", "channels": 4}],
    }  # fmt: skip
    _write(inventory, area)


def test_a_facilitys_recorder_is_measured_beside_its_cameras(
    province: Path, cameras: dict[int, CameraHandle], recorder: Callable[..., RecorderHandle], tmp_path: Path
) -> None:
    vaults.ensure(Home.of(province), province, "an-nhon-01", {"recorders": [20]})
    admin = vaults.read(Home.of(province), province, "an-nhon-01")["recorders"]["20"]["admin"]
    channel = {"set": True, "name": "C", "port": 80, "protocol": "onvif", "user": "v", "password": "p", "rtsp_path": ""}
    always = {"enabled": True, "loop": True, "week": [[day, 0, 1440, "CMR"] for day in range(7)]}
    state = {f"channels.{slot}": {**channel, "address": f"127.0.0.{10 + slot}"} for slot in SLOTS}
    state |= {f"tracks.{slot}": always for slot in SLOTS}
    state |= {"users": [{"name": "admin", "password": admin["password"], "level": "Administrator"}], "clock.timezone": "CST-7:00:00"}
    there = recorder(address="127.0.0.20", channels=4, factory_state=state)
    now = time.time() + 7 * 3600
    for slot in SLOTS:
        there.control("recorded", channel=slot, **{"from": now - 3 * 86400, "to": now})
    with_recorder(province, there)
    assert run(province, tmp_path / "out") == 0
    document = json.loads((tmp_path / "out" / "verify.json").read_text(encoding="utf-8"))
    rows = {(row["subject"], row["id"]): row["verdict"] for row in document["facilities"][0]["checks"]}
    recorded = [("C01", "recording_now"), ("C02", "recording_gaps"), ("R20", "recorder_storage"), ("R20", "recorder_clock")]
    assert {key: rows[key] for key in recorded} == dict.fromkeys(recorded, "met")
    assert {device["subject"]: device["class"] for device in document["facilities"][0]["devices"]} == {
        "C01": None,
        "C02": None,
        "R20": None,
    }
    there.control("gap", channel=2, **{"from": now - 86400, "to": now - 86400 + 600})
    there.set("disks", [{"name": "hdd1", "status": "error", "total_mb": 1, "free_mb": 0}])
    assert run(province, tmp_path / "out") == 1
    document = json.loads((tmp_path / "out" / "verify.json").read_text(encoding="utf-8"))
    bad = {(row["subject"], row["id"]) for row in document["facilities"][0]["checks"] if row["verdict"] != "met"}
    assert bad == {("C02", "recording_gaps"), ("R20", "recorder_storage")}
