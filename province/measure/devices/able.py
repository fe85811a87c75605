"""What a camera's streams can be set to, by the camera's own options. What isn't told is no lack."""

from collections.abc import Iterable

from province.measure.evidence import Able, Encoder
from province.measure.request import Least, SettingsTask

GOOD = ("h264", "h265")


def able(codecs: Iterable[str], sizes: Iterable[tuple[int, int]], rates: Iterable[int], govs: Iterable[int] = ()) -> Able:
    known = [list(size) for size in dict.fromkeys(sizes)]
    return {
        "codecs": sorted(set(codecs)) or None,
        "sizes": known or None,
        "most_fps": max(rates, default=None),
        "least_gov": min(govs, default=None),
    }


def suits(sub: Encoder | None, task: SettingsTask) -> bool:
    """Whether a sub stream is one that the task's {"sub": {"most_height", "any_of"}} asks for: then nobody asks what else it could be."""
    wanted = task.get("sub")
    return not sub or not wanted or (sub["codec"] in wanted["any_of"] and (sub["height"] or 0) <= wanted["most_height"])


def lacks(can: Able, least: Least) -> list[str]:
    """What it can't do at all: "codec" (no H.264 nor H.265), "size"."""
    if can["codecs"] and not set(GOOD) & set(can["codecs"]):
        return ["codec"]
    enough = [size for size in can["sizes"] or () if size[0] >= least.get("width", 0) and size[1] >= least.get("height", 0)]
    return ["size"] if can["sizes"] and not enough else []
