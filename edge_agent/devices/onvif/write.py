"""Writing to an ONVIF device, one function for each group of changes. Each reads what is there and writes it back
whole: devices refuse partial writes (agsh/onvif#34), and forget what they weren't told."""

import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import quote

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import normalise
from edge_agent.devices.faults import BadAnswer, NoPermission, SettingNotKept
from edge_agent.devices.model import Change, ObservedDevice, needed
from edge_agent.devices.onvif import accounts, encoders, media, network
from edge_agent.devices.onvif.read import NAME_SCOPE, scopes, servers
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import TDS, TR2, TRT, TT, SoapFault
from edge_agent.devices.xmlsafe import Element


def ntp(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    server = needed(desired.ntp)
    try:
        version = ip_address(server).version
        host = [TT.Type(f"IPv{version}"), (TT.IPv4Address if version == 4 else TT.IPv6Address)(server)]
    except ValueError:
        host = [TT.Type("DNS"), TT.DNSname(server)]
    session.call("tds", TDS.SetNTP(TDS.FromDHCP("false"), TDS.NTPManual(*host)))


def clock(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Set the time by hand, so that it is right at once, then hand it to NTP if the device took our time server: following a
    wrong one, or none, is worse than following nobody. The token's offset follows each write."""
    zone = desired.timezone or observed.clock.timezone
    _set_clock(session, "Manual", zone, now=True)
    session.read_time()
    if desired.ntp is None or observed.clock.servers is None:
        return
    there, _ = servers(session.call("tds", TDS.GetNTP()))
    if desired.ntp in there:
        _set_clock(session, "NTP", zone, now=False)
        session.read_time()


def hostname(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    session.call("tds", TDS.SetHostname(TDS.Name(normalise.hostname(needed(desired.name)))))


def name(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Put the name among the configurable scopes; SetScopes replaces them all, so the others go back with it."""
    there = scopes(session.call("tds", TDS.GetScopes()))
    kept = [s.uri for s in there if not s.fixed and not s.uri.startswith(NAME_SCOPE)]
    new = NAME_SCOPE + quote(needed(desired.name))
    try:
        session.call("tds", TDS.SetScopes(*(TDS.Scopes(uri) for uri in [*kept, new])))
    except SoapFault:  # some take them one by one
        session.call("tds", TDS.AddScopes(TDS.ScopeItem(new)))
        old = [s.uri for s in there if not s.fixed and s.uri.startswith(NAME_SCOPE) and s.uri != new]
        if old:
            session.call("tds", TDS.RemoveScopes(*(TDS.ScopeItem(uri) for uri in old)))


def encoder(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    encoders.write(session, needed(observed.main), needed(desired.encoder))


def sub_encoder(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    encoders.write(session, needed(observed.sub), needed(desired.sub_encoder))


def multicast(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    for one in observed.encoders:
        if media.sends_multicast(one):
            encoders.stop_multicast(session, one)


def services(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    network.switch_off(session, desired)


def audio(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Take sound out of every profile, as far as the device allows: a refusal here is no failure."""
    media2 = observed.main is not None and observed.main.media == 2
    for profile in observed.audio_profiles or ():
        with contextlib.suppress(SoapFault, NoPermission):
            if media2:
                kinds = [TR2.Configuration(TR2.Type(t)) for t in ("AudioEncoder", "AudioSource")]
                session.call("tr2", TR2.RemoveConfiguration(TR2.ProfileToken(profile), *kinds))
            else:
                session.call("trt", TRT.RemoveAudioEncoderConfiguration(TRT.ProfileToken(profile)))
                session.call("trt", TRT.RemoveAudioSourceConfiguration(TRT.ProfileToken(profile)))


def discovery(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    session.call("tds", TDS.SetDiscoveryMode(TDS.DiscoveryMode(desired.discovery or "NonDiscoverable")))


WRITERS: dict[str, Callable[[Session, ObservedDevice, DesiredDevice], None]] = {
    "ntp": ntp,
    "clock": clock,
    "hostname": hostname,
    "name": name,
    "encoder": encoder,
    "sub_encoder": sub_encoder,
    "audio": audio,
    "multicast": multicast,
    "services": services,
    "discovery": discovery,
    "viewer": accounts.viewer,
    "admin": accounts.admin,
}
"""By `Change.group`; `plan` gives the order."""


def write(session: Session, group: str, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Make the changes of one group. Raises SettingNotKept when the device refuses them, NoPermission, Unreachable."""
    try:
        WRITERS[group](session, observed, desired)
    except (SoapFault, BadAnswer) as fault:
        fields = ", ".join(c.field for c in changes)
        raise SettingNotKept(fields, _shown(c.after for c in changes), _shown(c.before for c in changes), str(fault)) from fault


def _shown(values: Iterable[object]) -> str:
    return ", ".join(str(v) for v in values)


def _set_clock(session: Session, source: str, zone: str | None, *, now: bool) -> None:
    """Makers spell zones in their own ways; one that takes none of ours shall have the right time at least."""
    refusal: SoapFault | None = None
    for spelled in dict.fromkeys((zone, *normalise.zone_spellings(zone), None)):
        body = TDS.SetSystemDateAndTime(TDS.DateTimeType(source), TDS.DaylightSavings("false"))
        if spelled:
            body.append(TDS.TimeZone(TT.TZ(spelled)))
        if now:
            body.append(_moment())
        try:
            session.call("tds", body)
        except SoapFault as fault:
            if fault.unsupported or not _about_zone(fault):
                raise
            refusal = fault
            continue
        return
    if refusal is not None:
        raise refusal


def _about_zone(fault: SoapFault) -> bool:
    return "zone" in f"{' '.join(fault.codes)} {fault.reason}".lower()


def _moment() -> Element:
    """The present; rounded, because the device starts its second at 0 when it is told."""
    moment = datetime.now(UTC) + timedelta(seconds=0.5)
    made: Element = TDS.UTCDateTime(
        TT.Time(TT.Hour(str(moment.hour)), TT.Minute(str(moment.minute)), TT.Second(str(moment.second))),
        TT.Date(TT.Year(str(moment.year)), TT.Month(str(moment.month)), TT.Day(str(moment.day))),
    )
    return made
