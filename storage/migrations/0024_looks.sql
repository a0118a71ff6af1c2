-- How often large copies were opened, by who came with a token of their own. Nobody is named: a token
-- is one browser's for one copy and one hour, and what is kept of it is a hash that changes daily.

CREATE TABLE closer_looks (
    work_id BIGINT NOT NULL REFERENCES works (id) ON DELETE CASCADE,
    day BIGINT NOT NULL,
    rendition TEXT NOT NULL,
    token TEXT NOT NULL, -- hashed; '' = one of too many to be told apart
    requests BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (work_id, day, rendition, token)
);
CREATE INDEX closer_looks_by_day ON closer_looks (day);
