"""`edge-agent recordings list|play|gaps|status`: the footage of this box, for an engineer and for the verifier.

Exit codes: 0 done; 1 something is missing or not well (no footage there, a gap, a camera that isn't recorded); 2 usage, not
allowed, or no recorder.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from edge_agent.contract.recordings import RecordedCamera, RecordedDay, RecordedSpan, RecorderStatus, RecordingGap
from edge_agent.contract.text import Lang, default_lang, here
from edge_agent.recorder import play, reading, settings, times
from edge_agent.recorder.reading import Problem
from edge_agent.recorder.status import gap as gap_row
from edge_agent.recorder.status import iso
from edge_agent.recorder.texts import DISK, DISK_STATE, SAYS, STATE, reason


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        return int(options.run(options))
    except Problem as problem:
        print(f"edge-agent recordings {options.action}: {problem.text.pick(options.lang)}", file=sys.stderr)
        return problem.code
    except BrokenPipeError:
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="edge-agent recordings", description=here("Hình đã ghi trên thiết bị biên này.", "What this box has recorded.")
    )
    top.add_argument("--state", type=Path, default=settings.STATE, help=argparse.SUPPRESS)
    top.add_argument("--run", dest="place", type=Path, default=settings.RUN, help=argparse.SUPPRESS)
    actions = top.add_subparsers(dest="action", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true")
    common.add_argument("--lang", choices=("vi", "en"), default=default_lang())
    slot = here("vị trí của camera", "the camera's slot")
    for name, run, about in (
        ("list", list_command, here("ngày và khoảng đã ghi", "days and stretches recorded")),
        ("gaps", gaps_command, here("những khoảng không có hình", "times without a picture")),
    ):
        action = actions.add_parser(name, parents=[common], help=about)
        action.add_argument("slot", type=int, nargs="?", help=slot)
        _period(action, required=False)
        action.set_defaults(run=run)
    playing = actions.add_parser(
        "play", parents=[common], help=here("xuất ra một tệp; mỗi lần đều ghi vào sổ", "put out as a file; each time is noted")
    )
    playing.add_argument("slot", type=int, help=slot)
    _period(playing, required=True)
    playing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mkv")
    playing.set_defaults(run=play.command)
    status = actions.add_parser("status", parents=[common], help=here("tình trạng ghi hình", "how the recording is"))
    status.set_defaults(run=status_command)
    return top


def _period(action: argparse.ArgumentParser, required: bool) -> None:
    for name, about in (("from", here("từ lúc", "from")), ("to", here("đến lúc", "until"))):
        action.add_argument(f"--{name}", dest=f"{name}_", metavar="TIME", required=required, help=f"{about}: {times.FORMS}")


def list_command(options: argparse.Namespace) -> int:
    """0: there is footage; 1: none."""
    start, end = reading.period(options)
    present = reading.present(options.place)
    with reading.index(options.state) as index:
        slots = reading.chosen(options.slot, index)
        found = {slot: _clipped(index.spans(slot, index.gap_s), start, end) for slot in slots}
    for slot, spans in found.items():
        _add_live(spans, present, slot, start, end)
    cameras: dict[str, RecordedCamera] = {
        str(slot): {"days": _days(spans), "spans": [_span(*span) for span in spans]} for slot, spans in found.items()
    }
    if options.json:
        print(json.dumps({"schema": 1, "cameras": cameras}))
    else:
        for slot, spans in found.items():
            for at, until, size in spans:
                print(f"{slot:>3}  {times.local(at)} - {times.local(until)}  {times.lasted(until - at):>10}  {size / 1e6:>10.1f} MB")
        if not any(found.values()):
            print(SAYS["nothing"].pick(options.lang))
    return 0 if any(found.values()) else 1


def _clipped(spans: list[tuple[float, float, int]], start: float, end: float) -> list[tuple[float, float, int]]:
    return [span for span in spans if span[0] < end and span[1] > start]


def _add_live(spans: list[tuple[float, float, int]], present: RecorderStatus | None, slot: int, start: float, end: float) -> None:
    """The segment being written is not in the index yet; the service says since when it is there."""
    camera = present["cameras"].get(str(slot)) if present else None
    live, now = camera["live_from"] if camera else None, time.time()
    if live is None or not (begin := times.parse(live, now)) < end or now <= start:
        return
    if spans and begin - spans[-1][1] <= 2.0:
        spans[-1] = (spans[-1][0], now, spans[-1][2])
    else:
        spans.append((begin, now, 0))


def _span(start: float, end: float, size: int) -> RecordedSpan:
    return {"from": iso(start), "to": iso(end), "seconds": round(end - start, 1), "bytes": size}


def _days(spans: list[tuple[float, float, int]]) -> list[RecordedDay]:
    """Seconds of footage on each day (the facility's), a stretch over midnight counted where it belongs."""
    seconds: dict[str, float] = {}
    for start, end, _ in spans:
        while start < end:
            until = min(end, times.next_day(start))
            seconds[times.day(start)] = seconds.get(times.day(start), 0.0) + until - start
            start = until
    return [{"day": day, "seconds": round(value, 1)} for day, value in sorted(seconds.items())]


def gaps_command(options: argparse.Namespace) -> int:
    """0: none; 1: there are gaps."""
    start, end = reading.period(options)
    present = reading.present(options.place)
    with reading.index(options.state) as index:
        slots = reading.chosen(options.slot, index)
        found = {slot: [gap_row(each) for each in index.gaps(slot, start, end)] for slot in slots}
    for slot, rows in found.items():
        camera = present["cameras"].get(str(slot)) if present else None
        shown = camera["gaps"] if camera else []
        rows += [row for row in shown[-1:] if row["from"] not in {each["from"] for each in rows} and _within(row, start, end)]
    if options.json:
        print(json.dumps({"schema": 1, "cameras": {str(slot): rows for slot, rows in found.items()}}))
    else:
        for slot, rows in found.items():
            for row in rows:
                print(f"{slot:>3}  {_camera_line(row, options.lang)}")
        if not any(found.values()):
            print(SAYS["no_gaps"].pick(options.lang))
    return 1 if any(found.values()) else 0


def _within(row: RecordingGap, start: float, end: float) -> bool:
    """The newest gap is in the index only once the segment after it has ended."""
    return times.parse(row["from"], 0) < end and times.parse(row["to"], 0) > start


def _camera_line(row: RecordingGap, lang: Lang) -> str:
    until = SAYS["now"].pick(lang) if row["open"] else times.local(times.parse(row["to"], 0))
    why = reason(row["why"], row["detail"]).pick(lang)
    return f"{times.local(times.parse(row['from'], 0))} - {until}  {times.lasted(row['seconds']):>10}  {why}"


def status_command(options: argparse.Namespace) -> int:
    """0: every camera is recorded and the disk is well; 1: not so; 2: the recorder doesn't run."""
    document = reading.present(options.place)
    if document is None:
        if options.json:
            print(json.dumps({"schema": 1, "running": False}))
        raise Problem("not_running")
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print("\n".join(_lines(document, options.lang)))
    if not document.get("running"):
        raise Problem("stale", seconds=round(document.get("age_s", 0.0)))
    well = document["disk"]["state"] == "ok" and all(one["state"] == "recording" for one in document["cameras"].values())
    return 0 if well else 1


def _lines(document: RecorderStatus, lang: Lang) -> list[str]:
    disk = document["disk"]
    holds = "?" if disk["holds_days"] is None else f"{disk['holds_days']:.1f}"
    detail = DISK[disk["detail"]].format(holds=holds, days=f"{document['days_desired']:g}").pick(lang)
    sizes = {"free": f"{disk['free_bytes'] / 1e9:.1f}", "total": f"{disk['total_bytes'] / 1e9:.1f}"}
    shown = [SAYS["disk"].format(path=disk["path"], state=DISK_STATE[disk["state"]].pick(lang), detail=detail, **sizes).pick(lang)]
    for slot, one in document["cameras"].items():
        kept = SAYS["holds"].format(days=f"{one['days_kept']:.1f}").pick(lang)
        gaps = SAYS["gap_count"].format(count=one["gaps_in_all"]).pick(lang)
        why = f"  {reason(one['why'], one['detail']).pick(lang)}" if one["why"] else ""
        shown.append(f"{slot:>3}  {one['name']:<24} {STATE[one['state']].pick(lang):<12}  {kept}, {gaps}{why}")
    return shown
