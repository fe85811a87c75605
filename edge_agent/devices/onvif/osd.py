"""The text in the picture: ONVIF's OSDs of type Text, string of type Plain. Dates and other texts are left alone."""

import contextlib
import copy
from typing import Any

from lxml import etree

from edge_agent.devices import normalise, xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.onvif import media
from edge_agent.devices.onvif.reader import Reader
from edge_agent.devices.onvif.session import Session, Source
from edge_agent.devices.soap import NS, TR2, TRT, TT, SoapFault
from edge_agent.devices.xmlsafe import Element

_CORNERS = ("LowerLeft", "UpperRight", "LowerRight", "UpperLeft")


def read(reader: Reader, desired: str | None) -> str | None:
    """The text that is ours, or would become it; empty where there is none yet."""
    session = reader.session
    source = session.picture
    found = reader.attempt("osd", lambda: _texts(session))
    if found is None:
        return None
    ours = _ours(found, source, desired)
    return "" if ours is None else normalise.spaces(xmlsafe.text(ours, "TextString/PlainText") or "")


def write(session: Session, desired: str) -> str:
    """Put the longest beginning of `desired` into the picture that the device takes and keeps; returns it.

    Devices advertise no length: 10 characters are all that some take (agsh/onvif#54), and some cut without a word (agsh/onvif#290).
    Raises SoapFault where it takes no text at all.
    """
    refusal: SoapFault | None = None
    bare = normalise.plain_letters(desired)
    for text in dict.fromkeys((desired, bare)):
        try:
            kept = _put(session, text)
        except SoapFault as fault:
            if fault.unsupported or "MaxOSDs" in fault.codes:
                raise
            refusal = fault
            continue
        if kept and text.startswith(kept):
            return kept
    kept = _longest(session, bare)
    if not kept and refusal is not None:
        raise refusal
    return kept


def _longest(session: Session, text: str) -> str:
    """The longest beginning of `text` that is kept, found by halves: each try is a write."""
    low, high, fits = 0, len(text) - 1, False
    while low < high:
        middle = (low + high + 1) // 2
        fits = _is_kept(session, text[:middle])
        low, high = (middle, high) if fits else (low, middle - 1)
    kept = normalise.spaces(text[:low])
    return kept if kept and (fits or _is_kept(session, kept)) else ""


def _is_kept(session: Session, text: str) -> bool:
    try:
        return _put(session, normalise.spaces(text)) == normalise.spaces(text)
    except SoapFault:
        return False


def _put(session: Session, text: str) -> str:
    """Write `text`, and read what is there now."""
    source = session.picture
    prefix, make = _service(session, source)
    there = _ours(_texts(session), source, text)
    if there is None:
        session.call(prefix, make.CreateOSD(_new(session, make, prefix, source, text)))
    else:
        body = make.SetOSD(make.OSD(*(copy.deepcopy(child) for child in there), token=there.get("token") or ""))
        media.by_schema(body[0])
        string = xmlsafe.find(body[0], "TextString")
        plain = xmlsafe.find(string, "PlainText")
        if plain is None and string is not None:
            plain = etree.Element(f"{{{NS['tt']}}}PlainText")
            string.insert(_place_of_text(string), plain)
        if plain is not None:
            plain.text = text
        session.call(prefix, body)
    now = _ours(_texts(session), source, text)
    return normalise.spaces(xmlsafe.text(now, "TextString/PlainText") or "")


def _place_of_text(string: Element) -> int:
    """PlainText comes before Image, persistence and Extension."""
    later = [n for n, child in enumerate(string) if xmlsafe.local(child) in ("Extension", "IsPersistentText")]
    return later[0] if later else len(string)


def _new(session: Session, make: Any, prefix: str, source: Source, text: str) -> Element:
    position = TT.Position(TT.Type(_corner(session, make, prefix, source)))
    if position[0].text == "Custom":
        position.append(TT.Pos(x="-0.9", y="-0.9"))
    configuration = TT.VideoSourceConfigurationToken(source.token or "")
    made: Element = make.OSD(configuration, TT.Type("Text"), position, TT.TextString(TT.Type("Plain"), TT.PlainText(text)), token="")
    return made


def _corner(session: Session, make: Any, prefix: str, source: Source) -> str:
    """Where a new text goes: out of the way of the date, which makers put into the upper left."""
    try:
        answer = session.call(prefix, make.GetOSDOptions(make.ConfigurationToken(source.token or "")))
    except (SoapFault, NoPermission, BadAnswer):
        return _CORNERS[0]
    offered = [p.text.strip() for p in xmlsafe.find_all(answer, "OSDOptions/PositionOption") if p.text]
    return next((c for c in _CORNERS if c in offered), (offered or list(_CORNERS))[0])


def _ours(found: list[Element], source: Source, text: str | None) -> Element | None:
    """The one that says `text` already; else the one that shows the channel's name (Hikvision's extension); else the first."""
    here = [o for o in found if xmlsafe.text(o, "VideoSourceConfigurationToken") in (source.token, None)] if source.token else found
    plain = [o for o in here if (xmlsafe.text(o, "TextString/Type") or "").lower() == "plain"]
    said = [o for o in plain if text and normalise.spaces(xmlsafe.text(o, "TextString/PlainText") or "") == normalise.spaces(text)]
    named = [o for o in plain if xmlsafe.boolean(o, "TextString/Extension/ChannelName")]
    return next(iter([*said, *named, *plain]), None)


def _texts(session: Session) -> list[Element]:
    """All OSDs; asked for by the picture's configuration, as some devices want it (hammeraj/onvif#76), or else without."""
    source = session.picture
    prefix, make = _service(session, source)
    if source.token:
        with contextlib.suppress(SoapFault):
            return _osds(session.call(prefix, make.GetOSDs(make.ConfigurationToken(source.token))))
    return _osds(session.call(prefix, make.GetOSDs()))


def _osds(answer: Element) -> list[Element]:
    return xmlsafe.find_all(answer, "OSDs")


def _service(session: Session, source: Source) -> tuple[str, Any]:
    return ("tr2", TR2) if source.media == 2 and NS["tr2"] in session.services else ("trt", TRT)
