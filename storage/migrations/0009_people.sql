-- People: how they come, are dealt with and leave, and what the house says to them. Of every link
-- only the hash of its token is kept.

ALTER TABLE artists ADD COLUMN invites_left BIGINT NOT NULL DEFAULT 0; -- links that they may make
ALTER TABLE artists ADD COLUMN silenced_at BIGINT; -- in no public list, as moderators say
ALTER TABLE actors ADD COLUMN silenced_at BIGINT; -- of local ones both as in `artists`
ALTER TABLE actors ADD COLUMN suspended_at BIGINT;
CREATE INDEX actors_by_handle ON actors (handle_folded /*pg COLLATE "C" */, id)
    WHERE NOT is_local;
CREATE INDEX actors_restrained ON actors (id)
    WHERE silenced_at IS NOT NULL OR suspended_at IS NOT NULL;

ALTER TABLE posts ADD COLUMN is_withheld BOOLEAN NOT NULL DEFAULT FALSE; -- moderators hide it

CREATE TABLE invites (
    id BIGINT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    maker_id BIGINT REFERENCES artists (id), -- NULL: at the command line
    role TEXT NOT NULL,
    note TEXT NOT NULL,
    uses_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX invites_by_maker ON invites (maker_id, id);

CREATE TABLE invite_guests ( -- who came by which invitation
    artist_id BIGINT PRIMARY KEY REFERENCES artists (id),
    invite_id BIGINT NOT NULL REFERENCES invites (id),
    came_at BIGINT NOT NULL
);
CREATE INDEX invite_guests_of_invite ON invite_guests (invite_id, came_at);

CREATE TABLE applications (
    id BIGINT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE, -- of the page where its state stands
    name TEXT NOT NULL,
    words TEXT NOT NULL,
    links TEXT NOT NULL,
    email TEXT NOT NULL,
    state TEXT NOT NULL, -- waiting, accepted, declined
    reply TEXT NOT NULL,
    invite_id BIGINT REFERENCES invites (id), -- of an accepted one
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT NOT NULL -- handle
);
CREATE INDEX applications_waiting ON applications (id) WHERE state = 'waiting';
CREATE INDEX applications_decided ON applications (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX applications_by_time ON applications (created_at);

CREATE TABLE application_samples ( -- small copies, gone once it is decided
    application_id BIGINT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    jpeg BYTEA NOT NULL,
    UNIQUE (application_id, position)
);

ALTER TABLE reports ADD COLUMN kind TEXT NOT NULL DEFAULT 'report'; -- or 'notice', a legal one
ALTER TABLE reports ADD COLUMN assigned_to TEXT NOT NULL DEFAULT ''; -- a moderator's handle
ALTER TABLE reports ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN reason TEXT NOT NULL DEFAULT ''; -- told to those whom it concerns
ALTER TABLE reports ADD COLUMN answer TEXT NOT NULL DEFAULT ''; -- of the accused, once
ALTER TABLE reports ADD COLUMN answered_at BIGINT;
ALTER TABLE reports ADD COLUMN told_at BIGINT; -- since when the accused artist reads it
CREATE INDEX reports_of_accused ON reports (accused_id, id);
CREATE INDEX reports_assigned ON reports (assigned_to, id) WHERE closed_at IS NULL;
CREATE INDEX reports_closed ON reports (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE case_notes ( -- what moderators wrote, and what they did
    id BIGINT PRIMARY KEY,
    report_id BIGINT NOT NULL REFERENCES reports (id),
    author TEXT NOT NULL, -- handle; '' = by itself
    words TEXT NOT NULL,
    is_deed BOOLEAN NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX case_notes_of_report ON case_notes (report_id, id);

CREATE TABLE withheld ( -- works and posts that a case hides; several may hide the same
    target_id BIGINT NOT NULL,
    report_id BIGINT NOT NULL REFERENCES reports (id),
    at BIGINT NOT NULL,
    UNIQUE (target_id, report_id)
);
CREATE INDEX withheld_by_time ON withheld (at);
CREATE INDEX withheld_by_report ON withheld (report_id);

CREATE TABLE cleared ( -- what a case found nothing wrong with: no notice hides it by itself again
    target_id BIGINT NOT NULL,
    report_id BIGINT NOT NULL REFERENCES reports (id),
    UNIQUE (target_id, report_id)
);

CREATE TABLE notices ( -- legal ones: who gave it, beside its report
    report_id BIGINT PRIMARY KEY REFERENCES reports (id),
    token_hash TEXT NOT NULL UNIQUE, -- of the page where its state stands
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    standing TEXT NOT NULL,
    source TEXT NOT NULL, -- where the original is
    signature TEXT NOT NULL
);

CREATE TABLE house_texts ( -- each version of the answers that rules and legal pages are made of
    version BIGINT PRIMARY KEY,
    answers TEXT NOT NULL, -- JSON
    created_at BIGINT NOT NULL,
    author TEXT NOT NULL -- handle
);

CREATE TABLE closing ( -- one row while this instance is being closed
    id BIGINT PRIMARY KEY,
    state TEXT NOT NULL, -- announced, leaving, closed
    announced_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    words TEXT NOT NULL,
    author TEXT NOT NULL -- handle
);

CREATE TABLE new_homes ( -- where artists go on the day
    artist_id BIGINT PRIMARY KEY REFERENCES artists (id),
    target_uri TEXT NOT NULL,
    named_at BIGINT NOT NULL
);
CREATE INDEX invites_by_end ON invites (expires_at);
CREATE INDEX invites_revoked ON invites (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX applications_by_invite ON applications (invite_id) WHERE invite_id IS NOT NULL;
