-- Operations that were put off, by record: what came after them must not overtake. Few, and none while all goes well.
CREATE INDEX sync_operations_put_off ON sync_operations (platform, integration, record_key, id) WHERE status = 0 AND rank = 1;
