-- What push services said of handles, for back-ends. day counts from 1970, UTC.
CREATE TABLE feedback (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  hub_id       INTEGER NOT NULL,
  day          INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  outcome      INTEGER NOT NULL,
  platform     INTEGER NOT NULL,
  handle       TEXT NOT NULL,
  new_handle   TEXT NOT NULL,
  registration TEXT NOT NULL,
  installation TEXT NOT NULL,
  notification TEXT NOT NULL,
  number       INTEGER NOT NULL
);
CREATE INDEX feedback_day ON feedback (hub_id, day, id);
CREATE INDEX feedback_age ON feedback (at);
CREATE INDEX feedback_notification ON feedback (hub_id, notification, number) WHERE notification <> '';
