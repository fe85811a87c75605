"""What becomes of a write that a device answers in any of its ways, on devices that can be read and set in nothing: each setting is
a failure with its class, and none is said to be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import dahua_answers
import pytest
import test_recorded_cgi as cgi
import test_recorded_isapi as isapi
import test_recorded_onvif as onvif
from recorded import Login, Played, Reply, Table, digest, played

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices import dahua as dahua_driver
from edge_agent.devices import hikvision as hikvision_driver
from edge_agent.devices import onvif as onvif_driver
from edge_agent.devices.logins import Logins

OLD = Account("admin", "TheOldOne12345")


class Case(NamedTuple):
    driver: ModuleType
    answers: Table
    refusals: dict[str, Reply]
    login: Login
    desired: Callable[[Played], dict[str, Any]]


CASES = {
    "onvif": Case(onvif_driver, onvif.table(onvif.WHOLE), onvif.STATUSES, onvif.digest_but_for_time(onvif.MD5), lambda d: {
        "name": "C01", "encoder": onvif.ENCODER, "osd": "Kho"}),
    "hikvision": Case(hikvision_driver, isapi.table(isapi.IPC_2532F), isapi.REFUSALS, digest(isapi.DIGEST), lambda d: isapi.CAMERA),
    "hikvision-nvr": Case(hikvision_driver, isapi.table(isapi.NVR_7608), isapi.REFUSALS, digest(isapi.DIGEST), lambda d: isapi.RECORDER),
    "dahua": Case(dahua_driver, cgi.table(dahua_answers.IM5), cgi.REFUSALS, digest(cgi.DIGEST), lambda d: cgi.CAMERA),
    "dahua-nvr": Case(dahua_driver, cgi.table(dahua_answers.NVR608H), cgi.REFUSALS, digest(cgi.DIGEST), lambda d: cgi.RECORDER),
}  # fmt: skip
ASKED = [(case, refusal) for case, c in CASES.items() for refusal in c.refusals if refusal != "cut"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.devices.vendor_http.RESTART_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr("edge_agent.devices.hikvision.isapi.BUSY_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr("edge_agent.devices.planning.SETTLING_S", 0.0)
    for module in (onvif_driver, hikvision_driver, dahua_driver):
        monkeypatch.setattr(module, "READ_BACK_S", (0.0,))


@pytest.mark.parametrize(("case", "refusal"), ASKED)
def test_no_refusal_of_a_write_is_taken_for_its_success(tmp_path: Path, case: str, refusal: str) -> None:
    driver, answers, refusals, login, more = CASES[case]
    with played(answers, refusals[refusal], login) as device:
        desired = DesiredDevice(
            slot=1, address="127.0.0.1", port=device.port, driver=driver.__name__.rpartition(".")[2],
            viewer=Account("kn-view", "Kn1viewerCCCCddd"), ntp="10.0.0.1", timezone="ICT-7", services_off=("https", "upnp"),
            admin=OLD, deadline_s=60.0, **more(device),
        )  # fmt: skip
        with driver.connect(desired, Logins(tmp_path)) as connection:
            observed = driver.get(connection, desired)
            changes = driver.plan(observed, desired)
            outcome = driver.apply(connection, observed, desired, changes)
    assert changes and outcome.done == []
    assert {f.category for f in outcome.failures} <= {"setting_not_kept", "no_permission"}, [str(f) for f in outcome.failures]
    assert all(f.reason.vi and f.hint.vi for f in outcome.failures)
