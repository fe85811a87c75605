"""Dahua's CGI asked from outside: lines of key=value, as its many relabels and firmware versions write them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from province.measure.devices import clocks
from province.measure.devices.errors import DeviceError, Login
from province.measure.devices.maker import unless_absent
from province.measure.devices.vendor import Answer, Vendor
from province.measure.evidence import Clock

ENTRANCE = "/cgi-bin/magicBox.cgi?action=getSystemInfo"
MISSING = (400, 404, 405, 500, 501)
"""Where a firmware has no such thing: 400 on old ones, 501 on new ones."""
EAST = (
    *(0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 660, 720, 780),
    *(-60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -600, -660, -720, -270, 630, 840, -570, 510, 525, 765),
)
"""NTP.TimeZone is an index into these minutes east of Greenwich (the NetSDK's DH_TIME_ZONE_TYPE)."""
VIETNAM_EAST = 420
_PREFIX = re.compile(r"^(?:table|info)\.", re.IGNORECASE)
_TIME = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})")
Table = Mapping[str, str]
"""Keys in lower case, without a leading "table."."""


def parse(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            found[_PREFIX.sub("", key.strip()).lower()] = value.strip()
    return found


def true(word: str | None) -> bool | None:
    return None if word is None or not word else word.lower() in ("true", "1", "on", "yes")


def number(word: str | None) -> int | None:
    try:
        return int(float(word or ""))
    except (ValueError, OverflowError):
        return None


def moment(word: str | None) -> datetime | None:
    """ "2026-9-9 6:24:26" without a zone; None for what is none."""
    found = _TIME.search(word or "")
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


class Cgi:
    """One device. `maybe` is None where it has no such thing or doesn't let us read it."""

    def __init__(self, host: str, port: int, seconds: float = 20.0) -> None:
        self.http = Vendor(host, port, seconds)

    def close(self) -> None:
        self.http.close()

    def arrive(self) -> None:
        """Without a login: how does it want to be logged in to? Raises DeviceError."""
        first = self.http.probe(ENTRANCE)
        if first.status != 401 and not (first.ok and "=" in first.text):
            raise DeviceError("protocol", f"no CGI ({first.status})")

    def enter(self, login: Login) -> Table:
        """Log in once; getSystemInfo. Raises AuthRejected, DeviceError."""
        self.http.enter(login)
        return self._table(self.http.ask(ENTRANCE))

    def get(self, script: str, action: str, **parameters: Any) -> Table:
        asked = "".join(f"&{key.replace('__', '.')}={quote(str(value), safe='[]:')}" for key, value in parameters.items())
        return self._table(self.http.ask(f"/cgi-bin/{script}.cgi?action={action}{asked}"))

    def config(self, name: str) -> Table | None:
        return self.maybe("configManager", "getConfig", name=name)

    def maybe(self, script: str, action: str, **parameters: Any) -> Table | None:
        return unless_absent(lambda: self.get(script, action, **parameters))

    @staticmethod
    def _table(answer: Answer) -> Table:
        text = answer.text
        if answer.status == 403:
            raise DeviceError("no_permission")
        if not answer.ok:
            raise DeviceError("protocol", f"HTTP {answer.status}")
        if text.lstrip().lower().startswith("error"):
            raise DeviceError("no_permission" if "authority" in text.lower() else "protocol", "Error")
        return parse(text)


def indices(table: Table, name: str) -> list[int]:
    """The numbers in "name[3]..." keys, sorted."""
    pattern = re.compile(rf"{re.escape(name.lower())}\[(\d{{1,4}})\]")
    return sorted({int(found[1]) for key in table if (found := pattern.match(key))})


def east(ntp: Table | None, locales: Table | None) -> timedelta:
    """Its wall clock less UTC. A device that doesn't tell its zone is in ours."""
    for table, key in ((ntp, "ntp.timezone"), (locales, "locales.timezone")):
        index = number((table or {}).get(key))
        if index is not None and 0 <= index < len(EAST):
            summer = true((locales or {}).get("locales.dstenable"))
            return timedelta(minutes=EAST[index] + (60 if summer else 0))
    return timedelta(minutes=VIETNAM_EAST)


def clock(device: Cgi, ahead: timedelta) -> Clock:
    """By global.cgi, which tells the wall clock in whole seconds."""
    told, sent, rtt = clocks.soonest(lambda: device.get("global", "getCurrentTime"))
    there = next((found for value in told.values() if (found := moment(value))), None)
    if there is None:
        raise DeviceError("protocol", "getCurrentTime")
    return clocks.measured(there.replace(tzinfo=UTC) - ahead, sent, rtt)[1]
