"""`make demo`: the whole job, from blank machines to a verdict, by the commands that a user would type.

It runs `ketnoi` as anybody would and knows nothing of its inside. What it prints at the end was timed here.
The tests of tests/lab raise their province by the same steps, under a lab's name and in a copy of the inventory of their own.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab.layout import FACTORY_PASSWORD
from lab.say import pick

AREA = "an-nhon"
SURVEY = "docs/samples/an-nhon-khao-sat.xlsx"
INVENTORY = "inventory/binh-dinh"
KETNOI = str(Path(sys.executable).parent / "ketnoi")


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
    """The steps, each announced, run and timed."""

    lab: str = "demo"
    out: str = "out"
    times: list[tuple[str, float]] = field(default_factory=list)

    def run(self, title: str, *commands: list[str]) -> None:
        print(f"\n\033[1m▶ {title}\033[0m", flush=True)
        started = time.monotonic()
        for command in commands:
            print(f"  $ {' '.join([Path(command[0]).name, *command[1:]])}", flush=True)
            code = subprocess.run(command, check=False).returncode
            if code:
                raise StepFailed(f"{' '.join([Path(command[0]).name, *command[1:3]])} …: exit {code}")
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


def ketnoi(*arguments: str) -> list[str]:
    return [KETNOI, *arguments]


def main() -> int:
    if os.geteuid() != 0:
        print("make demo: raising namespaces and machines needs root: sudo make demo", file=sys.stderr)
        return 2
    given = arguments()
    os.environ["KETNOI_INVENTORY"] = given.inventory
    demo = Demo(given.lab, given.out)
    with tempfile.TemporaryDirectory(prefix="ketnoi-demo-") as scratch:
        password = Path(scratch) / "factory-password"
        password.touch(mode=0o600)
        password.write_text(FACTORY_PASSWORD)
        bench = Path(scratch) / "bench.json"
        try:
            steps(demo, password, bench)
            if not given.once:
                demo.run(
                    pick("Triển khai lần nữa: không có gì thay đổi", "Rollout again: nothing to change"), ketnoi("rollout", "--area", AREA)
                )
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
    parser.add_argument("--once", action="store_true", help="leave out the second rollout and the summary")
    return parser.parse_args()


def steps(demo: Demo, password: Path, bench: Path) -> None:
    factory, name = ["--factory-password-file", str(password)], ["--lab", demo.lab]
    demo.run(
        pick("Phiếu khảo sát của An Nhơn vào danh mục", "An Nhơn's survey workbook into the inventory"), ketnoi("survey", "import", SURVEY)
    )
    demo.run(
        pick("Chứng thư gốc, khóa và mật khẩu của tỉnh", "Authority, keys and passwords of the province"), ketnoi("check"), ketnoi("init")
    )
    demo.run(pick("Kho gói phần mềm có chữ ký", "Signed package repository"), ketnoi("packages"))
    demo.run(
        pick("Phòng lab: văn phòng, máy chủ, trung tâm, internet, ba cơ sở", "Lab: office, hub, centre, internet, three facilities"),
        ketnoi("lab", "up", "--area", AREA, *name),
    )
    codes = write_bench(demo, bench)
    demo.run(
        pick("Tiếp nhận máy trắng", "Bootstrap: blank machines taken over"),
        ketnoi("bootstrap", "hub", *factory),
        ketnoi("bootstrap", "--area", AREA, "--bench", str(bench), *factory),
    )
    demo.run(pick("Trung tâm (lab đóng vai)", "The centre, played by the lab"), ketnoi("lab", "centre", *name))
    demo.run(pick("Máy chủ kết nối cấp tỉnh", "The hub"), ketnoi("hub"))
    demo.run(
        pick("Đưa thiết bị về cơ sở; lifeline tự gọi về", "Boxes to their facilities; lifelines come up by themselves"),
        *(ketnoi("lab", "plug", code, *name) for code in codes),
        *(ketnoi("wait", "--site", code, "--via", "lifeline") for code in codes),
    )
    demo.run(pick("Triển khai", "Rollout"), ketnoi("rollout", "--area", AREA))
    demo.run(pick("Đo kiểm theo tiêu chuẩn", "Verify"), ketnoi("verify", "--area", AREA, "--out", demo.out))
    report = f"{demo.out}/report"
    demo.run(
        pick("Báo cáo gửi tỉnh, có chữ ký số", "The report that goes to the province, signed"),
        ketnoi("report", "--area", AREA, "--out", report),
        ketnoi("report", "check", report),
    )


def write_bench(demo: Demo, bench: Path) -> list[str]:
    """Who lies on the bench at which address, as the bench's leases say; returns the facilities' codes."""
    said = subprocess.run(ketnoi("lab", "status", "--json", "--lab", demo.lab), capture_output=True, text=True, check=True).stdout
    machines = json.loads(said)["machines"]
    addresses = {code: machine["bench_address"] for code, machine in machines.items() if "bench_address" in machine}
    bench.write_text(json.dumps(addresses))
    return sorted(addresses)


if __name__ == "__main__":
    sys.exit(main())
