"""`ketnoi power-cycle CODE/SLOT`: a hung camera's power off and on at its switch port, until its pictures arrive again.

Whether they do is measured: packets of the stream, decoded at the hub (with --local: here).
"""

import json
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json
from province.commands.elapsed import Elapsed
from province.measure import inventory as subjects
from province.measure import remote, tasks
from province.measure.evidence import CameraEvidence, SiteEvidence, read
from province.measure.request import ReceivedAnswer, Request, Task
from province.model import Camera, Facility, Province
from province.model.select import loaded, selected
from province.office import vaults
from province.office.home import Home
from province.reach.ssh import Shell
from province.rollout.inventory import facility_data, factory_logins
from province.standard.load import load as standard
from province.standard.verdict import StreamPlace
from province.switches import faults
from province.switches.desired import desired_switches
from province.switches.faults import SwitchFailure
from province.switches.model import DesiredSwitch
from province.switches.power import Feed, until
from province.switches.way import Direct, ThroughBox
from province.text import Lang, Text
from province.user_error import UserError

DEVICES = "/run/ketnoi/devices.json"
"""Where a box tells where each camera's stream is: {slot: {"rtsp_port", "path"}}."""
MEASURE_S = 40.0
TELL_EVERY_S = 10.0

LOGGING_IN = Text("vào bộ chuyển mạch {name} ({address})", "logging in at the switch {name} ({address})")
OFF = Text("cổng {port} đã tắt nguồn", "port {port} is off")
ON = Text("cổng {port} đã bật lại, đợi camera có hình", "port {port} is on again, waiting for the camera's pictures")
WAITING = Text("chưa có hình", "no picture yet")
STREAMS = Text("camera có hình lại sau {seconds} giây", "the camera streams again, {seconds} s after its power came back")
_NAMED = Text("viết MÃ/VỊ-TRÍ, ví dụ an-nhon-01/3: {what}", "say CODE/SLOT, such as an-nhon-01/3: {what}")
_NO_CAMERA = Text("{code} không có camera ở vị trí {slot}; có: {known}", "{code} has no camera in slot {slot}; it has: {known}")
_NO_PORT = Text(
    "danh mục không ghi camera {code}/{slot} nằm ở cổng nào: thêm `camera: {slot}` vào `ports` của bộ chuyển mạch, hoặc rút nguồn tại chỗ",
    "the inventory names no switch port for camera {code}/{slot}: add `camera: {slot}` to a switch's `ports`, or unplug it on site",
)
_NOT_FED = Text(
    "cổng {port} không cấp nguồn cho camera {code}/{slot} (`poe: false`): rút nguồn tại chỗ",
    "port {port} doesn't feed camera {code}/{slot} (`poe: false`): unplug it on site",
)


Outcome = TypedDict(
    "Outcome",
    {
        "camera": str,
        "switch": int,
        "port": str,
        "status": Literal["streams", "failed"],
        "class": str | None,
        "streams_after_s": float | None,
        "reason": dict[str, str] | None,
        "hint": dict[str, str] | None,
    },
)
"""What --json prints; `class` as in province.switches.faults."""


def power_cycle(inventory: Path, name: str, *, off_s: float, timeout_s: float, lang: Lang, json_output: bool, local: bool = False) -> int:
    """Exit 0 when the camera streams again, 1 when it doesn't or the switch failed; UserError when it could not start."""
    province = loaded(inventory, lang)
    facility, camera = named(province, name)
    switch, port = fed_by(province, facility, camera, inventory)
    progress = _Progress(lang, name)
    told: Outcome = {
        "camera": name, "switch": switch.slot, "port": port, "status": "failed", "class": None,
        "streams_after_s": None, "reason": None, "hint": None,
    }  # fmt: skip
    try:
        told["streams_after_s"] = _cycle(inventory, province, facility, camera, switch, port, off_s, timeout_s, local, progress)
        told["status"] = "streams"
    except SwitchFailure as failure:
        told |= {"class": failure.category, "reason": failure.reason.as_dict(), "hint": failure.hint.as_dict()}
        progress.line(failure.reason)
        progress.line(Text(f"→ {failure.hint.vi}", f"→ {failure.hint.en}"))
    if json_output:
        print(json.dumps(told, ensure_ascii=False))
    return 0 if told["status"] == "streams" else 1


def named(province: Province, name: str) -> tuple[Facility, Camera]:
    """The camera that CODE/SLOT (or CODE/C03) means. Raises UserError."""
    code, _, written = name.partition("/")
    slot = written.lstrip("cC").lstrip("0")
    if not code or not slot.isdecimal():
        raise _user_error(_NAMED, what=name)
    facility = selected(province, None, code)[0]
    withheld = facility.withheld(date.today())
    if withheld:
        raise UserError(withheld.vi, withheld.en)
    camera = next((each for each in facility.cameras if each.slot == int(slot)), None)
    if camera is None:
        raise _user_error(_NO_CAMERA, code=code, slot=slot, known=", ".join(str(each.slot) for each in facility.cameras) or "-")
    return facility, camera


