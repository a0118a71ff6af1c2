-- Which of all that is in force a process has: one row, counted up by whoever changes anything.

CREATE TABLE house_generation (
    id BIGINT PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO house_generation (id, generation) VALUES (1, 0);
