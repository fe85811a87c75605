"""A recorder's recordings by ONVIF Profile G: what it has, since when, and where it has gaps. Only read, never set."""

import time
from datetime import UTC, datetime, timedelta

from lxml import etree

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Channel, Storage
from edge_agent.devices.onvif.reader import Reader
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import NS, TDS, TRC, TSE, TT, SoapFault
from edge_agent.devices.xmlsafe import Element

MOST = 256
"""Channels of the largest recorders."""
PAGES = 200
SEARCH_S = 20.0
"""How long one search may say that it is still searching."""
_TOPICS = "http://www.onvif.org/ver10/topics"
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_JOB_MODES = {"active": "continuous", "idle": "off"}
_NONE = Text("đầu ghi không có ONVIF Profile G (Recording, Search)", "the recorder has no ONVIF Profile G (Recording, Search)")
_BY_HAND = Text(
    "ONVIF không đặt được kênh của đầu ghi; kiểm tra trên giao diện của đầu ghi",
    "ONVIF can't set a recorder's channels; check them in its own pages",
)
_NO_GAPS = Text(
    "đầu ghi chỉ cho biết ngày đầu và ngày cuối, không cho biết các khoảng trống",
    "the recorder tells its first and last moment, not the gaps between them",
)
Span = tuple[datetime, datetime]


def read(reader: Reader, desired: DesiredDevice) -> tuple[tuple[Channel, ...], tuple[Storage, ...]]:
    """One channel for each recording, numbered as the recorder lists them: ONVIF knows no numbers."""
    services = reader.session.services
    if NS["trc"] not in services and NS["tse"] not in services:
        reader.cannot("channels", _NONE)
        return (), ()
    if desired.channels or desired.recording:
        reader.cannot("channels", _BY_HAND)
    listed = reader.ask("channels", "trc", TRC.GetRecordings(), lambda a: xmlsafe.find_all(a, "RecordingItem"))
    found = {xmlsafe.text(i, "RecordingToken") or "": xmlsafe.find(i, "Configuration/Source") for i in listed or []}
    told = _searched(reader)
    found |= {token: xmlsafe.find(i, "Source") for token, i in told.items() if token not in found}
    jobs = _jobs(reader) if found and NS["trc"] in services else {}
    channels = tuple(
        Channel(
            number=number,
            name=xmlsafe.text(source, "Name"),
            address=_host(xmlsafe.text(source, "Address")),
            recording=jobs.get(token) or _status(told.get(token)),
            spans=_spans(reader, token, told[token]) if token in told else None,
        )
        for number, (token, source) in enumerate(list(found.items())[:MOST], 1)
    )
    return channels, _storage(reader)


def _searched(reader: Reader) -> dict[str, Element]:
    """RecordingInformation by token, from the recorder's own search: of video, or of all where it knows no filter."""
    video = TT.RecordingInformationFilter('boolean(//Track[TrackType = "Video"])')
    said = "-"
    for scope in (TSE.Scope(video), TSE.Scope()):
        try:
            body = TSE.FindRecordings(scope, TSE.KeepAliveTime("PT60S"))
            items = _results(reader.session, body, "GetRecordingSearchResults", "RecordingInformation")
        except (SoapFault, NoPermission, BadAnswer) as error:
            said = str(error)
            continue
        if items:
            return {xmlsafe.text(i, "RecordingToken") or "": i for i in items}
    reader.cannot("recordings", Text(f"tìm bản ghi không có kết quả: {said}", f"the search for recordings found none: {said}"))
    return {}


def _results(session: Session, body: Element, question: str, name: str) -> list[Element]:
    """Start a search and fetch its results until it says that it is complete."""
    token = xmlsafe.text(session.call("tse", body), "SearchToken") or ""
    found: list[Element] = []
    ends = time.monotonic() + SEARCH_S
    for _ in range(PAGES):
        ask = TSE(question, TSE.SearchToken(token), TSE.MinResults("1"), TSE.MaxResults("100"), TSE.WaitTime("PT5S"))
        result = xmlsafe.find(session.call("tse", ask), "ResultList")
        page = xmlsafe.find_all(result, name)
        found += page
        if xmlsafe.text(result, "SearchState") == "Completed" or (not page and time.monotonic() > ends):
            break
    return found


