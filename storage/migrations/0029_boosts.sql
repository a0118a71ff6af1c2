-- What somebody followed boosts stands in feeds; what was brought for that alone goes again in time.

CREATE INDEX reactions_boosts ON reactions (actor_id, created_at, id) WHERE kind = 'boost';

-- Whether the follower wants to see what the followed one boosts.
ALTER TABLE follows ADD COLUMN shows_boosts BOOLEAN NOT NULL DEFAULT TRUE;

-- When a post was brought here, or last boosted, only because somebody followed boosted it.
ALTER TABLE posts ADD COLUMN brought_at BIGINT; -- NULL = it came, or stays, for another reason
CREATE INDEX posts_brought ON posts (brought_at, id) WHERE brought_at IS NOT NULL;
CREATE INDEX works_quoting ON works (id) WHERE quote <> '';
