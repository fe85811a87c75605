"""What goes first: pure decisions over rows, oldest recorded first. A segment being written has no row, so it can't go."""

from collections.abc import Iterable, Sequence

from edge_agent.recorder.index import Segment

FUTURE_S = 3600.0


def expired(oldest: Sequence[Segment], now: float, days: float) -> list[Segment]:
    """Of one camera's first segments, in the order of recording, those that are past their days; stops at the first that isn't.

    A date counts only if the clock was synchronised then and it doesn't lie in the future: else a segment is as old as
    the next one that counts, and stays when there is none. So neither a clock that was wrong nor one that is set can
    make fresh footage old.
    """
    going: list[Segment] = []
    undated: list[Segment] = []
    for segment in oldest:
        if not segment.dated or segment.end > now + FUTURE_S:
            undated.append(segment)
        elif now - segment.end > days * 86400:
            going += [*undated, segment]
            undated = []
        else:
            break
    return going


def crowded_out(first: Iterable[Segment], wanted_bytes: int, now: float, keep_last_s: float) -> list[Segment]:
    """The first recorded of all cameras, as many as give `wanted_bytes`: each camera keeps the same days, however big its
    stream is, and one that is down keeps what it has until its turn comes. The newest `keep_last_s` stay: when they are all
    that is left, it is something else that fills the disk."""
    going: list[Segment] = []
    for segment in first:
        if wanted_bytes <= 0 or 0 <= now - segment.end < keep_last_s:
            break
        going.append(segment)
        wanted_bytes -= segment.bytes
    return going
