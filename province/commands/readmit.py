"""`ketnoi readmit`: a box whose clock was ahead is let into the tunnel again."""

import json
import sys
from pathlib import Path

from province.documents.hub import Readmission
from province.model.select import loaded, selected
from province.reach import hub_view, netns
from province.reach.ssh import Shell
from province.text import Lang, Text

WAIT_S = 60
ASKED = Text("{code}: hỏi máy chủ kết nối …", "{code}: asking the hub …")
ANSWERS = {
    "up": Text("{code}: đường hầm đang thông, không phải làm gì", "{code}: its tunnel answers, there is nothing to do"),
    "back": Text("{code}: đường hầm thông lại sau {seconds} s", "{code}: its tunnel is back after {seconds} s"),
    "silent": Text(
        "{code}: đã cho vào lại, sau {seconds} s chưa thấy thiết bị biên. Đồng hồ không phải nguyên nhân: "
        "kiểm tra nguồn điện, đường truyền, bộ định tuyến có chặn UDP không",
        "{code}: let in again, not heard within {seconds} s. It is not the clock: see power, line, and whether its router eats UDP",
    ),
}


def readmit(inventory: Path, *, site: str, lang: Lang, json_output: bool) -> int:
    """Exit 0 where the tunnel stands, 1 otherwise."""
    province = loaded(inventory, lang)
    (facility,) = selected(province, None, site)
    netns.enter(inventory)
    print(ASKED.format(code=facility.code).pick(lang), file=sys.stderr)
    argv = ["readmit", facility.id, "--wait", str(WAIT_S)]
    found = hub_view.read(Shell(inventory, hub_user=province.hub.ssh_user), Readmission, argv, codes=(0, 1), seconds=WAIT_S + 30)
    print(json.dumps(found, ensure_ascii=False) if json_output else ANSWERS[found["status"]].format(code=facility.code, **found).pick(lang))
    return 0 if found["status"] in ("up", "back") else 1
