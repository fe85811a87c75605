"""Evidence of many facilities at once: from the hub, from the centre, from the lab or the boxes, in two rounds.

Round one: tunnels, boxes, recorders and cameras' settings, measured at the hub; what the hub's collector knows; what only
a box sees (its own recorder, its switches); confinement. Round two: the streams that the settings told the way to, watched
from the centre while the hub looks briefly whether they play; what the centre could not watch the hub then watches. Streams
keep within what may be taken of each facility's uplink and of the hub's line (province.measure.budget). Facilities are side by
side everywhere; what can't be had becomes a reason in the evidence, never an exception.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from province.measure import box_view, confined, evidence, hub_side, remote, standpoint, tasks
from province.measure.asking import Progress, ask, request, usual
from province.measure.budget import UNLIMITED, Budget, Foreseen, T, of_sites, seconds, shared
from province.measure.evidence import CameraEvidence, Confined, Evidence, Failed, Measurement, NotConfined, NotPlayed, SiteEvidence
from province.measure.inventory import Passwords, password_of
from province.measure.request import Line, Received, StreamTask, Task
from province.measure.subjects import BOX_RECORDER, Camera, Site
from province.measure.tasks import Factory, Logins
from province.reach.ssh import Shell
from province.standard.checks import Standard

StreamName = Literal["stream_hub", "stream_centre"]
OPEN: Final = "stream_without_login"
ROUND_S = 2.0
"""What reaching a machine and its answer take beside measuring."""
NO_ACCESS = Failed(ok=False, reason="no_access")


@dataclass(frozen=True)
class Scope:
    """All that measuring needs to know. `lab` is the lab's name where the inventory is a lab's; `hub_kbps` what streams may take of
    the hub's line."""

    sites: Sequence[Site]
    standard: Standard
    logins: Logins
    factory: Factory
    passwords: Passwords
    lab: str | None = None
    hub_kbps: int = UNLIMITED

    @property
    def budget(self) -> Budget:
        return Budget(self.hub_kbps, {site.code: site.uplink_kbps for site in self.sites})

    def first(self, through_tunnel: bool) -> list[Task]:
        """What is asked before anything is known."""
        return tasks.first(self.sites, self.standard, self.logins, self.factory, through_tunnel)


class Gathered:
    """The evidence of a scope as it grows, and what is to be asked next by what it holds."""

    def __init__(self, scope: Scope) -> None:
        """Before anything was measured: what the vault tells, and where nobody is let in."""
        self._scope = scope
        self.evidence: Evidence = {"sites": {site.code: _nothing(scope, site) for site in scope.sites}}

    def site(self, code: str) -> SiteEvidence:
        return self.evidence["sites"][code]

    def file(self, results: Sequence[Received]) -> None:
        """Put each result at its place; what isn't ours is left out."""
        for result in results:
            site = self.evidence["sites"].get(result["site"])
            if site is not None:
                _file(site, result)

    def streams(self, name: StreamName, *, open_too: bool = False, brief: bool = False) -> list[StreamTask]:
        """Those that the settings told the way to. `open_too`: whether they ask for a login, too."""
        found, scope = self.evidence["sites"], self._scope
        return tasks.streams(scope.sites, found, scope.standard, scope.logins, name, OPEN if open_too else None, brief)

    def uncounted(self) -> list[StreamTask]:
        """Streams that play at the hub, which only looked briefly, and that were not counted anywhere."""
        return [task for task in self.streams("stream_hub") if self._only_briefly(task)]

    def _only_briefly(self, task: StreamTask) -> bool:
        camera = self.site(task["site"])["cameras"][str(task.get("camera"))]
        at_hub, at_centre = camera.get("stream_hub"), camera.get("stream_centre")
        counted = (at_hub and at_hub.get("packets")) or (at_centre and at_centre.get("packets"))
        return at_hub is not None and at_hub["ok"] and not counted

    def explain(self, *, from_centre: bool) -> Evidence:
        """All of it; streams that were not tried say why: their camera's settings told no way to them."""
        for site in self.evidence["sites"].values():
            for camera in site["cameras"].values():
                reason = tasks.why_no_stream(camera)
                camera.setdefault("stream_hub", NotPlayed(ok=False, reason=reason))
                camera.setdefault("stream_without_login", Failed(ok=False, reason=reason))
                if from_centre:
                    camera.setdefault("stream_centre", NotPlayed(ok=False, reason=reason))
        return self.evidence


