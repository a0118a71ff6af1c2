-- What the rules did to what came in: how posts are shown, and what waits for a moderator.

ALTER TABLE actors ADD COLUMN published_at BIGINT; -- when the account began, as its server says

ALTER TABLE posts ADD COLUMN treatments TEXT NOT NULL DEFAULT '[]'; -- JSON, [] = as it came
ALTER TABLE posts ADD COLUMN is_kept_back BOOLEAN NOT NULL DEFAULT FALSE; -- by a rule: in no list

CREATE TABLE held (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL,
    actor_uri TEXT NOT NULL,
    address TEXT NOT NULL, -- handle@domain
    peer TEXT NOT NULL,
    kind TEXT NOT NULL, -- 'post' for a Create and its Updates, else the activity's type
    subject TEXT NOT NULL, -- address of what it is about
    activity_uri TEXT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    excerpt TEXT NOT NULL, -- plain words
    link TEXT NOT NULL,
    pictures BIGINT NOT NULL,
    digest TEXT NOT NULL, -- of the post as it was held
    state TEXT NOT NULL, -- waiting, dropped
    held_at BIGINT NOT NULL,
    UNIQUE (actor_uri, kind, subject)
);
CREATE INDEX held_waiting ON held (id) WHERE state = 'waiting';
CREATE INDEX held_by_time ON held (held_at);
CREATE INDEX held_by_activity ON held (activity_id);
