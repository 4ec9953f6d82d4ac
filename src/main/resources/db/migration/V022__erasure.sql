-- Who was erased and does not come back by the next pull: codes of e-mail addresses and of platforms' ids, made with a key that is
-- not in the database.
CREATE TABLE suppression_marks (
    organization TEXT NOT NULL,
    mark         TEXT NOT NULL,
    erasure_id   BIGINT NOT NULL,
    PRIMARY KEY (organization, mark)
) ${clustered};
-- Lifted together.
CREATE INDEX suppression_marks_by_erasure ON suppression_marks (erasure_id);

-- Erasures. Raw deliveries are walked through afterwards: sought is by what they are known, sealed, and empty when that has ended;
-- position is the last delivery that was looked at, until the last there was.
CREATE TABLE erasures (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    record_id    BIGINT NOT NULL,
    erased_by    TEXT NOT NULL,
    reason       TEXT NOT NULL,
    sought       ${binary},
    position     BIGINT NOT NULL,
    until        BIGINT NOT NULL,
    deliveries   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    swept_at     BIGINT,
    lifted_at    BIGINT
);
CREATE INDEX erasures_under_way ON erasures (id) WHERE swept_at IS NULL;
CREATE INDEX erasures_by_record ON erasures (record_id);

-- Who was merged into a person is erased with them.
CREATE INDEX members_merged ON members (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX duplicate_candidates_other ON duplicate_candidates (golden_b);
CREATE INDEX sync_conflicts_by_golden ON sync_conflicts (golden_id);
