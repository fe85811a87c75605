"""A Linux machine as a switch: ports of one bridge, isolated by the bridge's own flag; iproute2 and a root shell are all it needs.

Guard: a script that restores every port, run two minutes later unless it is called off; it outlives the SSH session. What was
proven is written to /etc/ketnoi/switch.sh, which a systemd unit runs at boot. A Linux machine that feeds cameras (PoE) has too
many ways to be told so; power is not read here.
"""

import base64
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NotRequired, TypedDict

from edge_agent.contract import typed
from province.switches import faults
from province.switches.driver import Driver, rendered
from province.switches.faults import SwitchFailure
from province.switches.model import Port, State
from province.switches.session import Dialect, Session

MARK = "ketnoi-rc"
DIALECT = Dialect(
    device_type="linux",
    prompt=rf"{MARK}=\d+\s[\s\S]*[#$] ?$",
    tail=r"(?:^|\n)[^\n]*[#$] ?\Z",
    refusal=rf"{MARK}=(?!0\s*$)",
    noise=r"^$",
    status=f"; echo {MARK}=$?",
    enable=True,
)
BOOT, UNIT = "/etc/ketnoi/switch.sh", "/etc/systemd/system/ketnoi-switch.service"
UNDO = "/run/ketnoi-switch-undo"
UNDO_S = 120
_CHUNK = 400
"""A line of the shell that no terminal wraps (netmiko's is 511 wide)."""


class _Vlans(TypedDict):
    """A VLAN of a port, or all from `vlan` to `vlanEnd`."""

    vlan: int
    vlanEnd: NotRequired[int]
    flags: NotRequired[list[str]]


class _BridgeData(TypedDict, total=False):
    vlan_filtering: int


class _PortData(TypedDict, total=False):
    isolated: bool


class _LinkInfo(TypedDict, total=False):
    """`info_data` of a bridge, `info_slave_data` of a port of one; links of other kinds have other things there."""

    info_kind: str
    info_data: _BridgeData
    info_slave_data: _PortData


class _Link(TypedDict):
    """A row of iproute2's JSON: of `ip link` (flags, master, ifalias, linkinfo), `bridge vlan` (vlans) or `bridge fdb` (mac)."""

    ifname: str
    flags: NotRequired[list[str]]
    master: NotRequired[str]
    ifalias: NotRequired[str]
    linkinfo: NotRequired[_LinkInfo]
    vlans: NotRequired[list[_Vlans]]
    mac: NotRequired[str]


def get(session: Session, box_mac: str | None) -> State:
    links = _json(session, "ip -j -d link show")
    bridge = next((link["ifname"] for link in links if _kind(link) == "bridge"), None)
    if bridge is None:
        raise SwitchFailure(faults.UNREADABLE, command="ip -j -d link show", detail="no bridge")
    filtering = next((link.get("linkinfo", {}).get("info_data", {}).get("vlan_filtering") for link in links if link["ifname"] == bridge), 0)
    members = [link for link in links if link.get("master") == bridge]
    vlans = {row["ifname"]: row.get("vlans", []) for row in _json(session, "bridge -j vlan show")} if filtering else {}
    state = State(
        name=session.ask("hostname").splitlines()[0].strip(),
        ports=tuple(_port(link, vlans.get(link["ifname"])) for link in members),
        vlans=bool(filtering),
        box_port=_box_port(session, bridge, box_mac) if box_mac else None,
        bridge=bridge,
    )
    kept = _answer(session, f"test ! -e {BOOT} || base64 -w0 {BOOT}")
    return replace(state, saved=_decoded(kept) == _boot(state))


def _port(link: _Link, vlans: list[_Vlans] | None) -> Port:
    slave = link.get("linkinfo", {}).get("info_slave_data", {})
    untagged = next((v["vlan"] for v in vlans or () if "PVID" in v.get("flags", ())), None if vlans is not None else 1)
    tagged = frozenset(
        n for v in vlans or () if "Egress Untagged" not in v.get("flags", ()) for n in range(v["vlan"], v.get("vlanEnd", v["vlan"]) + 1)
    )
    return Port(
        name=link["ifname"],
        description=link.get("ifalias", ""),
        enabled="UP" in link.get("flags", ()),
        mode="trunk" if tagged else "access",
        vlan=untagged,
        tagged=tagged,
        isolated=bool(slave.get("isolated")),
    )


def _kind(link: _Link) -> str:
    return link.get("linkinfo", {}).get("info_kind", "")


def _answer(session: Session, command: str) -> str:
    return re.sub(rf"\s*{MARK}=\d+\s*$", "", session.ask(command, 60))


def _json(session: Session, command: str) -> list[_Link]:
    """What iproute2 says of each link. Raises SwitchFailure where that can't be read."""
    answer = _answer(session, command)
    with contextlib.suppress(ValueError):
        rows = json.loads(answer[answer.index("[") :])
        return [typed.read(_Link, command, row) for row in rows if isinstance(row, dict) and row.get("ifname")]
    raise SwitchFailure(faults.UNREADABLE, command=command, detail=session.clean(" ".join(answer.split()))[:200])


def _box_port(session: Session, bridge: str, mac: str) -> str | None:
    rows = _json(session, f"bridge -j fdb show br {bridge} dynamic")
    return next((row["ifname"] for row in rows if row.get("mac", "").lower() == mac), None)


def _boot(state: State) -> str:
    return rendered("linux/boot.j2", state=state)


def _decoded(text: str) -> str:
    with contextlib.suppress(ValueError):
        return base64.b64decode(text.strip()).decode("utf-8", errors="replace")
    return ""


def _put(session: Session, path: str, content: str) -> None:
    """Write a file whole: piece by piece beside it, then in its place."""
    coded = base64.b64encode(content.encode()).decode()
    session.execute(f": >{path}.new64")
    for at in range(0, len(coded), _CHUNK):
        session.execute(f"printf %s {coded[at : at + _CHUNK]} >>{path}.new64")
    session.execute(f"base64 -d {path}.new64 >{path}.new && rm {path}.new64 && sync {path}.new && mv {path}.new {path}")


@contextlib.contextmanager
def guarded(session: Session, before: State) -> Iterator[Callable[[], None]]:
    _put(session, UNDO, _boot(before))
    # In a shell of its own: the one at the prompt would tell of the job's end whenever it likes.
    session.execute(f"(setsid sh -c 'echo $$ >{UNDO}.pid; sleep {UNDO_S}; exec sh {UNDO}' </dev/null >/dev/null 2>&1 &)")
    yield lambda: session.execute(f"kill -- -$(cat {UNDO}.pid) && rm -f {UNDO} {UNDO}.pid")


def save(session: Session, state: State) -> None:
    session.execute("mkdir -p /etc/ketnoi")
    _put(session, BOOT, _boot(state))
    _put(session, UNIT, rendered("linux/unit.j2"))
    session.execute("if test -d /run/systemd/system; then systemctl daemon-reload && systemctl -q enable ketnoi-switch.service; fi", 60)


def canonical(name: str) -> str:
    return name.strip()


DRIVER = Driver(
    dialect=DIALECT,
    templates="linux",
    means=f"after {UNDO_S} s",
    get=get,
    guarded=guarded,
    save=save,
    canonical=canonical,
)
