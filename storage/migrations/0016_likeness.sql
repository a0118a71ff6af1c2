-- What pictures of works look like, and whose else look the same.

CREATE TABLE likenesses (
    picture_id BIGINT PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    upright TEXT NOT NULL, -- PDQ, 64 hexadecimal digits; '' = too flat to tell
    others TEXT NOT NULL -- the same in seven more attitudes, as JSON
);

CREATE TABLE likeness_bands ( -- sixteen bits of a hash with their place, to find near ones by
    band BIGINT NOT NULL,
    picture_id BIGINT NOT NULL REFERENCES likenesses (picture_id) ON DELETE CASCADE,
    UNIQUE (band, picture_id)
);
CREATE INDEX likeness_bands_of_picture ON likeness_bands (picture_id);

CREATE TABLE resemblances ( -- an artist's picture that somebody else shows too
    id BIGINT PRIMARY KEY,
    artist_id BIGINT NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    picture_id BIGINT NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    other_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    target_id BIGINT NOT NULL, -- the other one's work or post
    position BIGINT NOT NULL, -- of the picture in it
    distance BIGINT NOT NULL,
    at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    UNIQUE (artist_id, picture_id, target_id)
);
CREATE INDEX resemblances_of_picture ON resemblances (picture_id);
CREATE INDEX resemblances_of_other ON resemblances (other_id, artist_id, verdict);
