"""One login to a switch by netmiko: `ask` reads, `execute` writes a line and notices a refusal.

netmiko's own logs stay off (they hold passwords); every answer is cleaned of ours before it can reach a message.
"""

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import paramiko
from netmiko import BaseConnection, NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.exceptions import NetmikoBaseException, ReadTimeout
from netmiko.ssh_dispatcher import ssh_dispatcher

from province.switches import faults
from province.switches.attempts import Attempts
from province.switches.faults import SwitchFailure
from province.switches.keys import Checked
from province.switches.model import Account, DesiredSwitch
from province.switches.way import Way

LOGIN_S, ANSWER_S = 15.0, 30.0
VERIFIED_CHARS = 200
"""Longer lines are repainted or wrapped by some terminals, so their echo can't be waited for."""

for _name in ("netmiko", "paramiko"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Dialect:
    """How a kind of switch speaks at its prompt. `device_type`: netmiko's; `prompt`: what ends every answer; `tail`: what of it is
    not the answer's.

    `refusal`: what in the answer to a write says no; None: whatever is answered. `noise`: lines that any session may be told
    at any time. `status`: ends a command so that its answer tells how it went (a shell's).
    """

    device_type: str
    prompt: str
    tail: str
    refusal: str | None
    noise: str
    status: str = ""
    enable: bool = False


class CommandRejected(Exception):
    """The switch said no: the command, and its answer in one line."""

    def __init__(self, command: str, answer: str) -> None:
        self.command, self.answer = command, answer
        super().__init__(answer)


class Session:
    """A login that works. Raises SwitchFailure when the switch falls silent or the deadline passes, CommandRejected from `execute`."""

    def __init__(self, connection: Any, dialect: Dialect, desired: DesiredSwitch, account: Account, until: float) -> None:
        self._connection, self._dialect, self._until = connection, dialect, until
        self.desired, self.account = desired, account

    def ask(self, command: str, seconds: float = ANSWER_S, expect: str | None = None) -> str:
        """The answer to a command, without its echo and the prompt."""
        left = min(seconds, self._until - time.monotonic())
        if left <= 0:
            raise SwitchFailure(faults.LATE, seconds=round(self.desired.deadline_s))
        asked = f"{command}{self._dialect.status}"
        try:
            answer = str(
                self._connection.send_command(
                    asked,
                    expect_string=expect or self._dialect.prompt,
                    read_timeout=left,
                    strip_prompt=False,
                    strip_command=False,
                    cmd_verify=0 < len(asked) < VERIFIED_CHARS,
                )
            )
        except ReadTimeout as error:
            raise SwitchFailure(faults.SILENT, command=self.clean(command), seconds=round(left)) from error
        except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError) as error:
            raise SwitchFailure(faults.UNREACHABLE, detail=self.clean(str(error) or type(error).__name__)) from error
        return self._body(answer, asked)

    def execute(self, command: str, seconds: float = ANSWER_S) -> None:
        """Give an order. Raises CommandRejected with the switch's own words."""
        answer = self.ask(command, seconds)
        said = [line.strip() for line in answer.splitlines() if line.strip() and not re.search(self._dialect.noise, line)]
        pattern = self._dialect.refusal
        wrong = [line for line in said if pattern is None or re.search(pattern, line)]
        if wrong:
            shown = said if self._dialect.status else wrong
            raise CommandRejected(self.clean(command.strip()), self.clean(" ".join(shown))[:300])

    def press(self, keys: str, expect: str) -> str:
        """Type keys that are no command (Ctrl-X) and wait for what they bring."""
        self._connection.write_channel(keys)
        try:
            return str(
                self._connection.read_until_pattern(pattern=expect, read_timeout=min(ANSWER_S, max(0.1, self._until - time.monotonic())))
            )
        except ReadTimeout as error:
            raise SwitchFailure(faults.SILENT, command=repr(keys), seconds=round(ANSWER_S)) from error

    def clean(self, text: str) -> str:
        """Without any password of ours."""
        accounts = (self.account, self.desired.admin, self.desired.previous, *self.desired.factory)
        for secret in {account.password for account in accounts if account and account.password}:
            text = text.replace(secret, "***")
        return text

    def _body(self, answer: str, asked: str) -> str:
        lines = re.sub(self._dialect.tail, "", answer.replace("\r", "")).split("\n")
        kept = [line for line in lines if not (asked.strip() and line.rstrip().endswith(asked.strip()))]
        return "\n".join(kept).strip("\n")


