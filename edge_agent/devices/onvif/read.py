"""Reading an ONVIF device: all that is compared, nothing written. What it won't tell becomes a problem."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote

from lxml import etree

from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Clock, Current, Identity, Problem, Scope, User
from edge_agent.devices.normalise import mac
from edge_agent.devices.onvif import media
from edge_agent.devices.onvif.session import DeviceTime, Session
from edge_agent.devices.soap import TDS, SoapFault
from edge_agent.text import Text

NAME_SCOPE = "onvif://www.onvif.org/name/"
T = TypeVar("T")


class Reader:
    """Asks one thing after the other; a refusal of one leaves the others."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.problems: list[Problem] = []

    def ask(self, field: str, prefix: str, body: etree._Element, convert: Callable[[etree._Element], T]) -> T | None:
        """The converted answer, or None and a problem."""
        try:
            return convert(self.session.call(prefix, body))
        except NoPermission as error:
            self.problems.append(Problem("no_permission", field, error.reason))
        except (SoapFault, BadAnswer) as error:
            self.problems.append(
                Problem(
                    "unsupported",
                    field,
                    Text(f"Thiết bị không cho đọc {field}: {error}", f"The device does not tell its {field}: {error}"),
                )
            )
        return None


def get(session: Session, time: DeviceTime, *, codec: str | None = None, all_options: bool = False) -> Current:
    """Read everything. `codec` wanted decides whether Media2 is needed; `all_options` asks those of every stream."""
    reader = Reader(session)
    session.find_services()
    who = reader.ask("identity", "tds", TDS.GetDeviceInformation(), identity) or Identity()
    address = reader.ask("mac", "tds", TDS.GetNetworkInterfaces(), _mac)
    encoders, audio = media.encoders(reader, codec, all_options)
    streams = [s for e in encoders[: None if all_options else 1] if (s := media.stream(reader, e))]
    return Current(
        identity=replace(who, mac=address),
        clock=_clock(reader, time),
        users=reader.ask("accounts", "tds", TDS.GetUsers(), _users),
        login_user=session.login.user if session.login else None,
        hostname=reader.ask("hostname", "tds", TDS.GetHostname(), lambda a: xmlsafe.text(a, "HostnameInformation/Name") or ""),
        scopes=reader.ask("name", "tds", TDS.GetScopes(), scopes),
        discovery=reader.ask("discovery", "tds", TDS.GetDiscoveryMode(), lambda a: xmlsafe.text(a, "DiscoveryMode")),
        services=tuple(sorted(session.services.items())),
        encoders=tuple(encoders),
        audio_profiles=audio,
        streams=tuple(streams),
        problems=tuple(reader.problems),
    )


def scope_name(found: tuple[Scope, ...]) -> str | None:
    """The name that the device announces in its scopes, decoded."""
    return next((unquote(s.uri[len(NAME_SCOPE) :]) for s in found if s.uri.startswith(NAME_SCOPE)), None)


def scopes(answer: etree._Element) -> tuple[Scope, ...]:
    return tuple(
        Scope(uri, xmlsafe.text(s, "ScopeDef") == "Fixed")
        for s in xmlsafe.find_all(answer, "Scopes")
        if (uri := xmlsafe.text(s, "ScopeItem"))
    )


def _clock(reader: Reader, time: DeviceTime) -> Clock:
    answer = reader.ask("ntp", "tds", TDS.GetNTP(), lambda a: xmlsafe.find(a, "NTPInformation"))
    if answer is None:
        return Clock(time.offset_s, time.source, time.timezone)
    dhcp = bool(xmlsafe.boolean(answer, "FromDHCP"))
    hosts = xmlsafe.find_all(answer, "NTPFromDHCP" if dhcp else "NTPManual")
    names = (xmlsafe.text(h, "IPv4Address") or xmlsafe.text(h, "DNSname") or xmlsafe.text(h, "IPv6Address") for h in hosts)
    return Clock(time.offset_s, time.source, time.timezone, tuple(n for n in names if n), dhcp)


def identity(answer: etree._Element) -> Identity:
    return Identity(*(xmlsafe.text(answer, n) for n in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")))


def _mac(answer: etree._Element) -> str | None:
    found = (mac(xmlsafe.text(i, "Info/HwAddress")) for i in xmlsafe.find_all(answer, "NetworkInterfaces"))
    return next((m for m in found if m), None)


def _users(answer: etree._Element) -> tuple[User, ...]:
    return tuple(
        User(name, xmlsafe.text(u, "UserLevel")) for u in xmlsafe.find_all(answer, "User") if (name := xmlsafe.text(u, "Username"))
    )
