"""What differs between a Dahua device and what is wanted of it. Pure: no device, no clock, no file."""

from edge_agent.contract.devices import DesiredDevice, DesiredEncoder
from edge_agent.contract.text import Text
from edge_agent.devices import planning
from edge_agent.devices.dahua import channels
from edge_agent.devices.dahua.spellings import VIEWER_LEVEL
from edge_agent.devices.model import Change, Encoder, ObservedDevice, Problem


def plan(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """The changes that turn `observed` into `desired`, in the order in which they are made: smart codecs go before the encoder,
    whose rate and keyframes they hold; services come late, because devices restart their web server after them; the account in use
    comes last but for the address. Nothing differs: empty."""
    return [
        *planning.clock(observed, desired),
        *_name(observed, desired),
        *(_picture(observed, desired) if desired.kind == "camera" else channels.plan(observed, desired)),
        *planning.viewer(observed, desired, VIEWER_LEVEL),
        *planning.services(observed, desired),
        *planning.admin(observed, desired),
        *planning.network(observed, desired),
    ]


def shortfalls(observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
    """Where the device's own limits keep it from the wanted."""
    if desired.kind == "recorder":
        return channels.shortfalls(observed, desired)
    found: list[Problem] = []
    if not any(p.field == "encoder" for p in observed.problems):
        found += planning.encoder_shortfalls(observed.main, desired.encoder)
        found += planning.encoder_shortfalls(observed.sub, desired.sub_encoder, "sub_encoder")
    if desired.discovery is not None:
        detail = Text("CGI của Dahua không có cài đặt dò tìm", "Dahua's CGI has no setting for discovery")
        found.append(Problem("unsupported", "discovery", detail))
    return found


def _name(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    if desired.name is None or observed.title is None or observed.title == desired.name:
        return []
    return [Change("name", "name", observed.title or None, desired.name)]


def _picture(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    return [
        *planning.osd(observed, desired),
        *planning.smart_codec(observed, desired),
        *_encoder(observed.main, desired.encoder, "encoder"),
        *_encoder(observed.sub, desired.sub_encoder, "sub_encoder"),
        *planning.audio(observed, desired),
    ]


def _encoder(there: Encoder | None, desired: DesiredEncoder | None, group: str) -> list[Change]:
    """What the device doesn't tell isn't set: it couldn't be read back."""
    untold = {"size"} if there is not None and not there.width else set()
    return [c for c in planning.encoder(there, desired, group) if c.before is not None and c.field.partition(".")[2] not in untold]
