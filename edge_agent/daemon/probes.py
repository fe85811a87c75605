"""Looks at each camera's stream, one after another in time, side by side in work."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, Protocol

from edge_agent.contract import Word
from edge_agent.daemon.config import AgentConfig, Camera, Login


@dataclass(frozen=True)
class Seen:
    """What one look at a camera gave."""

    status: Word
    reason: str | None = None
    measured: dict[str, Any] = field(default_factory=dict)


class Listener(Protocol):
    def seen(self, camera: Camera, seen: Seen) -> None: ...

    def moved(self, part: str) -> None: ...


class Probes:
    def __init__(self, config: AgentConfig, logins: dict[int, Login], listener: Listener) -> None:
        self._config, self._logins, self._listener = config, logins, listener

    async def run(self) -> None:
        while True:
            self._listener.moved("probes")
            await asyncio.sleep(1 + random.random())
