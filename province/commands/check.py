"""`ketnoi check`: every fault of the inventory in one run."""

import json
import sys
from datetime import date
from pathlib import Path

from province.model import folder, load
from province.text import Lang, Text


def check(inventory: Path, lang: Lang, json_output: bool) -> int:
    """Print faults (stdout, `file:line: field: ...`), and notices of former keys and withheld facilities; 0 none, 1 faults, 2 no inventory.

    JSON: {"province", "facilities": n, "faults": [{file, line, field, message: {vi, en}}],
    "notices": like faults, "withheld": [{code, reason: {vi, en}}], "surveyed": [{code, gaps: like faults}]}.
    """
    path = folder(inventory)
    if not (path / "province.yml").is_file():
        print(_NONE.format(path=path).pick(lang), file=sys.stderr)
        return 2
    province, faults = load(path)
    withheld = province.withheld(date.today()) if province else []
    surveyed = province.surveyed if province else []
    notices = province.notices if province else []
    if json_output:
        document = {
            "province": province.code if province else None,
            "facilities": len(province.facilities) if province else 0,
            "faults": [fault.as_dict() for fault in faults],
            "notices": [notice.as_dict() for notice in notices],
            "withheld": [{"code": facility.code, "reason": reason.as_dict()} for facility, reason in withheld],
            "surveyed": [{"code": each.code, "gaps": [gap.as_dict() for gap in each.gaps]} for each in surveyed],
        }
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return 1 if faults else 0
    for fault in faults:
        print(fault.show(lang))
    for notice in notices:
        print(_NOTICE.pick(lang) + notice.show(lang))
    for reason in [*(reason for _, reason in withheld), *(each.notice for each in surveyed)]:
        print(_NOTICE.pick(lang) + reason.pick(lang))
    if faults:
        print(_FAULTS.format(count=len(faults), files=len({fault.file for fault in faults})).pick(lang))
    elif province:
        counts = {"facilities": len(province.facilities), "areas": len(province.areas)}
        print(_FINE.format(cameras=sum(len(each.cameras) for each in province.facilities), **counts).pick(lang))
    return 1 if faults else 0


_NONE = Text("{path}: không có province.yml", "{path}: no province.yml there")
_NOTICE = Text("lưu ý: ", "note: ")
_FAULTS = Text(
    "{count} lỗi trong {files} tệp; sửa xong mới triển khai và đo kiểm được",
    "faults: {count}, in files: {files}; nothing is applied or measured until they are mended",
)
_FINE = Text(
    "không có lỗi: {facilities} cơ sở, {cameras} camera, {areas} khu vực triển khai",
    "no faults: {facilities} facilities, {cameras} cameras, {areas} areas",
)
