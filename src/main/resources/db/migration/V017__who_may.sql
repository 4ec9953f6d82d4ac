-- Keys to the API. Of the secret only its SHA-256: it is 256 random bits. organization: NULL sees all.
CREATE TABLE api_keys (
    id           BIGINT PRIMARY KEY,
    name         TEXT NOT NULL,
    organization TEXT,
    permissions  TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT,
    last_used_at BIGINT,
    secret_hash  ${binary} NOT NULL
);
-- The list that an organization's own administrator sees.
CREATE INDEX api_keys_by_organization ON api_keys (organization, id);

-- Browsers that signed in, at any of the hubs. opened_by: the key's id, or which admin token it was, by a fingerprint.
-- expires_at moves on with use, until ends_at.
CREATE TABLE sessions (
    id_hash    TEXT PRIMARY KEY,
    opened_by  TEXT NOT NULL,
    opened_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
) ${clustered};
-- They end with their key, and the oldest give way to new ones.
CREATE INDEX sessions_by_opener ON sessions (opened_by, opened_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
