"""Writing to a Dahua device, one function for each group of changes. Only keys that the device itself showed are written, as it
spells them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from edge_agent.contract.devices import DesiredDevice, DesiredEncoder
from edge_agent.devices import normalise
from edge_agent.devices.dahua import accounts, channels, network, picture, read, spellings
from edge_agent.devices.dahua.cgi import Cgi, RequestRejected
from edge_agent.devices.dahua.table import Step, Table
from edge_agent.devices.faults import BadAnswer, SettingNotKept
from edge_agent.devices.model import Change, Encoder, ObservedDevice, needed
from edge_agent.devices.planning import encoder_target


def clock(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The zone first, summer time off; then the time, which a device keeps as local time; then the server may have it."""
    fields = {c.field for c in changes}
    posix = desired.timezone if "clock.timezone" in fields else observed.clock.timezone
    if "clock.timezone" in fields:
        _zone(cgi, needed(desired.timezone))
    if fields - {"clock.source"}:
        east = normalise.zone_minutes(posix)
        if east is None:
            east = normalise.zone_minutes(desired.timezone) or 0
        now = datetime.now(UTC) + timedelta(minutes=east, seconds=0.5)  # rounded: the second starts when it is told
        cgi.order("global.cgi", "setCurrentTime", {"time": now.strftime("%Y-%m-%d %H:%M:%S")})
    if "clock.source" in fields:
        cgi.write(_spelled(cgi.config("NTP"), {"NTP.Enable": True}))


def _zone(cgi: Cgi, posix: str) -> None:
    index = spellings.zone_index(posix)
    if index is None:
        raise SettingNotKept("clock.timezone", posix, "", "no such zone on these devices")
    ntp = cgi.config("NTP")
    try:
        locales = cgi.config("Locales")
    except RequestRejected:
        locales = Table({})
    table, section = (ntp, "NTP") if ntp.text("NTP", "TimeZone") is not None else (locales, "Locales")
    values: dict[str, object] = {table.spelled(section, "TimeZone") or "NTP.TimeZone": index}
    if locales.flag("Locales", "DSTEnable"):
        values[needed(locales.spelled("Locales", "DSTEnable"))] = False
    described = table.spelled(section, "TimeZoneDesc")
    named = spellings.ZONE_NAMES.get(spellings.ZONES[index])
    if described is None or named is None:
        cgi.write(values)
        return
    try:
        cgi.write({**values, described: named})
    except RequestRejected:  # it knows other names; the index is what counts
        cgi.write(values)


def ntp(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    table = cgi.config("NTP")
    values: dict[str, object] = {"NTP.Address": needed(desired.ntp)}
    if table.number("NTP", "Port") not in (None, 123):
        values["NTP.Port"] = 123
    cgi.write(_spelled(table, values))


def name(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    cgi.write({"General.MachineName": needed(desired.name)})


def osd(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The channel's title, and that it is blended into what is encoded."""
    cgi.write({"ChannelTitle[0].Name": needed(desired.osd).replace("\n", "|")})
    try:
        widgets = cgi.config("VideoWidget")
    except RequestRejected:
        return
    if widgets.flag("VideoWidget", 0, "ChannelTitle", "EncodeBlend") is False:
        cgi.write(_spelled(widgets, {"VideoWidget[0].ChannelTitle.EncodeBlend": True}))


def smart_codec(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    for config in picture.SMART:
        try:
            table = cgi.config(config)
        except RequestRejected:
            continue
        if table.flag(config, 0, "Enable"):
            cgi.write({needed(table.spelled(config, 0, "Enable")): False})


def encoder(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    _encoder(cgi, needed(observed.main), needed(desired.encoder))


def sub_encoder(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    _encoder(cgi, needed(observed.sub), needed(desired.sub_encoder))


def _encoder(cgi: Cgi, there: Encoder, desired: DesiredEncoder) -> None:
    """Width and height go with the "resolution" that newer firmware has beside them. What is refused is tried without one of the
    two, as Amcrest's take only the other, and without the rate, which has to suit the size: reading back sets it then."""
    target = encoder_target(there, desired)
    table = cgi.config("Encode")
    path: tuple[Step, ...] = ("Encode", 0, *picture.FORMATS[there.profile], "Video")
    width, height = target.size
    values: dict[str, object] = {"FPS": target.fps, "GOP": target.gov, "BitRate": target.bitrate_kbps}
    if there.codec != target.codec:
        values["Compression"] = {"h264": "H.264", "h265": "H.265", "jpeg": "MJPG"}.get(target.codec, target.codec)
    if (there.width, there.height) != target.size:
        values |= {"Width": width, "Height": height, "resolution": f"{width}x{height}"}
    known = {n: (key, value) for n, value in values.items() if (key := table.spelled(*path, n))}
    refusal: RequestRejected | None = None
    sizes = (("resolution",), ("Width", "Height")) if {"resolution", "Width"} <= known.keys() else ()
    for left_out in ((), *sizes, ("BitRate",)):
        try:
            cgi.write(dict(pair for n, pair in known.items() if n not in left_out))
        except RequestRejected as refused:
            refusal = refusal or refused
        else:
            return
    if refusal is not None:
        raise refusal


def audio(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    cgi.write(dict.fromkeys(picture.sounding(cgi.config("Encode")), False))


def services(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    for change in changes:
        for config in read.SERVICES[change.field.partition(".")[2]]:
            try:
                table = cgi.config(config)
            except RequestRejected:
                continue
            cgi.write(dict.fromkeys(read.switches_on(table), False))


def address(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    network.write(cgi, changes, desired)


def viewer(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    accounts.viewer(cgi, observed, desired)


def admin(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    accounts.admin(cgi, observed, desired)


def channel(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    channels.write(cgi, _number(changes), changes, desired)


def recording(cgi: Cgi, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    channels.record_always(cgi, _number(changes))


def _number(changes: list[Change]) -> int:
    """The channel that a group is about: 3 of "channel.3"."""
    return int(changes[0].group.partition(".")[2])


Writer = Callable[[Cgi, list[Change], ObservedDevice, DesiredDevice], None]
WRITERS: dict[str, Writer] = {
    "clock": clock,
    "ntp": ntp,
    "name": name,
    "osd": osd,
    "smart_codec": smart_codec,
    "encoder": encoder,
    "sub_encoder": sub_encoder,
    "audio": audio,
    "services": services,
    "network": address,
    "viewer": viewer,
    "admin": admin,
    "channel": channel,
    "recording": recording,
}
"""By `Change.group` ("channel.3", "recording.3": the part before the point); `plan` gives the order."""


def write(cgi: Cgi, group: str, changes: list[Change], observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Make the changes of one group. Raises SettingNotKept when the device refuses them, NoPermission, Unreachable."""
    try:
        WRITERS[group.partition(".")[0]](cgi, changes, observed, desired)
    except (RequestRejected, BadAnswer) as refused:
        fields, sent, there = (", ".join(str(getattr(c, a)) for c in changes) for a in ("field", "after", "before"))
        raise SettingNotKept(fields, sent, there, str(refused)) from refused


def _spelled(table: Table, values: dict[str, object]) -> dict[str, object]:
    """`values` by the device's own spelling of their keys, where it showed them."""
    spelled = {key.lower(): key for _, key, _ in table.items()}
    return {spelled.get(key.lower(), key): value for key, value in values.items()}
