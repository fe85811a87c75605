"""An agent that is played: what its box would tell of a truth that is made up first, and what came of that in the database."""

import uuid
from datetime import UTC, datetime, timedelta

from edge_agent.contract.messages import Event, EventBatch, topic
from edge_agent.contract.strict import utc_text
from province.hub.collector import keep
from province.text import VIETNAM

SITE = "BD-0001"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=VIETNAM)
CLOCK = {"synced": True, "offset_s": 0.0, "source": None}
OUTBOX = {"epoch": "e", "last_seq": 9, "unacknowledged": 3, "oldest_s": 1.0, "bytes": 4096, "waiting": 0, "problem": None}
"""What a state document says of the box's clock and outbox."""


class Box:
    """Writes what an agent would, from a truth: `now` is the true time, the wall clock is `astray` by so much until `sync`."""

    def __init__(self, now: datetime = NOON, site: str = SITE) -> None:
        self.site = site
        self.now, self.booted = now, now - timedelta(seconds=100)
        self.boot, self.epoch = uuid.uuid4().hex, uuid.uuid4().hex
        self.astray: timedelta = timedelta(0)
        self.synced: bool | None = True
        self.events: list[Event] = []
        self._seq = 0

    def pass_time(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def reboot(self, astray: timedelta = timedelta(0)) -> None:
        self.boot, self.booted, self.astray, self.synced = uuid.uuid4().hex, self.now, astray, not astray

    def sync(self) -> None:
        self.astray, self.synced = timedelta(0), True

    def say(self, cls: str, late: bool = False, **body) -> None:
        self._seq += 1
        mono = (self.now - self.booted).total_seconds()
        wall = utc_text((self.now + self.astray).astimezone(UTC))
        self.events.append(Event(self._seq, wall, mono, self.boot, self.synced, cls, body, late))

    def camera(self, slot: int, to: str, reason: str | None = None, late: bool = False) -> None:
        self.say("camera", late, slot=slot, to=to, reason=reason)

    def send(self, database, most: int = 100) -> None:
        while self.events:
            batch, self.events = self.events[:most], self.events[most:]
            keep(database, [(topic(self.site, "events"), EventBatch(self.site, self.epoch, tuple(batch)).to_bytes())])


def intervals(database, subject: int | str = 1, site: str = SITE) -> list[tuple[str, datetime, datetime | None]]:
    named = f"camera/{subject}" if isinstance(subject, int) else subject
    return database.execute(
        "SELECT status, began, ended FROM intervals WHERE site = %s AND subject = %s ORDER BY id", (site, named)
    ).fetchall()


def close(one: datetime | None, other: datetime | None) -> bool:
    return one == other or (one is not None and other is not None and abs(one - other) < timedelta(seconds=0.01))


def assert_intervals(database, wanted: list[tuple[str, datetime, datetime | None]], slot: int = 1, site: str = SITE) -> None:
    found = [row for row in intervals(database, slot, site) if row[1] != row[2]]
    assert [row[0] for row in found] == [row[0] for row in wanted]
    assert all(close(a[1], b[1]) and close(a[2], b[2]) for a, b in zip(found, wanted, strict=True)), f"{found}\n{wanted}"
