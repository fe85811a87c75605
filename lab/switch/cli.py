"""What every command line has: a prompt, a personality, and a way to end."""

from __future__ import annotations

import re
import threading
import time
from typing import Any, Protocol

from lab.switch.config import Config
from lab.switch.memory import Memory
from lab.switch.terminal import Hangup, Terminal


class Switch(Protocol):
    """The switch that a session is on; `lab.switch.server` has the one there is."""

    config: Config
    memory: Memory
    safe: tuple[object, dict[str, Any]] | None
    reload_at: threading.Timer | None

    def cut(self) -> None:
        """From now on nothing comes through."""

    def reboot(self) -> None: ...


class Base:
    """A session. Subclasses give `prompt`, `execute` and `refused`."""

    def __init__(self, switch: Switch, terminal: Terminal, user: str, suffix: str) -> None:
        self.switch, self.memory, self.terminal = switch, switch.memory, terminal
        self.user, self.suffix = user, suffix

    def prompt(self) -> str:
        raise NotImplementedError

    def execute(self, line: str) -> str:
        """Do it; what is answered, without an end of line."""
        raise NotImplementedError

    def ended(self) -> None:
        """The session is over, however it ended."""

    def refused(self, answer: str) -> str:
        return answer

    def answer(self, line: str) -> str:
        """`execute`, in the switch's mood."""
        mood = self.memory.personality
        time.sleep(float(mood.get("slow_s", 0)))
        if mood.get("hang") and re.search(mood["hang"], line):
            while True:
                self.terminal.key()
        for pattern, said in (mood.get("refuse") or {}).items():
            if re.search(pattern, line):
                return self.refused(said)
        told = self.execute(line)
        if mood.get("cuts_off") and re.search(mood["cuts_off"], line):
            self.switch.cut()
        return told

    def print(self, text: str) -> None:
        if text:
            self.terminal.page(text if text.endswith("\n") else text + "\n")

    def quit(self) -> None:
        raise Hangup
