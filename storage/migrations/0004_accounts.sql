-- The end of accounts; quotes and emoji that go out; what other servers' authors allow.

ALTER TABLE artists ADD COLUMN ends_at BIGINT; -- asked to be deleted: erased then
ALTER TABLE artists ADD COLUMN is_barred BOOLEAN NOT NULL DEFAULT FALSE; -- suspended besides
CREATE INDEX actors_departed ON actors (handle_folded) WHERE is_local AND gone_at IS NOT NULL;
CREATE INDEX works_withdrawn ON works (artist_id) WHERE state = 'withdrawn';
CREATE INDEX activities_said ON activities (actor_uri) WHERE is_outgoing;

ALTER TABLE works ADD COLUMN quote TEXT NOT NULL DEFAULT ''; -- JSON, as in posts
ALTER TABLE works ADD COLUMN quote_approval TEXT NOT NULL DEFAULT '';
CREATE INDEX works_by_quote_approval ON works (quote_approval) WHERE quote_approval <> '';
ALTER TABLE posts ADD COLUMN interaction TEXT NOT NULL DEFAULT ''; -- as its origin publishes it
ALTER TABLE requests ADD COLUMN emoji TEXT NOT NULL DEFAULT ''; -- of a like that is asked for
CREATE INDEX reactions_with_emoji ON reactions (target_id, emoji) WHERE emoji <> '';
CREATE INDEX actors_by_inbox ON actors (inbox) WHERE NOT is_local AND gone_at IS NULL;
