"""Evidence of many facilities at once: from the hub, from the centre, from the lab or the boxes, in two rounds.

Round one: tunnels, boxes, recorders and cameras' settings, measured at the hub; what the hub's collector knows; what only
a box sees (its own recorder, its switches); confinement. Round two: the streams that the settings told the way to, watched
from the centre while the hub looks briefly whether they play; what the centre could not watch the hub then watches. Streams
keep within what may be taken of each facility's uplink and of the hub's line (province.measure.budget). Facilities are side by
side everywhere; what can't be had becomes a reason in the evidence, never an exception.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from province.measure import box_view, confined, hub_side, remote, standpoint, tasks
from province.measure.asking import Progress, ask, request, usual
from province.measure.budget import UNLIMITED, Budget, of_sites, seconds, shared
from province.measure.inventory import password_of
from province.measure.result import Measured, clean, failed
from province.measure.subjects import BOX_RECORDER, Device, Site
from province.measure.tasks import Factory, Logins, Task
from province.reach.ssh import Shell
from province.standard.checks import Standard

Evidence = dict[str, Any]
STREAMS = ("stream_hub", "stream_centre", "stream_without_login")
ROUND_S = 2.0
"""What reaching a machine and its answer take beside measuring."""


@dataclass(frozen=True)
class Scope:
    """All that measuring needs to know. `lab` is the lab's name where the inventory is a lab's; `hub_kbps` what streams may take of
    the hub's line."""

    sites: Sequence[Site]
    standard: Standard
    logins: Logins
    factory: Factory
    passwords: Mapping[tuple[str, int], Measured]
    lab: str | None = None
    hub_kbps: int = UNLIMITED

    @property
    def budget(self) -> Budget:
        return Budget(self.hub_kbps, {site.code: site.uplink_kbps for site in self.sites})


def empty(scope: Scope) -> Evidence:
    """Evidence before anything was measured: what the vault tells, and where nobody is let in."""
    return {"sites": {site.code: _nothing(scope, site) for site in scope.sites}}


def _nothing(scope: Scope, site: Site) -> dict[str, Any]:
    def passwords(slot: int) -> Measured:
        return password_of(scope.passwords, site.code, slot)

    def without_access(device: Device, names: Sequence[str]) -> dict[str, Measured]:
        return {name: failed("no_access") for name in names} if device.no_access else {}

    cameras = (*remote.KINDS["settings"], *STREAMS)
    return {
        "cameras": {str(each.slot): {"passwords": passwords(each.slot)} | without_access(each, cameras) for each in site.cameras},
        "recorders": {each.subject: without_access(each, remote.KINDS["recorder"]) for each in site.recorders},
        "switches": {each.subject: without_access(each, remote.KINDS["switch"]) for each in site.switches},
    }


def gather(scope: Scope, shell: Shell, progress: Progress) -> Evidence:
    """The evidence document, {"sites": {code: {...}}}, for province.judging.verdict."""
    evidence = empty(scope)
    found: dict[str, Any] = evidence["sites"]
    with ThreadPoolExecutor(max_workers=16) as pool:
        seen = {site.code: pool.submit(_by_box, site, shell, progress) for site in scope.sites}
        confinement = {site.code: pool.submit(_confined, site, scope.lab, shell) for site in scope.sites}
        known: Future[dict[str, Measured]] = pool.submit(hub_side.present, scope.sites, shell)
        before = pool.submit(hub_side.last_known, scope.sites, shell, datetime.now(UTC))
        past: Future[dict[str, Measured]] = pool.submit(hub_side.history, scope.sites, scope.standard, shell)
        first = tasks.first(scope.sites, scope.standard, scope.logins, scope.factory, through_tunnel=True)
        _file(found, ask("hub", first, scope.budget, shell, progress))
        there = _streams(scope, found, "stream_centre")
        here = _streams(scope, found, "stream_hub", "stream_without_login", brief=True)
        for at_hub, at_centre in rounds(here, there, scope.budget):
            played = pool.submit(ask, "centre", *at_centre, shell, progress)
            _file(found, ask("hub", *at_hub, shell, progress))
            _file(found, played.result())
        left = [task for task in _streams(scope, found, "stream_hub") if _only_briefly(found, task)]
        _file(found, ask("hub", left, scope.budget, shell, _silently))
        for code, future in confinement.items():
            found[code]["confined"] = future.result()
        clips = {code: told.result().pop("clip", None) for code, told in seen.items()}
        footage = [tasks.footage(code, clip) for code, clip in clips.items() if clip]
        _file(found, ask("hub", footage, scope.budget, shell, _silently))
        for code, told in seen.items():
            for kind, subjects in told.result().items():
                for subject, found_there in subjects.items():
                    found[code][kind][subject].update(found_there)
        for kind, by_code in (("hub", known.result()), ("history", past.result()), ("before", before.result())):
            for code, measured in by_code.items():
                found[code][kind] = measured
    _explain(scope.sites, found, STREAMS)
    return evidence


