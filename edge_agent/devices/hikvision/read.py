"""Reading a Hikvision device: all that is compared, nothing written. What it won't tell becomes a problem."""

from dataclasses import replace

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import UnknownDevice
from edge_agent.devices.hikvision import clock, network, recorder, services, streams
from edge_agent.devices.hikvision.isapi import Isapi
from edge_agent.devices.hikvision.reader import Reader
from edge_agent.devices.model import Clock, Encoder, Identity, ObservedDevice, User
from edge_agent.devices.normalise import mac
from edge_agent.devices.xmlsafe import Element

USERS, ONVIF_USERS = "Security/users", "Security/ONVIF/users"
TIME, NTP_SERVERS = "System/time", "System/time/ntpServers"
OVERLAYS = "System/Video/inputs/channels/1/overlays"
DEVICE = "System/deviceInfo"
MOST_STREAMS = 16


def get(isapi: Isapi, desired: DesiredDevice, *, all_options: bool = False) -> ObservedDevice:
    """Read everything that `desired` may speak of; `all_options` all that the driver knows of."""
    reader = Reader(isapi)
    info = reader.ask("identity", DEVICE, lambda root: root)
    is_recorder = desired.kind == "recorder" or recorder.is_one(info)
    _as_expected(info, desired)
    switches = services.NAMES if all_options else (*services.off(desired), "onvif")
    raw = [] if is_recorder else _streams(reader, all_of_them=all_options)
    found = [e for r in raw if (e := streams.encoder(r))]
    limit = None if all_options else 2 if desired.sub_encoder else 1
    encoders = [_with_options(reader, e) if limit is None or n < limit else e for n, e in enumerate(found)]
    port = services.rtsp_port(reader.maybe(services.PORTS))
    smart = [s for r in raw if (s := streams.smart(r)) is not None]
    sound = [(e, a) for r in raw if (e := streams.encoder(r)) and (a := streams.audio(r)) is not None]
    served = _served(reader, switches, raw)
    observed = ObservedDevice(
        identity=identity(info),
        clock=_clock(reader),
        users=reader.ask("accounts", USERS, users),
        onvif_users=_onvif_users(reader) if dict(served).get("onvif") else None,
        title=xmlsafe.text(info, "deviceName"),
        osd=reader.ask("osd", OVERLAYS, osd) if desired.osd is not None or (all_options and not is_recorder) else None,
        services=(("isapi", "/ISAPI"), *((("onvif", "/onvif/device_service"),) if dict(served).get("onvif") else ())),
        served=served,
        smart_codec=any(smart) if smart else None,
        encoders=tuple(encoders),
        audio_profiles=tuple(e.profile for e, on in sound if on) if sound else None,
        streams=tuple(streams.stream(e.token, port) for e in (encoders if all_options else encoders[:1])),
        network=network.read(reader.maybe(network.INTERFACE)) if desired.network or all_options else None,
        storage=tuple(recorder.disks(card)) if all_options and (card := reader.maybe(recorder.STORAGE)) is not None else (),
    )
    if is_recorder:
        observed = recorder.read(reader, observed, desired, port, all_options=all_options)
    return replace(observed, problems=tuple(reader.problems))


def _as_expected(info: Element | None, desired: DesiredDevice) -> None:
    """Raise UnknownDevice where the inventory's camera is a recorder, or the other way round, before anything is written."""
    kind = xmlsafe.text(info, "deviceType")
    if kind is None:
        return
    if desired.kind == "recorder" and not recorder.is_one(info) and "ip" in kind.lower():
        raise UnknownDevice(Text(f"ở đó là camera ({kind}), không phải đầu ghi", f"a camera is there ({kind}), not a recorder"))
    if desired.kind == "camera" and desired.encoder and recorder.is_one(info):
        raise UnknownDevice(Text(f"ở đó là đầu ghi ({kind}), không phải camera", f"a recorder is there ({kind}), not a camera"))


def identity(info: Element | None) -> Identity:
    """`manufacturer` is only in newer firmware; relabels put their own name there."""
    maker = xmlsafe.text(info, "manufacturer") or ("HIKVISION" if info is not None else None)
    firmware = [w for n in ("firmwareVersion", "firmwareReleasedDate") if (w := xmlsafe.text(info, n))]
    model, serial = xmlsafe.text(info, "model"), xmlsafe.text(info, "serialNumber")
    return Identity(maker, model, " ".join(firmware) or None, serial, mac(xmlsafe.text(info, "macAddress")))


