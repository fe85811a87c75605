-- What events tell, as intervals; and events by month, so that old months can go at once.

-- True time of a box's boot: an event's instant is offset_s + its mono. From the first event of the boot whose clock was synchronised.
CREATE TABLE clocks (
    site      text NOT NULL REFERENCES sites,
    boot      text NOT NULL,
    offset_s  double precision NOT NULL,
    PRIMARY KEY (site, boot)
);

-- Until when each connection was heard, by the hub's clock: where an agent died without a word.
CREATE TABLE heard (
    site        text NOT NULL REFERENCES sites,
    connection  text NOT NULL,
    first_at    timestamptz NOT NULL DEFAULT now(),
    last_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, connection)
);

-- From when to when a word held of a subject, by the box's clock put right: "camera/3", "disk", ...; "link": as the hub saw it, by the hub's.
-- boot, mono: where it began, to date it again once that boot's clock is known. late: the word came after the fact.
-- held_status: what was true before a time in which nobody looked, and is taken up again after it.
CREATE TABLE intervals (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site         text NOT NULL REFERENCES sites,
    subject      text NOT NULL,
    status       text NOT NULL,
    reason       text,
    began        timestamptz NOT NULL,
    ended        timestamptz,
    boot         text,
    mono         double precision,
    late         boolean NOT NULL DEFAULT false,
    held_status  text,
    held_reason  text,
    CHECK (ended IS NULL OR ended >= began)
);
CREATE UNIQUE INDEX intervals_open ON intervals (site, subject) WHERE ended IS NULL;
CREATE INDEX intervals_of_subject ON intervals (site, subject, began);
CREATE INDEX intervals_by_end ON intervals (ended);

ALTER TABLE epochs ADD COLUMN last_at timestamptz;

-- Boots that spoke for a facility. One that speaks again after a later one did is a second machine with the same certificate.
CREATE TABLE boots (
    site      text NOT NULL REFERENCES sites,
    boot      text NOT NULL,
    first_at  timestamptz NOT NULL DEFAULT now(),
    last_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, boot)
);
ALTER TABLE facility_state ADD COLUMN duplicate_at timestamptz;

ALTER TABLE events RENAME TO events_first;
ALTER INDEX events_by_time RENAME TO events_first_by_time;
CREATE SEQUENCE events_arrival;
CREATE TABLE events (
    site         text NOT NULL,
    epoch        text NOT NULL,
    seq          bigint NOT NULL,
    wall         timestamptz NOT NULL,
    mono         double precision NOT NULL,
    boot         text NOT NULL,
    clock_synced boolean,
    class        text NOT NULL,
    body         jsonb NOT NULL,
    late         boolean NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    arrival      bigint NOT NULL DEFAULT nextval('events_arrival'),
    -- A partition's key must hold the column that it is cut by. That a number comes once is what epochs.acked is for.
    PRIMARY KEY (site, epoch, seq, received_at),
    FOREIGN KEY (site, epoch) REFERENCES epochs
) PARTITION BY RANGE (received_at);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX events_by_time ON events (site, wall);
INSERT INTO events (site, epoch, seq, wall, mono, boot, clock_synced, class, body, late, received_at)
    SELECT site, epoch, seq, wall, mono, boot, clock_synced, class, body, late, received_at FROM events_first ORDER BY arrival;
DROP TABLE events_first;
