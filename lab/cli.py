"""`python -m lab`: raise a province on this machine, break it, look into it, take it away.

Exit 0 done, 1 failed, 2 can't be asked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import commands, layout, say, up
from lab.say import LabError, announce

DEVICE_ACTIONS = [
    *("get", "set", "plug", "unplug", "power", "replace", "restore"),
    *("reboot", "factory_reset", "freeze", "writes", "logins", "unlock", "forget", "status"),
]


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--lab", type=_lab, default=argparse.SUPPRESS, help=say.pick("phòng thử nào (mặc định: demo)", "which lab (default: demo)")
    )
    common.add_argument("--lang", choices=["vi", "en"], default=argparse.SUPPRESS)
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help=say.pick("in kết quả dạng JSON", "the result as JSON on stdout")
    )
    root = argparse.ArgumentParser(
        prog="ketnoi lab", description=say.pick("Cả một tỉnh trên một máy.", "A province on one machine."), parents=[common]
    )
    parsers = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        made = parsers.add_parser(name, help=help, parents=[common])
        made.set_defaults(run=run)
        return made

    raising = command(
        "up", commands.up_, say.pick("dựng phòng thử theo kế hoạch", "raise the lab that a plan describes (its name stands in the plan)")
    )
    raising.add_argument("plan", type=Path)
    raising.add_argument(
        "--no-cameras",
        dest="cameras",
        action="store_false",
        help=say.pick("không chạy camera mô phỏng", "leave the cameras' processes out"),
    )
    raising.add_argument(
        "--from",
        dest="kept",
        type=Path,
        metavar="DIR",
        help=say.pick("đi tiếp từ một điểm lưu của `keep`", "go on from a checkpoint that `keep` made"),
    )
    keeping = command(
        "keep",
        commands.keep_,
        say.pick("tắt hết, lưu máy và thiết bị thành một điểm lưu, bật lại", "switch all off, keep machines and devices in DIR, switch on"),
    )
    keeping.add_argument("folder", type=Path, metavar="DIR")
    removing = command(
        "down", commands.down_, say.pick("gỡ hết phòng thử, dù đang ở tình trạng nào", "remove all of a lab, whatever state it is in")
    )
    removing.add_argument(
        "--images",
        action="store_true",
        help=say.pick("gỡ cả ảnh đĩa lưu sẵn mà không phòng thử nào dùng", "also the cached images that no lab uses"),
    )
    command("status", commands.status_, say.pick("máy nào chạy, cắm ở đâu", "what runs, what is plugged in where"))
    shell = command(
        "shell",
        commands.shell_,
        say.pick(
            "shell root trong một máy, hoặc trong không gian mạng office, inet, MÃ-router, MÃ-lan, MÃ/VỊ-TRÍ",
            "a root shell in a machine, or in the namespace of office, inet, CODE-router, CODE-lan, CODE/SLOT",
        ),
    )
    shell.add_argument("machine")
    execute = command(
        "exec",
        commands.exec_,
        say.pick("chạy một lệnh ở đó, trả về đúng mã kết thúc của lệnh", "run a command there; its exit status is this command's"),
    )
    execute.add_argument("machine")
    execute.add_argument("command_line", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    for name, help in (
        ("plug", say.pick("mang thiết bị biên từ bàn cài đặt đến cơ sở", "carry a box from the bench to its facility")),
        ("unplug", say.pick("mang về bàn cài đặt", "bring it back to the bench")),
    ):
        moving = command(name, commands.plug_, help)
        moving.add_argument("code")
        moving.add_argument(
            "--no-wait",
            dest="wait",
            action="store_false",
            help=say.pick("không đợi sshd trả lời ở nơi mới", "don't wait until its sshd greets at the new place"),
        )
    power = command(
        "power",
        commands.power_,
        say.pick("bật, tắt đúng cách, hoặc cắt điện một máy", "switch a machine on, off in good order, or cut its power"),
    )
    power.add_argument("machine")
    power.add_argument("state", choices=["on", "off", "cut"])
    power.add_argument(
        "--no-wait", dest="wait", action="store_false", help=say.pick("không đợi sshd sau khi bật", "don't wait for sshd after `on`")
    )
    for name, help in (
        ("camera", say.pick("dây mạng, nguồn và cài đặt của một camera, đổi sau lưng mọi người", "a camera's cable, power and memory")),
        ("recorder", say.pick("cũng vậy, của một đầu ghi hình", "the same of a recorder")),
        ("switch", say.pick("cũng vậy, của một bộ chuyển mạch mô phỏng", "the same of a simulated switch")),
    ):
        device = command(name, commands.device_, help)
        device.add_argument("device", metavar="CODE/SLOT")
        device.add_argument("action", choices=DEVICE_ACTIONS)
        device.add_argument(
            "path",
            nargs="?",
            metavar="KEY",
            help=say.pick(
                "ví dụ encoder.width; với freeze, power: on hoặc off; với replace: kiểu máy mới",
                "such as encoder.width; for freeze and power: on or off; for replace: the new model",
            ),
        )
        device.add_argument("value", nargs="?", metavar="VALUE", help=say.pick("JSON hoặc chữ thường", "JSON, or plain text"))
        device.add_argument("--make", help=say.pick("replace: hãng của máy mới", "replace: the new one's maker"))
        device.add_argument("--mac", help=say.pick("replace: MAC của máy mới", "replace: the new one's MAC"))
    router = command("router", commands.router_, say.pick("bộ định tuyến của cơ sở gặp trục trặc", "a facility's router misbehaves"))
    router.add_argument("code")
    router.add_argument("fault", choices=list(commands.ROUTER_FAULTS))
    router.add_argument(
        "state",
        metavar="on|off|NUMBER",
        help=say.pick(
            "lose: số phần trăm gói bị mất; delay: mili giây mỗi chiều, 0 là hết",
            "lose: percent of packets lost; delay: milliseconds more each way; 0 ends it",
        ),
    )
    reaching = command(
        "reachout",
        commands.reachout_,
        say.pick(
            "từ mọi camera gửi gói tin ra mọi nơi bên ngoài; mã 1 nếu có gói tới nơi",
            "send from every camera of a facility to all that is beyond; exit 1 if anything arrives",
        ),
    )
    reaching.add_argument("code")
    scanning = command(
        "scan-from-outside",
        commands.scan_,
        say.pick(
            "từ Internet thử vào thiết bị biên đã cắm; mã 1 nếu có gói tới nơi",
            "try to reach a plugged-in box from the internet; exit 1 if anything arrives",
        ),
    )
    scanning.add_argument("code")
    middle = command("centre", commands.centre_, say.pick("nối máy trung tâm với máy chủ kết nối", "make the centre the hub's peer"))
    middle.add_argument("verb", choices=["configure"])
    middle.add_argument("file", type=Path)
    replacing = command(
        "replace",
        commands.replace_,
        say.pick(
            "huỷ một thiết bị biên; trên bàn cài đặt có máy trắng mang MAC mới",
            "destroy a box; a blank one with new MAC addresses stands on the bench",
        ),
    )
    replacing.add_argument("code")
    replacing.add_argument("--mac")
    replacing.add_argument("--lan-mac")
    clock = command(
        "ntp", commands.ntp_, say.pick("giờ trên Internet lệch bao nhiêu giây", "how far the internet's clock is off, in seconds")
    )
    clock.add_argument("offset", type=float)
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
        command = f"ketnoi lab down --lab {args.lab.name}"
        announce(
            f"bị ngắt; phần đã dựng vẫn còn, gỡ bằng: {command}",
            f"interrupted; what was made is still there, remove it with: {command}",
        )
        return 130
    except BrokenPipeError:
        sys.stdout = None
        return 1