def _nothing(scope: Scope, site: Site) -> SiteEvidence:
    return {
        "cameras": {str(camera.slot): _camera(scope, site, camera) for camera in site.cameras},
        "recorders": {
            each.subject: {"clock": NO_ACCESS, "storage": NO_ACCESS, "recordings": NO_ACCESS} if each.no_access else {}
            for each in site.recorders
        },
        "switches": {each.subject: {"reach": NO_ACCESS} if each.no_access else {} for each in site.switches},
    }


def _camera(scope: Scope, site: Site, camera: Camera) -> CameraEvidence:
    passwords = password_of(scope.passwords, site.code, camera.slot)
    if not camera.no_access:
        return {"passwords": passwords}
    unplayed = NotPlayed(ok=False, reason="no_access")
    return {
        "passwords": passwords,
        "clock": NO_ACCESS,
        "settings": NO_ACCESS,
        "factory_login": NO_ACCESS,
        "stream_hub": unplayed,
        "stream_centre": unplayed,
        "stream_without_login": NO_ACCESS,
    }


def _file(site: SiteEvidence, result: Received) -> None:
    found, slot = result["found"], result["camera"]
    if slot is not None:
        if (camera := site["cameras"].get(str(slot))) is not None:
            camera.update(evidence.read(evidence.CameraEvidence, found))
    elif "recorder" in result:
        if (recorder := site["recorders"].get(result["recorder"])) is not None:
            recorder.update(evidence.read(evidence.RecorderEvidence, found))
    elif "switch" in result:
        if (switch := site["switches"].get(result["switch"])) is not None:
            switch.update(evidence.read(evidence.SwitchEvidence, found))
    else:
        box = evidence.read(evidence.BoxEvidence, found)
        if "tunnel" in box:
            site["tunnel"] = box["tunnel"]
        if "ssh" in box:
            site["ssh"] = box["ssh"]
        if "ports" in box:
            site["ports"] = box["ports"]


def gather(scope: Scope, shell: Shell, progress: Progress) -> Evidence:
    """The evidence document, for province.judging.verdict."""
    gathered, budget = Gathered(scope), scope.budget
    with ThreadPoolExecutor(max_workers=16) as pool:
        by_box = {site.code: pool.submit(_by_box, site, shell, progress) for site in scope.sites}
        confinement = {site.code: pool.submit(_confined, site, scope.lab, shell) for site in scope.sites}
        known = pool.submit(hub_side.present, scope.sites, shell)
        before = pool.submit(hub_side.last_known, scope.sites, shell, datetime.now(UTC))
        past = pool.submit(hub_side.history, scope.sites, scope.standard, shell)
        gathered.file(ask("hub", scope.first(through_tunnel=True), budget, shell, progress))
        there = gathered.streams("stream_centre")
        here = gathered.streams("stream_hub", open_too=True, brief=True)
        for at_hub, at_centre in rounds(here, there, budget):
            played: Future[list[Received]] = pool.submit(ask, "centre", *at_centre, shell, progress)
            gathered.file(ask("hub", *at_hub, shell, progress))
            gathered.file(played.result())
        gathered.file(ask("hub", gathered.uncounted(), budget, shell, _silently))
        clips = {code: clip for code, seen in by_box.items() if (clip := seen.result().clip)}
        gathered.file(ask("hub", [tasks.footage(code, clip) for code, clip in clips.items()], budget, shell, _silently))
        for site in scope.sites:
            found, seen = gathered.site(site.code), by_box[site.code].result()
            found["confined"] = confinement[site.code].result()
            if seen.recording:
                recorder = found["recorders"][BOX_RECORDER]
                recorder["storage"], recorder["recordings"] = seen.recording["storage"], seen.recording["recordings"]
            for subject, reach in seen.switches.items():
                found["switches"][subject].update(reach)
            found["hub"], found["history"] = known.result()[site.code], past.result()[site.code]
            if site.code in before.result():
                found["before"] = before.result()[site.code]
    return gathered.explain(from_centre=True)