def fed_by(province: Province, facility: Facility, camera: Camera, inventory: Path) -> tuple[DesiredSwitch, str]:
    """The switch and the name of its port that feeds a camera. Raises UserError where the inventory names none."""
    vault = vaults.read(Home.of(inventory), inventory, facility.code)
    for switch in desired_switches(facility_data(facility), vault, factory_logins(province)):
        listed = next(each for each in facility.switches if each.slot == switch.slot)
        for port in listed.ports:
            if port.camera == camera.slot:
                if not port.poe:
                    raise _user_error(_NOT_FED, port=port.name, code=facility.code, slot=camera.slot)
                return switch, port.name
    raise _user_error(_NO_PORT, code=facility.code, slot=camera.slot)


def _cycle(
    inventory: Path,
    province: Province,
    facility: Facility,
    camera: Camera,
    switch: DesiredSwitch,
    port: str,
    off_s: float,
    timeout_s: float,
    local: bool,
    progress: "_Progress",
) -> float:
    """Seconds from the power's return to the first picture. Raises SwitchFailure."""
    look = _Look(inventory, province, facility, camera, local)
    look.learn()
    progress.line(LOGGING_IN.format(name=switch.name, address=switch.address))
    with Direct() if local else ThroughBox(inventory, facility.code) as way, Feed(way, switch, port, inventory, facility.code).off():
        progress.line(OFF.format(port=port))
        time.sleep(off_s)
        goes_on = look.plays()
    progress.line(ON.format(port=port))
    if goes_on:
        raise SwitchFailure(faults.OTHER_SUPPLY, port=port)
    seconds = until(look.plays, timeout_s, progress.waiting)
    if seconds is None:
        raise SwitchFailure(faults.NO_STREAM, seconds=round(timeout_s))
    progress.line(STREAMS.format(seconds=seconds))
    return seconds


class _Look:
    """Whether a camera's main stream plays: one picture decoded by ketnoi-measure, at the hub or here."""

    def __init__(self, inventory: Path, province: Province, facility: Facility, camera: Camera, local: bool) -> None:
        self._shell = None if local else Shell(inventory, hub_user=province.hub.ssh_user)
        self._facility, self._camera = facility, camera
        self._sites = subjects.sites(inventory, [facility], local)
        self._logins = subjects.logins(inventory, [facility])
        self._standard, self._factory = standard(inventory), subjects.factory(province)
        self._where: StreamPlace | None = None

    def learn(self) -> None:
        """Where the stream is, as the box knows it from before: a hung camera can't be asked."""
        if self._shell is None:
            return
        done = self._shell.run(self._facility.code, ["cat", DEVICES], seconds=20)
        try:
            entry = json.loads(done.stdout)[str(self._camera.slot)]
            self._where = {"port": int(entry["rtsp_port"]), "path": str(entry["path"])}
        except (ValueError, KeyError, TypeError):
            self._where = None

    def plays(self) -> bool:
        if self._where is None:
            asked = [task for task in tasks.first(self._sites, self._standard, self._logins, self._factory, False) if self._ours(task)]
            settings = self._measured(asked).get("settings")
            self._where = settings.get("stream") if settings and settings["ok"] else None
            if self._where is None:
                return False
        found: SiteEvidence = {"cameras": {str(self._camera.slot): {"settings": {"ok": True, "stream": self._where}}}}
        plays = tasks.streams(self._sites, {self._facility.code: found}, self._standard, self._logins, "stream_hub", brief=True)
        stream = self._measured(plays).get("stream_hub")
        return stream is not None and stream["ok"]

    def _ours(self, task: Task) -> bool:
        return task["kind"] == "settings" and task.get("camera") == self._camera.slot

    def _measured(self, asked: Sequence[Task]) -> CameraEvidence:
        request: Request = {"schema": 1, "budget_s": MEASURE_S, "tasks": list(asked)}
        if self._shell is None:
            here = remote.measure(request, lambda task, found: None)["results"]
            return read(CameraEvidence, here[0]["found"]) if here else {}
        done = self._shell.run("hub", ["ketnoi-measure"], json.dumps(request), MEASURE_S + 20)
        try:
            there = typed.read(ReceivedAnswer, "answer", parse_json("answer", done.stdout))["results"]
        except ContractError:
            raise SwitchFailure(faults.UNREACHABLE, detail=f"hub: ketnoi-measure: exit {done.returncode}") from None
        return read(CameraEvidence, there[0]["found"]) if there else {}


class _Progress:
    """A line on stderr for each step."""

    def __init__(self, lang: Lang, name: str) -> None:
        self._lang: Lang = lang
        self._name, self._elapsed, self._last = name, Elapsed(), 0.0

    def line(self, text: Text) -> None:
        self._elapsed.line(f"{self._name}: {text.pick(self._lang)}")

    def waiting(self, waited: float) -> None:
        if waited - self._last >= TELL_EVERY_S:
            self._last = waited
            self.line(WAITING)


def _user_error(text: Text, **values: object) -> UserError:
    filled = text.format(**values)
    return UserError(filled.vi, filled.en)
