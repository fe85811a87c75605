"""One connection to the broker: paho-mqtt driven by asyncio, no thread of its own, never used twice.

A new paho client for every connection, because an old one sends again what it had queued (paho.mqtt.python#698), and its
thread can die while it says that it is connected (#891). What must not be lost is in the outbox, not in paho's memory.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
import uuid
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.contract.messages import LinkState, topic
from edge_agent.daemon.config import AgentConfig, Endpoint
from edge_agent.daemon.health import Tcp, tcp_facts
from edge_agent.system import clock

log = logging.getLogger(__name__)
CONNECT_TIMEOUT_S = 10.0


class LinkDown(Exception):
    """No connection: nothing answered, or it broke. The message says where."""


class LoginRefused(Exception):
    """The hub answers and does not want this box: certificate, clock or access. Not to be tried again soon."""


class Session:
    """`await Session.open(...)`, then publish until `closed` is done (its result is the reason)."""

    def __init__(self, config: AgentConfig, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.site = config.site
        self.connection = uuid.uuid4().hex
        self._user_timeout_s = config.link.user_timeout_s
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[ReasonCode] = self._loop.create_future()
        self.closed: asyncio.Future[str] = self._loop.create_future()
        self._messages: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self._sock: ssl.SSLSocket | None = None
        self._attached = False
        self._keepalive_s = config.link.keepalive_s
        self._heard = self._spoken = clock.mono()
        self._client = self._new_client(config)

    @classmethod
    async def open(
        cls, config: AgentConfig, tls: ssl.SSLContext, endpoint: Endpoint, on_message: Callable[[str, bytes], None]
    ) -> "Session":
        """Connect, log in and subscribe to the acknowledgements. Raises LinkDown or LoginRefused."""
        self = cls(config, endpoint)
        self._messages = on_message
        self._client.tls_set_context(tls)
        keepalive = config.link.keepalive_s
        try:
            await asyncio.to_thread(self._connect, keepalive)
        except ssl.SSLCertVerificationError as error:
            raise LoginRefused(f"{endpoint}: the hub's certificate: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise LoginRefused(f"{endpoint}: TLS: {error.reason or error}") from error
        except (OSError, ValueError) as error:
            raise LinkDown(f"{endpoint}: {error}") from error
        self._attach()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                code = await self._ready
        except TimeoutError:
            self._drop("no CONNACK")
            raise LinkDown(f"{endpoint}: no CONNACK within {CONNECT_TIMEOUT_S:.0f} s") from None
        if code.is_failure:
            self._drop(str(code))
            raise LoginRefused(f"{endpoint}: {code}")
        self._client.subscribe([(topic(self.site, "ack"), 1), (topic(self.site, "command"), 1)])
        return self

    def publish(self, kind: Any, payload: bytes, *, retain: bool = False) -> None:
        """Hand over at QoS 1. Nothing is promised: what must arrive is acknowledged by the collector, not by the broker."""
        if not self.closed.done():
            self._spoken = clock.mono()
            self._client.publish(topic(self.site, kind), payload, qos=1, retain=retain)

    def tcp_facts(self) -> Tcp | None:
        """Round trip and loss of this connection, as the kernel counts them."""
        return tcp_facts(self._sock) if self._sock is not None else None

    def tick(self) -> None:
        """Once a second: keepalive and PINGRESP are judged here.

        paho sends a ping every keepalive whatever else it sends and hears (paho.mqtt.python#813), 1.2 MB a day: so it is asked only
        where either side was silent for so long.
        """
        if not self.closed.done() and clock.mono() - min(self._heard, self._spoken) >= self._keepalive_s:
            self._client.loop_misc()

    async def close(self, reason: str) -> None:
        """Say offline, then DISCONNECT, so that the will is not sent."""
        if not self.closed.done():
            self.publish("link", self._link("offline", reason), retain=True)
            await self._disconnect(reason)

    async def leave(self) -> None:
        """DISCONNECT without a word: another session of this box follows at once."""
        if not self.closed.done():
            await self._disconnect("moved")

    async def _disconnect(self, reason: str) -> None:
        for _ in range(20):
            if self.closed.done() or not self._client.want_write():
                break
            await asyncio.sleep(0.05)
        self._client.disconnect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.shield(self.closed)
        self._drop(reason)

    def say_online(self) -> None:
        self.publish("link", self._link("online", "connected"), retain=True)

    def _link(self, status: Any, reason: str) -> bytes:
        return LinkState(self.site, self.connection, status, reason, clock.wall()).to_bytes()

    def _new_client(self, config: AgentConfig) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=config.site, protocol=mqtt.MQTTv5)
        will = LinkState(config.site, self.connection, "offline", "link_lost").to_bytes()
        client.will_set(topic(config.site, "link"), will, qos=1, retain=True)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_socket_open = self._socket_opened
        client.on_socket_close = self._socket_closed
        client.on_socket_register_write = self._wants_write
        client.on_socket_unregister_write = self._wants_no_write
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        return client

    def _connect(self, keepalive: int) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 0
        host, port = self.endpoint.address, self.endpoint.port
        self._client.connect(host, port, keepalive, clean_start=True, properties=properties)

    def _attach(self) -> None:
        """From the thread that connected into the event loop."""
        self._attached = True
        if self._sock is not None:
            self._loop.add_reader(self._sock, self._readable)
            self._loop.add_writer(self._sock, self._writable)

    def _socket_opened(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        milliseconds = int(self._user_timeout_s * 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock

    def _socket_closed(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        """Of paho's own closing; of a socket that we closed ourselves it tells us once more when the client goes."""
        if self._sock is None:
            return
        self._sock = None
        if self._attached:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)

    def _wants_write(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        if self._attached:
            self._loop.add_writer(sock, self._writable)

    def _wants_no_write(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        if self._attached:
            self._loop.remove_writer(sock)

    def _readable(self) -> None:
        """Read all that TLS has decrypted already: the selector would not tell of it."""
        self._heard = clock.mono()
        while self._sock is not None:
            self._client.loop_read()
            if self._sock is None or not self._sock.pending():
                return

    def _writable(self) -> None:
        self._client.loop_write()

    def _connected(self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if not self._ready.done():
            self._ready.set_result(code)

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if not self._ready.done():
            refused = f"{self.endpoint}: closed before the login was answered: the certificate, or the hub's list of revoked ones"
            self._ready.set_exception(LoginRefused(refused))
        self._finish(str(code))

    def _message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._messages(message.topic, bytes(message.payload))

    def _drop(self, reason: str) -> None:
        """Close the connection without a word; paho has no way to do that."""
        if (sock := self._sock) is not None:
            self._socket_closed(self._client, None, sock)
            sock.close()
        self._finish(reason)

    def _finish(self, reason: str) -> None:
        if not self.closed.done():
            self.closed.set_result(reason)
