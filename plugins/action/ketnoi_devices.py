"""The task `ketnoi_devices`: a facility's cameras, or its recorders, brought to what the inventory wants, side by side, in one round trip.

What plugins/modules/ketnoi_devices.py documents. The desired document carries passwords: it goes to `edge-agent devices apply` by
stdin and is never part of a result. What comes back names each device, what changed, and for a failure why and what to do;
each is told as soon as the box is done with it.
"""

import json
from pathlib import Path
from typing import Literal, NotRequired

from ansible.errors import AnsibleActionFail

from edge_agent.contract import typed
from edge_agent.contract.desired import WrittenDocument, WrittenSite
from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.results import Applied, DeviceResult, counted
from edge_agent.contract.strict import ContractError, parse_json
from edge_agent.contract.written import written
from province.office import vaults
from province.office.home import Home
from province.office.vaults import AccountData
from province.rollout import live, opened, progress
from province.rollout.action import BoxAction, digest
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult, BoxCommand, BoxDocument, BoxResult, Diff
from province.rollout.desired import NoPasswords, after_rotation, desired_devices
from province.rollout.documents import DevicesRole, FacilityData
from province.standard.settings import Thresholds, chosen, of
from province.text import Lang, Text

FAILED = Text("{code}: {failed}/{total} thiết bị chưa đạt: {list}", "{code}: {failed} of {total} devices failed: {list}")
HINT = Text("từng thiết bị: {list}", "device by device: {list}")
NOT_INSTALLED = Text(
    "{code}: thiết bị biên chưa có edge-agent (vai trò base sẽ cài), nên chưa xem được thiết bị nào",
    "{code}: edge-agent is not on the box yet (role base installs it), so its devices could not be looked at",
)
NO_VAULT = Text(
    "{code}: tệp mật khẩu thiếu thiết bị ở vị trí {slots}: chạy `ketnoi init` để bổ sung",
    "{code}: the vault file has no passwords for the devices in slots {slots}: run `ketnoi init` to add them",
)


MOST_BYTES = 4 * 1024 * 1024
"""Of a facility's answer: 126 devices, all of which differ in all that they have."""


class DevicesArgs(DevicesRole):
    """With what a role may set otherwise than the standard has it: province.standard.settings.chosen."""

    kind: Literal["cameras", "recorders"]
    facility: FacilityData
    standard: Thresholds
    part: NotRequired[str]
    state_dir: str
    edge_agent: str
    timeout: int


