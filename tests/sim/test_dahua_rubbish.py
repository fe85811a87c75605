"""The Dahua driver fed with spoiled answers, whatever was asked: each run ends in a reading or in a named failure."""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import dahua_answers as real
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from soak import examples

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.devices import dahua, vendor_http
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import DeviceFailure
from edge_agent.devices.logins import Logins

ADMIN = Account("admin", "Kn1adminAAAAbbbb")
ENCODER = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
CAMERA = DesiredDevice(
    slot=1, address="127.0.0.1", port=80, driver="dahua", admin=ADMIN, viewer=Account("viewer1", "x"), ntp="10.0.0.1", timezone="ICT-7",
    encoder=ENCODER, sub_encoder=ENCODER, osd="KHO", name="C01", network=DesiredNetwork(24, "10.0.0.1", ("10.0.0.1",)),
    services_off=("upnp", "multicast"),
)  # fmt: skip
RECORDER = DesiredDevice(
    slot=1, address="127.0.0.1", port=80, driver="dahua", kind="recorder", admin=ADMIN, ntp="10.0.0.1", timezone="ICT-7", name="R01",
    channels=(DesiredChannel(1, "C01", "10.0.0.2", 80, "onvif", ADMIN),), recording="continuous", recording_days=30,
)  # fmt: skip
Spoil = Callable[[bytes, random.Random], bytes]


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def flipped(data: bytes, dice: random.Random) -> bytes:
    return bytes(dice.randrange(256) if dice.random() < 0.05 else b for b in data)


def swollen(data: bytes, dice: random.Random) -> bytes:
    return data * dice.randrange(1, 40) + b"x" * dice.randrange(20_000)


def huge(data: bytes, dice: random.Random) -> bytes:
    """Numbers that no device has, in values and indexes."""
    wild = [b"2147483647", b"-1", b"9" * 400, b"0", b"1e999", b"NaN", b""]
    return re.sub(rb"\d+", lambda m: dice.choice(wild) if dice.random() < 0.3 else m[0], data)


def swapped(data: bytes, dice: random.Random) -> bytes:
    """Each line's value under another's key."""
    rows = [line.partition(b"=") for line in data.splitlines()]
    values = [r[2] for r in rows]
    dice.shuffle(values)
    return b"\n".join(key + b"=" + value for (key, _, _), value in zip(rows, values, strict=True))


class Spoiling:
    """In a Wire's place: real answers, spoiled from the first after the login on."""

    def __init__(self, answers: dict[str, str], spoil: Spoil, seed: int) -> None:
        self.answers, self.spoil, self.dice, self.host, self.port = answers, spoil, random.Random(seed), "127.0.0.1", 80

    def __call__(self, host: str, port: int, deadline: Any) -> Spoiling:
        self.deadline = deadline
        return self

    def close(self) -> None:
        return

    def send(self, method: str, target: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        if "Authorization" not in (headers or {}):
            return Answer(401, {"www-authenticate": real.DIGEST})
        words = [target.rpartition("/")[2].partition("?")[0], *(m for m in re.findall(r"(?:action|name)=([^&]*)", target))]
        body = self.answers.get(" ".join(words))
        if body is None:
            return Answer(400, {}, self.spoil(real.BAD_REQUEST[1].encode(), self.dice))
        return Answer(200, {}, self.spoil(body.encode(), self.dice))


@pytest.mark.parametrize(("answers", "desired"), [(real.IM5, CAMERA), (real.NVR608H, RECORDER)], ids=["camera", "recorder"])
@pytest.mark.parametrize("spoil", [cut, flipped, swollen, huge, swapped])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spoiled_answers_end_in_a_reading_or_a_named_failure(
    answers: dict[str, str], desired: DesiredDevice, spoil: Spoil, seed: int
) -> None:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as state, mock.patch.object(vendor_http, "Wire", Spoiling(answers, spoil, seed)):
        try:
            with dahua.connect(desired, Logins(Path(state))) as connection:
                there = dahua.get(connection, desired, all_options=True)
                dahua.plan(there, desired)
                dahua.shortfalls(there, desired)
        except DeviceFailure as failure:
            assert failure.reason.vi and failure.hint.vi
    assert time.monotonic() - begun < 20
