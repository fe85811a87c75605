"""What cameras answer, made into the XML that they meant: zeep reads no other. Pure.

Troubles and where they were seen: bytes around the document (AlexxIT/go2rtc#1589), a bare & (zoneminder#3767), comments, an
empty element before the real one (hammeraj/onvif), fractions where whole numbers belong (use-go/onvif#43), prefixes that
nobody declared (home-assistant.io#40942), SOAP 1.1 (zoneminder#1346), a Content-Length too long (home-assistant/core#148093).
"""

import re
from typing import Any

from lxml import etree

from province.measure.devices.errors import DeviceError

SOAP12, SOAP11 = "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"
PREFIXES = {
    "tt": "http://www.onvif.org/ver10/schema", "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl", "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl", "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "ter": "http://www.onvif.org/ver10/error", "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsa": "http://www.w3.org/2005/08/addressing", "tns1": "http://www.onvif.org/ver10/topics",
}  # fmt: skip
_BARE_AMP = re.compile(rb"&(?!(?:[A-Za-z]+|#\d+|#x[0-9A-Fa-f]+);)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FRACTION = re.compile(r"^\s*(-?\d+)\.0{3,}\s*$")


def envelope(body: bytes) -> bytes:
    """A SOAP 1.2 envelope out of what came. Raises DeviceError where there is none, or it brings a document type."""
    plain = _plain(body)
    if not plain.endswith(b"Envelope>"):  # what was cut off would be missing without a word
        raise DeviceError("protocol", "cut")
    root = _parsed(plain)
    _bind_prefixes(root)
    if root.tag.rpartition("}")[2] != "Envelope" or len(root) == 0:
        raise DeviceError("protocol", "no envelope")
    if root.tag.startswith("{" + SOAP11):
        root = _from_soap11(root)
    for element in list(root.iter(etree.Element)):
        _drop_empty_twin(element)
        whole = _FRACTION.match(element.text or "") if len(element) == 0 else None
        if whole:
            element.text = whole[1]
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _plain(body: bytes) -> bytes:
    """UTF-8 without control characters, from the first < to the last >."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = body.decode("utf-16", "replace")
        body = re.sub(r"encoding=([\"'])[^\"']*\1", 'encoding="UTF-8"', text, count=1).encode()
    body = body[max(0, body.find(b"<")) : body.rfind(b">") + 1]
    return _CONTROL.sub(b"", _BARE_AMP.sub(b"&amp;", body))


def _parsed(body: bytes) -> Any:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise DeviceError("protocol", "doctype")
    declared = b"".join(
        b' xmlns:%s="%s"' % (prefix.encode(), uri.encode())
        for prefix, uri in PREFIXES.items()
        if b"<" + prefix.encode() + b":" in body and b"xmlns:" + prefix.encode() + b"=" not in body
    )
    if declared:
        body = re.sub(rb"(<[\w-]*:?Envelope\b)", lambda found: found[1] + declared, body, count=1)
    try:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
        )
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DeviceError("protocol", type(error).__name__) from None
    if root is None or not isinstance(root.tag, str):
        raise DeviceError("protocol", "no element")
    return root


def _bind_prefixes(root: Any) -> None:
    """A prefix declared below where it is used is no name of ours: "tt:Name" without a namespace becomes one."""
    for element in root.iter(etree.Element):
        prefix, colon, name = element.tag.partition(":")
        if colon and prefix in PREFIXES and not element.tag.startswith("{"):
            try:
                element.tag = f"{{{PREFIXES[prefix]}}}{name}"
            except ValueError as error:
                raise DeviceError("protocol", "element name") from error


def _from_soap11(root: Any) -> Any:
    text = etree.tostring(root).replace(SOAP11.encode(), SOAP12.encode())
    root = _parsed(text)
    for fault in root.iter(f"{{{SOAP12}}}Fault"):
        said = {name: (fault.findtext(name) or "").strip() for name in ("faultcode", "faultstring")}
        if not any(said.values()):
            continue
        for child in list(fault):
            fault.remove(child)
        code = etree.SubElement(fault, f"{{{SOAP12}}}Code")
        etree.SubElement(code, f"{{{SOAP12}}}Value").text = "Sender"
        etree.SubElement(etree.SubElement(code, f"{{{SOAP12}}}Subcode"), f"{{{SOAP12}}}Value").text = said["faultcode"] or "Sender"
        reason = etree.SubElement(etree.SubElement(fault, f"{{{SOAP12}}}Reason"), f"{{{SOAP12}}}Text")
        reason.text = said["faultstring"]
    return root


def _drop_empty_twin(element: Any) -> None:
    following = element.getnext()
    if following is None or following.tag != element.tag or len(element) or (element.text or "").strip() or element.attrib:
        return
    if (following.text or "").strip() or len(following):
        element.getparent().remove(element)
