"""Reading an ONVIF device: all that is compared, nothing written. What it won't tell becomes a problem."""

from dataclasses import replace
from urllib.parse import unquote

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import xmlsafe
from edge_agent.devices.model import Clock, Encoder, Identity, ObservedDevice, Problem, Readings, Scope, User
from edge_agent.devices.onvif import media, network, osd, recordings
from edge_agent.devices.onvif.clock import DeviceTime
from edge_agent.devices.onvif.reader import Reader
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import TDS
from edge_agent.devices.xmlsafe import Element

NAME_SCOPE = "onvif://www.onvif.org/name/"
_OPEN = Text(
    "thiết bị trả lời ONVIF cho mọi người, không cần đăng nhập; hãy bật xác thực ONVIF",
    "it answers anybody over ONVIF without a login; switch ONVIF authentication on",
)


def get(session: Session, time: DeviceTime, desired: DesiredDevice, *, everything: bool = False) -> ObservedDevice:
    """Read what `desired` speaks of; with `everything` all that the device tells, with the options of every stream.

    Each question is a round trip of a line that may be slow: what nobody compares isn't asked.
    """
    reader = Reader(session)
    session.find_services()
    who = identity(session.information) if session.information is not None else None
    if who is None:
        who = reader.ask("identity", "tds", TDS.GetDeviceInformation(), identity) or Identity()
    found, mac = _device(reader, desired, everything)
    if not session.asks_login and found.get("users") is not None:
        reader.problems.append(Problem("limited", "accounts", _OPEN))
    if desired.kind == "recorder":
        found["channels"], found["storage"] = recordings.read(reader, desired)
    else:
        found.update(_pictures(reader, desired, everything))
    found["served"] = _served(reader, desired, everything, found.get("encoders", ()))
    return replace(
        ObservedDevice(**found),
        identity=replace(who, mac=mac),
        clock=_clock(reader, time, everything or bool(desired.ntp or desired.timezone)),
        login_user=session.login.user if session.login else None,
        services=tuple(sorted(session.services.items())),
        problems=tuple(dict.fromkeys(reader.problems)),
    )


def _device(reader: Reader, desired: DesiredDevice, everything: bool) -> tuple[Readings, str | None]:
    """With its MAC address."""
    found, mac = Readings(), None
    if everything or desired.admin or desired.viewer:
        found["users"] = reader.ask("accounts", "tds", TDS.GetUsers(), _users)
    if everything or desired.name is not None:
        found["hostname"] = reader.ask("hostname", "tds", TDS.GetHostname(), lambda a: xmlsafe.text(a, "HostnameInformation/Name") or "")
        found["scopes"] = reader.ask("name", "tds", TDS.GetScopes(), scopes)
        found["title"] = scope_name(found["scopes"]) if found["scopes"] is not None else None
    if everything or desired.discovery is not None:
        found["discovery"] = reader.ask("discovery", "tds", TDS.GetDiscoveryMode(), lambda a: xmlsafe.text(a, "DiscoveryMode"))
    if everything or desired.network is not None:
        found["network"], mac = network.read(reader)
    return found, mac


def _pictures(reader: Reader, desired: DesiredDevice, everything: bool) -> Readings:
    encoders, audio, reader.session.picture = media.encoders(reader, desired, everything)
    streams = [s for e in encoders[: None if everything else 1] if (s := media.stream(reader, e))]
    found: Readings = {"encoders": tuple(encoders), "audio_profiles": audio, "streams": tuple(streams)}
    if everything or desired.osd is not None:
        found["osd"] = osd.read(reader, desired.osd)
    return found


def _served(reader: Reader, desired: DesiredDevice, everything: bool, encoders: tuple[Encoder, ...]) -> tuple[tuple[str, bool], ...]:
    """Network protocols, and whether any stream goes to a multicast group by itself."""
    if not everything and not desired.services_off:
        return ()
    served = network.protocols(reader)
    if encoders:
        served = (*served, ("multicast", any(media.sends_multicast(e) for e in encoders)))
    return served


def scope_name(found: tuple[Scope, ...]) -> str | None:
    """The name that the device announces in its scopes, decoded."""
    return next((unquote(s.uri[len(NAME_SCOPE) :]) for s in found if s.uri.startswith(NAME_SCOPE)), None)


def scopes(answer: Element) -> tuple[Scope, ...]:
    return tuple(
        Scope(uri, xmlsafe.text(s, "ScopeDef") == "Fixed")
        for s in xmlsafe.find_all(answer, "Scopes")
        if (uri := xmlsafe.text(s, "ScopeItem"))
    )


def servers(answer: Element) -> tuple[tuple[str, ...], bool]:
    """The time servers in force, and whether they come from DHCP."""
    found = xmlsafe.find(answer, "NTPInformation")
    dhcp = bool(xmlsafe.boolean(found, "FromDHCP"))
    hosts = xmlsafe.find_all(found, "NTPFromDHCP" if dhcp else "NTPManual")
    names = (xmlsafe.text(h, "IPv4Address") or xmlsafe.text(h, "DNSname") or xmlsafe.text(h, "IPv6Address") for h in hosts)
    return tuple(n for n in names if n and n != "0.0.0.0"), dhcp  # noqa: S104  Uniview's word for none; compared, not bound


def _clock(reader: Reader, time: DeviceTime, with_servers: bool) -> Clock:
    if time.offset_s is None:
        reader.cannot("clock", Text("thiết bị không cho biết giờ của nó", "it doesn't tell its time"))
    answer = reader.ask("ntp", "tds", TDS.GetNTP(), servers) if with_servers else None
    return Clock(time.offset_s, time.source, time.timezone, *(answer or ()))


def identity(answer: Element) -> Identity:
    return Identity(*(xmlsafe.text(answer, n) for n in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")))


def _users(answer: Element) -> tuple[User, ...]:
    return tuple(
        User(name, xmlsafe.text(u, "UserLevel")) for u in xmlsafe.find_all(answer, "User") if (name := xmlsafe.text(u, "Username"))
    )
