"""Every table that goes in or comes out, declared once.

The declarations serve three readers: validation of input, construction of output, and the data-model page
of the documentation. Identifier columns have no fixed Arrow type: they keep the type they came in with.
"""

from __future__ import annotations

from graphkit.columns import Column, Kind, Table

# --------------------------------------------------------------------------------------------------
# What goes in

LIKES = Table(
    "likes",
    "one like event",
    (
        Column("user_id", Kind.USER_ID, "Who liked; string or integer, kept as it came."),
        Column("note_id", Kind.NOTE_ID, "What was liked; string or integer, kept as it came."),
        Column("ts", Kind.TIME, "When; a timestamp of any unit and zone, or an integer with a stated unit."),
        Column("action", Kind.TEXT, "`like` or `unlike`; every row is a like where the column is absent.", False),
        Column("dwell_ms", Kind.FLOAT, "Milliseconds on the note before liking it.", False),
        Column("completed", Kind.BOOL, "Whether the note was seen to the end.", False),
        Column("device_id", Kind.ID, "Device the like came from.", False),
        Column("ip", Kind.ID, "Network address the like came from.", False),
        Column("source", Kind.TEXT, "Where the note was met: feed, search, profile, link.", False),
    ),
    ("user_id", "note_id", "ts"),
)

USERS = Table(
    "users",
    "one user",
    (
        Column("user_id", Kind.USER_ID, "The user."),
        Column("registered_at", Kind.TIME, "When the account was opened.", False),
        Column("verified", Kind.BOOL, "Whether the platform vouches for the account.", False),
        Column("followers", Kind.INT, "Followers of the user.", False),
        Column("views", Kind.INT, "Notes opened in the period.", False),
    ),
    ("user_id",),
)

NOTES = Table(
    "notes",
    "one note",
    (
        Column("note_id", Kind.NOTE_ID, "The note."),
        Column("author_id", Kind.AUTHOR_ID, "Who wrote it.", False),
        Column("published_at", Kind.TIME, "When it was published.", False),
        Column("topic", Kind.ID, "Its topic.", False),
        Column("views", Kind.INT, "Times it was opened.", False),
        Column("saves", Kind.INT, "Times it was saved.", False),
        Column("comments", Kind.INT, "Comments under it.", False),
        Column("shares", Kind.INT, "Times it was shared.", False),
        Column("title", Kind.TEXT, "Its title; shown in reports, never scored.", False),
    ),
    ("note_id",),
)

INPUTS = (LIKES, USERS, NOTES)

#: What the people who review a run hand in; read by ``graphkit.cases``, beside a run rather than beside likes.
DECISIONS = Table(
    "decisions",
    "one verdict of one reviewer",
    (
        Column("ring_id", Kind.TEXT, "The ring; alone in its row, the verdict is about the whole ring.", False),
        Column("user_id", Kind.USER_ID, "The user; without `note_id` the verdict is about the user.", False),
        Column("note_id", Kind.NOTE_ID, "With `user_id`: the verdict is about this one like.", False),
        Column("verdict", Kind.TEXT, "`confirmed` (bought), `cleared` (honest) or `unsure`."),
        Column("reviewer", Kind.TEXT, "Who decided; whoever hands the file in where empty.", False),
        Column("time", Kind.TIME, "When; ISO 8601 with a zone in text; the moment of handing in where empty.", False),
        Column("comment", Kind.TEXT, "Why, in the reviewer's words.", False),
    ),
    ("ring_id", "user_id", "note_id", "reviewer", "time"),
)

#: Who and what is never to be touched by a purge, handed in beside a policy.
PROTECTED = Table(
    "protected",
    "one thing that no purge touches, or several side by side",
    (
        Column("user_id", Kind.USER_ID, "A user none of whose likes is taken.", False),
        Column("note_id", Kind.NOTE_ID, "A note that loses no like.", False),
        Column("author_id", Kind.AUTHOR_ID, "An author none of whose notes loses a like.", False),
    ),
)

