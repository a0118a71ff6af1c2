"""Passwords: argon2id off the event loop, at most two at a time (each takes 64 MiB).

Law: a new password is neither short, nor too long, nor one that is guessed first; one that was
taken before the rule came keeps working.
"""

import asyncio
from collections.abc import Iterable
from importlib import resources

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.errors import Invalid
from server.guessing import why_guessed

MIN_PASSWORD_LENGTH = 8  # NIST SP 800-63B, with no rules of composition
MAX_PASSWORD_BYTES = 1_024  # argon2 would take more, at a price


class _Common(msgspec.Struct):
    """`data/common-passwords.json`; beside the words it says where they come from."""

    passwords: frozenset[str]


class Passwords:
    """Argon2id in worker threads, two at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(2)

    async def hash(self, password: str, names: Iterable[str]) -> str:
        """Return the PHC string of a new password.

        `names`: of whose it is, and of the place. Raise `Invalid` where the password is too short
        or long, or guessed first.
        """
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
            return await asyncio.to_thread(self._hash, password, names)

    async def fits(self, password: str, hashed: str) -> bool:
        """Say whether a password fits its hash."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password, hashed)

    def _hash(self, password: str, names: Iterable[str]) -> str:
        problem = why_guessed(password, common_passwords(), names)
        if problem:
            raise Invalid(problem, "password")
        return self._hasher.hash(password)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def common_passwords() -> frozenset[str]:
    """Return well-known passwords. Read each time: a new password is rare, and 1 MiB is much."""
    shipped = resources.files("server").joinpath("data/common-passwords.json")
    return msgspec.json.decode(shipped.read_bytes(), type=_Common).passwords
