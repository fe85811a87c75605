"""RouterOS's command line, as far as a switch is concerned: menus, `print terse`, `export`, `set`, `add`, `remove`, safe mode.

Answers are those of RouterOS 6.49 and 7: writes answer nothing; a wrong word is named with its column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lab.switch.cli import Base

_WORD = re.compile(r'\[[^\]]*\]|(?:[^\s"\[]|"(?:[^"\\]|\\.)*")+')
_FRAMES = {"access": "admit-only-untagged-and-priority-tagged", "trunk": "admit-only-vlan-tagged", "dynamic": "admit-all"}
_MENUS = (
    "system identity", "interface ethernet poe", "interface ethernet", "interface bridge port", "interface bridge vlan",
    "interface bridge host", "interface bridge", "interface bonding", "ip address", "ip arp", "user", "system",
)  # fmt: skip


class Wrong(Exception):
    """What RouterOS answers to a line that it won't take."""


def plain(value: str) -> str:
    """A value as typed: quotes off, escapes resolved."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    raw = re.sub(r"\\([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), value)
    return re.sub(r"\\(.)", r"\1", raw.encode("latin-1", errors="ignore").decode("utf-8", errors="replace"))


def quoted(value: str) -> str:
    """A value as `export` shows it."""
    if re.fullmatch(r"[\w.:/-]+", value, re.ASCII):
        return value
    shown = "".join(c if c.isascii() and c not in '"\\$?' else "".join(f"\\{b:02X}" for b in c.encode()) for c in value)
    return f'"{shown}"'


class Cli(Base):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        height = re.search(r"(\d+)h", self.suffix)
        self.terminal.height = int(height[1]) if height else 24
        self.terminal.more = "-- [Q quit|D dump|down]"

    @property
    def held(self) -> bool:
        return self.switch.safe is not None and self.switch.safe[0] is self

    def prompt(self) -> str:
        return f"[{self.user}@{self.memory.doc['name']}] {'<SAFE>' if self.held else '>'} "

    def run(self) -> None:
        self.terminal.send("\n\n  MikroTik RouterOS 6.49.10 (c) 1999-2023       http://www.mikrotik.com/\n\n")
        self.terminal.send("Press F1 for help\n\n\n" + self.prompt())
        while True:
            line = self.terminal.read_line()
            if line == "\x18":
                self._safe()
            elif line == "\x04":
                return
            elif line != "\x03" and line.strip():
                # The line is painted again before its answer: a client that trusts the first echo reads the second as an answer.
                self.terminal.send(f"\n{self.prompt()}{line}\n")
                self.print(self.answer(line.strip()))
            else:
                self.terminal.send("\n")
            self.terminal.send(self.prompt())

    def _safe(self) -> None:
        if self.held:
            self.switch.safe = None
            self.memory.save()
            self.terminal.send("\n[Safe Mode released]\n")
        elif self.switch.safe or self.memory.personality.get("busy"):
            self.terminal.send("\nHijacking Safe Mode from someone - unroll/release/don't take it [u/r/d]: ")
            choice = self.terminal.key()
            self.terminal.send(f"{choice}\n")
            if choice in "ur":
                self._take()
        else:
            self._take()

    def _take(self) -> None:
        self.switch.safe = (self, self.memory.snapshot())
        self.terminal.send("\n[Safe Mode taken]\n")

    def ended(self) -> None:
        """A session that ends without releasing safe mode takes everything back that was done in it."""
        if self.held and self.switch.safe:
            before = self.switch.safe[1]
            self.switch.safe = None
            self.memory.restore(before)

    def execute(self, line: str) -> str:
        try:
            return self._execute(line)
        except Wrong as wrong:
            return str(wrong)

    def _execute(self, line: str) -> str:
        if line in ("/quit", "quit"):
            if self.held:
                self.switch.safe = None  # /quit keeps what was done in safe mode
                self.memory.save()
            self.quit()
        spelled = re.sub(r"^/", "", line).strip()
        spelled = re.sub(r"^[a-z/]+(?= )", lambda m: m[0].replace("/", " "), spelled)
        menu = next((each for each in _MENUS if spelled == each or spelled.startswith(each + " ")), None)
        if menu is None:
            word = spelled.split()[0]
            raise Wrong(f"bad command name {word} (line 1 column {line.index(word) + 1})")
        words = _WORD.findall(spelled[len(menu) :])
        verb = words[0] if words else "print"
        found: Callable[[list[str], str], str] | None = getattr(self, f"_{verb}_{menu.replace(' ', '_')}", None)
        if verb == "export":
            return self._export(menu, words, line)
        if found is None or (menu.startswith("interface ethernet poe") and not any(self.switch.config.feeding)):
            raise Wrong(f"bad command name {verb} (line 1 column {line.index(verb) + 1})")
        return found(words[1:], line)

    # what is there ----------------------------------------------------------------------------------------------------------

    def _ports(self) -> dict[str, dict[str, Any]]:
        return dict(self.memory.get("ports"))

    def _print_system_identity(self, words: list[str], line: str) -> str:
        return f"  name: {self.memory.doc['name']}\n"

    def _print_interface_ethernet(self, words: list[str], line: str) -> str:
        rows = []
        for number, (name, port) in enumerate(self._ports().items()):
            flags = ("R" if port["enabled"] else "X") + ("S" if port["bridged"] else "")
            comment = f"comment={port['description']} " if port["description"] else ""
            mac = self.switch.config.mac[:-2] + f"{number:02X}"
            rows.append(f"{number:>2} {flags:<2} {comment}name={name} default-name={name} mtu=1500 mac-address={mac} arp=enabled")
        return "\n".join(rows)

    def _print_interface_ethernet_poe(self, words: list[str], line: str) -> str:
        feeding = [(name, port["feed"]) for name, port in self._ports().items() if port["feed"] is not None]
        return "\n".join(f"{n:>2} name={name} poe-out={feed} poe-priority=10" for n, (name, feed) in enumerate(feeding))

    def _print_interface_bridge_host(self, words: list[str], line: str) -> str:
        asked = re.search(r"mac-address=(\S+)", line)
        rows = [
            f"{n:>2} D   mac-address={mac.upper()} on-interface={name} bridge=bridge"
            for n, (name, macs) in enumerate(self.switch.config.wired.items())
            for mac in macs
            if (not asked or mac.upper() == asked[1].upper()) and self._ports()[name]["enabled"]
        ]
        return "\n".join(rows)

    def _print_ip_arp(self, words: list[str], line: str) -> str:
        return ""

    def _export(self, menu: str, words: list[str], line: str) -> str:
        unknown = next((word for word in words[1:] if word not in ("terse", "compact", "verbose")), None)
        if unknown:
            raise Wrong(f"expected end of command (line 1 column {line.index(unknown) + 1})")
        head = "# nov/22/2026 05:00:00 by RouterOS 6.49.10\n# software id = 6KQ1-1DEC\n#\n"
        lines = list(self._exported(menu))
        if "terse" in words:
            return head + "\n".join(f"/{path} {rest}" for path, rest in lines)
        told, last = head, ""
        for path, rest in lines:
            told += (f"/{path}\n" if path != last else "") + _wrapped(rest) + "\n"
            last = path
        return told

    def _exported(self, menu: str) -> list[tuple[str, str]]:
        doc, ports, found = self.memory.doc, self._ports(), []
        if menu == "interface bridge":
            found.append((menu, f"add name=bridge{' vlan-filtering=yes' if doc['filtering'] else ''}"))
        if menu in ("interface bridge", "interface bridge port"):
            for name, port in ports.items():
                if port["bridged"]:
                    frames = f"frame-types={_FRAMES[port['mode']]} " if port["mode"] != "dynamic" else ""
                    horizon = "horizon=1 " if port["isolated"] else ""
                    pvid = f" pvid={port['vlan']}" if port["vlan"] != 1 else ""
                    found.append(("interface bridge port", f"add bridge=bridge {frames}{horizon}interface={name}{pvid}"))
        if menu in ("interface bridge", "interface bridge vlan"):
            for vlan in sorted({vlan for port in ports.values() for vlan in port["tagged"]}):
                tagged = ",".join(name for name, port in ports.items() if vlan in port["tagged"])
                found.append(("interface bridge vlan", f"add bridge=bridge tagged={tagged} vlan-ids={vlan}"))
        if menu == "interface ethernet":
            for name, port in ports.items():
                values = [f"comment={quoted(port['description'])}"] if port["description"] else []
                values += ["disabled=yes"] if not port["enabled"] else []
                values += [f"poe-out={port['feed']}"] if port["feed"] not in (None, "auto-on") else []
                if values:
                    found.append((menu, f"set [ find default-name={name} ] {' '.join(values)}"))
        if menu == "ip address":
            found.append((menu, f"add address={self.switch.config.address}/24 interface=bridge network=0.0.0.0"))
        return found

    # what is changed --------------------------------------------------------------------------------------------------------

    def _values(self, words: list[str], allowed: tuple[str, ...], line: str) -> dict[str, str]:
        values = {}
        for word in words:
            key, equals, value = word.partition("=")
            if not equals or key not in allowed:
                raise Wrong(f"expected end of command (line 1 column {line.index(word) + 1})")
            values[key] = plain(value)
        return values

    def _chosen(self, words: list[str], key: str) -> tuple[list[str], list[str]]:
        """(names of the ports that a line is about, its other words)."""
        if words and words[0].startswith("["):
            match = re.search(rf"{key}=(\S+)", words[0])
            name = plain(match[1]) if match else ""
            return [name] if name in self._ports() else [], words[1:]
        name = plain(words[0]) if words else ""
        if name not in self._ports():
            raise Wrong("no such item")
        return [name], words[1:]

    def _write(self, names: list[str], line: str, **values: Any) -> str:
        for name in names:
            self.memory.port(name, self.user, line, **values)
        self._keep()
        return ""

    def _keep(self) -> None:
        if self.switch.safe is None:
            self.memory.save()

    def _set_system_identity(self, words: list[str], line: str) -> str:
        self.memory.write(self.user, line, "name", self._values(words, ("name",), line)["name"])
        self._keep()
        return ""

    def _set_interface_ethernet(self, words: list[str], line: str) -> str:
        names, rest = self._chosen(words, "(?:default-)?name")
        values = self._values(rest, ("comment", "disabled", "poe-out"), line)
        written: dict[str, Any] = {"description": values["comment"]} if "comment" in values else {}
        if "disabled" in values:
            if values["disabled"] not in ("yes", "no"):
                raise Wrong("input does not match any value of disabled")
            written["enabled"] = values["disabled"] == "no"
        return self._write(names, line, **written, **self._feed(names, values))

    def _set_interface_ethernet_poe(self, words: list[str], line: str) -> str:
        names, rest = self._chosen(words, "name")
        return self._write(names, line, **self._feed(names, self._values(rest, ("poe-out",), line)))

    def _feed(self, names: list[str], values: dict[str, str]) -> dict[str, str]:
        if "poe-out" not in values:
            return {}
        if any(self._ports()[name]["feed"] is None for name in names):
            raise Wrong("no such item")
        if values["poe-out"] not in ("auto-on", "forced-on", "off"):
            raise Wrong("input does not match any value of poe-out")
        return {"feed": values["poe-out"]}

    def _set_interface_bridge_port(self, words: list[str], line: str) -> str:
        names, rest = self._chosen(words, "interface")
        values = self._values(rest, ("pvid", "horizon", "frame-types"), line)
        names = [name for name in names if self._ports()[name]["bridged"]]
        return self._write(names, line, **self._bridging(values))

    def _add_interface_bridge_port(self, words: list[str], line: str) -> str:
        values = self._values(words, ("bridge", "interface", "pvid", "horizon", "frame-types"), line)
        if self._ports().get(values.get("interface", ""), {"bridged": True})["bridged"]:
            raise Wrong("failure: device already added as bridge port")
        return self._write([values["interface"]], line, bridged=True, **self._bridging(values))

    def _remove_interface_bridge_port(self, words: list[str], line: str) -> str:
        names, _ = self._chosen(words, "interface")
        return self._write(names, line, bridged=False)

    def _bridging(self, values: dict[str, str]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        if "pvid" in values:
            if not values["pvid"].isdecimal() or not 1 <= int(values["pvid"]) <= 4094:
                raise Wrong("value of pvid out of range (1..4094)")
            written["vlan"] = int(values["pvid"])
        if "horizon" in values:
            written["isolated"] = values["horizon"] != "none"
        if "frame-types" in values:
            mode = next((mode for mode, word in _FRAMES.items() if word == values["frame-types"]), None)
            if mode is None:
                raise Wrong("input does not match any value of frame-types")
            written["mode"] = mode
        return written

    def _set_user(self, words: list[str], line: str) -> str:
        name = plain(words[0]) if words else ""
        if name not in self.memory.doc["users"]:
            raise Wrong("no such item")
        values = self._values(words[1:], ("password",), line)
        self.memory.write(self.user, "/user set", f"users.{name}.password", values["password"])
        self._keep()
        return ""

    def _reboot_system(self, words: list[str], line: str) -> str:
        self.terminal.send("Reboot, yes? [y/N]: ")
        if self.terminal.key() == "y":
            self.switch.reboot()
        return ""


def _wrapped(line: str, width: int = 78) -> str:
    """As `export` breaks its lines: a backslash, four spaces, wherever the width ends."""
    parts, rest = [], line
    while len(rest) > width:
        parts.append(rest[: width - 1] + "\\")
        rest = "    " + rest[width - 1 :]
    return "\n".join([*parts, rest])
