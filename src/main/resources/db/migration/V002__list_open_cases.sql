-- What waits for a person is listed newest first, past however many were settled before. Both are rare.
CREATE INDEX sync_conflicts_waiting ON sync_conflicts (status, id) WHERE status = 'open';
CREATE INDEX duplicate_candidates_waiting ON duplicate_candidates (status, id) WHERE status = 'open';
