-- When a source left a golden record that nobody kept: it comes back to the one it left last. Those who left together have one place,
-- which is an id; 0 where it was not written down.
ALTER TABLE former_golden_ids ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
