-- Content Credentials: what uploads bring, and the authority that signs copies here.

ALTER TABLE pictures ADD COLUMN credentials TEXT NOT NULL DEFAULT ''; -- JSON; '' = nobody looked

CREATE TABLE authorities ( -- one row, made once
    id BIGINT PRIMARY KEY,
    private_pem TEXT NOT NULL,
    certificate_pem TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
