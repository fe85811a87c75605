"""`edge-agent guard apply|confirm|status|restore|restore-at-boot|drift`."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from edge_agent.contract.guard import GuardState, GuardStatus
from edge_agent.contract.text import Text, default_lang, here
from edge_agent.guard import change, drift
from edge_agent.guard.machine import ChangeRejected, Guard
from edge_agent.system import durable

_STATES: dict[GuardState, Text] = {
    "idle": Text("chưa có thay đổi nào", "no change yet"),
    "unchanged": Text("không có gì thay đổi", "nothing to change"),
    "saved": Text("đang chuẩn bị", "being prepared"),
    "armed": Text("đang áp dụng, đã hẹn giờ khôi phục", "being applied, the timer runs"),
    "applied": Text("đã áp dụng, chờ xác nhận", "applied, waiting to be confirmed"),
    "committed": Text("đã xác nhận, cấu hình mới có hiệu lực", "confirmed: the new is in force"),
    "restored": Text("đã khôi phục cấu hình cũ", "restored: the old is in force"),
    "refused": Text("TỪ CHỐI", "REFUSED"),
}
RUN = Path("/run/ketnoi")
_LEFT = Text("còn {seconds} s thì tự khôi phục", "restored in {seconds} s")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    guard = commands.add_parser(
        "guard", help=here("thay đổi có thể cắt mọi đường vào thiết bị này", "changes that could cut every way to this box")
    )
    actions = guard.add_subparsers(dest="action", required=True)
    for name, work, about in (
        (
            "apply",
            _apply,
            here("áp dụng thay đổi đọc từ đầu vào chuẩn, rồi chờ xác nhận", "make the change on standard input; it waits to be confirmed"),
        ),
        ("confirm", _confirm, here("xác nhận thay đổi, qua một kết nối mới", "commit a change, over a new connection")),
        ("status", lambda guard, options: guard.status(), here("thay đổi gần nhất", "the latest change")),
        (
            "restore",
            lambda guard, options: guard.restore(but=options.but),
            here("khôi phục nếu chưa xác nhận (hẹn giờ gọi lệnh này)", "restore what is not confirmed (the timer calls this)"),
        ),
        (
            "restore-at-boot",
            lambda guard, options: guard.restore(at_boot=True),
            here("như trên, trước khi các dịch vụ chạy", "the same, before services start"),
        ),
    ):
        action = actions.add_parser(name, help=about)
        if name == "confirm":
            action.add_argument("id")
        if name == "restore":
            action.add_argument("--but", metavar="ATTEMPT", help=here("trừ lần thử này", "unless it is this attempt's"))
        action.add_argument("--json", action="store_true")
        action.set_defaults(run=_runner(work))
    action = actions.add_parser("drift", help=here("có gì bị đổi tại chỗ không", "was anything changed behind our back"))
    action.add_argument("--json", action="store_true")
    action.set_defaults(run=_drift)


def _apply(guard: Guard, options: argparse.Namespace) -> GuardStatus:
    wanted = change.read(json.load(sys.stdin))
    # The change may cut the very connection that it came by: it goes on to its end all the same.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return guard.apply(wanted)


def _confirm(guard: Guard, options: argparse.Namespace) -> GuardStatus:
    return guard.confirm(options.id)


def _drift(options: argparse.Namespace) -> int:
    """0: all is as it was left; 1: something is not, and the next rollout comes back to it."""
    found = drift.look(durable.state_folder(), RUN)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join(f"{part}: {what}" for part, what in found.items()) or here("không có gì bị đổi", "nothing was changed"))
    return 1 if found else 0


def _runner(work: Callable[[Guard, argparse.Namespace], GuardStatus]) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        """0 done, 1 refused (what is in force did not move), 2 usage."""
        try:
            answer, code = work(Guard(durable.state_folder()), options), 0
        except ChangeRejected as error:
            answer, code = {"state": "refused", "reason": error.text.as_dict()}, 1
        except ValueError as error:
            print(f"edge-agent guard {options.action}: {error}", file=sys.stderr)
            return 2
        _print(answer, options.json)
        return code

    return run


def _print(answer: GuardStatus, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    lang = default_lang()
    reason, left = answer.get("reason"), answer.get("seconds_left")
    parts = [_STATES[answer["state"]].pick(lang), _LEFT.format(seconds=left).pick(lang) if left is not None else ""]
    parts += [answer.get("name") or "", answer.get("id") or "", answer.get("at") or ""]
    print(" · ".join(p for p in parts if p) + (f": {reason[lang]}" if reason else ""))
