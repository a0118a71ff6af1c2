-- Avatars and banners of artists.

CREATE TABLE portraits (
    artist_id BIGINT NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    kind TEXT NOT NULL, -- avatar, banner
    media_key TEXT NOT NULL UNIQUE, -- in its address
    digest TEXT NOT NULL, -- MediaStore keys: what others see,
    whole_digest TEXT NOT NULL, -- the same uncut, for its artist,
    original_digest TEXT NOT NULL, -- and the untouched upload
    whole_width BIGINT NOT NULL,
    whole_height BIGINT NOT NULL,
    focal_x DOUBLE PRECISION NOT NULL,
    focal_y DOUBLE PRECISION NOT NULL,
    alt TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (artist_id, kind)
);
CREATE INDEX portraits_by_digest ON portraits (digest);
CREATE INDEX portraits_by_whole ON portraits (whole_digest);
CREATE INDEX portraits_by_original ON portraits (original_digest);
ALTER TABLE artists ADD COLUMN avatar TEXT NOT NULL DEFAULT ''; -- media_key of a portrait
ALTER TABLE artists ADD COLUMN banner TEXT NOT NULL DEFAULT '';
