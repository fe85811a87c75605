"""A maker's own HTTP interface (Hikvision ISAPI, Dahua CGI): one connection, one login a credential, refusals told apart.

    http = VendorHttp(desired, logins, Deadline(desired.deadline_s), login_path="/ISAPI/System/deviceInfo", judge=judge)
    answer = http.anonymous("GET", "/SDK/activateStatus")
    index = http.open(entry.candidates(desired, logins))
    answer = http.request("PUT", "/ISAPI/System/time", data, "application/xml")     # whatever its status but 401
    http.close()

No password leaves before the device asked for one (the first request goes without), nor before its place in the count is
reserved. Once a login is taken, each request carries it; a new nonce is answered once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import entry, httpauth
from edge_agent.devices.exchange import HTTPS_ONLY, Answer, Wire, was_cut
from edge_agent.devices.faults import LockedOut, NoPermission, NotActivated, UnknownDevice, Unreachable, WrongCredentials
from edge_agent.devices.httpauth import Challenge
from edge_agent.devices.logins import Attempt, Logins
from edge_agent.devices.patience import Deadline

REFUSED = (401, 403)
RESTART_PAUSES_S = (0.5, 2.0)
"""How long a device that can't answer a login just now is given, each time, before it is asked again."""


@dataclass(frozen=True)
class Refusal:
    """What a device says with a refusal. `seconds`: until it unlocks; `left`: how many logins may still fail."""

    kind: Literal["password", "permission", "locked", "inactive"]
    detail: str = ""
    seconds: float | None = None
    left: int | None = None


Judge = Callable[[Answer], Refusal | None]
"""What a 401 or 403 means in the maker's words, or the answer to a login of any status; None: it says nothing, so a 401
refuses a login, or doesn't allow a request."""