def users(root: Element) -> tuple[User, ...]:
    """Levels as ISAPI calls them: Administrator, Operator, Viewer."""
    return tuple(
        User(name, xmlsafe.text(u, "userLevel") or None) for u in xmlsafe.find_all(root, "User") if (name := xmlsafe.text(u, "userName"))
    )


def onvif_users(root: Element) -> tuple[User, ...]:
    """Types as ISAPI calls them: administrator, operator, mediaUser."""
    return tuple(User(name, xmlsafe.text(u, "userType")) for u in xmlsafe.find_all(root, "User") if (name := xmlsafe.text(u, "userName")))


def osd(root: Element) -> str:
    """The texts shown in the picture, besides time and channel name; "" for none."""
    rows = xmlsafe.find_all(root, "TextOverlayList/TextOverlay")
    return " ".join(t for r in rows if xmlsafe.boolean(r, "enabled") and (t := xmlsafe.text(r, "displayText")))


def servers(root: Element) -> tuple[str, ...]:
    """Of a list of NTPServer, or of one alone."""
    rows = [root] if xmlsafe.local(root) == "NTPServer" else xmlsafe.find_all(root, "NTPServer")
    found = []
    for row in rows:
        names = ("hostName", "ipAddress", "ipv6Address")
        if (xmlsafe.text(row, "addressingFormatType") or "").lower() != "hostname":
            names = ("ipAddress", "hostName", "ipv6Address")
        found.append(next((v for n in names if (v := xmlsafe.text(row, n)) and v not in ("0.0.0.0", "::")), None))  # noqa: S104
    return tuple(f for f in found if f)


def _clock(reader: Reader) -> Clock:
    before = clock.now()
    time = reader.ask("clock", TIME, lambda root: root)
    taken = before + (clock.now() - before) / 2
    if time is None:
        return Clock()
    listed = reader.maybe(NTP_SERVERS)
    if listed is None:
        listed = reader.ask("ntp", f"{NTP_SERVERS}/1", lambda root: root)
    return clock.clock(time, servers(listed) if listed is not None else None, taken)


def _streams(reader: Reader, *, all_of_them: bool) -> list[Element]:
    """The StreamingChannels, main stream first: each for itself, because in some firmware their list says less.

    Old firmware numbers the streams of its one channel 1 and 2.
    """
    tokens = ["101", "102"]
    if all_of_them or reader.maybe(f"{streams.CHANNELS}/{tokens[0]}") is None:
        listed = xmlsafe.find_all(reader.maybe(streams.CHANNELS), "StreamingChannel")
        told = {t for r in listed if (t := xmlsafe.text(r, "id")) and streams.number(t)}
        tokens = sorted(told, key=lambda t: streams.number(t) or ())[: MOST_STREAMS if all_of_them else 2] or tokens
    main = reader.ask("encoders", f"{streams.CHANNELS}/{tokens[0]}", lambda root: root)
    others = [reader.maybe(f"{streams.CHANNELS}/{t}") for t in tokens[1:]] if main is not None else []
    return [r for r in (main, *others) if r is not None]


def _with_options(reader: Reader, encoder: Encoder) -> Encoder:
    capabilities = reader.maybe(f"{streams.CHANNELS}/{encoder.token}/capabilities")
    return encoder if capabilities is None else streams.with_options(encoder, capabilities)


def _onvif_users(reader: Reader) -> tuple[User, ...] | None:
    """None where ONVIF shares the device's own accounts (firmware before 5.5)."""
    found = reader.maybe(ONVIF_USERS)
    return None if found is None else onvif_users(found)


def _served(reader: Reader, names: tuple[str, ...], raw: list[Element]) -> tuple[tuple[str, bool], ...]:
    found: dict[str, bool] = {}
    for switch in services.of(names):
        root = reader.maybe(switch.path)
        on = None if root is None else services.state(root, switch)
        if on is not None:
            found[switch.service] = found.get(switch.service, False) or on
    sent = [m for r in raw if (m := streams.multicast(r)) is not None]
    if services.MULTICAST in names and sent:
        found[services.MULTICAST] = any(sent)
    return tuple(sorted(found.items()))
