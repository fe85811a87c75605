"""What the parts of a camera know of the whole: they answer for it without importing the one that puts them together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from lab.camera.sessions import Player
from lab.camera.xml import Request


class Camera(Player, Protocol):
    """A camera, as those see it who answer its requests; `lab.camera.camera` is the one there is."""

    boots: int

    @property
    def serving(self) -> bool:
        """Whether its sockets are open."""

    def services(self) -> Sequence[Service]: ...

    def settings(self) -> dict[str, Any]:
        """What it is set to, in the words of lab.camera.settings."""

    def url(self, path: str) -> str: ...

    def stream_url(self, stream: str) -> str: ...

    def soon(self, action: Callable[[], Awaitable[Any]]) -> None:
        """Do something once the answer that is being written has gone out."""

    async def rest(self) -> None: ...

    async def reboot(self) -> None: ...

    async def factory_reset(self) -> None: ...


class Operation(NamedTuple):
    """What may be asked: its access class and the function that gives the children of the answer."""

    access: str
    answer: Callable[[Camera, Request], Any]


class Service(NamedTuple):
    """A family of operations. ``flag``: the personality flag that takes it away; ``needs``: the one that brings it."""

    prefix: str
    path: str
    version: tuple[int, int]
    operations: dict[str, Operation]
    flag: str = "onvif_off"
    needs: str = ""

    def there(self, camera: Camera) -> bool:
        return not camera.flags[self.flag] and (not self.needs or bool(camera.flags[self.needs]))
