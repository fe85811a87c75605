"""A generic Linux switch: a machine whose interfaces are its ports, as its supplier sets it up: one bridge, an address, one account.

Its account is root under the name that a switch's account has, with the factory's password: whoever drives it needs a root shell.
"""

from __future__ import annotations

import secrets

from lab.machines import image
from lab.plan import Facility

ACCOUNT = "admin"
BRIDGE = "br0"


def seed(facility: Facility) -> dict[str, str]:
    """Files laid over the blank image before its first boot."""
    switch = facility.switch
    assert switch is not None
    jacks = {facility.jack(end) for end in ("box", "uplink", *facility.streaming)}
    return {
        "etc/hostname": "switch\n",
        "etc/machine-id": secrets.token_hex(16) + "\n",
        "etc/passwd": _with_account("etc/passwd", f"{ACCOUNT}:x:0:0::/root:/bin/bash\n"),
        "etc/shadow": _with_account("etc/shadow", f"{ACCOUNT}:{_password()}:18000:0:99999:7:::\n"),
        f"etc/systemd/network/05-{BRIDGE}.netdev": f"[NetDev]\nName={BRIDGE}\nKind=bridge\nMACAddress={switch.mac}\n",
        f"etc/systemd/network/05-{BRIDGE}.network": (
            f"[Match]\nName={BRIDGE}\n\n[Network]\nAddress={facility.interface(switch.address)}\n"
            f"Gateway={facility.camera_gateway}\nConfigureWithoutCarrier=yes\nIPv6AcceptRA=no\n"
        ),
        "etc/systemd/network/06-ports.network": f"[Match]\nName={' '.join(sorted(jacks))}\n\n[Network]\nBridge={BRIDGE}\n",
    }


def _with_account(file: str, line: str) -> str:
    return (image.path() / file).read_text() + line


def _password() -> str:
    """The factory's root password, hashed as in the image."""
    rows = (line.split(":") for line in (image.path() / "etc/shadow").read_text().splitlines())
    return next(row[1] for row in rows if row[0] == "root")
