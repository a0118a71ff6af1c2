"""Who is signed in, and by which password. Every failure to sign in sounds and takes the same.

Of a session only the hash of its token is kept.
"""

from dataclasses import field

from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, NotAllowed
from server.model import Artist, Millis, Session
from server.passwords import MAX_PASSWORD_BYTES, Passwords
from server.ports import Library
from server.tokens import hash_token, new_token
from server.values import dataclass

SESSION_LENGTH = Millis(30 * 86_400_000)
_WRONG = "This handle and password do not go together: check both and try again."
# argon2id of a random, forgotten password: an unknown handle takes as long as a known one
_NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "z0CRQb2jQAWjbREnD4HcvA$NofyWvCo1zWB7MwAkn0XS+KnyVHP1UvYc2QusngQ9Hk"
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session; `token` goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    session: Session
    artist: Artist


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sign in and out, ask for the password again, change it."""

    library: Library
    clock: Clock
    addresses: Addresses
    passwords: Passwords

    async def sign_in(self, handle: str, password: str) -> SignedIn:
        """Start a session. Raise `NotAllowed` in the same words and time for every failure."""
        async with self.library.reading() as tx:
            artist = await tx.artists.by_handle(typed_handle(handle))
            hashed = await tx.artists.password_hash(artist.id) if artist else None
        if len(password.encode()) > MAX_PASSWORD_BYTES:
            raise NotAllowed(_WRONG)
        fits = await self.passwords.fits(password, hashed or _NOBODYS_HASH)
        if not (artist and hashed and fits) or _is_shut_out(artist):
            raise NotAllowed(_WRONG)
        return await self.start(artist)

    async def session(self, token: str) -> tuple[Session, Artist] | None:
        """Return the session that a cookie's token stands for.

        Who has asked to be deleted may sign in to take it back, and nothing else (`ends_at`).
        """
        async with self.library.reading() as tx:
            found = await tx.artists.session(hash_token(token), self.clock.now())
        if found is None or _is_shut_out(found[1]):
            return None
        return found

    async def sign_out(self, token_hash: str) -> None:
        """End one session."""
        async with self.library.transaction() as tx:
            await tx.artists.end_session(token_hash)

    async def change_password(self, artist: Artist, old: str, new: str) -> SignedIn:
        """Change a password, end every session, and start a fresh one."""
        async with self.library.reading() as tx:
            hashed = await tx.artists.password_hash(artist.id)
        if hashed is None or not await self.passwords.fits(old, hashed):
            raise Invalid("The present password is wrong: type it again.", "old_password")
        await self.set_password(artist, new)
        return await self.start(artist)

    async def confirm(self, artist: Artist, password: str) -> None:
        """Raise `Invalid` unless this is the account's password: before what cannot be undone."""
        async with self.library.reading() as tx:
            hashed = await tx.artists.password_hash(artist.id)
        is_sane = len(password.encode()) <= MAX_PASSWORD_BYTES
        if not (hashed and is_sane and await self.passwords.fits(password, hashed)):
            raise Invalid("The password is wrong: type it again.", "password")

    async def set_password(self, artist: Artist, password: str) -> None:
        """Set a password and end every session of the account."""
        names = (artist.handle, artist.name, artist.email, self.addresses.domain)
        hashed = await self.passwords.hash(password, names)
        async with self.library.transaction() as tx:
            await tx.artists.set_password_hash(artist.id, hashed)
            await tx.artists.end_sessions_of(artist.id)

    async def start(self, artist: Artist) -> SignedIn:
        """Start a session for who has just shown that they are this artist."""
        token, now = new_token(), self.clock.now()
        session = Session(
            token_hash=hash_token(token),
            artist_id=artist.id,
            csrf=new_token(),
            created_at=now,
            expires_at=Millis(now + SESSION_LENGTH),
        )
        async with self.library.transaction() as tx:
            await tx.artists.add_session(session)
        return SignedIn(token, session, artist)


def _is_shut_out(artist: Artist) -> bool:
    return artist.suspended_at is not None and not artist.may_return


def typed_handle(text: str) -> str:
    """Return the handle that somebody means who signs in as `@Ana@art.example`."""
    return text.strip().lstrip("@").partition("@")[0].casefold()
