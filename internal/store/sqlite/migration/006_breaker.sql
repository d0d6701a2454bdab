-- A window for each version of a credential: pages that began before it was
-- changed and pages that began since do not write over each other.
CREATE TABLE breaker_by_version (
  hub_id     INTEGER NOT NULL,
  platform   INTEGER NOT NULL,
  credential INTEGER NOT NULL,
  answers    BLOB NOT NULL,
  PRIMARY KEY (hub_id, platform, credential)
) WITHOUT ROWID;
INSERT INTO breaker_by_version SELECT hub_id, platform, credential, answers FROM breaker;
DROP TABLE breaker;
ALTER TABLE breaker_by_version RENAME TO breaker;