def _spans(reader: Reader, token: str, told: Element) -> tuple[Span, ...] | None:
    """What the video track really holds: by the events of its history, else from its first moment to its last."""
    tracks = xmlsafe.find_all(told, "Track")
    video = next((t for t in tracks if xmlsafe.text(t, "TrackType") == "Video"), told)
    begin = moment(xmlsafe.text(video, "DataFrom") or xmlsafe.text(told, "EarliestRecording"))
    end = moment(xmlsafe.text(video, "DataTo") or xmlsafe.text(told, "LatestRecording"))
    if begin is None or end is None or end <= begin:
        return () if xmlsafe.text(told, "RecordingStatus") else None
    try:
        events = _history(reader.session, token, xmlsafe.text(video, "TrackToken"), begin, end)
    except (SoapFault, NoPermission, BadAnswer):
        events = []
    if not events:
        if not any(p.detail == _NO_GAPS for p in reader.problems):
            reader.cannot("recordings", _NO_GAPS)
        return ((begin, end),)
    return joined(events, begin, end)


def _history(session: Session, token: str, track: str | None, begin: datetime, end: datetime) -> list[tuple[datetime, bool]]:
    """(moment, whether data is present from then on) of one track."""
    topic = etree.Element(f"{{{NS['wsnt']}}}TopicExpression", nsmap={"wsnt": NS["wsnt"], "tns1": _TOPICS}, attrib={"Dialect": _DIALECT})
    topic.text = "tns1:RecordingHistory/Track/State"
    body = TSE.FindEvents(
        TSE.StartPoint(begin.strftime("%Y-%m-%dT%H:%M:%SZ")),
        TSE.EndPoint((end + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")),
        TSE.Scope(TT.IncludedRecordings(token)),
        TSE.SearchFilter(topic),
        TSE.IncludeStartState("true"),
        TSE.KeepAliveTime("PT60S"),
    )
    found = []
    for item in _results(session, body, "GetEventSearchResults", "Result"):
        at = moment(xmlsafe.text(item, "Time"))
        present = next((i.get("Value") for i in item.iter("{*}SimpleItem") if i.get("Name") == "IsDataPresent"), None)
        mine = xmlsafe.text(item, "RecordingToken") in (token, None) and xmlsafe.text(item, "TrackToken") in (track, None)
        if at is not None and present is not None and mine:
            found.append((at, present.lower() in ("true", "1")))
    return found


def joined(events: list[tuple[datetime, bool]], begin: datetime, end: datetime) -> tuple[Span, ...]:
    """Spans of data within `begin`..`end`, from changes in whatever order."""
    spans: list[Span] = []
    since: datetime | None = None
    for at, present in sorted(events, key=lambda e: (e[0], not e[1])):
        at = min(max(at, begin), end)
        if present and since is None:
            since = at
        elif not present and since is not None:
            if at > since:
                spans.append((since, at))
            since = None
    if since is not None and end > since:
        spans.append((since, end))
    return tuple(spans)


def moment(value: str | None) -> datetime | None:
    """An xs:dateTime; without a zone it is UTC. None for what is none."""
    try:
        found = datetime.fromisoformat(value.strip().replace("Z", "+00:00")) if value else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _status(told: Element | None) -> str | None:
    return {"Recording": "continuous", "Stopped": "off"}.get(xmlsafe.text(told, "RecordingStatus") or "")


def _jobs(reader: Reader) -> dict[str, str]:
    """Recording token to what its job does."""
    items = reader.ask("recording", "trc", TRC.GetRecordingJobs(), lambda a: xmlsafe.find_all(a, "JobItem")) or []
    named = ((xmlsafe.text(i, "JobConfiguration/RecordingToken"), xmlsafe.text(i, "JobConfiguration/Mode")) for i in items)
    return {token: _JOB_MODES[mode.lower()] for token, mode in named if token and mode and mode.lower() in _JOB_MODES}


def _storage(reader: Reader) -> tuple[Storage, ...]:
    """Names alone: ONVIF tells neither sizes nor health."""
    found = reader.ask("storage", "tds", TDS.GetStorageConfigurations(), lambda a: xmlsafe.find_all(a, "StorageConfigurations")) or []
    return tuple(Storage(name=c.get("token") or xmlsafe.text(c, "Data/LocalPath") or "?", status=None) for c in found)


def _host(address: str | None) -> str | None:
    """A camera's host from the address that a recorder keeps of it; makers put their own name or a schema's there."""
    if address is None or "onvif.org" in address:
        return None
    return address.partition("://")[2].split("/")[0].partition(":")[0] if "://" in address else address
