-- How many registrations each 1,024 numbers hold, so that a send finds where to
-- cut a platform into ranges without reading its whole index. The triggers keep
-- the counts, whatever writes registrations.
CREATE TABLE registration_bucket (
  hub_id   INTEGER NOT NULL,
  platform INTEGER NOT NULL,
  kind     INTEGER NOT NULL,
  bucket   INTEGER NOT NULL, -- number >> 10
  n        INTEGER NOT NULL,
  PRIMARY KEY (hub_id, platform, kind, bucket)
) WITHOUT ROWID;

INSERT INTO registration_bucket (hub_id, platform, kind, bucket, n)
  SELECT hub_id, platform, kind, number >> 10, count(*) FROM registration GROUP BY 1, 2, 3, 4;

CREATE TRIGGER registration_counted AFTER INSERT ON registration BEGIN
  INSERT INTO registration_bucket (hub_id, platform, kind, bucket, n) VALUES (new.hub_id, new.platform, new.kind, new.number >> 10, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER registration_uncounted AFTER DELETE ON registration BEGIN
  UPDATE registration_bucket SET n = n - 1
    WHERE hub_id = old.hub_id AND platform = old.platform AND kind = old.kind AND bucket = old.number >> 10;
  DELETE FROM registration_bucket
    WHERE hub_id = old.hub_id AND platform = old.platform AND kind = old.kind AND bucket = old.number >> 10 AND n = 0;
END;
