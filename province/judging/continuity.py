"""Rules over time, from the history that the hub keeps. Only whole days (Vietnam's) count, and only those that are over.

A day that was surely below decides at once. A facility (or a camera) younger than the days asked for is otherwise *pending*:
unknown, because the time has not gone by. Time that nobody knows of is never good; where it would decide, the check is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from province.judging.case import NOT_RUN, Case, Finding, judged, unknown
from province.measure.evidence import Failed, Share
from province.text import Text

NO_HISTORY = Failed(ok=False, reason="no_history")


def continuous_operation(case: Case) -> Finding:
    history = case.evidence.get("history") or NOT_RUN
    if not history["ok"]:
        return unknown(case, history, _expected(case))
    shares = history["cameras"].get(str(case.device.slot))
    if shares is None:
        return _pending(case, 0) if _young(case, len(history["days"])) else unknown(case, NO_HISTORY, _expected(case))
    return _over_days(case, history["days"], shares)


def connection_held(case: Case) -> Finding:
    history = case.evidence.get("history") or NOT_RUN
    if not history["ok"]:
        return unknown(case, history, _expected(case))
    return _over_days(case, history["days"], history["link"])


def silences(case: Case) -> Finding:
    history, days = case.evidence.get("history") or NOT_RUN, int(case.want("days", 7))
    expected = {"silent_s": case.want("silent_s", 60), "days": days, "times": case.want("times", 0)}
    if not history["ok"]:
        return unknown(case, history, expected)
    told = history["silences"]
    times, longest, counted = told["times"], told["longest_s"], len(history["days"])
    says = Text("không lần nào", "none")
    if times:
        says = Text(f"{times} lần, lâu nhất {_lasted(longest).vi}", f"{times} times, the longest {_lasted(longest).en}")
    measured = {**told, "days": counted}
    if counted < days:
        return replace(_pending(case, counted, says if times else None), measured=measured, expected=expected)
    return judged(times <= expected["times"], measured, expected, says)


@dataclass(frozen=True)
class _Day:
    day: str
    surely: float
    at_most: float


def _over_days(case: Case, days: Sequence[str], shares: Sequence[Share | None]) -> Finding:
    """`shares` beside `days`, oldest first; None: this camera was not there yet on that day."""
    least, expected = float(case.want("share", 1.0)), _expected(case)
    known = [_Day(day, *share) for day, share in zip(days, shares, strict=True) if share is not None]
    low = [each for each in known if each.at_most < least]
    measured: dict[str, object] = {"days": len(known), "worst": None}
    if known:
        worst = min(low or known, key=lambda each: each.at_most if low else each.surely)
        measured["worst"] = {"day": worst.day, "share": worst.surely, "share_at_most": worst.at_most}
        on = date.fromisoformat(worst.day).strftime("%d/%m/%Y")
    if low:
        says = Text(f"ngày {on}: nhiều nhất {_percent(worst.at_most, ',')} %", f"{on}: at most {_percent(worst.at_most, '.')} %")
        more = Text(f"; {len(low)} ngày dưới ngưỡng", f"; {len(low)} days below")
        return judged(False, measured, expected, Text(says.vi + more.vi, says.en + more.en) if len(low) > 1 else says)
    if _young(case, len(known)):
        return replace(_pending(case, len(known)), measured=measured)
    if worst.surely < least:
        says = Text(
            f"ngày {on}: không ai biết {_percent(worst.at_most - worst.surely, ',')} % thời gian",
            f"{on}: of {_percent(worst.at_most - worst.surely, '.')} % of the time nobody knows",
        )
        return Finding("unknown", measured, expected, says, hint=case.check.hint)
    says = Text(
        f"{len(known)} ngày, thấp nhất {_percent(worst.surely, ',')} % ({on})",
        f"{len(known)} days, lowest {_percent(worst.surely, '.')} % ({on})",
    )
    return judged(True, measured, expected, says)


def _expected(case: Case) -> dict[str, float]:
    return {"share": case.want("share", 1.0), "days": case.want("days", 7)}


def _young(case: Case, days: int) -> bool:
    return days < int(case.want("days", 7))


def _pending(case: Case, days: int, so_far: Text | None = None) -> Finding:
    expected = int(case.want("days", 7))
    says = Text(f"chưa đủ dữ liệu: mới có {days} trên {expected} ngày trọn", f"not enough data yet: {days} of {expected} whole days")
    if so_far:
        says = Text(f"{says.vi}; đến nay {so_far.vi}", f"{says.en}; so far {so_far.en}")
    hint = Text(f"Đo lại khi đủ {expected} ngày.", f"Verify again after {expected} days.")
    return Finding("unknown", {"days": days}, _expected(case), says, hint=hint, pending=True)


def _percent(share: float, comma: str) -> str:
    """Never rounded up to what it is not: 99.4999 % is 99.49 %."""
    return f"{int(share * 10000 + 1e-6) / 100:.2f}".replace(".", comma)


def _lasted(seconds: float) -> Text:
    minutes = round(seconds / 60)
    if seconds < 120:
        return Text(f"{seconds:.0f} giây", f"{seconds:.0f} s")
    return (
        Text(f"{minutes} phút", f"{minutes} min")
        if minutes < 120
        else Text(f"{minutes / 60:.1f} giờ".replace(".", ","), f"{minutes / 60:.1f} h")
    )
