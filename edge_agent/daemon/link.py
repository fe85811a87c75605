"""Keeps the box connected to the hub, and is gentle about it: 700 boxes share one hub.

While the link is down: one small TCP probe to each of the hub's addresses every 5 s (it also keeps WireGuard trying, which gives
up after 90 s without traffic); an answer means reconnect within 0-10 s at random, 0-45 s when the hub refused in between, that
is, restarted. Only a refused login backs off, with full jitter up to 300 s. 0-60 s of random delay after the box's boot.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from typing import Literal, Protocol

from edge_agent.contract import Ack, ContractError
from edge_agent.daemon import clock
from edge_agent.daemon.config import AgentConfig, Endpoint
from edge_agent.daemon.session import LinkDown, LoginRefused, Session

log = logging.getLogger(__name__)
Answer = Literal["answers", "refuses", "silent"]
PROBE_TIMEOUT_S = 3.0
#: A start within this time after boot counts as part of a boot that the neighbours may share (a power cut in the district).
BOOT_WINDOW_S = 180.0


class Hooks(Protocol):
    """What the link tells the daemon."""

    def link_up(self, session: Session) -> None: ...

    def link_down(self, session: Session, reason: str) -> None: ...

    def acknowledged(self, ack: Ack) -> None: ...

    def moved(self, part: str) -> None: ...


async def probe(address: str, port: int) -> Answer:
    """One TCP connection, closed at once. A refusal is an answer of the host, not of the broker."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), PROBE_TIMEOUT_S)
    except ConnectionRefusedError:
        return "refuses"
    except (OSError, TimeoutError):
        return "silent"
    writer.close()
    return "answers"


def client_context(config: AgentConfig) -> ssl.SSLContext:
    """Mutual TLS: only the province's authority is trusted, and the box's own key is presented. Read anew for every connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(config.ca)
        context.load_cert_chain(config.cert, config.key)
    except (OSError, ssl.SSLError) as error:
        raise LoginRefused(f"this box's certificate or key cannot be used ({config.cert}): {error}") from error
    return context


class Link:
    """`run` until cancelled; then `stop(reason)` says goodbye."""

    def __init__(self, config: AgentConfig, hooks: Hooks, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self.config = config
        self.session: Session | None = None
        self.problem: str | None = None
        self.answers: dict[str, Answer] = {}
        self._hooks = hooks
        self._uniform = uniform

    async def run(self) -> None:
        times = self.config.link
        if clock.mono() < BOOT_WINDOW_S:
            await self._sleep(self._uniform(0, times.boot_jitter_s))
        refusals = 0
        endpoint: Endpoint | None = self.config.endpoints[0]
        while True:
            try:
                endpoint = endpoint or await self._first_that_answers()
                session = await self._open(endpoint)
            except LinkDown as error:
                self._failed(error)
                await self._sleep(times.probe_s)
            except LoginRefused as error:
                refusals += 1
                self._failed(error)
                await self._sleep(self._uniform(0, min(times.backoff_max_s, times.probe_s * 2**refusals)))
            else:
                refusals = 0
                await self._ride(session)
            endpoint = None

    async def stop(self, reason: str) -> None:
        if self.session is not None:
            await self.session.close(reason)

    async def _open(self, endpoint: Endpoint) -> Session:
        session = await Session.open(self.config, client_context(self.config), endpoint, self._message)
        self.session, self.problem = session, None
        self.answers[str(endpoint)] = "answers"
        session.say_online()
        log.info("connected to %s as connection %s", endpoint, session.connection)
        self._hooks.link_up(session)
        return session

    async def _ride(self, session: Session) -> None:
        while not session.closed.done():
            await asyncio.wait([session.closed], timeout=1)
            session.tick()
            self._hooks.moved("link")
        self.session, self.problem = None, f"{session.endpoint}: {session.closed.result()}"
        log.warning("link lost: %s", self.problem)
        self._hooks.link_down(session, session.closed.result())

    async def _first_that_answers(self) -> Endpoint:
        restarted = False
        while True:
            for endpoint in self.config.endpoints:
                self._hooks.moved("link")
                answer = await probe(endpoint.address, self.config.probe_port or endpoint.port)
                self.answers[str(endpoint)] = answer
                restarted = restarted or answer == "refuses"
                if answer == "answers":
                    times = self.config.link
                    await self._sleep(self._uniform(0, times.hub_restart_jitter_s if restarted else times.reconnect_jitter_s))
                    return endpoint
            await self._sleep(self.config.link.probe_s)

    async def _sleep(self, seconds: float) -> None:
        """Waiting is movement too: the watchdog must not take a long back-off for a hang."""
        until = clock.mono() + seconds
        while (left := until - clock.mono()) > 0:
            self._hooks.moved("link")
            await asyncio.sleep(min(left, 5))

    def _failed(self, error: Exception) -> None:
        self.problem = str(error)
        log.warning("%s", error)

    def _message(self, topic: str, payload: bytes) -> None:
        try:
            ack = Ack.parse(payload)
        except ContractError as error:
            log.error("%s: ignored: %s", topic, error)
            return
        if ack.site == self.config.site:
            self._hooks.acknowledged(ack)
