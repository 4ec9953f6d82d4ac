-- Under which ids an account's records are kept. Two accounts of one platform in one organization may mean two things by one
-- id, and what one of them holds the other does not: the first that spoke keeps the platform's own ids, every other has its
-- name and a colon before them.
CREATE TABLE source_accounts (
    organization TEXT NOT NULL,
    platform     TEXT NOT NULL,
    integration  TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    PRIMARY KEY (organization, platform, integration)
) ${clustered};
CREATE UNIQUE INDEX source_accounts_first ON source_accounts (organization, platform) WHERE prefix = '';

-- What is there already was kept under the platform's own ids, whoever said it: it counts as the first one's.
INSERT INTO source_accounts (organization, platform, integration, prefix)
SELECT organization, platform, integration, CASE WHEN place = 1 THEN '' ELSE integration || ':' END
FROM (SELECT organization, platform, integration,
             ROW_NUMBER() OVER (PARTITION BY organization, platform ORDER BY MIN(id)) AS place
      FROM deliveries GROUP BY organization, platform, integration) spoke;
