-- Authors of notes whose likes were taken: they are told, and may appeal. Null where unknown, and in batches of before.

ALTER TABLE purged ADD COLUMN author_id TEXT;

CREATE INDEX purged_by_author ON purged (author_id, note_id);

-- Canary and rest are of one run: its rings were kept once for each, since no NULL equals another.
DELETE FROM evidence WHERE rowid NOT IN (SELECT min(rowid) FROM evidence GROUP BY run_id, ring_id, user_id);

CREATE UNIQUE INDEX evidence_once ON evidence (run_id, ring_id, ifnull(user_id, ''));
