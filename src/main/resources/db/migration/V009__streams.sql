-- Where each stream stands. next_run_at: when it is due; while a hub reads it, until when its lease lasts, so that whoever
-- finds it due may take it up; null where only people start it. turn: which claim writes; all others have lost it.
CREATE TABLE cursors (
    organization  TEXT NOT NULL,
    platform      TEXT NOT NULL,
    integration   TEXT NOT NULL,
    stream        TEXT NOT NULL,
    high_water    TEXT,
    walked_millis BIGINT NOT NULL,
    checkpoint    TEXT,
    run_id        BIGINT,
    next_run_at   BIGINT,
    full_at       BIGINT,
    owner         TEXT,
    turn          BIGINT NOT NULL,
    failures      INTEGER NOT NULL,
    stopping      SMALLINT NOT NULL,
    PRIMARY KEY (organization, platform, integration, stream)
) ${clustered};
CREATE INDEX cursors_due ON cursors (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX cursors_owned ON cursors (owner) WHERE owner IS NOT NULL;

-- What became of each run.
CREATE TABLE sync_runs (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    stream       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL,
    since        TEXT,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    pages        BIGINT NOT NULL,
    applied      BIGINT NOT NULL,
    items        BIGINT NOT NULL,
    created      BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    unchanged    BIGINT NOT NULL,
    refused      BIGINT NOT NULL,
    conflicts    BIGINT NOT NULL,
    calls        BIGINT NOT NULL,
    bytes        BIGINT NOT NULL,
    total        BIGINT NOT NULL,
    error        TEXT
);
CREATE INDEX sync_runs_ended ON sync_runs (ended_at) WHERE ended_at IS NOT NULL;

-- The records of another stream for each of which this stream is a list. known: its list was read to the end once.
CREATE TABLE stream_ids (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    stream       TEXT NOT NULL,
    id           TEXT NOT NULL,
    known        SMALLINT NOT NULL,
    PRIMARY KEY (organization, platform, integration, stream, id)
) ${clustered};
