"""Going into a machine or a namespace of the lab: the command takes this process's place, its exit status is ours."""

from __future__ import annotations

import os
import subprocess
from typing import NoReturn

from lab import layout
from lab.cables import net
from lab.machines import machine
from lab.plan import Plan
from lab.say import LabError

NAMESPACES_ONLY = {"inet", "office"}


def parts(plan: Plan) -> list[str]:
    """Every name that `shell` and `exec` take: machines, and the namespaces of office, internet, routers, switches, cameras."""
    cables = [p for f in plan.facilities for p in (layout.router(f.code), layout.switch(f.code))]
    devices = [layout.device(f.code, end) for f in plan.facilities for end in f.streaming]
    return list(dict.fromkeys([*sorted(NAMESPACES_ONLY), *plan.machines, *cables, *devices]))


def _part(plan: Plan, name: str) -> str:
    """CODE/SLOT, as people say, is the namespace of the device in that slot."""
    code, _, slot = name.partition("/")
    ends = [end for f in plan.facilities if f.code == code for end, device in f.streaming.items() if str(device.slot) == slot]
    return layout.device(code, ends[0]) if ends else name


def enter_machine(lab: layout.Lab, name: str) -> list[str]:
    """The prefix of a command line that runs inside a machine. LabError while it is off."""
    pid = machine.leader(lab, name)
    if pid is None:
        raise LabError(f"{name} đang tắt; bật: power {name} on", f"{name} is off; switch it on: power {name} on")
    return ["nsenter", f"--target={pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"]


def inside(lab: layout.Lab, name: str, *command: str, stdin: bytes = b"", seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """A command inside a machine, to its end. LabError while it is off."""
    done = subprocess.run([*enter_machine(lab, name), *command], input=stdin, capture_output=True, timeout=seconds)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def output_of(lab: layout.Lab, name: str, *command: str, stdin: bytes = b"", seconds: float = 300) -> str:
    """What such a command prints. LabError where it fails."""
    done = inside(lab, name, *command, stdin=stdin, seconds=seconds)
    if done.returncode:
        failed = f"{name}: {' '.join(command)[:120]}: {done.stderr.strip()}"
        raise LabError(failed, failed)
    return done.stdout


def run(plan: Plan, name: str, command: list[str]) -> NoReturn:
    """Become the command, inside. LabError for an unknown name or a machine that is off."""
    lab = plan.lab
    name = _part(plan, name)
    if name not in parts(plan):
        known = ", ".join(parts(plan))
        raise LabError(f"lab không có máy {name}; có: {known}", f"the lab has no machine {name}; it has: {known}", 2)
    env = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "TERM": os.environ.get("TERM", "dumb"),
        "LANG": "C.UTF-8",
    }
    if name in plan.machines:
        argv = [*enter_machine(lab, name), *command]
    else:
        net.setns(os.open(lab.netns_path(name), os.O_RDONLY | os.O_CLOEXEC))
        argv, env = command, {**os.environ, layout.ENVIRONMENT: lab.name}
    try:
        os.execvpe(argv[0], argv, env)
    except FileNotFoundError as missing:
        raise LabError(f"không có lệnh {argv[0]}", f"no such command: {argv[0]}") from missing
