"""Reading XML that devices send: nothing outside the document is fetched or expanded; rubbish is one named error."""

import re

from lxml import etree

from edge_agent.devices.faults import BadAnswer

LIMIT = 2 * 1024 * 1024
"""Bytes of one answer. The largest honest answers seen (64 profiles of an NVR) stay under 300 kB."""

_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")


def parse(data: bytes) -> etree._Element:
    """The root element of `data`.

    A second reading repairs what honest devices get wrong: bytes that are not of the declared encoding, control
    characters, junk before the first tag, an unescaped `&` in an address (zoneminder/zoneminder#3767).
    Raises BadAnswer for everything else, document types and entities included.
    """
    if len(data) > LIMIT:
        raise BadAnswer(f"more than {LIMIT} bytes")
    try:
        return _parse(data)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        pass
    try:
        return _parse(_repaired(data))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BadAnswer("not XML") from error


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(data, parser)
    if root is None:
        raise BadAnswer("an empty document")
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadAnswer("a document type, which SOAP forbids")
    return root


def _repaired(data: bytes) -> bytes:
    text = _NOT_XML.sub("", data.decode("utf-8", "replace"))
    text = _DECLARATION.sub("", text)
    text = text[max(text.find("<"), 0) :]
    return _BARE_AMPERSAND.sub("&amp;", text).encode()


def local(element: etree._Element) -> str:
    """An element's name without its namespace: devices mix them up."""
    return etree.QName(element).localname


def find(element: etree._Element | None, path: str) -> etree._Element | None:
    """The first descendant along `path` of local names ("RateControl/BitrateLimit"), whatever their namespaces."""
    for name in path.split("/"):
        if element is None:
            return None
        element = next((child for child in element if local(child) == name), None)
    return element


def find_all(element: etree._Element | None, path: str) -> list[etree._Element]:
    """Every element along `path`; only its last step may have many."""
    *parents, last = path.split("/")
    parent = find(element, "/".join(parents)) if parents else element
    return [] if parent is None else [child for child in parent if local(child) == last]


def text(element: etree._Element | None, path: str = "") -> str | None:
    """The stripped text at `path`, None where there is none."""
    found = find(element, path) if path else element
    value = (found.text or "").strip() if found is not None else ""
    return value or None


def number(element: etree._Element | None, path: str = "") -> int | None:
    """The number at `path`, rounded ("14.98" is 15); None where there is none that makes sense."""
    value = text(element, path)
    try:
        return round(float(value)) if value is not None else None
    except (ValueError, OverflowError):
        return None


def boolean(element: etree._Element | None, path: str = "") -> bool | None:
    value = text(element, path)
    return None if value is None else value.lower() in ("true", "1")
