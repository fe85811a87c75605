"""`ketnoi reprovision`: a new box takes a dead one's number and slots; the old one is out before the new one is in.

In this order, each step safe to repeat: look at the new box (nothing is written there), write its MAC to the inventory,
revoke the old certificate, move the old record to enrolled/retired/, bring the hub's peers up to date (from here on nothing
that the old box holds opens anything), take the new box over, bring the peers up to date again. A run that stopped half-way
is finished by the same command: a facility without a record, but with a retired one, is on its way.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from province.bootstrap.outcome import Outcome
from province.bootstrap.run import look, ready, take_over
from province.commands.bootstrap import factory_password, report, steps_shown, unseen
from province.commands.init import publish
from province.commands.rollout import peers as hub_peers
from province.model import Province, hardware_identity
from province.model.fields import mac_address
from province.model.select import loaded, selected
from province.office import authority, enrolment
from province.office.home import Home
from province.reach.ssh import Shell
from province.text import Lang, Text
from province.user_error import UserError

Peers = Callable[[Path, Lang], None]

LOOKED = Text("{code}: máy tại {at} đúng là máy mới", "{code}: the machine at {at} is the new box")
INVENTORY = Text("{code}: đã ghi MAC của máy mới vào danh mục", "{code}: the new box's MAC is in the inventory")
REVOKED = Text("{code}: đã thu hồi chứng thư của máy cũ", "{code}: the old box's certificate is revoked")
RETIRED = Text("{code}: đã chuyển hồ sơ máy cũ vào {where}", "{code}: the old box's record is now {where}")
OUT = Text("{code}: khoá của máy cũ không còn mở được gì", "{code}: the old box's keys open nothing any more")
IN = Text("{code}: máy chủ kết nối đã nhận máy mới", "{code}: the hub lets the new box in")
NEXT = Text("Tiếp: cắm máy tại cơ sở rồi `ketnoi rollout --site {code}`", "Next: plug it in on site, `ketnoi rollout --site {code}`")
MAC_HINT = Text(
    "nếu đúng là máy mới, thêm --mac với MAC cổng đường lên ghi trên nhãn máy",
    "if it is the new box, add --mac with the MAC of its uplink port, as on its label",
)


def reprovision(
    inventory: Path,
    *,
    site: str,
    at: str,
    lang: Lang,
    mac: str | None = None,
    factory_password_file: Path | None = None,
    json_output: bool = False,
    peers: Peers = hub_peers,
) -> int:
    """The command. mac: the new box's uplink, written to the inventory; without it the inventory must name it already.

    peers: brings the hub to the inventory. Returns 0 when the new box is enrolled, 1 when it isn't. Raises UserError.
    """
    province = loaded(inventory, lang)
    code = selected(province, None, site)[0].code
    home = ready(province)

    def show_step(text: Text, **values: object) -> None:
        print(f"  {text.format(code=code, **values).pick(lang)}", file=sys.stderr, flush=True)

    mac = _mac(mac) if mac else None
    password = factory_password(factory_password_file, lang)
    with home.lock(f"reprovision-{code}"):
        seen = _look(inventory, province, code, at, password, mac)
        if seen.status != "seen":
            return report([seen], lang, json_output)
        show_step(LOOKED, at=at)
        if mac and hardware_identity.set_hardware_identity(inventory, province, code, mac, seen.macs, seen.serial):
            show_step(INVENTORY)
            province = loaded(inventory, lang)
        _let_go(inventory, home, code, show_step)
        peers(inventory, lang)
        _hang_up(inventory, province, code)
        show_step(OUT)
        progress = unseen if json_output else steps_shown(lang)
        outcomes = take_over(inventory, province, {code: at}, password, progress)
        if outcomes[0].status not in ("failed", "refused"):
            peers(inventory, lang)
            show_step(IN)
            show_step(NEXT)
        return report(outcomes, lang, json_output)


def _hang_up(inventory: Path, province: Province, code: str) -> None:
    """End the old box's lifeline: taking its key away keeps it from coming again, not from staying.

    Best done, not required: a dead box's session ends by itself within a minute, and until then only keeps the port.
    """
    facility = province.facility(code)
    if facility is None:
        return
    holders = f"ss -Hltnp src 127.0.0.1:{facility.lifeline_port} | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u | xargs -r kill"
    Shell(inventory, hub_user=str(province.hub.ssh_user)).run("hub", ["sudo", "-n", "sh", "-c", holders], seconds=30)


def _mac(text: str) -> str:
    try:
        return mac_address(text)
    except ValueError as error:
        raise UserError(f"--mac {text}: không phải địa chỉ MAC", f"--mac {text}: no MAC address") from error


def _look(inventory: Path, province: Province, code: str, at: str, password: str | None, mac: str | None) -> Outcome:
    """What answers at the address. Raises UserError when there is nothing to replace, or it is the enrolled box itself."""
    record = enrolment.read(inventory, code)
    if record is None and not enrolment.retired(inventory, code):
        raise UserError(
            f"{code}: chưa từng ghi danh, không có gì để thay: dùng `ketnoi bootstrap --site {code} --at {at}`",
            f"{code}: was never enrolled, nothing to replace: use `ketnoi bootstrap --site {code} --at {at}`",
        )
    seen = look(inventory, province, code, at, password, mac)
    if record is not None and seen.known:
        raise UserError(
            f"{code}: tại {at} chính là thiết bị đang ghi danh: không có gì để thay",
            f"{code}: the enrolled box itself answers at {at}: nothing to replace",
        )
    if seen.status == "refused" and not mac:
        return replace(seen, hint=MAC_HINT)
    return seen


def _let_go(inventory: Path, home: Home, code: str, show_step: Callable[..., None]) -> None:
    """Revoke and retire whatever is still enrolled under the code."""
    record = enrolment.read(inventory, code)
    if record is not None:
        if record.get("certificate") and authority.revoke(home, str(record["certificate"]), f"{code}: box replaced"):
            show_step(REVOKED)
        where = enrolment.retire(inventory, code, "replaced")
        if where is not None:
            show_step(RETIRED, where=where.relative_to(inventory))
    publish(home, inventory)
