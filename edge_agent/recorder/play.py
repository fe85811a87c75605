"""`edge-agent recordings play SLOT --from --to -o FILE.mkv`: borrows the segments at the door, makes one file of them."""

import argparse
import json
import os
import resource
from datetime import datetime
from pathlib import Path

from edge_agent.contract.recordings import MissingSpan, PlayedFile
from edge_agent.recorder import footage_service, matroska, playout, reading, times
from edge_agent.recorder.footage_service import Footage, FootageSegment
from edge_agent.recorder.playout import Piece
from edge_agent.recorder.reading import Problem
from edge_agent.recorder.status import iso
from edge_agent.recorder.texts import SAYS, WHY


def command(options: argparse.Namespace) -> int:
    """0: made, every second of it there; 1: nothing to make it of, or something is missing in it; 2: usage, or not let in."""
    start, end = reading.period(options)
    if end - start > footage_service.LONGEST_S:
        example = datetime.fromtimestamp(start + 86400, times.VIETNAM).strftime("%Y-%m-%dT%H:%M")
        raise Problem("too_long", hours=f"{footage_service.LONGEST_S / 3600:.0f}", example=example)
    target = _target(options.output)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    answer, handles = _borrowed(options, start, end)
    try:
        pieces = [piece for row, handle in zip(answer["segments"], handles, strict=True) if (piece := _piece(row, handle))]
        if not pieces:
            raise Problem("nothing_here", 1, slot=options.slot, start=times.local(start), end=times.local(end))
        files = [_write(options, answer, part, start, end, target, n) for n, part in enumerate(playout.parts(pieces))]
    except playout.PlayoutError as error:
        raise Problem("broken", 1, said=str(error)) from error
    except OSError as error:
        raise Problem("broken", 1, said=f"{error.filename or target}: {error.strerror}") from error
    finally:
        for handle in handles:
            os.close(handle)
    missing = _missing(pieces, start, end)
    _print(options, files, missing)
    return 1 if missing else 0


def _target(path: Path) -> Path:
    """Where the file goes; Problem says what to write instead."""
    if path.suffix.lower() != ".mkv":
        raise Problem("not_mkv", path=path, example=path.with_suffix(".mkv"))
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise Problem("no_output", path=path, folder=path.parent)
    if path.exists():
        raise Problem("exists", path=path, example=path.with_stem(f"{path.stem}-2"))
    return path


def _borrowed(options: argparse.Namespace, start: float, end: float) -> tuple[Footage, list[int]]:
    try:
        return footage_service.borrow(options.place / "door.sock", options.slot, start, end)
    except footage_service.AccessRejected as refused:
        answer = refused.answer
        raise Problem(str(refused), user=answer.get("user"), group=answer.get("group")) from None
    except (OSError, ValueError):
        raise Problem("not_running") from None


def _piece(row: FootageSegment, handle: int) -> Piece | None:
    """None: nothing was in it yet."""
    found = matroska.read(Path(f"/proc/self/fd/{handle}"))
    if found is None:
        return None
    end = row["end"] if found.complete else min(row["end"], row["start"] + found.seconds)
    return Piece(row["start"], end, found.codec, handle)


def _write(
    options: argparse.Namespace, answer: Footage, part: list[Piece], start: float, end: float, target: Path, number: int
) -> PlayedFile:
    """One file; the second and later ones have a number."""
    path = target if number == 0 else target.with_stem(f"{target.stem}-{number + 1}")

    def label(at: float, until: float, shown: bool) -> str:
        period = f"{times.local(at)} - {times.local(until)}"
        if shown:
            return period
        why = next((gap["why"] for gap in answer["gaps"] if gap["start"] < until and gap["end"] > at), "unknown")
        return f"--- {SAYS['gap'].pick(options.lang)}: {period}: {WHY.get(why, WHY['unknown']).pick(options.lang)} ---"

    title = f"camera {options.slot}, {times.local(max(start, part[0].start))}"
    described = playout.metadata(part, start, end, title, label)
    playout.write(path, playout.script(part, start, end), described, [piece.handle for piece in part])
    found = list(playout.stretches(part, start, end))
    return {
        "path": str(path), "from": iso(found[0][0]), "to": iso(found[-1][1]), "bytes": path.stat().st_size,
        "seconds": round(sum(until - at for at, until, shown in found if shown), 1),
        "missing_s": round(sum(until - at for at, until, shown in found if not shown), 1),
    }  # fmt: skip


def _missing(pieces: list[Piece], start: float, end: float) -> list[MissingSpan]:
    """What was asked for and isn't there: before, between and after."""
    between = [(at, until) for at, until, shown in playout.stretches(pieces, start, end) if not shown]
    absent = [(start, pieces[0].start), *between, (pieces[-1].end, end)]
    return [{"from": iso(at), "to": iso(until), "seconds": round(until - at, 1)} for at, until in absent if until - at > playout.JOINT_S]


def _print(options: argparse.Namespace, files: list[PlayedFile], missing: list[MissingSpan]) -> None:
    if options.json:
        print(json.dumps({"schema": 1, "slot": options.slot, "files": files, "missing": missing}))
        return
    for one in files:
        values = {"start": times.local(times.parse(one["from"], 0)), "end": times.local(times.parse(one["to"], 0))}
        lasting = {"seconds": times.lasted(one["seconds"]), "missing": times.lasted(one["missing_s"])}
        print(SAYS["played"].format(path=one["path"], **values, **lasting).pick(options.lang))
    for row in missing:
        period = f"{times.local(times.parse(row['from'], 0))} - {times.local(times.parse(row['to'], 0))}"
        print(f"  {SAYS['gap'].pick(options.lang)}: {period} ({times.lasted(row['seconds'])})")
