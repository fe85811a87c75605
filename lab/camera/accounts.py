"""Who may come in: the camera's accounts, WS-Security and digest logins, the lock-out, and the journal of logins."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from lab.camera.clock import Clock
from lab.camera.isapi_state import OWN_ACCOUNTS
from lab.camera.personality import Personality
from lab.camera.state import Memory

REALM = "IP Camera"
NONCE_LIFE_S = 300.0
_DIGEST_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True)
class Visitor:
    """Who sent a request: an account and its level (Administrator, Operator, User), or nobody (Anonymous)."""

    name: str
    level: str


ANONYMOUS = Visitor("", "Anonymous")


class LoginRejected(Exception):
    """A login that failed; ``result`` is the word for the journal."""

    def __init__(self, result: str) -> None:
        super().__init__(result)
        self.result = result


@dataclass(frozen=True)
class Token:
    """A WS-Security UsernameToken as it was sent; ``kind`` is the end of the password's Type: Digest or Text."""

    user: str
    password: str
    kind: str
    nonce: str
    created: str


class Accounts:
    """Checks logins of all kinds against the accounts in force, counts the bad ones, and notes each in ``logins``."""

    def __init__(self, memory: Memory, clock: Clock, flags: Personality) -> None:
        self._memory, self._clock, self._flags = memory, clock, flags
        self.logins: deque[dict[str, Any]] = deque(maxlen=5000)
        self.restart()

    def restart(self) -> None:
        """What a reboot forgets: nonces, the count of bad passwords, a lock-out."""
        self._seen: dict[str, float] = {}
        self.forget_nonces()
        self.unlock()

    def forget_nonces(self) -> None:
        self._nonces: dict[str, tuple[float, int, str]] = {}

    @property
    def onvif_area(self) -> str:
        """Where ONVIF's accounts are."""
        return OWN_ACCOUNTS if self._flags["onvif_own_accounts"] else "users"

    @property
    def left(self) -> int:
        """How many bad passwords until the lock."""
        return max(0, int(self._flags["lockout"]["after"]) - self._bad)

    def unlock(self) -> None:
        self._bad = 0
        self.locked_until = 0.0

    def wss(self, token: Token, peer: str) -> Visitor:
        """A login by UsernameToken. LoginRejected: wrong, too old, seen before, or locked out."""
        try:
            nonce = base64.b64decode(token.nonce, validate=False)
            created = datetime.fromisoformat(token.created.replace("Z", "+00:00"))
        except (ValueError, binascii.Error):
            self.refuse("wss", token.user, peer, "stale")
        if created.tzinfo is None:
            created = created.replace(tzinfo=UTC)
        longest, widest = self._flags["wss_created_max"], self._flags["wss_nonce_max"]
        too_long = (longest and len(token.created) > longest) or (widest and len(nonce) > widest)
        if too_long or abs(created.timestamp() - self._clock.now()) > self._flags["wss_window_s"]:
            self.refuse("wss", token.user, peer, "stale")

        def proves(password: str) -> bool:
            digest = hashlib.sha1(nonce + token.created.encode() + password.encode(), usedforsecurity=False).digest()
            return token.kind == "Digest" and secrets.compare_digest(base64.b64encode(digest), token.password.encode())

        visitor = self._judge("wss", token.user, peer, proves, self.onvif_area)
        self._seen = {k: at for k, at in self._seen.items() if at > time.monotonic() - 2 * self._flags["wss_window_s"] - 60}
        if token.nonce + token.created in self._seen:
            self.refuse("wss", token.user, peer, "replay")
        self._seen[token.nonce + token.created] = time.monotonic()
        self._note("wss", token.user, peer, "ok")
        return visitor

    def challenge(self, *, qop: bool | str, stale: bool = False, realm: str = REALM, algorithm: str = "MD5") -> str:
        """A fresh WWW-Authenticate value; RTSP goes without qop, as most cameras do."""
        now = time.monotonic()
        self._nonces = {n: v for n, v in self._nonces.items() if v[0] > now - NONCE_LIFE_S}
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = (now, 0, realm)
        return (
            f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}'
            + (f', qop="{"auth" if qop is True else qop}"' if qop else "")
            + (", stale=true" if stale else "")
        )

    def digest(self, header: str, method: str, via: str, peer: str, area: str = "users") -> Visitor:
        """A login by HTTP digest (RFC 2617, 7616; ``via`` is http or rtsp) to the accounts at ``area``.

        LoginRejected("stale"): challenge again, it may be right.
        """
        # Headers are read as Latin-1; what a client means, and hashes, are the bytes of UTF-8.
        scheme, _, rest = header.encode("latin-1", "replace").decode(errors="surrogateescape").partition(" ")
        fields = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _DIGEST_FIELD.finditer(rest)}
        user, nonce = fields.get("username", ""), fields.get("nonce", "")
        known = self._nonces.get(nonce)
        count = int(fields.get("nc") or "0", 16) if re.fullmatch(r"[0-9a-fA-F]*", fields.get("nc", "")) else 0
        if scheme.lower() != "digest" or known is None or known[0] < time.monotonic() - NONCE_LIFE_S:
            raise LoginRejected("stale")

        algorithm = fields.get("algorithm", "MD5")
        kind = hashlib.sha256 if algorithm.startswith("SHA-256") else hashlib.md5

        def hashed(text: str) -> str:
            return kind(text.encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()

        def proves(password: str) -> bool:
            ha1, ha2 = hashed(f"{user}:{known[2]}:{password}"), hashed(f"{method}:{fields.get('uri', '')}")
            if algorithm.endswith("-sess"):
                ha1 = hashed(f"{ha1}:{nonce}:{fields.get('cnonce')}")
            middle = f"{nonce}:{fields.get('nc')}:{fields.get('cnonce')}:{fields['qop']}" if "qop" in fields else nonce
            return secrets.compare_digest(hashed(f"{ha1}:{middle}:{ha2}"), fields.get("response", ""))

        visitor = self._judge(via, user, peer, proves, area)
        if "qop" in fields and count <= known[1]:
            self.refuse(via, user, peer, "replay")
        self._nonces[nonce] = (known[0], count, known[2])
        self._note(via, user, peer, "ok")
        return visitor

    def basic(self, header: str, via: str, peer: str) -> Visitor:
        """A login by HTTP Basic, which is all that some old firmware knows (rroller/dahua#583)."""
        scheme, _, rest = header.partition(" ")
        try:
            user, _, sent = base64.b64decode(rest, validate=True).decode().partition(":")
        except (ValueError, binascii.Error):
            raise LoginRejected("none") from None
        if scheme.lower() != "basic":
            raise LoginRejected("none")
        visitor = self._judge(via, user, peer, lambda password: secrets.compare_digest(password.encode(), sent.encode()))
        self._note(via, user, peer, "ok")
        return visitor

    def _judge(self, via: str, user: str, peer: str, proves: Any, area: str = "users") -> Visitor:
        if time.time() < self.locked_until:
            self.refuse(via, user, peer, "locked")
        account = next((a for a in self._memory[area] if a["name"] == user), None)
        if account is None or not proves(account["password"]):
            self._bad += 1
            rule = self._flags["lockout"]
            if rule["after"] and self._bad >= rule["after"]:
                self.locked_until = time.time() + rule["seconds"]
                self._bad = 0
            self.refuse(via, user, peer, "unknown_user" if account is None else "bad_password")
        self._bad = 0
        return Visitor(user, account["level"])

    def refuse(self, via: str, user: str, peer: str, result: str) -> NoReturn:
        self._note(via, user, peer, result)
        raise LoginRejected(result)

    def _note(self, via: str, user: str, peer: str, result: str) -> None:
        now = time.time()
        key = {"via": via, "user": user, "peer": peer, "result": result}
        if result == "ok" and self.logins and key.items() <= self.logins[-1].items():
            self.logins[-1]["count"] += 1
            self.logins[-1]["last"] = now
            return
        self.logins.append({"at": now, "last": now, **key, "count": 1})
