CREATE TABLE counter (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('sequence', 0), ('credential', 0);

CREATE TABLE seal_check (
  sealed BLOB NOT NULL
);

CREATE TABLE hub (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL,
  name_key   TEXT NOT NULL UNIQUE,
  ttl        INTEGER NOT NULL,
  fixed      INTEGER NOT NULL,
  created_at INTEGER,
  updated_at INTEGER
);

-- hub_id 0 is the namespace.
CREATE TABLE rule (
  hub_id   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  sealed   BLOB NOT NULL,
  PRIMARY KEY (hub_id, position)
) WITHOUT ROWID;

CREATE TABLE credential (
  hub_id   INTEGER NOT NULL,
  platform INTEGER NOT NULL,
  version  INTEGER NOT NULL,
  sealed   BLOB NOT NULL,
  PRIMARY KEY (hub_id, platform)
) WITHOUT ROWID;

CREATE TABLE template_body (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  hub_id  INTEGER NOT NULL,
  hash    BLOB NOT NULL,
  content TEXT NOT NULL,
  UNIQUE (hub_id, hash)
);

-- number is for life: AUTOINCREMENT, since a deleted top rowid would be given again.
CREATE TABLE registration (
  number            INTEGER PRIMARY KEY AUTOINCREMENT,
  hub_id            INTEGER NOT NULL,
  id                TEXT NOT NULL,
  platform          INTEGER NOT NULL,
  kind              INTEGER NOT NULL,
  handle            TEXT NOT NULL,
  handle_key        TEXT NOT NULL,
  p256dh            TEXT NOT NULL DEFAULT '',
  auth              TEXT NOT NULL DEFAULT '',
  template_id       INTEGER NOT NULL DEFAULT 0,
  tags              TEXT NOT NULL DEFAULT '',
  push_variables    TEXT NOT NULL DEFAULT '',
  tile              TEXT NOT NULL DEFAULT '',
  installation_id   TEXT NOT NULL DEFAULT '',
  etag              INTEGER NOT NULL,
  expires_at        INTEGER,
  updated_at        INTEGER,
  changed           INTEGER NOT NULL,
  written           INTEGER NOT NULL,
  shared            INTEGER NOT NULL DEFAULT 0,
  other_environment INTEGER NOT NULL DEFAULT 0,
  UNIQUE (hub_id, id)
);
CREATE INDEX registration_scan ON registration (hub_id, platform, kind, number);
CREATE INDEX registration_handle ON registration (hub_id, handle_key, platform, kind, number);
CREATE INDEX registration_installation ON registration (hub_id, installation_id) WHERE installation_id <> '';
CREATE INDEX registration_expiry ON registration (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE tag (
  id       INTEGER PRIMARY KEY,
  hub_id   INTEGER NOT NULL,
  name_key TEXT NOT NULL,
  UNIQUE (hub_id, name_key)
);

-- The posting lists: for each tag of a hub, in order of number.
CREATE TABLE posting (
  tag_id   INTEGER NOT NULL,
  platform INTEGER NOT NULL,
  kind     INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  PRIMARY KEY (tag_id, platform, kind, number)
) WITHOUT ROWID;

CREATE TABLE installation (
  hub_id     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  document   TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (hub_id, id)
) WITHOUT ROWID;
CREATE INDEX installation_expiry ON installation (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE suspect (
  hub_id     INTEGER NOT NULL,
  platform   INTEGER NOT NULL,
  handle_key TEXT NOT NULL,
  since      INTEGER NOT NULL,
  PRIMARY KEY (hub_id, platform, handle_key)
) WITHOUT ROWID;

CREATE TABLE breaker (
  hub_id     INTEGER NOT NULL,
  platform   INTEGER NOT NULL,
  credential INTEGER NOT NULL,
  answers    BLOB NOT NULL,
  PRIMARY KEY (hub_id, platform)
) WITHOUT ROWID;

CREATE TABLE notification (
  hub_id        INTEGER NOT NULL,
  id            TEXT NOT NULL,
  kind          INTEGER NOT NULL,
  platform      INTEGER NOT NULL,
  body          BLOB NOT NULL,
  content_type  TEXT NOT NULL,
  headers       TEXT NOT NULL,
  expiry        INTEGER,
  tags          TEXT NOT NULL,
  direct        TEXT NOT NULL,
  api_version   TEXT NOT NULL,
  state         INTEGER NOT NULL,
  enqueued_at   INTEGER,
  started_at    INTEGER,
  ended_at      INTEGER,
  perhaps_twice INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hub_id, id)
) WITHOUT ROWID;
CREATE INDEX notification_end ON notification (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE outcome_count (
  hub_id       INTEGER NOT NULL,
  notification TEXT NOT NULL,
  platform     INTEGER NOT NULL,
  outcome      INTEGER NOT NULL,
  n            INTEGER NOT NULL,
  PRIMARY KEY (hub_id, notification, platform, outcome)
) WITHOUT ROWID;

CREATE TABLE delivery_log (
  id           INTEGER PRIMARY KEY,
  hub_id       INTEGER NOT NULL,
  notification TEXT NOT NULL,
  platform     INTEGER NOT NULL,
  entries      BLOB NOT NULL,
  at           INTEGER
);
CREATE INDEX delivery_log_notification ON delivery_log (hub_id, notification, id);

-- ready_at is due_at of a free task, and the lease's end of a held one.
CREATE TABLE task (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  kind         TEXT NOT NULL,
  hub_id       INTEGER NOT NULL,
  notification TEXT NOT NULL,
  platform     INTEGER NOT NULL,
  due_at       INTEGER,
  owner        TEXT NOT NULL,
  lease_until  INTEGER,
  ready_at     INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  payload      BLOB NOT NULL
);
CREATE INDEX task_ready ON task (ready_at, id);
CREATE INDEX task_notification ON task (hub_id, notification) WHERE notification <> '';
