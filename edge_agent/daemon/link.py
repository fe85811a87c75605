"""Keeps the box connected to the hub, and is gentle about it: 700 boxes share one hub.

Several endpoints, best first: through the tunnel, then straight to the hub's TCP 443, for a firewall that eats UDP. The first that
answers is taken; while it isn't the best, better ones are looked for every minute, and moved to when they answer twice.

While the link is down: one small TCP probe to each of the hub's addresses every 5 s (it also keeps WireGuard trying, which gives
up after 90 s without traffic); an answer means reconnect within 0-10 s at random, 0-45 s when the hub refused in between, that
is, restarted. An endpoint that answered and failed is left alone for a minute if there is another; one that refused the login
backs off, with full jitter up to 300 s, but no longer than until the box has another certificate or its clock was put right.
0-60 s of random delay after the box's boot.
"""

import asyncio
import logging
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, Self

from edge_agent.contract.messages import Ack, topic
from edge_agent.contract.strict import ContractError
from edge_agent.daemon import certificate
from edge_agent.daemon.config import AgentConfig, Endpoint
from edge_agent.daemon.session import LinkDown, LoginRefused, Session
from edge_agent.system import clock

log = logging.getLogger(__name__)
Answer = Literal["answers", "refuses", "silent"]
PROBE_TIMEOUT_S = 3.0
CONFIRM_S = 5.0
#: A start within this time after boot counts as part of a boot that the neighbours may share (a power cut in the district).
BOOT_WINDOW_S = 180.0
#: A wall clock that moved so far against the time since boot was set: certificates that were out of their time may be in it now.
CLOCK_WAS_SET_S = 60.0


class Hooks(Protocol):
    """What the link tells the daemon."""

    def link_up(self, session: Session) -> None: ...

    def link_down(self, session: Session, reason: str) -> None: ...

    def link_moves(self, session: Session, to: Endpoint) -> None: ...

    def acknowledged(self, ack: Ack) -> None: ...

    def commanded(self, message: bytes) -> None: ...

    def moved(self, part: str) -> None: ...


async def probe(address: str, port: int) -> Answer:
    """One TCP connection, closed at once. A refusal is an answer of the host, not of the broker."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return "refuses"
    except (OSError, TimeoutError):
        return "silent"
    writer.close()
    return "answers"


def client_context(config: AgentConfig, alpn: str | None = None) -> ssl.SSLContext:
    """Mutual TLS: only the province's authority is trusted, and the box's own key is presented. Read anew for every connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(config.ca)
        context.load_cert_chain(config.cert, config.key)
    except (OSError, ssl.SSLError) as error:
        raise LoginRefused(f"this box's certificate or key cannot be used ({config.cert}): {error}") from error
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


@dataclass(frozen=True)
class Grounds:
    """What a login may be refused for on this side: marks of the certificate's files, and the wall clock less the time since boot."""

    files: tuple[tuple[int, int], ...]
    clock_s: float

    @classmethod
    def now(cls, config: AgentConfig) -> Self:
        stats = [path.stat() for path in (config.ca, config.cert, config.key) if path.exists()]
        return cls(tuple((one.st_mtime_ns, one.st_ino) for one in stats), time.time() - clock.mono())

    def still(self, now: "Grounds") -> bool:
        return self.files == now.files and abs(self.clock_s - now.clock_s) < CLOCK_WAS_SET_S


