"""Find the way into the lab: a process that serves a lab's inventory moves into that lab's office.

A lab leaves /run/ketnoi-lab/LAB/lab.json; if one names the inventory that a command works on, the command enters the
network namespace of the lab's office, and so do all processes that it starts. Outside a lab nothing happens.
Standard library only.
"""

import ctypes
import json
import os
from dataclasses import dataclass
from pathlib import Path

from province.user_error import UserError

LABS = Path("/run/ketnoi-lab")
NAMESPACES = Path("/run/netns")
_CLONE_NEWNET = 0x40000000


class NetnsError(UserError):
    """The lab is there but can't be entered; the message says what to do."""


@dataclass(frozen=True)
class Lab:
    name: str
    office_netns: str
    folder: Path


def lab_of(inventory: Path) -> Lab | None:
    """The running lab that plays this inventory, if any."""
    real = str(inventory.resolve())
    for marker in sorted(LABS.glob("*/lab.json")):
        try:
            lab = json.loads(marker.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if lab.get("inventory") == real and lab.get("office_netns"):
            return Lab(str(lab.get("lab", marker.parent.name)), str(lab["office_netns"]), marker.parent)
    return None


def inside(netns: str) -> bool:
    """Whether this thread is in that namespace already."""
    try:
        here, there = Path("/proc/thread-self/ns/net").stat(), (NAMESPACES / netns).stat()
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def enter(inventory: Path) -> Lab | None:
    """Move into the office of the lab that plays this inventory; call it before threads start. None outside a lab.

    Raises NetnsError when the lab's marker is there but the namespace can't be entered.
    """
    lab = lab_of(inventory)
    if lab is None or inside(lab.office_netns):
        return lab
    path = NAMESPACES / lab.office_netns
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NetnsError(
            f"phòng thử {lab.name}: {path}: {error.strerror}: dựng lại bằng `ketnoi lab up`",
            f"lab {lab.name}: {path}: {error.strerror}: raise it again with `ketnoi lab up`",
        ) from error
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle, _CLONE_NEWNET) != 0:
            why = os.strerror(ctypes.get_errno())
            raise NetnsError(
                f"phòng thử {lab.name}: {why}: chỉ root vào được (dùng sudo)",
                f"lab {lab.name}: {why}: only root enters it (use sudo)",
            )
    finally:
        os.close(handle)
    return lab
