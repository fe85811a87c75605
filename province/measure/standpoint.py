"""Whether this machine stands in a facility's LAN: an engineer's laptop elsewhere may find strangers at the addresses of its devices."""

import socket
from ipaddress import ip_address, ip_network

from province.measure.evidence import Failed, SiteEvidence
from province.measure.subjects import Site

NO_ANSWER_OF_ITS_OWN = ("unreachable", "timeout", "onvif_off", "protocol", "no_stream", "no_settings")
"""What is measured where nobody, or somebody else, has the device's address: a home router answers every address there is."""


def source_towards(host: str) -> str | None:
    """The address from which this machine would speak to another; None: it knows no way. Nothing is sent."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


def stands_in(site: Site) -> bool:
    """In its LAN, or on the very machine that plays it."""
    device = next(site.devices(), None)
    if device is None or site.lan is None:
        return True
    source = source_towards(device.host)
    return source is not None and (ip_address(source).is_loopback or ip_address(source) in ip_network(site.lan, strict=False))


def mark_outside(site: Site, found: SiteEvidence) -> None:
    """From outside the LAN a device that did not speak for itself is not reachable from here, whoever answered at its address."""
    if stands_in(site):
        return
    for devices in (found["cameras"], found["recorders"], found["switches"]):
        for measured in devices.values():
            for each in measured.values():
                _mark(each)


def _mark(measured: object) -> None:
    if isinstance(measured, dict) and not measured.get("ok") and measured.get("reason") in NO_ANSWER_OF_ITS_OWN:
        measured.clear()
        measured |= Failed(ok=False, reason="not_in_lan")
