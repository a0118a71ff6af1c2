-- What other servers say of themselves, what is said of them here, and what their works say about
-- machines. `host` is an authority: a name, with its port where that is not the usual one.

CREATE TABLE words ( -- of those who run the instance; one covers the domain's subdomains too
    domain TEXT /*pg COLLATE "C" */ NOT NULL UNIQUE,
    tier TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE peer_policies ( -- one row for each server that was ever met, or that a word is about
    host TEXT /*pg COLLATE "C" */ NOT NULL UNIQUE,
    met_at BIGINT, -- when something believed last came from there, to within a day
    due_at BIGINT NOT NULL, -- when its policy is asked for next
    checked_at BIGINT, -- when it was last asked for
    state TEXT NOT NULL,
    problem TEXT NOT NULL,
    is_enforced BOOLEAN NOT NULL, -- its server actor claims so
    is_known BOOLEAN NOT NULL, -- published, validly signed, and claimed to be enforced
    fetched_at BIGINT, -- when the document below was
    document TEXT NOT NULL, -- the last valid one, as it was sent
    actor_uri TEXT NOT NULL, -- of the server actor that signed it
    content_usage TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT
);
CREATE INDEX peer_policies_due ON peer_policies (due_at);
CREATE INDEX peer_policies_known ON peer_policies (host) WHERE is_known;

CREATE TABLE copies ( -- which works were sent where
    host TEXT NOT NULL,
    work_id BIGINT NOT NULL REFERENCES works (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    UNIQUE (host, work_id)
);
CREATE INDEX copies_of_work ON copies (work_id);

-- Addresses of one server stand together in this order; SQLite's own index has it.
/*pg CREATE INDEX actors_by_uri ON actors (uri COLLATE "C") */;

ALTER TABLE works ADD COLUMN licence TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN heard TEXT NOT NULL DEFAULT ''; -- JSON: what its origin says of machines
ALTER TABLE actors ADD COLUMN heard TEXT NOT NULL DEFAULT '';
-- A Content-Usage header that came with it and that its sender's signature covers.
ALTER TABLE activities ADD COLUMN content_usage TEXT NOT NULL DEFAULT '';
