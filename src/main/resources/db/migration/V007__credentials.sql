-- Accounts that are kept here instead of in the environment or in config/integrations.yaml.
CREATE TABLE integrations (
    id           TEXT PRIMARY KEY,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    title        TEXT NOT NULL,
    base_url     TEXT,
    settings     TEXT NOT NULL,
    enabled      BOOLEAN NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX integrations_by_platform ON integrations (platform, id);
CREATE INDEX integrations_by_organization ON integrations (organization, id);

-- What seals the secrets: a key of each generation, itself sealed with the key that is not in the database. The newest
-- generation seals; all of them open. kek: which outer key it was, by a fingerprint.
CREATE TABLE vault_keys (
    generation BIGINT PRIMARY KEY,
    wrapped    ${binary} NOT NULL,
    kek        TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE integration_secrets (
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    name         TEXT NOT NULL,
    organization TEXT NOT NULL,
    generation   BIGINT NOT NULL,
    sealed       ${binary} NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (platform, integration, name)
) ${clustered};
CREATE INDEX integration_secrets_by_generation ON integration_secrets (generation);

-- How an integration's credential stands: the tokens that the platform gave for it, and whether it takes them. Those of the
-- environment and the file have a row too, as their tokens rotate as well. lease_*: who renews now; a row whose lease ran
-- out says that somebody began and did not end. sweep_at: when housekeeping renews it though nobody calls.
CREATE TABLE oauth_tokens (
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    organization TEXT NOT NULL,
    generation   BIGINT NOT NULL,
    sealed       ${binary} NOT NULL,
    refused      TEXT,
    version      BIGINT NOT NULL,
    expires_at   BIGINT,
    renew_at     BIGINT,
    sweep_at     BIGINT,
    base_url     TEXT,
    lease_owner  TEXT,
    lease_from   BIGINT,
    lease_until  BIGINT,
    test         TEXT,
    tested_at    BIGINT,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (platform, integration)
) ${clustered};
CREATE INDEX oauth_tokens_by_generation ON oauth_tokens (generation);
CREATE INDEX oauth_tokens_to_sweep ON oauth_tokens (sweep_at) WHERE sweep_at IS NOT NULL;
CREATE INDEX oauth_tokens_refused ON oauth_tokens (platform, integration) WHERE refused IS NOT NULL;

-- Consents that were begun. Only the hash of the state is kept; the PKCE verifier is sealed.
CREATE TABLE oauth_states (
    state_hash   TEXT PRIMARY KEY,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    organization TEXT NOT NULL,
    generation   BIGINT NOT NULL,
    sealed       ${binary} NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX oauth_states_by_expiry ON oauth_states (expires_at);
CREATE INDEX oauth_states_by_generation ON oauth_states (generation);

-- Every use of a secret, counted by the hour: who, which integration's, what for.
CREATE TABLE credential_uses (
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    hour         BIGINT NOT NULL,
    purpose      TEXT NOT NULL,
    actor        TEXT NOT NULL,
    organization TEXT NOT NULL,
    uses         BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    PRIMARY KEY (platform, integration, hour, purpose, actor)
) ${clustered};
