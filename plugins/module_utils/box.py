"""The program that a task of a Ketnoi role runs on a box: one document in, one document out, one round trip.

The controller sends this text and its document over one SSH command's stdin (province/rollout/action.py): no secret is ever
in an argument, and a task costs a Python start instead of half a second of an Ansible module. Standard library only.

The document is a `BoxDocument`, the answer a `BoxResult` (province/rollout/box_task.py; the machine need not have that package).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from box_files import Differing, TaskFailed, differing, must, place, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from province.rollout.box_task import Answered, BoxDocument, BoxGuard, BoxResult, BoxUnit, Sealed

APT = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold"]


def outdated(packages: dict[str, str]) -> dict[str, str]:
    """Of these packages (name -> version) those that are not installed at this version: name -> what is there, "absent"."""
    shown = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status} ${Version}\n", *packages]).stdout
    present = {name: version[0] for name, status, *version in map(str.split, shown.splitlines()) if status == "installed"}
    return {name: present.get(name, "absent") for name, version in packages.items() if present.get(name) != version}


def install(packages: dict[str, str], apt_list: str) -> None:
    """Bring packages to the versions named, from the one source named; says so on standard error first, since it takes its time."""
    print(json.dumps({"installing": sorted(packages)}), file=sys.stderr, flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    must(["dpkg", "--configure", "-a"], env=quiet)
    must([*APT, "update", "--error-on=any", "-o", f"Dir::Etc::sourcelist={apt_list}", "-o", "Dir::Etc::sourceparts=-"], env=quiet)
    pinned = [f"{name}={version}" for name, version in packages.items()]
    must([*APT, "install", "-y", "--no-install-recommends", "--allow-downgrades", *pinned], env=quiet, timeout=1200)


def apply_units(units: list[BoxUnit], changed: set[str], check: bool) -> list[str]:
    """Units enabled, started, restarted or reloaded only if a file that they name changed; returns what was done."""
    done = []
    if not check and any("/systemd/system/" in path for path in changed):  # a new drop-in folder is not noticed by itself
        must(["systemctl", "daemon-reload"])
    for unit in units:
        name = unit["name"]
        shown = must(["systemctl", "show", "-p", "ActiveState,SubState,UnitFileState,NeedDaemonReload", name])
        state = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        if state.get("NeedDaemonReload") == "yes" and not check:
            must(["systemctl", "daemon-reload"])
        # A unit between two starts of a crash loop calls itself activating.
        active = state["ActiveState"] in ("active", "activating", "reloading") and state.get("SubState") != "auto-restart"
        verbs = []
        if unit.get("enabled") and state["UnitFileState"] not in ("enabled", "enabled-runtime", "static"):
            verbs.append("enable")
        if active and changed.intersection(unit.get("restart", ())):
            verbs.append("restart")
        elif active and changed.intersection(unit.get("reload", ())):
            verbs.append("reload-or-restart")
        elif unit.get("started") and (not active or (unit.get("check") and run(unit["check"], timeout=20).returncode)):
            verbs.append("restart")
        for verb in verbs:
            if not check:
                must(["systemctl", verb, name], timeout=90)
            done.append(f"{verb} {name}")
    return done


def pending_restarts(part: str | None, state_dir: str, changed: set[str]) -> set[str]:
    """Paths whose units have yet to be restarted: those of now, and of an earlier run that was cut short before it got there.

    Noted on disk before the first file is put in place; `restarts_done` forgets them."""
    if part is None:
        return changed
    path = Path(state_dir, "owed.json")
    known = read(path)
    pending = listed(known.get(part))
    if changed - pending:
        pending |= changed
        note(path, {**known, part: sorted(pending)}, "0600")
    return pending


def listed(value: object) -> set[str]:
    """The texts of a list in a document of ours."""
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()


def restarts_done(part: str | None, state_dir: str) -> None:
    """Every unit of this part runs with what is on disk now."""
    path = Path(state_dir, "owed.json")
    known = read(path)
    if known.pop(part or "", None):
        note(path, known, "0600")


def record(part: str, digest: str | None, holds: Sealed | None, state_dir: str, run_dir: str) -> None:
    """Remember that a part of a role converged to this digest (None: forget it): {part: digest}; and by what it is known to hold.

    Root's copy outlives a reboot; the public one is what the agent reports (edge_agent/guard/drift.py writes it too)."""
    known: dict[str, object] = {}
    for path, value in ((Path(state_dir, "holds.json"), holds if digest else None), (Path(state_dir, "converged.json"), digest)):
        known = read(path)
        before = dict(known)
        known.pop(part, None)
        if value:
            known[part] = value
        if known != before or not path.exists():
            note(path, known, "0600")
    public = Path(run_dir, "converged.json")
    if read(public) != known or not public.exists():
        note(public, known, "0644")


