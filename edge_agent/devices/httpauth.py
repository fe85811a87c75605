"""HTTP logins as devices ask for them: digest (RFC 2617 and 7616, with all that they leave out), Basic where nothing else is offered.

Basic tells no more than the devices' own interfaces do: they take new passwords in the clear over the same HTTP.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field

from edge_agent.contract.devices import Account

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_SCHEME = re.compile(r"(?:^|,)\s*(Digest|Basic)(?=\s|,|$)", re.IGNORECASE)
_PARAMETER = re.compile(r'([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass
class Challenge:
    """One offer of a WWW-Authenticate header. `uses`: how often its nonce was answered."""

    scheme: str
    values: dict[str, str]
    uses: int = field(default=0, compare=False)

    @property
    def nonce(self) -> str | None:
        return self.values.get("nonce")

    @property
    def algorithm(self) -> str:
        return self.values.get("algorithm", "MD5").upper() or "MD5"


def challenges(header: str) -> list[Challenge]:
    """Those of `header` (several headers joined by commas) that we can answer, in the device's order of liking; Basic last."""
    marks = list(_SCHEME.finditer(header))
    ends = [*(m.start() for m in marks), len(header)][1:]
    found = [Challenge(m[1].lower(), _parameters(header[m.end() : end])) for m, end in zip(marks, ends, strict=True)]
    return sorted((c for c in found if _answerable(c)), key=lambda c: c.scheme == "basic")


def answer(challenge: Challenge, account: Account, method: str, target: str) -> str:
    """The Authorization header for one request."""
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{account.user}:{account.password}".encode()).decode()
    values, algorithm = challenge.values, challenge.algorithm
    digest = _HASHES[algorithm.removesuffix("-SESS")]

    def hashed(*parts: str) -> str:
        return digest(":".join(parts).encode("latin-1")).hexdigest()

    # Header text is latin-1 to Python; what a device means by it, and our own user and password, are bytes (UTF-8).
    user, password = (_bytes_as_text(v) for v in (account.user, account.password))
    realm, nonce = values.get("realm", ""), values.get("nonce", "")
    challenge.uses += 1
    count, own = f"{challenge.uses:08x}", secrets.token_hex(8)
    first = hashed(user, realm, password)
    if algorithm.endswith("-SESS"):
        first = hashed(first, nonce, own)
    second = hashed(method, target)
    qop = "auth" if "qop" in values else None
    response = hashed(first, nonce, count, own, qop, second) if qop else hashed(first, nonce, second)
    parts = [
        f'username="{_quoted(user)}"',
        f'realm="{_quoted(realm)}"',
        f'nonce="{_quoted(nonce)}"',
        f'uri="{target}"',
        f'response="{response}"',
    ]
    if "algorithm" in values:
        parts.append(f"algorithm={values['algorithm']}")
    if "opaque" in values:
        parts.append(f'opaque="{_quoted(values["opaque"])}"')
    if qop:
        parts += [f"qop={qop}", f"nc={count}", f'cnonce="{own}"']
    elif algorithm.endswith("-SESS"):
        parts.append(f'cnonce="{own}"')
    return "Digest " + ", ".join(parts)


def _parameters(text: str) -> dict[str, str]:
    return {m[1].lower(): re.sub(r"\\(.)", r"\1", m[2]) if m[2] is not None else m[3] for m in _PARAMETER.finditer(text)}


def _answerable(challenge: Challenge) -> bool:
    if challenge.scheme == "basic":
        return True
    offered = [q.strip().lower() for q in challenge.values.get("qop", "auth").split(",")]
    known = challenge.algorithm.removesuffix("-SESS") in _HASHES
    return known and challenge.nonce is not None and ("auth" in offered or offered == [""])


def _bytes_as_text(value: str) -> str:
    return value.encode().decode("latin-1")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