# --------------------------------------------------------------------------------------------------
# What comes out

#: Channels of evidence, in the order in which reports show them. Each adds to the log-odds of a ring.
CHANNELS: tuple[tuple[str, str], ...] = (
    ("lockstep", "Members liked the same notes within the window more often than their activity explains."),
    ("exclusivity", "Hardly anybody else liked the targets while the ring did."),
    ("capture", "The ring gave much of all the likes its targets have."),
    ("devotion", "Members like little else."),
    ("authors", "The ring pushes several authors, as only its customers have in common."),
    ("recurrence", "Members acted together on separate occasions, not once."),
    ("arrival", "The ring came when ordinary likes come, or rather when a job was ordered."),
    ("audience", "The targets have no audience in common, as orders of unrelated customers have none."),
    ("tightness", "The ring acts within minutes rather than within hours."),
    ("dwell", "Members hardly looked before liking."),
    ("completion", "Members did not see the notes to the end."),
    ("taste", "Members like targets of topics that they do not like otherwise."),
    ("registration", "Members' accounts were opened close together."),
    ("devices", "Members share devices."),
    ("addresses", "Members share network addresses."),
    ("views", "Members open little that they do not like."),
    ("engagement", "Targets are liked without being saved, commented or shared."),
    ("reciprocity", "Members like one another's notes."),
)

#: The doubles in ``rings.evidence``. A number that the input does not allow is null, never zero.
EVIDENCE: tuple[tuple[str, str], ...] = (
    ("co_likes", "Co-likes observed over all member pairs within the ring's window."),
    ("co_likes_expected", "Co-likes the baseline-rate null expects over the same pairs."),
    ("edges", "Member pairs whose tie is significant on its own."),
    ("density", "`edges` over all member pairs."),
    ("quick", "Share of members with a significant tie to another within `timing_window_s` (an hour)."),
    ("bundled", "Share of the ring's likes given within `session_gap_s` of another of them by the same member."),
    ("authors_effective", "Authors the ring pushed, as the exponential of the entropy of its likes over them."),
    ("notes_effective", "Targets, as the exponential of the entropy of the ring's likes over them."),
    ("episodes", "Separate occasions on which members acted together."),
    ("job_size", "Median over the ring's likes of how many of them came in the same burst on the same note."),
    ("capture", "Median over targets of the ring's share of all their likes."),
    (
        "burst_capture",
        "Mean over the ring's likes of the ring's share of all likes in the same burst on the same note.",
    ),
    ("devotion", "Median over members of the share of their likes that fell on targets."),
    ("arrival_age_h", "Median hours from publication (first like where unknown) to the ring's likes."),
    ("arrival_percentile", "Where that age lies among the ages of all other likes, 0 to 1."),
    (
        "arrival_early",
        "Share of ring likes in bursts that began within an hour of publication (or of outsiders' first like).",
    ),
    ("arrival_early_expected", "Share of all other likes within an hour of publication (first like where unknown)."),
    ("audience_pairs", "Likes of outsiders on one target followed by one on another, over ordered pairs."),
    ("audience_pairs_expected", "The same, were targets liked at their ordinary rate whoever had liked another."),
    ("dwell_short", "Share of ring likes after less than 15 s on the note."),
    ("dwell_short_expected", "The same share among all other likes."),
    ("completed", "Share of ring likes whose note was seen to the end."),
    ("completed_expected", "The same share among all other likes."),
    (
        "own_topics",
        "Mean over the ring's likes of the share of the member's other likes that are of the target's topic.",
    ),
    ("own_topics_expected", "The same over all other likes."),
    ("own_topics_chance", "Mean over the ring's likes of the share of all other likes that are of the target's topic."),
    ("own_topics_likes", "Ring likes of known topic of members with at least three others: what these rest on."),
    ("registration_span_d", "Days between the quartiles of members' registration."),
    ("registration_span_expected_d", "The same over users in no ring."),
    ("device_sharing", "Share of members seen on a device with another member."),
    ("device_sharing_expected", "Share of users seen on a device with anybody else, over all other likes."),
    ("ip_sharing", "Share of members seen at an address with another member."),
    ("ip_sharing_expected", "Share of users seen at an address with anybody else, over all other likes."),
    ("views_per_like", "Median over members of notes opened per note liked."),
    ("views_per_like_expected", "The same over users in no ring."),
    ("engagement", "Saves, comments and shares per like on targets, over the same on notes as much liked."),
    ("reciprocity", "Share of ring likes on notes whose author is a member."),
    ("may_be_taste", "1 where a taste in common may explain the ring, else 0."),
    ("may_be_circle", "1 where a circle of friends with a few links may, else 0."),
    ("may_be_crowd", "1 where a crowd that others were part of, as at a push or an event, may, else 0."),
    ("may_be_fans", "1 where followers of an unknown author may, else 0."),
    *((f"weight_{name}", f"Log-odds (nats) that this channel adds: {meaning}") for name, meaning in CHANNELS),
)

