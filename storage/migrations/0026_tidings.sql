-- What a process tells the others of who comes too often: keyed hashes and counts, for half a minute.

CREATE TABLE tidings (
    id BIGINT PRIMARY KEY,
    process BIGINT NOT NULL, -- a number that each makes up when it starts
    at BIGINT NOT NULL,
    body BYTEA NOT NULL -- JSON
);
CREATE INDEX tidings_by_time ON tidings (at);
