"""ActivityPub: words, signatures, addressing, inbox, outbox, delivery. Imports `server` alone."""
