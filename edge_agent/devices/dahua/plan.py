"""What differs between a Dahua device and what is wanted of it. Pure: no device, no clock, no file."""

from edge_agent.contract.devices import Wanted, WantedEncoder
from edge_agent.contract.text import Text
from edge_agent.devices import planning
from edge_agent.devices.dahua import channels
from edge_agent.devices.dahua.words import VIEWER_LEVEL
from edge_agent.devices.model import Change, Current, Encoder, Problem


def plan(current: Current, wanted: Wanted) -> list[Change]:
    """The changes that turn `current` into `wanted`, in the order in which they are made: smart codecs go before the encoder,
    whose rate and keyframes they hold; the account in use comes last but for the address. Nothing differs: empty."""
    return [
        *planning.clock(current, wanted),
        *_name(current, wanted),
        *(_picture(current, wanted) if wanted.kind == "camera" else channels.plan(current, wanted)),
        *planning.services(current, wanted),
        *planning.viewer(current, wanted, VIEWER_LEVEL),
        *planning.admin(current, wanted),
        *planning.network(current, wanted),
    ]


def shortfalls(current: Current, wanted: Wanted) -> list[Problem]:
    """Where the device's own limits keep it from the wanted."""
    if wanted.kind == "recorder":
        return channels.shortfalls(current, wanted)
    found: list[Problem] = []
    if not any(p.field == "encoder" for p in current.problems):
        found += planning.encoder_shortfalls(current.main, wanted.encoder)
        found += planning.encoder_shortfalls(current.sub, wanted.sub_encoder, "sub_encoder")
    if wanted.discovery is not None:
        detail = Text("CGI của Dahua không có cài đặt dò tìm", "Dahua's CGI has no setting for discovery")
        found.append(Problem("unsupported", "discovery", detail))
    return found


def _name(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.name is None or current.title is None or current.title == wanted.name:
        return []
    return [Change("name", "name", current.title or None, wanted.name)]


def _picture(current: Current, wanted: Wanted) -> list[Change]:
    return [
        *planning.osd(current, wanted),
        *planning.smart_codec(current, wanted),
        *_encoder(current.main, wanted.encoder, "encoder"),
        *_encoder(current.sub, wanted.sub_encoder, "sub_encoder"),
        *planning.audio(current, wanted),
    ]


def _encoder(there: Encoder | None, wanted: WantedEncoder | None, group: str) -> list[Change]:
    """What the device doesn't tell isn't set: it couldn't be read back."""
    untold = {"size"} if there is not None and not there.width else set()
    return [c for c in planning.encoder(there, wanted, group) if c.before is not None and c.field.partition(".")[2] not in untold]
