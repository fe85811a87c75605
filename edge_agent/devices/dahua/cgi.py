"""A conversation with one Dahua device over /cgi-bin/: what is asked, what is written, and what its refusals mean.

Addresses carry values, passwords among them: they are never logged, and no error names more than the part before the "?".
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import httpauth, neighbours
from edge_agent.devices.dahua.questions import NOWHERE, RPC
from edge_agent.devices.dahua.table import Table, parse
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import BadAnswer, DeviceFailure, NotActivated, UnknownDevice, Unreachable, WrongCredentials
from edge_agent.devices.logins import Logins
from edge_agent.devices.patience import Deadline
from edge_agent.devices.vendor_http import REFUSED, Refusal, VendorHttp

LOGIN_PATH = "/cgi-bin/magicBox.cgi?action=getSystemInfo"
REALM = re.compile(r"^(?:Login to (?P<serial>[0-9A-Za-z]{6,32})$|DH_(?P<mac>[0-9A-Fa-f]{12})$|DH_|Device_CGI)")
"""By which the maker's firmware asks for a login; some name the device in it."""
MISSING = (400, 404, 405, 501)
"""400 is old firmware's word for an action that it doesn't have, 501 the new one's (aiodahua); web servers in front say 404."""
LONGEST_QUERY = 1000
_SAFE = "[]:/-_.,()@'*"
"""Brackets stay as they are: old firmware doesn't undo them (python-amcrest#155)."""
_INACTIVE = re.compile(r"not\W{0,3}init|un-?init|devinit|not\W{0,3}activated", re.IGNORECASE)
_LOCKED = re.compile(r"\block(?:ed|out)?\b|userislocked|remainlocksec\w*\W{1,6}[1-9]", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,6})\s*(s|sec|second|m|min|minute|h|hour)", re.IGNORECASE)
_REMAINING_S = re.compile(r"remain\w*sec\w*\W{1,6}(\d{1,6})", re.IGNORECASE)
_LEFT = re.compile(r"(?:still have|remain(?:Lock|Login)Times|remaining attempts?)\W{1,6}(\d{1,4})", re.IGNORECASE)
_PERMISSION = re.compile(r"authority:?\s*check|no\s*(?:permission|authority|right)|permission|not\s*allowed", re.IGNORECASE)


class RequestRejected(Exception):
    """The device has no such thing, or dislikes what it was sent. `status`: HTTP's; `said`: its refusal_text, without the request."""

    def __init__(self, what: str, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(f"{what}: HTTP {status} {said}".strip())

    @property
    def missing(self) -> bool:
        return self.status in MISSING


def judge(answer: Answer) -> Refusal | None:
    """What a 401 or 403 says: "User Locked! Please try again after 30 minutes.", "You still have 4 attempt(s)",
    {"error": {"code": 403, "message": "Authority:check failure."}}."""
    if answer.status not in REFUSED:
        return None
    said = refusal_text(answer)
    if _INACTIVE.search(said):
        return Refusal("inactive", said)
    left = _LEFT.search(said)
    if _LOCKED.search(said) and (left is None or int(left[1]) == 0 or _REMAINING_S.search(said)):
        return Refusal("locked", said, _seconds(said))
    if left:
        return Refusal("password", said, left=int(left[1]))
    return Refusal("permission", said) if answer.status == 403 or _PERMISSION.search(said) else None


def refusal_text(answer: Answer) -> str:
    """What a refusal says, in one short line."""
    text = re.sub(r"<[^>]{0,500}>", " ", answer.text[:4000])
    return re.sub(r"\s+", " ", text).strip()[:200]


def _seconds(said: str) -> float | None:
    if remaining := _REMAINING_S.search(said):
        return float(remaining[1])
    if found := _TIME.search(said):
        return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2][0].lower()]
    return None