class Link:
    """`run` until cancelled; then `stop(reason)` says goodbye."""

    def __init__(self, config: AgentConfig, hooks: Hooks, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self.config = config
        self.session: Session | None = None
        self.problem: str | None = None
        self.answers: dict[str, Answer] = {}
        self._hooks = hooks
        self._uniform = uniform
        self._refusals: Counter[Endpoint] = Counter()
        self._shunned: dict[Endpoint, float] = {}
        self._refused_for = Grounds((), 0.0)

    async def run(self) -> None:
        if clock.mono() < BOOT_WINDOW_S:
            await self._sleep(self._uniform(0, self.config.link.boot_jitter_s))
        endpoint: Endpoint | None = self.config.endpoints[0]
        while True:
            chosen = endpoint or await self._first_that_answers()
            try:
                session = await self._open(chosen)
            except (LinkDown, LoginRefused) as error:
                self._failed(await self._explained(error))
                self._shun(chosen, error)
                endpoint = None
            else:
                self._refusals.pop(chosen, None)
                endpoint = await self._ride(session)

    async def stop(self, reason: str) -> None:
        if self.session is not None:
            await self.session.close(reason)

    async def _open(self, endpoint: Endpoint) -> Session:
        session = await Session.open(self.config, client_context(self.config, endpoint.alpn), endpoint, self._message)
        self.session, self.problem = session, None
        self.answers[str(endpoint)] = "answers"
        session.say_online()
        log.info("connected to %s as connection %s", endpoint, session.connection)
        self._hooks.link_up(session)
        return session

    async def _ride(self, session: Session) -> Endpoint | None:
        """Until the session ends; the endpoint to go to at once, or None."""
        looking = asyncio.get_running_loop().create_task(self._better(session.endpoint))
        try:
            while not session.closed.done() and not looking.done():
                both: list[asyncio.Future[Any]] = [session.closed, looking]
                await asyncio.wait(both, timeout=1, return_when=asyncio.FIRST_COMPLETED)
                session.tick()
                self._hooks.moved("link")
        finally:
            looking.cancel()
        if looking.done() and not looking.cancelled() and not session.closed.done():
            return await self._move(session, looking.result())
        self.session, self.problem = None, f"{session.endpoint}: {session.closed.result()}"
        log.warning("link lost: %s", self.problem)
        self._hooks.link_down(session, session.closed.result())
        return None

    async def _move(self, session: Session, to: Endpoint) -> Endpoint:
        """Leave without a will and without a word of being offline: the next session begins within a moment."""
        log.info("%s answers again: moving there from %s", to, session.endpoint)
        self._hooks.link_moves(session, to)
        self.session = None
        await session.leave()
        return to

    async def _better(self, current: Endpoint) -> Endpoint:
        """The first better endpoint that answers twice, CONFIRM_S apart; for ever if there is none."""
        while True:
            await asyncio.sleep(self._uniform(0.5, 1.0) * self.config.link.better_s)
            endpoints = self.config.endpoints
            for endpoint in endpoints[: endpoints.index(current)] if current in endpoints else endpoints:
                if self._shunned.get(endpoint, 0) > clock.mono() or await self._probe(endpoint) != "answers":
                    continue
                await asyncio.sleep(min(CONFIRM_S, self.config.link.better_s))
                if await self._probe(endpoint) == "answers":
                    return endpoint

    async def _first_that_answers(self) -> Endpoint:
        restarted = False
        while True:
            if self._refusals and not self._refused_for.still(Grounds.now(self.config)):
                self._refusals.clear()
                self._shunned.clear()
            for endpoint in self.config.endpoints:
                self._hooks.moved("link")
                if self._shunned.get(endpoint, 0) > clock.mono():
                    continue
                answer = await self._probe(endpoint)
                restarted = restarted or answer == "refuses"
                if answer == "answers":
                    times = self.config.link
                    await self._sleep(self._uniform(0, times.hub_restart_jitter_s if restarted else times.reconnect_jitter_s))
                    return endpoint
            await self._sleep(min(self.config.link.probe_s, self._until_one_is_free()))

    async def _probe(self, endpoint: Endpoint) -> Answer:
        answer = self.answers[str(endpoint)] = await probe(endpoint.address, self.config.probe_port or endpoint.port)
        return answer

    def _shun(self, endpoint: Endpoint, error: Exception) -> None:
        times = self.config.link
        if isinstance(error, LoginRefused):
            self._refusals[endpoint] += 1
            self._refused_for = Grounds.now(self.config)
            wait_s = self._uniform(0, min(times.backoff_max_s, times.probe_s * 2 ** self._refusals[endpoint]))
        else:
            wait_s = times.probe_s if len(self.config.endpoints) == 1 else times.better_s
        self._shunned[endpoint] = clock.mono() + wait_s

    def _until_one_is_free(self) -> float:
        return max(0.05, min(self._shunned.get(one, 0) for one in self.config.endpoints) - clock.mono())

    async def _sleep(self, seconds: float) -> None:
        """Waiting is movement too: the watchdog must not take a long back-off for a hang."""
        until = clock.mono() + seconds
        while (left := until - clock.mono()) > 0:
            self._hooks.moved("link")
            await asyncio.sleep(min(left, 5))

    async def _explained(self, error: LinkDown | LoginRefused) -> str:
        """The hub does not say why it hangs up; a certificate that has ended is seen from here."""
        if isinstance(error, LoginRefused):
            try:
                ends = await asyncio.to_thread(certificate.ends, self.config.cert)
            except ValueError:
                return str(error)
            if ends < datetime.now(UTC):
                return f"this box's certificate ended on {ends:%d/%m/%Y}, by its clock; {error}"
        return str(error)

    def _failed(self, problem: str) -> None:
        self.problem = problem
        log.warning("%s", problem)

    def _message(self, name: str, payload: bytes) -> None:
        if name == topic(self.config.site, "command"):
            self._hooks.commanded(payload)
            return
        try:
            ack = Ack.parse(payload)
        except ContractError as error:
            log.error("%s: ignored: %s", name, error)
            return
        if ack.site == self.config.site:
            self._hooks.acknowledged(ack)