def gather_here(scope: Scope, progress: Progress) -> Evidence:
    """The same of devices alone, measured by this process where they are (a province's CI, a laptop on site)."""

    def on_result(task: Task, found: dict[str, Measurement]) -> None:
        progress("here", remote.line_of(task, found))

    def measured(asked: Sequence[Task]) -> list[Received]:
        results = remote.measure(request(asked, scope.budget), on_result)["results"]
        return [{**result, "found": dict(result["found"])} for result in results]

    gathered = Gathered(scope)
    gathered.file(measured(scope.first(through_tunnel=False)))
    gathered.file(measured(gathered.streams("stream_hub", open_too=True)))
    found = gathered.explain(from_centre=False)
    for site in scope.sites:
        standpoint.mark_outside(site, found["sites"][site.code])
    return found


Round = tuple[tuple[list[T], Budget], tuple[list[T], Budget]]
"""What the hub pulls and within which budget, what the centre does at the same time."""


def rounds(here: Sequence[T], there: Sequence[T], budget: Budget) -> list[Round[T]]:
    """What hub and centre pull at the same time, round by round: first the facilities whose uplink has room for both, then, each in
    its turn, hub and centre of the others."""
    largest: dict[str, int] = {}
    for asked in (here, there):
        for task in asked:
            largest[task["site"]] = max(largest.get(task["site"], 0), task.get("kbps", 0))
    few, most, together = shared(budget, largest)
    nothing: tuple[list[T], Budget] = ([], budget)
    found: list[Round[T]] = [
        ((of_sites(here, together, True), few), (of_sites(there, together, True), most)),
        ((of_sites(here, together, False), budget), nothing),
        (nothing, (of_sites(there, together, False), budget)),
    ]
    return [(at_hub, at_centre) for at_hub, at_centre in found if at_hub[0] or at_centre[0]]


def forecast(scope: Scope) -> float:
    """Seconds that measuring will take, as far as can be told before a camera said what its streams are like."""

    def streams(brief: bool) -> list[Foreseen]:
        cameras = [(site, camera) for site in scope.sites for camera in site.cameras if not camera.no_access]
        return [{"kind": "stream", "site": site.code, "kbps": site.stream_kbps, "brief": brief} for site, _ in cameras]

    takes = [seconds(scope.first(through_tunnel=True), scope.budget, remote.WORKERS, usual)]
    for asked in rounds(streams(True), streams(False), scope.budget):
        takes.append(max(seconds(each, budget, remote.WORKERS, usual) for each, budget in asked))
    return sum(takes) + ROUND_S * (1 + len(takes))


def _silently(where: str, line: Line) -> None:
    """Nobody watches this round: what it is about was shown before."""


@dataclass(frozen=True)
class SeenByBox:
    """`clip`: (slot, base64), a piece of its footage, where there is one."""

    recording: box_view.BoxRecording | None
    clip: tuple[str, str] | None
    switches: dict[str, evidence.SwitchEvidence]


def _by_box(site: Site, shell: Shell, progress: Progress) -> SeenByBox:
    recording, clip = None, None
    if any(recorder.slot is None for recorder in site.recorders):
        recording = box_view.recorder(site.code, shell)
        good = recording["storage"]["ok"] and recording["recordings"]["ok"]
        progress("box", {"kind": "recorder", "site": site.code, "camera": None, "recorder": BOX_RECORDER, "ok": good})
        clip = box_view.clip(site.code, recording["recordings"], shell)
    return SeenByBox(recording, clip, box_view.switches(site.code, site.switches, shell))


def _confined(site: Site, lab: str | None, shell: Shell) -> Confined | NotConfined | None:
    """None on a flat LAN outside the lab: there the box's rules say nothing of the cameras."""
    if lab is not None:
        return confined.by_lab(site.code, lab)
    return confined.by_rules(site.code, shell) if site.topology == "routed" else None
