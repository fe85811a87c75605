"""What each command of `python -m lab` does: parsed arguments in, exit status out."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from lab import centre, checkpoint, down, layout, plan, replace, up
from lab.cables import topology  # fmt: skip
from lab.hands import access, devices, faults, reachout, scan, status, wait
from lab.machines import image, machine
from lab.say import LabError, announce, pick


@contextlib.contextmanager
def _alone(lab: layout.Lab) -> Iterator[None]:
    """One command changes a lab at a time; waits a minute for another one to end. The kernel drops the lock of a killed one."""
    layout.RUN.mkdir(parents=True, exist_ok=True)
    fd = os.open(lab.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + 60
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


def up_(args: argparse.Namespace) -> int:
    wanted = plan.read(args.plan)
    args.lab = wanted.lab
    if args.kept:
        checkpoint.read(args.kept)
    up.check_host()
    with _alone(wanted.lab):
        spent = up.up(wanted, cameras=args.cameras, kept=args.kept)
    if args.json:
        _print({"lab": wanted.lab.name, "seconds": spent})
    return 0


def down_(args: argparse.Namespace) -> int:
    up.check_root()
    with _alone(args.lab):
        counts = down.down(args.lab)
        args.lab.lock.unlink(missing_ok=True)
    images = [str(p) for p in image.remove_all()] if args.images else []
    if args.json:
        _print({"lab": args.lab.name, "removed": counts, "images": images})
    else:
        text = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "-"
        announce(f"đã gỡ lab {args.lab.name}: {text}", f"removed lab {args.lab.name}: {text}")
    return 0


def keep_(args: argparse.Namespace) -> int:
    with _alone(args.lab):
        checkpoint.keep(plan.of_running(args.lab), args.folder)
    return 0


def status_(args: argparse.Namespace) -> int:
    if not args.lab.plan.exists():
        if args.json:
            _print({"lab": args.lab.name, "up": False})
        else:
            print(f"lab {args.lab.name}: {pick('không chạy', 'down')}")
        return 1
    found = status.status(plan.of_running(args.lab))
    _print(found) if args.json else print(status.table(found))
    return 0 if found["up"] else 1


def exec_(args: argparse.Namespace) -> int:
    command = args.command_line[1:] if args.command_line[:1] == ["--"] else args.command_line
    if not command:
        raise LabError("thiếu lệnh: exec MÁY -- LỆNH", "no command given: exec MACHINE -- COMMAND", 2)
    access.run(plan.of_running(args.lab), args.machine, command)


def shell_(args: argparse.Namespace) -> int:
    access.run(plan.of_running(args.lab), args.machine, ["bash", "-l"])


def plug_(args: argparse.Namespace) -> int:
    there = args.command == "plug"
    with _alone(args.lab):
        wanted = plan.of_running(args.lab)
        facility = wanted.facility(args.code)
        if topology.plugged(wanted, facility) != there:
            (topology.plug if there else topology.unplug)(wanted, facility)
    if args.wait and machine.on(args.lab, args.code):
        wait.machines(wanted, [args.code])
    return 0


def power_(args: argparse.Namespace) -> int:
    with _alone(args.lab):
        wanted = plan.of_running(args.lab)
        if args.machine not in wanted.machines:
            known = ", ".join(wanted.machines)
            raise LabError(f"lab không có máy {args.machine}; có: {known}", f"no machine {args.machine}; there are: {known}", 2)
        {"on": machine.start, "off": machine.off, "cut": machine.cut}[args.state](args.lab, args.machine)
    if args.state == "on" and args.wait:
        wait.machines(wanted, [args.machine])
    return 0


def device_(args: argparse.Namespace) -> int:
    wanted = plan.of_running(args.lab)
    if args.action in ("plug", "unplug"):
        devices.cable(wanted, args.device, args.action == "plug")
        return 0
    if args.action == "power":
        devices.power(wanted, args.device, args.path in _ON)
        return 0
    if args.action == "replace":
        with _alone(args.lab):
            _print(devices.swap(wanted, args.device, args.make, args.path or "", args.mac))
        return 0
    if args.action == "restore":
        with _alone(args.lab):
            _print(devices.restore(wanted, args.device))
        return 0
    order: dict[str, Any] = {"op": args.action}
    if args.action in ("get", "set"):
        order["path"] = args.path or ""
    if args.action in ("set", "freeze"):
        typed = args.value if args.action == "set" else args.path
        if typed is None:
            raise LabError("thiếu giá trị: set KEY VALUE, freeze on|off", "no value given: set KEY VALUE, freeze on|off", 2)
        order["value"] = devices.value(typed) if args.action == "set" else typed in _ON
    value = devices.order(wanted, args.device, order)
    if value is not None:
        _print(value)
    return 0


_ON = ("on", "true", "1")


ROUTER_FAULTS = ("eat-udp", "eat-all", "lose", "delay", "line")
_MOST = {"lose": 100, "delay": 10_000}


def router_(args: argparse.Namespace) -> int:
    wanted = plan.of_running(args.lab)
    facility, on = wanted.facility(args.code), args.state in _ON
    if most := _MOST.get(args.fault):
        if not args.state.isdecimal() or int(args.state) > most:
            typed = f"{args.fault} {args.state}"
            raise LabError(f"{typed}: cần số từ 0 đến {most}", f"{typed}: a number from 0 to {most} is needed", 2)
        {"lose": faults.lose, "delay": faults.delay}[args.fault](wanted, facility, int(args.state))
    elif not on and args.state != "off":
        raise LabError(f"{args.fault} {args.state}: on hoặc off", f"{args.fault} {args.state}: on or off", 2)
    else:
        {"eat-udp": faults.eat_udp, "eat-all": faults.eat_all, "line": faults.line}[args.fault](wanted, facility, on)
    return 0


def reachout_(args: argparse.Namespace) -> int:
    wanted = plan.of_running(args.lab)
    found = reachout.reachout(wanted, wanted.facility(args.code))
    if args.json:
        _print(found)
    else:
        for camera in found["cameras"]:
            reached = ", ".join(camera["reached"]) or "-"
            unable = "" if camera["able"] else pick("  (không tới được cả thiết bị biên)", "  (does not even reach its box)")
            print(f"{args.code}/{camera['slot']}: {reached}{unable}")
    return 1 if any(camera["reached"] for camera in found["cameras"]) else 0


def scan_(args: argparse.Namespace) -> int:
    with _alone(args.lab):
        wanted = plan.of_running(args.lab)
        found = scan.scan(wanted, wanted.facility(args.code))
    if args.json:
        _print(found)
    else:
        for one in found["arrived"]:
            print(f"{one['address']} {one['protocol']}/{one['port']} -> {', '.join(one['received_at'])}")
    return 1 if found["arrived"] or not found["proven"] else 0


def centre_(args: argparse.Namespace) -> int:
    document = centre.read(args.file)
    with _alone(args.lab):
        _print(centre.configure(plan.of_running(args.lab), document))
    return 0


def replace_(args: argparse.Namespace) -> int:
    with _alone(args.lab):
        wanted = plan.of_running(args.lab)
        made = replace.box(wanted, wanted.facility(args.code), args.mac, args.lan_mac)
    wait.machines(plan.of_running(args.lab), [args.code])
    _print(made)
    return 0


def ntp_(args: argparse.Namespace) -> int:
    plan.of_running(args.lab)
    args.lab.ntp_offset.write_text(str(args.offset))
    return 0