class VendorHttp:
    """Holds who we are to the device. Not for several threads at once."""

    def __init__(self, desired: DesiredDevice, logins: Logins, deadline: Deadline, *, login_path: str, judge: Judge) -> None:
        self.wire = Wire(desired.address, desired.port, deadline)
        self.logins, self.key = logins, desired.key
        self.account: Account | None = None
        self.asks_login = True
        """False where the device answered without asking who we are: then no password is proved, and none is sent."""
        self._login_path, self._judge = login_path, judge
        self._challenge: Challenge | None = None
        self._once = False
        self._usual = 200

    def close(self) -> None:
        self.wire.close()

    def at(self, host: str) -> None:
        """From now on speak to the same device at another address."""
        old, self.wire = self.wire, Wire(host, self.wire.port, self.wire.deadline)
        old.close()

    def anonymous(self, method: str, target: str, data: bytes | None = None, content_type: str | None = None) -> Answer:
        """A request without a login, whatever its answer."""
        return self._exchange(method, target, data, _headers(content_type), is_question=method == "GET")

    def open(self, candidates: list[Account]) -> int:
        """Log in with the first candidate that the device takes; returns its index.

        Raises LockedOut, WrongCredentials, NotActivated, and UnknownDevice where the device has no such interface.
        """
        first = self.anonymous("GET", self._login_path)
        if first.status != 401:
            self._not_asked(first)
            self.asks_login, self.account = False, candidates[0]
            return 0
        self._offered(first)
        return entry.first_taken(candidates, self._attempt, lambda: self.logins.until(self.key))

    def proves(self, account: Account, path: str | None = None) -> bool:
        """Whether the device takes `account` (asked at `path`), leaving our own login as it was. Costs one attempt if not.

        Raises Unreachable where it says neither: what serves the web restarts after a change of accounts, and a 503 or a
        redirection is no proof that the new password is in force.
        """
        kept = self.account, self._challenge
        try:
            return self._attempt(account, path, is_proof=True)
        finally:
            self.account, self._challenge = kept

    def use(self, account: Account) -> None:
        """From now on ask as `account`, which the device was seen to take (or whose password we just changed)."""
        self.account = account

    def request(
        self, method: str, target: str, data: bytes | None = None, content_type: str | None = None, *, is_question: bool | None = None
    ) -> Answer:
        """A request as who is logged in, whatever its status but 401. `is_question`: it changes nothing, so that it may be sent
        again where the device closed the connection; by default each GET is one.

        Raises NoPermission where this login may not do it, LockedOut, WrongCredentials where the login is not taken any more.
        """
        if self.asks_login and self._challenge is None and self.account is not None:
            asked = self.anonymous(method, target, data, content_type)
            if asked.status != 401:
                return asked
            self._raise_if_closed(asked)
            if not self._keep(asked):
                self._offered(self.anonymous("GET", self._login_path))
        is_question = method == "GET" if is_question is None else is_question
        first = self._send(method, target, data, content_type, is_question)
        return self._again(first, method, target, data, content_type, is_question) if first.status == 401 else first

    def _again(self, first: Answer, method: str, target: str, data: bytes | None, content_type: str | None, is_question: bool) -> Answer:
        """After a 401: was the nonce old, is our login not taken any more, or is this request not allowed?

        Few devices say stale=true; without it a counted login finds out, so that a password changed behind our back costs
        no more than that. Some refuse what isn't allowed, or isn't there, with a 401 that offers no login at all.
        """
        self._raise_if_closed(first)
        is_asked = self._keep(first)
        what = f"{method} {target.partition('?')[0]}"
        said = self._judge(first)
        if said is not None and said.kind == "permission":
            raise NoPermission(f"{what} {said.detail}".strip())
        if not self.asks_login:
            raise NoPermission(what)
        if not self._is_stale() and self.account is not None and not self._attempt(self.account):
            raise WrongCredentials(f"{self.account.user}: {what}")
        self._once |= is_asked
        for _ in range(2):  # the second time with a nonce of its own: some devices take each only once
            answer = self._send(method, target, data, content_type, is_question)
            if answer.status != 401:
                return answer
            self._keep(answer)
        raise NoPermission(what)

    def _send(self, method: str, target: str, data: bytes | None, content_type: str | None, is_question: bool) -> Answer:
        headers = _headers(content_type, self._authorization(self.account, method, target))
        answer = self._exchange(method, target, data, headers, is_question)
        self._taken(answer)
        return answer

    def _exchange(self, method: str, target: str, data: bytes | None, headers: dict[str, str], is_question: bool) -> Answer:
        """One request; a question is asked once more where the kept connection was closed."""
        try:
            return self.wire.send(method, target, data, headers)
        except Unreachable as failure:
            if not (is_question and was_cut(failure)):
                raise
        return self.wire.send(method, target, data, headers)

    def _taken(self, answer: Answer) -> None:
        """A nonce goes with its connection on some devices, and using it again is a failed login to them (NVR5464:
        rroller/dahua#597, home-assistant/core#174441): then each request asks for its own."""
        if answer.status != 401 and (self._once or answer.headers.get("connection", "").lower() == "close"):
            self._challenge = None

    def _is_stale(self) -> bool:
        return self._challenge is not None and self._challenge.values.get("stale", "").lower() == "true"

    def _authorization(self, account: Account | None, method: str, target: str) -> str | None:
        if account is None or self._challenge is None or not self.asks_login:
            return None
        return httpauth.answer(self._challenge, account, method, target)

    def _attempt(self, account: Account, path: str | None = None, *, is_proof: bool = False) -> bool:
        """One login, its place in the count reserved."""
        attempts, answer = self._login(account, path or self._login_path)
        said = self._judge(answer)
        if answer.status == 401 or (said is not None and said.kind != "permission"):
            for attempt in attempts:
                attempt.refused()
            self._raise_if_closed(answer)
            if said is not None and said.left is not None and said.left <= 1:
                self.logins.device_locked(self.key)  # its last login before the lock is left to a person
            return False
        if is_proof and self._tells_nothing(answer):
            raise _silent(answer)
        for attempt in attempts:
            attempt.succeeded()
        self._taken(answer)
        self.account, self._usual = account, answer.status
        return True

    def _login(self, account: Account, path: str) -> tuple[list[Attempt], Answer]:
        """What the device says to a login; one that can't tell just now is asked again after each of some pauses. The challenge
        at hand may be old: a fresh one costs no login. A login whose connection ends without an answer is sent once more: it may
        have been heard, so that takes a place of its own."""
        attempts: list[Attempt] = []
        for pause in (0.0, *RESTART_PAUSES_S):
            time.sleep(pause)
            silence = self._without_challenge(path)
            if silence is None and not attempts:
                attempts.append(self.logins.attempt(self.key, account.user))
            answer = silence or self._logged_in(account, path, attempts)
            if not self._tells_nothing(answer):
                break
        if not attempts:
            raise _silent(answer)
        return attempts, answer

    def _logged_in(self, account: Account, path: str, attempts: list[Attempt]) -> Answer:
        try:
            return self.wire.send("GET", path, headers=_headers(None, self._authorization(account, "GET", path)))
        except Unreachable as failure:
            if len(attempts) > 1 or not was_cut(failure):
                raise
            self._challenge = None  # it may have been good for that connection alone
            silence = self._without_challenge(path)
            attempts.append(self.logins.attempt(self.key, account.user))
        return silence or self.wire.send("GET", path, headers=_headers(None, self._authorization(account, "GET", path)))

    def _without_challenge(self, path: str) -> Answer | None:
        """Get a challenge where there is none to be used; the answer of a device that gives none just now."""
        if self._challenge is None or self._challenge.uses:
            answer = self.anonymous("GET", path)
            if self._tells_nothing(answer):
                return answer
            self._offered(answer)
        return None

    def _tells_nothing(self, answer: Answer) -> bool:
        """Whether this is neither a refusal nor what the device says to a login that it takes (to which some always say 500)."""
        return answer.status != self._usual and (300 <= answer.status < 400 or answer.status in (500, 502, 503, 504))

    def _offered(self, answer: Answer) -> None:
        """Keep the challenge of a 401. Raises UnknownDevice where there is none that could be answered."""
        self._raise_if_closed(answer)
        if not self._keep(answer):
            raise UnknownDevice(Text("cách đăng nhập không hỗ trợ", "it asks for a login of a kind that nobody knows"))

    def _keep(self, answer: Answer) -> bool:
        """Keep the challenge of an answer that has one."""
        offers = httpauth.challenges(answer.headers.get("www-authenticate", ""))
        if offers:
            self._challenge, self.asks_login = offers[0], True
        return bool(offers)

    def _not_asked(self, answer: Answer) -> None:
        if answer.status in REFUSED:
            self._raise_if_closed(answer)
        if not 200 <= answer.status < 300:
            if answer.sends_to_https:
                raise UnknownDevice(HTTPS_ONLY)
            raise UnknownDevice(f"HTTP {answer.status}")

    def _raise_if_closed(self, answer: Answer) -> None:
        found = self._judge(answer)
        if found is None:
            return
        if found.kind == "inactive":
            raise NotActivated(found.detail)
        if found.kind == "locked":
            raise LockedOut(found.detail, until=self.logins.device_locked(self.key, found.seconds))


def _silent(answer: Answer) -> Unreachable:
    vi, en = "không cho biết có nhận mật khẩu hay không", "it doesn't say whether it takes the password"
    return Unreachable(Text(f"{vi} (HTTP {answer.status})", f"{en} (HTTP {answer.status})"))


def _headers(content_type: str | None, authorization: str | None = None) -> dict[str, str]:
    found = {"Content-Type": content_type, "Authorization": authorization}
    return {k: v for k, v in found.items() if v is not None}
