"""A short storm on a province that works: what the hub kept is the truth, or says what it does not know.

Four kinds of faults, one of each part that can fail; `make soak` plays all of them for longer.
"""

import json
import sys

import pytest
from raised import Raised

SEED = 7
FAULTS = ("agent_killed", "half_open", "database_killed", "certificate_ended")


@pytest.fixture(scope="module")
def storm(province: Raised) -> dict:
    argv = [
        sys.executable,
        "-m",
        "lab.storm",
        "--lab",
        province.name,
        "--seed",
        str(SEED),
        "--minutes",
        "1",
        "--json",
        "--faults",
        *FAULTS,
    ]
    done = province.run(argv, check=False, timeout=1200)
    assert done.stdout, done.stderr[-2000:]
    document: dict = json.loads(done.stdout)
    return document


def test_the_hub_kept_nothing_that_was_not_so_and_misses_nothing_that_was(storm: dict) -> None:
    assert storm["wrong"] == [], f"repeat it: make faults SEED={storm['seed']} MINUTES={storm['minutes']}"


def test_cameras_did_change_and_faults_were_played(storm: dict) -> None:
    assert storm["changes"] >= 12
    assert set(storm["faults"]) == set(FAULTS) and all(one["times"] for one in storm["faults"].values())


def test_after_each_fault_every_facility_was_heard_again(storm: dict) -> None:
    assert all(one["recovered_s"] for one in storm["faults"].values())


def test_the_province_is_as_it_was(province: Raised, storm: dict) -> None:
    province.await_met(120)
