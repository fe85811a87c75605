"""What goes first: pure decisions over rows, oldest recorded first. A segment being written has no row, so it can't go."""

from collections.abc import Iterable, Sequence

from edge_agent.recorder.index import Segment

FUTURE_S = 3600.0


def expired(oldest: Sequence[Segment], now: float, days: float, recorded: Sequence[int]) -> list[Segment]:
    """Of one camera's first segments, in the order of recording, those that are past their days; stops at the first that isn't.

    A date counts only if the clock was synchronised then and it doesn't lie in the future: else a segment is as old as
    the next one that counts, and stays when there is none. So neither a clock that was wrong nor one that is set can
    make fresh footage old. Nor can one that is wrong and says that it is right: of the days on which anything was `recorded`
    (since 1970, UTC, rising) the newest `days` stay, so that a clock that jumps ahead costs a day of footage for each day
    that is recorded, which is what goes anyway.
    """
    whole = int(days)
    stays_from = float("inf") if whole == 0 else recorded[-whole] * 86400.0 if len(recorded) >= whole else float("-inf")
    going: list[Segment] = []
    undated: list[Segment] = []
    for segment in oldest:
        if not segment.dated or segment.end > now + FUTURE_S:
            undated.append(segment)
        elif now - segment.end > days * 86400 and segment.end <= stays_from:
            going += [*undated, segment]
            undated = []
        else:
            break
    return going


def crowded_out(first: Iterable[Segment], wanted_bytes: int, spared_from: int) -> list[Segment]:
    """The first recorded of all cameras, as many as give `wanted_bytes`: each camera keeps the same days, however big its
    stream is, and one that is down keeps what it has until its turn comes. From the id `spared_from` on they stay: when the
    newest are all that is left, it is something else that fills the disk."""
    going: list[Segment] = []
    for segment in first:
        if wanted_bytes <= 0 or segment.id >= spared_from:
            break
        going.append(segment)
        wanted_bytes -= segment.bytes
    return going
