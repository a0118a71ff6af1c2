-- How people and servers deal with each other: permits and requests, blocks, reports, moves, series,
-- peers and what never reached them. Lists that are only ever read whole are JSON text.

ALTER TABLE actors ADD COLUMN moved_to TEXT NOT NULL DEFAULT ''; -- an actor's address
ALTER TABLE actors ADD COLUMN moved_at BIGINT; -- when followers here were last taken along
ALTER TABLE actors ADD COLUMN also_known_as TEXT NOT NULL DEFAULT '[]';
ALTER TABLE actors ADD COLUMN featured_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN more_keys TEXT NOT NULL DEFAULT '[]'; -- [[key id, Multikey], …]
ALTER TABLE actors ADD COLUMN emojis TEXT NOT NULL DEFAULT '[]'; -- [[shortcode, address], …]

ALTER TABLE artists ADD COLUMN interaction TEXT NOT NULL DEFAULT ''; -- JSON, '' = everyone may
ALTER TABLE artists ADD COLUMN hides_follows BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE artists ADD COLUMN is_discoverable BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE artists ADD COLUMN is_indexable BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE artists ADD COLUMN attribution_domains TEXT NOT NULL DEFAULT '[]';
ALTER TABLE artists ADD COLUMN moved_at BIGINT;
CREATE INDEX artists_staff ON artists (handle_folded)
    WHERE role IN ('owner', 'admin', 'moderator');

ALTER TABLE works ADD COLUMN interaction TEXT NOT NULL DEFAULT ''; -- '' = as the artist says
ALTER TABLE works ADD COLUMN pinned_at BIGINT; -- stands on top of the profile elsewhere
CREATE INDEX works_pinned ON works (artist_id, pinned_at) WHERE pinned_at IS NOT NULL;

ALTER TABLE posts ADD COLUMN quote TEXT NOT NULL DEFAULT ''; -- JSON
ALTER TABLE posts ADD COLUMN quote_approval TEXT NOT NULL DEFAULT ''; -- as in `quote`, to find it by
ALTER TABLE posts ADD COLUMN poll TEXT NOT NULL DEFAULT ''; -- JSON
ALTER TABLE posts ADD COLUMN emojis TEXT NOT NULL DEFAULT '[]';
ALTER TABLE posts ADD COLUMN featured_at BIGINT; -- its author pinned it
ALTER TABLE posts ADD COLUMN is_hidden BOOLEAN NOT NULL DEFAULT FALSE; -- its thread's artist blocks
CREATE INDEX posts_by_quote_approval ON posts (quote_approval) WHERE quote_approval <> '';
CREATE INDEX posts_featured ON posts (actor_id, featured_at) WHERE featured_at IS NOT NULL;

ALTER TABLE reactions ADD COLUMN emoji TEXT NOT NULL DEFAULT ''; -- of an EmojiReact, shown

ALTER TABLE signing_keys ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'rsa';

CREATE TABLE post_readers ( -- people here whom a direct message is for, its author among them
    post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    reader_id BIGINT NOT NULL REFERENCES actors (id),
    UNIQUE (post_id, reader_id)
);
CREATE INDEX post_readers_of_reader ON post_readers (reader_id, post_id);

CREATE TABLE requests (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    artist_id BIGINT NOT NULL REFERENCES artists (id),
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    target_id BIGINT NOT NULL,
    object_uri TEXT NOT NULL,
    request_uri TEXT NOT NULL,
    activity_id BIGINT,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    UNIQUE (kind, object_uri, target_id)
);
CREATE INDEX requests_of_artist ON requests (artist_id, state, id);
CREATE INDEX requests_of_actor ON requests (actor_id);
CREATE INDEX requests_of_activity ON requests (activity_id) WHERE state = 'waiting';
CREATE INDEX requests_to_target ON requests (target_id, kind, actor_id);

CREATE TABLE blocks (
    blocker_id BIGINT NOT NULL REFERENCES actors (id),
    blocked_id BIGINT NOT NULL REFERENCES actors (id),
    uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (blocker_id, blocked_id)
);
CREATE INDEX blocks_of_blocked ON blocks (blocked_id);
CREATE INDEX blocks_by_time ON blocks (blocker_id, created_at);
CREATE INDEX blocks_by_uri ON blocks (uri) WHERE uri <> '';

CREATE TABLE reports (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL,
    reporter_id BIGINT NOT NULL REFERENCES actors (id),
    is_local BOOLEAN NOT NULL,
    accused_id BIGINT NOT NULL REFERENCES actors (id),
    objects TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    is_forwarded BOOLEAN NOT NULL,
    closed_at BIGINT,
    closed_by TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE UNIQUE INDEX reports_by_uri ON reports (uri) WHERE uri <> '';
CREATE INDEX reports_by_time ON reports (created_at, reporter_id);
CREATE INDEX reports_open ON reports (id) WHERE closed_at IS NULL;

CREATE TABLE series (
    id BIGINT PRIMARY KEY,
    artist_id BIGINT NOT NULL REFERENCES artists (id),
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    cover_id BIGINT, -- a work of the series
    actor_id BIGINT REFERENCES actors (id), -- where it can be followed
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (artist_id, slug)
);
CREATE UNIQUE INDEX series_by_actor ON series (actor_id) WHERE actor_id IS NOT NULL;

CREATE TABLE series_works (
    series_id BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    work_id BIGINT NOT NULL REFERENCES works (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    UNIQUE (series_id, work_id)
);
CREATE INDEX series_works_in_order ON series_works (series_id, position);
CREATE INDEX series_works_of_work ON series_works (work_id);
-- A handle here is one artist's or one series': no second actor takes it, not even of a gone one.
CREATE UNIQUE INDEX actors_local_handle ON actors (domain, handle_folded) WHERE is_local;

CREATE TABLE peers (
    host TEXT NOT NULL UNIQUE,
    signature TEXT NOT NULL,
    failures BIGINT NOT NULL,
    failing_days BIGINT NOT NULL,
    failing_since BIGINT,
    failed_at BIGINT,
    reached_at BIGINT,
    seen_at BIGINT,
    paused_until BIGINT NOT NULL,
    dead_at BIGINT,
    reason TEXT NOT NULL
);
CREATE INDEX peers_failing ON peers (failed_at) WHERE failures > 0;
CREATE INDEX peers_dead ON peers (dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE undelivered (
    id BIGINT PRIMARY KEY,
    artist_id BIGINT NOT NULL REFERENCES actors (id),
    target_id BIGINT,
    host TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX undelivered_once ON undelivered (artist_id, COALESCE(target_id, 0), host);
CREATE INDEX undelivered_to_target ON undelivered (target_id) WHERE target_id IS NOT NULL;
CREATE INDEX undelivered_by_time ON undelivered (at);

-- a job that waits behind another of its queue has the state 'behind'
CREATE INDEX jobs_behind ON jobs (queue, priority, run_at, id) WHERE state = 'behind';
CREATE INDEX jobs_buried_in_queue ON jobs (queue) WHERE state = 'buried' AND queue <> '';
CREATE INDEX activities_outgoing ON activities (received_at) WHERE is_outgoing;
CREATE INDEX activities_incoming ON activities (received_at) WHERE NOT is_outgoing;
DELETE FROM jobs WHERE kind = 'notify'; -- notifications are rows of the deed's own transaction now
