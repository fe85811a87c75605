"""What real cameras do to their ONVIF answers on the way out: bytes that are not quite XML, not quite HTTP.

``spoil`` of the personality names rows of SPOILS; they are applied in the table's order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lab.camera.http import HttpResponse

HTML = b"<html><head><title>Error</title></head><body><h1>%d</h1>The request was refused &copy; ACME</body></html>"
_SOAP12 = b"http://www.w3.org/2003/05/soap-envelope"
_SOAP11 = b"http://schemas.xmlsoap.org/soap/envelope/"
_WHOLE_NUMBER = re.compile(rb"(<(tt:(?:Width|Height|FrameRateLimit|BitrateLimit|GovLength|Min|Max|Port))>\d+)(</\2>)")
_FAULT = re.compile(
    rb"<env:Fault>.*?<env:Subcode><env:Value>([^<]*)</env:Value>.*?<env:Text[^>]*>([^<]*)</env:Text>.*</env:Fault>", re.DOTALL
)


def _body(change: Callable[[bytes], bytes]) -> Callable[[HttpResponse, str], HttpResponse]:
    return lambda response, operation: replace(response, body=change(response.body))


def _undeclared(body: bytes) -> bytes:
    """A prefix that nobody declared (home-assistant.io#40942)."""
    return body.replace(b"<env:Body>", b"<env:Header><wsa:Action>x</wsa:Action></env:Header><env:Body>", 1)


def _undeclared_schema(body: bytes) -> bytes:
    return re.sub(rb' xmlns:(?:tt|ter)="[^"]*"', b"", body, count=2)


def _other_prefixes(body: bytes) -> bytes:
    for old, new in ((b"env:", b"SOAP-ENV:"), (b"tt:", b"ns4:"), (b"trt:", b"ns5:"), (b"tds:", b"ns2:")):
        body = body.replace(b"<" + old, b"<" + new).replace(b"</" + old, b"</" + new).replace(b"xmlns:" + old[:-1], b"xmlns:" + new[:-1])
    return body


def _namespaces_mixed(body: bytes) -> bytes:
    """Children in the service's namespace that belong into the schema's."""
    return body.replace(b"<tt:", b"<trt:").replace(b"</tt:", b"</trt:")


def _soap11(body: bytes) -> bytes:
    said = _FAULT.search(body)
    if said:
        fault = b"<env:Fault><faultcode>%s</faultcode><faultstring>%s</faultstring></env:Fault>" % said.groups()
        body = body[: said.start()] + fault + body[said.end() :]
    return body.replace(_SOAP12, _SOAP11)


def _html_errors(response: HttpResponse, operation: str) -> HttpResponse:
    if response.status == 200:
        return response
    return replace(response, body=HTML % response.status, content_type="text/html")


def _empty_writes(response: HttpResponse, operation: str) -> HttpResponse:
    return replace(response, body=b"") if response.status == 200 and not operation.startswith("Get") else response


def _doubled(body: bytes) -> bytes:
    """An empty element before the real one (hammeraj/onvif: NetworkProtocols with two ports)."""
    return re.sub(rb"<(tt:(?:Name|Encoding|GovLength|Address|UserLevel))>(?=[^<])", rb"<\1></\1><\1>", body)


SPOILS: dict[str, Callable[[HttpResponse, str], HttpResponse]] = {
    "html_errors": _html_errors,
    "empty_writes": _empty_writes,
    "soap11": _body(_soap11),
    "floats": _body(lambda b: _WHOLE_NUMBER.sub(rb"\1.000000\3", b)),
    "doubled": _body(_doubled),
    "undeclared": _body(_undeclared),
    "undeclared_schema": _body(_undeclared_schema),
    "other_prefixes": _body(_other_prefixes),
    "namespaces_mixed": _body(_namespaces_mixed),
    "comments": _body(lambda b: b.replace(b"<env:Body>", b"<!-- build 2021 --><env:Body><!-- x --><?pi a?>", 1)),
    "crlf": _body(lambda b: b.replace(b"><", b">\r\n\t<")),
    "junk_around": _body(lambda b: b"\r\n\r\nOK\r\n" + b + b"\x00\x00\r\n"),
    "bom": _body(lambda b: b"\xef\xbb\xbf" + b),
    "utf16": _body(lambda b: b.decode().replace("UTF-8", "UTF-16", 1).encode("utf-16")),
    "gb_as_utf8": _body(lambda b: b.replace(b"</tds:Manufacturer>", "海康威视</tds:Manufacturer>".encode("gb18030"))),
    "control": _body(lambda b: b.replace(b"</tds:Manufacturer>", b"\x01\x1f</tds:Manufacturer>")),
    "wrong_type": lambda r, o: replace(r, content_type="text/html; charset=gb2312"),
    "chunked": lambda r, o: replace(r, framing="chunked"),
    "until_close": lambda r, o: replace(r, framing="close"),
    "long_length": lambda r, o: replace(r, framing="long"),
}


def spoil(names: list[str], response: HttpResponse, operation: str) -> HttpResponse:
    """KeyError: no such row."""
    unknown = set(names) - set(SPOILS)
    if unknown:
        raise KeyError(f"no such way to spoil an answer: {', '.join(unknown)}")
    for name, change in SPOILS.items():
        if name in names:
            response = change(response, operation)
    return response
