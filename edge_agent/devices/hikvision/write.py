"""Writing to a Hikvision device, one function for each group of changes. Each reads what is there, changes what is wanted
and writes it back whole; where the whole is refused (notSupport), the part that works alone."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address

from lxml import etree

from edge_agent.contract.devices import DesiredDevice, DesiredEncoder
from edge_agent.devices import neighbours, xmlsafe
from edge_agent.devices.faults import BadAnswer, SettingNotKept, Unreachable
from edge_agent.devices.hikvision import accounts, channels, clock, network, read, services, streams
from edge_agent.devices.hikvision.isapi import Isapi, IsapiFault, element, put_text, remove
from edge_agent.devices.model import Change, Encoder, ObservedDevice, needed
from edge_agent.devices.planning import encoder_target
from edge_agent.devices.xmlsafe import Element

Edit = Callable[[Element], None]
NTP_MINUTES = 60
"""How often a device asks its time server; a day, the factory's value, is too long for 2 s."""
_IDENTITY = ("deviceName", "deviceID", "deviceDescription", "deviceLocation", "systemContact", "telecontrolID")


def update(isapi: Isapi, path: str, edit: Edit) -> None:
    """Read, change, write back whole. Raises as Isapi.get."""
    root = isapi.get(path)
    edit(root)
    isapi.put(path, root)


def update_first(isapi: Isapi, ways: list[tuple[str, Edit]]) -> None:
    """The first of `ways` that the device takes. Raises the first's fault where none is."""
    first: IsapiFault | None = None
    for path, edit in ways:
        try:
            update(isapi, path, edit)
            return
        except IsapiFault as fault:
            first = first or fault
    if first:
        raise first


