-- Runs that have not ended: few, among a history of very many.
CREATE INDEX sync_runs_under_way ON sync_runs (kind, started_at) WHERE ended_at IS NULL;
