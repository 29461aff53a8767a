-- Authors of notes whose likes were taken: they are told, and may appeal. Null where unknown, and in batches of before.

ALTER TABLE purged ADD COLUMN author_id TEXT;

CREATE INDEX purged_by_author ON purged (author_id, note_id);
