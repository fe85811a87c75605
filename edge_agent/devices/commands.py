"""`edge-agent devices ...`: a facility's devices from a wanted document on standard input."""

import argparse
import json
import sys
import threading
from typing import Any

from edge_agent import durable
from edge_agent.devices import engine, single, wanted
from edge_agent.text import Text, default_lang, here

_STATUS = {
    "ok": Text("đúng yêu cầu, không đổi", "as wanted"),
    "changed": Text("đã đổi", "changed"),
    "failed": Text("LỖI", "FAILED"),
    "no_access": Text("không được tiếp cận", "no access"),
}
_WOULD = Text("sẽ đổi", "would change")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    devices = commands.add_parser("devices", help=here("mọi thiết bị của cơ sở này", "all devices of this facility"))
    actions = devices.add_subparsers(dest="action", required=True)
    apply = actions.add_parser(
        "apply", help=here("đưa thiết bị về đúng yêu cầu đọc từ đầu vào chuẩn", "bring devices to the wanted document on standard input")
    )
    apply.add_argument("--check", action="store_true", help=here("chỉ nói sẽ đổi gì, không ghi", "say what would change; write nothing"))
    apply.add_argument(
        "--only", type=int, action="append", metavar="SLOT", help=here("chỉ vị trí này (lặp lại được)", "only this slot (may be repeated)")
    )
    apply.add_argument("--json", action="store_true")
    apply.set_defaults(run=apply_command)
    single.add(commands)
    publish = actions.add_parser(
        "publish", help=here("công bố lại các luồng đã biết (khi khởi động)", "publish the known streams for the agent again (at boot)")
    )
    publish.set_defaults(run=publish_command)


def apply_command(options: argparse.Namespace) -> int:
    """0 all as wanted, 1 some failed, 2 a fault in the document."""
    try:
        document = wanted.read(json.load(sys.stdin))
    except wanted.BadDocument as error:
        print(f"edge-agent devices apply: {error}", file=sys.stderr)
        return 2
    except ValueError:
        print("edge-agent devices apply: standard input is not JSON", file=sys.stderr)
        return 2
    lang = default_lang()
    turn = threading.Lock()

    def told(result: engine.Result) -> None:
        with turn:
            print(
                _progress(result) if options.json else line(result.as_dict(), lang, options.check),
                file=sys.stderr,
                flush=True,
            )

    outcome = engine.run(document, check=options.check, only=set(options.only) if options.only else None, told=told)
    if options.json:
        print(json.dumps(outcome, ensure_ascii=False))
    return 1 if outcome["failed"] else 0


def publish_command(options: argparse.Namespace) -> int:
    engine.republish(durable.state_folder(), durable.run_folder())
    return 0


def _progress(result: engine.Result) -> str:
    """A line for who watches: `{"slot", "kind", ...}`, its changes counted."""
    found = result.as_dict()
    shown = {k: found[k] for k in ("slot", "kind", "address", "name", "status", "class", "reason", "hint", "until", "seconds")}
    return json.dumps(shown | {"changes": len(result.changes)}, ensure_ascii=False)


def line(device: dict[str, Any], lang: str, check: bool) -> str:
    status = _WOULD if check and device["status"] == "changed" else _STATUS[device["status"]]
    parts = [f"{device['slot']:>3}  {device['name'] or device['address']:<20} {status.pick(lang)}"]
    parts += [f"       {c['field']}: {c['from']} -> {c['to']}" for c in device["changes"]]
    for key in ("reason", "hint"):
        if device[key]:
            parts.append(f"       {device[key][lang]}")
    return "\n".join(parts)