class Cgi:
    """Not for several threads at once."""

    def __init__(self, desired: DesiredDevice, logins: Logins) -> None:
        self.deadline = Deadline(desired.deadline_s)
        self.http = VendorHttp(desired, logins, self.deadline, login_path=LOGIN_PATH, judge=judge)
        self.logins, self.key, self._desired = logins, desired.key, desired
        self.realm = ""

    def close(self) -> None:
        self.http.close()

    def reach(self) -> None:
        """One question without a login, so that the device is known to answer (and its hardware address with it). One that
        isn't at its address is looked for in its LAN by its MAC address, if it is known how to move it."""
        answer = neighbours.asked(self._desired, lambda: self.http.anonymous("GET", LOGIN_PATH), self.http.at)
        self.http.asks_login = answer.status == 401
        offers = httpauth.challenges(answer.headers.get("www-authenticate", ""))
        self.realm = next((o.values["realm"] for o in offers if "realm" in o.values), "")

    def raise_unless_maker(self) -> None:
        """A login is asked for by devices of all makers. Raise UnknownDevice unless the realm is one of theirs, or the page is
        there where another isn't."""
        if not self.http.asks_login:
            self.raise_unless_cgi()
        elif not REALM.match(self.realm) and self.http.anonymous("GET", NOWHERE).status in (200, 401):
            raise UnknownDevice(Text("không có giao diện CGI của Dahua", "no Dahua CGI interface"))

    def answers_at(self, host: str) -> bool:
        """From now on speak to the device at `host`; whether it is there."""
        self.http.at(host)
        try:
            self.http.anonymous("GET", LOGIN_PATH)
        except (Unreachable, BadAnswer):
            return False
        return True

    def open(self, offered: list[Account]) -> int:
        """Log in with the first account that the device takes; its index. A device that was never given a password says so
        only to those who ask for that."""
        try:
            index = self.http.open(offered)
        except (WrongCredentials, UnknownDevice) as failure:
            self.raise_if_factory_new(failure)
            raise
        if not self.http.asks_login:
            self.raise_unless_cgi()
        return index

    def raise_unless_cgi(self) -> None:
        """A device that answers everybody may be anybody's."""
        try:
            if self.ask("magicBox.cgi", "getSystemInfo"):
                return
        except (RequestRejected, BadAnswer):
            pass
        raise UnknownDevice(Text("không có giao diện CGI của Dahua", "no Dahua CGI interface"))

    def raise_if_factory_new(self, cause: DeviceFailure | None = None) -> None:
        """Raise NotActivated where no administrator's password was ever set (DevInit.getStatus: the two lowest bits of
        Init are 1 before, 2 after)."""
        question = json.dumps({"method": "DevInit.getStatus", "params": None, "id": 1}).encode()
        try:
            answer = self.http.anonymous("POST", RPC, question, "application/json")
            found = json.loads(answer.content)
            init = found["params"]["Init"] if found.get("result") is True else None
        except (DeviceFailure, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return
        if isinstance(init, int) and init & 3 == 1:
            detail = Text("chưa đặt mật khẩu quản trị lần đầu", "its first administrator password was never set")
            raise NotActivated(detail) from cause

    def ask(self, script: str, action: str, query: Mapping[str, object] | None = None) -> Table:
        """The answer as a table. Raises RequestRejected, and the failures of `VendorHttp.request`."""
        return parse(self.text(script, action, query))

    def config(self, name: str) -> Table:
        """A configuration; its first steps are those of `name`. Raises RequestRejected where the device has none such."""
        return self.ask("configManager.cgi", "getConfig", {"name": name})

    def write(self, values: Mapping[str, object]) -> None:
        """Set configuration keys, as the device spells them, in as few requests as fit. Raises RequestRejected."""
        pending: dict[str, object] = {}
        for key, value in values.items():
            if pending and len(_query({**pending, key: value})) > LONGEST_QUERY:
                self._order("configManager.cgi", "setConfig", pending)
                pending = {}
            pending[key] = value
        if pending:
            self._order("configManager.cgi", "setConfig", pending)

    def order(self, script: str, action: str, query: Mapping[str, object]) -> None:
        """Do what isn't configuration (set the time, an account). Raises RequestRejected."""
        self._order(script, action, query)

    def _order(self, script: str, action: str, query: Mapping[str, object]) -> None:
        said = self.text(script, action, query, is_question=False).strip()
        if said and said.partition("\n")[0].strip().lower() not in ("ok", "true", "result=true", "error=0"):
            raise RequestRejected(f"{script} {action}", 200, _without_secrets(re.sub(r"\s+", " ", said)[:120], query))

    def text(self, script: str, action: str, query: Mapping[str, object] | None = None, *, is_question: bool = True) -> str:
        target = f"/cgi-bin/{script}?action={action}" + (f"&{_query(query)}" if query else "")
        answer = self.http.request("GET", target, is_question=is_question)
        body = answer.text
        if answer.status != 200 or body.lstrip("\ufeff \t\r\n")[:5].lower() == "error":
            raise RequestRejected(f"{script} {action}", answer.status, _without_secrets(refusal_text(answer), query or {}))
        if body.lstrip()[:1] == "<":
            raise BadAnswer(f"{script} {action}: a web page")
        return body


def _without_secrets(said: str, query: Mapping[str, object]) -> str:
    """Devices repeat what they dislike."""
    for key, value in query.items():
        if re.search("pass|pwd", key, re.IGNORECASE) and str(value):
            said = said.replace(str(value), "***").replace(quote(str(value), safe=""), "***")
    return said


def _query(values: Mapping[str, object]) -> str:
    """An empty value is a blank, since nothing is "no change" to these devices (aiodahua)."""
    return "&".join(f"{quote(key, safe=_SAFE)}={quote(_value_text(value), safe=_SAFE)}" for key, value in values.items())


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if "&" in text:  # undone before the query is split at "&": what follows would be lost, or be an entry of its own
        raise RequestRejected("setConfig", 0, "a value with &")
    return text or " "
