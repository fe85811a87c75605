"""HTTP digest logins (RFC 7616) for one challenge that was taken beforehand.

requests has this arithmetic too, but only for a challenge that it met itself, by sending a request a second time; a device counts
that as another login. Spelled as requests does, which devices are used to.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from province.measure.devices.errors import Login

HASHES: Mapping[str, Callable[[bytes], Any]] = {
    "MD5": partial(hashlib.md5, usedforsecurity=False),
    "SHA": partial(hashlib.sha1, usedforsecurity=False),
    "SHA-256": hashlib.sha256,
    "SHA-512": hashlib.sha512,
}
ALGORITHMS = (*HASHES, "MD5-SESS")


class Digest:
    """Answers to one challenge; each use of its nonce is counted."""

    def __init__(self, login: Login, challenge: Mapping[str, str]) -> None:
        self._login, self._challenge = login, challenge
        self._uses = 0

    def header(self, method: str, url: str) -> str:
        """The Authorization header for one request."""
        self._uses += 1
        count, own = f"{self._uses:08x}", secrets.token_hex(8)
        realm, nonce = self._challenge.get("realm", ""), self._challenge.get("nonce", "")
        algorithm = self._challenge.get("algorithm", "MD5").upper()
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

        def hashed(*words: str) -> str:
            return str(HASHES[algorithm.removesuffix("-SESS")](":".join(words).encode()).hexdigest())

        first = hashed(self._login.user, realm, self._login.password)
        if algorithm.endswith("-SESS"):
            first = hashed(first, nonce, own)
        second = hashed(method, target)
        qop = "auth" in [each.strip() for each in self._challenge.get("qop", "").split(",")]
        response = hashed(first, nonce, count, own, "auth", second) if qop else hashed(first, nonce, second)
        said = [f'username="{self._login.user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{target}"', f'response="{response}"']
        said += [f'{name}="{self._challenge[name]}"' for name in ("opaque", "algorithm") if self._challenge.get(name)]
        if qop:
            said += ['qop="auth"', f"nc={count}", f'cnonce="{own}"']
        return "Digest " + ", ".join(said)
