"""The host's address moved along with a simulated device's, where that has an interface to itself."""

from __future__ import annotations

import subprocess


def move(interface: str, before: str, after: str, prefix: int) -> None:
    """Give ``interface`` the address ``after`` in place of ``before``. Without an interface the address must be there already."""
    if interface and after != before:
        for action, address in (("add", after), ("del", before)):
            subprocess.run(["ip", "address", action, f"{address}/{prefix}", "dev", interface], check=False, timeout=5)
