-- What pictures say of themselves, what their copies say, and addresses that they had before.

ALTER TABLE pictures ADD COLUMN declared_by TEXT NOT NULL DEFAULT ''; -- the upload says: made by AI
ALTER TABLE pictures ADD COLUMN declared_where TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN inscribed TEXT NOT NULL DEFAULT ''; -- digest of what its copies say

CREATE TABLE former_keys ( -- other servers fetch a picture months later
    media_key TEXT NOT NULL UNIQUE,
    picture_id BIGINT NOT NULL REFERENCES pictures (id) ON DELETE CASCADE
);
CREATE INDEX former_keys_of_picture ON former_keys (picture_id);
