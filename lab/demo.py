"""`make demo`: the whole job, from blank machines to a verdict, by the commands that a user would type.

It runs `ketnoi` as anybody would and knows nothing of its inside. What it prints at the end was timed here. Commands that do not
wait for each other run side by side, each line of theirs behind a word that says whose it is.
The tests of tests/lab raise their province by the same steps, under a lab's name and in a copy of the inventory of their own.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path

from lab.layout import FACTORY_PASSWORD
from lab.say import pick

AREA = "an-nhon"
SURVEY = "docs/samples/an-nhon-khao-sat.xlsx"
INVENTORY = "inventory/binh-dinh"
KETNOI = str(Path(sys.executable).parent / "ketnoi")
Command = list[str]
Lanes = dict[str, list[Command]]
"""What runs side by side: the word before a lane's lines -> its commands, one after the other."""


NEXT = (
    ("ketnoi lab status", "xem những gì đang chạy", "what is running"),
    ("ketnoi lab camera an-nhon-01/1 set encoder.width 640", "lén đổi cỡ hình một camera, rồi:", "change a camera behind our back, then:"),
    (f"ketnoi verify --area {AREA}", "nói đúng camera nào, mã thoát 1", "says which camera, exit 1"),
    (f"ketnoi rollout --area {AREA}", "sửa đúng camera đó", "repairs it and touches no other"),
    (
        "ketnoi lab camera an-nhon-02/2 freeze on",
        "một camera treo; cắt rồi cấp lại nguồn qua cổng PoE:",
        "a camera hangs; switch its PoE port off and on:",
    ),
    ("ketnoi power-cycle an-nhon-02/2", "đợi đến khi camera có hình lại", "waits until it streams again"),
    ("ketnoi lab shell an-nhon-01", "vào thiết bị biên; thử `edge-agent status`", "a box from inside; try `edge-agent status`"),
    ("out/verify.html", "kết quả, in ra giấy được", "the verdict, for paper"),
    ("out/report/report.pdf", "báo cáo; cũng có .html, .xlsx", "the report; as .html and .xlsx too"),
    ("make demo-down", "dọn sạch tất cả", "removes all of it"),
)


class StepFailed(Exception):
    """A command of the demo ended with another exit code than 0."""


@dataclass
class Demo:
    """The steps, each announced, run and timed. `password`, `bench`: files for the commands that take them."""

    lab: str
    out: str
    password: Path
    bench: Path
    times: list[tuple[str, float]] = field(default_factory=list)

    def run(self, title: str, *commands: Command) -> None:
        with self._timed(title):
            for command in commands:
                self._announce(command)
                self._ended(command, subprocess.run(command, check=False).returncode)

    def side_by_side(self, title: str, lanes: Lanes) -> None:
        """All lanes to their end, also when another fails; a step fails with the first lane that did."""
        with self._timed(title), ThreadPoolExecutor(len(lanes)) as pool:
            for lane in [pool.submit(self._lane, word, commands) for word, commands in lanes.items()]:
                lane.result()

    def _lane(self, word: str, commands: list[Command]) -> None:
        for command in commands:
            self._announce(command)
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
                assert running.stdout
                for line in running.stdout:
                    _write(f"  {word:<10} │ {line.rstrip()}")
            self._ended(command, running.returncode)

    @staticmethod
    def _announce(command: Command) -> None:
        _write(f"  $ {' '.join([Path(command[0]).name, *command[1:]])}")

    @staticmethod
    def _ended(command: Command, code: int) -> None:
        if code:
            raise StepFailed(f"{' '.join([Path(command[0]).name, *command[1:3]])} …: exit {code}")

    @contextlib.contextmanager
    def _timed(self, title: str) -> Iterator[None]:
        print(f"\n\033[1m▶ {title}\033[0m", flush=True)
        started = time.monotonic()
        yield
        self.times.append((title, time.monotonic() - started))
        print(f"  ({self.times[-1][1]:.1f} s)", flush=True)

    def summary(self) -> None:
        done = pick(
            "Xong. Từ máy trắng thành ba cơ sở mà trung tâm xem được camera, đã đo kiểm theo tiêu chuẩn.",
            "Done. Blank machines became three facilities whose cameras the centre plays, measured against the standard.",
        )
        print(f"\n\033[1m{done}\033[0m")
        for title, seconds in self.times:
            print(f"  {seconds:6.1f} s  {title}")
        print(f"  {sum(seconds for _, seconds in self.times):6.1f} s  {pick('tất cả', 'in all')}")
        print(
            pick(
                "\nPhòng lab vẫn chạy. Thử tiếp, sau `source .venv/bin/activate`:",
                "\nThe lab stays up. Try next, after `source .venv/bin/activate`:",
            )
        )
        for command, vi, en in NEXT:
            print(f"  {command:<56} {pick(vi, en)}")


