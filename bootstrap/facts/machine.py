"""Which machine this is, and what it generated."""

import re
from base64 import b64decode
from dataclasses import dataclass

from pyinfra.api import FactBase

MARKERS = "/var/lib/ketnoi/born"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
WIREGUARD_KEY = "/etc/wireguard/ketnoi.key"
LIFELINE_KEY = "/etc/ketnoi/lifeline_key"
LIFELINE_HOST_KEY = "/etc/ketnoi/lifeline_host_ed25519_key"

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_SERIAL = re.compile(r"[ -~]{1,64}")


def pairs(output: list[str]) -> dict[str, str]:
    """`key=value` lines; a repeated key keeps its first."""
    found: dict[str, str] = {}
    for line in output:
        key, _, value = line.partition("=")
        if value.strip():
            found.setdefault(key, value.strip())
    return found


@dataclass(frozen=True)
class Hardware:
    """What tells one machine from another: MACs of its ports (lower case), serial number if it has one."""

    macs: frozenset[str] = frozenset()
    serial: str | None = None


class MachineHardware(FactBase[Hardware]):
    """Hardware of the machine that answers; what can't be one is left out."""

    def command(self) -> str:
        return (
            'for f in /sys/class/net/*/address; do echo "mac=$(cat $f)"; done; '
            "for f in /sys/class/dmi/id/product_serial /sys/firmware/devicetree/base/serial-number; do "
            "[ -r $f ] && echo \"serial=$(tr -d '\\0' <$f)\"; done; true"
        )

    @staticmethod
    def default() -> Hardware:
        return Hardware()

    def process(self, output: list[str]) -> Hardware:
        macs = frozenset(line[4:].strip().lower() for line in output if line.startswith("mac="))
        serial = pairs(output).get("serial", "")
        known = frozenset(mac for mac in macs if _MAC.fullmatch(mac) and mac != "00:00:00:00:00:00")
        return Hardware(known, serial if _SERIAL.fullmatch(serial) else None)


@dataclass(frozen=True)
class Generated:
    """Public halves of what was generated on the machine, "" where there is nothing yet.

    own_host_keys, own_machine_id: made by bootstrap, not the image's. host_key, lifeline_key, lifeline_host_key:
    "ssh-ed25519 AAAA…".
    """

    machine_id: str = ""
    own_machine_id: bool = False
    host_key: str = ""
    own_host_keys: bool = False
    wireguard: str = ""
    lifeline_key: str = ""
    lifeline_host_key: str = ""
    root_locked: bool = False


class MachineGenerated(FactBase[Generated]):
    """One round trip for all of it."""

    def command(self) -> str:
        public = "; ".join(
            f"[ -r {path}.pub ] && echo \"{name}=$(cut -d' ' -f1,2 {path}.pub)\""
            for name, path in (
                ("host_key", HOST_KEY),
                ("lifeline_key", LIFELINE_KEY),
                ("lifeline_host_key", LIFELINE_HOST_KEY),
            )
        )
        return (
            'echo "machine_id=$(cat /etc/machine-id)"; '
            f'echo "own_machine_id=$(cat {MARKERS}/machine-id 2>/dev/null)"; '
            f'echo "own_host_keys=$(cat {MARKERS}/host-keys 2>/dev/null)"; '
            f"{public}; "
            f'[ -r {WIREGUARD_KEY} ] && echo "wireguard=$(wg pubkey <{WIREGUARD_KEY})"; '
            "echo \"root=$(grep '^root:' /etc/shadow | cut -d: -f2 | cut -c1)\"; true"
        )

    @staticmethod
    def default() -> Generated:
        return Generated()

    def process(self, output: list[str]) -> Generated:
        found = pairs(output)
        host_key, machine_id = found.get("host_key", ""), found.get("machine_id", "")
        return Generated(
            machine_id=machine_id,
            own_machine_id=bool(machine_id) and found.get("own_machine_id") == machine_id,
            host_key=host_key,
            own_host_keys=bool(host_key) and found.get("own_host_keys") == host_key,
            wireguard=found.get("wireguard", ""),
            lifeline_key=found.get("lifeline_key", ""),
            lifeline_host_key=found.get("lifeline_host_key", ""),
            root_locked=found.get("root", "") in ("!", "*"),
        )


@dataclass(frozen=True)
class HostName:
    """The machine's name now, at its next boot, and as /etc/hosts resolves it ("" where there is none)."""

    now: str = ""
    next: str = ""
    resolved: str = ""


class MachineHostName(FactBase[HostName]):
    """All three in one round trip."""

    def command(self) -> str:
        return (
            'echo "now=$(cat /proc/sys/kernel/hostname)"; echo "next=$(cat /etc/hostname 2>/dev/null)"; '
            "echo \"resolved=$(sed -n 's/^127\\.0\\.1\\.1[[:space:]]*//p' /etc/hosts 2>/dev/null)\""
        )

    @staticmethod
    def default() -> HostName:
        return HostName()

    def process(self, output: list[str]) -> HostName:
        found = pairs(output)
        return HostName(found.get("now", ""), found.get("next", ""), found.get("resolved", ""))


class UnitState(FactBase[str]):
    """ "running" when systemd keeps the unit up now and at boot, tries to included; "disabled" or "stopped" otherwise."""

    def command(self, unit: str) -> str:
        return f'echo "enabled=$(systemctl is-enabled {unit} 2>/dev/null)"; echo "active=$(systemctl is-active {unit} 2>/dev/null)"; true'

    @staticmethod
    def default() -> str:
        return "disabled"

    def process(self, output: list[str]) -> str:
        found = pairs(output)
        if found.get("enabled") != "enabled":
            return "disabled"
        return "running" if found.get("active") in ("active", "activating", "reloading") else "stopped"


@dataclass(frozen=True)
class Identity:
    """A private key's public half (PEM, "" without a key) and the certificate beside it (PEM, "" without one)."""

    public_key: str = ""
    certificate: str = ""


class MachineIdentity(FactBase[Identity]):
    """/etc/ketnoi/NAME.key and NAME.crt."""

    def command(self, stem: str) -> str:
        return (
            f'[ -r {stem}.key ] && echo "key=$(openssl pkey -in {stem}.key -pubout | base64 -w0)"; '
            f'[ -r {stem}.crt ] && echo "crt=$(base64 -w0 {stem}.crt)"; true'
        )

    @staticmethod
    def default() -> Identity:
        return Identity()

    def process(self, output: list[str]) -> Identity:
        found = {key: b64decode(value).decode() for key, value in pairs(output).items()}
        return Identity(found.get("key", ""), found.get("crt", ""))


class CertificateRequest(FactBase[str]):
    """A PKCS#10 request (PEM) by NAME.key for the common name; the key itself stays where it is."""

    def command(self, stem: str, common_name: str) -> str:
        return f"openssl req -new -sha256 -key {stem}.key -subj /CN={common_name}"

    @staticmethod
    def default() -> str:
        return ""

    def process(self, output: list[str]) -> str:
        return "\n".join(output) + "\n"
