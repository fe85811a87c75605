"""Commands from the hub: few, named, signed by the hub for one site, numbered so that none can be played again.

A command is a CMS message (RFC 5652, DER) by the hub's key, whose certificate, CN=hub, the province's authority issued; what is
signed is {"schema": 1, "site", "number", "name", "expires"}. openssl checks it, because a box carries no other library that can.
Two parties check on their own: the agent, and for what needs root the unit that does it, which trusts nothing that the agent says.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge_agent.contract.messages import COMMANDS
from edge_agent.contract.strict import ContractError, read_json

OF_ROOT = {
    "raise_lifeline": "ketnoi-lifeline.service",
    "restart_recorder": "ketnoi-recorder.service",
    "read_settings": "ketnoi-settings.service",
}
"""Commands that need root, and the unit that each starts anew."""
AT_LENGTH = ("read_settings",)
"""Of those the ones whose unit does its work and ends: it is only started, and answers itself when it is done."""
LASTS_AT_MOST = timedelta(minutes=15)
"""Thrice what the hub gives a command."""
SIGNER = "hub"
_SECONDS = 10


class CommandRejected(Exception):
    """Not a command for this box: the message says why."""


@dataclass(frozen=True)
class Command:
    number: int
    name: str
    expires: datetime


def read(message: bytes, site: str, ca: Path) -> Command:
    """The command that the hub signed for `site`. CommandRejected: not signed by the hub, for another site, or none that is known.

    The certificates' dates are not looked at: a box whose clock was lost must still obey.
    """
    with tempfile.TemporaryDirectory(prefix="ketnoi-command-") as folder:
        signer = Path(folder) / "signer.pem"
        check = ["openssl", "cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any", "-no_check_time", "-CAfile", str(ca),
                 "-signer", str(signer)]  # fmt: skip
        signed = _run(check, message)
        if signed.returncode:
            raise CommandRejected("not signed under the province's authority")
        subject = _run(["openssl", "x509", "-noout", "-subject", "-nameopt", "multiline", "-in", str(signer)], b"")
        names = [line.split(b"=", 1)[1].strip().decode() for line in subject.stdout.splitlines() if b"commonName" in line]
        if names != [SIGNER]:
            raise CommandRejected(f"signed by {', '.join(names) or 'nobody'}, not by the hub")
    try:
        fields = read_json("command", signed.stdout)
        if fields.take("schema", int) != 1 or fields.take("site", str) != site:
            raise CommandRejected("for another site, or of a newer form")
        return Command(fields.between("number", 1, 2**62), fields.one_of("name", COMMANDS), fields.instant("expires"))
    except ContractError as error:
        raise CommandRejected(str(error)) from error


def check_order(command: Command, last: int, clock_synced: bool | None) -> None:
    """CommandRejected: it was obeyed before, is over, or comes from a hub whose clock is ahead: once obeyed, its number would have this
    box refuse every later one until that time has come. Without a clock to trust only the number counts."""
    if command.number <= last:
        raise CommandRejected(f"number {command.number} was had already, the last was {last}")
    now = datetime.now(UTC)
    if clock_synced and command.expires < now:
        raise CommandRejected(f"it expired at {command.expires:%Y-%m-%d %H:%M:%S} UTC")
    if clock_synced and command.expires > now + LASTS_AT_MOST:
        raise CommandRejected(f"it expires at {command.expires:%Y-%m-%d %H:%M:%S} UTC: the hub's clock is ahead of this box's")


def _run(argv: list[str], stdin: bytes) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise CommandRejected(f"openssl: {error}") from error