@contextlib.contextmanager
def login(way: Way, desired: DesiredSwitch, dialect: Dialect, account: Account, checked: Checked, attempts: Attempts) -> Iterator[Session]:
    """One attempt with one account. Raises SwitchFailure."""
    until = time.monotonic() + desired.deadline_s
    with contextlib.ExitStack() as stack:
        channel = way.channel(desired.address, desired.port)
        stack.callback(channel.close)
        there = way.hardware_at(desired.address)
        if there and there != desired.mac:
            raise SwitchFailure(faults.OTHER_DEVICE, address=desired.address, there=there, mac=desired.mac)
        attempts.begin()
        connect = partial(
            _strict(dialect.device_type, checked, stack),
            host=desired.address,
            port=desired.port,
            username=account.user,
            password=account.password,
            secret=account.password,
            device_type=dialect.device_type,
            sock=channel,
            use_keys=False,
            allow_agent=False,
            conn_timeout=LOGIN_S,
            banner_timeout=LOGIN_S,
            auth_timeout=LOGIN_S,
            disabled_algorithms={"keys": checked.others},
            session_log=None,
        )
        connection = _opened(connect, dialect, account, checked, attempts)
        attempts.good()
        checked.keep()
        yield Session(connection, dialect, desired, account, until)


def _strict(device_type: str, checked: Checked, stack: contextlib.ExitStack) -> type[BaseConnection]:
    """netmiko's class for a kind of switch, which judges the host key by `checked` and is closed with `stack`.

    It connects while it is made, so this is the first that we have of it.
    """
    kind: type[BaseConnection] = ssh_dispatcher(device_type)

    def establish_connection(self: BaseConnection, *arguments: Any, **more: Any) -> None:
        self.key_policy = checked
        # Closed without a word: a RouterOS in safe mode takes "quit" for consent.
        stack.callback(self.paramiko_cleanup)
        kind.establish_connection(self, *arguments, **more)

    return type(f"Strict{kind.__name__}", (kind,), {"establish_connection": establish_connection})


def _opened(
    connect: Callable[[], BaseConnection], dialect: Dialect, account: Account, checked: Checked, attempts: Attempts
) -> BaseConnection:
    """Log in and get to a prompt that may write; an attempt by which no password left is given back."""
    try:
        connection = connect()
        if dialect.enable and not connection.check_enable_mode():
            connection.enable()
        return connection
    except SwitchFailure:
        attempts.unused()
        raise
    except NetmikoAuthenticationException as error:
        raise SwitchFailure(faults.WRONG_CREDENTIALS, user=account.user) from error
    except NetmikoTimeoutException as error:
        attempts.unused()
        cause = error.__context__
        if isinstance(cause, paramiko.ssh_exception.IncompatiblePeer):
            raise (checked.refusal("-") if checked.known and "host key" in str(cause) else _obsolete(cause)) from error
        raise SwitchFailure(faults.UNREACHABLE, detail=str(cause or "timeout")) from error
    except ReadTimeout as error:
        attempts.good()
        raise SwitchFailure(faults.UNREADABLE, command=account.user + "@", detail="no prompt") from error
    except ValueError as error:
        attempts.good()
        raise SwitchFailure(faults.NO_PERMISSION, user=account.user) from error
    except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError) as error:
        raise SwitchFailure(faults.UNREACHABLE, detail=type(error).__name__) from error


def _obsolete(cause: BaseException) -> SwitchFailure:
    return SwitchFailure(faults.OBSOLETE, detail=str(cause))
