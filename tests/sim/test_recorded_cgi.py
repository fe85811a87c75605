"""Dahua devices as their answers were published (dahua_answers), each of which is replaced by every refusal that firmware has for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dahua_answers as real
import pytest
from device_site import ADMIN, VIEWER
from recorded import Played, Reply, digest, played

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.devices import dahua
from edge_agent.devices.faults import DeviceFailure
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice

DIGEST = 'Digest realm="Login to 6C0A3B2PAZ0F2D1", qop="auth", nonce="1869244853", opaque="9e1f0a"'
ENCODER = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
CAMERA: dict[str, Any] = {"encoder": ENCODER, "sub_encoder": ENCODER, "osd": "Kho"}
RECORDER: dict[str, Any] = {
    "kind": "recorder",
    "channels": (DesiredChannel(1, "Cổng", "10.0.0.2", 80, "onvif", Account("kn-view", "x")),),
    "recording": "continuous",
    "recording_days": 2,
}
LOGIN = "magicBox.cgi getSystemInfo"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.devices.vendor_http.RESTART_PAUSES_S", (0.0, 0.0))


def table(answers: dict[str, str | Reply]) -> dict[str, Reply]:
    """From "script action name" to what is asked."""
    found = {}
    for key, answer in answers.items():
        script, action, *name = key.split(" ")
        question = f"GET /cgi-bin/{script}?action={action}" + (f"&name={name[0]}" if name else "")
        found[question] = answer if isinstance(answer, Reply) else Reply(answer)
    return found


def read(device: Played, state: Path, **more: Any) -> tuple[ObservedDevice, DesiredDevice]:
    target = DesiredDevice(
        slot=1, address="127.0.0.1", port=device.port, driver="dahua", admin=Account("admin", ADMIN), viewer=Account("kn-view", VIEWER),
        ntp="10.0.0.1", timezone="ICT-7", name="C01", network=DesiredNetwork(24, "127.0.0.254"), services_off=("upnp", "multicast"),
        **{"deadline_s": 30.0, **more},
    )  # fmt: skip
    with dahua.connect(target, Logins(state)) as connection:
        observed = dahua.get(connection, target, all_options=True)
        dahua.plan(observed, target)
        dahua.shortfalls(observed, target)
    return observed, target


ERROR = Reply("Error\r\nBad Request!\r\n", 400)
REFUSALS = {
    "400": ERROR,
    "501": Reply("Error\r\nNot Implemented!\r\n", 501),
    "200 Error": Reply("Error\r\nBad Request!\r\n"),
    "200 Error: ErrorID": Reply("ErrorID=5, Detail=Invalid Request!\r\n"),
    "401": Reply("Invalid Authority!\r\n", 401, {"WWW-Authenticate": DIGEST}),
    "401 without a challenge": Reply("Invalid Authority!\r\n", 401),
    "403": Reply("Error\r\nForbidden!\r\n", 403),
    "403 JSON": Reply('{"error":{"code":403,"message":"Authority:check failure."},"result":false}', 403),
    "404": Reply("<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD></HTML>", 404),
    "500": Reply(status=500),
    "503": Reply(status=503, headers={"Retry-After": "3"}),
    "redirect": Reply(status=302, headers={"Location": "https://127.0.0.1/"}),
    "empty": Reply(""),
    "page": Reply("<!DOCTYPE html><html><head><title>WEB SERVICE</title></head></html>"),
    "JSON": Reply('{"result":true,"params":{}}', headers={"Content-Type": "application/json"}),
    "UTF-16": Reply("table.General.MachineName=x\r\n".encode("utf-16")),
    "chunked": Reply("Error\r\nBad Request!\r\n", 400, framing="chunked"),
    "cut": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\ntable."),
}


@pytest.mark.parametrize(
    ("answers", "kind"),
    [(real.IM5, CAMERA), (real.HDW1200S, CAMERA), (real.NVR608H, RECORDER), (real.CP_UNR, RECORDER)],
    ids=["camera", "old camera", "recorder", "relabelled recorder"],
)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_one_answer_refused_in_any_way_leaves_the_others(
    tmp_path: Path, answers: dict[str, str], kind: dict[str, Any], refusal: str
) -> None:
    for number, key in enumerate(answers):
        with played(table({**answers, key: REFUSALS[refusal]}), ERROR, digest(DIGEST)) as device:
            try:
                observed, target = read(device, tmp_path / str(number), **kind)
            except DeviceFailure as failure:
                assert key == LOGIN or refusal == "cut", (key, failure)
                assert failure.category in ("wrong_credentials", "no_permission", "unknown_device", "unreachable"), (key, failure)
                continue
        assert observed.identity.model is not None or key in (LOGIN, "magicBox.cgi getDeviceType"), key
        assert observed.users or "getUserInfoAll" in key or "userManager.cgi" not in " ".join(answers), key
        assert "obsolete" not in {p.category for p in dahua.shortfalls(observed, target)}, key


@pytest.mark.parametrize("refusal", [r for r in REFUSALS if r != "cut"])
def test_a_device_that_asks_nobody_who_he_is_may_still_refuse_one_thing(tmp_path: Path, refusal: str) -> None:
    for number, key in enumerate(k for k in real.IM5 if k not in (LOGIN, "magicBox.cgi getDeviceType")):
        with played(table({**real.IM5, key: REFUSALS[refusal]}), ERROR) as device:
            observed, _ = read(device, tmp_path / str(number), **CAMERA)
        assert observed.identity.model, key


def test_a_device_that_hangs_up_behind_each_answer_is_read_and_written_all_the_same(tmp_path: Path) -> None:
    answers = {**table(real.IM5), "GET /cgi-bin/configManager.cgi?action=setConfig": Reply("OK\r\n")}
    with played(answers, ERROR, digest(DIGEST), hangs_up=True) as device:
        observed, target = read(device, tmp_path, **CAMERA)
        with dahua.connect(target, Logins(tmp_path)) as connection:
            outcome = dahua.apply(connection, observed, target, [c for c in dahua.plan(observed, target) if c.field == "name"])
    assert observed.encoders and "GET /cgi-bin/configManager.cgi?action=setConfig" in device.asked
    assert "unreachable" not in {f.category for f in outcome.failures}


@pytest.mark.parametrize("missing", [r for r in REFUSALS if r != "cut"])
def test_what_a_firmware_lacks_it_may_refuse_in_any_way(tmp_path: Path, missing: str) -> None:
    with played(table(real.IM5), REFUSALS[missing], digest(DIGEST)) as device:
        observed, _ = read(device, tmp_path, **CAMERA)
    assert observed.identity.model and observed.encoders
