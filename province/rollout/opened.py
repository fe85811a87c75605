"""Devices behind switch ports that this very rollout opens: roles/switches has its turn before them, and they may still be starting.

A rollout waits for them before it drives them. A check opens nothing: what doesn't answer yet is no failure of its own, and is said so.
"""

import json
from collections.abc import Sequence

from edge_agent.contract import typed
from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.results import DeviceResult
from edge_agent.contract.strict import ContractError, parse_json
from province.rollout.box_task import BoxCommand
from province.text import Text

STARTING_S = 90.0
"""A camera that gets its power from the port starts in 40 to 60 s."""
ONE_TRY_S = 3
_ASK = f"""
import concurrent.futures, json, socket, sys, time
def answers(place):
    try:
        with socket.create_connection(tuple(place), {ONE_TRY_S}):
            return True
    except OSError:
        return False
silent, end = json.load(sys.stdin), time.monotonic() + float(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    while silent:
        silent = [place for place, there in zip(silent, list(pool.map(answers, silent))) if not there]
        if not silent or time.monotonic() > end:
            break
        time.sleep(1)
print(json.dumps(silent))
"""
BEHIND = Text("ở sau cổng bộ chuyển mạch mà lần triển khai này mở; khi đó mới tới được", "behind a switch port that this rollout opens")
BEHIND_HINT = Text("chạy ketnoi rollout (không có --check)", "run ketnoi rollout (without --check)")


def question(devices: Sequence[DesiredDevice], check: bool, python: str = "/usr/bin/python3") -> BoxCommand:
    """What the box is asked to run: which of these devices' ports answer nobody, at once in a check, else after their start."""
    seconds = 0.0 if check else STARTING_S
    places = [[device.address, device.port] for device in devices]
    argv = [python, "-I", "-c", _ASK, str(seconds)]
    return {"argv": argv, "stdin": json.dumps(places), "timeout": seconds + ONE_TRY_S * len(places) + 30}


def silent(devices: Sequence[DesiredDevice], stdout: str) -> list[DesiredDevice]:
    """Those that answered nobody; none where the box did not tell: then they are driven like any other."""
    try:
        told = typed.read(list[list[str | int]], "silent", parse_json("silent", stdout))
    except ContractError:
        return []
    return [device for device in devices if [device.address, device.port] in told]


def not_reached(device: DesiredDevice) -> DeviceResult:
    """The result of one that a check can't look at."""
    return {
        "slot": device.slot, "kind": device.kind, "address": device.address, "name": device.name, "status": "not_reached",
        "class": None, "reason": BEHIND.as_dict(), "hint": BEHIND_HINT.as_dict(), "seconds": 0.0, "changes": [], "failures": [],
        "notes": [], "admin_works": None,
    }  # fmt: skip
