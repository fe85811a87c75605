"""Cisco IOS and IOS-XE access switches: reading is the running configuration, isolation is a protected port.

Guard: `reload in 10`, taken back once all is proven. The running configuration is saved first where it differs from the saved
one, so that the switch would come back exactly as it was found; what we change is saved only after it was proven. A reload
costs the cameras a few minutes, a switch that nobody reaches costs a journey. `configure terminal revert` would be gentler, but
needs an archive on flash and is absent from older 2960s; EEM is absent from LAN Base.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from province.switches import faults
from province.switches.driver import Driver
from province.switches.faults import SwitchFailure
from province.switches.model import Mode, Port, State
from province.switches.routeros import numbers
from province.switches.session import CommandRejected, Dialect, Session

PROMPT = r"(?:^|\n)[^\s#>(]{1,64}(?:\([^)\n]*\))?[#>] ?$"
DIALECT = Dialect(
    device_type="cisco_ios",
    prompt=PROMPT,
    tail=PROMPT,
    # "% Access VLAN does not exist. Creating vlan 20" and "%Warning: portfast should only be enabled" are no refusals.
    refusal=r"^%(?! ?(?:Warning|Access VLAN does not exist))|^Command rejected|^(?:ERROR|Error)\b",
    noise=r"%[A-Z0-9_]+-(?:[A-Z0-9_]+-)?\d-[A-Z0-9_]+:|^\s*\*\*\*",
    enable=True,
)
MINUTES = 10
_KINDS = {
    "e": "Ethernet",
    "f": "FastEthernet",
    "g": "GigabitEthernet",
    "tw": "TwoGigabitEthernet",
    "fi": "FiveGigabitEthernet",
    "t": "TenGigabitEthernet",
    "te": "TenGigabitEthernet",
    "twe": "TwentyFiveGigE",
}
_PHYSICAL = re.compile(r"(?:Ten|Two|Five)?(?:Gigabit|Fast)?Ethernet\d+(?:/\d+)*|TwentyFiveGigE\d+(?:/\d+)*")
_SHORT = re.compile(r"([A-Za-z]+)\s*(\d+(?:/\d+)*)")
_UNKNOWN = re.compile(r"^% ?(?:Invalid|Incomplete|Ambiguous|Unrecognized)", re.MULTILINE)


def canonical(name: str) -> str:
    """ "Gi0/1", "gi 0/1" and "GigabitEthernet0/1" are one port; what isn't understood stays."""
    match = _SHORT.fullmatch(name.strip())
    if not match:
        return name.strip()
    value = match[1].lower()
    full = next((long for long in _KINDS.values() if long.lower() == value), None)
    fits = [long for short, long in _KINDS.items() if value.startswith(short) and long.lower().startswith(value)]
    return f"{full or (max(fits, key=len) if len(fits) > 1 else fits[0] if fits else match[1])}{match[2]}"


def get(session: Session, box_mac: str | None) -> State:
    running = running_state(session.ask("show running-config", 90))
    if not running.ports:
        raise SwitchFailure(faults.UNREADABLE, command="show running-config", detail="no interfaces")
    startup = running_state(session.ask("show startup-config", 90))
    feeding = power(session.ask("show power inline"))
    named = {port.name for port in session.desired.ports}
    ports = tuple(
        replace(
            port,
            powered=port.powered if port.name in feeding else None,
            # FastEthernet0, without a slash, is the management port of a switch, and a port like others of a small router.
            fixed=port.fixed or ("/" not in port.name and port.name not in named),
        )
        for port in running.ports
    )
    saved = startup.name == running.name and startup.ports == running.ports
    return replace(running, ports=ports, saved=saved, box_port=_box_port(session, box_mac) if box_mac else None)


