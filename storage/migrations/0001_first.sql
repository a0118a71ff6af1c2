-- Ids and times (milliseconds since 1970) come from server.clock. A list that is only ever read
-- whole (tags, mentions) is JSON text. Text that lists sort by compares by bytes on both engines.

CREATE TABLE actors (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    handle TEXT NOT NULL,
    handle_folded TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    summary_html TEXT NOT NULL,
    url TEXT NOT NULL,
    inbox TEXT NOT NULL,
    shared_inbox TEXT NOT NULL,
    outbox TEXT NOT NULL,
    followers_uri TEXT NOT NULL,
    icon_url TEXT NOT NULL,
    is_local BOOLEAN NOT NULL,
    approves_follows BOOLEAN NOT NULL,
    key_id TEXT NOT NULL,
    public_key_pem TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    gone_at BIGINT
);
-- Not unique: a server that was set up anew has new actors at old addresses.
CREATE INDEX actors_by_address ON actors (domain, handle_folded);
CREATE INDEX actors_by_key_id ON actors (key_id) WHERE key_id <> '';

CREATE TABLE artists (
    id BIGINT PRIMARY KEY REFERENCES actors (id),
    handle TEXT NOT NULL,
    handle_folded TEXT /*pg COLLATE "C" */ NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    bio TEXT NOT NULL,
    email TEXT NOT NULL,
    suspended_at BIGINT,
    approves_follows BOOLEAN NOT NULL,
    content_usage TEXT NOT NULL,
    password_hash TEXT NOT NULL
);

