-- Whether another hub works on a record is asked once for every operation that is claimed; whose claims they are, rarely.
DROP INDEX sync_operations_claimed;
CREATE INDEX sync_operations_claimed ON sync_operations (record_key, platform, owner) WHERE status = 1;
