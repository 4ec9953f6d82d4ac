-- What one organization sees is found by its own rows, however many those of the others are. Said as an expression, so that only who
-- asks in these words takes such an index: without statistics SQLite would prefer it to a better one, for the order it has.
CREATE INDEX sync_operations_of ON sync_operations ((organization || ''), id);
CREATE INDEX sync_conflicts_of ON sync_conflicts ((organization || ''), id);
CREATE INDEX duplicate_candidates_of ON duplicate_candidates ((organization || ''), id);
CREATE INDEX sync_runs_of ON sync_runs ((organization || ''), id);
CREATE INDEX pushes_of ON pushes ((organization || ''), golden_id);
CREATE INDEX members_of ON members ((organization || ''), id);
CREATE INDEX events_of ON events ((organization || ''), id);
CREATE INDEX registrations_of ON registrations ((organization || ''), id);
CREATE INDEX memberships_of ON memberships ((organization || ''), id);
CREATE INDEX campaigns_of ON campaigns ((organization || ''), id);
CREATE INDEX transactions_of ON transactions ((organization || ''), id);
CREATE INDEX recurring_plans_of ON recurring_plans ((organization || ''), id);
-- And what waits of it, as there is one of all.
CREATE INDEX duplicate_candidates_waiting_of ON duplicate_candidates (organization, id) WHERE status = 'open';
CREATE INDEX pushes_notable_of ON pushes (organization, status, golden_id) WHERE status > 2;
