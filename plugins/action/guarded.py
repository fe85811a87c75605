"""The task `guarded`: a change that could cut every way to the box, proved over a new connection or undone by the box itself.

What plugins/modules/guarded.py documents. Nothing to change: one round trip. Else `edge-agent guard apply` keeps the old and
arms its timer, the connection is dropped, and `edge-agent guard confirm` has to get in over a new one before the time is up.
"""

import json
import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from province.ansible_box import BoxAction, digest
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


class ActionModule(BoxAction):
    """Apply, reconnect, confirm; tell in both languages when the box had to save itself."""

    _VALID_ARGS = frozenset(("name", "files", "validate", "apply", "seconds", "units", "part"))

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        files = [self.rendered(file) for file in args["files"]]
        change = {
            "name": str(args["name"]),
            "files": files,
            "validate": args.get("validate") or [],
            "apply": args.get("apply") or [],
            "seconds": int(args.get("seconds") or 300),
        }
        units = args.get("units") or []
        found = digest([change["name"], files, change["validate"], change["apply"], units])
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": found}
        document = {"guard": {"argv": [AGENT, "guard", "apply", "--json"], "change": change}}
        closing = {"units": units, **({"record": {"part": args["part"], "digest": found}} if args.get("part") else {})}
        try:
            result = self.send(document if self._task.check_mode else {**document, **closing})
        except AnsibleConnectionFailure as error:
            return self._confirmed(change, closing, {"changed": [change["name"]], "diff": []}, None, str(error))
        answer = _json(result.get("guard", {}).get("stdout", ""))
        if result.get("guard", {}).get("rc"):
            return self._failed(REFUSED, HINT, change, _why(result["guard"]), result)
        if result.get("failed") or answer.get("state", "unchanged") != "applied":
            return self.outcome(result)
        return self._confirmed(change, closing, result, answer.get("id"), "")

    def _confirmed(
        self, change: dict[str, Any], closing: dict[str, Any], result: dict[str, Any], known: str | None, why: str
    ) -> dict[str, Any]:
        """Prove over a new connection that the box can still be reached; tries until the box's own timer has run out."""
        started, lost, said = time.monotonic(), bool(why), why
        while time.monotonic() - started < change["seconds"] + 60:
            try:
                self._connection.reset()
                status = self._agent("status")
                if status.get("state") in ("restored", "rolled_back", "failed"):
                    return self._failed(RESTORED, HINT, change, said or str(status.get("reason", "")), result)
                if lost and status.get("state") in ("idle", "unchanged", "committed"):
                    break
                answer = self.send(
                    {"command": {"argv": [AGENT, "guard", "confirm", str(known or status["id"]), "--json"]}, **closing}
                )
                if not answer.get("failed"):
                    return self.outcome(
                        {**answer, "changed": result["changed"] + answer["changed"], "diff": result["diff"]}
                    )
                said = _why(answer.get("command", {"stderr": answer["failed"]}))
            except AnsibleConnectionFailure as error:
                said = said or _first_line(str(error))
            time.sleep(1)
        return self._failed(LOST, LOST_HINT, change, said, result)

    def _agent(self, verb: str) -> dict[str, Any]:
        """`edge-agent guard VERB --json` as a document; {} when the box answered with something else."""
        answer = self.send({"command": {"argv": [AGENT, "guard", verb, "--json"]}})
        return _json(answer.get("command", {}).get("stdout", ""))

    def _failed(
        self, text: Text, hint: Text, change: dict[str, Any], why: str, result: dict[str, Any]
    ) -> dict[str, Any]:
        reason = text.format(code=self.host, name=change["name"], why=why or "?")
        told = self.outcome({**result, "changed": [], "failed": f"{reason.vi} / {reason.en}"})
        return {**told, "reason": reason.as_dict(), "hint": hint.as_dict()}


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else ""


def _why(answer: dict[str, Any]) -> str:
    document = _json(str(answer.get("stdout", "")))
    reason = document.get("reason") or document.get("message")
    if isinstance(reason, dict):
        return " / ".join(str(reason[lang]) for lang in ("vi", "en") if reason.get(lang))
    return str(reason or "") or _first_line(str(answer.get("stderr", "")))
