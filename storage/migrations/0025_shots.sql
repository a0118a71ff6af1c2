-- How works were made: pictures and videos of it, shown by their artists.

CREATE TABLE shots (
    id BIGINT PRIMARY KEY,
    work_id BIGINT NOT NULL REFERENCES works (id),
    artist_id BIGINT NOT NULL, -- the work's, to count what all theirs take
    position BIGINT NOT NULL,
    name TEXT NOT NULL, -- of the file as uploaded
    added_at BIGINT NOT NULL,
    alt TEXT NOT NULL,
    caption TEXT NOT NULL,
    video_key TEXT NOT NULL, -- in its address; '' = it is a picture
    video_type TEXT NOT NULL, -- video/mp4, video/webm
    video_digest TEXT NOT NULL, -- MediaStore key
    video_bytes BIGINT NOT NULL,
    video_width BIGINT NOT NULL, -- 0 = unknown
    video_height BIGINT NOT NULL
);
CREATE INDEX shots_of_work ON shots (work_id, position);
CREATE INDEX shots_of_artist ON shots (artist_id);
CREATE INDEX shots_by_digest ON shots (video_digest) WHERE video_digest <> '';
CREATE UNIQUE INDEX shots_by_key ON shots (video_key) WHERE video_key <> '';

-- NULL = a picture of the work itself; else the shot, or what stands for a video.
ALTER TABLE pictures ADD COLUMN shot_id BIGINT REFERENCES shots (id);
CREATE INDEX pictures_of_shot ON pictures (shot_id) WHERE shot_id IS NOT NULL;

-- Whether the artist pointed moderators to what stands with the work of how it was made.
ALTER TABLE reports ADD COLUMN points_to_shots BOOLEAN NOT NULL DEFAULT FALSE;