class ActionModule(BoxAction[DevicesArgs]):
    """Build the document, send it, tell each device's fate."""

    ARGUMENTS = documented("ketnoi_devices")

    def act(self, args: DevicesArgs) -> ActionResult:
        try:
            devices = self._devices(args)
        except NoPasswords as missing:
            text = NO_VAULT.format(code=self.host, slots=", ".join(map(str, missing.args)))
            raise AnsibleActionFail(f"{text.vi} / {text.en}") from None
        if not devices:
            return {"changed": False, "devices": []}
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": digest(_written(args, devices))}
        silent = self._unreached(devices)
        unreached = [opened.not_reached(device) for device in silent]
        for each in unreached:
            progress.report(self.host, counted(each))
        if silent == devices:
            return {"changed": True, "devices": unreached}
        document = _written(args, [device for device in devices if device not in silent])
        argv = [*args["edge_agent"].split(), "devices", "apply", "--json"]
        argv += ["--check"] if self.task.check_mode else []
        command: BoxCommand = {"argv": argv, "stdin": json.dumps(document), "timeout": args["timeout"], "live": True}
        sent: BoxDocument = {"command": command}
        if folder := args["state_dir"]:
            sent |= {"state_dir": folder, "run_dir": str(Path(folder, "run"))}
        if (part := args.get("part")) and not args["slots"]:
            sent["record"] = {"part": part, "digest": digest(_written(args, after_rotation(devices)))}
        told = self._result(self.send(sent))
        told["devices"] = [*told.get("devices", ()), *unreached]
        if not self.task.check_mode:
            told["confirmed"] = self._confirm(args["kind"], devices, told)
        return told

    def _unreached(self, devices: list[DesiredDevice]) -> list[DesiredDevice]:
        """Wait for devices whose switch ports this rollout has just opened; in a check, those that don't answer yet."""
        names = set((self.variable("switches_done") or {}).get("opened") or ())
        starting = [device for device in devices if device.name in names]
        if not starting:
            return []
        check = bool(self.task.check_mode)
        python = str(self.variable("ansible_python_interpreter", "/usr/bin/python3"))
        answered = self.send({"command": opened.question(starting, check, python)}).get("command")
        return opened.silent(starting, answered["stdout"] if answered else "") if check else []

    def _devices(self, args: DevicesArgs) -> list[DesiredDevice]:
        """What the devices are to become. Raises NoPasswords."""
        return desired_devices(args["facility"], chosen(of(args["standard"]), args), args, self.vault, args["kind"])

    def _result(self, result: BoxResult) -> ActionResult:
        answered = result.get("command")
        if self.task.check_mode and answered and answered["rc"] == 127:
            return {"changed": True, "devices": [], "msg": NOT_INSTALLED.format(code=self.host).en}
        told = answered["stdout"] if answered else ""
        try:
            report = typed.read(Applied, "edge-agent devices apply", parse_json("stdout", told, MOST_BYTES))
        except ContractError:
            said = [line for line in (answered["stderr"] if answered else "").splitlines() if live.news(line) is None]
            last = " ".join(said[-3:])[:600]
            return {"failed": True, "changed": False, "msg": last or result.get("failed") or "edge-agent: no answer"}
        devices = report["devices"]
        found: ActionResult = {"changed": bool(report["changed"]), "devices": devices}
        if self.task.diff:
            found["diff"] = [_diff(self.host, device) for device in devices if device["changes"]]
        failed = [device for device in devices if device["status"] == "failed"]
        if failed:
            reason = _listed(FAILED, failed, "reason", code=self.host, failed=len(failed), total=len(devices))
            hint = _listed(HINT, failed, "hint")
            found |= {
                "failed": True,
                "msg": f"{reason.vi} / {reason.en}",
                "reason": reason.as_dict(),
                "hint": hint.as_dict(),
            }
        elif answered and answered["rc"]:
            found |= {"failed": True, "msg": str(result.get("failed"))}
        return found

    def _confirm(self, kind: str, devices: list[DesiredDevice], told: ActionResult) -> bool:
        """A rotation has come through where the box says that the new password works: forget the previous one. Whether there was any."""
        works = {device["slot"] for device in told.get("devices", ()) if device["admin_works"]}
        done: dict[int, AccountData] = {
            device.slot: {"user": device.admin.user, "password": device.admin.password}
            for device in devices
            if device.slot in works and device.previous and device.admin
        }
        if done:
            inventory = Path(str(self.variable("ketnoi_inventory")))
            vaults.confirm(Home.of(inventory), inventory, self.host, kind, done)
        return bool(done)


def _written(args: DevicesArgs, devices: list[DesiredDevice]) -> WrittenDocument:
    """The document for the box; it carries passwords."""
    site: WrittenSite = {"id": args["facility"]["id"], "code": args["facility"]["code"]}
    return written(devices, site, args["state_dir"] or None)


def _listed(text: Text, devices: list[DeviceResult], field: Literal["reason", "hint"], **values: object) -> Text:
    def one(lang: Lang) -> str:
        said = ((device, (device[field] or {}).get(lang) or device["class"] or "?") for device in devices)
        return "; ".join(f"{device['name'] or device['slot']} ({device['address']}): {what}" for device, what in said)

    return Text(text.vi.format(**values, list=one("vi")), text.en.format(**values, list=one("en")))


def _diff(host: str, device: DeviceResult) -> Diff:
    name = f"{host} {device['kind']} {device['slot']} ({device['address']})"
    before, after = ("".join(f"{change['field']}: {change.get(side)}\n" for change in device["changes"]) for side in ("from", "to"))
    return {"before_header": name, "after_header": name, "before": before, "after": after}
