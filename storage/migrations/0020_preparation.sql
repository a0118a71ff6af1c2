-- How far the making of a picture's copies is, for its artist.

ALTER TABLE pictures ADD COLUMN made_copies BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pictures ADD COLUMN all_copies BIGINT NOT NULL DEFAULT 0; -- 0: not begun
