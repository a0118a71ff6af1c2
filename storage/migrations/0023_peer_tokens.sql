-- Each server's number, which stands enciphered in the addresses of pictures that it is given.

CREATE TABLE peer_numbers (
    id BIGINT PRIMARY KEY,
    host TEXT /*pg COLLATE "C" */ NOT NULL UNIQUE -- an authority: a name, with its port where odd
);

CREATE TABLE peer_token_key ( -- one row: with another key all addresses given so far name nobody
    id BIGINT PRIMARY KEY,
    key TEXT NOT NULL -- 16 bytes in hex
);
