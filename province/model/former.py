"""Keys that an earlier version had: taken still, each with a note of what to write instead."""

from collections.abc import Iterator
from typing import Any

from province.fault import Fault
from province.model.book import dotted, get
from province.source import Key, Source
from province.text import Text

TOPOLOGY = {1: "flat", 2: "routed"}
"""What `lan.topology` was until 0.2: `lan.arms`, the ports of the box that were in use."""


def taken(source: Source, place: Key, name: str) -> Iterator[tuple[bool, Fault]]:
    """Give the record at `place` today's keys, in `source` itself: (whether that could be done, what to write).

    name: what people call the record, before its fields.
    """
    lan = get(source.data, *place, "lan")
    if not isinstance(lan, dict) or lan.get("arms") is None:
        return
    key: Key = ("lan", "arms")
    arms, line = lan.pop("arms"), source.line((*place, *key))
    topology = _topology(arms)
    if topology is None:
        yield False, Fault(source.file, line, dotted(name, key), _NO_ARMS.format(arms=arms))
    elif "topology" in lan:
        yield True, Fault(source.file, line, dotted(name, key), _BOTH)
    else:
        lan["topology"] = topology
        source.lines[*place, "lan", "topology"] = line
        yield True, Fault(source.file, line, dotted(name, key), _FORMER.format(arms=arms, topology=topology))


def _topology(arms: Any) -> str | None:
    try:
        return TOPOLOGY.get(int(arms))
    except (TypeError, ValueError):
        return None


_FORMER = Text(
    "`arms: {arms}` là cách ghi cũ, vẫn dùng được: nên ghi `topology: {topology}`",
    "`arms: {arms}` is the former spelling and still works: write `topology: {topology}`",
)
_BOTH = Text("`topology` đã nói rồi: hãy xoá `arms`", "`topology` says it already: remove `arms`")
_NO_ARMS = Text(
    "không có “{arms}”: thay `arms` bằng `topology: flat` (mạng phẳng) hoặc `topology: routed` (camera nằm sau thiết bị biên)",
    "there is no “{arms}”: in place of `arms` write `topology: flat` (one LAN) or `topology: routed` (cameras behind the box)",
)
