"""Which requests of Hikvision's HTTP interfaces change nothing."""

from urllib.parse import urlsplit

PATHS = ("/ISAPI/", "/SDK/", "/PSIA/")


def is_question(method: str, target: str, data: bytes | None) -> bool | None:
    """Told by the method alone. A search of recordings goes by POST, so it is none."""
    return method in ("GET", "HEAD") if urlsplit(target).path.startswith(PATHS) else None
