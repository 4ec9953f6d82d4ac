-- What was counted of each organization's account on each platform, by the minute, by ten minutes and by the hour, so that
-- a range of any length is read from few rows. at: when the row's time begins, in epoch milliseconds. latency_N: operations
-- that took up to N milliseconds, and longer than the column before says.
CREATE TABLE traffic (
    minutes               INTEGER NOT NULL,
    at                    BIGINT NOT NULL,
    organization          TEXT NOT NULL,
    platform              TEXT NOT NULL,
    accepted              BIGINT NOT NULL,
    duplicate             BIGINT NOT NULL,
    refused_signature     BIGINT NOT NULL,
    refused_replay_window BIGINT NOT NULL,
    refused_rate_limit    BIGINT NOT NULL,
    refused_other         BIGINT NOT NULL,
    success               BIGINT NOT NULL,
    ignored               BIGINT NOT NULL,
    conflict              BIGINT NOT NULL,
    failed                BIGINT NOT NULL,
    dead                  BIGINT NOT NULL,
    push_settled          BIGINT NOT NULL,
    push_due              BIGINT NOT NULL,
    push_failed           BIGINT NOT NULL,
    push_held             BIGINT NOT NULL,
    call_ok               BIGINT NOT NULL,
    call_failed           BIGINT NOT NULL,
    call_throttled        BIGINT NOT NULL,
    latency_millis        BIGINT NOT NULL,
    latency_5             BIGINT NOT NULL,
    latency_10            BIGINT NOT NULL,
    latency_20            BIGINT NOT NULL,
    latency_50            BIGINT NOT NULL,
    latency_100           BIGINT NOT NULL,
    latency_200           BIGINT NOT NULL,
    latency_500           BIGINT NOT NULL,
    latency_1000          BIGINT NOT NULL,
    latency_2000          BIGINT NOT NULL,
    latency_5000          BIGINT NOT NULL,
    latency_10000         BIGINT NOT NULL,
    latency_30000         BIGINT NOT NULL,
    latency_60000         BIGINT NOT NULL,
    latency_300000        BIGINT NOT NULL,
    latency_1800000       BIGINT NOT NULL,
    latency_more          BIGINT NOT NULL,
    PRIMARY KEY (minutes, at, organization, platform)
) ${clustered};

-- That a rule of config/alerts.yaml is broken, or was. Nobody was told of one without fired_at. Times are epoch milliseconds.
CREATE TABLE alerts (
    id              BIGINT PRIMARY KEY,
    rule            TEXT NOT NULL,
    severity        TEXT NOT NULL,
    organization    TEXT NOT NULL,
    platform        TEXT NOT NULL,
    state           TEXT NOT NULL,
    since           BIGINT NOT NULL,
    value           DOUBLE PRECISION NOT NULL,
    fired_at        BIGINT,
    told_at         BIGINT,
    right_since     BIGINT,
    resolved_at     BIGINT,
    acknowledged_by TEXT,
    acknowledged_at BIGINT
);
-- One at a time of each rule and subject; each look at the rules reads those that are open.
CREATE UNIQUE INDEX alerts_open ON alerts (rule, organization, platform) WHERE resolved_at IS NULL;

-- What people have to be told, by which channel. next_at: when it is tried again, or by when whoever tries it now is done.
CREATE TABLE alert_notices (
    id           BIGINT PRIMARY KEY,
    alert_id     BIGINT NOT NULL,
    channel      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    severity     TEXT NOT NULL,
    rule         TEXT NOT NULL,
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    attempts     INTEGER NOT NULL,
    next_at      BIGINT,
    sent_at      BIGINT,
    given_up_at  BIGINT,
    error        TEXT
);
-- Looked for every few seconds, and almost never there.
CREATE INDEX alert_notices_due ON alert_notices (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX alert_notices_by_alert ON alert_notices (alert_id);

-- Which hub looks at the rules, and until when.
CREATE TABLE alert_watch (
    id    INTEGER PRIMARY KEY,
    hub   TEXT NOT NULL,
    until BIGINT NOT NULL
);
