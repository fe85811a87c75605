"""Do cameras reach anything beyond their LAN and the box? In the lab, packets say; on a real site, the box's kernel.

A real camera can't be made to send a packet, so there the rules in force and their counters are read: *derived*.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from province.measure.result import Measured, clean, failed
from province.names import subject_name
from province.reach.ssh import Shell, out_of_reach

REFUSED = "cameras beyond: refused"
"""Comment of the rule of role network that drops, and counts, what cameras send beyond."""
LAB_S = 40.0


def by_lab(code: str, lab: str) -> Measured:
    """{"ok", "derived": false, "reached": ["C01 -> hub 203.0.113.10"], "tried": n}: packets, from each camera's place."""
    command = [sys.executable, "-m", "lab", "reachout", code, "--json", "--lab", lab]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LAB_S, check=False)
        return _of_lab(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return failed("timeout")
    except (ValueError, KeyError, TypeError, AttributeError):
        return failed("tool_missing")


def _of_lab(document: Mapping[str, Any]) -> Measured:
    """Pure. Silence counts only where it means something: every camera reached its own box, every ear was proven."""
    cameras = document["cameras"]
    reached = [f"{subject_name('camera', camera['slot'])} -> {target}" for camera in cameras for target in camera["reached"]]
    unable = [subject_name("camera", camera["slot"]) for camera in cameras if not camera["able"]]
    unproven = list(document["unproven"])
    measured = {"derived": False, "reached": reached, "tried": len(document["targets"]), "unable": unable}
    if not reached and (unable or unproven or not cameras):
        return clean(failed("camera_silent" if unable else "not_proven") | measured | {"unproven": unproven})
    return clean({"ok": True} | measured)


def by_rules(code: str, shell: Shell) -> Measured:
    """{"ok", "derived": true, "reached": [], "refused_packets": n} from the rules that the box's kernel applies."""
    done = shell.run(code, ["sudo", "nft", "-j", "list", "table", "inet", "ketnoi"], seconds=25)
    if out_of_reach(done.returncode):
        return failed("box_unreachable") | {"derived": True}
    if done.returncode != 0:
        # The box answers and has no such table: nothing holds its cameras back.
        return {"ok": True, "derived": True, "reached": ["no rules"], "refused_packets": None}
    try:
        return judge_rules(json.loads(done.stdout)["nftables"])
    except (ValueError, KeyError, TypeError):
        return failed("protocol") | {"derived": True}


def judge_rules(listed: list[Mapping[str, Any]]) -> Measured:
    """Pure: nft's JSON list -> whether anything from the camera LAN is forwarded that isn't an answer."""
    chains = [each["chain"] for each in listed if "chain" in each]
    policy = next((chain.get("policy") for chain in chains if chain.get("name") == "forward"), None)
    reached: list[str] = [] if policy == "drop" else [f"forward policy {policy}"]
    packets = None
    for rule in (each["rule"] for each in listed if each.get("rule", {}).get("chain") == "forward"):
        if rule.get("comment") == REFUSED:
            packets = next((part["counter"]["packets"] for part in rule["expr"] if "counter" in part), None)
            break
        if _opens(rule["expr"]):
            reached.append(str(rule.get("comment") or f"rule {rule.get('handle')}"))
    else:
        reached.append(f"no rule {REFUSED!r}")
    return {"ok": True, "derived": True, "reached": reached, "refused_packets": packets}


def _opens(expressions: list[Mapping[str, Any]]) -> bool:
    """An accept (or jump) that a camera's first packet could take: not from the tunnel, not only for answers."""
    if not any(verdict in part for part in expressions for verdict in ("accept", "jump", "goto", "queue")):
        return False
    for match in (part["match"] for part in expressions if "match" in part):
        left, right = match.get("left", {}), match.get("right")
        if match.get("op") == "!=" or not isinstance(left, Mapping):
            continue
        if left.get("meta", {}).get("key") == "iifname" and right == "ketnoi":
            return False
        states = set(right) if isinstance(right, list) else {right}
        if left.get("ct", {}).get("key") == "state" and states <= {"established", "related"}:
            return False
    return True
