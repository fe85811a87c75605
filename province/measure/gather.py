"""Evidence of many facilities at once: from the hub, from the centre, from the lab or the boxes, in two rounds.

Round one: tunnels, boxes, recorders and cameras' settings, measured at the hub; what the hub's collector knows; what only
a box sees (its own recorder, its switches); confinement. Round two: the streams that the settings told the way to, watched
from the centre while the hub looks briefly whether they play; measuring must not fill a facility's uplink. What the centre
could not watch the hub then watches. Facilities are side by side everywhere; what can't be had becomes a reason in the
evidence, never an exception.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from province import hub_view
from province.measure import box_view, confined, remote, tasks
from province.measure.inventory import password_of
from province.measure.result import Measured, clean, failed
from province.measure.subjects import BOX_RECORDER, Device, Site
from province.measure.tasks import Factory, Logins, Task
from province.ssh import CONNECT_S, UNREACHABLE, Shell
from province.standard import Standard

Evidence = dict[str, Any]
STREAMS = ("stream_hub", "stream_centre", "stream_without_login")
Progress = Callable[[str, Mapping[str, Any]], None]
"""Called with where ("hub", "centre", "box", "here") and the finished task's line {"kind", "site", "camera", "ok"}."""


@dataclass(frozen=True)
class Wanted:
    """All that measuring needs to know. `lab` is the lab's name where the inventory is a lab's."""

    sites: Sequence[Site]
    standard: Standard
    logins: Logins
    factory: Factory
    passwords: Mapping[tuple[str, int], Measured]
    lab: str | None = None


def empty(wanted: Wanted) -> Evidence:
    """Evidence before anything was measured: what the vault tells, and where nobody is let in."""
    return {"sites": {site.code: _nothing(wanted, site) for site in wanted.sites}}


def _nothing(wanted: Wanted, site: Site) -> dict[str, Any]:
    def passwords(slot: int) -> Measured:
        return password_of(wanted.passwords, site.code, slot)

    def barred(device: Device, names: Sequence[str]) -> dict[str, Measured]:
        return {name: failed("no_access") for name in names} if device.no_access else {}

    cameras = (*remote.KINDS["settings"], *STREAMS)
    return {
        "cameras": {str(each.slot): {"passwords": passwords(each.slot)} | barred(each, cameras) for each in site.cameras},
        "recorders": {each.subject: barred(each, remote.KINDS["recorder"]) for each in site.recorders},
        "switches": {each.subject: barred(each, remote.KINDS["switch"]) for each in site.switches},
    }


def gather(wanted: Wanted, shell: Shell, progress: Progress) -> Evidence:
    """The evidence document, {"sites": {code: {...}}}, for province.judge."""
    evidence = empty(wanted)
    found: dict[str, Any] = evidence["sites"]
    with ThreadPoolExecutor(max_workers=16) as pool:
        seen = {site.code: pool.submit(_by_box, site, shell, progress) for site in wanted.sites}
        confinement = {site.code: pool.submit(_confined, site, wanted.lab, shell) for site in wanted.sites}
        known: Future[dict[str, Measured]] = pool.submit(_hub_evidence, wanted.sites, shell)
        first = tasks.first(wanted.sites, wanted.standard, wanted.logins, wanted.factory, through_tunnel=True)
        _file(found, _ask("hub", first, shell, progress))
        there = _streams(wanted, found, "stream_centre")
        here = _streams(wanted, found, "stream_hub", "stream_without_login", brief=True)
        at_centre = pool.submit(_ask, "centre", there, shell, progress)
        _file(found, _ask("hub", here, shell, progress))
        _file(found, at_centre.result())
        left = [task for task in _streams(wanted, found, "stream_hub") if _only_briefly(found, task)]
        _file(found, _ask("hub", left, shell, lambda where, told: None))
        for code, future in confinement.items():
            found[code]["confined"] = future.result()
        clips = {code: told.result().pop("clip", None) for code, told in seen.items()}
        footage = [tasks.footage(code, clip) for code, clip in clips.items() if clip]
        _file(found, _ask("hub", footage, shell, lambda where, told: None))
        for code, told in seen.items():
            for kind, subjects in told.result().items():
                for subject, found_there in subjects.items():
                    found[code][kind][subject].update(found_there)
        for code, measured in known.result().items():
            found[code]["hub"] = measured
    _explain(wanted.sites, found, STREAMS)
    return evidence


def gather_here(wanted: Wanted, progress: Progress) -> Evidence:
    """The same of devices alone, measured by this process where they are (a province's CI, a laptop on site)."""

    def told(task: Mapping[str, Any], measured: Mapping[str, Measured]) -> None:
        good = all(each.get("ok") for each in measured.values())
        progress("here", remote.about(task) | {"ok": good})

    evidence = empty(wanted)
    found = evidence["sites"]
    first = tasks.first(wanted.sites, wanted.standard, wanted.logins, wanted.factory, through_tunnel=False)
    _file(found, remote.measure(_request(first), told)["results"])
    then = _streams(wanted, found, "stream_hub", "stream_without_login")
    _file(found, remote.measure(_request(then), told)["results"])
    _explain(wanted.sites, found, ("stream_hub", "stream_without_login"))
    return evidence


def _streams(wanted: Wanted, found: Mapping[str, Any], name: str, open_name: str | None = None, brief: bool = False) -> list[Task]:
    return tasks.streams(wanted.sites, found, wanted.standard, wanted.logins, name, open_name, brief)


