"""Passwords: argon2id off the event loop, at most two at a time (each takes 64 MiB)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.errors import Invalid

MIN_PASSWORD_LENGTH = 8  # NIST SP 800-63B, with no rules of composition
MAX_PASSWORD_BYTES = 1_024  # argon2 would take more, at a price


class Passwords:
    """Argon2id in worker threads, two at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(2)

    async def hash(self, password: str) -> str:
        """Return the PHC string of a password. Raise `Invalid` where it is too short or long."""
        if len(password) < MIN_PASSWORD_LENGTH:
            raise Invalid(
                f"The password is too short: use at least {MIN_PASSWORD_LENGTH} characters.",
                "password",
            )
        if len(password.encode()) > MAX_PASSWORD_BYTES:
            raise Invalid(
                f"The password is too long: use at most {MAX_PASSWORD_BYTES} bytes.", "password"
            )
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password: str, hashed: str) -> bool:
        """Say whether a password fits its hash."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password, hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
