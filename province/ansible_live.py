"""Hearing a machine while it still works: Ansible's ssh connection hands a command's output over when it has ended."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

_AFTERMATH_S = 1.0
"""An ssh that became the master of a shared connection lives on in the background and holds its standard error open."""


@contextmanager
def heard(connection: Any, said: Callable[[str], None]) -> Iterator[None]:
    """While this lasts, each line on the standard error of a command on `connection` is said as it comes.

    Connections other than ssh say all at the end, as ever.
    """
    plain = getattr(connection, "_bare_run", None)
    if plain is None:
        yield
        return

    def run(command: list[bytes], in_data: bytes | None, sudoable: bool = True, checkrc: bool = True) -> tuple[int, bytes, bytes]:
        return _run(command, in_data or b"", said)

    connection._bare_run = run
    try:
        yield
    finally:
        connection._bare_run = plain


def _run(command: list[bytes], in_data: bytes, said: Callable[[str], None]) -> tuple[int, bytes, bytes]:
    """(status, standard output, standard error); no prompt is answered, since ours need none."""
    ssh = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ssh.stdin and ssh.stdout and ssh.stderr
    output: list[bytes] = []
    errors: list[bytes] = []
    readers = (
        threading.Thread(target=_collect, args=(ssh.stdout, output, lambda line: None), daemon=True),
        threading.Thread(target=_collect, args=(ssh.stderr, errors, said), daemon=True),
    )
    for reader in readers:
        reader.start()
    try:
        ssh.stdin.write(in_data)
        ssh.stdin.close()
    except BrokenPipeError:
        pass  # it has ended already; its status says why
    status = ssh.wait()
    for reader in readers:
        reader.join(_AFTERMATH_S)
    return status, b"".join(output), b"".join(errors)


def _collect(stream: IO[bytes], kept: list[bytes], said: Callable[[str], None]) -> None:
    for line in stream:
        kept.append(line)
        said(line.decode(errors="replace").rstrip("\n"))
