"""Writing an encoder: its configuration as the device sent it, changed where wanted, the whole back."""

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from lxml import etree

from edge_agent.contract.devices import DesiredEncoder
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import NoPermission
from edge_agent.devices.model import Encoder
from edge_agent.devices.onvif import media
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.planning import EncoderTarget, encoder_target
from edge_agent.devices.soap import NS, TR2, TRT, SoapFault
from edge_agent.devices.xmlsafe import Element

MULTICAST = "239.255.42.42"
"""Some devices refuse their own multicast address 0.0.0.0 back. No stream is multicast: nothing is ever sent here."""
_ORDER = (
    "Name",
    "UseCount",
    "Encoding",
    "Resolution",
    "Quality",
    "RateControl",
    "MPEG4",
    "H264",
    "H265",
    "Multicast",
    "SessionTimeout",
)
_ORDER2 = ("Name", "UseCount", "Encoding", "Resolution", "RateControl", "Multicast", "Quality")


def write(session: Session, there: Encoder, desired: DesiredEncoder) -> None:
    """Set all that is wanted, or as much of it as the device takes at once; reading back tells what is missing.

    Options don't tell which values go together: a refusal of the whole may be of its bitrate alone.
    """
    fill = _fill1 if there.media == 1 else _fill2
    refusal: SoapFault | None = None
    for target in _lesser(encoder_target(there, desired), there):
        try:
            _send(session, there, partial(fill, target=target, there=there))
        except SoapFault as fault:
            if fault.unsupported:
                raise
            refusal = refusal or fault
        else:
            return
    if refusal is not None:
        raise refusal


def _lesser(target: EncoderTarget, there: Encoder) -> Iterator[EncoderTarget]:
    """`target`, then with one more of its numbers left as it is, the least important first."""
    yield target
    for name in ("bitrate_kbps", "gov", "fps"):
        now = getattr(there, name)
        if now and now != getattr(target, name):
            target = replace(target, **{name: now})
            yield target


def stop_multicast(session: Session, there: Encoder) -> None:
    """Not by itself any more, and not now either."""
    _send(session, there, lambda raw: _set(raw, "Multicast/AutoStart", "false"))
    prefix, make = _service(there)
    with contextlib.suppress(SoapFault, NoPermission):
        session.call(prefix, make.StopMulticastStreaming(make.ProfileToken(there.profile)))


def _send(session: Session, there: Encoder, change: Callable[[Element], None]) -> None:
    """Read the configuration again, change it, write it whole. Raises SoapFault."""
    prefix, make = _service(there)
    token = make.ConfigurationToken(there.token)
    question = make.GetVideoEncoderConfiguration(token) if there.media == 1 else make.GetVideoEncoderConfigurations(token)
    try:
        raw = media.read_configuration(session.call(prefix, question), there.token)
    except SoapFault:  # an encoder set to H.265 is not there for Media1, though its profile told of it
        raw = None
    if raw is None:
        raw = xmlsafe.parse(there.raw)
    body = make.SetVideoEncoderConfiguration(_configuration(prefix, raw))
    if there.media == 1:
        body.append(TRT.ForcePersistence("true"))
    change(body[0])
    try:
        session.call(prefix, body)
    except SoapFault:
        address = xmlsafe.find(body[0], "Multicast/Address/IPv4Address")
        if address is None or (address.text or "").strip() != "0.0.0.0":  # noqa: S104  compared, not bound
            raise
        address.text = MULTICAST
        session.call(prefix, body)


def _service(there: Encoder) -> tuple[str, Any]:
    return ("trt", TRT) if there.media == 1 else ("tr2", TR2)


def _configuration(prefix: str, raw: Element) -> Element:
    """A copy of what the device sent, under the name that a write has."""
    attributes = {str(k): str(v) for k, v in raw.attrib.items()}
    made = etree.Element(f"{{{NS[prefix]}}}Configuration", attrib=attributes, nsmap={"tt": NS["tt"]})
    made.extend(copy.deepcopy(child) for child in raw)
    media.by_schema(made)
    return made


def _fill1(raw: Element, target: EncoderTarget, there: Encoder) -> None:
    _set(raw, "Encoding", target.codec.upper())
    if raw.get(media.TRUE_CODEC):
        raw.set(media.TRUE_CODEC, target.codec.upper())
    _set(raw, "Resolution/Width", target.size[0])
    _set(raw, "Resolution/Height", target.size[1])
    _set(raw, "RateControl/FrameRateLimit", target.fps)
    _set(raw, "RateControl/EncodingInterval", 1)
    _set(raw, "RateControl/BitrateLimit", target.bitrate_kbps)
    block = target.codec.upper()
    _set(raw, f"{block}/GovLength", target.gov)
    if xmlsafe.find(raw, f"{block}/{block}Profile") is None:
        allowed = there.options[target.codec].profiles if target.codec in there.options else ()
        _set(raw, f"{block}/{block}Profile", next((p for p in ("Main", "High", "Baseline") if p in allowed), "Main"))
    for other in {"MPEG4", "H264", "H265"} - {block}:
        if (old := xmlsafe.find(raw, other)) is not None:
            raw.remove(old)
    _sort(raw, _ORDER)


def _fill2(raw: Element, target: EncoderTarget, there: Encoder) -> None:
    _set(raw, "Encoding", target.codec.upper())
    _set(raw, "Resolution/Width", target.size[0])
    _set(raw, "Resolution/Height", target.size[1])
    _set(raw, "RateControl/FrameRateLimit", target.fps)
    _set(raw, "RateControl/BitrateLimit", target.bitrate_kbps)
    raw.set("GovLength", str(target.gov))
    allowed = there.options[target.codec].profiles if target.codec in there.options else ()
    if allowed and raw.get("Profile") not in allowed:
        raw.set("Profile", "Main" if "Main" in allowed else allowed[0])
    _sort(raw, _ORDER2)


def _sort(raw: Element, order: tuple[str, ...]) -> None:
    """As the schema has it: devices parse by place."""
    raw[:] = sorted(raw, key=lambda e: order.index(xmlsafe.local(e)) if xmlsafe.local(e) in order else len(order))


def _set(element: Element, path: str, value: object) -> None:
    """Set the text at `path`, making what is missing in the schema's namespace."""
    for name in path.split("/"):
        child = xmlsafe.find(element, name)
        if child is None:
            child = etree.SubElement(element, f"{{{NS['tt']}}}{name}")
        element = child
    element.text = str(value)
