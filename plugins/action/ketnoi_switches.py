"""The task `ketnoi_switches`: every switch of a facility brought to what the inventory wants, side by side, driven from here.

What plugins/modules/ketnoi_switches.py documents. Nothing runs on the box: netmiko speaks to each switch through it (province.switches).
The box only keeps the digest of what its switches converged to.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

from ansible.errors import AnsibleActionFail

from edge_agent.contract.results import Applied, counted
from province.office import vaults
from province.office.home import Home
from province.office.vaults import Accounts
from province.rollout import progress
from province.rollout.action import BoxAction, digest
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult, BoxDocument, Diff
from province.rollout.documents import FacilityData, Logins
from province.switches.desired import desired_switches
from province.text import Text

if TYPE_CHECKING:
    from province.switches.apply import Result
    from province.switches.model import DesiredSwitch

FAILED = Text("{code}: {failed}/{total} bộ chuyển mạch chưa đạt: {list}", "{code}: {failed} of {total} switches failed: {list}")
HINT = Text("từng bộ chuyển mạch: {list}", "switch by switch: {list}")
NO_VAULT = Text(
    "{code}: tệp mật khẩu thiếu bộ chuyển mạch ở vị trí {slots}: chạy `ketnoi init` để bổ sung",
    "{code}: the vault file has no password for the switches in slots {slots}: run `ketnoi init` to add them",
)


class SwitchesArgs(TypedDict):
    facility: FacilityData
    factory: Logins
    deadline: float
    slots: list[int]
    part: NotRequired[str]
    state_dir: str


class ActionModule(BoxAction[SwitchesArgs]):
    """Drive the switches, tell each one's fate."""

    ARGUMENTS = documented("ketnoi_switches")

    def act(self, args: SwitchesArgs) -> ActionResult:
        facility = args["facility"]
        switches = desired_switches(facility, self.vault, args["factory"], args["deadline"])
        lacking = [str(switch.slot) for switch in switches if switch.admin is None]
        if lacking:
            text = NO_VAULT.format(code=self.host, slots=", ".join(lacking))
            raise AnsibleActionFail(f"{text.vi} / {text.en}")
        if not switches:
            return {"changed": False, "devices": []}
        accounts = self.vault.get("switches", {})
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": _digest(switches, accounts)}
        slots = set(args["slots"])
        chosen = [switch for switch in switches if not slots or switch.slot in slots]
        if not chosen:
            return {"changed": False, "devices": []}
        from province.switches import engine  # netmiko takes half a second to import, and planning needs none of it

        local = str(self.variable("ansible_connection", "ssh")) == "local"
        inventory, check = Path(str(self.variable("ketnoi_inventory"))), bool(self.task.check_mode)
        results = engine.run(chosen, inventory, self.host, check=check, local=local, told=self._report)
        told = self._result(results, engine.document(results))
        if not check:
            self._confirm(inventory, results, accounts)
        if (part := args.get("part")) and not slots and not check:
            self._record(part, args["state_dir"], None if told.get("failed") else _digest(*_confirmed(switches, accounts)))
        return told

    def _report(self, result: "Result") -> None:
        """Each switch's line goes to who watches as soon as it is done."""
        progress.report(self.host, counted(result.as_dict()))

    def _confirm(self, inventory: Path, results: "list[Result]", accounts: dict[str, Accounts]) -> None:
        """A rotation has come through where the switch took the new password: forget the previous one."""
        works = {r.desired.slot: accounts[str(r.desired.slot)]["admin"] for r in results if r.admin_works and r.desired.previous}
        if works:
            vaults.confirm(Home.of(inventory), inventory, self.host, "switches", works)

    def _record(self, part: str, folder: str, found: str | None) -> None:
        sent: BoxDocument = {"record": {"part": part, "digest": found}}
        if folder:
            sent |= {"state_dir": folder, "run_dir": str(Path(folder, "run"))}
        self.send(sent)

    def _result(self, results: "list[Result]", report: Applied) -> ActionResult:
        from province.switches.opened import names  # as engine, above

        told: ActionResult = {"changed": bool(report["changed"]), "devices": report["devices"], "opened": names(results)}
        if self.task.diff:
            told["diff"] = [_diff(self.host, result) for result in results if result.before != result.after]
        failed = [result for result in results if result.failures]
        if failed:
            reason = _listed(FAILED, failed, "reason", code=self.host, failed=len(failed), total=len(results))
            hint = _listed(HINT, failed, "hint")
            told |= {"failed": True, "msg": f"{reason.vi} / {reason.en}", "reason": reason.as_dict(), "hint": hint.as_dict()}
        return told


def _digest(switches: "list[DesiredSwitch]", accounts: dict[str, Accounts]) -> str:
    return digest([*map(repr, switches), accounts])


def _confirmed(switches: "list[DesiredSwitch]", accounts: dict[str, Accounts]) -> tuple["list[DesiredSwitch]", dict[str, Accounts]]:
    """As they are once each switch has its new password: what the box is told that they converged to."""
    without = {slot: {name: account for name, account in own.items() if name != "previous"} for slot, own in accounts.items()}
    return [replace(switch, previous=None) for switch in switches], without


def _listed(text: Text, results: "list[Result]", field: str, **values: object) -> Text:
    def one(lang: str) -> str:
        said = ((result.desired, getattr(result.failures[0], field).as_dict()[lang]) for result in results)
        return "; ".join(f"{switch.name} ({switch.address}): {what}" for switch, what in said)

    return Text(text.vi.format(**values, list=one("vi")), text.en.format(**values, list=one("en")))


def _diff(host: str, result: "Result") -> Diff:
    name = f"{host} switch {result.desired.slot} ({result.desired.address})"
    return {"before_header": name, "after_header": name, "before": result.before, "after": result.after}
