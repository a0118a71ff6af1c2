-- What those who run the instance did. Rows are added, never changed.

CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    author TEXT NOT NULL, -- handle; '' = at the command line
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    difference TEXT NOT NULL
);
CREATE INDEX audit_of_act ON audit (act, id);
