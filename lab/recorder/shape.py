"""What the parts of a recorder know of the whole: they answer for it without importing the one that puts them together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from lab.camera.sessions import Player
from lab.recorder.config import Config
from lab.recorder.index import Index


class Channel(Protocol):
    """One slot: its settings, and whether a camera answers there. ``detected`` is why it is or isn't online."""

    detected: str

    @property
    def settings(self) -> dict[str, Any]: ...

    @property
    def online(self) -> bool: ...


class Recorder(Player, Protocol):
    """A recorder, as those see it who answer its requests; `lab.recorder.recorder` is the one there is."""

    index: Index

    @property
    def config(self) -> Config: ...

    @property
    def channels(self) -> Mapping[int, Channel]: ...

    def local(self) -> float:
        """The recorder's local time, in seconds since 1970 as if it were UTC."""

    def numbers(self) -> list[int]:
        """The channels that have a camera."""

    def disk_works(self) -> bool:
        """Whether anything could be written now."""

    def spawn(self, work: Any) -> asyncio.Task[Any]: ...

    def soon(self, action: Callable[[], Awaitable[Any]]) -> None:
        """Do something once the answer that is being written has gone out."""

    async def reboot(self) -> None: ...