CREATE TABLE signing_keys (
    key_id TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    private_pem TEXT NOT NULL,
    public_pem TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX signing_keys_by_actor ON signing_keys (actor_id, created_at);

CREATE TABLE sessions (
    token_hash TEXT NOT NULL UNIQUE,
    artist_id BIGINT NOT NULL REFERENCES artists (id),
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_artist ON sessions (artist_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE tickets (
    token_hash TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX tickets_by_end ON tickets (expires_at);

CREATE TABLE works (
    id BIGINT PRIMARY KEY,
    artist_id BIGINT NOT NULL REFERENCES artists (id),
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    slug TEXT NOT NULL,
    caption TEXT NOT NULL,
    tags TEXT NOT NULL,
    medium TEXT NOT NULL,
    year TEXT NOT NULL,
    is_sensitive BOOLEAN NOT NULL,
    sensitive_reason TEXT NOT NULL,
    visibility TEXT NOT NULL,
    ai_label TEXT NOT NULL,
    content_usage TEXT NOT NULL,
    is_quiet BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    hung_at BIGINT,
    listed_at BIGINT NOT NULL, -- hung_at, before that created_at: what lists sort by
    edited_at BIGINT,
    withdrawn_at BIGINT,
    problem TEXT NOT NULL,
    language TEXT NOT NULL
);
CREATE INDEX works_hung_by_artist ON works (artist_id, listed_at, id, visibility)
    WHERE state = 'hung';
CREATE INDEX works_public ON works (listed_at, id) WHERE state = 'hung' AND visibility = 'public';
CREATE INDEX works_by_hanging ON works (hung_at, artist_id) WHERE hung_at IS NOT NULL;
CREATE INDEX works_in_studio ON works (artist_id, id) WHERE state <> 'withdrawn';

CREATE TABLE pictures (
    id BIGINT PRIMARY KEY,
    work_id BIGINT NOT NULL REFERENCES works (id),
    position BIGINT NOT NULL,
    alt TEXT NOT NULL,
    original_digest TEXT NOT NULL,
    original_type TEXT NOT NULL,
    original_name TEXT NOT NULL,
    original_bytes BIGINT NOT NULL,
    state TEXT NOT NULL,
    problem TEXT NOT NULL,
    media_key TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    placeholder TEXT NOT NULL,
    blurhash TEXT NOT NULL,
    focal_x DOUBLE PRECISION NOT NULL,
    focal_y DOUBLE PRECISION NOT NULL,
    icc_name TEXT NOT NULL
);
CREATE INDEX pictures_of_work ON pictures (work_id, position);
CREATE INDEX pictures_by_original ON pictures (original_digest);
CREATE UNIQUE INDEX pictures_by_media_key ON pictures (media_key) WHERE media_key <> '';

CREATE TABLE renditions (
    picture_id BIGINT NOT NULL REFERENCES pictures (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    digest TEXT NOT NULL,
    UNIQUE (picture_id, position)
);
CREATE INDEX renditions_by_digest ON renditions (digest);

CREATE TABLE posts (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    is_local BOOLEAN NOT NULL,
    visibility TEXT NOT NULL,
    content_html TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    is_sensitive BOOLEAN NOT NULL,
    warning TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    edited_at BIGINT,
    in_reply_to_uri TEXT NOT NULL,
    reply_to_id BIGINT,
    work_id BIGINT,
    pictures TEXT NOT NULL,
    tags TEXT NOT NULL,
    language TEXT NOT NULL,
    content_usage TEXT NOT NULL,
    mentions TEXT NOT NULL,
    source TEXT NOT NULL,
    ai_label TEXT NOT NULL
);
CREATE INDEX posts_in_thread ON posts (work_id, published_at, id) WHERE work_id IS NOT NULL;
CREATE INDEX posts_answering ON posts (reply_to_id, published_at, id)
    WHERE reply_to_id IS NOT NULL;
CREATE INDEX posts_of_actor ON posts (actor_id);
CREATE INDEX posts_in_feeds ON posts (actor_id, published_at, id, visibility)
    WHERE in_reply_to_uri = '' AND reply_to_id IS NULL;
CREATE INDEX posts_local ON posts (id) WHERE is_local;

CREATE TABLE follows (
    follower_id BIGINT NOT NULL REFERENCES actors (id),
    followee_id BIGINT NOT NULL REFERENCES actors (id),
    state TEXT NOT NULL,
    uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (follower_id, followee_id)
);
CREATE INDEX follows_of_followee ON follows (followee_id, state, created_at);
CREATE INDEX follows_of_follower ON follows (follower_id, state, created_at);
CREATE INDEX follows_by_uri ON follows (uri) WHERE uri <> '';

CREATE TABLE reactions (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    target_id BIGINT NOT NULL,
    uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (actor_id, target_id, kind)
);
CREATE INDEX reactions_to_target ON reactions (target_id, kind, id);
CREATE INDEX reactions_by_uri ON reactions (uri) WHERE uri <> '';

CREATE TABLE activities (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL,
    type TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    object_uri TEXT NOT NULL,
    is_outgoing BOOLEAN NOT NULL,
    dedupe TEXT UNIQUE, -- NULL once forgotten
    body BYTEA NOT NULL,
    received_at BIGINT NOT NULL
);

CREATE TABLE notifications (
    id BIGINT PRIMARY KEY,
    artist_id BIGINT NOT NULL REFERENCES artists (id),
    kind TEXT NOT NULL,
    actor_id BIGINT REFERENCES actors (id),
    target_id BIGINT,
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE UNIQUE INDEX notifications_once
    ON notifications (artist_id, kind, COALESCE(actor_id, 0), COALESCE(target_id, 0));
CREATE INDEX notifications_of_artist ON notifications (artist_id, id);
CREATE INDEX notifications_unread ON notifications (artist_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_about_actor ON notifications (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX notifications_about_target ON notifications (target_id) WHERE target_id IS NOT NULL;

CREATE TABLE policies (
    version BIGINT PRIMARY KEY,
    toml TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE jobs (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL, -- waiting, running, buried
    payload BYTEA NOT NULL,
    run_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL, -- 0 unless running
    attempts BIGINT NOT NULL,
    queue TEXT NOT NULL,
    priority BIGINT NOT NULL,
    reason TEXT NOT NULL -- of the last failure
);
CREATE INDEX jobs_waiting ON jobs (kind, priority, run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_falling_due ON jobs (run_at) WHERE state = 'waiting';
CREATE INDEX jobs_waiting_in_queue ON jobs (queue, priority, run_at, id)
    WHERE state = 'waiting' AND queue <> '';
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE state = 'running';
CREATE INDEX jobs_running_in_queue ON jobs (queue) WHERE state = 'running' AND queue <> '';
CREATE INDEX jobs_buried ON jobs (id) WHERE state = 'buried';
CREATE INDEX jobs_by_state ON jobs (kind, state);
