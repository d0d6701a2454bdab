-- When an installation's channel was last called dead, by the answer to which
-- notification, and as what: it stays when the device writes a new one.
ALTER TABLE installation ADD COLUMN ended_at INTEGER;
ALTER TABLE installation ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE installation ADD COLUMN ended_as INTEGER NOT NULL DEFAULT 0;
