"""What a provincial team would alert on, for Prometheus, on loopback: asked of the database when it is asked."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Source

from edge_agent.contract.messages import STATUSES
from province.hub.overview import status
from province.hub.settings import Settings

FACILITY_STATUSES = ("connected", "offline", "stopped", "unknown")


class Metrics:
    """The collector's own counters. `serve` answers on 127.0.0.1 until the process ends."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter("ketnoi_collector_messages", "Messages committed", registry=self.registry)
        self.acknowledgements = Counter("ketnoi_collector_acknowledgements", "Acknowledgements sent", registry=self.registry)
        self.commit_s = Histogram("ketnoi_collector_commit_seconds", "Time of a transaction", registry=self.registry)
        self.last_commit = Gauge(
            "ketnoi_collector_last_commit_timestamp_seconds", "When something was last committed", registry=self.registry
        )
        self.collecting = Gauge("ketnoi_collector_collecting", "1: connected to broker and database", registry=self.registry)

    def committed(self, messages: int, acknowledgements: int, seconds: float) -> None:
        self.messages.inc(messages)
        self.acknowledgements.inc(acknowledgements)
        self.commit_s.observe(seconds)
        self.last_commit.set(time.time())

    def serve(self, settings: Settings) -> None:
        """Raises OSError where the port is taken. Without `metrics_port` nothing listens."""
        if settings.metrics_port is not None:
            self.registry.register(_Kept(settings.dsn))
            start_http_server(settings.metrics_port, "127.0.0.1", registry=self.registry)


class _Kept(Source):
    """Gauges of what the database holds, read anew at each scrape; without the database only that it is not there."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def collect(self) -> Iterator[Metric]:
        answers = GaugeMetricFamily("ketnoi_database_answers", "1: PostgreSQL answers")
        try:
            with psycopg.connect(self._dsn, autocommit=True, connect_timeout=3) as database:
                yield from _gauges(database)
            answers.add_metric([], 1)
        except psycopg.Error:
            answers.add_metric([], 0)
        yield answers

    def describe(self) -> Iterator[Metric]:
        return iter(())


def _gauges(database: psycopg.Connection[Any]) -> Iterator[Metric]:
    found = status(database, [site for (site,) in database.execute("SELECT site FROM sites").fetchall()])["sites"]
    facilities = GaugeMetricFamily("ketnoi_facilities", "Facilities by status", labels=["status"])
    for word in FACILITY_STATUSES:
        facilities.add_metric([word], sum(one["status"] == word for one in found))
    cameras = GaugeMetricFamily("ketnoi_cameras", "Cameras by status", labels=["status"])
    for word in STATUSES:
        cameras.add_metric([word], sum(one["cameras"][word] for one in found))
    yield from (facilities, cameras)
    for name, about, count in (
        ("ketnoi_declared_gaps", "Gaps in what facilities told, declared or found", sum(one["gaps"] for one in found)),
        ("ketnoi_refused_documents", "Documents that were not taken", sum(one["refused"] for one in found)),
        ("ketnoi_backlog_events", "Events that boxes still held when they last told", sum(one["backlog"] or 0 for one in found)),
    ):
        yield GaugeMetricFamily(name, about, value=count)
    yield GaugeMetricFamily(
        "ketnoi_unsynchronised_clocks", "Boxes whose clock is not synchronised", value=sum(one["clock_synced"] is False for one in found)
    )
