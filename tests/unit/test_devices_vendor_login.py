"""A login to a maker's own interface while its web server restarts: neither taken for a proof nor for a refusal."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices import vendor_http
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import Unreachable, WrongCredentials
from edge_agent.devices.logins import Logins
from edge_agent.devices.patience import Deadline
from edge_agent.devices.vendor_http import VendorHttp

ASKED = Answer(401, {"www-authenticate": 'Digest realm="IP Camera", nonce="n", qop="auth"'})
TAKEN, REFUSED, RESTARTING = Answer(200), ASKED, Answer(503)
OLD, NEW = Account("admin", "Old1111111"), Account("admin", "New2222222")


class Wire:
    """Says 401 to who doesn't say who he is (or `away`, that often), and the next of `answers` to a login, the last for ever."""

    def __init__(self, answers: list[Answer], away: int = 0) -> None:
        self.answers, self.away = answers, away

    def send(self, method: str, target: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        if "Authorization" not in (headers or {}):
            self.away -= 1
            return ASKED if self.away < 0 else RESTARTING
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None: ...


Make = Callable[[Wire], VendorHttp]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setattr(vendor_http, "RESTART_PAUSES_S", (0.0, 0.0))

    def made(wire: Wire) -> VendorHttp:
        desired = DesiredDevice(slot=1, address="192.0.2.1", port=80, driver="hikvision", admin=NEW)
        monkeypatch.setattr(vendor_http, "Wire", lambda *a, **k: wire)
        return VendorHttp(desired, Logins(tmp_path), Deadline(20), login_path="/x", judge=lambda answer: None)

    return made


def test_a_server_that_cannot_answer_proves_no_new_password(make: Make) -> None:
    """Taken for a proof, it would let the old password be forgotten."""
    http = make(Wire([TAKEN, RESTARTING]))
    http.open([OLD])
    with pytest.raises(Unreachable, match="503"):
        http.proves(NEW)
    assert http.account == OLD and http.logins.left(http.key) == 1, "its outcome is unknown: it stays counted"


@pytest.mark.parametrize("status", [302, 500, 502, 503, 504])
def test_it_is_asked_again_until_it_tells(make: Make, status: int) -> None:
    http = make(Wire([TAKEN, Answer(status), TAKEN]))
    http.open([OLD])
    assert http.proves(NEW) and http.logins.left(http.key) == 2
    http = make(Wire([TAKEN, Answer(status), REFUSED]))
    http.open([OLD])
    assert not http.proves(NEW) and http.logins.left(http.key) == 1


def test_one_that_gives_no_challenge_just_now_is_asked_again_too(make: Make) -> None:
    http = make(Wire([TAKEN], away=0))
    http.open([OLD])
    http.wire.away = 2
    assert http.proves(NEW)
    http.wire.away = 100
    with pytest.raises(Unreachable, match="503"):
        http.proves(NEW)
    assert http.logins.left(http.key) == 2, "no password left for it"


def test_firmware_that_says_500_to_every_login_that_it_takes_is_believed(make: Make) -> None:
    http = make(Wire([Answer(500)]))
    assert http.open([OLD]) == 0
    assert http.proves(NEW)


def test_a_login_that_nobody_answered_is_sent_once_more_and_takes_two_places(make: Make) -> None:
    class Cutting(Wire):
        cuts = 1

        def send(self, method: str, target: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
            if "Authorization" in (headers or {}) and self.cuts:
                self.cuts -= 1
                raise Unreachable("cut") from ConnectionResetError()
            return super().send(method, target, data, headers)

    http = make(Cutting([TAKEN]))
    assert http.open([OLD]) == 0 and http.logins.left(http.key) == 2
    http = make(Cutting([REFUSED]))
    with pytest.raises(WrongCredentials):
        http.open([OLD])
    assert http.logins.left(http.key) == 0
