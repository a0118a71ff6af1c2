-- What was said to machines and when, as a chain of hashes; and which machines came for which work.

CREATE TABLE ledger ( -- appended to; a row's last two columns are filled in once
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    scope TEXT NOT NULL, -- house, artist, work
    subject TEXT NOT NULL, -- a salted hash, '' for the house
    shown TEXT NOT NULL, -- to whom a work is: '' nobody
    usage TEXT NOT NULL, -- its own word, as Content-Usage
    version BIGINT NOT NULL, -- of the house's policy, 0 for others
    number BIGINT UNIQUE, -- its place in the chain, from 1; NULL: it waits for one
    hash TEXT
);
CREATE INDEX ledger_of_subject ON ledger (subject, id);

CREATE TABLE ledger_end ( -- one row: the end of the chain, held by whoever lengthens it
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE ledger_heads ( -- what was published: the end of the chain, day by day
    day BIGINT PRIMARY KEY, -- days since 1970
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE ledger_salts ( -- without it, nobody can tell whose an entry is
    artist_id BIGINT PRIMARY KEY REFERENCES artists (id) ON DELETE CASCADE,
    salt TEXT NOT NULL
);

CREATE TABLE work_visits (
    work_id BIGINT NOT NULL REFERENCES works (id) ON DELETE CASCADE,
    day BIGINT NOT NULL,
    class TEXT NOT NULL, -- of machines alone
    crawler TEXT NOT NULL,
    given_to TEXT NOT NULL, -- the server that the address was first given to, ''
    requests BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (work_id, day, class, crawler, given_to)
);
CREATE INDEX work_visits_by_day ON work_visits (day);
CREATE INDEX work_visits_given ON work_visits (day, given_to) WHERE given_to <> '';

CREATE TABLE traffic_price ( -- one row, as an admin typed it
    id BIGINT PRIMARY KEY,
    micros BIGINT NOT NULL, -- millionths of the currency for a gigabyte
    currency TEXT NOT NULL
);
