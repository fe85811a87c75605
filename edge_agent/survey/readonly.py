"""What may be sent to a device by somebody who must change nothing: what the drivers know for a question; all else is refused before
it leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from edge_agent.devices import drivers, exchange


class WouldWrite(Exception):
    """A fault of ours: a request that is no question. It was not sent. Its text names no more than the operation."""


def check(method: str, target: str, data: bytes | None) -> None:
    """Raise WouldWrite unless a driver says that the request is a question, and none that it isn't."""
    if {drivers.of(name).is_question(method, target, data) for name in drivers.NAMES} - {None} != {True}:
        raise WouldWrite(f"{method} {urlsplit(target).path}")


@contextmanager
def only_questions() -> Iterator[None]:
    """Within it, this thread sends no device anything but questions."""
    token = exchange.GUARD.set(check)
    try:
        yield
    finally:
        exchange.GUARD.reset(token)
