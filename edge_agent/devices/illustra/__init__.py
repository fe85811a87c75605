"""Illustra (Johnson Controls): ONVIF, but for one HTTP header.

Its cameras refuse each message whose Content-Type names the operation, "The [action] cannot be processed at the receiver" (Flex 2 and
Pro 4: agsh/onvif#302; Siqura's say the same: quatanium/python-onvif#35). Others answer none that doesn't (Pelco: agsh/onvif#498), so
the ONVIF driver can't leave it out. Made from what owners report; tried on no real device.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import onvif
from edge_agent.devices.faults import UnknownDevice
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice
from edge_agent.devices.onvif import SERVICES, Connection, apply, get, is_question, plan, shortfalls
from edge_agent.devices.soap import Soap

__all__ = ["KINDS", "SERVICES", "apply", "connect", "get", "identify", "is_question", "plan", "shortfalls"]

KINDS = ("camera",)
_OTHER = Text("nhận ONVIF như thường: dùng driver onvif", "it takes ONVIF as it is: use driver onvif")


class Nameless(Soap):
    """Doesn't name the operation in HTTP; it stands in the message anyway."""

    def content_type(self, action: str) -> str:
        return "application/soap+xml; charset=utf-8"


@contextmanager
def connect(desired: DesiredDevice, logins: Logins) -> Iterator[Connection]:
    with onvif.connect(desired, logins, Nameless) as connection:
        yield connection


def identify(desired: DesiredDevice, logins: Logins) -> ObservedDevice:
    """As ONVIF does, of a device that doesn't understand ONVIF as all others are asked: nothing else tells it without a login."""
    try:
        onvif.identify(desired, logins)
    except UnknownDevice:
        return onvif.identify(desired, logins, Nameless)
    raise UnknownDevice(_OTHER)
