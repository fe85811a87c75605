"""MikroTik RouterOS 6 and 7 on a bridge: reading is `export` and `print terse`, isolation is the bridge's split horizon.

Guard: safe mode (Ctrl-X). What was done in it is undone by the switch itself when the session ends before it is released, and
at the latest when TCP gives up; the history holds 100 actions, so changes go in lots. A horizon is forwarding in software on
most models, which a few dozen cameras do not notice.

A write that succeeds answers nothing; whatever is answered is a refusal ("failure: ...", "no such item", "expected end of
command (line 1 column 9)"), except log lines, which every session may be told ("system,error,critical login failure ...").
"""

import contextlib
import re
from collections.abc import Callable, Iterator

from province.switches import faults
from province.switches.driver import Driver
from province.switches.export import Entry, entries, terse
from province.switches.faults import SwitchFailure
from province.switches.model import Mode, Port, State
from province.switches.session import Dialect, Session

PROMPT = r"\[[^\]\r\n]*@[^\]\r\n]*\] ?[^\r\n>\[]*(?:<SAFE>|>) ?$"
HIJACK = r"\[u/r/d\]: ?$"
DIALECT = Dialect(
    device_type="mikrotik_routeros",
    prompt=PROMPT,
    tail=PROMPT,
    refusal=None,
    noise=r"\b[a-z0-9-]+,(?:debug|info|warning|error|critical)\b|^\s*\[Safe [Mm]ode (?:taken|released)[^\]]*\]\s*$",
)
_UNKNOWN = re.compile(r"expected end of command|bad command name|no such command|syntax error|expected command name")
_MODES: dict[str, Mode] = {"admit-only-untagged-and-priority-tagged": "access", "admit-only-vlan-tagged": "trunk"}
_LOT = 40


def get(session: Session, box_mac: str | None) -> State:
    identity = re.search(r"^\s*name:\s*(.*?)\s*$", session.ask("/system identity print"), re.MULTILINE)
    links = terse(session.ask("/interface ethernet print terse"))
    if not links or not identity:
        raise SwitchFailure(faults.UNREADABLE, command="/interface ethernet print terse", detail="-")
    bridges = entries(_export(session, "/interface bridge"))
    ethernet = entries(_export(session, "/interface ethernet"))
    own = entries(_export(session, "/ip address")) + entries(_export(session, "/interface bonding"))
    feeding = session.ask("/interface ethernet poe print terse")
    power = {} if _UNKNOWN.search(feeding) else {row["name"]: row.get("poe-out", "") for _, row in terse(feeding) if "name" in row}
    ports = tuple(_port(flags, row, bridges, ethernet, own, power) for flags, row in links if "name" in row)
    main = next((e for e in bridges if e.path == "interface bridge" and e.verb == "add"), None)
    return State(
        name=identity[1],
        ports=ports,
        vlans=bool(main and main.values.get("vlan-filtering") == "yes"),
        box_port=_box_port(session, box_mac, ports) if box_mac else None,
        bridge=main.values.get("name", "bridge1") if main else "bridge1",
    )


def _export(session: Session, path: str) -> str:
    """A menu's configuration; the oldest versions know no `terse`."""
    answer = session.ask(f"{path} export terse", 60)
    return session.ask(f"{path} export", 60) if _UNKNOWN.search(answer) and not entries(answer) else answer


def _port(flags: str, row: dict[str, str], bridges: list[Entry], ethernet: list[Entry], own: list[Entry], power: dict[str, str]) -> Port:
    name, factory = row["name"], row.get("default-name", "")
    bridged = next((e for e in bridges if e.path == "interface bridge port" and e.values.get("interface") == name), None)
    settings = next((e for e in ethernet if e.verb == "set" and e.selects(name, factory)), None)
    feed = power.get(name, "")
    addressed = any(name in (e.values.get("interface"), *e.values.get("slaves", "").split(",")) for e in own)
    values = bridged.values if bridged else {}
    return Port(
        name=name,
        also=factory if factory != name else "",
        description=settings.values.get("comment", "") if settings else "",
        enabled="X" not in flags,
        mode=_MODES.get(values.get("frame-types", ""), "dynamic"),
        vlan=int(values.get("pvid", "1")) if bridged else None,
        tagged=_tagged(name, bridges),
        isolated=values.get("horizon", "none") not in ("none", ""),
        powered=None if not feed else feed != "off",
        feed=feed if feed != "off" else "",
        fixed=addressed,
    )


def _tagged(name: str, bridges: list[Entry]) -> frozenset[int]:
    found: set[int] = set()
    for entry in bridges:
        if entry.path == "interface bridge vlan" and name in entry.values.get("tagged", "").split(","):
            found |= numbers(entry.values.get("vlan-ids", ""))
    return frozenset(found)


def numbers(text: str) -> set[int]:
    """ "10,20-22" -> {10, 20, 21, 22}; what is no VLAN is left out."""
    found: set[int] = set()
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdecimal() and (high or low).isdecimal():
            found |= set(range(int(low), min(int(high or low), 4094) + 1))
    return {n for n in found if 1 <= n <= 4094}


def _box_port(session: Session, mac: str, ports: tuple[Port, ...]) -> str | None:
    """The port behind which the box is: the bridge's host table, or ARP where the port stands alone."""
    names = {port.name for port in ports}
    for menu in ("/interface bridge host", "/ip arp"):
        for _, row in terse(session.ask(f"{menu} print terse where mac-address={mac.upper()}")):
            there = row.get("on-interface") or row.get("interface") or ""
            if there in names:
                return there
    return None


@contextlib.contextmanager
def guarded(session: Session, before: State) -> Iterator[Callable[[], None]]:
    taken = session.press("\x18", rf"(?:<SAFE> ?$|{HIJACK})")
    if re.search(HIJACK, taken):
        session.press("d", PROMPT)
        raise SwitchFailure(faults.BUSY)
    yield lambda: _release(session)


def _release(session: Session) -> None:
    session.press("\x18", r"\[[^\]\r\n]*@[^\]\r\n]*\] ?[^\r\n<>\[]*> ?$")


def save(session: Session, state: State) -> None:
    """Nothing to do: RouterOS keeps every change as it is made."""


def canonical(name: str) -> str:
    return name.strip()


DRIVER = Driver(
    dialect=DIALECT,
    templates="routeros",
    means="safe mode",
    get=get,
    guarded=guarded,
    save=save,
    canonical=canonical,
    lot=_LOT,
)
