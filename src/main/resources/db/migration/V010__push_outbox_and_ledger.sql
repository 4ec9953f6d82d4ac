-- The outbox and the ledger of our own writes: what has to be told to an account of a platform, what it was told last, and
-- what it made of that. One row per golden record, target and account: the latest state wins. Nobody read the rows of
-- before: an enqueue of the target finds whom they were about.
DROP TABLE pushes;

-- status: 0 nothing to do, 1 due, 2 under way, 3 failed, 4 held for a person. rank: 0 a withdrawal of consent, 1 all else.
-- version grows with every change, so that one while a push is under way makes it due again. forced: a person said to send it
-- whatever the target has. pushed, sending: see Pushed; what is being sent stays until it is known to have arrived or not. seen:
-- field to the latest state in which the target repeated our own words.
CREATE TABLE pushes (
    golden_id    BIGINT NOT NULL,
    target       TEXT NOT NULL,
    integration  TEXT NOT NULL,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    entity       TEXT NOT NULL,
    status       SMALLINT NOT NULL,
    rank         SMALLINT NOT NULL,
    version      BIGINT NOT NULL,
    attempts     INTEGER NOT NULL,
    not_before   BIGINT NOT NULL,
    owner        TEXT,
    forced       SMALLINT NOT NULL,
    error_code   TEXT,
    error        TEXT,
    external_id  TEXT,
    item_key     TEXT,
    pushed       TEXT,
    pushed_at    BIGINT,
    sending      TEXT,
    sending_at   BIGINT,
    seen         TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (golden_id, target, integration)
);
-- Claims walk this in order; where nothing is due it is empty.
CREATE INDEX pushes_due ON pushes (target, integration, rank, not_before, golden_id) WHERE status = 1;
CREATE INDEX pushes_claimed ON pushes (owner) WHERE status = 2;
-- What waits for a person.
CREATE INDEX pushes_notable ON pushes (status, golden_id) WHERE status > 2;
-- An incoming record looks here whether it repeats what we wrote.
CREATE INDEX pushes_by_external_id ON pushes (organization, platform, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX pushes_by_key ON pushes (organization, platform, item_key) WHERE item_key IS NOT NULL;
${postgresql}ALTER TABLE pushes SET (fillfactor = 70);
