"""Which requests of Dahua's HTTP interfaces change nothing: told by the address, writes come by GET as well."""

import json
from urllib.parse import parse_qs, urlsplit

CGI, RPC, NOWHERE = "/cgi-bin/", "/OutsideCmd", "/ketnoi-is-not-there"
"""The last is a page that no device has: whoever answers there answers everywhere."""
CGI_ASKS = ("get", "list")
"""Beginnings of actions that change nothing."""
RPC_ASKS = frozenset({"DevInit.getStatus"})


def is_question(method: str, target: str, data: bytes | None) -> bool | None:
    path = urlsplit(target).path
    if path.startswith(CGI):
        return method in ("GET", "HEAD") and _cgi_asks(target)
    if path == NOWHERE:
        return method in ("GET", "HEAD")
    return method == "POST" and _rpc_asks(data or b"") if path.startswith(RPC) else None


def _cgi_asks(target: str) -> bool:
    actions = parse_qs(urlsplit(target).query).get("action", [])
    return len(actions) == 1 and actions[0].rpartition(".")[2].lower().startswith(CGI_ASKS)


def _rpc_asks(data: bytes) -> bool:
    try:
        return json.loads(data).get("method") in RPC_ASKS
    except (ValueError, AttributeError):
        return False
