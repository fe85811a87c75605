"""Host keys of switches, pinned in enrolled/CODE.yml: `switches: {"30": {host_key: "ssh-rsa AAAA..."}}`.

An unknown key is accepted once, and only while the box sees the inventory's MAC at that address; from then on it is the one.
"""

import base64
import hashlib
from ipaddress import ip_address
from pathlib import Path

import paramiko

from province.files import write
from province.names import subject_name
from province.office import enrolment
from province.office.home import Home
from province.switches import faults
from province.switches.faults import SwitchFailure
from province.switches.model import DesiredSwitch
from province.switches.way import Way

_RSA = {"ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"}
_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *sorted(_RSA))


def pinned(inventory: Path, code: str, slot: int) -> str | None:
    """The key of a switch as "TYPE BASE64", or None."""
    record = enrolment.read(inventory, code)
    entry = record.get("switches", {}).get(str(slot)) if record else None
    return entry["host_key"] if entry else None


def pin(inventory: Path, code: str, slot: int, key: str) -> None:
    """Remember a switch's key in the facility's record."""
    with Home.of(inventory).lock(f"enrolled-{code}"):
        record = enrolment.read(inventory, code)
        if record is None:
            raise SwitchFailure(faults.NOWHERE_TO_PIN, code=code, address=subject_name("switch", slot))
        record["switches"] = {**record.get("switches", {}), str(slot): {"host_key": key}}
        write(enrolment.path(inventory, code), enrolment.dump(record), 0o644)


def spelled(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.get_base64()}"


class Checked(paramiko.MissingHostKeyPolicy):
    """Judges the key that a switch shows before any password leaves; `first` holds one that was accepted at first contact."""

    def __init__(self, inventory: Path, code: str, desired: DesiredSwitch, way: Way, *, pins: bool = True) -> None:
        """`pins`: False to look only, and leave the record as it is."""
        self._inventory, self._code, self._desired, self._way, self._pins = inventory, code, desired, way, pins
        self.known = pinned(inventory, code, desired.slot)
        self.first: str | None = None

    @property
    def others(self) -> list[str]:
        """Key types that the switch must not choose, so that a new type beside the pinned one isn't taken for another switch."""
        if self.known is None:
            return []
        kind = self.known.split()[0]
        kinds = _RSA if kind == "ssh-rsa" else {kind}
        return [each for each in _KINDS if each not in kinds]

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        found = spelled(key)
        if self.known == found:
            return
        if self.known:
            raise self.refusal(fingerprint(found))
        address = self._desired.address
        if self._way.hardware_at(address) is None and not ip_address(address).is_loopback:
            raise SwitchFailure(faults.UNSEEN_DEVICE, address=address)
        self.first = found

    def refusal(self, found: str) -> SwitchFailure:
        """Another key than the pinned one."""
        return SwitchFailure(
            faults.OTHER_KEY,
            address=self._desired.address,
            slot=self._desired.slot,
            pinned=fingerprint(self.known or ""),
            found=found,
            file=enrolment.path(self._inventory, self._code),
        )

    def keep(self) -> None:
        """Pin a key accepted at first contact, now that the switch has taken our login too.

        On loopback, where a machine plays its own facility, there may be no record to keep it in.
        """
        if self.first is None or not self._pins:
            return
        if enrolment.read(self._inventory, self._code) is None and ip_address(self._desired.address).is_loopback:
            return
        pin(self._inventory, self._code, self._desired.slot, self.first)
        self.known, self.first = self.first, None


def fingerprint(key: str) -> str:
    """SHA256:... as ssh-keygen shows it, of a key as `spelled`."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