RINGS = Table(
    "rings",
    "one ring",
    (
        Column("ring_id", Kind.TEXT, "Stable name, from the members and targets themselves."),
        Column(
            "kind",
            Kind.TEXT,
            "The way it works: `lockstep`; `exchange` where members mostly like one another's notes; `one_shot` where "
            "all came to a single note.",
        ),
        Column("tier", Kind.TEXT, "`purge`, `review` or `watch`."),
        Column("score", Kind.FLOAT, "Evidence that this is a ring, 0 to 1."),
        Column("q_value", Kind.FLOAT, "Expected share of non-rings among rings at least this strong, by decoys."),
        Column("n_users", Kind.INT, "Members."),
        Column("n_notes", Kind.INT, "Targets."),
        Column("n_authors", Kind.INT, "Distinct authors of targets; targets where authors are unknown."),
        Column("n_likes", Kind.INT, "Likes of the ring, stragglers among them."),
        Column("first_ts", Kind.TIME, "First of them."),
        Column("last_ts", Kind.TIME, "Last of them."),
        Column("window_s", Kind.INT, "Window of the ladder, in seconds, that shows the ring best."),
        Column("reasons", Kind.TEXTS, "Reason codes, strongest first."),
        Column("evidence", Kind.STRUCT, "The numbers behind the reasons.", fields=tuple(n for n, _ in EVIDENCE)),
    ),
    ("ring_id",),
)

MEMBERS = Table(
    "members",
    "one ring and user",
    (
        Column("ring_id", Kind.TEXT, "The ring."),
        Column("user_id", Kind.USER_ID, "The member."),
        Column("tier", Kind.TEXT, "Best tier among the member's candidate likes, else `watch`."),
        Column("score", Kind.FLOAT, "Evidence that the user belongs to the ring, 0 to 1."),
        Column("n_ring_likes", Kind.INT, "The member's candidate likes."),
        Column("n_likes", Kind.INT, "All kept likes of the user."),
        Column("n_partners", Kind.INT, "Members to whom the user has a significant tie."),
        Column("reasons", Kind.TEXTS, "Reason codes, strongest first."),
    ),
    ("ring_id", "user_id"),
)

TIES = Table(
    "ties",
    "one ring and pair of members whose tie is significant",
    (
        Column("ring_id", Kind.TEXT, "The ring."),
        Column("user_a", Kind.USER_ID, "One member."),
        Column("user_b", Kind.USER_ID, "The other; its id is the larger."),
        Column(
            "window_s", Kind.INT, "Narrowest window, in seconds, with four fifths of the notes that the widest shows."
        ),
        Column("weight", Kind.INT, "Notes both liked within it."),
        Column("breadth", Kind.INT, "Distinct authors among them; notes long after publication."),
        Column("expected", Kind.FLOAT, "Co-likes the baseline-rate null expects."),
        Column("p_value", Kind.FLOAT, "Poisson tail of the breadth."),
    ),
    ("ring_id", "user_a", "user_b"),
)

