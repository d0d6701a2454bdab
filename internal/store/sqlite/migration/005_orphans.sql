-- What nothing refers to any more goes: a tag with its last posting, the
-- suspicion of a handle with its last registration, and a template some time
-- after its last registration, since a send that is running may be about to
-- read it. unused_since is NULL while a template is used, and 0 until a sweep
-- notes the time.
DELETE FROM tag WHERE NOT EXISTS (SELECT 1 FROM posting WHERE tag_id = tag.id);

CREATE TRIGGER posting_deleted AFTER DELETE ON posting
  WHEN NOT EXISTS (SELECT 1 FROM posting WHERE tag_id = old.tag_id) BEGIN
  DELETE FROM tag WHERE id = old.tag_id;
END;

CREATE TRIGGER registration_unsuspected AFTER DELETE ON registration
  WHEN NOT EXISTS (SELECT 1 FROM registration WHERE hub_id = old.hub_id AND handle_key = old.handle_key AND platform = old.platform) BEGIN
  DELETE FROM suspect WHERE hub_id = old.hub_id AND platform = old.platform AND handle_key = old.handle_key;
END;

CREATE TRIGGER registration_handle_changed AFTER UPDATE OF handle_key ON registration
  WHEN old.handle_key <> new.handle_key
    AND NOT EXISTS (SELECT 1 FROM registration WHERE hub_id = old.hub_id AND handle_key = old.handle_key AND platform = old.platform) BEGIN
  DELETE FROM suspect WHERE hub_id = old.hub_id AND platform = old.platform AND handle_key = old.handle_key;
END;

CREATE INDEX registration_template ON registration (template_id) WHERE template_id <> 0;
ALTER TABLE template_body ADD COLUMN unused_since INTEGER;
UPDATE template_body SET unused_since = 0 WHERE NOT EXISTS (SELECT 1 FROM registration WHERE template_id <> 0 AND template_id = template_body.id);
CREATE INDEX template_body_unused ON template_body (unused_since) WHERE unused_since IS NOT NULL;

CREATE TRIGGER registration_template_deleted AFTER DELETE ON registration
  WHEN old.template_id <> 0 AND NOT EXISTS (SELECT 1 FROM registration WHERE template_id <> 0 AND template_id = old.template_id) BEGIN
  UPDATE template_body SET unused_since = 0 WHERE id = old.template_id;
END;

CREATE TRIGGER registration_template_changed AFTER UPDATE OF template_id ON registration
  WHEN old.template_id <> new.template_id AND old.template_id <> 0
    AND NOT EXISTS (SELECT 1 FROM registration WHERE template_id <> 0 AND template_id = old.template_id) BEGIN
  UPDATE template_body SET unused_since = 0 WHERE id = old.template_id;
END;
