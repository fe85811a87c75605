"""SOAP 1.2 both ways: an envelope taken apart, an answer and a fault put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from lab.camera.accounts import Token

NS = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items() if prefix not in ("wsse", "wsu"))


class Xml(str):
    """Text that is XML already."""

    __slots__ = ()


def x(tag: str, *children: Any, **attributes: Any) -> Xml:
    """One element. Children: Xml, lists of it, None (nothing) or a plain value; attributes of None are left out."""
    start = tag + "".join(f" {name}={quoteattr(plain(value))}" for name, value in attributes.items() if value is not None)
    inner = "".join(_inner(child) for child in children)
    return Xml(f"<{start}>{inner}</{tag}>" if inner else f"<{start}/>")


def plain(value: Any) -> str:
    """A value as XML Schema writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _inner(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, Xml):
        return child
    if isinstance(child, list):
        return "".join(_inner(part) for part in child)
    return escape(plain(child))


class Fault(Exception):
    """A refusal by the book: ``code``: env:Sender or env:Receiver; ``subcodes`` from ONVIF's table, outermost first."""

    def __init__(self, *subcodes: str, text: str = "", code: str = "env:Sender", status: int | None = None) -> None:
        super().__init__("/".join(subcodes))
        self.subcodes, self.code = subcodes, code
        self.text = text or subcodes[-1].removeprefix("ter:")
        self.status = status or (400 if code == "env:Sender" else 500)

    def body(self) -> Xml:
        nested: Xml | None = None
        for subcode in reversed(self.subcodes):
            nested = x("env:Subcode", x("env:Value", subcode), nested)
        return x(
            "env:Fault",
            x("env:Code", x("env:Value", self.code), nested),
            Xml(f'<env:Reason><env:Text xml:lang="en">{escape(self.text)}</env:Text></env:Reason>'),
        )


def invalid(*subcodes: str, text: str = "") -> Fault:
    """A request whose arguments this camera doesn't take."""
    return Fault("ter:InvalidArgVal", *subcodes, text=text)


def envelope(body: Xml) -> bytes:
    whole = x("env:Envelope", x("env:Body", body)).replace("<env:Envelope", f"<env:Envelope {_DECLARED}", 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}'.encode()


@dataclass(frozen=True)
class Request:
    """One operation that was asked for: its namespace and name, the element itself, and the login that came with it."""

    namespace: str
    operation: str
    element: Any
    token: Token | None

    def text(self, path: str, default: str | None = None) -> str:
        """The text at a path such as tds:Name. A missing one is a fault, unless a default is given."""
        return text(self.element, path, default)

    def find(self, path: str) -> Any:
        return self.element.find(path, NS)

    def all(self, path: str) -> list[Any]:
        return list(self.element.iterfind(path, NS))


def text(element: Any, path: str, default: str | None = None) -> str:
    found = element.findtext(path, default, NS)
    if found is None:
        raise Fault("ter:InvalidArgs", text=f"{path} is missing")
    return str(found).strip()


def boolean(word: str) -> bool:
    if word not in ("true", "false", "1", "0"):
        raise Fault("ter:InvalidArgs", text=f"not a boolean: {word}")
    return word in ("true", "1")


def integer(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise Fault("ter:InvalidArgs", text=f"not an integer: {word}") from None


def parse(raw: bytes) -> Request:
    """Take an envelope apart. Fault WellFormed: not XML, or not an envelope with an operation in it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Fault("ter:WellFormed", text="not XML") from None
    body = root.find("env:Body", NS)
    if root.tag != f"{{{NS['env']}}}Envelope" or body is None or len(body) != 1:
        raise Fault("ter:WellFormed", text="not a SOAP 1.2 envelope with one operation")
    name = etree.QName(body[0])
    return Request(name.namespace or "", name.localname, body[0], _token(root))


def _token(root: Any) -> Token | None:
    found = root.find("env:Header/wsse:Security/wsse:UsernameToken", NS)
    if found is None:
        return None
    password = found.find("wsse:Password", NS)
    kind = "" if password is None else password.get("Type", "").rpartition("#Password")[2]
    return Token(
        user=found.findtext("wsse:Username", "", NS),
        password="" if password is None else (password.text or "").strip(),
        kind=kind,
        nonce=found.findtext("wsse:Nonce", "", NS).strip(),
        created=found.findtext("wsu:Created", "", NS).strip(),
    )
