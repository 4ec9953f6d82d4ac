-- The audit log is a chain for each organization ('' is the hub's own). seq: an entry's place in its chain, from 1; what was
-- written before there was a chain stands at 0 and below. salt: what the digest of the entry's values (changes, reason) is made
-- with; an entry that was redacted has the digest instead. hash: over the entry before and all of this one.
ALTER TABLE audit_log ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_log ADD COLUMN subject TEXT;
ALTER TABLE audit_log ADD COLUMN salt ${binary};
ALTER TABLE audit_log ADD COLUMN digest ${binary};
ALTER TABLE audit_log ADD COLUMN hash ${binary};

UPDATE audit_log SET seq = n.place
FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY organization ORDER BY id)
                 - COUNT(*) OVER (PARTITION BY organization) AS place FROM audit_log) n
WHERE audit_log.id = n.id;

-- The chains are read in order by whoever verifies them or lists an organization's entries.
CREATE UNIQUE INDEX audit_log_chain ON audit_log (organization, seq);
-- One operation's entries: part of its story.
CREATE INDEX audit_log_by_operation ON audit_log (operation_id, id) WHERE operation_id IS NOT NULL;

-- Where each chain ends. number: which of the chains it is, from 1; at '' how many there are beside it. begun_after: how many
-- entries stand before the chain. mac: by a key that is not in the database; empty until the first entry.
CREATE TABLE audit_chains (
    organization TEXT PRIMARY KEY,
    number       BIGINT NOT NULL,
    begun_after  BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    hash         ${binary},
    mac          TEXT NOT NULL
);
${postgresql}ALTER TABLE audit_chains SET (fillfactor = 50);
INSERT INTO audit_chains (organization, number, begun_after, seq, hash, mac)
SELECT organization, 0, COUNT(*), 0, NULL, '' FROM audit_log GROUP BY organization;

-- Keys that are derived from one that is here under the outer key's seal.
CREATE TABLE hub_keys (
    name       TEXT PRIMARY KEY,
    wrapped    ${binary} NOT NULL,
    kek        TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Entries stay as they are, but for the redaction of a person's values.
${sqlite}CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
${sqlite}BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
${sqlite}CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log
${sqlite}WHEN NOT (NEW.changes = '{"redacted":true}' AND NEW.reason IS NULL AND NEW.salt IS NULL
${sqlite}     AND (OLD.seq <= 0 OR OLD.salt IS NOT NULL AND length(NEW.digest) = 32)
${sqlite}     AND NEW.id = OLD.id AND NEW.organization = OLD.organization AND NEW.seq = OLD.seq AND NEW.actor = OLD.actor
${sqlite}     AND NEW.action = OLD.action AND NEW.entity = OLD.entity AND NEW.golden_id IS OLD.golden_id
${sqlite}     AND NEW.operation_id IS OLD.operation_id AND NEW.subject IS OLD.subject
${sqlite}     AND NEW.created_at = OLD.created_at AND NEW.hash IS OLD.hash)
${sqlite}BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
${postgresql}CREATE FUNCTION audit_log_guard() RETURNS trigger AS $guard$
${postgresql}BEGIN
${postgresql}  RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = '23514';
${postgresql}END $guard$ LANGUAGE plpgsql;
${postgresql}CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_guard();
${postgresql}CREATE TRIGGER audit_log_kept BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard();
${postgresql}CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log FOR EACH ROW
${postgresql}WHEN (NOT (NEW.changes = '{"redacted":true}' AND NEW.reason IS NULL AND NEW.salt IS NULL
${postgresql}     AND (OLD.seq <= 0 OR OLD.salt IS NOT NULL AND length(NEW.digest) = 32)
${postgresql}     AND NEW.id = OLD.id AND NEW.organization = OLD.organization AND NEW.seq = OLD.seq AND NEW.actor = OLD.actor
${postgresql}     AND NEW.action = OLD.action AND NEW.entity = OLD.entity AND NEW.golden_id IS NOT DISTINCT FROM OLD.golden_id
${postgresql}     AND NEW.operation_id IS NOT DISTINCT FROM OLD.operation_id AND NEW.subject IS NOT DISTINCT FROM OLD.subject
${postgresql}     AND NEW.created_at = OLD.created_at AND NEW.hash IS NOT DISTINCT FROM OLD.hash))
${postgresql}EXECUTE FUNCTION audit_log_guard();
