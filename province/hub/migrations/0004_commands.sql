-- What the hub asked of a facility's agent, and what became of it.
CREATE TABLE commands (
    site         text NOT NULL,
    number       bigint NOT NULL,
    name         text NOT NULL,
    asked_by     text NOT NULL,
    asked_at     timestamptz NOT NULL DEFAULT now(),
    expires      timestamptz NOT NULL,
    message      bytea NOT NULL,
    sent_at      timestamptz,
    status       text,
    detail       text,
    answered_at  timestamptz,
    PRIMARY KEY (site, number)
);
CREATE INDEX commands_to_send ON commands (site) WHERE sent_at IS NULL;
