-- Which accounts are pushed to: asked every few seconds, and of many accounts few are.
CREATE INDEX integrations_pushed_to ON integrations (platform) WHERE settings LIKE '%"push":%';

-- Pulled pages that wait: each organization has room of its own.
CREATE INDEX sync_operations_bulk_waiting ON sync_operations (organization, platform) WHERE status = 0 AND type = 2;
