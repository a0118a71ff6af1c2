-- Works said to be made by a machine: what artists show of how they made them, and their appeal.

ALTER TABLE reports ADD COLUMN appeal TEXT NOT NULL DEFAULT ''; -- once, after a decision
ALTER TABLE reports ADD COLUMN appealed_at BIGINT;
ALTER TABLE reports ADD COLUMN judged_by TEXT NOT NULL DEFAULT ''; -- who decided before that

CREATE TABLE case_evidence ( -- small copies for moderators and the artist alone
    report_id BIGINT NOT NULL REFERENCES reports (id),
    position BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    jpeg BYTEA NOT NULL,
    UNIQUE (report_id, position)
);
