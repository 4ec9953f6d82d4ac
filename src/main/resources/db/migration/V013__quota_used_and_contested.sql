-- Which share of its platform's quota a run took; null where it has not ended, or the platform has no window.
ALTER TABLE sync_runs ADD COLUMN quota_used DOUBLE PRECISION;

-- The fields by which a push is held, as one JSON object: field to {there, here, choice}. choice: what a person said of these two
-- values; absent until then.
ALTER TABLE pushes ADD COLUMN contested TEXT;
-- Those held before are looked at once more, so that their values are known.
UPDATE pushes SET status = 1, rank = 1 WHERE status = 4;
