"""`python -m lab.storm`: see lab.storm."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from lab import plan
from lab.hands import devices
from lab.layout import Lab
from lab.plan import Facility
from lab.say import LabError, announce, pick
from lab.storm import clocks, footage, judge, kept, office, storage
from lab.storm.judge import Wrong
from lab.storm.kinds import KINDS
from lab.storm.sky import BACK_S, Sky, under
from lab.storm.truth import Camera, State, Truth

CAMERA_HOLDS_S = (160.0, 240.0)
"""A camera's state lasts at least so long: what goes to and fro faster is damped by design, and told as flapping."""
CALM_S = (8.0, 20.0)
RECOVERED_S = 120.0
SETTLED_S = 240.0
WELL_S = 120.0


@dataclass
class Storm:
    """One run: what is done to whom, and how long each recovery took."""

    sky: Sky
    dice: random.Random
    codes: dict[str, str]
    kinds: list[str]
    recovered: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))
    due: dict[Camera, float] = field(default_factory=dict)
    not_played: list[Wrong] = field(default_factory=list)

    @property
    def truth(self) -> Truth:
        return self.sky.truth

    def begin(self) -> None:
        """Agents start anew, so that nothing from before is held against a camera (flapping, a refused login); then all must be up."""
        for code in self.codes.values():
            clocks.fit(self.sky.plan.lab, code)
            self.sky.inside(code, "systemctl", "restart", "ketnoi-agent.service")
        until = time.time() + WELL_S
        unwell = sorted(self.codes.values())
        while unwell := [code for code in unwell if not self.well(code)]:
            if time.time() > until:
                names = ", ".join(unwell)
                raise LabError(f"trước khi thử, chưa tốt: {names}", f"not well before the storm: {names}", 2)
            time.sleep(1)
        self.truth.began = time.time()
        for facility in self.sky.plan.facilities:
            for camera in facility.cameras:
                self.truth.add((facility.code, camera.slot), self.truth.began, "up")
                self.due[facility.code, camera.slot] = time.time() + self.dice.uniform(0, CAMERA_HOLDS_S[1])

    def pass_time(self, seconds: float) -> None:
        """Let it blow; cameras whose time has come change meanwhile."""
        until = time.time() + seconds
        while time.time() < until:
            for camera, due in self.due.items():
                if due <= time.time():
                    self.turn(camera, self.dice.choice(["down", "frozen"]) if self.truth.changes[camera][-1][1] == "up" else "up")
            time.sleep(min(0.5, max(0.0, until - time.time())))

    def turn(self, camera: Camera, to: State) -> None:
        name, now = f"{camera[0]}/{camera[1]}", self.truth.changes[camera][-1][1]
        if "frozen" in (now, to):
            devices.order(self.sky.plan, name, {"op": "freeze", "value": to == "frozen"})
        if "down" in (now, to):
            devices.cable(self.sky.plan, name, to != "down")
        self.truth.add(camera, time.time(), to)
        self.due[camera] = time.time() + self.dice.uniform(*CAMERA_HOLDS_S)

    def strike(self, number: int, kind: str, facility: Facility) -> None:
        seconds, on_hub = self.dice.uniform(*KINDS[kind].lasts_s), KINDS[kind].on_hub
        where = "hub" if on_hub else facility.code
        announce(f"#{number} {kind}: {where}, {seconds:.0f} giây", f"#{number} {kind}: {where}, {seconds:.0f} s")
        try:
            with under(kind, self.sky, facility):
                self.pass_time(seconds)
        except LabError as trouble:
            self.not_played.append(Wrong("not_played", kind, detail=str(trouble)))
        mended = time.time()
        codes = set(self.codes.values()) if on_hub else {facility.code}
        for code in codes:
            self.provoke_event(code)
        heard = self.await_seen(codes, mended)
        self.recovered[kind].append(heard)
        told = f"{heard:.1f}" if heard is not None else "–"
        announce(f"   nghe lại sau {told} giây", f"   heard again after {told} s")
        self.pass_time(self.dice.uniform(*CALM_S))

    def provoke_event(self, code: str) -> None:
        """Something to tell at once (a configuration read again is an event): an agent whose link held says else nothing for 20 s."""
        with suppress(LabError):
            self.sky.inside(code, "systemctl", "reload", "ketnoi-agent.service", check=False)

    def await_seen(self, codes: set[str], since: float) -> float | None:
        """Seconds until the hub had heard all of these again; None: not within RECOVERED_S."""
        while (waited := time.time() - since) < RECOVERED_S:
            try:
                heard = {self.codes[site] for site, at in kept.last_seen(self.sky.plan.lab).items() if at > since and site in self.codes}
            except LabError:
                heard = set()
            if codes <= heard:
                return waited
            self.pass_time(0.5)
        return None

    def end(self) -> bool:
        """Everything mended and every outbox empty; False where one does not empty in time."""
        self.mend_cameras()
        self.due.clear()
        self.pass_time(BACK_S)
        self.truth.ended = time.time() - 5
        try:
            office.end_rotations(self.sky)
        except LabError as trouble:
            self.not_played.append(Wrong("not_played", "rotation_killed", detail=str(trouble)))
        until = time.time() + SETTLED_S
        waiting = set(self.codes.values())
        while waiting and time.time() < until:
            waiting = {code for code in waiting if not self.empty(code)}
            time.sleep(1)
        return not waiting

    @contextmanager
    def recorder_stopped(self, facility: Facility) -> Iterator[None]:
        """So that what it writes has its name."""
        self.sky.inside(facility.code, "systemctl", "stop", storage.RECORDER)
        try:
            yield
        finally:
            self.sky.inside(facility.code, "systemctl", "start", storage.RECORDER)

    def mend_cameras(self) -> None:
        for camera, changes in self.truth.changes.items():
            if changes[-1][1] != "up":
                self.turn(camera, "up")

    def leave(self) -> None:
        """Cameras and boxes as they were found."""
        with suppress(LabError):
            self.mend_cameras()
        for code in self.codes.values():
            with suppress(LabError):
                clocks.take_out(self.sky.plan.lab, code)
                self.sky.inside(code, "systemctl", "restart", "ketnoi-agent.service")

    def empty(self, code: str) -> bool:
        return bool(self.sky.status(code).get("outbox", {}).get("unacknowledged") == 0)

    def well(self, code: str) -> bool:
        """Connected, and every camera was looked at and is up."""
        shown = self.sky.status(code)
        cameras = shown.get("cameras", [])
        return bool(
            shown.get("link", {}).get("connected") and cameras and all(one["status"] == "up" and one["measured"] for one in cameras)
        )


