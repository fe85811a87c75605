"""`edge-agent survey`: look at the camera LAN that a document on standard input names; nothing is written to any device."""

import argparse
import json
import sys
import threading

from edge_agent.contract.devices import BadDocument
from edge_agent.contract.text import Text, here
from edge_agent.survey import request, scan
from edge_agent.survey.look import Answering

_NOT_THERE = Text(
    "thiết bị này không có địa chỉ trong mạng {lan}: không quét",
    "this machine has no address in {lan}: nothing was looked at",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    survey = commands.add_parser(
        "survey", help=here("xem có gì trên mạng camera; không ghi vào thiết bị nào", "what is on the camera LAN; writes to no device")
    )
    survey.add_argument("--json", action="store_true", required=True, help=here("kết quả dạng JSON", "the result as JSON"))
    survey.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 looked, 2 a fault in the request, or another LAN's machine. A line of JSON on stderr for each device as it is done."""
    turn = threading.Lock()

    def on_device(seen: Answering) -> None:
        line = {"address": seen.address, "slot": seen.target.slot if seen.listed else None, "driver": seen.driver}
        line |= {"class": seen.failure.category if seen.failure else None}
        with turn:
            print(json.dumps(line), file=sys.stderr, flush=True)

    try:
        asked = request.read(json.load(sys.stdin))
        document = scan.run(asked, on_device)
    except BadDocument as error:
        print(f"edge-agent survey: {error}", file=sys.stderr)
        return 2
    except scan.NotThere as error:
        print(f"edge-agent survey: {here(*_NOT_THERE.format(lan=error))}", file=sys.stderr)
        return 2
    except ValueError:
        print("edge-agent survey: standard input is not JSON", file=sys.stderr)
        return 2
    print(json.dumps(document, ensure_ascii=False))
    return 0
