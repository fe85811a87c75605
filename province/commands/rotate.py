"""`ketnoi rotate`: new passwords for a facility's devices, in an order in which no crash locks anybody out.

1. The vault gets the new passwords and keeps the old ones beside them, before any device hears of it.
2. The box tries one of each, within its count of failed logins, sets the new one and logs in with it.
3. What the box has seen to work is settled: the old password goes from the vault, device by device.
4. The agent learns the viewers' new passwords once the cameras have them: a login before that would count at the camera.

Killed at any point, the next rotation or rollout goes on: it never makes a newer password for a device that isn't settled.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from province.commands.rollout import Console, roles_of
from province.model import Device, Facility
from province.model.select import applicable, loaded, selected
from province.office import vaults
from province.office.home import Home
from province.rollout.watch import FacilityRun
from province.text import Lang, Text
from province.user_error import UserError

TURNS = [["switches", "cameras", "recorders"], ["agent"]]
KINDS = ("cameras", "recorders", "switches")

MADE = Text(
    "{count} thiết bị có mật khẩu mới trong kho; mật khẩu cũ còn giữ cho đến khi thiết bị đã đổi",
    "devices with a new password in the vault: {count}; the old ones stay until the devices have changed",
)
GOING_ON = Text(
    "{count} thiết bị đang đổi dở từ lần trước: làm tiếp, không tạo mật khẩu mới nữa",
    "devices whose last rotation has not come through: {count}; it goes on, with the passwords made then",
)
DONE = Text("{code}: mọi thiết bị đã dùng mật khẩu mới", "{code}: every device has its new password")
LEFT = Text("{code}: chưa xong {what}: {reason}", "{code}: not through yet, {what}: {reason}")
LEFT_HINT = Text(
    "cả hai mật khẩu còn trong kho; sửa lỗi trên rồi chạy `ketnoi rotate --site {code}` hoặc `ketnoi rollout --site {code}`",
    "both passwords are in the vault; mend the above, then `ketnoi rotate --site {code}` or `ketnoi rollout --site {code}`",
)
ON_IT = Text("vị trí", "slots")
UNKNOWN = Text("chưa rõ lý do", "no reason known")


def rotate(inventory: Path, *, site: str, slots: list[int], lang: Lang, json_output: bool) -> int:
    """The command. slots: only these; all that may be touched when empty. Exit 0 all came through, 1 some did not.

    JSON: {"code", "renewed": n, "unsettled": {kind: [slot]}, "devices": [as in a rollout], "failed": bool}. Raises UserError.
    """
    province = loaded(inventory, lang)
    facility = _allowed(selected(province, None, site)[0])
    chosen = _chosen(facility, slots)
    home, console = Home.of(inventory), Console(lang)
    before = _among(vaults.unsettled(_complete(home, inventory, facility, chosen)), chosen)
    if before:
        console.line(GOING_ON.format(count=_count(before)).pick(lang))
    renewed = vaults.rotate(home, inventory, facility.code, chosen, datetime.now(UTC).isoformat(timespec="microseconds"))
    if renewed:
        console.line(MADE.format(count=renewed).pick(lang))
    runs = roles_of(inventory, province, facility, TURNS, console)
    left = _among(vaults.unsettled(vaults.read(home, inventory, facility.code)), chosen)
    failed = bool(left) or any(run.status == "failed" for run in runs)
    if json_output:
        devices = [device for run in runs for device in run.document()["devices"]]
        told = {"code": facility.code, "renewed": renewed, "unsettled": left, "devices": devices, "failed": failed}
        print(json.dumps(told, ensure_ascii=False))
    else:
        _conclude(facility.code, runs, left, failed, lang)
    return 1 if failed else 0


def _allowed(facility: Facility) -> Facility:
    if applicable([facility], date.today())[0]:
        return facility
    reason = facility.withheld(date.today()) or Text("", "")
    raise UserError(reason.vi, reason.en)


def _chosen(facility: Facility, slots: list[int]) -> dict[str, list[int]]:
    """kind -> slots whose passwords change. Raises UserError for a slot that has no such device."""
    devices: dict[str, Iterable[Device]] = {kind: getattr(facility, kind) for kind in KINDS}
    there = {kind: [each.slot for each in those if not each.no_access] for kind, those in devices.items()}
    strange = sorted(set(slots) - {slot for those in there.values() for slot in those})
    if strange:
        names = ", ".join(map(str, strange))
        raise UserError(
            f"{facility.code}: ở vị trí {names} không có thiết bị được phép tiếp cận",
            f"{facility.code}: no device that may be touched in slot {names}",
        )
    return {kind: [slot for slot in those if not slots or slot in slots] for kind, those in there.items()}


def _complete(home: Home, inventory: Path, facility: Facility, chosen: dict[str, list[int]]) -> vaults.Vault:
    """The facility's vault. Raises UserError where a device has no password yet: there is nothing to rotate."""
    content = vaults.read(home, inventory, facility.code)
    lacking = [slot for kind, slots in chosen.items() for slot in slots if str(slot) not in content.get(kind, {})]
    if lacking:
        names = ", ".join(map(str, lacking))
        raise UserError(
            f"{facility.code}: thiết bị ở vị trí {names} chưa có mật khẩu: chạy `ketnoi init`, rồi triển khai trước",
            f"{facility.code}: devices in slots {names} have no password yet: run `ketnoi init`, then roll out first",
        )
    return content


def _among(unsettled: dict[str, list[int]], chosen: dict[str, list[int]]) -> dict[str, list[int]]:
    found = {kind: [slot for slot in slots if slot in chosen.get(kind, [])] for kind, slots in unsettled.items()}
    return {kind: slots for kind, slots in found.items() if slots}


def _count(slots: dict[str, list[int]]) -> int:
    return sum(len(each) for each in slots.values())


def _conclude(code: str, runs: list[FacilityRun], left: dict[str, list[int]], failed: bool, lang: Lang) -> None:
    if not failed:
        print(DONE.format(code=code).pick(lang))
        return
    reason = next((run.reason for run in runs if run.reason), UNKNOWN)
    what = "; ".join(f"{kind}: {ON_IT.pick(lang)} {', '.join(map(str, slots))}" for kind, slots in left.items()) or "agent"
    print(LEFT.format(code=code, what=what, reason=reason.pick(lang)).pick(lang))
    print(f"→ {LEFT_HINT.format(code=code).pick(lang)}")
