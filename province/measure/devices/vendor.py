"""A device's own HTTP interface asked from outside: one login attempt a credential, answers bounded in time and size.

`requests` would answer a refused digest with the same password again; a device counts that. So a challenge is taken from a
question without a login, and answered once.
"""

import base64
import re
import time
from dataclasses import dataclass

import requests
from requests.utils import parse_dict_header

from province.measure.devices.digest import ALGORITHMS, Digest
from province.measure.devices.errors import AuthRejected, DeviceError, Login

ONE_CALL_S = 5.0
LARGEST = 4 * 1024 * 1024
_SCHEME = re.compile(r"(?:^|,)\s*(Digest|Basic)(?=\s|,|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def text(self) -> str:
        for encoding in ("utf-8", "gb18030"):
            try:
                return self.body.decode(encoding)
            except UnicodeDecodeError:
                continue
        return self.body.decode("latin-1")


class Vendor:
    """`ask` sends one request; who asks is `login`. Not for several threads at once.

    `refusal` tells what a 401 or 403 body means: it raises, or returns where it is a plain refusal.
    """

    def __init__(self, host: str, port: int, seconds: float = 20.0) -> None:
        self.base = f"http://{host}:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._end = time.monotonic() + seconds
        self._login: Login | None = None
        self._digest: Digest | None = None
        self._offer, self._entrance, self._answered = "", "/", False
        self._proved = False

    def close(self) -> None:
        self._session.close()

    def left(self) -> float:
        return self._end - time.monotonic()

    def probe(self, target: str) -> Answer:
        """A request without a login: its answer, whatever it is; a challenge in it is kept for `enter`."""
        self._entrance = target
        return self._send("GET", target, None, None)

    def enter(self, login: Login | None) -> None:
        """From now on ask with this login (None: without any). It isn't sent yet; a nonce that another answered isn't used again."""
        if self._answered:
            self.probe(self._entrance)
        self._login, self._proved, self._digest = login, False, None
        scheme, challenge = _chosen(self._offer)
        if login and scheme == "digest":
            self._digest = Digest(login, challenge)

    def ask(self, target: str, data: bytes | None = None, method: str | None = None) -> Answer:
        """One answer, whatever its status but 401. Raises AuthRejected, DeviceError."""
        method = method or ("POST" if data is not None else "GET")
        answer = self._send(method, target, data, self._authorization(method, target))
        if answer.status == 401 and self._login and (self._proved or _stale(self._offer)):
            # Its nonce is old: the login was taken before, or the device says so. That is no failed login.
            self._digest = Digest(self._login, _chosen(self._offer)[1]) if self._digest is not None else None
            answer = self._send(method, target, data, self._authorization(method, target))
        if answer.status == 401:
            raise AuthRejected(locked=locked(answer), seconds=unlocks_in(answer))
        self._proved = self._proved or answer.status != 403
        return answer

    def _authorization(self, method: str, target: str) -> str | None:
        if self._login is None:
            return None
        if self._digest is not None:
            self._answered = True
            return self._digest.header(method, self.base + target)
        if _chosen(self._offer)[0] != "basic":
            return None
        return "Basic " + base64.b64encode(f"{self._login.user}:{self._login.password}".encode()).decode()

    def _send(self, method: str, target: str, data: bytes | None, authorization: str | None) -> Answer:
        if self.left() <= 0:
            raise DeviceError("timeout")
        stop = time.monotonic() + min(self.left(), 2 * ONE_CALL_S)
        headers = {"Authorization": authorization} if authorization else {}
        headers |= {"Content-Type": "application/xml"} if data is not None else {}
        try:
            with self._session.request(
                method, self.base + target, data=data, headers=headers, timeout=min(ONE_CALL_S, self.left()), stream=True,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                body = b""
                for chunk in answer.iter_content(65536):
                    body += chunk
                    if len(body) > LARGEST or time.monotonic() > stop:
                        raise DeviceError("timeout" if len(body) <= LARGEST else "protocol")
                if answer.status_code == 401:
                    self._answered = False
                    self._offer = answer.headers.get("WWW-Authenticate", "")
                return Answer(answer.status_code, body)
        except requests.exceptions.Timeout as error:
            raise DeviceError("timeout" if isinstance(error, requests.exceptions.ReadTimeout) else "unreachable") from error
        except requests.exceptions.ConnectionError as error:
            raise DeviceError("unreachable") from error
        except (requests.exceptions.RequestException, ValueError) as error:
            raise DeviceError("protocol", type(error).__name__) from error


def locked(answer: Answer) -> bool:
    return re.search(r"\block", answer.text, re.IGNORECASE) is not None and "unlock</lockstatus>" not in answer.text.lower()


def unlocks_in(answer: Answer) -> float | None:
    """Seconds, where the device tells: <unlockTime>1800</unlockTime>, RemainLockSecond=300."""
    found = re.search(r"(?:unlockTime|RemainLockSecond|remainLockSecond)\W{1,4}(\d{1,6})", answer.text)
    return float(found[1]) if found and int(found[1]) > 0 else None


def _chosen(offer: str) -> tuple[str, dict[str, str]]:
    """(scheme, parameters) of a WWW-Authenticate header, several joined by commas: digest before basic, MD5 before others."""
    marks = list(_SCHEME.finditer(offer))
    ends = [mark.start() for mark in marks[1:]] + [len(offer)]
    parts = [(mark[1].lower(), offer[mark.end() : end]) for mark, end in zip(marks, ends, strict=False)]
    found = [(scheme, parse_dict_header(part.strip().strip(","))) for scheme, part in parts]
    able = [each for each in found if each[0] == "basic" or each[1].get("algorithm", "MD5").upper() in ALGORITHMS]
    ranked = sorted(able, key=lambda each: (each[0] == "basic", each[1].get("algorithm", "MD5").upper() != "MD5"))
    return ranked[0] if ranked else ("", {})


def _stale(offer: str) -> bool:
    return re.search(r'stale\s*=\s*"?true', offer, re.IGNORECASE) is not None
