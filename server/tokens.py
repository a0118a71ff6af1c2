"""Random tokens for links and cookies; only their hashes are kept."""

import hashlib
import secrets


def hash_token(token: str) -> str:
    """Return what we keep of a random token; made-up ones may be no Unicode at all."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def new_token() -> str:
    """Return a random token for a link or a cookie."""
    return secrets.token_urlsafe(32)
