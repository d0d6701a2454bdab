ALTER TABLE hub ADD COLUMN user_metadata TEXT NOT NULL DEFAULT '';
ALTER TABLE hub ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- Hubs that were deleted, while rows of theirs may be left.
CREATE TABLE deleted_hub (
  id         INTEGER PRIMARY KEY,
  deleted_at INTEGER NOT NULL
);

-- Finds a deleted hub's tasks together with task_notification, which has the others.
CREATE INDEX task_hub ON task (hub_id) WHERE notification = '';

-- Finds the rules with a token's name, whosever they are. The start of a process
-- writes every rule that an earlier version left without one.
ALTER TABLE rule ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
CREATE INDEX rule_name ON rule (name_key, hub_id);
