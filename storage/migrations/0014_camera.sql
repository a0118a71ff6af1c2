-- How photographs were taken, where their artist wants it shown.

ALTER TABLE works ADD COLUMN shows_camera BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE pictures ADD COLUMN camera TEXT NOT NULL DEFAULT ''; -- JSON; '' = not wanted, or not said