def ntp(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    server = needed(desired.ntp)
    is_name = _is_name(server)

    def edit(row: Element) -> None:
        put_text(row, "addressingFormatType", "hostname" if is_name else "ipaddress")
        put_text(row, "hostName" if is_name else "ipAddress", server)
        remove(row, "ipAddress" if is_name else "hostName")
        put_text(row, "portNo", 123)
        minutes = xmlsafe.number(row, "synchronizeInterval")
        if minutes is None or minutes > NTP_MINUTES:
            put_text(row, "synchronizeInterval", NTP_MINUTES)

    def edit_list(root: Element) -> None:
        """The first alone: a second could disagree."""
        rows = xmlsafe.find_all(root, "NTPServer")
        for row in rows[1:]:
            root.remove(row)
        if not rows:
            root.append(element(root, "NTPServer"))
            put_text(root, "NTPServer/id", 1)
        edit(needed(xmlsafe.find(root, "NTPServer")))

    several = len(observed.clock.servers or ()) > 1
    ways: list[tuple[str, Edit]] = [(f"{read.NTP_SERVERS}/1", edit), (read.NTP_SERVERS, edit_list)]
    update_first(isapi, ways[::-1] if several else ways)


def set_clock(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Set the time by hand, so that it is right at once, then hand it to NTP."""
    zone = clock.isapi_zone(desired.timezone) if desired.timezone else observed.clock.timezone

    def by_hand(root: Element) -> None:
        put_text(root, "timeMode", "manual")
        put_text(root, "localTime", clock.local_time(clock.now(), zone))
        if zone:
            put_text(root, "timeZone", zone)

    source = "Manual"
    try:
        update(isapi, read.TIME, by_hand)
    except IsapiFault:
        source = observed.clock.source or ""
        if zone:
            isapi.put(f"{read.TIME}/timeZone", zone)
        isapi.put(f"{read.TIME}/localTime", clock.local_time(clock.now(), zone))
    if desired.ntp is not None and observed.clock.servers is not None and source != "NTP":
        update(isapi, read.TIME, lambda root: _mode_ntp(root, zone))


def name(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Where the whole is refused because of what can't be set, only what can."""
    root = isapi.get(read.DEVICE)
    put_text(root, "deviceName", needed(desired.name))
    try:
        isapi.put(read.DEVICE, root)
    except IsapiFault:
        for child in list(root):
            if xmlsafe.local(child) not in _IDENTITY:
                root.remove(child)
        isapi.put(read.DEVICE, root)


def osd(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The first text carries ours, the others are switched off."""
    text = needed(desired.osd)

    def one(row: Element) -> None:
        put_text(row, "enabled", "true" if text else "false")
        put_text(row, "displayText", text)

    def edit(root: Element) -> None:
        rows = xmlsafe.find_all(root, "TextOverlayList/TextOverlay")
        if not rows:
            listed = put_text(root, "TextOverlayList", "")
            rows = [put_text(listed, "TextOverlay", "")]
            for field, value in (("id", 1), ("enabled", "true"), ("positionX", 16), ("positionY", 48)):
                put_text(rows[0], field, value)
        one(rows[0])
        for row in rows[1:]:
            put_text(row, "enabled", "false")

    update_first(isapi, [(read.OVERLAYS, edit), (f"{read.OVERLAYS}/text/1", one)])


def switch_off(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Each document once, whatever is off in it; those that the device lacks are left out."""
    off = {n for n, on in observed.served if on} & set(services.off(desired))
    by_path: dict[str, list[services.Switch]] = {}
    for switch in services.of(off):
        by_path.setdefault(switch.path, []).append(switch)
    for path, switches in by_path.items():
        try:
            root = isapi.get(path)
        except (IsapiFault, BadAnswer):
            continue
        if any(services.state(root, s) for s in switches):
            for switch in switches:
                services.turn(root, switch, on=False)
            isapi.put(path, root)
    if services.MULTICAST in off:
        _each_stream(isapi, observed, desired, streams.multicast)


def onvif(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Switch it on and give it the viewer; a firmware without accounts of ONVIF's own shares the others."""
    if not dict(observed.served).get("onvif"):
        update(isapi, services.INTEGRATE, lambda root: services.set_onvif(root, on=True))
    if desired.viewer:
        accounts.set_onvif_viewer(isapi, desired.viewer)


def encoder(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    _encode(isapi, needed(observed.main), needed(desired.encoder), desired)


def sub_encoder(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    _encode(isapi, needed(observed.sub), needed(desired.sub_encoder), desired)


def smart_codec(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    _each_stream(isapi, observed, desired, streams.smart)


def audio(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    _each_stream(isapi, observed, desired, streams.audio)


def set_network(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The address block alone, which firmware refuses least. The device may be gone before it answers; it is followed."""
    asked = needed(desired.network)
    neighbours.refuse_if_taken(desired, isapi.http.wire.host)

    def edit(root: Element) -> None:
        network.fill(root, desired.address, asked)

    with suppress(Unreachable):
        update_first(isapi, [(network.ADDRESS, edit), (network.INTERFACE, edit)])
    if not isapi.reboot_asked:
        isapi.http.at(desired.address)


WRITERS: dict[str, Callable[[Isapi, ObservedDevice, DesiredDevice], None]] = {
    "ntp": ntp,
    "clock": set_clock,
    "name": name,
    "osd": osd,
    "services": switch_off,
    "smart_codec": smart_codec,
    "encoder": encoder,
    "sub_encoder": sub_encoder,
    "audio": audio,
    "viewer": accounts.viewer,
    "onvif": onvif,
    "network": set_network,
    "admin": accounts.admin,
}
"""By `Change.group`; `plan` gives the order. A channel's groups carry its number: "channel.3", "recording.3"."""


def write(isapi: Isapi, group: str, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Make the changes of one group. Raises SettingNotKept when the device refuses them, NoPermission, Unreachable."""
    kind, _, number = group.partition(".")
    try:
        if kind == "channel":
            channels.put(isapi, desired, int(number))
        elif kind == "recording":
            channels.record_always(isapi, int(number))
        else:
            WRITERS[group](isapi, observed, desired)
    except (IsapiFault, BadAnswer) as fault:
        fields = ", ".join(c.field for c in changes)
        raise SettingNotKept(fields, _shown(c.after for c in changes), _shown(c.before for c in changes), str(fault)) from fault


def _encode(isapi: Isapi, there: Encoder, asked: DesiredEncoder, desired: DesiredDevice) -> None:
    target = encoder_target(there, asked)

    def edit(raw: Element) -> None:
        streams.fill(raw, target)
        streams.switch_off(raw, desired)

    update(isapi, f"{streams.CHANNELS}/{there.token}", edit)


def _each_stream(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice, state: Callable[[Element], bool | None]) -> None:
    """Switch off what should be in every stream where `state` says that it is on."""
    for one in observed.encoders:
        if state(etree.fromstring(one.raw)):
            update(isapi, f"{streams.CHANNELS}/{one.token}", lambda raw: streams.switch_off(raw, desired))


def _mode_ntp(root: Element, zone: str | None) -> None:
    """Without the time: it would be a second old by now."""
    put_text(root, "timeMode", "NTP")
    remove(root, "localTime")
    if zone:
        put_text(root, "timeZone", zone)


def _is_name(server: str) -> bool:
    try:
        ip_address(server)
    except ValueError:
        return True
    return False


def _shown(values: Iterable[object]) -> str:
    return ", ".join(str(v) for v in values)
