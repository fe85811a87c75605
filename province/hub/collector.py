"""From the broker into PostgreSQL, and only after the commit the acknowledgement back.

One thread. Without the database the collector leaves the broker (nothing may be taken that cannot be kept) and agents keep what
they have; the broker keeps nothing for it (clean start), because agents send again whatever was not acknowledged.
"""

import logging
import signal
import ssl
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_agent.contract.messages import PARSERS, PREFIX, Ack, Document, split_topic, topic
from edge_agent.contract.strict import ContractError
from province.hub import commands
from province.hub.metrics import Metrics
from province.hub.migrate import migrate
from province.hub.settings import Settings
from province.hub.store import Store, forget_unreadable
from province.hub.upkeep import EVERY_S, keep_house

log = logging.getLogger(__name__)
#: Messages that share a transaction, at most; and how long to wait for the first.
TOGETHER = 500
IDLE_S = 1.0
RETRY_S = 2.0
WORKING = 0x6B65746E6F6A
HANGS_S = 20
"""A collector at work asks the database something every second: one that has not for so long hangs, or its machine is gone.
PostgreSQL ends its session, and with it its turn."""


class Unanswered(Exception):
    """The broker is not there, or went away."""


def understand(name: str, payload: bytes) -> Document:
    """The document of a message; ContractError too when it names another site than its topic, which the broker has checked."""
    site, kind = split_topic(name)
    parser = PARSERS.get(kind)
    if parser is None:
        raise ContractError(f"nothing is expected on {kind}")
    document = parser(payload)
    if document.site != site:
        raise ContractError(f"the document names site {document.site}, its topic {site}")
    return document


UNKEEPABLE = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError, ValueError, ArithmeticError, LookupError, TypeError)
"""A document's fault, or ours with it; trouble of the database itself is another's."""


def keep(database: psycopg.Connection[Any], messages: list[tuple[str, bytes]]) -> list[Ack]:
    """Write the messages in one transaction; the acknowledgements that are due once this has returned.

    What can't be read is refused. Should one be readable and still not be kept, it alone is refused, and the others are kept.
    """
    try:
        with database.transaction():
            return _kept(database, messages)
    except UNKEEPABLE:
        log.exception("one of %d messages can't be kept: each in its turn", len(messages))
    with database.transaction():
        acks = {(ack.site, ack.epoch): ack for message in messages for ack in _kept_alone(database, message)}
    return list(acks.values())


def _kept(database: psycopg.Connection[Any], messages: list[tuple[str, bytes]]) -> list[Ack]:
    acks: dict[tuple[str, str], Ack] = {}
    documents: list[Document] = []
    store = Store(database)
    for name, payload in messages:
        try:
            documents.append(understand(name, payload))
        except ContractError as error:
            log.warning("refused: %s: %s", name, error)
            store.refuse(name, str(error), payload)
    store.mark_seen(document.site for document in documents)
    for document in documents:
        ack = store.take(document)
        if ack is not None:
            acks[ack.site, ack.epoch] = ack
    return list(acks.values())


def _kept_alone(database: psycopg.Connection[Any], message: tuple[str, bytes]) -> list[Ack]:
    try:
        with database.transaction():
            return _kept(database, [message])
    except UNKEEPABLE as error:
        Store(database).refuse(message[0], f"could not be kept: {type(error).__name__}", message[1])
        return []


