"""Reading a recorder: its channels and whether their cameras answer, what it is told to record, its disks."""

from dataclasses import replace

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import xmlsafe
from edge_agent.devices.hikvision import schedule, search, streams
from edge_agent.devices.hikvision.reader import Reader
from edge_agent.devices.model import Channel, Encoder, ObservedDevice, Storage
from edge_agent.devices.xmlsafe import Element

INPUTS = "ContentMgmt/InputProxy/channels"
TRACKS = "ContentMgmt/record/tracks"
STORAGE = "ContentMgmt/Storage"
ANALOG = "System/Video/inputs/channels"
_KINDS = ("nvr", "dvr", "hvr", "xvr", "hybrid")
FEW = 3
MOST_CHANNELS = 64
_BINARY_MB = 1.048576
"""Sizes are in MiB, whatever they are called: a disk of 2 TB has 1907729."""
_DISKS = {
    "ok": "ok",
    "normal": "ok",
    "sleeping": "ok",
    "idle": "ok",
    "full": "full",
    "hdfull": "full",
    "unformatted": "unformatted",
    "uninitialized": "unformatted",
    "error": "failed",
    "abnormal": "failed",
    "smartfailed": "failed",
    "offline": "failed",
    "mismatch": "failed",
    "badblock": "failed",
}
_PROTOCOLS = {"hikvision": "hikvision", "onvif": "onvif", "dahua": "dahua"}


def is_one(info: Element | None) -> bool:
    """By what the device calls itself ("NVR", "DVR", "HybirdNVR")."""
    kind = (xmlsafe.text(info, "deviceType") or "").lower()
    return any(k in kind for k in _KINDS)


def read(reader: Reader, observed: ObservedDevice, desired: DesiredDevice, port: int, *, all_options: bool) -> ObservedDevice:
    """`observed` with what a recorder has; with `all_options` also what it holds: no plan needs to know."""
    listed = reader.maybe(INPUTS)
    rows = xmlsafe.find_all(listed, "InputProxyChannel") if listed is not None else []
    status = {n: s for s in _statuses(reader, rows) if (n := xmlsafe.number(s, "id"))}
    analog = reader.maybe(ANALOG) if all_options else None
    channels = [c for r in xmlsafe.find_all(analog, "VideoInputChannel") if (c := _analog(r))]
    channels += [c for r in rows if (c := channel(r, status.get(xmlsafe.number(r, "id") or 0)))]
    if listed is None and not channels:
        reader.ask("channels", INPUTS, lambda root: None)
    channels = _with_schedules(reader, channels)
    if all_options:
        channels = search.with_spans(reader, channels, desired, observed.clock)
    _report_wrong_passwords(reader, status)
    shown = _streams(reader, channels) if all_options else []
    return replace(
        observed,
        encoders=tuple(_with_rates(reader, [e for r in shown if (e := streams.encoder(r))])),
        channels=tuple(channels),
        storage=tuple(reader.ask("storage", STORAGE, disks) or ()),
        streams=tuple(streams.stream(f"{c.number}01", port) for c in channels),
    )


def channel(row: Element, status: Element | None) -> Channel | None:
    """One InputProxyChannel with its InputProxyChannelStatus."""
    number, source = xmlsafe.number(row, "id"), xmlsafe.find(row, "sourceInputPortDescriptor")
    if number is None:
        return None
    protocol = (xmlsafe.text(source, "proxyProtocol") or "").lower() or None
    return Channel(
        number=number,
        name=xmlsafe.text(row, "name"),
        address=xmlsafe.text(source, "ipAddress") or xmlsafe.text(source, "hostName"),
        port=xmlsafe.number(source, "managePortNo"),
        protocol=_PROTOCOLS.get(protocol, protocol) if protocol else None,
        user=xmlsafe.text(source, "userName"),
        online=xmlsafe.boolean(status, "online"),
    )


def disks(root: Element) -> list[Storage]:
    """Disks and network disks; one that was taken out stays in the list as "notexist"."""
    rows = [*xmlsafe.find_all(root, "hddList/hdd"), *xmlsafe.find_all(root, "nasList/nas")]
    return [_disk(r) for r in rows if (xmlsafe.text(r, "status") or "").lower() != "notexist"]