def gather_here(scope: Scope, progress: Progress) -> Evidence:
    """The same of devices alone, measured by this process where they are (a province's CI, a laptop on site)."""

    def on_result(task: Mapping[str, Any], measured: Mapping[str, Measured]) -> None:
        good = all(each.get("ok") for each in measured.values())
        progress("here", remote.about(task) | {"ok": good})

    evidence = empty(scope)
    found = evidence["sites"]
    first = tasks.first(scope.sites, scope.standard, scope.logins, scope.factory, through_tunnel=False)
    _file(found, remote.measure(request(first, scope.budget), on_result)["results"])
    then = _streams(scope, found, "stream_hub", "stream_without_login")
    _file(found, remote.measure(request(then, scope.budget), on_result)["results"])
    _explain(scope.sites, found, ("stream_hub", "stream_without_login"))
    for site in scope.sites:
        standpoint.mark_outside(site, found[site.code])
    return evidence


def _streams(scope: Scope, found: Mapping[str, Any], name: str, open_name: str | None = None, brief: bool = False) -> list[Task]:
    return tasks.streams(scope.sites, found, scope.standard, scope.logins, name, open_name, brief)


def _only_briefly(found: Mapping[str, Any], task: Task) -> bool:
    """Whether a stream plays at the hub and was not counted anywhere."""
    measured = found[task["site"]]["cameras"][str(task["camera"])]
    counted = any((measured.get(name) or {}).get("packets") for name in ("stream_centre", "stream_hub"))
    return bool((measured.get("stream_hub") or {}).get("ok")) and not counted


Asked = tuple[list[Task], Budget]


def rounds(here: Sequence[Task], there: Sequence[Task], budget: Budget) -> list[tuple[Asked, Asked]]:
    """What hub and centre pull at the same time, round by round: first the facilities whose uplink has room for both, then, each in
    its turn, hub and centre of the others."""
    largest: dict[str, int] = {}
    for task in (*here, *there):
        largest[task["site"]] = max(largest.get(task["site"], 0), int(task.get("kbps") or 0))
    few, most, together = shared(budget, largest)
    nothing: Asked = ([], budget)
    found: list[tuple[Asked, Asked]] = [
        ((of_sites(here, together, True), few), (of_sites(there, together, True), most)),
        ((of_sites(here, together, False), budget), nothing),
        (nothing, (of_sites(there, together, False), budget)),
    ]
    return [(at_hub, at_centre) for at_hub, at_centre in found if at_hub[0] or at_centre[0]]


def forecast(scope: Scope) -> float:
    """Seconds that measuring will take, as far as can be told before a camera said what its streams are like."""
    first = tasks.first(scope.sites, scope.standard, scope.logins, scope.factory, through_tunnel=True)

    def streams(brief: bool) -> list[Task]:
        cameras = [(site, camera) for site in scope.sites for camera in site.cameras if not camera.no_access]
        return [
            {"kind": "stream", "site": site.code, "camera": camera.slot, "kbps": site.stream_kbps, "brief": brief}
            for site, camera in cameras
        ]

    takes = [seconds(first, scope.budget, remote.WORKERS, usual)]
    for asked in rounds(streams(True), streams(False), scope.budget):
        takes.append(max(seconds(each, budget, remote.WORKERS, usual) for each, budget in asked))
    return sum(takes) + ROUND_S * (1 + len(takes))


def _silently(where: str, told: Mapping[str, Any]) -> None:
    """Nobody watches this round: what it is about was shown before."""


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


def _confined(site: Site, lab: str | None, shell: Shell) -> Measured | None:
    """None on a flat LAN outside the lab: there the box's rules say nothing of the cameras."""
    if lab is not None:
        return confined.by_lab(site.code, lab)
    return confined.by_rules(site.code, shell) if site.topology == "routed" else None


def _explain(sites: Sequence[Site], found: Mapping[str, Any], names: Sequence[str]) -> None:
    """Streams that were not tried say why: their camera's settings told no way to them."""
    for site in sites:
        for measured in found[site.code]["cameras"].values():
            for name in names:
                measured.setdefault(name, failed(tasks.why_no_stream(measured)))
