-- What stands inside the copies of a picture, for its artist to read.

ALTER TABLE pictures ADD COLUMN written TEXT NOT NULL DEFAULT ''; -- JSON; '' = not noted
