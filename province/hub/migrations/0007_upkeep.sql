-- How far the hub's own deletion has come: what is older than `at` by the policy's days may go. `at` moves on by the time since boot
-- (`boot`, `uptime_s`: when it was last moved), so a clock that jumps ahead makes no history old.

CREATE TABLE upkeep (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    at        timestamptz NOT NULL,
    boot      text NOT NULL,
    uptime_s  float8 NOT NULL
);
