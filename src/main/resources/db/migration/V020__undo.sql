-- What each source record was before an operation changed it, so that the operation can be taken back. body: see SourceCodec.
-- Ids of operations are ordered by time: an operation, a run and a time window of a platform are ranges of the key. Of an
-- undo's own changes, delivery_id is 0 and run_id the undo.
CREATE TABLE source_changes (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    operation_id BIGINT NOT NULL,
    entity       TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    integration  TEXT NOT NULL,
    delivery_id  BIGINT NOT NULL,
    run_id       BIGINT,
    body         TEXT NOT NULL,
    PRIMARY KEY (organization, platform, operation_id, entity, external_id)
) ${clustered};

-- What people took back: first_id and last_id bound the operations, position is the last change that was worked on.
CREATE TABLE undos (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    kind         TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT,
    first_id     BIGINT NOT NULL,
    last_id      BIGINT NOT NULL,
    run_id       BIGINT,
    made_by      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL,
    position     TEXT,
    total        BIGINT NOT NULL,
    changes      BIGINT NOT NULL,
    records      BIGINT NOT NULL,
    fields       BIGINT NOT NULL,
    skipped      BIGINT NOT NULL,
    undone_by    BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
-- Those to go on with: none, nearly always.
CREATE INDEX undos_under_way ON undos (id) WHERE ended_at IS NULL;

-- 1: a person replays it on purpose, though somebody took back what it says.
ALTER TABLE sync_operations ADD COLUMN forced SMALLINT NOT NULL DEFAULT 0;

-- How many golden records each account changed, by minute: what a brake goes by.
CREATE TABLE brake_counts (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    entity       TEXT NOT NULL,
    minute       BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    PRIMARY KEY (organization, platform, integration, entity, minute)
) ${clustered};
CREATE INDEX brake_counts_old ON brake_counts (minute);

-- Accounts that were stopped. state: held, approved, rejected; closed_at: from then on it is history. exempt_until: how long an
-- approved one is not stopped again.
CREATE TABLE brakes (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    entity       TEXT NOT NULL,
    state        TEXT NOT NULL,
    changed      BIGINT NOT NULL,
    allowed      BIGINT NOT NULL,
    window_millis BIGINT NOT NULL,
    decided_by   TEXT,
    reason       TEXT,
    exempt_until BIGINT,
    created_at   BIGINT NOT NULL,
    decided_at   BIGINT,
    closed_at    BIGINT
);
-- One case for an account at a time; asked for every batch of what may be stopped, and nearly always empty.
CREATE UNIQUE INDEX brakes_open ON brakes (organization, platform, integration) WHERE closed_at IS NULL;
