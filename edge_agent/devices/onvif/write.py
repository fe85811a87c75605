"""Writing to an ONVIF device, one function for each group of changes. Each reads what is there and writes it back
whole: devices refuse partial writes (agsh/onvif#34), and forget what they weren't told."""

import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import quote

from lxml import etree

from edge_agent.devices import normalise, xmlsafe
from edge_agent.devices.faults import NoPermission, SettingNotKept
from edge_agent.devices.model import Account, Change, Current, Encoder, Wanted, needed
from edge_agent.devices.onvif import media
from edge_agent.devices.onvif.plan import SECRET, VIEWER_LEVEL, EncoderTarget, encoder_target
from edge_agent.devices.onvif.read import NAME_SCOPE, scopes
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import NS, TDS, TR2, TRT, TT, SoapFault

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
    "Multicast",
    "SessionTimeout",
)


def ntp(session: Session, current: Current, wanted: Wanted) -> None:
    server = needed(wanted.ntp)
    try:
        version = ip_address(server).version
        host = [TT.Type(f"IPv{version}"), (TT.IPv4Address if version == 4 else TT.IPv6Address)(server)]
    except ValueError:
        host = [TT.Type("DNS"), TT.DNSname(server)]
    session.call("tds", TDS.SetNTP(TDS.FromDHCP("false"), TDS.NTPManual(*host)))


def clock(session: Session, current: Current, wanted: Wanted) -> None:
    """Set the time by hand, so that it is right at once, then hand it to NTP. The token's offset follows each write."""
    zone = wanted.timezone or current.clock.timezone
    managed = wanted.ntp is not None and current.clock.servers is not None
    _set_clock(session, "Manual", zone, now=True)
    session.read_time()
    if managed:
        _set_clock(session, "NTP", zone, now=False)
        session.read_time()


def hostname(session: Session, current: Current, wanted: Wanted) -> None:
    session.call("tds", TDS.SetHostname(TDS.Name(normalise.hostname(needed(wanted.name)))))


def name(session: Session, current: Current, wanted: Wanted) -> None:
    """Put the name among the configurable scopes; SetScopes replaces them all, so the others go back with it."""
    there = scopes(session.call("tds", TDS.GetScopes()))
    kept = [s.uri for s in there if not s.fixed and not s.uri.startswith(NAME_SCOPE)]
    session.call("tds", TDS.SetScopes(*(TDS.Scopes(uri) for uri in [*kept, NAME_SCOPE + quote(needed(wanted.name))])))


def encoder(session: Session, current: Current, wanted: Wanted) -> None:
    there = needed(current.main)
    prefix, make = ("trt", TRT) if there.media == 1 else ("tr2", TR2)
    token = make.ConfigurationToken(there.token)
    question = make.GetVideoEncoderConfiguration(token) if there.media == 1 else make.GetVideoEncoderConfigurations(token)
    raw = media.read_configuration(session.call(prefix, question), there.token)
    if raw is None:
        raw = etree.fromstring(there.raw)
    target = encoder_target(there, needed(wanted.encoder))
    try:
        _send_encoder(session, there, raw, target)
    except SoapFault:
        address = xmlsafe.find(raw, "Multicast/Address/IPv4Address")
        if address is None or (address.text or "").strip() != "0.0.0.0":  # noqa: S104  compared, not bound
            raise
        address.text = MULTICAST
        _send_encoder(session, there, raw, target)


def audio(session: Session, current: Current, wanted: Wanted) -> None:
    """Take sound out of every profile, as far as the device allows: a refusal here is no failure."""
    media2 = current.main is not None and current.main.media == 2
    for profile in current.audio_profiles or ():
        with contextlib.suppress(SoapFault, NoPermission):
            if media2:
                kinds = [TR2.Configuration(TR2.Type(t)) for t in ("AudioEncoder", "AudioSource")]
                session.call("tr2", TR2.RemoveConfiguration(TR2.ProfileToken(profile), *kinds))
            else:
                session.call("trt", TRT.RemoveAudioEncoderConfiguration(TRT.ProfileToken(profile)))
                session.call("trt", TRT.RemoveAudioSourceConfiguration(TRT.ProfileToken(profile)))


def discovery(session: Session, current: Current, wanted: Wanted) -> None:
    session.call("tds", TDS.SetDiscoveryMode(TDS.DiscoveryMode(wanted.discovery or "NonDiscoverable")))


def viewer(session: Session, current: Current, wanted: Wanted) -> None:
    """Create the viewer, or set its level and password; then log in as it, once, as proof, where the count has room
    (one login is kept for the administrator)."""
    account = needed(wanted.viewer)
    exists = any(u.name == account.user for u in current.users or ())
    session.call("tds", (TDS.SetUser if exists else TDS.CreateUsers)(_user(account, VIEWER_LEVEL)))
    if session.logins.left(session.key) >= 2 and not session.proves(account):
        raise SettingNotKept("viewer.password", SECRET, "refused")


