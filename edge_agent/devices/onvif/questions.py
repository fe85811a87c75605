"""Which of ONVIF's operations change nothing."""

from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer

ASKS = ("Get",)
"""Beginnings of operations that change nothing (ONVIF names all its questions so)."""
SEARCHES = frozenset({"FindRecordings", "EndSearch"})
"""They open and close a search of recordings, which no setting and no footage remembers."""


def is_question(method: str, target: str, data: bytes | None) -> bool | None:
    """True for SOAP with one operation that asks, False for SOAP with any other; None for what isn't SOAP."""
    if method != "POST" or not data:
        return None
    try:
        body = xmlsafe.find(xmlsafe.parse(data), "Body")
    except BadAnswer:
        return None
    if body is None:
        return None
    asked = [xmlsafe.local(each) for each in body]
    return len(asked) == 1 and (asked[0].startswith(ASKS) or asked[0] in SEARCHES)
