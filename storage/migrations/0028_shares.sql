-- Who gives legal notices has a share of a day's, and requests that nobody answers fall out in time.

-- A keyed hash of the sender's network, another one each day; '' = came before this was kept.
ALTER TABLE notices ADD COLUMN sender TEXT NOT NULL DEFAULT '';
CREATE INDEX notices_by_sender ON notices (sender) WHERE sender <> '';

CREATE INDEX requests_waiting ON requests (created_at) WHERE state = 'waiting';