def _write(line: str) -> None:
    """In one piece, since lanes write at the same time."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def ketnoi(*arguments: str) -> Command:
    return [KETNOI, *arguments]


def main() -> int:
    if os.geteuid() != 0:
        print("make demo: raising namespaces and machines needs root: sudo make demo", file=sys.stderr)
        return 2
    given = arguments()
    os.environ["KETNOI_INVENTORY"] = given.inventory
    with tempfile.TemporaryDirectory(prefix="ketnoi-demo-") as scratch:
        password = Path(scratch) / "factory-password"
        password.touch(mode=0o600)
        password.write_text(FACTORY_PASSWORD)
        demo = Demo(given.lab, given.out, password, Path(scratch) / "bench.json")
        try:
            for name, step in dropwhile(lambda named: given.begin not in (None, named[0]), STEPS.items()):
                step(demo)
                if name == given.end:
                    return 0
            demo.summary()
        except StepFailed as failure:
            print(
                f"\nmake demo: {failure}. "
                + pick(
                    "Phòng lab để nguyên: xem bằng `ketnoi lab status`, dọn bằng `make demo-down`.",
                    "The lab is left as it is: look with `ketnoi lab status`, remove it with `make demo-down`.",
                ),
                file=sys.stderr,
            )
            return 1
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            print(pick("\nmake demo: đã dừng; đang dọn lab", "\nmake demo: interrupted; removing the lab"), file=sys.stderr)
            subprocess.run(ketnoi("lab", "down", "--lab", demo.lab), check=False)
            return 130
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.demo", description="From blank machines to a verdict, by a user's commands.")
    parser.add_argument("--lab", default="demo", help="name of the lab")
    parser.add_argument("-i", "--inventory", default=INVENTORY)
    parser.add_argument("--out", default="out", help="folder of the verdict")
    parser.add_argument("--from", dest="begin", choices=STEPS, help="the step to begin with, on a lab where those before it were done")
    parser.add_argument("--to", dest="end", choices=STEPS, help="the step to end with")
    return parser.parse_args()


def survey(demo: Demo) -> None:
    demo.run(
        pick("Phiếu khảo sát của An Nhơn vào danh mục", "An Nhơn's survey workbook into the inventory"), ketnoi("survey", "import", SURVEY)
    )


def keys(demo: Demo) -> None:
    demo.run(
        pick("Chứng thư gốc, khóa và mật khẩu của tỉnh", "Authority, keys and passwords of the province"), ketnoi("check"), ketnoi("init")
    )


def ground(demo: Demo) -> None:
    demo.side_by_side(
        pick(
            "Kho gói có chữ ký; phòng lab: văn phòng, máy chủ, trung tâm, internet, ba cơ sở",
            "Signed package repository; lab: office, hub, centre, internet, three facilities",
        ),
        {"packages": [ketnoi("packages")], "lab": [ketnoi("lab", "up", "--area", AREA, "--lab", demo.lab)]},
    )


def hub_taken_over(demo: Demo) -> None:
    demo.run(
        pick("Tiếp nhận máy chủ kết nối còn trắng", "Bootstrap: the blank hub taken over"),
        ketnoi("bootstrap", "hub", "--factory-password-file", str(demo.password)),
    )


def hub(demo: Demo) -> None:
    write_bench(demo)
    factory = ["--factory-password-file", str(demo.password)]
    demo.side_by_side(
        pick(
            "Thiết bị biên được tiếp nhận trên bàn cài đặt; máy chủ và trung tâm (lab đóng vai) được cấu hình",
            "Boxes taken over on the bench; hub and centre (played by the lab) configured",
        ),
        {
            "boxes": [ketnoi("bootstrap", "--area", AREA, "--bench", str(demo.bench), *factory)],
            "hub": [ketnoi("lab", "centre", "--lab", demo.lab), ketnoi("hub")],
        },
    )
    demo.run(pick("Máy chủ cho các thiết bị vừa ghi danh vào", "The hub lets in the boxes just enrolled"), ketnoi("hub", "--peers"))


def plug(demo: Demo) -> None:
    """Switched off on the way, as boxes are: the hub would hold the lifeline of one that vanished from the bench for half a minute."""

    def carried(code: str) -> list[Command]:
        lab = [("power", code, "off"), ("plug", code), ("power", code, "on")]
        return [*(ketnoi("lab", *words, "--lab", demo.lab) for words in lab), ketnoi("wait", "--site", code, "--via", "lifeline")]

    demo.side_by_side(
        pick("Đưa thiết bị về cơ sở; lifeline tự gọi về", "Boxes to their facilities; lifelines come up by themselves"),
        {code: carried(code) for code in addresses(demo)},
    )


def rollout(demo: Demo) -> None:
    demo.run(pick("Triển khai", "Rollout"), ketnoi("rollout", "--area", AREA))


def verify(demo: Demo) -> None:
    demo.run(pick("Đo kiểm theo tiêu chuẩn", "Verify"), ketnoi("verify", "--area", AREA, "--out", demo.out))


def report(demo: Demo) -> None:
    folder = f"{demo.out}/report"
    demo.run(
        pick("Báo cáo gửi tỉnh, có chữ ký số", "The report that goes to the province, signed"),
        ketnoi("report", "--area", AREA, "--out", folder),
        ketnoi("report", "check", folder),
    )


def again(demo: Demo) -> None:
    demo.run(pick("Triển khai lần nữa: không có gì thay đổi", "Rollout again: nothing to change"), ketnoi("rollout", "--area", AREA))


STEPS: dict[str, Callable[[Demo], None]] = {
    "survey": survey,
    "keys": keys,
    "ground": ground,
    "hub-taken-over": hub_taken_over,
    "hub": hub,
    "plug": plug,
    "rollout": rollout,
    "verify": verify,
    "report": report,
    "again": again,
}


def addresses(demo: Demo) -> dict[str, str]:
    """Which box lies on the bench at which address, as the bench's leases say; by facility."""
    said = subprocess.run(ketnoi("lab", "status", "--json", "--lab", demo.lab), capture_output=True, text=True, check=True).stdout
    machines = json.loads(said)["machines"]
    return {code: machine["bench_address"] for code, machine in sorted(machines.items()) if "bench_address" in machine}


def write_bench(demo: Demo) -> None:
    demo.bench.write_text(json.dumps(addresses(demo)))


if __name__ == "__main__":
    sys.exit(main())
