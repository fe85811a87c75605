"""IOS's command line, as far as an access switch is concerned: modes, abbreviations, paging, `reload in`, saved and running.

Answers are a Catalyst 2960's (IOS 15.0): what can't be parsed is marked with a caret under the first wrong letter.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from lab.switch.cli import Base

_EXEC = (
    "show running-config", "show startup-config", "show power inline", "show mac address-table address MAC", "show reload",
    "show version", "terminal length N", "terminal width N", "configure terminal", "write memory", "enable", "disable", "exit",
    "reload in N", "reload cancel", "reload", "end",
)  # fmt: skip
_GLOBAL = (
    "hostname WORD", "interface PORT", "username WORD privilege N secret WORD", "vlan N", "name WORD", "no vlan N", "exit", "end",
)  # fmt: skip
_INTERFACE = (
    *_GLOBAL, "description LINE", "no description", "shutdown", "no shutdown", "switchport mode access", "switchport mode trunk",
    "no switchport mode", "switchport access vlan N", "no switchport access vlan", "switchport trunk native vlan N",
    "switchport trunk allowed vlan WORD", "switchport protected", "no switchport protected", "power inline never",
    "power inline auto", "power inline static",
)  # fmt: skip
_ARGUMENTS = {"N": r"\d+", "WORD": r"\S+", "MAC": r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}", "PORT": r"[A-Za-z]+\d+(?:/\d+)*"}
_LEVEL = {"exec": _EXEC, "config": _GLOBAL, "config-if": _INTERFACE, "config-vlan": _GLOBAL}
_READING = ("show", "enable", "exit", "terminal", "disable")
"""What an unprivileged session may say."""


class Cli(Base):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.mode, self.port = "exec", ""
        self.privileged = int(self.memory.doc["users"][self.user]["level"]) >= 15

    def prompt(self) -> str:
        name = self.memory.doc["name"]
        if self.mode == "exec":
            return f"{name}{'#' if self.privileged else '>'}"
        shown = f"{name}({self.mode})"
        return f"{name[: 20 - len(self.mode) - 2]}({self.mode})#" if len(shown) > 20 else f"{shown}#"

    def run(self) -> None:
        self.terminal.send("\n" + self.prompt())
        while True:
            line = self.terminal.read_line()
            self.terminal.send("\n")
            if line.strip() and line not in ("\x03", "\x18", "\x04"):
                self._column = len(self.prompt())
                self.print(self.answer(line.strip()))
            self.terminal.send(self.prompt())

    def refused(self, answer: str) -> str:
        return answer + "\n"

    def execute(self, line: str) -> str:
        words = line.split()
        found, wrong = match(words, _LEVEL[self.mode] if self.privileged else tuple(p for p in _EXEC if p.split()[0] in _READING))
        if wrong is not None:
            return self._caret(line, words, wrong)
        method = getattr(self, "_" + re.sub(r"[^a-z]+", "_", re.sub(r"\b[A-Z]+\b", "", found)).strip("_"))
        arguments = [word for word, pattern in zip(words, found.split(), strict=False) if pattern.isupper()]
        return str(method(*([line.split(None, 1)[1]] if found.endswith("LINE") else arguments)) or "")

    def _caret(self, line: str, words: list[str], wrong: str | int) -> str:
        if wrong == "incomplete":
            return "% Incomplete command.\n"
        if wrong == "ambiguous":
            return f'% Ambiguous command:  "{line}"\n'
        at = re.match(r"(?:\S+\s+)" * int(wrong), line)
        return " " * (self._column + (at.end() if at else 0)) + "^\n% Invalid input detected at '^' marker.\n"

    def _write(self, command: str, **values: Any) -> str:
        self.memory.port(self.port, self.user, f"interface {self.port}: {command}", **values)
        return ""

    # reading ----------------------------------------------------------------------------------------------------------------

    def _show_running_config(self) -> str:
        return f"Building configuration...\n\nCurrent configuration : 3000 bytes\n{configuration(self.memory.snapshot())}"

    def _show_startup_config(self) -> str:
        return f"Using 3000 out of 65536 bytes\n{configuration(self.memory.kept)}"

    def _show_power_inline(self) -> str:
        feeding = {name: port for name, port in self.memory.get("ports").items() if port["feed"] is not None}
        if not feeding:
            return self._caret("show power inline", [], 1)
        head = "Available:370.0(w)  Used:30.8(w)  Remaining:339.2(w)\n\n"
        head += "Interface Admin  Oper       Power   Device              Class Max\n"
        head += "                            (Watts)                            \n"
        head += "--------- ------ ---------- ------- ------------------- ----- ----\n"
        rows = []
        for name, port in feeding.items():
            admin = "off" if port["feed"] == "never" else port["feed"]
            on = admin != "off" and port["enabled"]
            rows.append(f"{_short(name):<9} {admin:<6} {'on' if on else 'off':<10} {'6.3' if on else '0.0':<7} {'Ieee PD':<19} 3     30.0")
        return head + "\n".join(rows)

    def _show_mac_address_table_address(self, dotted: str) -> str:
        head = "          Mac Address Table\n-------------------------------------------\n\nVlan    Mac Address       Type        Ports\n"
        head += "----    -----------       --------    -----\n"
        for name, macs in self.switch.config.wired.items():
            port = self.memory.get(f"ports.{name}")
            if port["enabled"] and dotted.replace(".", "") in {mac.replace(":", "").lower() for mac in macs}:
                head += f"{port['access']:>4}    {dotted}    DYNAMIC     {_short(name)}\n"
        return head + "Total Mac Addresses for this criterion: 1\n"

    def _show_reload(self) -> str:
        return "No reload is scheduled.\n" if self.switch.reload_at is None else "Reload scheduled in 9 minutes\n"

    def _show_version(self) -> str:
        return "Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE11, RELEASE SOFTWARE (fc3)\n"

    # exec -------------------------------------------------------------------------------------------------------------------

    def _terminal_length(self, lines: str) -> None:
        self.terminal.height = int(lines)

    def _terminal_width(self, columns: str) -> None:
        pass

    def _enable(self) -> str:
        if self.privileged:
            return ""
        self.terminal.send("Password: ")
        given = self.terminal.read_line(echo=False)
        self.terminal.send("\n")
        self.privileged = given == self.memory.personality.get("enable", "")
        return "" if self.privileged else "% Access denied\n"

    def _disable(self) -> None:
        self.privileged = False

    def _exit(self) -> None:
        if self.mode == "exec":
            self.quit()
        self.mode = "config" if self.mode != "config" else "exec"

    def _end(self) -> str:
        if self.mode == "exec":
            return self._caret("end", [], 0)
        self.mode = "exec"
        return ""

    def _write_memory(self) -> str:
        self.memory.save()
        self.memory.journal(self.user, "write memory")
        return "Building configuration...\n[OK]\n"

    def _reload_in(self, minutes: str) -> str:
        if self.memory.snapshot() != self.memory.kept:
            self.terminal.send("\nSystem configuration has been modified. Save? [yes/no]: ")
            if self.terminal.read_line().startswith("y"):
                self.memory.save()
                self.terminal.send("\nBuilding configuration...\n[OK]\n")
        self.terminal.send(
            f"Reload scheduled in {minutes} minutes by {self.user} on vty0\nReload reason: Reload Command\nProceed with reload? [confirm]"
        )
        if self.terminal.read_line() not in ("", "y"):
            return ""
        seconds = int(minutes) * float(self.memory.personality.get("minute_s", 60))
        self.switch.reload_at = threading.Timer(seconds, self.switch.reboot)
        self.switch.reload_at.daemon = True
        self.switch.reload_at.start()
        self.terminal.send(f"\n{self.prompt()}\n\n***\n*** --- SHUTDOWN in 0:{int(minutes):02}:00 ---\n***\n")
        return ""

    def _reload_cancel(self) -> str:
        if self.switch.reload_at is None:
            return "%No reload is scheduled.\n"
        self.switch.reload_at.cancel()
        self.switch.reload_at = None
        self.terminal.send(f"{self.prompt()}\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n")
        return ""

    def _reload(self) -> None:
        self.terminal.send("Proceed with reload? [confirm]")
        if self.terminal.read_line() in ("", "y"):
            self.switch.reboot()

    def _configure_terminal(self) -> str:
        self.mode = "config"
        return "Enter configuration commands, one per line.  End with CNTL/Z.\n"

    # configuring ------------------------------------------------------------------------------------------------------------

    def _hostname(self, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,62}", name):
            return "% Hostname contains one or more illegal characters.\n"
        self.memory.write(self.user, f"hostname {name}", "name", name)
        return ""

    def _interface(self, name: str) -> str:
        known = {_short(port).lower(): port for port in self.switch.config.ports} | {p.lower(): p for p in self.switch.config.ports}
        port = known.get(name.lower())
        if port is None:
            return self._caret(f"interface {name}", [], 1)
        self.mode, self.port = "config-if", port
        return ""

    def _username_privilege_secret(self, name: str, level: str, secret: str) -> None:
        self.memory.write(self.user, f"username {name}", f"users.{name}", {"password": secret, "level": int(level)})

    def _vlan(self, number: str) -> None:
        self.mode = "config-vlan"

    def _no_vlan(self, number: str) -> None:
        pass

    def _name(self, name: str) -> None:
        pass

    def _description(self, text: str) -> str:
        return self._write("description", description=text)

    def _no_description(self) -> str:
        return self._write("no description", description="")

    def _shutdown(self) -> str:
        return self._write("shutdown", enabled=False)

    def _no_shutdown(self) -> str:
        return self._write("no shutdown", enabled=True)

    def _switchport_mode_access(self) -> str:
        return self._write("switchport mode access", mode="access")

    def _switchport_mode_trunk(self) -> str:
        return self._write("switchport mode trunk", mode="trunk")

    def _no_switchport_mode(self) -> str:
        return self._write("no switchport mode", mode="dynamic")

    def _switchport_access_vlan(self, number: str) -> str:
        if not 1 <= int(number) <= 4094:
            return self._caret(f"switchport access vlan {number}", [], 3)
        return self._write("switchport access vlan", access=int(number), vlan=int(number))

    def _no_switchport_access_vlan(self) -> str:
        return self._write("no switchport access vlan", access=1, vlan=1)

    def _switchport_trunk_native_vlan(self, number: str) -> str:
        return self._write("switchport trunk native vlan", native=int(number))

    def _switchport_trunk_allowed_vlan(self, listed: str) -> str:
        return self._write("switchport trunk allowed vlan", tagged=[int(n) for n in listed.split(",") if n.isdecimal()])

    def _switchport_protected(self) -> str:
        return self._write("switchport protected", isolated=True)

    def _no_switchport_protected(self) -> str:
        return self._write("no switchport protected", isolated=False)

    def _power_inline_never(self) -> str:
        return self._power("never")

    def _power_inline_auto(self) -> str:
        return self._power("auto")

    def _power_inline_static(self) -> str:
        return self._power("static")

    def _power(self, word: str) -> str:
        if self.memory.get(f"ports.{self.port}.feed") is None:
            return self._caret(f"power inline {word}", [], 0)
        return self._write(f"power inline {word}", feed=word)


def match(words: list[str], grammar: tuple[str, ...]) -> tuple[str, str | int | None]:
    """(the one pattern that `words` abbreviate, None), or ("", "incomplete" | "ambiguous" | index of the first wrong word)."""
    fits = list(grammar)
    for at, word in enumerate(words):
        deeper = [p for p in fits if len(p.split()) > at and _fits(word, p.split()[at])]
        if at and not deeper and any(p.split()[at - 1] == "LINE" for p in fits if len(p.split()) == at):
            break
        if not deeper:
            return "", at
        exact = [p for p in deeper if p.split()[at] == word.lower()]
        fits = exact or deeper
        if len({p.split()[at] for p in fits}) > 1:
            return "", "ambiguous"
    whole = [p for p in fits if len(p.split()) == len(words) or p.endswith("LINE")]
    return (whole[0], None) if whole else ("", "incomplete")


def _fits(word: str, part: str) -> bool:
    if part == "LINE":
        return True
    return bool(re.fullmatch(_ARGUMENTS[part], word)) if part.isupper() else part.startswith(word.lower())


def configuration(doc: dict[str, Any]) -> str:
    """The configuration as IOS shows it: what is as it is by default isn't there."""
    text = "!\n! Last configuration change at 05:00:00 UTC Sun Nov 22 2026\n!\nversion 15.0\nno service pad\n!\n"
    text += f"hostname {doc['name']}\n!\n"
    text += "".join(f"username {name} privilege {user['level']} secret 5 $1$xxxx\n" for name, user in doc["users"].items()) + "!\n"
    for name, port in doc["ports"].items():
        lines = [f"description {port['description']}"] if port["description"] else []
        lines += [f"switchport access vlan {port['access']}"] if port["access"] != 1 else []
        lines += [f"switchport trunk native vlan {port['native']}"] if port["native"] != 1 else []
        lines += [f"switchport trunk allowed vlan {','.join(map(str, port['tagged']))}"] if port["tagged"] else []
        lines += [f"switchport mode {port['mode']}"] if port["mode"] != "dynamic" else []
        lines += ["switchport protected"] if port["isolated"] else []
        lines += [f"power inline {port['feed']}"] if port["feed"] not in (None, "auto") else []
        lines += ["shutdown"] if not port["enabled"] else []
        text += f"interface {name}\n" + "".join(f" {line}\n" for line in lines) + "!\n"
    return text + "interface Vlan1\n ip address 192.168.1.2 255.255.255.0\n!\nline vty 0 4\n login local\n transport input ssh\n!\nend\n"


def _short(name: str) -> str:
    match = re.match(r"([A-Za-z]{2})[A-Za-z]*(\d.*)", name)
    return f"{match[1]}{match[2]}" if match else name