def main() -> int:
    given = arguments()
    try:
        province = plan.of_running(given.lab)
        codes = {site: code for site, code in sites(province.inventory).items() if code in {f.code for f in province.facilities}}
        dice = random.Random(given.seed)
        storm = Storm(Sky(province, Truth(time.time()), dice, {code: site for site, code in codes.items()}), dice, codes, given.faults)
        try:
            wrong = play(storm, given.minutes)
        finally:
            storm.leave()
    except LabError as trouble:
        print(f"lab.storm: {trouble}", file=sys.stderr)
        return trouble.code
    document = report(storm, wrong, given)
    print(json.dumps(document, ensure_ascii=False, indent=1) if given.json else table(document))
    return 1 if wrong else 0


def play(storm: Storm, minutes: float) -> list[Wrong]:
    """Each kind once, in an order of the dice, however long that takes; then again at random until the time is up."""
    storm.begin()
    lab, sky = storm.sky.plan.lab, storm.sky
    day, up = kept.up_today(lab, storm.codes)
    logins = kept.bad_logins(sky.plan)
    until, number = time.time() + minutes * 60, 0
    order = storm.dice.sample(storm.kinds, len(storm.kinds))
    while order or time.time() < until:
        kind = order.pop() if order else storm.dice.choice(storm.kinds)
        number += 1
        storm.strike(number, kind, storm.dice.choice(storm.sky.plan.facilities))
    wrong = [] if storm.end() else [Wrong("never_told", "outbox", detail=f"not empty within {SETTLED_S:.0f} s")]
    wrong += storm.not_played
    wrong += [Wrong("not_recovered", kind) for kind, times in storm.recovered.items() if None in times]
    wrong += judge.judge(storm.truth, kept.intervals(lab, storm.codes), kept.rows(lab), kept.gaps(lab))
    wrong += judge.logins(logins, kept.bad_logins(sky.plan))
    ended_on, told = kept.up_today(lab, storm.codes)
    if ended_on == day:  # else midnight fell into the storm: two days, of which neither is the storm's alone
        wrong += judge.continuity(storm.truth, up, told)
    for facility in sky.plan.facilities:
        with storm.recorder_stopped(facility):
            wrong += footage.judge(storm.truth, kept.footage(sky.plan, facility))
    return wrong


