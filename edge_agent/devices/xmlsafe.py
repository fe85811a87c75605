"""Reading XML that devices send: nothing outside the document is fetched or expanded; rubbish is one named error."""

import re
from typing import TypeAlias

from lxml import etree

from edge_agent.devices.faults import BadAnswer

Element: TypeAlias = etree._Element
"""One element of a document. lxml has no public name for the class of what its parser gives; this is the one place that names it."""

LIMIT = 2 * 1024 * 1024
"""Bytes of one answer. The largest honest answers seen (64 profiles of an NVR) stay under 300 kB."""
LONGEST = 4096
"""Characters of one value: what is longer is no name, address or number, and shall not fill reports."""

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
}

_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"^[^<]{0,1000}<\?xml[^>]{0,200}\?>")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_DECLARES = re.compile(r"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
_ROOT = re.compile(r"<[A-Za-z_][\w:.-]*")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


def parse(data: bytes) -> Element:
    """The root element of `data`.

    A second reading repairs what honest devices get wrong: bytes that are not of the declared encoding, control
    characters, junk around the document, an unescaped `&` in an address (zoneminder/zoneminder#3767), prefixes that are
    declared nowhere (home-assistant.io#40942, python-zeep#1205).
    Raises BadAnswer for everything else, document types and entities included.
    """
    if len(data) > LIMIT:
        raise BadAnswer(f"more than {LIMIT} bytes")
    try:
        return _parse(data)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        pass
    repaired = _repaired(data)
    if len(repaired) > 2 * LIMIT:
        raise BadAnswer("not XML")
    try:
        return _parse(repaired)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BadAnswer("not XML") from error


def _parse(data: bytes) -> Element:
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
    text = _NOT_XML.sub("", _decoded(data))
    text = _DECLARATION.sub("", text)
    text = text[max(text.find("<"), 0) : text.rfind(">") + 1]
    return _declared(_BARE_AMPERSAND.sub("&amp;", text)).encode()


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030")  # what Chinese makers' old firmware writes, whatever it declares
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _declared(text: str) -> str:
    """With a declaration on the root element for each prefix that has none."""
    used = {m[1] or m[2] for m in _PREFIX.finditer(text)} - {"xml", "xmlns"}
    missing = sorted(used - set(_DECLARES.findall(text)))
    root = _ROOT.search(text)
    if not missing or root is None or len(missing) > 50:
        return text
    declarations = "".join(f' xmlns:{prefix}="{NS.get(prefix, f"urn:undeclared:{prefix}")}"' for prefix in missing)
    return text[: root.end()] + declarations + text[root.end() :]


def local(element: Element) -> str:
    """An element's name without its namespace: devices mix them up."""
    return etree.QName(element).localname


def is_empty(element: Element) -> bool:
    return not (len(element) or element.text or element.attrib)


def find(element: Element | None, path: str) -> Element | None:
    """The first descendant along `path` of local names ("RateControl/BitrateLimit"), whatever their namespaces.

    Of several with one name the first that holds something is taken: some devices send an empty one beside it.
    """
    for name in path.split("/"):
        if element is None:
            return None
        named = [child for child in element if local(child) == name]
        element = next((child for child in named if not is_empty(child)), named[0] if named else None)
    return element


def find_all(element: Element | None, path: str) -> list[Element]:
    """Every element along `path`; only its last step may have many."""
    *parents, last = path.split("/")
    parent = find(element, "/".join(parents)) if parents else element
    return [] if parent is None else [child for child in parent if local(child) == last]


def text(element: Element | None, path: str = "") -> str | None:
    """The stripped text at `path`, cut to LONGEST; None where there is none."""
    found = find(element, path) if path else element
    value = (found.text or "").strip() if found is not None else ""
    return value[:LONGEST] or None


def number(element: Element | None, path: str = "") -> int | None:
    """The number at `path`, rounded ("14.98" is 15); None where there is none that makes sense."""
    return rounded(text(element, path))


def rounded(value: str | None) -> int | None:
    """A written number as an integer; None for what is none ("", "25 fps", "1e999", "nan")."""
    try:
        return round(float(value)) if value is not None else None
    except (ValueError, OverflowError):
        return None


def boolean(element: Element | None, path: str = "") -> bool | None:
    value = text(element, path)
    return None if value is None else value.lower() in ("true", "1")
