-- A person's word about a field stands at the golden record golden_id. It was said of the golden record home: the two differ while
-- that one is merged into the other, so that the word goes back when they are parted again. Where several words about a
-- field meet, the one that was said of the record itself stands, else that of the smallest home.
ALTER TABLE field_overrides RENAME TO field_overrides_before;
CREATE TABLE field_overrides (
    home         BIGINT NOT NULL,
    field        TEXT NOT NULL,
    golden_id    BIGINT NOT NULL,
    organization TEXT NOT NULL,
    value        TEXT NOT NULL,
    decided_by   TEXT NOT NULL,
    reason       TEXT NOT NULL,
    decided_at   BIGINT NOT NULL,
    PRIMARY KEY (home, field)
) ${clustered};
INSERT INTO field_overrides (home, field, golden_id, organization, value, decided_by, reason, decided_at)
SELECT golden_id, field, golden_id, organization, value, decided_by, reason, decided_at FROM field_overrides_before;
DROP TABLE field_overrides_before;
-- Asked for the golden records of every batch.
CREATE INDEX field_overrides_by_golden ON field_overrides (golden_id);

-- Of a conflict whose status is 'resolved': who said what, when and why. act: the entry of the audit log.
ALTER TABLE sync_conflicts ADD COLUMN resolved_by TEXT;
ALTER TABLE sync_conflicts ADD COLUMN resolved_at BIGINT;
ALTER TABLE sync_conflicts ADD COLUMN choice TEXT;
ALTER TABLE sync_conflicts ADD COLUMN reason TEXT;
ALTER TABLE sync_conflicts ADD COLUMN act BIGINT;
-- When an override is lifted, the conflict that it resolved is opened again.
CREATE INDEX sync_conflicts_resolved ON sync_conflicts (golden_id, field) WHERE status = 'resolved';

-- Why, in the words of whoever acted.
ALTER TABLE audit_log ADD COLUMN reason TEXT;

-- What people said of who is who. kind: same, apart. A lifted one stays, so that it can be explained.
CREATE TABLE identity_rulings (
    id            BIGINT PRIMARY KEY,
    organization  TEXT NOT NULL,
    kind          TEXT NOT NULL,
    made_by       TEXT NOT NULL,
    made_at       BIGINT NOT NULL,
    reason        TEXT NOT NULL,
    lifted_by     TEXT,
    lifted_at     BIGINT,
    lifted_reason TEXT
);
-- Of which source records: those of side 0 and those of side 1, each with each.
CREATE TABLE identity_ruling_sources (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    ruling_id    BIGINT NOT NULL,
    side         SMALLINT NOT NULL,
    PRIMARY KEY (organization, platform, external_id, ruling_id)
) ${clustered};
CREATE INDEX identity_ruling_sources_by_ruling ON identity_ruling_sources (ruling_id);
-- 1: somebody ruled about it, now or once. Read with the record, so that all others cost no question.
ALTER TABLE external_integrations ADD COLUMN ruled SMALLINT;

-- Which golden records a source belonged to before: who is parted again is who they were.
CREATE TABLE former_golden_ids (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    golden_id    BIGINT NOT NULL,
    PRIMARY KEY (organization, platform, external_id, golden_id)
) ${clustered};

-- Of a candidate whose status is 'merged' or 'rejected': who said so, when and why, and by which ruling.
ALTER TABLE duplicate_candidates ADD COLUMN decided_by TEXT;
ALTER TABLE duplicate_candidates ADD COLUMN decided_at BIGINT;
ALTER TABLE duplicate_candidates ADD COLUMN decided_why TEXT;
ALTER TABLE duplicate_candidates ADD COLUMN ruling BIGINT;
-- When a ruling is lifted, its candidates are open to be reported again.
CREATE INDEX duplicate_candidates_ruled ON duplicate_candidates (ruling) WHERE ruling IS NOT NULL;
