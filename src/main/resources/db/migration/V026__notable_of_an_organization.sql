-- The failed, ignored, held and dead operations of one organization, newest first: found without those of all others.
CREATE INDEX sync_operations_notable_of ON sync_operations (organization, status, id) WHERE status > 2;
