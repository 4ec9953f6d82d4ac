-- One SQL for SQLite and PostgreSQL; what differs is a placeholder, set by Database. Times are epoch milliseconds; ids are
-- time-ordered 64-bit numbers (TSID).

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What arrived, byte for byte. Never updated.
CREATE TABLE deliveries (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    received_at  BIGINT NOT NULL,
    kind         TEXT,
    record_key   TEXT,
    headers      TEXT NOT NULL,
    body         ${binary} NOT NULL
);

-- Ids that a platform's contract calls unique, so that a second delivery of the same is dropped.
CREATE TABLE delivery_ids (
    scope       TEXT NOT NULL,
    unique_id   TEXT NOT NULL,
    delivery_id BIGINT NOT NULL,
    PRIMARY KEY (scope, unique_id)
) ${clustered};
CREATE INDEX delivery_ids_by_delivery ON delivery_ids (delivery_id);

-- The durable queue. rank: 0 for a first try, 1 after a failure, so that retries yield within their class.
CREATE TABLE sync_operations (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    type         SMALLINT NOT NULL,
    status       SMALLINT NOT NULL,
    rank         SMALLINT NOT NULL,
    attempts     INTEGER NOT NULL,
    not_before   BIGINT NOT NULL,
    owner        TEXT,
    delivery_id  BIGINT NOT NULL,
    kind         TEXT,
    record_key   TEXT,
    error_code   TEXT,
    error        TEXT,
    created_at   BIGINT NOT NULL,
    processed_at BIGINT
);
-- Claims walk this in order and touch nothing that is finished.
CREATE INDEX sync_operations_ready ON sync_operations (platform, type, rank, not_before, id) WHERE status = 0;
CREATE INDEX sync_operations_claimed ON sync_operations (owner, record_key) WHERE status = 1;
-- Failed, ignored and dead operations are few and looked for; successes are many and are found by id.
CREATE INDEX sync_operations_notable ON sync_operations (status, id) WHERE status > 2;
CREATE INDEX sync_operations_by_delivery ON sync_operations (delivery_id) WHERE status > 2;

-- A dead letter: why an operation was given up. The payload is its delivery.
CREATE TABLE dead_letters (
    operation_id BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    code         TEXT NOT NULL,
    cause        TEXT NOT NULL,
    digest       TEXT NOT NULL,
    stack        TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    first_died_at BIGINT NOT NULL,
    died_at      BIGINT NOT NULL,
    redrives     INTEGER NOT NULL,
    redrive_at   BIGINT
);
CREATE INDEX dead_letters_due ON dead_letters (redrive_at) WHERE redrive_at IS NOT NULL;

-- One row per running hub; a hub whose heartbeat stopped has lost its claims.
CREATE TABLE hubs (
    owner        TEXT PRIMARY KEY,
    heartbeat_at BIGINT NOT NULL
);

-- Source records: every platform's latest view of a record. The body holds the observations (see SourceCodec).
CREATE TABLE external_integrations (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    entity       TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    golden_id    BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    body         TEXT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (organization, platform, entity, external_id)
) ${clustered};
CREATE INDEX external_integrations_by_golden ON external_integrations (golden_id);

-- Every e-mail a member source ever showed: identity is a function of these, whatever the order of arrival.
CREATE TABLE member_emails (
    organization TEXT NOT NULL,
    email        TEXT NOT NULL,
    platform     TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    PRIMARY KEY (organization, email, platform, external_id)
) ${clustered};

CREATE TABLE members (
    id            BIGINT PRIMARY KEY,
    organization  TEXT NOT NULL,
    email         TEXT,
    first_name    TEXT,
    last_name     TEXT,
    phone         TEXT,
    birth_date    TEXT,
    address_line1 TEXT,
    address_line2 TEXT,
    city          TEXT,
    region        TEXT,
    postal_code   TEXT,
    country       TEXT,
    consent_email TEXT,
    consent_sms   TEXT,
    attributes    TEXT NOT NULL,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    deleted_at    BIGINT,
    merged_into   BIGINT
);
CREATE INDEX members_by_email ON members (organization, email);

CREATE TABLE events (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    name         TEXT,
    starts_at    TEXT,
    ends_at      TEXT,
    status       TEXT,
    attributes   TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    deleted_at   BIGINT,
    merged_into  BIGINT
);

-- member, event and campaign hold references of the form platform/entity/externalId, resolved through
-- external_integrations: a merge of two people re-points source records and rewrites nothing here.
CREATE TABLE registrations (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    member       TEXT,
    event        TEXT,
    status       TEXT,
    attributes   TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    deleted_at   BIGINT,
    merged_into  BIGINT
);
CREATE INDEX registrations_by_member ON registrations (organization, member);

CREATE TABLE memberships (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    member       TEXT,
    campaign     TEXT,
    status       TEXT,
    amount       BIGINT,
    currency     TEXT,
    attributes   TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    deleted_at   BIGINT,
    merged_into  BIGINT
);
CREATE INDEX memberships_by_member ON memberships (organization, member);

CREATE TABLE campaigns (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    name         TEXT,
    url          TEXT,
    attributes   TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    deleted_at   BIGINT,
    merged_into  BIGINT
);

-- Where every field of a golden record came from: one row per golden record, field to provenance (see ProvenanceCodec).
CREATE TABLE field_provenance (
    golden_id    BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    entity       TEXT NOT NULL,
    fields       TEXT NOT NULL
);

-- Human decisions about single fields; they beat every rule.
CREATE TABLE field_overrides (
    golden_id    BIGINT NOT NULL,
    field        TEXT NOT NULL,
    organization TEXT NOT NULL,
    value        TEXT NOT NULL,
    decided_by   TEXT NOT NULL,
    reason       TEXT NOT NULL,
    decided_at   BIGINT NOT NULL,
    PRIMARY KEY (golden_id, field)
) ${clustered};

CREATE TABLE sync_conflicts (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    entity       TEXT NOT NULL,
    golden_id    BIGINT NOT NULL,
    field        TEXT NOT NULL,
    status       TEXT NOT NULL,
    standing     TEXT NOT NULL,
    rivals       TEXT NOT NULL,
    operation_id BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sync_conflicts_open ON sync_conflicts (golden_id, field) WHERE status = 'open';
CREATE INDEX sync_conflicts_list ON sync_conflicts (organization, status, id);

CREATE TABLE duplicate_candidates (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    golden_a     BIGINT NOT NULL,
    golden_b     BIGINT NOT NULL,
    reason       TEXT NOT NULL,
    status       TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX duplicate_candidates_pair ON duplicate_candidates (golden_a, golden_b);

-- The outbox: what has to be told to a platform. One row per golden record and target: the latest state wins.
CREATE TABLE pushes (
    golden_id    BIGINT NOT NULL,
    target       TEXT NOT NULL,
    organization TEXT NOT NULL,
    entity       TEXT NOT NULL,
    status       TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (golden_id, target)
) ${clustered};

-- Append-only. changes: field to [before, after].
CREATE TABLE audit_log (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    actor        TEXT NOT NULL,
    action       TEXT NOT NULL,
    entity       TEXT NOT NULL,
    golden_id    BIGINT,
    operation_id BIGINT,
    changes      TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX audit_log_by_golden ON audit_log (golden_id, id);
