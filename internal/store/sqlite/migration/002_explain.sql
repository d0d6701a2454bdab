-- What fanfare explain asks for: how far a send reached, and what push services
-- said. All are NULL in rows of an earlier version: not known.
ALTER TABLE notification ADD COLUMN test INTEGER;
ALTER TABLE notification ADD COLUMN bound INTEGER;
ALTER TABLE notification ADD COLUMN sequence INTEGER;
ALTER TABLE delivery_log ADD COLUMN notes BLOB;
