-- What all hubs together know of each credential's quota. Times are epoch milliseconds.

-- One row for each credential: whoever changes anything of it writes this row first, and so stands alone.
CREATE TABLE quota_keys (
    quota_key    TEXT PRIMARY KEY,
    paused_until BIGINT NOT NULL,
    touched_at   BIGINT NOT NULL
);

-- What one hub may still use. permits: calls under way or allowed; slots: of those at once.
CREATE TABLE quota_leases (
    quota_key   TEXT NOT NULL,
    hub         TEXT NOT NULL,
    permits     INTEGER NOT NULL,
    slots       INTEGER NOT NULL,
    wanting     INTEGER NOT NULL,
    valid_until BIGINT NOT NULL,
    PRIMARY KEY (quota_key, hub)
) ${clustered};

-- Calls that were answered, by the moment from which a window of that length no longer holds them.
CREATE TABLE quota_spent (
    quota_key  TEXT NOT NULL,
    per_millis BIGINT NOT NULL,
    hub        TEXT NOT NULL,
    until      BIGINT NOT NULL,
    calls      INTEGER NOT NULL,
    PRIMARY KEY (quota_key, per_millis, hub, until)
) ${clustered};