def _disk(row: Element) -> Storage:
    status = xmlsafe.text(row, "status")
    name = xmlsafe.text(row, "hddName") or f"{xmlsafe.local(row)}{xmlsafe.text(row, 'id') or ''}"
    word = "".join(c for c in (status or "").lower() if c.isalpha())
    return Storage(name, _DISKS.get(word, status), _mb(xmlsafe.number(row, "capacity")), _mb(xmlsafe.number(row, "freeSpace")))


def _mb(mib: int | None) -> int | None:
    return None if mib is None else round(mib * _BINARY_MB)


def _analog(row: Element) -> Channel | None:
    """A camera on the recorder's own socket; the picture's size where there is one, "NO VIDEO" where not."""
    number, seen = xmlsafe.number(row, "id"), xmlsafe.text(row, "resDesc")
    online = None if seen is None else seen.upper() != "NO VIDEO"
    return None if number is None else Channel(number, xmlsafe.text(row, "name"), protocol="analog", online=online)


def _statuses(reader: Reader, rows: list[Element]) -> list[Element]:
    """Of all channels at once; firmware that refuses the list tells them one by one."""
    listed = reader.maybe(f"{INPUTS}/status") if rows else None
    if listed is not None:
        return xmlsafe.find_all(listed, "InputProxyChannelStatus")
    single = (reader.maybe(f"{INPUTS}/{n}/status") for r in rows if (n := xmlsafe.number(r, "id")) is not None)
    found = []
    for status in single:
        if status is None:
            break
        found.append(status)
    return found


def _streams(reader: Reader, channels: list[Channel]) -> list[Element]:
    """What the channels send: of all at once, or main and sub stream of one after the other where the list is refused, as long
    as the first few aren't."""
    if rows := xmlsafe.find_all(reader.maybe(streams.CHANNELS), "StreamingChannel"):
        return rows
    found: list[Element] = []
    for asked, channel in enumerate(channels):
        if asked >= FEW and not found:
            break
        main = reader.maybe(f"{streams.CHANNELS}/{channel.number}01")
        sub = reader.maybe(f"{streams.CHANNELS}/{channel.number}02") if main is not None else None
        found += [raw for raw in (main, sub) if raw is not None]
    return found


def _with_rates(reader: Reader, found: list[Encoder]) -> list[Encoder]:
    """Main streams that are told to send as many frames as they can: their capabilities say how many those are, if any's do."""
    whole: list[Encoder] = []
    left = MOST_CHANNELS
    for one in found:
        capabilities = None
        if left and one.fps is None and streams.is_main(one.token):
            capabilities = reader.maybe(f"{streams.CHANNELS}/{one.token}/capabilities")
            left = left - 1 if capabilities is not None else 0
        whole.append(one if capabilities is None else streams.with_options(one, capabilities))
    return whole


def _with_schedules(reader: Reader, channels: list[Channel]) -> list[Channel]:
    """What each channel's main track is told to record. A list without schedules, or none, is followed by single questions."""
    listed = reader.maybe(TRACKS) if channels else None
    tracks = {xmlsafe.text(t, "id"): t for t in xmlsafe.find_all(listed, "Track")}
    found, singly = [], True
    for one in channels:
        track = tracks.get(f"{one.number}01")
        if singly and (track is None or xmlsafe.find(track, "TrackSchedule") is None):
            track = reader.maybe(f"{TRACKS}/{one.number}01")
            singly = track is not None
        found.append(one if track is None else replace(one, recording=schedule.mode(track)))
    if channels and all(c.recording is None for c in found):
        reader.ask("recording", TRACKS, lambda root: None)
    return found


def _report_wrong_passwords(reader: Reader, status: dict[int, Element]) -> None:
    """A camera that refuses the recorder's login: the plan then sends the channel's account again."""
    for number, row in status.items():
        detected = xmlsafe.text(row, "chanDetectResult") or ""
        if "password" in detected.lower() or "username" in detected.lower():
            en = f"channel {number}: its camera refuses the recorder's login ({detected})"
            vi = f"kênh {number}: camera từ chối tài khoản của đầu ghi ({detected})"
            reader.problem("wrong_credentials", f"channel.{number}.account", vi, en)
