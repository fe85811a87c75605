"""Lets a box in again that WireGuard's rule of the clock keeps out.

The hub takes a handshake only if it is dated after the last one. A box whose clock was ahead for a while, and is right again, is
refused until that date has come; a peer that is taken out and put in anew has no last one.
"""

import subprocess
import time
from typing import Literal

from province.documents.hub import Readmission
from province.hub.evidence import handshakes
from province.hub.settings import SettingsError, Site
from province.measure import boxes

POLL_S = 0.5


def readmit(interface: str, site: Site, wait_s: float) -> Readmission:
    """Needs root. Raises SettingsError where the peer is not known or could not be put in again."""
    key, started = site.wireguard_public_key, time.monotonic()
    if boxes.tunnel(site.tunnel_address)["alive"]:
        return _outcome("up", started)
    if key is None or key not in (handshakes(interface) or {}):
        raise SettingsError(f"{interface}: no peer of {site.code}: run playbooks/hub.yml")
    try:
        _run("wg", "set", interface, "peer", key, "remove")
    finally:
        _run("systemctl", "reload", f"wg-quick@{interface}.service")
    while time.monotonic() - started < wait_s:
        session = (handshakes(interface) or {}).get(key)
        if session and session["handshake_age_s"] is not None:
            return _outcome("back", started)
        time.sleep(POLL_S)
    return _outcome("silent", started)


def _outcome(status: Literal["up", "back", "silent"], started: float) -> Readmission:
    return {"status": status, "seconds": round(time.monotonic() - started, 1)}


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise SettingsError(f"{' '.join(command)}: {done.stderr.strip()}")
