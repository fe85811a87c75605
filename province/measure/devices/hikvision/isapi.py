"""Hikvision's ISAPI asked from outside: XML documents of whatever namespace, and what its refusals mean."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from lxml import etree

from province.measure.devices import clocks
from province.measure.devices.errors import DeviceError, Login
from province.measure.devices.maker import unless_absent
from province.measure.devices.vendor import Answer, Vendor
from province.measure.evidence import Clock, NtpSource

ENTRANCE = "/ISAPI/System/deviceInfo"


class Node:
    """An element by local names: `node["timeSpan/startTime"]` is a text or None, `node.all("hddList/hdd")` its elements."""

    def __init__(self, element: Any) -> None:
        self._element = element

    @property
    def name(self) -> str:
        return _local(self._element)

    def __getitem__(self, path: str) -> str | None:
        found = self.all(path)
        text = found[0]._element.text if found else None
        return text.strip() if text and text.strip() else None

    def all(self, path: str) -> list["Node"]:
        level = [self._element]
        for name in path.split("/"):
            level = [child for each in level for child in each if isinstance(child.tag, str) and _local(child) == name]
        return [Node(each) for each in level]

    def options(self, path: str) -> list[str]:
        """What a capability allows: the words of its `opt` attribute."""
        found = self.all(path)
        words = (found[0]._element.get("opt") or "").split(",") if found else []
        return [word.strip() for word in words if word.strip()]

    def least(self, path: str) -> list[int]:
        """What a capability allows at least, by its `min` attribute; empty where it doesn't say."""
        told = [each._element.get("min") or "" for each in self.all(path)]
        return [int(word) for word in told if word.isdecimal()]

    def number(self, path: str) -> int | None:
        try:
            return int(float(self[path] or ""))
        except (ValueError, OverflowError):
            return None

    def true(self, path: str) -> bool | None:
        """None where it isn't told."""
        word = (self[path] or "").lower()
        return None if not word else word in ("true", "1", "yes", "on", "enable", "enabled")


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def parse(body: bytes) -> Node:
    """Raises DeviceError where it is no XML, or brings a document type with it."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise DeviceError("protocol", "doctype")
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True, load_dtd=False)
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DeviceError("protocol", type(error).__name__) from None
    if root is None or not isinstance(root.tag, str):
        raise DeviceError("protocol", "no element")
    return Node(root)


class Isapi:
    """One device. `get` gives a document; `maybe` None where the device has no such thing, or doesn't let us read it."""

    def __init__(self, host: str, port: int, seconds: float = 20.0) -> None:
        self.http = Vendor(host, port, seconds)

    def close(self) -> None:
        self.http.close()

    def arrive(self) -> None:
        """Without a login: is it activated, and how does it want to be logged in to? Raises DeviceError."""
        state = self.http.probe("/SDK/activateStatus")
        if state.ok and b"<Activated>false" in state.body.replace(b" ", b""):
            raise DeviceError("not_activated")
        first = self.http.probe(ENTRANCE)
        if first.status in (404, 405, 501) or (first.ok and b"DeviceInfo" not in first.body):
            raise DeviceError("protocol", "no ISAPI")
        _judge(first)

    def enter(self, login: Login) -> Node:
        """Log in once; deviceInfo. Raises AuthRejected, DeviceError."""
        self.http.enter(login)
        return self._document(self.http.ask(ENTRANCE))

    def get(self, path: str) -> Node:
        return self._document(self.http.ask("/ISAPI/" + path))

    def post(self, path: str, body: bytes) -> Node:
        return self._document(self.http.ask("/ISAPI/" + path, body))

    def maybe(self, path: str) -> Node | None:
        return unless_absent(lambda: self.get(path))

    @staticmethod
    def _document(answer: Answer) -> Node:
        if answer.ok:
            return parse(answer.body)
        _judge(answer)
        raise DeviceError("protocol", f"HTTP {answer.status}")


def _judge(answer: Answer) -> None:
    """What a 403 says: not activated, or not for this account. A 404 with a ResponseStatus is no fault of the login."""
    words = answer.text.lower()
    if answer.status in (401, 403) and ("notactivated" in words or "not activated" in words):
        raise DeviceError("not_activated")
    if answer.status == 403 and ("lowprivilege" in words or "permission" in words or "notallow" in words):
        raise DeviceError("no_permission")


def clock(device: Isapi) -> tuple[Clock, timezone, bool | None]:
    """(its clock, the zone of its wall clock, whether it goes by NTP)."""
    told, sent, rtt = clocks.soonest(lambda: device.get("System/time"))
    local = told["localTime"] or ""
    try:
        there = datetime.fromisoformat(local)
    except ValueError:
        raise DeviceError("protocol", "localTime") from None
    zone = _zone(there, told["timeZone"] or "")
    there = there if there.tzinfo and not local.endswith("Z") else there.replace(tzinfo=zone)
    mode = (told["timeMode"] or "").lower()
    return clocks.measured(there, sent, rtt)[1], zone, (mode == "ntp") if mode else None


def _zone(local: datetime, posix: str) -> timezone:
    """From the time itself ("+07:00"), else from a POSIX zone whose sign is the other way round ("CST-7:00:00")."""
    if local.tzinfo is not None and local.utcoffset():
        return timezone(local.utcoffset() or timedelta(0))
    digits = posix.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz<>")
    parts = digits.split("DST")[0].split(":")
    try:
        hours, minutes = int(parts[0]), int(parts[1]) if len(parts) > 1 else 0
        return timezone(timedelta(hours=-hours, minutes=-minutes if hours >= 0 else minutes))
    except (ValueError, IndexError, OverflowError):
        return UTC


def ntp(device: Isapi, on: bool | None) -> NtpSource | None:
    server = device.maybe("System/time/ntpServers/1")
    if server is None:
        return None
    # A list is what some firmware answers to the single server's address.
    node = (server.all("NTPServer") or [server])[0]
    name = node["ipAddress"] or node["hostName"] or node["ipv6Address"]
    return {"servers": [name] if name else [], "from_dhcp": False, "on": on}
