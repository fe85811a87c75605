"""What hangs on what: cameras on a recorder's channels and on a switch's ports."""

from collections.abc import Iterator

from province.fault import Fault
from province.model.book import Book, Sheet, get, items, parsed, text
from province.source import Key
from province.text import Text

LAST_SLOT = 126
_YES = frozenset({"true", "yes", "on", "y", "t", "1"})
_ENDS = ("camera", "recorder", "uplink", "box")


def recorders(book: Book) -> Iterator[Fault]:
    """Each camera on at most one recorder, on a channel of its own that the recorder has; all of them where recorders record."""
    for sheet in book.sheets:
        cameras = _slots(sheet, "cameras")
        if cameras is None:
            continue
        taken: dict[int, str] = {}
        for index, recorder in items(sheet.raw, "recorders"):
            listed = get(recorder, "cameras")
            chosen = _chosen(sheet, index, cameras) if isinstance(listed, list) else list(cameras.items())
            yield from _unknown(sheet, index, cameras)
            for slot, _ in chosen:
                if slot in taken:
                    yield sheet.fault(("recorders", index, "cameras"), _TWO_RECORDERS.format(slot=slot, place=taken[slot]))
                taken.setdefault(slot, text(recorder, "place") or f"recorders[{index + 1}]")
            yield from _channels(sheet, recorder, chosen)
        if text(sheet.raw, "recording", "by") == "recorder":
            if not get(sheet.raw, "recorders"):
                yield sheet.fault(("recording", "by"), _NO_RECORDER)
            else:
                for slot, index in cameras.items():
                    if slot not in taken:
                        yield sheet.fault(("cameras", index, "slot"), _UNRECORDED.format(slot=slot))


def switches(book: Book) -> Iterator[Fault]:
    """Ports lead to one known thing each, a camera has one port, and one port leads back to the box."""
    for sheet in book.sheets:
        known = {"camera": _slots(sheet, "cameras"), "recorder": _slots(sheet, "recorders")}
        first: dict[tuple[str, int], str] = {}
        for index, switch in items(sheet.raw, "switches"):
            names: set[str] = set()
            ways_back = 0
            for nth, port in items(switch, "ports"):
                key: Key = ("switches", index, "ports", nth)
                name = text(port, "name") or "?"
                if name in names:
                    yield sheet.fault((*key, "name"), _PORT_TWICE.format(name=name))
                names.add(name)
                ends = [end for end in _ENDS if get(port, end) is not None and (end in known or (text(port, end) or "").lower() in _YES)]
                if len(ends) != 1:
                    yield sheet.fault(key, _ONE_END.format(name=name))
                ways_back += "uplink" in ends or "box" in ends
                for kind in known:
                    slot = parsed(int, port, kind)
                    there = known[kind]
                    if slot is None or there is None:
                        continue
                    if slot not in there:
                        yield sheet.fault((*key, kind), _NO_SUCH[kind].format(slot=slot))
                    elif (kind, slot) in first:
                        yield sheet.fault((*key, kind), _TWO_PORTS.format(slot=slot, name=first[kind, slot]))
                    first.setdefault((kind, slot), name)
            if names and not ways_back:
                yield sheet.fault(("switches", index, "ports"), _CUT_OFF)


def _slots(sheet: Sheet, kind: str) -> dict[int, int] | None:
    """slot -> index in the list; None where a slot is missing, there twice or none at all: that is told already, and enough."""
    listed = get(sheet.raw, kind)
    if listed is None:
        return {}
    found = [(parsed(int, each, "slot"), index) for index, each in items(sheet.raw, kind)]
    slots = {slot: index for slot, index in found if slot is not None and 1 <= slot <= LAST_SLOT}
    return slots if isinstance(listed, list) and len(slots) == len(listed) else None


