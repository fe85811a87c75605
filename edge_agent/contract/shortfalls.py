"""What a device can't reach: in the same words by a rollout that plans it and by a verdict that finds it."""

import math
from collections.abc import Iterable

from edge_agent.contract.text import Text

NO_CODEC = Text("không có H.264/H.265, chỉ có {offered}", "no H.264/H.265, only {offered}")
ALLOWS = Text("thiết bị chỉ cho phép {offered}, mong muốn {asked}", "the device allows {offered}, wanted {asked}")
TOO_HIGH = Text("hình thấp nhất cao {height} dòng, cần không quá {asked}", "its lowest picture has {height} lines, wanted at most {asked}")
TOO_SELDOM = Text(
    "khung hình chính cách nhau ít nhất {least} hình, cần không quá {asked}",
    "key frames at least {least} pictures apart, wanted at most {asked}",
)
TOO_SMALL = Text("hình lớn nhất gần {asked} là {size}", "the nearest picture to {asked} is {size}")
DELETED = Text("đầu ghi xoá sau {days} ngày, cần {asked}", "deleted after {days} days, {asked} are wanted")
ROOM = Text("đủ chỗ cho khoảng {days} ngày", "room for about {days} days")
TOO_LITTLE_ROOM = Text("đủ chỗ cho khoảng {days} ngày, cần {asked}", "room for about {days} days, {asked} are wanted")
ROOM_NOT_TOLD = Text(
    "đầu ghi không cho biết dung lượng ổ đĩa, nên chưa biết có giữ được {asked} ngày không",
    "the recorder does not tell how large its disks are: whether it can keep {asked} days is not known",
)
Size = tuple[int, int]
WRITTEN = ("ok", "full", None)
"""States of a disk that footage goes to (None: not told); a full one is overwritten."""


def codec_short(offered: Iterable[str], asked: str) -> Text | None:
    """What is said where none of a device's codecs is the one asked for; None: it is, or the device doesn't tell."""
    known = sorted(set(offered))
    if not known or asked in known:
        return None
    return (ALLOWS if {"h264", "h265"}.intersection(known) else NO_CODEC).format(offered=", ".join(known), asked=asked)


def nearest(sizes: Iterable[Size], asked: Size, most_height: int | None = None) -> Size:
    """At or above what is asked where there is such a picture, since the standard asks for "at least"; never above `most_height`
    where that can be. `asked` where no size is told."""
    width, height = asked

    def worse(size: Size) -> tuple[bool, bool, int, int]:
        is_high = most_height is not None and size[1] > most_height
        return is_high, size[0] < width or size[1] < height, abs(size[0] - width) + abs(size[1] - height), -size[0] * size[1]

    return min(sizes, key=worse, default=asked)


def frames(fps: int, keyframe_s: float) -> int:
    """Between two keyframes: not more than fit, since the standard asks for "at most"."""
    return max(1, math.floor(fps * keyframe_s + 1e-6))


def keyframes_short(least: int | None, fps: int, keyframe_s: float) -> Text | None:
    """What is said where a device's shortest distance between keyframes, in pictures, is too long; None: it isn't, or isn't told."""
    asked = frames(fps, keyframe_s)
    return TOO_SELDOM.format(least=least, asked=asked) if least is not None and least > asked else None


def height_short(sizes: Iterable[Size], asked: Size, most_height: int) -> Text | None:
    """What is said where even a device's lowest picture is higher than it may be; None: it isn't, or isn't told."""
    found = nearest(sizes, asked, most_height)
    return TOO_HIGH.format(height=found[1], asked=most_height) if found[1] > most_height else None


def size_short(sizes: Iterable[Size], asked: Size, most_height: int | None = None) -> Text | None:
    """What is said where a device has no picture as it is asked for; None: it has, or doesn't tell."""
    sizes = list(sizes)
    if most_height is not None and (short := height_short(sizes, asked, most_height)):
        return short
    found = nearest(sizes, asked, most_height)
    if found[0] < asked[0] or found[1] < asked[1]:
        return TOO_SMALL.format(asked=f"{asked[0]}x{asked[1]}", size=f"{found[0]}x{found[1]}")
    return None


def room(disks: Iterable[tuple[str | None, int | None]], kbps: float) -> float | None:
    """For how many days disks, each (state, size in MB), hold so many kbit/s; None where no size is told, or nothing is recorded."""
    sizes = [size for state, size in disks if state in WRITTEN and size]
    return sum(sizes) * 8000 / kbps / 86400 if sizes and kbps > 0 else None


def days_of_room(days: float, asked: float) -> Text:
    """What is said of so many days' room where `asked` are wanted."""
    if days >= asked:
        return ROOM.format(days=f"{days:.0f}")
    return TOO_LITTLE_ROOM.format(days=f"{int(days)}", asked=f"{asked:g}")
