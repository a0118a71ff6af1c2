-- Lists of servers, what waits to be taken over from them, and what we say ourselves.

CREATE TABLE lists (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, -- block, allow
    source TEXT NOT NULL, -- own, file, address
    format TEXT NOT NULL,
    position BIGINT NOT NULL, -- 1 is asked first
    created_at BIGINT NOT NULL,
    url TEXT NOT NULL,
    leaves_out_hidden BOOLEAN NOT NULL,
    applies_harmless BOOLEAN NOT NULL,
    is_published BOOLEAN NOT NULL,
    applied_at BIGINT,
    fetched_at BIGINT,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    problem TEXT NOT NULL,
    problem_at BIGINT
);
CREATE UNIQUE INDEX lists_own ON lists (source) WHERE source = 'own';

CREATE TABLE list_entries (
    list_id BIGINT NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
    domain TEXT /*pg COLLATE "C" */ NOT NULL,
    severity TEXT NOT NULL,
    public_comment TEXT NOT NULL,
    private_comment TEXT NOT NULL,
    labels TEXT NOT NULL,
    reject_media BOOLEAN NOT NULL,
    reject_reports BOOLEAN NOT NULL,
    is_public BOOLEAN NOT NULL,
    UNIQUE (list_id, domain)
);
CREATE INDEX list_entries_of_domain ON list_entries (domain);
CREATE INDEX list_entries_by_severity ON list_entries (list_id, severity);

-- The whole of a new version as JSON: it is only ever read whole, and compared with the entries.
CREATE TABLE list_drafts (
    list_id BIGINT PRIMARY KEY REFERENCES lists (id) ON DELETE CASCADE,
    made_at BIGINT NOT NULL,
    entries TEXT NOT NULL,
    remarks TEXT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    removed BIGINT NOT NULL
);

CREATE TABLE list_excludes (
    list_id BIGINT NOT NULL, -- 0 = every list
    domain TEXT /*pg COLLATE "C" */ NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (list_id, domain)
);

-- What our own list said in public, in order. Rows are added, never changed.
CREATE TABLE list_events (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    severity TEXT NOT NULL,
    public_comment TEXT NOT NULL,
    labels TEXT NOT NULL,
    reject_media BOOLEAN NOT NULL
);