def _chosen(sheet: Sheet, index: int, cameras: dict[int, int]) -> list[tuple[int, int]]:
    listed = get(sheet.raw, "recorders", index, "cameras")
    slots = (parsed(int, sheet.raw, "recorders", index, "cameras", nth) for nth in range(len(listed)))
    return [(slot, cameras[slot]) for slot in slots if slot in cameras]


def _unknown(sheet: Sheet, index: int, cameras: dict[int, int]) -> Iterator[Fault]:
    listed = get(sheet.raw, "recorders", index, "cameras")
    for nth in range(len(listed) if isinstance(listed, list) else 0):
        key: Key = ("recorders", index, "cameras", nth)
        slot = parsed(int, sheet.raw, *key)
        if slot is not None and slot not in cameras:
            yield sheet.fault(key, _NO_SUCH["camera"].format(slot=slot))


def _channels(sheet: Sheet, recorder: dict[str, object], chosen: list[tuple[int, int]]) -> Iterator[Fault]:
    there = parsed(int, recorder, "channels")
    first: dict[int, int] = {}
    for slot, index in chosen:
        own = parsed(int, sheet.raw, "cameras", index, "channel")
        channel, key = own or slot, ("cameras", index, "channel" if own else "slot")
        if there is not None and channel > there:
            yield sheet.fault(key, _BEYOND.format(channel=channel, channels=there, place=text(recorder, "place") or ""))
        if channel in first:
            yield sheet.fault(key, _CHANNEL_TWICE.format(channel=channel, slot=first[channel]))
        first.setdefault(channel, slot)


_NO_RECORDER = Text(
    "`by: recorder` nhưng cơ sở không có đầu ghi nào: khai ở `recorders`, hoặc ghi `by: box`",
    "`by: recorder`, and the facility has no recorder: list one under `recorders`, or write `by: box`",
)
_UNRECORDED = Text(
    "camera {slot} không có trong `cameras` của đầu ghi nào, nên không được ghi hình: thêm vào một đầu ghi",
    "camera {slot} is in no recorder's `cameras`, so nothing would record it: add it to one",
)
_TWO_RECORDERS = Text(
    "camera {slot} đã vào đầu ghi “{place}”: mỗi camera một đầu ghi; liệt kê `cameras` cho từng đầu ghi",
    "camera {slot} is on the recorder “{place}” already: one recorder each; list each recorder's `cameras`",
)
_BEYOND = Text(
    "kênh {channel} vượt quá {channels} kênh của đầu ghi “{place}”: ghi `channel` cho camera, hoặc chia camera theo đầu ghi",
    "channel {channel} is beyond the {channels} of the recorder “{place}”: give the camera a `channel`, or share cameras among recorders",
)
_CHANNEL_TWICE = Text(
    "kênh {channel} của đầu ghi đã là của camera {slot}: ghi `channel` khác",
    "the recorder's channel {channel} is camera {slot}'s: choose another",
)
_NO_SUCH = {
    "camera": Text("cơ sở không có camera ở vị trí {slot}", "the facility has no camera in slot {slot}"),
    "recorder": Text("cơ sở không có đầu ghi ở vị trí {slot}", "the facility has no recorder in slot {slot}"),
}
_PORT_TWICE = Text("cổng “{name}” đã có ở trên", "port “{name}” stands above already")
_TWO_PORTS = Text("thiết bị {slot} đã ở cổng “{name}”: mỗi thiết bị một cổng", "device {slot} is on port “{name}” already: one port each")
_ONE_END = Text(
    "cổng “{name}” cần đúng một trong `camera`, `recorder`, `uplink`, `box`",
    "port “{name}” needs one of `camera`, `recorder`, `uplink`, `box`",
)
_CUT_OFF = Text(
    "không cổng nào là `box` hoặc `uplink`: cổng không khai sẽ bị tắt, nên sẽ mất liên lạc với bộ chuyển mạch này",
    "no port is `box` or `uplink`: ports that aren't listed are switched off, so the switch would be out of reach",
)
