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
from typing import Any

from province.measure import boxes
from province.measure.budget import Budget, Schedule
from province.measure.devices import readers
from province.measure.devices.logins import Ledger
from province.measure.result import Measured, clean, failed
from province.measure.streams import rtsp

Task = Mapping[str, Any]
Found = dict[str, Measured]
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


def measure(request: Mapping[str, Any], progress: Progress, ledger: Ledger | None = None) -> dict[str, Any]:
    """Do all tasks of a request; the document for stdout. Tasks that the budget cut off are `not_run`."""
    deadline = time.monotonic() + float(request.get("budget_s", 45))
    tasks: list[Task] = sorted(request["tasks"], key=lambda each: (each["kind"] != "tunnel", each.get("camera") or 0))
    ledger = ledger or Ledger()
    schedule = Schedule(tasks, Budget.of(request.get("bandwidth")), WORKERS)
    tunnels: dict[str, Future[Found]] = {}
    running: dict[Future[Found], Task] = {}
    results: list[dict[str, Any]] = []
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
                results.append(about(task) | {"found": future.result()})
        cut_off = [*running.values(), *schedule.left]
        return {"schema": 1, "results": [*results, *(about(task) | {"found": _all(task, "not_run")} for task in cut_off)]}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def about(task: Task) -> dict[str, Any]:
    """What a task, its result and its line are about."""
    return {key: task.get(key) for key in ("kind", "site", "camera")} | {key: task[key] for key in ("recorder", "switch") if key in task}


def names(task: Task) -> tuple[str, ...]:
    return KINDS.get(task["kind"]) or tuple(name for name in (task.get("as"), task.get("open_as")) if name)


def _all(task: Task, reason: str, detail: str | None = None) -> Found:
    return {name: failed(reason, detail) for name in names(task)}


def _run(
    task: Task,
    tunnel: "Future[Found] | None",
    ledger: Ledger,
    progress: Progress,
) -> Found:
    try:
        if tunnel is not None and tunnel.result()["tunnel"].get("alive") is False:
            found = _all(task, "tunnel_down")
        else:
            found = clean(_DO[task["kind"]](task, ledger))
    except Exception as error:
        # The last fence between facilities: whatever breaks in one task must leave the others' evidence. Only the
        # exception's name is told, its words may hold a password.
        found = _all(task, "protocol", type(error).__name__)
    progress(task, found)
    return found


def _tunnel(task: Task, ledger: Ledger) -> Found:
    return {"tunnel": boxes.tunnel(task["host"])}


def _box(task: Task, ledger: Ledger) -> Found:
    return {
        "ssh": boxes.ssh(task["host"], task.get("host_key")),
        "ports": boxes.ports(task["host"], task.get("ports") or []),
    }


def _settings(task: Task, ledger: Ledger) -> Found:
    measured: Found = readers.of(task.get("driver", "onvif"), readers.CAMERA).measure(task, ledger)
    return measured


def _recorder(task: Task, ledger: Ledger) -> Found:
    from province.measure.devices import recorder

    return recorder.measure(task, ledger)


def _switch(task: Task, ledger: Ledger) -> Found:
    return {"reach": boxes.greeting(task["host"], int(task["port"]))}


def _footage(task: Task, ledger: Ledger) -> Found:
    from province.measure.streams import footage

    return {"footage": footage.decode(task["data"])}


def _stream(task: Task, ledger: Ledger) -> Found:
    from province.measure.streams import stream

    found: Found = {}
    host, port, path = task["host"], int(task["port"]), task["path"]
    if task.get("open_as"):
        found[task["open_as"]] = rtsp.without_login(host, port, path)
    limit = float(task.get("keyframe_limit_s", 4.0))
    found[task["as"]] = stream.play(host, port, path, task["user"], task["password"], limit, bool(task.get("brief")))
    return found


_DO: Mapping[str, Callable[[Task, Ledger], Found]] = {
    "tunnel": _tunnel,
    "box": _box,
    "settings": _settings,
    "recorder": _recorder,
    "switch": _switch,
    "footage": _footage,
    "stream": _stream,
}


def _report(task: Task, found: Found) -> None:
    line = about(task)
    line["ok"] = all(measured.get("ok") for measured in found.values())
    with contextlib.suppress(OSError):
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()


def main() -> int:
    logging.disable(logging.CRITICAL)  # onvif-zeep switches everybody's log on; nothing here may be logged
    try:
        request = json.load(sys.stdin)
        answer = measure(request, _report)
    except (ValueError, KeyError, TypeError) as error:
        sys.stderr.write(json.dumps({"error": f"request: {type(error).__name__}"}) + "\n")
        return 2
    json.dump(answer, sys.stdout, ensure_ascii=False)
    sys.stdout.flush()
    # A thread that still waits for a device would keep the process; it holds nothing that needs closing.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
