"""`python -m bench.collector`: events a second through a real broker and the collector into a real PostgreSQL, and how long
`ketnoi-hub status` takes for 700 facilities of 50 cameras. Loopback, no root needed; the servers end with the run.

The senders keep the agents' rule: one batch in flight, the next after the acknowledgement. All share the machine's cores.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.hub import Hub, Talker, services
from edge_agent.contract.messages import Ack, CameraState, Event, EventBatch, State, topic
from edge_agent.contract.present import ClockState, OutboxState
from edge_agent.contract.strict import utc_text

SENDERS = 20
BATCHES = 40
IN_A_BATCH = 50
FACILITIES = 700
CAMERAS = 50
ROUNDS = 5
CLOCK: ClockState = {"synced": True, "offset_s": 0.0004, "source": "10.66.0.1"}
OUTBOX: OutboxState = {"epoch": "e", "last_seq": 9, "unacknowledged": 0, "oldest_s": None, "bytes": 4096, "waiting": 0, "problem": None}


def site(number: int) -> str:
    return f"BD-{number:04}"


class Sender:
    """One facility's history, sent as an agent sends it."""

    def __init__(self, hub: Hub, number: int) -> None:
        self.site = site(number)
        self._talker = Talker(hub, self.site)
        self._acked = threading.Semaphore(0)

    def run(self) -> None:
        words = ("up", "down")
        with self._talker as talker:
            talker.client.on_message = lambda _c, _d, message: self._acked.release() if Ack.parse(bytes(message.payload)).upto else None
            talker.subscribe(topic(self.site, "ack"))
            now = time.time()
            for batch in range(BATCHES):
                seqs = range(batch * IN_A_BATCH + 1, (batch + 1) * IN_A_BATCH + 1)
                events = tuple(
                    Event(seq, utc_text(datetime.fromtimestamp(now + seq, UTC)), float(seq), "b", True, "camera",
                          {"slot": seq % CAMERAS + 1, "to": words[seq // CAMERAS % 2], "reason": None}, True)
                    for seq in seqs
                )  # fmt: skip
                talker.publish(topic(self.site, "events"), EventBatch(self.site, "e1", events).to_bytes())
                if not self._acked.acquire(timeout=60):
                    raise TimeoutError(f"{self.site}: batch {batch} was not acknowledged")


def events_in(hub: Hub) -> float:
    """Events a second, from the first publish to the last acknowledgement."""
    senders = [threading.Thread(target=Sender(hub, number).run) for number in range(1, SENDERS + 1)]
    begun = time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    seconds = time.monotonic() - begun
    (stored,) = hub.rows("SELECT count(*) FROM events")[0]
    if stored != SENDERS * BATCHES * IN_A_BATCH:
        sys.exit(f"bench: {stored} events stored, {SENDERS * BATCHES * IN_A_BATCH} sent")
    return float(stored) / seconds


def fill(hub: Hub) -> None:
    """The present of 700 facilities, as their agents would tell it."""
    from province.hub.store import Store

    cameras = tuple(CameraState(n, f"C{n:02}", "up" if n % 7 else "down") for n in range(1, CAMERAS + 1))
    with psycopg.connect(hub.dsn, autocommit=True) as database, database.transaction():
        store = Store(database)
        store.mark_seen(site(number) for number in range(1, FACILITIES + 1))
        for number in range(1, FACILITIES + 1):
            document = State(site(number), "c", 1, utc_text(datetime.now(UTC)), "1", "b", 1.0, CLOCK, OUTBOX, cameras, {})
            store.take(State.parse(document.to_bytes()))


def status_seconds(folder: Path, settings: Path) -> float:
    """Median of whole commands, Python's start included."""
    sites = folder / "sites.json"
    one = {"tunnel_address": "10.5.0.1", "wireguard_public_key": None, "lifeline_port": None}
    sites.write_text(json.dumps({site(n): {"code": site(n).lower(), **one} for n in range(1, FACILITIES + 1)}))
    command = [sys.executable, "-m", "province.hub.cli", "--settings", str(settings), "status", "--sites", str(sites)]
    taken = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        taken.append(time.monotonic() - begun)
        if sum(sum(each["cameras"].values()) for each in shown["sites"]) != FACILITIES * CAMERAS:
            sys.exit("bench: status does not show every camera")
    return statistics.median(taken)


def main() -> None:
    with services() as (hub, _, folder):
        rate = events_in(hub)
        fill(hub)
        seconds = status_seconds(folder, folder / "collector.json")
    print("| What | Figure |\n|---|---|")
    print(f"| events a second, {SENDERS} facilities, {IN_A_BATCH} a batch, committed and acknowledged | {rate:,.0f} |")
    print(f"| `ketnoi-hub status`, {FACILITIES} facilities of {CAMERAS} cameras, median of {ROUNDS} | {seconds:.2f} s |")


if __name__ == "__main__":
    main()
