"""`edge-agent devices ...`: a facility's devices from a desired document on standard input."""

import argparse
import json
import sys
import threading
from pathlib import Path

from edge_agent.contract import devices as desired
from edge_agent.contract.box import DeviceRead, SettingsStatus
from edge_agent.contract.strict import ContractError, read_json
from edge_agent.contract.text import Lang, Text, default_lang, here
from edge_agent.devices import drift, engine, kept, single
from edge_agent.devices.outcome import line
from edge_agent.orders import execute
from edge_agent.system import durable

_LOOKED: dict[SettingsStatus, Text] = {
    "unchanged": Text("đúng yêu cầu", "unchanged"),
    "differs": Text("BỊ ĐỔI: {fields}", "CHANGED: {fields}"),
    "unread": Text("chưa đọc được ({reason})", "not read ({reason})"),
}
_UNREAD = {
    "unreachable": Text("không trả lời", "no answer"),
    drift.SPARED: Text(
        "vừa có một lần đăng nhập bị từ chối, 30 phút sau mới thử lại", "a login was refused lately: not tried again for 30 minutes"
    ),
}
"""Other reasons are classes of failure, which docs/onsite.md explains."""
_NOTHING_KEPT = Text(
    "chưa có thiết bị nào được cấu hình từ đây: chạy ketnoi rollout",
    "no device was configured from this box yet: run ketnoi rollout",
)
CONFIGURATION = Path("/etc/ketnoi/agent.json")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    devices = commands.add_parser("devices", help=here("mọi thiết bị của cơ sở này", "all devices of this facility"))
    actions = devices.add_subparsers(dest="action", required=True)
    apply = actions.add_parser(
        "apply", help=here("đưa thiết bị về đúng yêu cầu đọc từ đầu vào chuẩn", "bring devices to the desired document on standard input")
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
    looking = actions.add_parser(
        "drift", help=here("thiết bị có bị đổi cài đặt tại chỗ không; chỉ đọc", "was a device set otherwise behind our back; reads only")
    )
    looking.add_argument("--json", action="store_true")
    looking.add_argument("--config", type=Path, default=CONFIGURATION, help=argparse.SUPPRESS)
    looking.set_defaults(run=drift_command)


def apply_command(options: argparse.Namespace) -> int:
    """0 all as wanted, 1 some failed, 2 a fault in the document."""
    try:
        given = desired.parsed(json.load(sys.stdin))
        document = desired.understood(given)
    except desired.BadDocument as error:
        print(f"edge-agent devices apply: {error}", file=sys.stderr)
        return 2
    except ValueError:
        print("edge-agent devices apply: standard input is not JSON", file=sys.stderr)
        return 2
    lang = default_lang()
    turn = threading.Lock()

    def on_result(result: engine.Result) -> None:
        with turn:
            print(
                _progress(result) if options.json else line(result.as_dict(), lang, options.check),
                file=sys.stderr,
                flush=True,
            )

    only, state = set(options.only) if options.only else None, durable.state_folder(document.state_dir)
    if not options.check:
        kept.keep(given, state, only)
    outcome = engine.run(document, check=options.check, only=only, told=on_result)
    if not options.check:
        kept.confirm(given, outcome["devices"], state)
        drift.noted(outcome["devices"], durable.run_folder(document.state_dir))
    if options.json:
        print(json.dumps(outcome, ensure_ascii=False))
    return 1 if outcome["failed"] else 0


def publish_command(options: argparse.Namespace) -> int:
    engine.republish(durable.state_folder(), durable.run_folder())
    return 0


def drift_command(options: argparse.Namespace) -> int:
    """0 all that could be read is as it should be, 1 something differs, 2 nothing to go by. Answers the hub if it asked."""
    try:
        found = drift.look(durable.state_folder(), durable.run_folder(), _listed(options.config))
    except (OSError, ContractError, desired.BadDocument) as error:
        execute.ended("read_settings", "failed", str(error)[:200])
        print(f"edge-agent devices drift: {error}", file=sys.stderr)
        return 2
    devices = found["devices"].values()
    counts = {status: sum(one["status"] == status for one in devices) for status in _LOOKED}
    execute.ended("read_settings", "done", ", ".join(f"{count} {status}" for status, count in counts.items()))
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        lang = default_lang()
        print("\n".join(_looked(one, lang) for one in devices) or _NOTHING_KEPT.pick(lang))
    return 1 if counts["differs"] else 0


def _looked(one: DeviceRead, lang: Lang) -> str:
    reason = _UNREAD[one["reason"]].pick(lang) if one["reason"] in _UNREAD else one["reason"]
    said = _LOOKED[one["status"]].format(fields=", ".join(one["fields"]), reason=reason)
    return f"{one['name']:>5}  {said.pick(lang)}"


def _listed(configuration: Path) -> set[int] | None:
    """Slots of the devices that the inventory lists; None where the role that says so has not run since it does."""
    slots = read_json(configuration.name, configuration.read_bytes()).take("settings_of", (list, type(None)), None)
    return None if slots is None else {int(slot) for slot in slots}


def _progress(result: engine.Result) -> str:
    """A line for who watches: `{"slot", "kind", ...}`, its changes counted."""
    found = result.as_dict()
    shown = {k: found[k] for k in ("slot", "kind", "address", "name", "status", "class", "reason", "hint", "until", "seconds")}
    return json.dumps(shown | {"changes": len(result.changes)}, ensure_ascii=False)