TARGETS = Table(
    "targets",
    "one ring and note",
    (
        Column("ring_id", Kind.TEXT, "The ring."),
        Column("note_id", Kind.NOTE_ID, "The target."),
        Column("author_id", Kind.AUTHOR_ID, "Its author; null where unknown."),
        Column("n_ring_likes", Kind.INT, "Candidate likes of the ring on it."),
        Column("n_likes", Kind.INT, "All kept likes on it."),
    ),
    ("ring_id", "note_id"),
)

CANDIDATES = Table(
    "candidates",
    "one like proposed for purge or review",
    (
        Column("user_id", Kind.USER_ID, "Who liked."),
        Column("note_id", Kind.NOTE_ID, "What was liked."),
        Column("ts", Kind.TIME, "When."),
        Column("ring_id", Kind.TEXT, "The ring it is laid to."),
        Column("tier", Kind.TEXT, "`purge` or `review`."),
        Column("score", Kind.FLOAT, "Evidence that this like was coordinated, 0 to 1."),
        Column("reasons", Kind.TEXTS, "Reason codes, strongest first."),
    ),
    ("user_id", "note_id"),
)

IMPACT = Table(
    "impact",
    "one note that would lose likes",
    (
        Column("note_id", Kind.NOTE_ID, "The note."),
        Column("author_id", Kind.AUTHOR_ID, "Its author; null where unknown."),
        Column("likes_before", Kind.INT, "Kept likes on it."),
        Column("likes_purge", Kind.INT, "Of them, in tier `purge`."),
        Column("likes_review", Kind.INT, "Of them, in tier `review`."),
        Column("likes_after", Kind.INT, "`likes_before` less `likes_purge`."),
    ),
    ("note_id",),
)

AUTHORS = Table(
    "authors",
    "one known author of a note that would lose likes",
    (
        Column("author_id", Kind.AUTHOR_ID, "The author."),
        Column("n_notes", Kind.INT, "Liked notes of the author."),
        Column("n_likes", Kind.INT, "Kept likes on them all."),
    ),
    ("author_id",),
)

QUARANTINE = Table(
    "quarantine",
    "one row that could not be used",
    (
        Column("file", Kind.TEXT, "File, relative to the input's root."),
        Column("row", Kind.INT, "Row in that file, from 0."),
        Column(
            "reason", Kind.TEXT, "Why: `null_user_id`, `null_note_id`, `null_ts`, `impossible_ts`, `unknown_action`."
        ),
        Column("text", Kind.TEXT, "The row as JSON text, as it came."),
    ),
    ("file", "row"),
)

#: Kept in the case store, over many runs.
LINEAGE = Table(
    "lineage",
    "one ring of one run",
    (
        Column("name", Kind.TEXT, "Stable name of what goes on from run to run, from the ring's first `ring_id`."),
        Column("run_id", Kind.TEXT, "The run."),
        Column("last_ts", Kind.TIME, "Last like of the run's period."),
        Column("ring_id", Kind.TEXT, "The ring."),
        Column(
            "change",
            Kind.TEXT,
            "Against the run before: `new`, `continues`, `grew`, `shrank`, `split` (off `origin`), `returned`.",
        ),
        Column("origin", Kind.TEXT, "Name of the ring it broke off from; null where it did not."),
        Column("absorbed", Kind.TEXTS, "Names of the rings that went over into it."),
        Column("tier", Kind.TEXT, "`purge`, `review` or `watch`."),
        Column("score", Kind.FLOAT, "Evidence that this is a ring, 0 to 1."),
        Column("user_ids", Kind.USER_IDS, "Its members."),
        Column("note_ids", Kind.NOTE_IDS, "Its targets."),
    ),
    ("last_ts", "run_id", "ring_id"),
)

