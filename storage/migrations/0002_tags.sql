-- Works by tag: `tag` in one letter case, `listed_at` as in works, so that a page of a tag is read
-- in order from one index.

CREATE TABLE work_tags (
    tag TEXT /*pg COLLATE "C" */ NOT NULL,
    listed_at BIGINT NOT NULL,
    work_id BIGINT NOT NULL REFERENCES works (id) ON DELETE CASCADE
);
CREATE INDEX work_tags_by_tag ON work_tags (tag, listed_at, work_id);
CREATE INDEX work_tags_of_work ON work_tags (work_id);

INSERT INTO work_tags (tag, listed_at, work_id)
SELECT DISTINCT lower(value), works.listed_at, works.id FROM works, json_each(works.tags/*pg ::json */);
