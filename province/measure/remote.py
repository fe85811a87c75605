"""ketnoi-measure: runs on the hub and at the centre, measures what it is told to, and says what it found.

stdin   {"schema": 1, "budget_s": 45, "bandwidth": {"total_kbps", "sites_kbps": {site: kbit/s}}, "tasks": [
            {"kind", "site", "camera": slot or null, "kbps"?, ...what the kind needs}]}
stdout  {"schema": 1, "results": [{"kind", "site", "camera", "found": {name: measurement}}]}
stderr  one JSON line for each finished task: {"kind", "site", "camera", "ok"}
A task about a recorder or a switch names it (`recorder`: "R20", `switch`: "S30"), and so do its result and its line.

Kinds: `tunnel`, `box` (ssh, ports), `settings` (clock, settings, factory_login), `recorder` (clock, storage, recordings of
its cameras), `switch` (reach), `footage` (a file in base64, decoded), `stream` (one stream, named `as`, and whether it asks
for a login; `brief`: only whether it plays). Where a site has a `tunnel` task all its others wait for it, none is tried
through a dead one.
Logins come on stdin and stay in this process. Tasks are side by side, as far as the bandwidth goes that streams may take
(province.measure.budget); nothing takes longer than the budget; a task that breaks or hangs costs only itself. Exit 0 when it
measured, 2 when the request can't be read.
"""

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import assert_never

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError
from province.measure import boxes
from province.measure.budget import Budget, Schedule
from province.measure.devices import readers
from province.measure.devices.logins import Ledger
from province.measure.evidence import CameraReading, Measurement, failed
from province.measure.request import (
    Answer,
    AnyTask,
    BoxTask,
    Line,
    ReceivedRequest,
    ReceivedTask,
    RecorderTask,
    Request,
    Result,
    SettingsTask,
    StreamTask,
    Subject,
    Task,
)
from province.measure.result import LONGEST, clean
from province.measure.streams import rtsp

Found = dict[str, Measurement]
Progress = Callable[[Task, Found], None]

WORKERS = 64
KINDS: Mapping[str, tuple[str, ...]] = {
    "tunnel": ("tunnel",),
    "box": ("ssh", "ports"),
    "settings": ("clock", "settings", "factory_login"),
    "recorder": ("clock", "storage", "recordings"),
    "switch": ("reach",),
    "footage": ("footage",),
    "stream": (),
}
"""Task kind -> the measurements that it gives. A stream's are named by the task."""


def measure(request: Request, progress: Progress, ledger: Ledger | None = None) -> Answer:
    """Do all tasks of a request; the document for stdout. Tasks that the budget cut off are `not_run`."""
    deadline = time.monotonic() + request.get("budget_s", 45)
    tasks: list[Task] = sorted(request["tasks"], key=lambda each: (each["kind"] != "tunnel", each.get("camera") or 0))
    ledger = ledger or Ledger()
    schedule = Schedule(tasks, Budget.of(request.get("bandwidth")), WORKERS)
    tunnels: dict[str, Future[Found]] = {}
    running: dict[Future[Found], Task] = {}
    results: list[Result] = []
    pool = ThreadPoolExecutor(max_workers=max(1, min(WORKERS, len(tasks))))
    try:
        while True:
            for task in schedule.start():
                future = pool.submit(_run, task, tunnels.get(task["site"]), ledger, progress)
                if task["kind"] == "tunnel":
                    tunnels[task["site"]] = future
                running[future] = task
            finished, _ = wait(running, timeout=max(0.0, deadline - time.monotonic()), return_when=FIRST_COMPLETED)
            if not finished:
                break
            for future in finished:
                task = running.pop(future)
                schedule.done(task)
                results.append({**about(task), "found": future.result()})
        cut_off = [*running.values(), *schedule.left]
        results += [{**about(task), "found": _all(task, "not_run")} for task in cut_off]
        return {"schema": 1, "results": results}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def about(task: Task) -> Subject:
    """What a task, its result and its line are about."""
    subject: Subject = {"kind": task["kind"], "site": task["site"], "camera": task.get("camera")}
    if "recorder" in task:
        subject["recorder"] = task["recorder"]
    if "switch" in task:
        subject["switch"] = task["switch"]
    return subject


def names(task: Task) -> tuple[str, ...]:
    if task["kind"] != "stream":
        return KINDS[task["kind"]]
    return (task["as"], task["open_as"]) if "open_as" in task else (task["as"],)


def _all(task: Task, reason: str, detail: str | None = None) -> Found:
    return {name: failed(reason, detail) for name in names(task)}