class Collector:
    """`run` until `stop`. Several may run: one works, the others wait for the lock that it holds in the database (docs/reliability.md
    says why they do not share the work).

    `settled` is called after each transaction's acknowledgements were handed over (tests wait for it).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self._house_kept_at = -EVERY_S
        self._stopping = False
        self._messages: list[tuple[str, bytes]] = []
        self.settled: Callable[[int], None] = lambda _count: None

    def stop(self, *_: object) -> None:
        self._stopping = True

    def run(self) -> None:
        """Comes back from any failure of database or broker by itself; a MigrationError is not one of those."""
        while not self._stopping:
            try:
                with psycopg.connect(self._settings.dsn, autocommit=True, connect_timeout=5) as database:
                    self._serve(database)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.error("PostgreSQL: %s: agents keep their events until it is back", str(error).strip())
                self._pause()
            except Unanswered as error:
                log.error("broker: %s", error)
                self._pause()

    def _serve(self, database: psycopg.Connection[Any]) -> None:
        if not self._my_turn(database):
            return
        self._keep_house(database)
        database.execute("SET statement_timeout = '20s'")
        for setting in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            database.execute(f"SET {setting} = '{HANGS_S}s'")
        client = self._connect()
        self.metrics.collecting.set(1)
        try:
            while not self._stopping:
                self._read(client)
                messages, self._messages = self._messages, []
                for site, command in commands.due(database):
                    client.publish(topic(site, "command"), command, qos=1)
                if not messages:
                    self._keep_house(database)
                    continue
                begun = time.monotonic()
                acks = keep(database, messages)
                self.metrics.committed(len(messages), len(acks), time.monotonic() - begun)
                for ack in acks:
                    client.publish(topic(ack.site, "ack"), ack.to_bytes(), qos=1)
                self.settled(len(messages))
        finally:
            self.metrics.collecting.set(0)
            client.disconnect()
            client.loop(0.1)

    def _my_turn(self, database: psycopg.Connection[Any]) -> bool:
        """Wait until no other collector works; PostgreSQL lets go of its lock when its connection ends, however it ends."""
        waiting = False
        while not self._stopping:
            if database.execute("SELECT pg_try_advisory_lock(%s)", (WORKING,)).fetchone() == (True,):
                return True
            if not waiting:
                log.info("another collector works: waiting for its turn to end")
                waiting = True
            self._pause()
        return False

    def _keep_house(self, database: psycopg.Connection[Any]) -> None:
        if time.monotonic() - self._house_kept_at >= EVERY_S:
            self._house_kept_at = time.monotonic()
            keep_house(database, self._settings)

    def _read(self, client: mqtt.Client) -> None:
        """Wait for a message, then take what has come with it. One call of paho reads one packet or so."""
        deadline = time.monotonic() + IDLE_S
        while not self._stopping:
            before = len(self._messages)
            left = deadline - time.monotonic()
            code = client.loop(0 if before else max(0, min(left, IDLE_S)))
            if code != mqtt.MQTT_ERR_SUCCESS:
                self._messages = []
                raise Unanswered(mqtt.error_string(code))
            took_none = len(self._messages) == before
            if len(self._messages) >= TOGETHER or (took_none and (before or left <= 0)):
                return

    def _connect(self) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="collector", protocol=mqtt.MQTTv5)
        client.max_inflight_messages_set(1000)
        client.on_message = lambda _client, _data, message: self._messages.append((message.topic, bytes(message.payload)))
        ready: list[Any] = []
        client.on_connect = lambda _client, _data, _flags, code, _properties: ready.append(code)
        properties = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = 1000
        try:
            client.tls_set_context(_context(settings))
            client.connect(settings.address, settings.port, settings.keepalive_s, clean_start=True, properties=properties)
            until = time.monotonic() + 10
            while not ready and time.monotonic() < until:
                if client.loop(0.5) != mqtt.MQTT_ERR_SUCCESS:
                    break
        except (OSError, ValueError) as error:
            raise Unanswered(f"{settings.address}:{settings.port}: {error}") from error
        if not ready or ready[0].is_failure:
            raise Unanswered(f"{settings.address}:{settings.port}: {ready[0] if ready else 'closed before the login was answered'}")
        client.subscribe([(f"{PREFIX}/+/{kind}", SubscribeOptions(qos=1)) for kind in PARSERS])
        log.info("collecting from %s:%d", settings.address, settings.port)
        return client

    def _pause(self) -> None:
        self._messages = []
        until = time.monotonic() + RETRY_S
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.1)


def _context(settings: Settings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(settings.ca)
    context.load_cert_chain(settings.cert, settings.key)
    return context


def serve(settings: Settings) -> None:
    """The service: migrations first, then collect until SIGTERM."""
    collector = Collector(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, collector.stop)
    while not collector._stopping:
        try:
            with psycopg.connect(settings.dsn, autocommit=True, connect_timeout=5) as database:
                for name in migrate(database):
                    log.info("applied migration %s", name)
                for site in forget_unreadable(database):
                    log.warning("%s: what was kept of its present can't be read, and is asked for again", site)
            break
        except psycopg.OperationalError as error:
            log.error("PostgreSQL: %s", str(error).strip())
            collector._pause()
    try:
        collector.metrics.serve(settings)
    except OSError as error:
        log.error("metrics: 127.0.0.1:%s: %s", settings.metrics_port, error)
    collector.run()
