-- Actions that were sent with an Idempotency-Key, and how they were answered. status: null while the first is under way.
CREATE TABLE idempotent_requests (
    caller       TEXT NOT NULL,
    request_key  TEXT NOT NULL,
    digest       TEXT NOT NULL,
    status       INTEGER,
    content_type TEXT,
    body         TEXT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (caller, request_key)
) ${clustered};
CREATE INDEX idempotent_requests_by_age ON idempotent_requests (created_at);
