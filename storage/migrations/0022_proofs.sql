-- Sums that visitors' browsers solved for a proof: none is taken twice, whichever process is asked.

CREATE TABLE spent_sums (
    code TEXT PRIMARY KEY, -- from the sum's signature: names no browser
    until BIGINT NOT NULL -- after this moment nobody takes the sum, nor needs the row
);
CREATE INDEX spent_sums_until ON spent_sums (until);
