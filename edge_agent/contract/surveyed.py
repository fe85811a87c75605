"""What `edge-agent survey` answers: who is on a facility's camera LAN, and what could be learnt of each. No secret is in it."""

from typing import Literal, NotRequired, TypedDict

from edge_agent.contract.results import WrittenChange


class AllowedRange(TypedDict):
    low: int
    high: int


class EncoderAllowed(TypedDict):
    """What a device allows for one codec; null where it doesn't say. `sizes`: [width, height]."""

    sizes: list[list[int]]
    fps: AllowedRange | None
    fps_list: list[int]
    gov: AllowedRange | None


class EncoderFound(TypedDict):
    """`options`: by codec."""

    options: dict[str, EncoderAllowed] | None


class StreamShape(TypedDict, total=False):
    """As it is set, or as it came: pixels, frames/s, kbit/s, seconds between keyframes; null: not known."""

    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    kbps: int | None
    keyframe_s: float | None


class StreamFound(StreamShape):
    """`configured`: as it is set; the rest as it came, where it was `ok`. `reason`: a code of edge_agent.contract.texts; `asked_login`:
    whether it wanted one."""

    configured: StreamShape
    ok: bool
    reason: str | None
    packets: NotRequired[int]
    asked_login: NotRequired[bool | None]


class IdentityFound(TypedDict):
    maker: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    mac: str | None


NoteFound = TypedDict("NoteFound", {"class": str, "field": str | None, "detail": dict[str, str]})
"""Something that a device didn't tell or allow."""

DeviceFound = TypedDict(
    "DeviceFound",
    {
        "slot": int | None,
        "kind": Literal["camera", "recorder"] | None,
        "address": str,
        "port": int | None,
        "mac": str | None,
        "listed_at": str | None,
        "open": list[int],
        "announced": bool,
        "scopes": list[str],
        "drivers": list[str],
        "driver": str | None,
        "identity": IdentityFound,
        "login": str | None,
        "login_tried": bool,
        "class": str | None,
        "old_firmware": bool,
        "reason": dict[str, str] | None,
        "hint": dict[str, str] | None,
        "until": str | None,
        "changes": list[WrittenChange],
        "notes": list[NoteFound],
        "services": dict[str, bool | str] | None,
        "encoders": list[EncoderFound] | None,
        "channels": int | None,
        "storage": list[object] | None,
        "streams": list[StreamFound],
    },
)
"""A device that answered. `slot`, `listed_at`: of the inventory, if that lists it; `open`: its ports; `announced`, `scopes`: what it said
of itself to all; `drivers`: those that fit it. `login`: which of the logins that we have it took; `class`, `reason`, `hint`: why it was
not read; `changes`: what a rollout would set; `channels`: how many a recorder has."""

SurveyAnswer = TypedDict(
    "SurveyAnswer",
    {
        "schema": int,
        "site": str,
        "lan": str,
        "from": str,
        "at": str,
        "seconds": float,
        "found": list[DeviceFound],
        "absent": list[int],
        "no_access": list[int],
    },
)
"""`from`: the address of who looked; `absent`: slots that the inventory lists and nobody answered for; `no_access`: not looked at."""
