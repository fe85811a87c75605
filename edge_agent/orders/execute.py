"""`edge-agent run-command`: what the hub asked for and only root may do (ketnoi-command.service, started when the agent hands one over).

It trusts the hub's signature alone: who, which site, which number. /run/ketnoi/obeyed.json tells the agent how it ended:
{"schema": 1, "number", "name", "status": "done|refused|failed|handed_over", "detail"}. A unit that works at length finds in
/run/ketnoi/asked.json, {name: number}, that it was asked, and tells the end itself (`ended`).
"""

import json
import subprocess
import sys
from pathlib import Path

from edge_agent.contract.events import Answer, CommandStatus
from edge_agent.contract.strict import ContractError, Fields, read_json
from edge_agent.orders import command
from edge_agent.system import durable

HANDED_OVER = Path("/run/ketnoi-agent/command.cms")
CONFIGURATION = Path("/etc/ketnoi/agent.json")
MAX_BYTES = 64 * 1024


def main(argv: list[str] | None = None, handed_over: Path = HANDED_OVER, configuration: Path = CONFIGURATION) -> int:
    """0: obeyed; 1: it could not be; 2: refused, or nothing was there."""
    answer, code = run_command(handed_over, configuration)
    _print(answer)
    print(json.dumps(answer), file=sys.stderr)
    return code


def ended(name: str, status: CommandStatus, detail: str) -> None:
    """The unit of this command is done; told if it was the hub that had asked, once."""
    path = durable.run_folder() / "asked.json"
    asked = durable.read_json(path, {})
    if (number := asked.pop(name, None)) is not None:
        durable.write_public(path, asked)
        _print({"number": number, "name": name, "status": status, "detail": detail})


def _print(answer: Answer) -> None:
    folder = durable.run_folder()
    durable.make_folder(folder, 0o755)
    durable.write_public(folder / "obeyed.json", {"schema": 1, **answer})


def run_command(handed_over: Path, configuration: Path) -> tuple[Answer, int]:
    state = durable.state_folder() / "commands.json"
    try:
        if handed_over.stat().st_size > MAX_BYTES:
            raise command.CommandRejected("too large")
        site, ca = _identity(configuration)
        wanted = command.read(handed_over.read_bytes(), site, ca)
        last = int(durable.read_json(state, {}).get("last", 0))
        command.check_order(wanted, last, None)
        if wanted.name not in command.OF_ROOT:
            raise command.CommandRejected(f"{wanted.name} needs no root")
    except (OSError, ContractError, command.CommandRejected) as error:
        return {"number": None, "name": None, "status": "refused", "detail": str(error)}, 2
    durable.make_folder(state.parent)
    durable.write_json(state, {"last": wanted.number})
    at_length = wanted.name in command.AT_LENGTH
    if at_length:
        asked = durable.run_folder() / "asked.json"
        durable.make_folder(asked.parent, 0o755)
        durable.write_public(asked, {**durable.read_json(asked, {}), wanted.name: wanted.number})
    verb = ["start", "--no-block"] if at_length else ["restart"]
    done = subprocess.run(
        ["systemctl", *verb, command.OF_ROOT[wanted.name]], capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    if done.returncode:
        return {"number": wanted.number, "name": wanted.name, "status": "failed", "detail": done.stderr.strip()[:200]}, 1
    status: CommandStatus = "handed_over" if at_length else "done"
    return {"number": wanted.number, "name": wanted.name, "status": status, "detail": command.OF_ROOT[wanted.name]}, 0


def _identity(configuration: Path) -> tuple[str, Path]:
    fields = read_json(configuration.name, configuration.read_bytes())
    return fields.take("site", str), Path(Fields("tls", fields.take("tls", dict)).take("ca", str))


if __name__ == "__main__":
    sys.exit(main())
