"""What `edge-agent devices apply` says of each device, and how the office reads it.

A box says it twice: a `DeviceProgress` in a line of its own as it is done with the device, a `DeviceResult` in the document at the
end. The office says the same of a switch, which it drives itself.
"""

import re
from typing import Literal, NotRequired, TypedDict, final

from edge_agent.contract import typed
from edge_agent.contract.strict import Fields

DeviceStatus = Literal["ok", "changed", "failed", "no_access", "not_reached"]
"""The last one a box never says: it is behind a port that a check does not open (province.rollout.opened)."""
DeviceKind = Literal["camera", "recorder", "switch"]
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]{1,60}")
"""What a package's name looks like: whatever else a box says of itself reaches no terminal."""

WrittenChange = TypedDict("WrittenChange", {"field": str, "from": object, "to": object})
"""One setting that was changed, or would be; its values are the device's own, whatever they are."""

WrittenFailure = TypedDict(
    "WrittenFailure",
    {
        "class": str,
        "reason": dict[str, str],
        "hint": NotRequired[dict[str, str]],
        "field": NotRequired[str],
        "sent": NotRequired[object],
        "there": NotRequired[object],
    },
)
"""Why a device is not as wanted; `field`, `sent` and `there` of a setting that it did not keep."""

WrittenNote = TypedDict("WrittenNote", {"class": str, "field": str, "detail": dict[str, str]})
"""Something that the device didn't tell or allow, and is not by itself a failure."""

_OfDevice = TypedDict(
    "_OfDevice",
    {
        "slot": int,
        "kind": DeviceKind,
        "address": str | None,
        "name": str | None,
        "status": DeviceStatus,
        "class": str | None,
        "reason": dict[str, str] | None,
        "hint": dict[str, str] | None,
        "until": NotRequired[str | None],
        "seconds": float | None,
    },
)
"""`class`, `reason` and `hint` are of its first failure; `until`: when it may be logged in to again, if it is locked."""


@final
class DeviceProgress(_OfDevice):
    """A line for who watches: its changes are counted."""

    changes: int


@final
class DeviceResult(_OfDevice):
    """What became of a device. `admin_works`: whether it takes the desired administrator's password now, None where that isn't known."""

    changes: list[WrittenChange]
    failures: list[WrittenFailure]
    notes: list[WrittenNote | dict[str, str]]
    """A switch's are texts alone."""
    admin_works: bool | None


class Applied(TypedDict):
    """The document at the end: how many were changed, how many failed, and each device by its slot."""

    changed: int
    failed: int
    devices: list[DeviceResult]


@final
class Installing(TypedDict):
    """The packages that a box begins to install, which takes its time."""

    installing: list[str]


News = DeviceProgress | Installing
"""What a line tells while its command runs."""


def news(document: object) -> News:
    """Raises ContractError for what is neither."""
    if not isinstance(document, dict) or "installing" not in document:
        return typed.read(DeviceProgress, "device", document)
    listed = Fields("line", document).take("installing", list)
    return {"installing": [name for name in listed if isinstance(name, str) and _PACKAGE.fullmatch(name)]}


def counted(found: DeviceResult) -> DeviceProgress:
    """The line of a device that is done with, from all that is known of it."""
    return typed.read(DeviceProgress, "device", {**found, "changes": len(found["changes"])})