def running_state(text: str) -> State:
    """The ports and the name in a configuration, in the order in which it has them."""
    name = re.search(r"^hostname (\S+)", text, re.MULTILINE)
    ports = []
    for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
        head, _, body = block.partition("\n")
        match = re.match(r"interface (\S+)", head)
        if match and _PHYSICAL.fullmatch(match[1]):
            ports.append(_port(match[1], [line.strip() for line in body.splitlines() if line.startswith(" ")]))
    return State(name=name[1] if name else "", ports=tuple(ports))


def _port(name: str, lines: list[str]) -> Port:
    def value(prefix: str, otherwise: str = "") -> str:
        return next((line[len(prefix) :].strip() for line in lines if line.startswith(prefix)), otherwise)

    modes: dict[str, Mode] = {"access": "access", "trunk": "trunk"}
    mode = modes.get(value("switchport mode "), "dynamic")
    vlan = value("switchport trunk native vlan ", "1") if mode == "trunk" else value("switchport access vlan ", "1")
    allowed = [line for line in lines if line.startswith("switchport trunk allowed vlan ")]
    listed = ",".join(line.split("vlan ", 1)[1].removeprefix("add ") for line in allowed)
    feed = value("power inline ", "auto")
    addressed = any(line.startswith(("ip address", "no switchport", "channel-group")) for line in lines)
    return Port(
        name=name,
        description=value("description "),
        enabled="shutdown" not in lines,
        mode=mode,
        vlan=int(vlan) if vlan.isdecimal() else None,
        tagged=(frozenset(numbers(listed)) if allowed else None) if mode == "trunk" else frozenset(),
        isolated="switchport protected" in lines,
        powered=not feed.startswith("never"),
        feed="" if feed.startswith("never") else feed,
        fixed=addressed,
    )


def power(text: str) -> set[str]:
    """Names of the ports that can feed something, from `show power inline`; none where the switch knows no such command."""
    rows = re.findall(r"^(\S+\d)\s+(?:auto|static|off|never|consumption)\s", text, re.MULTILINE)
    return {canonical(row) for row in rows}


def _box_port(session: Session, mac: str) -> str | None:
    digits = mac.replace(":", "")
    dotted = ".".join(digits[at : at + 4] for at in (0, 4, 8))
    answer = session.ask(f"show mac address-table address {dotted}")
    if _UNKNOWN.search(answer):
        answer = session.ask(f"show mac-address-table address {dotted}")
    found = re.search(rf"{re.escape(dotted)}\s+\S+\s+(?:.*\s)?([A-Z][A-Za-z]+\s?\d+(?:/\d+)*)\s*$", answer, re.MULTILINE | re.IGNORECASE)
    return canonical(found[1]) if found else None


@contextlib.contextmanager
def guarded(session: Session, before: State) -> Iterator[Callable[[], None]]:
    _reload_later(session)
    yield lambda: _stay(session)


def _reload_later(session: Session) -> None:
    command = f"reload in {MINUTES}"
    asked = r"\[yes/no\]: ?$|\[confirm\] ?$"
    said = session.ask(command, expect=rf"(?:{asked}|{PROMPT})")
    if "[yes/no]" in said:
        said += session.ask("yes", 60, expect=rf"(?:\[confirm\] ?$|{PROMPT})")
    if "[confirm]" not in said:
        raise CommandRejected(command, session.clean(" ".join(said.split()))[:300])
    session.ask("", expect=PROMPT)


def _stay(session: Session) -> None:
    """Take the reload back; the switch tells of it between two prompts, so it is asked once more."""
    session.ask("reload cancel")
    session.ask("")
    left = session.ask("show reload")
    if "No reload" not in left:
        raise CommandRejected("reload cancel", session.clean(" ".join(left.split()))[:300])


def save(session: Session, state: State) -> None:
    answer = session.ask("write memory", 90)
    if "[OK]" not in answer:
        raise CommandRejected("write memory", session.clean(" ".join(answer.split()))[:300])


DRIVER = Driver(
    dialect=DIALECT,
    templates="cisco-ios",
    means=f"reload in {MINUTES}",
    get=get,
    guarded=guarded,
    save=save,
    canonical=canonical,
    leave="end",
    password_saved=False,
)
