-- Imports and exports. sealed holds the URLs, which carry signatures.
CREATE TABLE job (
  hub_id      INTEGER NOT NULL,
  id          TEXT NOT NULL,
  type        INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  progress    INTEGER NOT NULL,
  sealed      BLOB NOT NULL,
  failure     TEXT NOT NULL DEFAULT '',
  output_path TEXT NOT NULL DEFAULT '',
  failed_path TEXT NOT NULL DEFAULT '',
  created_at  INTEGER,
  updated_at  INTEGER,
  ended_at    INTEGER,
  PRIMARY KEY (hub_id, id)
) WITHOUT ROWID;
CREATE INDEX job_end ON job (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_unfinished ON job (hub_id) WHERE ended_at IS NULL;

-- What jobs have to write into their files and is not in storage yet.
CREATE TABLE job_staged (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  hub_id  INTEGER NOT NULL,
  job     TEXT NOT NULL,
  file    INTEGER NOT NULL,
  content BLOB NOT NULL
);
CREATE INDEX job_staged_file ON job_staged (hub_id, job, file, id);

-- A page of a list, and of an export, is a short walk along this index; without
-- it each page would read and sort the whole hub.
CREATE INDEX registration_number ON registration (hub_id, number);
