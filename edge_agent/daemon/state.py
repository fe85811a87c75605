"""How it is right now: a status for each camera and for each subject of the box itself. A status that changes is an event."""

from dataclasses import replace
from typing import cast

from edge_agent.contract import events
from edge_agent.contract.messages import CameraState, HealthState, Status
from edge_agent.daemon.config import AgentConfig, Camera
from edge_agent.daemon.flapping import Damper
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.outbox import Remembered
from edge_agent.daemon.probes import ProbeResult
from edge_agent.system import clock


class StateTracker:
    """cameras by slot, health by subject. After a start the last statuses stay until a look gives another."""

    def __init__(self, journal: Journal, settings: AgentConfig) -> None:
        self._journal = journal
        self.cameras: dict[int, CameraState] = {}
        self.health: dict[str, HealthState] = {}
        self._dampers: dict[int, Damper] = {}
        self._looked: dict[int, Status] = {}
        self._suspected: dict[str, Status] = {}
        self.look_after(settings.cameras)

    def look_after(self, cameras: tuple[Camera, ...]) -> None:
        """These cameras from now on; of those that stay, what is known stays."""
        known = {one.slot: self.cameras.get(one.slot) or self._remembered(one) for one in cameras}
        self.cameras = {one.slot: replace(known[one.slot], name=one.name) for one in cameras}
        self._dampers = {slot: self._dampers.get(slot) or Damper() for slot in self.cameras}
        self._looked = {slot: self._looked.get(slot, one.status) for slot, one in self.cameras.items()}

    def on_probe(self, camera: Camera, seen: ProbeResult) -> None:
        """A probe's result: a changed status is an event, and is remembered in the same transaction."""
        if camera.slot not in self.cameras:
            return
        before, damper = self.cameras[camera.slot], self._dampers[camera.slot]
        changed = {self._looked[camera.slot], seen.status} in ({"up", "down"}, {"up", "frozen"})
        self._looked[camera.slot] = seen.status
        damper.saw(changed, clock.mono())
        if damper.flapping:
            seen = ProbeResult("down", "flapping", {**seen.measured, "changes": damper.changes})
        if (seen.status, seen.reason) == (before.status, before.reason):
            self.cameras[camera.slot] = replace(before, measured=seen.measured)
            return
        since = clock.wall() if seen.status != before.status else before.since
        self.cameras[camera.slot] = replace(before, status=seen.status, reason=seen.reason, since=since, measured=seen.measured)
        body: events.Camera = {"slot": camera.slot, "name": camera.name, "from": before.status, "to": seen.status, "since": since,
                               "reason": seen.reason}  # fmt: skip
        if before.reason == "flapping":
            body["changes"] = damper.changes
        subject = f"camera/{camera.slot}"
        self._journal.record("camera", body, (subject, Remembered(seen.status, since or clock.wall(), seen.reason)))

    def on_health(self, subject: str, seen: ProbeResult) -> None:
        """A look at the box itself: a worse status counts when it is seen twice."""
        before = self.health.get(subject) or self._remembered_health(subject)
        suspected, self._suspected[subject] = self._suspected.get(subject), seen.status
        if (seen.status, seen.reason) == (before.status, before.reason):
            self.health[subject] = replace(before, measured=seen.measured)
            return
        if seen.status != "up" and suspected != seen.status and before.since is not None:
            return
        since = clock.wall() if seen.status != before.status or before.since is None else before.since
        self.health[subject] = HealthState(seen.status, seen.reason, since, seen.measured)
        body: events.Health = {"subject": subject, "from": before.status, "to": seen.status, "since": since, "reason": seen.reason}
        self._journal.record("health", body, (subject, Remembered(seen.status, since, seen.reason)))

    def _remembered_health(self, subject: str) -> HealthState:
        last = self._journal.last(subject)
        return (
            HealthState("unknown", "not_probed_yet") if last is None else HealthState(cast("Status", last.status), last.reason, last.since)
        )

    def _remembered(self, camera: Camera) -> CameraState:
        """After a start the last status stays until a probe gives another; it is not reported twice."""
        last = self._journal.last(f"camera/{camera.slot}")
        if last is None:
            return CameraState(camera.slot, camera.name, "unknown", None, "not_probed_yet")
        return CameraState(camera.slot, camera.name, cast("Status", last.status), last.since, last.reason)
