"""A line of characters over an SSH channel: echo, end of line, paging; what both makers' prompts stand on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

CONTROL = {"\x03", "\x04", "\x18"}


class Hangup(Exception):
    """The other side is gone, or the switch is."""


class Terminal:
    """`read_line` echoes what is typed and gives the line, or a control character by itself."""

    def __init__(self, channel: Any, frozen: Callable[[], bool]) -> None:
        self.channel, self._frozen = channel, frozen
        self._pending = ""
        self._after_return = False
        self.height = 24
        self.more = "--More-- "

    def send(self, text: str) -> None:
        if self._frozen():
            return
        try:
            self.channel.sendall(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())
        except OSError as gone:
            raise Hangup from gone

    def key(self) -> str:
        """One character. Raises Hangup."""
        while not self._pending:
            try:
                received = self.channel.recv(4096)
            except OSError as gone:
                raise Hangup from gone
            if not received:
                raise Hangup
            while self._frozen():  # a cable that carries nothing any more: the session hangs until somebody closes it
                if self.channel.closed:
                    raise Hangup
                time.sleep(0.02)
            self._pending = received.decode(errors="replace")
        char, self._pending = self._pending[0], self._pending[1:]
        return char

    def read_line(self, echo: bool = True) -> str:
        line = ""
        while True:
            char = self.key()
            if char == "\n" and self._after_return:
                self._after_return = False
                continue
            self._after_return = char == "\r"
            if char in "\r\n":
                return line
            if char in CONTROL and (not line or char == "\x03"):
                return char
            if char in "\x7f\b":
                line = line[:-1]
                self.send("\b \b" if echo else "")
                continue
            line += char
            if echo:
                self.send(char)

    def page(self, text: str) -> None:
        """Print, a screenful at a time; `q` ends it."""
        lines = text.split("\n")
        if not self.height:
            self.send(text)
            return
        for at, line in enumerate(lines):
            if at and at % (self.height - 1) == 0:
                self.send(self.more)
                answer = self.key()
                self.send("\b" * len(self.more) + " " * len(self.more) + "\b" * len(self.more))
                if answer in "qQ":
                    return
            self.send(line + ("\n" if at < len(lines) - 1 else ""))
