"""Evidence as another machine tells it: read field by field, so that what is not what its name promises costs only itself."""

import json
from typing import Any

import pytest

from edge_agent.contract.strict import ContractError
from province.judging.case import REASONS
from province.measure import evidence, remote
from province.measure.evidence import BoxEvidence, CameraEvidence, RecorderEvidence, SwitchEvidence
from province.measure.result import LONGEST
from tests.unit import verdicts as v

SITE = v.site()


def through(measured: Any) -> Any:
    """As JSON brings it."""
    return json.loads(json.dumps(measured))


@pytest.mark.parametrize(
    ("kind", "measured"),
    [
        (CameraEvidence, v.camera("AN-NHON-01 C01")),
        (RecorderEvidence, v.recorder(SITE)),
        (SwitchEvidence, v.evidence(SITE)["switches"]["S30"]),
        (BoxEvidence, {name: v.evidence(SITE)[name] for name in ("tunnel", "ssh", "ports")}),
    ],
)
def test_what_is_well_measured_comes_through_as_it_is(kind: Any, measured: dict[str, Any]) -> None:
    assert evidence.read(kind, through(measured)) == measured


def test_an_onvif_streams_own_names_stay_in_the_evidence() -> None:
    camera = v.camera("C01")
    camera["settings"]["encoders"]["main"] |= {"bitrate_kbps": 2048, "token": "P1", "media": 1, "encoder": "E1", "multicast": False}
    assert evidence.read(CameraEvidence, through(camera)) == camera


def test_a_failure_keeps_its_reason_and_what_was_counted() -> None:
    camera = {
        "clock": {"ok": False, "reason": "locked", "until": "2026-01-31T12:30:00+00:00"},
        "stream_hub": {"ok": False, "reason": "no_keyframe", "packets": 40, "seconds": 4.0, "keyframe_at_least_s": 4.0, "keyframes": 0},
    }
    assert evidence.read(CameraEvidence, through(camera)) == camera


@pytest.mark.parametrize(
    "odd",
    [
        None, "ok", [], {}, {"ok": "yes"}, {"ok": True}, {"ok": False}, {"ok": False, "reason": 7},
        {"ok": True, "offset_s": "0.2"}, {"ok": True, "offset_s": True}, {"ok": True, "offset_s": None},
    ],
)  # fmt: skip
def test_a_measurement_of_another_shape_is_the_tools_failure_and_leaves_the_others(odd: Any) -> None:
    camera = v.camera("AN-NHON-01 C01")
    found = evidence.read(CameraEvidence, {**camera, "clock": odd})
    clock = found.pop("clock")
    assert (clock["ok"], clock["reason"]) == (False, "measuring_failed") and "measuring_failed" in REASONS
    assert found == {name: measured for name, measured in camera.items() if name != "clock"}


def test_what_nobody_reads_is_left_out_and_texts_are_fit_to_print() -> None:
    camera = v.camera("C01\x1b[2J")
    camera["settings"] |= {"maker": "x" * 999, "of_the_future": 1}
    found = evidence.read(CameraEvidence, {**camera, "of_the_future": {"ok": True}})
    assert "of_the_future" not in found and "of_the_future" not in found["settings"]
    assert (found["settings"]["name"], len(found["settings"]["maker"])) == ("C01[2J", LONGEST)


def test_a_task_that_is_not_known_costs_only_itself() -> None:
    tunnel = {"kind": "tunnel", "site": "a", "camera": None, "host": "10.5.0.1"}
    unknown = {"kind": "from-the-future", "site": "a", "camera": 4, "as": "stream_hub"}
    broken = {"kind": "settings", "site": "a", "camera": 5, "host": 7}
    request, results = remote.read({"schema": 1, "budget_s": 15, "tasks": [tunnel, unknown, broken]})
    assert request["tasks"] == [tunnel] and request["budget_s"] == 15
    found = {each["camera"]: sorted(each["found"]) for each in results}
    assert found == {4: ["stream_hub"], 5: ["clock", "factory_login", "settings"]}
    assert all(not measured["ok"] and measured["reason"] == "protocol" for each in results for measured in each["found"].values())


@pytest.mark.parametrize("document", [None, [], {}, {"tasks": 7}, {"tasks": [7]}, {"tasks": [{"kind": "tunnel"}]}])
def test_what_is_no_request_is_refused(document: Any) -> None:
    with pytest.raises(ContractError):
        remote.read(document)
