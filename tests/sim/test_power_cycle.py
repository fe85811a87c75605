"""`ketnoi power-cycle` and the role `switches`, each as people start them, on a camera and a switch that are played."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from camera_process import CameraHandle
from switch_province import CAMERA, CODE, Played, last_json, play

from province.paths import data

Play = Callable[..., Played]
OTHERS = ("--skip-tags", "base,agent,tunnel,network,cameras,recorders")
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: Callable[..., CameraHandle]) -> Iterator[Play]:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(tmp_path / "measure"))
    running: list[Played] = []

    def one(**more: Any) -> Played:
        running.append(play(tmp_path, camera, **more))
        return running[-1]

    yield one
    for each in running:
        each.switch.stop()


def command(there: Played, camera: str = f"{CODE}/{CAMERA}") -> list[str]:
    return [str(SCRIPTS / "ketnoi"), "power-cycle", camera, "-i", str(there.inventory), "--local", "--lang", "en"]


def cycle(there: Played, *more: str, camera: str = f"{CODE}/{CAMERA}", seconds: float = 90) -> subprocess.CompletedProcess[str]:
    argv = [
        str(SCRIPTS / "ketnoi"),
        "power-cycle",
        camera,
        "-i",
        str(there.inventory),
        "--local",
        "--json",
        "--lang",
        "en",
        "--off",
        "1",
        *more,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False)
    assert not [secret for secret in there.secrets if secret in done.stdout + done.stderr]
    return done


def test_a_hung_camera_streams_again_after_its_port_was_off(played: Play) -> None:
    there = played()
    there.camera.control("freeze", value=True)
    done = cycle(there)
    told = last_json(done.stdout)
    assert (done.returncode, told["status"], told["switch"], told["port"]) == (0, "streams", 30, "ether2"), done.stderr
    assert told["streams_after_s"] >= 0 and "is off" in done.stderr and "streams again" in done.stderr
    assert there.switch.port(2)["feed"] == "auto-on" and there.camera.control("status")["boots"] == 2


def test_a_camera_that_goes_on_without_that_port_is_fed_by_another(played: Play) -> None:
    there = played(fed_by="ether5")
    done = cycle(there)
    told = last_json(done.stdout)
    assert (done.returncode, told["class"]) == (1, "unknown_device") and "went on streaming" in told["reason"]["en"]
    assert there.switch.port(2)["feed"] == "auto-on"


def test_a_camera_that_does_not_come_back_is_told_with_exit_1(played: Play) -> None:
    there = played()
    there.camera.stop()
    done = cycle(there, "--timeout", "3")
    told = last_json(done.stdout)
    assert (done.returncode, told["class"]) == (1, "unreachable") and "doesn't stream" in told["reason"]["en"]
    assert there.switch.port(2)["feed"] == "auto-on"


def test_a_port_that_feeds_nothing_is_told(played: Play) -> None:
    done = cycle(played(poe_ports=[]))
    told = last_json(done.stdout)
    assert (done.returncode, told["class"]) == (1, "no_permission") and "ether2" in told["reason"]["en"]


def test_the_power_comes_back_when_somebody_interrupts(played: Play) -> None:
    there = played()
    argv = [
        str(SCRIPTS / "ketnoi"),
        "power-cycle",
        f"{CODE}/{CAMERA}",
        "-i",
        str(there.inventory),
        "--local",
        "--off",
        "60",
        "--lang",
        "en",
    ]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "is off" in line:
            break
    assert there.switch.port(2)["feed"] == "off"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    process.stderr.close()
    assert there.switch.port(2)["feed"] == "auto-on"


def test_a_camera_that_is_none_is_said_before_anything_is_done(played: Play) -> None:
    there = played()
    words = {f"{CODE}/99": "no camera in slot 99", "nowhere/1": "nowhere", CODE: "CODE/SLOT", f"{CODE}/x": "CODE/SLOT"}
    for named, word in words.items():
        done = cycle(there, camera=named)
        assert done.returncode == 2 and word in done.stderr
    assert there.switch.control("logins") == []


def test_a_facility_without_a_known_port_says_so(played: Play) -> None:
    there = played()
    file = there.inventory / "areas" / "an-nhon.yml"
    area = yaml.safe_load(file.read_text())
    area["facilities"][0]["switches"][0]["ports"].pop()
    file.write_text(yaml.safe_dump(area, allow_unicode=True))
    done = cycle(there)
    assert done.returncode == 2 and "no switch port" in done.stderr


def site(there: Played, *more: str) -> str:
    variables = {
        "ansible_connection": "local", "ansible_become": "false", "ansible_python_interpreter": sys.executable,
        "site_hub_check": "false", "switches_state_dir": str(there.inventory.parent / "box"),
    }  # fmt: skip
    spelled = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
    argv = [
        str(SCRIPTS / "ansible-playbook"),
        "-i",
        str(there.inventory),
        str(data("playbooks/site.yml")),
        "--tags",
        "switches",
        *OTHERS,
        *spelled,
    ]
    environment = os.environ | {"ANSIBLE_CONFIG": str(data("ansible.cfg")), "ANSIBLE_NOCOLOR": "1", "KETNOI_LANG": "en"}
    done = subprocess.run([*argv, *more], capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert not [secret for secret in there.secrets if secret in done.stdout + done.stderr]
    return done.stdout + done.stderr


def recap(said: str) -> tuple[str, ...]:
    found = re.search(rf"^{CODE}\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", said, re.MULTILINE)
    assert found, said
    return found.groups()


def test_the_role_shows_its_changes_makes_them_and_then_has_none(played: Play) -> None:
    there = played()
    said = site(there, "--check", "--diff")
    assert recap(said) == ("1", "0", "0"), said
    assert '+ether2 description="AN-NHON-01 C01" enabled=yes' in said and "isolated=yes" in said
    assert there.switch.control("writes") == []
    assert recap(site(there, "--diff")) == ("1", "0", "0")
    there.switch.control("forget")
    assert recap(site(there, "--diff")) == ("0", "0", "0")
    assert there.switch.control("writes") == []


def test_a_switch_that_fails_fails_the_play_with_its_own_words(played: Play) -> None:
    there = played(personality={"refuse": {"horizon": "failure: no such luck"}})
    said = site(there)
    assert recap(said)[2] == "1" and "no such luck" in said and "AN-NHON-01-S30" in said
