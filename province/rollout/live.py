"""Hearing of a box's devices while the box still works: Ansible's ssh connection hands a command's output over when it has ended.

But which program it calls for `ssh` is an option of it. While a live command runs, that program is ours (`ketnoi-ssh`): it calls the
real one with the same arguments, lets input and output through, and of what comes on standard error tells each line that is of a
device to who watches the play (province.rollout.progress). All of it goes on to Ansible too.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from edge_agent.contract import results
from edge_agent.contract.results import News
from edge_agent.contract.strict import ContractError, parse_json
from province.rollout import progress

PROGRAM = Path(sys.executable).parent / "ketnoi-ssh"
_CODE, _REAL = "KETNOI_SSH_CODE", "KETNOI_SSH_PROGRAM"
_AFTERMATH_S = 1.0
"""An ssh that became the master of a shared connection lives on in the background and holds its standard error open."""


@contextmanager
def watched(connection: Any, code: str) -> Iterator[None]:
    """While this lasts, what a command on `connection` tells of devices of the facility `code` goes to who watches, as it comes.

    Nothing happens where nobody watches, nor on other connections than ssh. The environment is that of one of Ansible's workers,
    which serves one host at a time.
    """
    if connection.transport != "ssh" or progress.VARIABLE not in os.environ:
        yield
        return
    real = connection.get_option("ssh_executable")
    os.environ |= {_CODE: code, _REAL: real}
    connection.set_option("ssh_executable", str(PROGRAM))
    try:
        yield
    finally:
        connection.set_option("ssh_executable", real)
        del os.environ[_CODE], os.environ[_REAL]


def news(line: str) -> News | None:
    """What a line tells while its command runs: of a device (`edge-agent devices apply`), of packages (box.py); None for any other line."""
    try:
        return results.news(parse_json("line", line))
    except ContractError:
        return None


def main() -> int:
    """`ketnoi-ssh`: the real ssh with our arguments; its status is ours."""
    ssh = subprocess.Popen([os.environ.get(_REAL, "ssh"), *sys.argv[1:]], stderr=subprocess.PIPE)
    signal.signal(signal.SIGTERM, lambda *_: ssh.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ssh has it from the terminal too, and ends
    assert ssh.stderr
    reader = threading.Thread(target=_pass_on, args=(ssh.stderr, os.environ.get(_CODE, "")), daemon=True)
    reader.start()
    status = ssh.wait()
    reader.join(_AFTERMATH_S)
    return status if status >= 0 else 128 - status


def _pass_on(stream: IO[bytes], code: str) -> None:
    for line in stream:
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
        if found := news(line.decode(errors="replace")):
            progress.report(code, found)
