"""The task `cameras`: every camera of a facility brought to what the inventory wants, side by side, in one round trip.

What plugins/modules/cameras.py documents. The wanted document carries passwords: it goes to `edge-agent devices apply` by
stdin and is never part of a result. What comes back names each camera, what changed, and for a failure why and what to do.
"""

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from province.ansible_box import BoxAction, digest
from province.text import Text
from province.wanted import wanted

FAILED = Text("{code}: {failed}/{total} camera chưa đạt: {list}", "{code}: {failed} of {total} cameras failed: {list}")
HINT = Text("từng camera: {list}", "camera by camera: {list}")
NOT_INSTALLED = Text(
    "{code}: thiết bị biên chưa có edge-agent (vai trò base sẽ cài), nên chưa xem được camera",
    "{code}: edge-agent is not on the box yet (role base installs it), so its cameras could not be looked at",
)
NO_VAULT = Text(
    "{code}: tệp mật khẩu thiếu camera ở vị trí {slots}: chạy `ketnoi init` để bổ sung",
    "{code}: the vault file has no passwords for the cameras in slots {slots}: run `ketnoi init` to add them",
)


class ActionModule(BoxAction):
    """Build the document, send it, tell each camera's fate."""

    _VALID_ARGS = frozenset(
        (
            "facility",
            "ntp",
            "timezone",
            "state_dir",
            "slots",
            "encoder",
            "discovery",
            "factory",
            "edge_agent",
            "part",
            "timeout",
        )
    )

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        args["slots"] = [int(slot) for slot in args.get("slots") or ()]
        try:
            document = json.loads(json.dumps(wanted(args["facility"], args, self.vault)))
        except KeyError as missing:
            text = NO_VAULT.format(code=self.host, slots=", ".join(map(str, missing.args)))
            raise AnsibleActionFail(f"{text.vi} / {text.en}") from None
        found = digest(document)
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": found}
        if not document["devices"]:
            return {"changed": False, "cameras": []}
        argv = [*str(args.get("edge_agent") or "/usr/bin/edge-agent").split(), "devices", "apply", "--json"]
        argv += ["--check"] if self._task.check_mode else []
        sent: dict[str, Any] = {"command": {"argv": argv, "stdin": json.dumps(document), "timeout": args.get("timeout") or 900}}
        if args.get("state_dir"):
            sent |= {"state_dir": str(args["state_dir"]), "run_dir": str(Path(args["state_dir"], "run"))}
        if args.get("part") and not args["slots"]:
            sent["record"] = {"part": args["part"], "digest": found}
        return self._told(self.send(sent))

    def _told(self, result: dict[str, Any]) -> dict[str, Any]:
        answered = result.get("command") or {}
        if self._task.check_mode and answered.get("rc") == 127:
            return {"changed": True, "cameras": [], "msg": NOT_INSTALLED.format(code=self.host).en}
        try:
            report = json.loads(answered.get("stdout") or "")
        except json.JSONDecodeError:
            return {"failed": True, "changed": False, "msg": result.get("failed") or "edge-agent: no answer"}
        devices = report["devices"]
        told: dict[str, Any] = {"changed": bool(report["changed"]), "cameras": devices}
        if self._task.diff:
            told["diff"] = [_diff(self.host, device) for device in devices if device["changes"]]
        failed = [device for device in devices if device["status"] == "failed"]
        if failed:
            reason = _listed(FAILED, failed, "reason", code=self.host, failed=len(failed), total=len(devices))
            hint = _listed(HINT, failed, "hint")
            told |= {
                "failed": True,
                "msg": f"{reason.vi} / {reason.en}",
                "reason": reason.as_dict(),
                "hint": hint.as_dict(),
            }
        elif answered["rc"]:
            told |= {"failed": True, "msg": str(result.get("failed"))}
        return told


def _listed(text: Text, devices: list[dict[str, Any]], field: str, **values: Any) -> Text:
    def one(lang: str) -> str:
        said = ((device, (device.get(field) or {}).get(lang) or device.get("class") or "?") for device in devices)
        return "; ".join(f"{device.get('name') or device['slot']} ({device['address']}): {what}" for device, what in said)

    return Text(text.vi.format(**values, list=one("vi")), text.en.format(**values, list=one("en")))


def _diff(host: str, device: dict[str, Any]) -> dict[str, str]:
    name = f"{host} camera {device['slot']} ({device['address']})"
    before, after = ("".join(f"{change['field']}: {change.get(side)}\n" for change in device["changes"]) for side in ("from", "to"))
    return {"before_header": name, "after_header": name, "before": before, "after": after}
