"""Whose hardware answers at an address: the kernel's own table, filled by whatever was sent there last."""

from pathlib import Path

from edge_agent.devices.faults import UnknownDevice
from edge_agent.devices.model import Wanted
from edge_agent.devices.normalise import mac
from edge_agent.text import Text

TABLE = Path("/proc/net/arp")
_COMPLETE = 0x2


def hardware_at(address: str, table: Path = TABLE) -> str | None:
    """The MAC address behind an IPv4 address of the LAN; None where it isn't known (loopback, another network)."""
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return None
    found = (row[3] for row in rows if len(row) >= 4 and row[0] == address and int(row[2], 16) & _COMPLETE)
    return next((mac(address) for address in found), None)


def check(wanted: Wanted, table: Path = TABLE) -> None:
    """Raise UnknownDevice where another device than the inventory's has its address, before it is told any password."""
    there, expected = hardware_at(wanted.address, table), mac(wanted.mac)
    if there is not None and expected is not None and there != expected:
        vi = f"tại {wanted.address} là thiết bị {there}, trong danh mục là {expected}; chưa gửi mật khẩu nào"
        en = f"at {wanted.address} there is {there}, the inventory says {expected}; no password was sent"
        raise UnknownDevice(Text(vi, en))
