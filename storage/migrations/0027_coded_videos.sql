-- How videos of how works were made are coded, and the keys of those that were taken out again.

ALTER TABLE shots ADD COLUMN video_codec TEXT NOT NULL DEFAULT ''; -- '' = was never looked at
ALTER TABLE shots ADD COLUMN audio_codec TEXT NOT NULL DEFAULT ''; -- '' = none, or never looked at
ALTER TABLE shots ADD COLUMN video_index_last BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE former_videos ( -- their addresses say that they are gone
    media_key TEXT PRIMARY KEY,
    work_id BIGINT NOT NULL REFERENCES works (id) ON DELETE CASCADE
);
CREATE INDEX former_videos_of_work ON former_videos (work_id);
