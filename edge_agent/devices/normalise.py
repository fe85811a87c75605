"""Two spellings of one value meet here before they are compared. Each function, applied twice, changes nothing more."""

import re
import unicodedata
from ipaddress import ip_network

_POSIX_TZ = re.compile(r"^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)([+-]?)(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2}))?$")


def timezone(value: str | None) -> str | None:
    """A POSIX zone by what it means: "ICT-7", "CST-07:00" and "<+07>-7" are all "UTC-07:00"; others as they are.

    POSIX signs are inverted: "-7" is seven hours *east* of Greenwich.
    """
    if value is None:
        return None
    value = value.strip()
    match = _POSIX_TZ.match(value)
    if not match:
        return value
    sign, hours, minutes = match[1] or "+", int(match[2]), int(match[3] or 0)
    if hours == minutes == 0:
        sign = "+"
    return f"UTC{sign}{hours:02d}:{minutes:02d}"


def zone_minutes(value: str | None) -> int | None:
    """Minutes east of Greenwich of a POSIX zone without summer time; None where it can't be told."""
    normal = timezone(value)
    match = _POSIX_TZ.match(normal) if normal else None
    if not match:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return minutes if match[1] == "-" else -minutes


def zone_spellings(value: str | None) -> tuple[str, ...]:
    """How makers write a POSIX zone: "ICT-7" is "UTC-07:00", "CST-7:00:00", "GMT-07:00" and "UTC-7" too."""
    minutes = zone_minutes(value)
    if minutes is None:
        return ()
    sign, (hours, rest) = "-" if minutes > 0 else "+", divmod(abs(minutes), 60)
    short = f"{sign}{hours}" + (f":{rest:02d}" if rest else "")
    return (f"UTC{sign}{hours:02d}:{rest:02d}", f"CST{sign}{hours}:{rest:02d}:00", f"GMT{sign}{hours:02d}:{rest:02d}", f"UTC{short}")


def hostname(value: str) -> str:
    """A name that a device takes as its host name (RFC 1123): "AN-NHON-01 C01" is "AN-NHON-01-C01"."""
    value = re.sub(r"[^A-Za-z0-9-]+", "-", value)
    return value[:63].strip("-") or "camera"


def mac(value: str | None) -> str | None:
    """Lower case with colons; None for what is no MAC address, such as all zeros."""
    if value is None:
        return None
    digits = re.sub(r"[^0-9a-f]", "", value.lower())
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2)) if len(digits) == 12 and digits.strip("0") else None


def prefix(netmask: str | None) -> int | None:
    """ "255.255.255.0" and "24" are 24; None for what is no netmask."""
    if netmask is None:
        return None
    try:
        return ip_network(f"0.0.0.0/{netmask.strip()}").prefixlen
    except ValueError:
        return None


def spaces(value: str) -> str:
    """Without spaces around, and one between words: devices trim texts."""
    return " ".join(value.split())


def plain_letters(value: str) -> str:
    """Vietnamese without its marks, for devices that show no others: "Cổng Đông" is "Cong Dong"."""
    bare = "".join(c for c in unicodedata.normalize("NFD", value) if not unicodedata.combining(c))
    return bare.translate({0x110: "D", 0x111: "d"})