def admin(session: Session, current: Current, wanted: Wanted) -> None:
    """The account in use comes last. Afterwards we log in with the wanted password, and that is the proof.

    A crash before, in or after SetUser leaves a device that takes either the factory password or the wanted one; the
    next run tries both.
    """
    factory, account = needed(session.account), needed(wanted.admin)
    exists = any(u.name == account.user for u in current.users or ()) or account.user == factory.user
    session.logins.works(session.key, factory=False)
    session.call("tds", (TDS.SetUser if exists else TDS.CreateUsers)(_user(account, "Administrator")))
    if not session.proves(account):
        raise SettingNotKept("admin.password", SECRET, "refused")
    session.use(account)
    if factory.user != account.user:
        try:
            session.call("tds", TDS.DeleteUsers(TDS.Username(factory.user)))
        except SoapFault:  # a fixed account: it keeps no factory password either
            session.call("tds", TDS.SetUser(_user(Account(factory.user, account.password), "Administrator")))


WRITERS: dict[str, Callable[[Session, Current, Wanted], None]] = {
    "ntp": ntp,
    "clock": clock,
    "hostname": hostname,
    "name": name,
    "encoder": encoder,
    "audio": audio,
    "discovery": discovery,
    "viewer": viewer,
    "admin": admin,
}
"""By `Change.group`; `plan` gives the order."""


def write(session: Session, group: str, changes: list[Change], current: Current, wanted: Wanted) -> None:
    """Make the changes of one group. Raises SettingNotKept when the device refuses them, NoPermission, Unreachable."""
    try:
        WRITERS[group](session, current, wanted)
    except SoapFault as fault:
        fields = ", ".join(c.field for c in changes)
        raise SettingNotKept(fields, _shown(c.after for c in changes), _shown(c.before for c in changes), str(fault)) from fault


def _shown(values: Iterable[object]) -> str:
    return ", ".join(str(v) for v in values)


def _set_clock(session: Session, source: str, zone: str | None, *, now: bool) -> None:
    body = TDS.SetSystemDateAndTime(TDS.DateTimeType(source), TDS.DaylightSavings("false"))
    if zone:
        body.append(TDS.TimeZone(TT.TZ(zone)))
    if now:
        # Rounded: the device starts its second at 0 when it is told.
        moment = datetime.now(UTC) + timedelta(seconds=0.5)
        body.append(
            TDS.UTCDateTime(
                TT.Time(TT.Hour(str(moment.hour)), TT.Minute(str(moment.minute)), TT.Second(str(moment.second))),
                TT.Date(TT.Year(str(moment.year)), TT.Month(str(moment.month)), TT.Day(str(moment.day))),
            )
        )
    session.call("tds", body)


def _user(account: Account, level: str) -> etree._Element:
    return TDS.User(TT.Username(account.user), TT.Password(account.password), TT.UserLevel(level))


def _send_encoder(session: Session, there: Encoder, raw: etree._Element, target: EncoderTarget) -> None:
    if there.media == 1:
        body = TRT.SetVideoEncoderConfiguration(_configuration(NS["trt"], raw), TRT.ForcePersistence("true"))
        _fill1(body[0], target, there)
        session.call("trt", body)
    else:
        body = TR2.SetVideoEncoderConfiguration(_configuration(NS["tr2"], raw))
        _fill2(body[0], target, there)
        session.call("tr2", body)


def _configuration(namespace: str, raw: etree._Element) -> etree._Element:
    """A copy of what the device sent, under the name that a write has."""
    copy = etree.Element(f"{{{namespace}}}Configuration", attrib={str(k): str(v) for k, v in raw.attrib.items()}, nsmap={"tt": NS["tt"]})
    for child in raw:
        copy.append(etree.fromstring(etree.tostring(child)))
    return copy


def _fill1(raw: etree._Element, target: EncoderTarget, there: Encoder) -> None:
    _set(raw, "Encoding", target.codec.upper())
    _set(raw, "Resolution/Width", target.size[0])
    _set(raw, "Resolution/Height", target.size[1])
    _set(raw, "RateControl/FrameRateLimit", target.fps)
    _set(raw, "RateControl/EncodingInterval", 1)
    _set(raw, "RateControl/BitrateLimit", target.bitrate_kbps)
    _set(raw, "H264/GovLength", target.gov)
    if xmlsafe.find(raw, "H264/H264Profile") is None:
        allowed = there.options["h264"].profiles if "h264" in there.options else ()
        _set(raw, "H264/H264Profile", next((p for p in ("Main", "High", "Baseline") if p in allowed), "Main"))
    if (old := xmlsafe.find(raw, "MPEG4")) is not None:
        raw.remove(old)
    raw[:] = sorted(raw, key=lambda e: _ORDER.index(xmlsafe.local(e)) if xmlsafe.local(e) in _ORDER else len(_ORDER))


def _fill2(raw: etree._Element, target: EncoderTarget, there: Encoder) -> None:
    _set(raw, "Encoding", target.codec.upper())
    _set(raw, "Resolution/Width", target.size[0])
    _set(raw, "Resolution/Height", target.size[1])
    _set(raw, "RateControl/FrameRateLimit", target.fps)
    _set(raw, "RateControl/BitrateLimit", target.bitrate_kbps)
    raw.set("GovLength", str(target.gov))
    allowed = there.options[target.codec].profiles if target.codec in there.options else ()
    if allowed and raw.get("Profile") not in allowed:
        raw.set("Profile", "Main" if "Main" in allowed else allowed[0])


def _set(element: etree._Element, path: str, value: object) -> None:
    """Set the text at `path`, making what is missing in the schema's namespace."""
    for name in path.split("/"):
        child = xmlsafe.find(element, name)
        if child is None:
            child = etree.SubElement(element, f"{{{NS['tt']}}}{name}")
        element = child
    element.text = str(value)
