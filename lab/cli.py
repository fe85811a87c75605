"""`python -m lab`: raise a province on this machine, break it, look into it, take it away. Exit 0 done, 1 failed, 2 can't be asked."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab import access, down, image, layout, machine, plan, say, status, topology, up, wait
from lab.say import LabError, tell


@contextlib.contextmanager
def _alone(lab: layout.Lab) -> Iterator[None]:
    """One command changes a lab at a time; waits 20 s for another one to end. The kernel drops the lock of a killed one."""
    layout.RUN.mkdir(parents=True, exist_ok=True)
    fd = os.open(lab.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + 20
    try:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LabError(
                        f"một lệnh khác đang thay đổi lab {lab.name}; chờ nó xong rồi chạy lại",
                        f"another command is changing lab {lab.name}; wait for it to end and run this again",
                    ) from None
                time.sleep(0.1)
        yield
    finally:
        os.close(fd)


def _print(document: Any) -> None:
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    print()


def _up(args: argparse.Namespace) -> int:
    wanted = plan.read(args.plan)
    up.check_host()
    with _alone(wanted.lab):
        spent = up.up(wanted, cameras=args.cameras)
    if args.json:
        _print({"lab": wanted.lab.name, "seconds": spent})
    return 0


def _down(args: argparse.Namespace) -> int:
    up.check_root()
    with _alone(args.lab):
        counts = down.down(args.lab)
        args.lab.lock.unlink(missing_ok=True)
    images = [str(p) for p in image.remove_all()] if args.images else []
    if args.json:
        _print({"lab": args.lab.name, "removed": counts, "images": images})
    else:
        text = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "-"
        tell(f"đã gỡ lab {args.lab.name}: {text}", f"removed lab {args.lab.name}: {text}")
    return 0


def _status(args: argparse.Namespace) -> int:
    if not args.lab.plan.exists():
        if args.json:
            _print({"lab": args.lab.name, "up": False})
        else:
            print(f"lab {args.lab.name}: down")
        return 1
    found = status.status(plan.of_running(args.lab))
    _print(found) if args.json else print(status.table(found))
    return 0 if found["up"] else 1


def _exec(args: argparse.Namespace) -> int:
    command = args.command_line[1:] if args.command_line[:1] == ["--"] else args.command_line
    if not command:
        raise LabError("thiếu lệnh: exec MÁY -- LỆNH", "no command given: exec MACHINE -- COMMAND", 2)
    access.run(plan.of_running(args.lab), args.machine, command)


def _shell(args: argparse.Namespace) -> int:
    access.run(plan.of_running(args.lab), args.machine, ["bash", "-l"])


def _plug(args: argparse.Namespace) -> int:
    there = args.command == "plug"
    with _alone(args.lab):
        wanted = plan.of_running(args.lab)
        facility = wanted.facility(args.code)
        if topology.plugged(wanted, facility) != there:
            (topology.plug if there else topology.unplug)(wanted, facility)
    if args.wait and machine.on(args.lab, args.code) and not wait.box_online(wanted, facility):
        raise LabError(f"{args.code} chưa có địa chỉ ở đầu mới", f"{args.code} got no address at its new place within 30 s")
    return 0


def _power(args: argparse.Namespace) -> int:
    with _alone(args.lab):
        wanted = plan.of_running(args.lab)
        if args.machine not in wanted.machines:
            known = ", ".join(wanted.machines)
            raise LabError(f"lab không có máy {args.machine}; có: {known}", f"no machine {args.machine}; there are: {known}", 2)
        {"on": machine.start, "off": machine.off, "cut": machine.cut}[args.state](args.lab, args.machine)
    if args.state == "on" and args.wait:
        wait.machines(wanted, [args.machine])
    return 0


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lab", type=_lab, default=argparse.SUPPRESS, help="which lab (default: demo)")
    common.add_argument("--lang", choices=["vi", "en"], default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="the result as JSON on stdout")
    root = argparse.ArgumentParser(prog="python -m lab", description="A province on one machine.", parents=[common])
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, parents=[common])
        made.set_defaults(run=run)
        return made

    raising = command("up", _up, "raise the lab that a plan describes (its name stands in the plan)")
    raising.add_argument("plan", type=Path)
    raising.add_argument("--no-cameras", dest="cameras", action="store_false", help="leave the cameras' processes out")
    removing = command("down", _down, "remove all of a lab, whatever state it is in")
    removing.add_argument("--images", action="store_true", help="also the cached images that no lab uses")
    command("status", _status, "what runs, what is plugged in where")
    shell = command(
        "shell",
        _shell,
        "a root shell in a machine, or in the namespace of office, inet, CODE-router, CODE-lan, CODE/SLOT",
    )
    shell.add_argument("machine")
    execute = command("exec", _exec, "run a command there; its exit status is this command's")
    execute.add_argument("machine")
    execute.add_argument("command_line", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    for name, help in (
        ("plug", "carry a box from the bench to its facility"),
        ("unplug", "bring it back to the bench"),
    ):
        moving = command(name, _plug, help)
        moving.add_argument("code")
        moving.add_argument("--no-wait", dest="wait", action="store_false", help="don't wait until its sshd greets at the new place")
    power = command("power", _power, "switch a machine on, off in good order, or cut its power")
    power.add_argument("machine")
    power.add_argument("state", choices=["on", "off", "cut"])
    power.add_argument("--no-wait", dest="wait", action="store_false", help="don't wait for sshd after `on`")
    return root


def _lab(name: str) -> layout.Lab:
    if not layout.valid_name(name):
        raise argparse.ArgumentTypeError(f"{name!r}: at most 12 lower-case letters and digits")
    return layout.Lab(name)


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    args.lab = getattr(args, "lab", layout.Lab("demo"))
    args.json = getattr(args, "json", False)
    say.choose(getattr(args, "lang", None))
    try:
        up.check_root()
        return int(args.run(args))
    except LabError as trouble:
        print(f"lab: {trouble}", file=sys.stderr)
        return trouble.code
    except KeyboardInterrupt:
        tell(
            "bị ngắt; phần đã dựng vẫn còn, gỡ bằng: python -m lab down",
            "interrupted; what was made is still there, remove it with: python -m lab down",
        )
        return 130
