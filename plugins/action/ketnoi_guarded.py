"""The task `ketnoi_guarded`: a change that could cut every way to the box, proved over a new connection or undone by the box itself.

What plugins/modules/ketnoi_guarded.py documents. Nothing to change: one round trip. Else `edge-agent guard apply` keeps the old and
arms its timer, the connection is dropped, and `edge-agent guard confirm` has to get in over a new one before the time is up.
"""

import time
import uuid
from typing import NotRequired, TypedDict

from ansible.errors import AnsibleConnectionFailure

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json
from province.rollout.action import BoxAction, digest, holds
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult, Answered, BoxDocument, BoxGuard, BoxResult, BoxUnit, Change, TaskFile
from province.text import Text

AGENT = "/usr/bin/edge-agent"
RESTORED = Text(
    "{code}: sau thay đổi “{name}” không ai vào được thiết bị biên nữa ({why}), nên thiết bị đã tự khôi phục cấu hình cũ",
    "{code}: after the change “{name}” nobody could get in any more ({why}), so the box has restored what it had before",
)
LOST = Text(
    "{code}: sau thay đổi “{name}” không liên lạc được với thiết bị biên ({why}); hết hạn chờ mà thiết bị chưa trả lời",
    "{code}: after the change “{name}” the box could not be reached ({why}), and it did not come back in time",
)
REFUSED = Text(
    "{code}: thiết bị biên từ chối thay đổi “{name}”, cấu hình cũ vẫn giữ nguyên: {why}",
    "{code}: the box refused the change “{name}”, what it had stays as it was: {why}",
)
HINT = Text(
    "xem lại thay đổi vừa làm trong danh mục (tường lửa, mạng, sshd), rồi chạy lại; trên thiết bị: edge-agent guard status",
    "look at what was changed in the inventory (firewall, network, sshd), then run again; on the box: edge-agent guard status",
)
LOST_HINT = Text(
    "kiểm tra nguồn điện và đường truyền tại cơ sở; khi khởi động lại, thiết bị cũng tự khôi phục cấu hình cũ",
    "check power and uplink on site; when the box is started again it restores the old configuration too",
)


PENDING = ("saved", "armed", "applied")
COME_BACK_S = 90
"""How long after its own timer a box may take to be reachable again: a boot, the lifeline's random wait."""


class GuardedArgs(TypedDict):
    part: NotRequired[str]
    name: str
    files: list[TaskFile]
    seconds: int
    validate: list[list[str]]
    apply: list[list[str]]
    undo: list[list[str]]
    targets: list[str]
    units: list[BoxUnit]


class GuardAnswer(TypedDict, total=False):
    """What `edge-agent guard` says of the latest change."""

    state: str
    id: str | None
    name: str | None
    reason: dict[str, str] | None


class ActionModule(BoxAction[GuardedArgs]):
    """Look, apply, reconnect, confirm; tell in both languages when the box had to save itself."""

    ARGUMENTS = documented("ketnoi_guarded")

    def act(self, args: GuardedArgs) -> ActionResult:
        change: Change = {
            "name": args["name"],
            "files": [self.rendered(file) for file in args["files"]],
            "seconds": args["seconds"],
            "validate": args["validate"],
            "apply": args["apply"],
            "undo": args["undo"],
            "targets": args["targets"],
        }
        units = args["units"]
        found = digest([{name: value for name, value in change.items() if name != "seconds"} | {"seconds": None}, units])
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": found}
        closing: BoxDocument = {"units": units}
        if part := args.get("part"):
            closing["record"] = {"part": part, "digest": found, "holds": holds(change["files"], units)}
        guard: BoxGuard = {"argv": [AGENT, "guard", "apply", "--json"], "change": change}
        look = self.send({"guard": {**guard, "look": True}, **closing})
        if self.task.check_mode or look.get("failed") or not look["diff"]:
            return self.outcome(look)
        try:
            # Ansible sends again what a connection was lost under: by its name the box knows that it has made it already.
            named: Change = {**change, "attempt": uuid.uuid4().hex}
            answer = self.send({"guard": {**guard, "change": named}}).get("guard")
        except AnsibleConnectionFailure:
            return self._confirmed(change, closing, look, None)
        told = read(answer)
        if answer and answer["rc"]:
            return self._failed(REFUSED, HINT, change, why(told, answer), look)
        if told.get("state") == "restored":
            return self._failed(RESTORED, HINT, change, why(told, answer), look)
        return self._confirmed(change, closing, look, told.get("id"))

    def _confirmed(self, change: Change, closing: BoxDocument, look: BoxResult, known: str | None) -> ActionResult:
        """Prove over a new connection that the box can still be reached; tries until the box's own timer has run out.

        known: the change's id; None when the connection was cut while it was made, then the box is asked for it.
        """
        until = time.monotonic() + change["seconds"] + COME_BACK_S
        cut = refused = Text("", "")
        while time.monotonic() < until:
            try:
                self.connection.reset()
                status: GuardAnswer = {"state": "applied", "id": known} if known else self._status()
                known = None
                if status.get("state") in PENDING:
                    answer = self.send({"command": {"argv": [AGENT, "guard", "confirm", str(status.get("id")), "--json"]}, **closing})
                    if not answer.get("failed"):
                        return self.outcome({**answer, "changed": look["changed"] + answer["changed"], "diff": look["diff"]})
                    told: Answered = answer.get("command") or {"rc": 1, "stdout": "", "stderr": answer["failed"]}
                    refused = why(read(told), told)
                elif status.get("name") == change["name"]:
                    return self._failed(RESTORED, HINT, change, why(status, None), look)
                else:
                    return self._failed(LOST, LOST_HINT, change, cut, look)
            except AnsibleConnectionFailure as error:
                cut = _NO_WAY_IN.format(said=first_line(str(error)))
            time.sleep(1)
        return self._failed(LOST, LOST_HINT, change, cut if cut.en else refused, look)

    def _status(self) -> GuardAnswer:
        return read(self.send({"command": {"argv": [AGENT, "guard", "status", "--json"]}}).get("command"))

    def _failed(self, text: Text, hint: Text, change: Change, cause: Text, look: BoxResult) -> ActionResult:
        reason = Text(
            text.vi.format(code=self.host, name=change["name"], why=cause.vi),
            text.en.format(code=self.host, name=change["name"], why=cause.en),
        )
        told = self.outcome({"changed": [], "diff": look["diff"], "failed": f"{reason.vi} / {reason.en}"})
        return {**told, "reason": reason.as_dict(), "hint": hint.as_dict()}


_NO_WAY_IN = Text("không kết nối lại được: {said}", "no new connection: {said}")


def read(answer: Answered | None) -> GuardAnswer:
    """What `edge-agent guard` answered; {} when it is something else."""
    try:
        return typed.read(GuardAnswer, "guard", parse_json("guard", answer["stdout"] if answer else ""))
    except ContractError:
        return {}


def first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else ""


def why(told: GuardAnswer, answer: Answered | None) -> Text:
    """The reason in an answer of `edge-agent guard`, else the first line of what it said."""
    if reason := told.get("reason"):
        return Text(reason.get("vi", ""), reason.get("en", ""))
    said = first_line((answer["stderr"] or answer["stdout"]) if answer else "")
    return Text(said, said)