def read(path: Path) -> dict[str, object]:
    """A JSON object of ours, by part; {} when there is none."""
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def note(path: Path, known: Mapping[str, object], mode: str) -> None:
    """Keep a JSON object durably; a folder made for one that is root's alone is so too."""
    path.parent.mkdir(mode=0o755 if mode == "0644" else 0o700, parents=True, exist_ok=True)
    content = json.dumps(known, indent=1, sort_keys=True) + "\n"
    place([Differing({"path": str(path), "content": content, "mode": mode}, None, None)], check=False)


def guarded(guard: BoxGuard, check: bool, result: BoxResult, state_dir: str) -> Answered:
    """Hand a change to the box's guard if it changes anything; its answer. What it changes is added to the result. With check, its files
    are only validated.

    What an earlier run was cut short of confirming is restored first: its files look as wanted, but the box's timer would
    put the old ones back after we had found nothing to do. Not so what this very attempt made, sent again by a new connection."""
    attempt = guard["change"].get("attempt")
    if not check and Path(state_dir, "guard", "pending").exists():
        must([guard["argv"][0], "guard", "restore", "--json", *(["--but", attempt] if attempt else [])], timeout=180)
    found = differing(guard["change"]["files"])
    result["diff"] = result["diff"] + [one.diff for one in found if one.diff]
    result["changed"] = result["changed"] + sorted(one.file["path"] for one in found)
    if found and check:
        place([one for one in found if one.file.get("validate")], check=True)
    elif found and not guard.get("look"):
        return spoken(run(guard["argv"], stdin=json.dumps(guard["change"])))
    return {"rc": 0, "stdout": "", "stderr": ""}


def spoken(done: subprocess.CompletedProcess[str]) -> Answered:
    """What a command answered, bounded."""
    return {"rc": done.returncode, "stdout": done.stdout, "stderr": (done.stderr or "")[-4000:]}


def main(document: BoxDocument) -> BoxResult:
    """Work the document through; a failure forgets the recorded digest, so that the next plan comes back here."""
    os.environ["PATH"] = f"{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
    check = document["check"]
    result: BoxResult = {"changed": [], "diff": []}
    dirs = document.get("state_dir", "/var/lib/ketnoi"), document.get("run_dir", "/run/ketnoi")
    try:
        found = differing(document.get("files", []))
        result["diff"] = [one.diff for one in found if one.diff]
        changed = {one.file["path"] for one in found}
        result["changed"] += sorted(changed)
        part = document["record"]["part"] if document.get("record") else None
        packages = document.get("packages") or {}
        old = outdated(packages) if packages else {}
        result["changed"] += [f"package {name}: {old[name]} -> {packages[name]}" for name in old]
        changed |= {f"package:{name}" for name in old}
        place(found, check, ready=lambda: pending_restarts(part, dirs[0], changed))
        if not check:
            changed = pending_restarts(part, dirs[0], changed)
        if old and not check:
            install({name: packages[name] for name in old}, document["apt_list"])
        if document.get("guard"):
            result["guard"] = guarded(document["guard"], check, result, dirs[0])
            if result["changed"] or result["guard"]["rc"]:
                return result
        if document.get("command"):
            result["command"] = spoken(run(**document["command"]))
            if result["command"]["rc"]:
                raise TaskFailed(result["command"]["stderr"].strip() or f"exit {result['command']['rc']}")
        result["changed"] += apply_units(document.get("units", []), changed, check)
        if not check:
            restarts_done(part, dirs[0])
        if document.get("record") and not check:
            record(document["record"]["part"], document["record"]["digest"], document["record"].get("holds"), *dirs)
    except (TaskFailed, OSError) as error:
        result["failed"] = str(error)
        with contextlib.suppress(OSError):
            if document.get("record") and not check:
                record(document["record"]["part"], None, None, *dirs)
    return result
