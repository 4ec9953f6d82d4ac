-- Gifts: what somebody paid, and what somebody promised to pay again and again. member, campaign and recurring_plan hold
-- references of the form platform/entity/externalId, as in V001. Amounts are in minor units of the currency.

CREATE TABLE transactions (
    id             BIGINT PRIMARY KEY,
    organization   TEXT NOT NULL,
    member         TEXT,
    campaign       TEXT,
    recurring_plan TEXT,
    status         TEXT,
    amount         BIGINT,
    currency       TEXT,
    occurred_at    TEXT,
    attributes     TEXT NOT NULL,
    version        BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    deleted_at     BIGINT,
    merged_into    BIGINT
);
CREATE INDEX transactions_by_member ON transactions (organization, member);

CREATE TABLE recurring_plans (
    id           BIGINT PRIMARY KEY,
    organization TEXT NOT NULL,
    member       TEXT,
    campaign     TEXT,
    status       TEXT,
    amount       BIGINT,
    currency     TEXT,
    started_at   TEXT,
    ended_at     TEXT,
    attributes   TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    deleted_at   BIGINT,
    merged_into  BIGINT
);
CREATE INDEX recurring_plans_by_member ON recurring_plans (organization, member);

-- With room on the same page their indexes stay as they are (see V006).
${postgresql}ALTER TABLE transactions SET (fillfactor = 70);
${postgresql}ALTER TABLE recurring_plans SET (fillfactor = 70);