def _run(
    task: Task,
    tunnel: "Future[Found] | None",
    ledger: Ledger,
    progress: Progress,
) -> Found:
    try:
        found = _all(task, "tunnel_down") if tunnel is not None and _dead(tunnel.result()) else clean(_done(task, ledger))
    except Exception as error:
        # The last fence between facilities: whatever breaks in one task must leave the others' evidence. Only the
        # exception's name is told, its words may hold a password.
        found = _all(task, "protocol", type(error).__name__)
    progress(task, found)
    return found


def _dead(found: Found) -> bool:
    tunnel = found["tunnel"]
    return tunnel["ok"] and tunnel.get("alive") is False


def _done(task: Task, ledger: Ledger) -> Found:
    if task["kind"] == "tunnel":
        return {"tunnel": boxes.tunnel(task["host"])}
    if task["kind"] == "box":
        return _box(task)
    if task["kind"] == "settings":
        return _settings(task, ledger)
    if task["kind"] == "recorder":
        return _recorder(task, ledger)
    if task["kind"] == "switch":
        return {"reach": boxes.greeting(task["host"], task["port"])}
    if task["kind"] == "footage":
        from province.measure.streams import footage

        return {"footage": footage.decode(task["data"])}
    if task["kind"] == "stream":
        return _stream(task)
    assert_never(task)


def _box(task: BoxTask) -> Found:
    return {"ssh": boxes.ssh(task["host"], task.get("host_key")), "ports": boxes.ports(task["host"], task.get("ports", []))}


def _settings(task: SettingsTask, ledger: Ledger) -> Found:
    measured: CameraReading = readers.of(task.get("driver", "onvif"), readers.CAMERA).measure(task, ledger)
    return {"clock": measured["clock"], "settings": measured["settings"], "factory_login": measured["factory_login"]}


def _recorder(task: RecorderTask, ledger: Ledger) -> Found:
    from province.measure.devices import recorder

    measured = recorder.measure(task, ledger)
    return {"clock": measured["clock"], "storage": measured["storage"], "recordings": measured["recordings"]}


def _stream(task: StreamTask) -> Found:
    from province.measure.streams import stream

    found: Found = {}
    host, port, path = task["host"], task["port"], task["path"]
    if "open_as" in task:
        found[task["open_as"]] = rtsp.without_login(host, port, path)
    limit = task.get("keyframe_limit_s", 4.0)
    found[task["as"]] = stream.play(host, port, path, task["user"], task["password"], limit, task.get("brief", False))
    return found


def line_of(task: Task, found: Mapping[str, Measurement]) -> Line:
    return {**about(task), "ok": all(measured["ok"] for measured in found.values())}


def _report(task: Task, found: Found) -> None:
    _write_line(line_of(task, found))


def _write_line(line: Line) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()


def read(document: object) -> tuple[Request, list[Result]]:
    """(the request, the results of tasks that this version does not know: each costs only itself). Raises ContractError."""
    received = typed.read(ReceivedRequest, "request", document)
    request: Request = {"budget_s": received.get("budget_s", 45), "bandwidth": received.get("bandwidth", {}), "tasks": []}
    unknown: list[Result] = []
    for each in received["tasks"]:
        try:
            request["tasks"].append(typed.read(ReceivedTask, "request", {"task": each})["task"])
        except ContractError as error:
            unknown.append(_unknown(typed.read(AnyTask, "task", each), error))
    return request, unknown


def _unknown(task: AnyTask, error: ContractError) -> Result:
    named = KINDS.get(task["kind"]) or tuple(name for name in (task.get("as"), task.get("open_as")) if name)
    subject: Subject = {"kind": task["kind"], "site": task["site"], "camera": task.get("camera")}
    return {**subject, "found": {name: failed("protocol", str(error)[:LONGEST]) for name in named}}


def main() -> int:
    logging.disable(logging.CRITICAL)  # onvif-zeep switches everybody's log on; nothing here may be logged
    try:
        request, unknown = read(json.load(sys.stdin))
    except ValueError as error:
        sys.stderr.write(json.dumps({"error": f"request: {type(error).__name__}"}) + "\n")
        return 2
    for each in unknown:
        _write_line({"kind": each["kind"], "site": each["site"], "camera": each["camera"], "ok": False})
    answer = measure(request, _report)
    answer["results"] += unknown
    json.dump(answer, sys.stdout, ensure_ascii=False)
    sys.stdout.flush()
    # A thread that still waits for a device would keep the process; it holds nothing that needs closing.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
