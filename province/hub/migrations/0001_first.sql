-- What the hub keeps of its facilities. Instants of facilities are by their own clocks; received_at, last_seen by the hub's.

CREATE TABLE sites (
    site        text PRIMARY KEY,
    first_seen  timestamptz NOT NULL DEFAULT now(),
    last_seen   timestamptz NOT NULL DEFAULT now()
);

-- The life of one outbox file; acked: everything up to it is committed and was said to be.
CREATE TABLE epochs (
    site        text NOT NULL REFERENCES sites,
    epoch       text NOT NULL,
    acked       bigint NOT NULL DEFAULT 0,
    first_seen  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, epoch)
);

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
    arrival      bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (site, epoch, seq),
    FOREIGN KEY (site, epoch) REFERENCES epochs
);
CREATE INDEX events_by_time ON events (site, wall);

-- What is missing, and is known to be: declared by the agent (an event of class gap), or found here.
CREATE TABLE gaps (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site        text NOT NULL REFERENCES sites,
    epoch       text NOT NULL,
    seq         bigint NOT NULL,
    cause       text NOT NULL,
    from_seq    bigint,
    to_seq      bigint,
    body        jsonb NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (site, epoch, seq, cause)
);

-- The present of a facility. connection: the one that link speaks of; a late will names another and changes nothing.
CREATE TABLE facility_state (
    site         text PRIMARY KEY REFERENCES sites,
    link         text NOT NULL DEFAULT 'offline' CHECK (link IN ('online', 'offline')),
    link_reason  text NOT NULL DEFAULT '',
    link_since   timestamptz NOT NULL DEFAULT now(),
    connection   text,
    number       bigint,
    state        jsonb,
    state_at     timestamptz
);

CREATE TABLE device_state (
    site        text NOT NULL REFERENCES sites,
    slot        integer NOT NULL CHECK (slot BETWEEN 1 AND 126),
    name        text NOT NULL,
    status      text NOT NULL CHECK (status IN ('up', 'frozen', 'down', 'unreachable', 'unknown')),
    reason      text,
    since       timestamptz,
    measured    jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, slot)
);

-- Documents that were not taken, counted: somebody must look at these.
CREATE TABLE refusals (
    topic     text NOT NULL,
    reason    text NOT NULL,
    times     bigint NOT NULL DEFAULT 1,
    first_at  timestamptz NOT NULL DEFAULT now(),
    last_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, reason)
);

CREATE TABLE verdicts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    appended_at  timestamptz NOT NULL DEFAULT now(),
    appended_by  text NOT NULL,
    province     text NOT NULL,
    area         text,
    judged_at    timestamptz NOT NULL,
    document     jsonb NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER verdicts_keep_rows BEFORE UPDATE OR DELETE ON verdicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verdicts_keep_table BEFORE TRUNCATE ON verdicts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
