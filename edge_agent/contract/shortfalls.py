"""What a device can't reach: in the same words by a rollout that plans it and by a verdict that finds it."""

from collections.abc import Iterable

from edge_agent.contract.text import Text

TOO_SMALL = Text("hình lớn nhất gần {asked} là {size}", "the nearest picture to {asked} is {size}")
DELETED = Text("đầu ghi xoá sau {days} ngày, cần {asked}", "deleted after {days} days, {asked} are wanted")
ROOM = Text("đủ chỗ cho khoảng {days} ngày", "room for about {days} days")
TOO_LITTLE_ROOM = Text("đủ chỗ cho khoảng {days} ngày, cần {asked}", "room for about {days} days, {asked} are wanted")
ROOM_NOT_TOLD = Text(
    "đầu ghi không cho biết dung lượng ổ đĩa, nên chưa biết có giữ được {asked} ngày không",
    "the recorder does not tell how large its disks are: whether it can keep {asked} days is not known",
)
WRITTEN = ("ok", "full", None)
"""States of a disk that footage goes to (None: not told); a full one is overwritten."""


def room(disks: Iterable[tuple[str | None, int | None]], kbps: float) -> float | None:
    """For how many days disks, each (state, size in MB), hold so many kbit/s; None where no size is told, or nothing is recorded."""
    sizes = [size for state, size in disks if state in WRITTEN and size]
    return sum(sizes) * 8000 / kbps / 86400 if sizes and kbps > 0 else None


def days_of_room(days: float, asked: float) -> Text:
    """What is said of so many days' room where `asked` are wanted."""
    if days >= asked:
        return ROOM.format(days=f"{days:.0f}")
    return TOO_LITTLE_ROOM.format(days=f"{int(days)}", asked=f"{asked:g}")
