"""What may be sent to a device by somebody who must change nothing: questions, by a table; all else is refused before it leaves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from edge_agent.devices import exchange, xmlsafe
from edge_agent.devices.faults import BadAnswer

ASKS = ("Get",)
"""Beginnings of SOAP operations that change nothing (ONVIF names all its questions so)."""
SEARCHES = frozenset({"FindRecordings", "EndSearch"})
"""They open and close a search of recordings, which no setting and no footage remembers."""
CGI_ASKS = ("get", "list")
"""Beginnings of Dahua's actions that change nothing; theirs are told by the address, writes come by GET as well."""
CGI = "/cgi-bin/"
RPC_ASKS = frozenset({"DevInit.getStatus"})


class WouldWrite(Exception):
    """A fault of ours: a request that is no question. It was not sent. Its text names no more than the operation."""


def check(method: str, target: str, data: bytes | None) -> None:
    """Raise WouldWrite unless the request is a question."""
    path = urlsplit(target).path
    if method in ("GET", "HEAD"):
        if path.startswith(CGI) and not _cgi_asks(target):
            raise WouldWrite(f"{method} {path}")
    elif method != "POST" or not _asks(data or b""):
        raise WouldWrite(f"{method} {path}")


@contextmanager
def only_questions() -> Iterator[None]:
    """Within it, this thread sends no device anything but questions."""
    token = exchange.GUARD.set(check)
    try:
        yield
    finally:
        exchange.GUARD.reset(token)


def _cgi_asks(target: str) -> bool:
    actions = parse_qs(urlsplit(target).query).get("action", [])
    return len(actions) == 1 and actions[0].rpartition(".")[2].lower().startswith(CGI_ASKS)


def _asks(data: bytes) -> bool:
    if data[:1] == b"{":
        try:
            return json.loads(data).get("method") in RPC_ASKS
        except ValueError:
            return False
    try:
        body = xmlsafe.find(xmlsafe.parse(data), "Body")
    except BadAnswer:
        return False
    asked = [xmlsafe.local(each) for each in body] if body is not None else []
    return len(asked) == 1 and (asked[0].startswith(ASKS) or asked[0] in SEARCHES)
