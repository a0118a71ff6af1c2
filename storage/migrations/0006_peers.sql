-- What is said here of other servers.

CREATE TABLE words ( -- of those who run the instance; one covers the domain's subdomains too
    domain TEXT /*pg COLLATE "C" */ NOT NULL UNIQUE,
    tier TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    at BIGINT NOT NULL
);