OUTPUTS = (RINGS, MEMBERS, TIES, TARGETS, CANDIDATES, IMPACT, AUTHORS, QUARANTINE)

# --------------------------------------------------------------------------------------------------
# A batch

_TAKEN = (
    *(CANDIDATES.column(name) for name in ("user_id", "note_id", "ts", "ring_id", "score", "reasons")),
    Column("key", Kind.TEXT, "Idempotency key: the same for the same user, note and time in every batch ever made."),
)

PURGE = Table("purge", "one like to be taken", _TAKEN, ("user_id", "note_id"))

HELD = Table(
    "held",
    "one candidate like that stays",
    (*_TAKEN, Column("held_by", Kind.TEXT, "The first guard rail that held it.")),
    ("user_id", "note_id"),
)

RESTORE = Table(
    "restore",
    "one like to be put back: those of `purge.parquet`",
    tuple(PURGE.column(name) for name in ("user_id", "note_id", "ts", "key")),
    ("user_id", "note_id"),
)

BATCH_IMPACT = Table(
    "impact",
    "one note with candidate likes",
    (
        *(IMPACT.column(name) for name in ("note_id", "author_id", "likes_before")),
        Column("likes_purge", Kind.INT, "Of them, in the batch."),
        Column("likes_held", Kind.INT, "Of them, candidates that stay."),
        Column("likes_after", Kind.INT, "`likes_before` less `likes_purge`."),
    ),
    ("note_id",),
)

NOTICES = Table(
    "notices",
    "one person to be told: a user whose likes go, or an author whose notes lose some",
    (
        Column("recipient", Kind.TEXT, "`author` or `user`: what the text speaks to."),
        Column("user_id", Kind.USER_ID, "The user; null where it is to an author."),
        Column("author_id", Kind.AUTHOR_ID, "The author; null where it is to a user."),
        Column("reference", Kind.TEXT, "What an appeal quotes; one for each person and batch."),
        Column("reasons", Kind.TEXTS, "Reason codes that the text puts in words."),
        Column("zh", Kind.TEXT, "The notice in Chinese."),
        Column("en", Kind.TEXT, "The notice in English."),
    ),
    ("recipient", "user_id", "author_id"),
)

BATCH = (PURGE, HELD, RESTORE, BATCH_IMPACT, NOTICES)

# --------------------------------------------------------------------------------------------------
# Rules beside a purge

AUDIT = Table(
    "audit",
    "one rule in the order of its file; the first row is the purge it stands beside",
    (
        Column("subject", Kind.TEXT, "`purge` or `rule`."),
        Column("name", Kind.TEXT, "The rule in words; of the purge the ids of its batches, or `tier purge`."),
        Column("off", Kind.TEXT, "The column that the rule wants and the likes lack; all below is null then."),
        Column("blocked", Kind.INT, "Likes that it blocks or takes."),
        Column("unknown", Kind.INT, "Likes it knows nothing of, and never blocks."),
        Column("blocked_purge", Kind.INT, "Of them, candidates of tier `purge`."),
        Column("blocked_review", Kind.INT, "Of them, candidates of tier `review`."),
        Column("blocked_member", Kind.INT, "Of them, other likes of members of rings."),
        Column("blocked_none", Kind.INT, "Of them, likes with no sign of collusion."),
        Column("bought", Kind.FLOAT, "Of them, bought ones, by the scores of the run."),
        Column("honest", Kind.FLOAT, "Of them, the rest."),
        Column("honest_per_bought", Kind.FLOAT, "The cost: honest likes for each bought one."),
        Column("limit", Kind.FLOAT, "Where it draws its line, in s, likes, d or notes opened; null where it has none."),
        Column("loosest", Kind.FLOAT, "The loosest line that still catches as much."),
        Column("loosest_beside", Kind.FLOAT, "The loosest that does so together with the purge."),
        Column("needless", Kind.BOOL, "Whether the purge alone catches as much."),
    ),
)
