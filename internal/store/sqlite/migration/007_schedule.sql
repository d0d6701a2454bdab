-- When a scheduled send falls due. NULL: the send is not a scheduled one.
ALTER TABLE notification ADD COLUMN scheduled_at INTEGER;
