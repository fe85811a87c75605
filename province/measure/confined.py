"""Do cameras reach anything beyond their LAN and the box? In the lab, packets say; on a real site, the box's kernel.

A real camera can't be made to send a packet, so there the rules in force and their counters are read: *derived*.
"""

import subprocess
import sys
from typing import NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.strict import parse_json
from province.measure.evidence import Beyond, Confined, NotConfined
from province.measure.result import clean
from province.names import subject_name
from province.reach.ssh import Shell, out_of_reach

REFUSED = "cameras beyond: refused"
"""Comment of the rule of role network that drops, and counts, what cameras send beyond."""
LAB_S = 40.0
MOST_BYTES = 4 * 1024 * 1024


class LabCamera(TypedDict):
    """`able`: it reached its own box."""

    slot: int
    able: bool
    reached: list[str]


class LabReach(TypedDict):
    """What `lab reachout --json` tells; `unproven` ears may be deaf."""

    cameras: list[LabCamera]
    targets: list[object]
    unproven: list[str]


class Chain(TypedDict):
    name: NotRequired[str]
    policy: NotRequired[str]


class Rule(TypedDict):
    chain: NotRequired[str]
    comment: NotRequired[str | None]
    handle: NotRequired[int]
    expr: NotRequired[list[dict[str, object]]]


class Listed(TypedDict):
    """One row of nft's JSON: what it is, is the name of its one field."""

    chain: NotRequired[Chain]
    rule: NotRequired[Rule]


class Ruleset(TypedDict):
    nftables: list[Listed]


class _Meta(TypedDict):
    key: NotRequired[str]


class _Left(TypedDict):
    meta: NotRequired[_Meta]
    ct: NotRequired[_Meta]


class _Match(TypedDict):
    op: NotRequired[str]
    left: NotRequired[object]
    right: NotRequired[object]


class _Counter(TypedDict):
    packets: int


def _unknown(reason: str, beyond: Beyond) -> NotConfined:
    return {"ok": False, "reason": reason, **beyond}


def by_lab(code: str, lab: str) -> Confined | NotConfined:
    """Packets, from each camera's place: "C01 -> hub 203.0.113.10"."""
    command = [sys.executable, "-m", "lab", "reachout", code, "--json", "--lab", lab]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LAB_S, check=False)
        return clean(_of_lab(typed.read(LabReach, "reachout", parse_json("reachout", done.stdout))))
    except subprocess.TimeoutExpired:
        return _unknown("timeout", {})
    except ValueError:
        return _unknown("tool_missing", {})


def _of_lab(document: LabReach) -> Confined | NotConfined:
    """Pure. Silence counts only where it means something: every camera reached its own box, every ear was proven."""
    cameras = document["cameras"]
    reached = [f"{subject_name('camera', camera['slot'])} -> {target}" for camera in cameras for target in camera["reached"]]
    unable = [subject_name("camera", camera["slot"]) for camera in cameras if not camera["able"]]
    unproven = document["unproven"]
    measured: Beyond = {"derived": False, "reached": reached, "tried": len(document["targets"]), "unable": unable}
    if not reached and (unable or unproven or not cameras):
        return _unknown("camera_silent" if unable else "not_proven", {**measured, "unproven": unproven})
    return {"ok": True, **measured}


def by_rules(code: str, shell: Shell) -> Confined | NotConfined:
    """From the rules that the box's kernel applies."""
    done = shell.run(code, ["sudo", "nft", "-j", "list", "table", "inet", "ketnoi"], seconds=25)
    if out_of_reach(done.returncode):
        return _unknown("box_unreachable", {"derived": True})
    if done.returncode != 0:
        # The box answers and has no such table: nothing holds its cameras back.
        return {"ok": True, "derived": True, "reached": ["no rules"], "refused_packets": None}
    try:
        return clean(judge_rules(typed.read(Ruleset, "nft", parse_json("nft", done.stdout, MOST_BYTES))["nftables"]))
    except ValueError:
        return _unknown("protocol", {"derived": True})


def judge_rules(listed: list[Listed]) -> Confined:
    """Pure: nft's JSON list -> whether anything from the camera LAN is forwarded that isn't an answer."""
    chains = [each["chain"] for each in listed if "chain" in each]
    policy = next((chain.get("policy") for chain in chains if chain.get("name") == "forward"), None)
    reached: list[str] = [] if policy == "drop" else [f"forward policy {policy}"]
    packets = None
    for rule in (each["rule"] for each in listed if "rule" in each and each["rule"].get("chain") == "forward"):
        expressions = rule.get("expr", [])
        if rule.get("comment") == REFUSED:
            counters = [typed.read(_Counter, "counter", part["counter"]) for part in expressions if "counter" in part]
            packets = counters[0]["packets"] if counters else None
            break
        if _opens(expressions):
            reached.append(str(rule.get("comment") or f"rule {rule.get('handle')}"))
    else:
        reached.append(f"no rule {REFUSED!r}")
    return {"ok": True, "derived": True, "reached": reached, "refused_packets": packets}


def _opens(expressions: list[dict[str, object]]) -> bool:
    """An accept (or jump) that a camera's first packet could take: not from the tunnel, not only for answers."""
    if not any(verdict in part for part in expressions for verdict in ("accept", "jump", "goto", "queue")):
        return False
    for match in (typed.read(_Match, "match", part["match"]) for part in expressions if "match" in part):
        right = match.get("right")
        if match.get("op") == "!=" or not isinstance(match.get("left"), dict):
            continue
        left = typed.read(_Left, "match", match.get("left"))
        if left.get("meta", _Meta()).get("key") == "iifname" and right == "ketnoi":
            return False
        states = right["set"] if isinstance(right, dict) and "set" in right else right
        states = states if isinstance(states, list) else [states]
        if left.get("ct", _Meta()).get("key") == "state" and all(state in ("established", "related") for state in states):
            return False
    return True
