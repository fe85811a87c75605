"""`edge-agent status [--json] [--lang vi|en]`: a screenful about this box, from what the daemon last wrote."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from edge_agent.contract.text import Lang, default_lang, here
from edge_agent.contract.texts import REASON, STATUS, SUBJECT
from edge_agent.daemon.observer import INTERFACE, asked_handshake_age
from edge_agent.daemon.texts import LINE
from edge_agent.system import clock

STATUS_FILE = Path("/run/ketnoi-agent/status.json")
STALE_S = 30.0
VIETNAM = timezone(timedelta(hours=7))


def main(argv: Sequence[str] | None = None) -> int:
    """0: connected and every camera up; 1: something is not; 2: the agent is not running."""
    parser = argparse.ArgumentParser(prog="edge-agent status", description=here("Tình trạng thiết bị biên này.", "How this box is."))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("vi", "en"), default=default_lang())
    parser.add_argument("--file", type=Path, default=STATUS_FILE, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    try:
        document = json.loads(options.file.read_bytes())
    except (OSError, ValueError):
        if options.json:
            print(json.dumps({"running": False}))
        print(LINE["not_running"].pick(options.lang), file=sys.stderr)
        return 2
    age = clock.mono() - document["written_mono"]
    document |= {"running": 0 <= age <= STALE_S, "age_s": round(age, 1), "tunnel": tunnel(document["link"])}
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print("\n".join(lines(document, options.lang)))
    if not document["running"]:
        return 2
    return 0 if document["link"]["connected"] and all(one["status"] == "up" for one in document["cameras"]) else 1


def tunnel(link: dict[str, Any], sys_net: Path = Path("/sys/class/net")) -> dict[str, Any]:
    """interface: is it there; handshake_age_s: None without root or handshake; hub: what the last probe of the hub met."""
    found: dict[str, Any] = {"interface": (sys_net / INTERFACE).exists(), "handshake_age_s": None, "asked": False}
    answers = set(link["answers"].values())
    found["hub"] = next((word for word in ("answers", "refuses", "silent") if word in answers), None)
    if found["interface"] and os.geteuid() == 0:
        try:
            found |= {"handshake_age_s": asked_handshake_age(), "asked": True}
        except (OSError, subprocess.SubprocessError):
            return found
    return found


def lines(document: dict[str, Any], lang: Lang) -> list[str]:
    """The screenful; the document is main's."""

    def message(key: str, **values: object) -> str:
        return LINE[key].format(**values).pick(lang)

    def row(key: str, text: str) -> str:
        return f"  {message(key):<11} {text}"

    name = document["name"] or document["code"]
    shown = [f"{message('title', name=name, site=document['site'])}   {_local(document['at'])}   ketnoi {document['agent']}"]
    if not document["running"]:
        shown.append(message("stale", seconds=round(document["age_s"])))
    cameras = document["cameras"]
    up = sum(one["status"] == "up" for one in cameras)
    shown += [
        row("hub", _hub(document["link"], message)),
        row("tunnel", _tunnel(document["tunnel"], message)),
        row("clock", _clock(document["clock"], message)),
        *(_health_line(subject, one, lang) for subject, one in document.get("health", {}).items() if subject not in ("tunnel", "clock")),
        row("events", _events(document["outbox"], message)),
        row("cameras", message("counts", up=up, all=len(cameras))),
    ]
    return shown + [_camera(one, lang, message) for one in cameras]


def _hub(link: dict[str, Any], message: Any) -> str:
    if link["connected"]:
        return str(message("connected_direct" if link.get("way") == "direct" else "connected", endpoint=link["endpoint"]))
    problem = link["problem"] or message("trying")
    if link["offline_s"] is None:
        return str(message("never", problem=problem))
    return str(message("offline", seconds=round(link["offline_s"]), problem=problem))


def _tunnel(found: dict[str, Any], message: Any) -> str:
    if not found["interface"]:
        return str(message("no_tunnel"))
    if not found["asked"]:
        text = message("tunnel_there")
    elif found["handshake_age_s"] is None:
        text = message("no_handshake")
    else:
        text = message("handshake", seconds=round(found["handshake_age_s"]))
    return f"{text}; {message('hub_' + found['hub'])}" if found["hub"] else str(text)


def _clock(sync: dict[str, Any], message: Any) -> str:
    if sync["synced"] is None:
        return str(message("clock_unknown"))
    return str(message("synced", offset=round((sync["offset_s"] or 0) * 1000, 1)) if sync["synced"] else message("unsynced"))


def _events(outbox: dict[str, Any], message: Any) -> str:
    text = message("pending", count=outbox["unacknowledged"])
    if not outbox["waiting"]:
        return str(text)
    return f"{text}{message('only_in_memory', count=outbox['waiting'], problem=outbox.get('problem') or '?')}"


def _health_line(subject: str, one: dict[str, Any], lang: Lang) -> str:
    """A subject of the box itself, in a line."""
    reason = f"  {REASON[one['reason']].pick(lang)}" if one["reason"] in REASON else ""
    return f"  {SUBJECT[subject].pick(lang) if subject in SUBJECT else subject:<11} {STATUS[one['status']].pick(lang)}{reason}"


def _local(moment: str) -> str:
    """What the watch of the engineer shows: Vietnam has one time zone and no summer time."""
    return datetime.fromisoformat(moment).astimezone(VIETNAM).strftime("%H:%M:%S %d/%m/%Y")


def _camera(camera: dict[str, Any], lang: Lang, message: Any) -> str:
    since = f"  {message('since', since=_local(camera['since']))}" if camera["since"] else ""
    reason = f"  {REASON[camera['reason']].pick(lang)}" if camera["reason"] in REASON else ""
    return f"  {camera['slot']:>3}  {camera['name']:<24} {STATUS[camera['status']].pick(lang):<15}{since}{reason}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
