"""What became of a device, for people."""

from edge_agent.contract.results import DeviceResult
from edge_agent.contract.text import Lang, Text

_STATUS = {
    "ok": Text("đúng yêu cầu, không đổi", "as wanted"),
    "changed": Text("đã đổi", "changed"),
    "failed": Text("LỖI", "FAILED"),
    "no_access": Text("không được tiếp cận", "no access"),
}
_WOULD = Text("sẽ đổi", "would change")


def line(device: DeviceResult, lang: Lang, check: bool) -> str:
    status = _WOULD if check and device["status"] == "changed" else _STATUS[device["status"]]
    parts = [f"{device['slot']:>3}  {device['name'] or device['address']:<20} {status.pick(lang)}"]
    parts += [f"       {c['field']}: {c['from']} -> {c['to']}" for c in device["changes"]]
    parts += [f"       {text[lang]}" for text in (device["reason"], device["hint"]) if text]
    return "\n".join(parts)