def _only_briefly(found: Mapping[str, Any], task: Task) -> bool:
    """Whether a stream plays at the hub and was not counted anywhere."""
    measured = found[task["site"]]["cameras"][str(task["camera"])]
    counted = any((measured.get(name) or {}).get("packets") for name in ("stream_centre", "stream_hub"))
    return bool((measured.get("stream_hub") or {}).get("ok")) and not counted


def _request(asked: Sequence[Task]) -> dict[str, Any]:
    """64 tasks run side by side, 4 streams of a facility; a slow camera takes about 20 s, any other 6; recorders as they say."""
    most = max(Counter(task["site"] for task in asked if task["kind"] == "stream").values(), default=0)
    waves = max(len(asked) // remote.WORKERS, max(0, most - 1) // remote.STREAMS_PER_SITE)
    longest = max((float(task.get("seconds", 0)) for task in asked), default=0.0)
    return {"schema": 1, "budget_s": max(22 + 7 * waves, longest + 4), "tasks": list(asked)}


def _ask(where: str, asked: Sequence[Task], shell: Shell, progress: Progress) -> list[dict[str, Any]]:
    """Have a machine measure; every task comes back, with a reason where the machine or its tool can't be had."""
    if not asked:
        return []

    def line(text: str) -> None:
        try:
            told = json.loads(text)
        except ValueError:
            return
        if isinstance(told, dict) and "kind" in told:
            progress(where, told)

    request = _request(asked)
    done = shell.run(where, ["ketnoi-measure"], json.dumps(request), float(request["budget_s"]) + CONNECT_S + 5, line)
    if done.returncode == 0:
        try:
            return list(json.loads(done.stdout)["results"])
        except (ValueError, KeyError, TypeError):
            return _none(asked, "tool_missing")
    return _none(asked, f"{where}_unreachable" if done.returncode in (UNREACHABLE, 124) else "tool_missing")


def _none(asked: Sequence[Task], reason: str) -> list[dict[str, Any]]:
    return [remote.about(task) | {"found": {name: failed(reason) for name in remote.names(task)}} for task in asked]


def _file(found: dict[str, Any], results: Sequence[Mapping[str, Any]]) -> None:
    """Put each result at its place in the evidence; what isn't ours is left out."""
    for result in results:
        place = _place(found.get(str(result["site"])), result)
        if place is not None:
            place.update(clean(result["found"]))


def _place(site: dict[str, Any] | None, result: Mapping[str, Any]) -> dict[str, Any] | None:
    if site is None:
        return None
    for kind, key in (("cameras", "camera"), ("recorders", "recorder"), ("switches", "switch")):
        if result.get(key) is not None:
            return dict(site[kind]).get(str(result[key]))
    return site


def _by_box(site: Site, shell: Shell, progress: Progress) -> dict[str, Any]:
    """{"recorders": {subject: {"storage", "recordings"}}, "switches": {subject: {"reach"}}} as the box sees them, and "clip":
    (slot, base64), a piece of its footage, where there is one."""
    found: dict[str, Any] = {"recorders": {}, "switches": {}}
    if any(recorder.slot is None for recorder in site.recorders):
        measured = box_view.recorder(site.code, shell)
        found["recorders"][BOX_RECORDER] = measured
        good = all(each.get("ok") for each in measured.values())
        progress("box", {"kind": "recorder", "site": site.code, "camera": None, "recorder": BOX_RECORDER, "ok": good})
        clip = box_view.clip(site.code, measured["recordings"], shell)
        if clip:
            found["clip"] = clip
    found["switches"] = {subject: {"reach": reach} for subject, reach in box_view.switches(site.code, site.switches, shell).items()}
    return found


def _hub_evidence(sites: Sequence[Site], shell: Shell) -> dict[str, Measured]:
    """What the hub's collector knows of each site: {"ok", "connected", "silent_s", "tunnel", "lifeline", ...}."""
    try:
        document = hub_view.ask(shell, [site.id for site in sites])
        return {site.code: _known(document["sites"].get(site.id), document.get("database")) for site in sites}
    except hub_view.HubSilent as silent:
        return {site.code: failed(silent.reason) for site in sites}


_KNOWN = ("connected", "word", "first_seen", "last_seen", "silent_s", "tunnel", "lifeline", "gaps", "refused")


def _known(site: Mapping[str, Any] | None, problem: str | None) -> Measured:
    """`database`: the agents' side could not be asked, while tunnels and lifelines could."""
    if site is None:
        return failed("not_run", "the hub does not know it")
    return clean({"ok": True, "database": problem, **{key: site.get(key) for key in _KNOWN}})  # type: ignore[no-any-return]


def _confined(site: Site, lab: str | None, shell: Shell) -> Measured | None:
    """None on a flat LAN outside the lab: there the box's rules say nothing of the cameras."""
    if lab is not None:
        return confined.by_lab(site.code, lab)
    return confined.by_rules(site.code, shell) if site.arms == 2 else None


def _explain(sites: Sequence[Site], found: Mapping[str, Any], names: Sequence[str]) -> None:
    """Streams that were not tried say why: their camera's settings told no way to them."""
    for site in sites:
        for measured in found[site.code]["cameras"].values():
            for name in names:
                measured.setdefault(name, failed(tasks.why_no_stream(measured)))
