-- Series of people elsewhere whom somebody here looks at or follows.

CREATE TABLE people_looked_at (
    actor_id BIGINT PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
    series_uri TEXT NOT NULL, -- of the collection of their series; '' = they name none
    looked_at BIGINT NOT NULL, -- when somebody here last did, or they last told of a series
    asked_at BIGINT NOT NULL, -- when it was last promised to bring what they show; 0 = never
    fetched_at BIGINT NOT NULL, -- when that was last done; 0 = never
    posts BIGINT, -- as their server counts; NULL = it does not say
    followers BIGINT
);
CREATE INDEX people_looked_at_last ON people_looked_at (looked_at);

CREATE TABLE series_elsewhere (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES people_looked_at (actor_id) ON DELETE CASCADE,
    uri TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    summary_html TEXT NOT NULL,
    url TEXT NOT NULL,
    cover_url TEXT NOT NULL,
    cover_alt TEXT NOT NULL,
    grows_at_end BOOLEAN NOT NULL, -- a work that is added stands last
    total BIGINT NOT NULL,
    works TEXT NOT NULL, -- ids in order, JSON
    speaker_uri TEXT NOT NULL, -- the actor by which it can be followed; '' = none
    updated_at BIGINT NOT NULL, -- by its own server's clock; 0 = it does not say
    changed_at BIGINT NOT NULL -- when what is kept of it last changed here
);
CREATE INDEX series_elsewhere_of_actor ON series_elsewhere (actor_id, position);
