-- Watermarks on copies, and how link cards show a picture.

ALTER TABLE artists ADD COLUMN watermark TEXT NOT NULL DEFAULT ''; -- JSON; '' = none
ALTER TABLE artists ADD COLUMN watermark_logo TEXT NOT NULL DEFAULT ''; -- MediaStore key
CREATE INDEX artists_by_watermark_logo ON artists (watermark_logo) WHERE watermark_logo <> '';
ALTER TABLE works ADD COLUMN bears_watermark BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE works ADD COLUMN card TEXT NOT NULL DEFAULT 'whole'; -- or 'focus'
