-- Ids are JSON texts, so that 7 and "7" stay two ids; times are ISO 8601 in UTC to the microsecond, so that they sort as texts.

CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    graphkit TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    first_ts TEXT NOT NULL,
    last_ts TEXT NOT NULL
) STRICT;

-- One verdict of one reviewer, never changed and never deleted; evidence holds the rows of the run as they were then.
CREATE TABLE decisions (
    decision_id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs,
    ring_id TEXT,
    user_id TEXT,
    note_id TEXT,
    verdict TEXT NOT NULL CHECK (verdict IN ('confirmed', 'cleared', 'unsure')),
    reviewer TEXT NOT NULL,
    time TEXT NOT NULL,
    comment TEXT,
    stored_at TEXT NOT NULL,
    evidence TEXT NOT NULL
) STRICT;

CREATE INDEX decisions_by_subject ON decisions (run_id, ring_id, user_id, note_id, reviewer, time);

CREATE TABLE batches (
    batch_id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs,
    path TEXT NOT NULL,
    made_at TEXT NOT NULL
) STRICT;

-- A batch that was replaced before anybody executed it is withdrawn; made again, it counts again: the last event does.
CREATE TABLE batch_events (
    event_id INTEGER PRIMARY KEY,
    batch_id TEXT NOT NULL REFERENCES batches,
    event TEXT NOT NULL CHECK (event IN ('made', 'withdrawn')),
    at TEXT NOT NULL
) STRICT;

CREATE VIEW standing_batches AS
SELECT batches.* FROM batches
WHERE 'made' = (
    SELECT event FROM batch_events WHERE batch_events.batch_id = batches.batch_id ORDER BY event_id DESC LIMIT 1
);

CREATE TABLE purged (
    batch_id TEXT NOT NULL REFERENCES batches,
    key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    note_id TEXT NOT NULL,
    ts TEXT NOT NULL,
    ring_id TEXT NOT NULL,
    tier TEXT NOT NULL,
    score REAL NOT NULL,
    reasons TEXT NOT NULL,
    PRIMARY KEY (batch_id, key)
) STRICT, WITHOUT ROWID;

-- Rings and members that batches took likes from, as the run had them: what an appeal is answered with.
CREATE TABLE evidence (
    run_id TEXT NOT NULL REFERENCES runs,
    ring_id TEXT NOT NULL,
    user_id TEXT,
    row TEXT NOT NULL,
    UNIQUE (run_id, ring_id, user_id)
) STRICT;

-- What a granted appeal gave back.
CREATE TABLE restored (
    batch_id TEXT NOT NULL,
    key TEXT NOT NULL,
    decision_id INTEGER NOT NULL REFERENCES decisions,
    PRIMARY KEY (batch_id, key),
    FOREIGN KEY (batch_id, key) REFERENCES purged
) STRICT, WITHOUT ROWID;

CREATE INDEX purged_by_user ON purged (user_id, note_id);