def report(storm: Storm, wrong: list[Wrong], given: argparse.Namespace) -> dict[str, object]:
    changes = sum(len(each) - 1 for each in storm.truth.changes.values())
    faults = {kind: _lateness(KINDS[kind].recovery_s, times) for kind, times in sorted(storm.recovered.items())}
    return {
        "seed": given.seed,
        "minutes": given.minutes,
        "cameras": len(storm.truth.changes),
        "changes": changes,
        "faults": faults,
        "wrong": [vars(one) for one in wrong],
    }


def _lateness(promised: float | None, times: list[float | None]) -> dict[str, object]:
    """late: how often it took longer than promised. It is told and is not wrong: a busy machine may be the reason."""
    known = [one for one in times if one is not None]
    spread = {"median": round(median(known), 1), "most": round(max(known), 1)} if known else None
    late = sum(promised is not None and (one is None or one > promised) for one in times)
    return {"times": len(times), "recovered_s": spread, "promised_s": promised, "late": late}


def table(document: dict[str, Any]) -> str:
    faults: dict[str, dict[str, Any]] = document["faults"]
    wrong: list[dict[str, Any]] = document["wrong"]
    lines = [
        pick(
            "| Sự cố | Số lần | Hồi phục, giữa | lâu nhất | hứa | trễ |",
            "| Fault | Times | Heard again after, median | at most | promised | late |",
        ),
        "|---|---|---|---|---|---|",
    ]
    for kind, one in faults.items():
        took: dict[str, float] = one["recovered_s"] or {}
        promised = f"{one['promised_s']:.0f} s" if one["promised_s"] else "–"
        lines.append(f"| {kind} | {one['times']} | {took.get('median', '–')} s | {took.get('most', '–')} s | {promised} | {one['late']} |")
    lines.append(f"\nseed {document['seed']}, {document['cameras']} cameras, {document['changes']} changes of theirs; wrong: {len(wrong)}")
    for one in wrong[:40]:
        lines.append(f"  {one['kind']} {one['subject']} {one['seconds']:.0f} s {one['detail']}")
    if wrong:
        lines.append(
            pick("chạy lại đúng loạt này:", "to repeat it:") + f" make faults SEED={document['seed']} MINUTES={document['minutes']}"
        )
    return "\n".join(lines)


def sites(inventory: str) -> dict[str, str]:
    """Facility's id -> code, of what bootstrap enrolled."""
    found = (yaml.safe_load(path.read_text()) for path in sorted(Path(inventory, "enrolled").glob("*.yml")))
    return {one["id"]: one["code"] for one in found if isinstance(one, dict) and one.get("id") and one.get("code")}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.storm", description="Faults by a seed, and a judge of what the hub kept.")
    parser.add_argument("--lab", type=Lab, default=Lab("demo"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--faults", nargs="+", choices=sorted(KINDS), default=sorted(KINDS))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
