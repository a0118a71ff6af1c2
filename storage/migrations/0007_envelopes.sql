-- What passed the doors, for dry runs: envelopes without text, and visits in numbers. Follows that a
-- change of the house rules cut.

CREATE TABLE envelopes (
    hour BIGINT NOT NULL, -- hours since 1970
    digest BIGINT NOT NULL, -- of everything below but `at` and `number`
    at BIGINT NOT NULL, -- of the latest
    number BIGINT NOT NULL, -- equal ones within the hour
    door TEXT NOT NULL,
    peer TEXT NOT NULL,
    actor TEXT NOT NULL, -- user@host
    actor_uri TEXT NOT NULL,
    type TEXT NOT NULL,
    ai_label TEXT NOT NULL,
    media TEXT NOT NULL,
    hashtags TEXT NOT NULL,
    account_age_days BIGINT,
    follows TEXT NOT NULL,
    visibility TEXT NOT NULL,
    is_sensitive BOOLEAN, -- NULL: not known
    artist_id BIGINT NOT NULL, -- 0 where it is about no artist here
    action TEXT NOT NULL,
    rule TEXT NOT NULL,
    shadow_rules TEXT NOT NULL,
    PRIMARY KEY (hour, digest)
);
CREATE INDEX envelopes_in_shadow ON envelopes (hour, digest) WHERE shadow_rules <> '[]';
CREATE INDEX envelopes_of_peer ON envelopes (peer, hour) WHERE action NOT IN ('allow', 'full');

CREATE TABLE visits (
    day BIGINT NOT NULL, -- days since 1970
    door TEXT NOT NULL,
    class TEXT NOT NULL,
    crawler TEXT NOT NULL,
    segment TEXT NOT NULL, -- of the path, the first
    rendition TEXT NOT NULL,
    network TEXT NOT NULL, -- /24 or /48
    shadow_rules TEXT NOT NULL,
    requests BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (day, door, class, crawler, segment, rendition, network, shadow_rules)
);
CREATE INDEX visits_in_shadow
    ON visits (day, door, class, crawler, segment, rendition, shadow_rules)
    WHERE shadow_rules <> '[]';

CREATE TABLE severances ( -- while one is suspended, its row in follows has the state 'suspended'
    id BIGINT PRIMARY KEY,
    follower_id BIGINT NOT NULL REFERENCES actors (id),
    followee_id BIGINT NOT NULL REFERENCES actors (id),
    state TEXT NOT NULL, -- this and the next two: the follow as it was
    uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    cause TEXT NOT NULL,
    version BIGINT NOT NULL,
    subject TEXT NOT NULL,
    rule TEXT NOT NULL,
    severed_at BIGINT NOT NULL,
    ended_at BIGINT,
    is_told BOOLEAN NOT NULL,
    asked_at BIGINT,
    asked_again TEXT NOT NULL DEFAULT '', -- a Follow that came meanwhile
    UNIQUE (follower_id, followee_id)
);
CREATE INDEX severances_suspended ON severances (severed_at, id) WHERE ended_at IS NULL;
CREATE INDEX severances_by_time ON severances (severed_at);
CREATE INDEX severances_of_followee ON severances (followee_id);
