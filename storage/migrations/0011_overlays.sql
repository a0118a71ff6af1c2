-- Which of all that is in force a process has: one row, counted up by whoever changes anything.

CREATE TABLE house_generation (
    id BIGINT PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO house_generation (id, generation) VALUES (1, 0);

-- What admins are writing: one draft each, right or wrong.
CREATE TABLE policy_drafts (
    artist_id BIGINT PRIMARY KEY REFERENCES artists (id) ON DELETE CASCADE,
    toml TEXT NOT NULL,
    based_on BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- An artist's, and then a work's, own word on sizes; it only counts where it is smaller.
ALTER TABLE artists ADD COLUMN visitor_px BIGINT;
ALTER TABLE artists ADD COLUMN peer_px BIGINT;
CREATE INDEX artists_with_sizes ON artists (id)
    WHERE visitor_px IS NOT NULL OR peer_px IS NOT NULL;
ALTER TABLE works ADD COLUMN visitor_px BIGINT;
ALTER TABLE works ADD COLUMN peer_px BIGINT;
