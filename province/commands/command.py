"""`ketnoi command`: one of a few things that a facility's agent does when the hub asks, and its answer."""

import json
import sys
from pathlib import Path

from province.documents.hub import CommandOutcome
from province.model.select import loaded, selected
from province.reach import hub_view, netns
from province.reach.ssh import Shell
from province.text import Lang, Text

WAIT_S = 30
AT_LENGTH_S = {"read-settings": 300}
"""Commands whose work takes its time: one device is read after the other."""
ASKED = Text("{code}: đã gửi lệnh {name}, đợi trả lời …", "{code}: asked for {name}, waiting for the answer …")
ANSWERS = {
    "done": Text("{code}: xong sau {seconds} s", "{code}: done after {seconds} s"),
    "failed": Text("{code}: không làm được: {detail}", "{code}: failed: {detail}"),
    "refused": Text("{code}: từ chối: {detail}", "{code}: refused: {detail}"),
    "handed_over": Text("{code}: đã nhận, sau {seconds} s vẫn chưa xong", "{code}: taken, not done within {seconds} s"),
    "sent": Text(
        "{code}: đã gửi, sau {seconds} s chưa có trả lời: chạy `ketnoi status`",
        "{code}: sent, no answer within {seconds} s: see `ketnoi status`",
    ),
    "waiting": Text(
        "{code}: chưa gửi được, cơ sở đang mất kết nối: chạy `ketnoi status`",
        "{code}: not sent, the facility is not connected: see `ketnoi status`",
    ),
}


def command(inventory: Path, *, site: str, name: str, lang: Lang, json_output: bool) -> int:
    """Exit 0 when the agent says that it is done, 1 otherwise."""
    province = loaded(inventory, lang)
    (facility,) = selected(province, None, site)
    netns.enter(inventory)
    print(ASKED.format(code=facility.code, name=name).pick(lang), file=sys.stderr)
    wait_s = AT_LENGTH_S.get(name, WAIT_S)
    argv = ["command", facility.id, name.replace("-", "_"), "--wait", str(wait_s)]
    found = hub_view.read(Shell(inventory, hub_user=province.hub.ssh_user), CommandOutcome, argv, codes=(0, 1), seconds=wait_s + 20)
    print(json.dumps(found, ensure_ascii=False) if json_output else ANSWERS[found["status"]].format(code=facility.code, **found).pick(lang))
    return 0 if found["status"] == "done" else 1
