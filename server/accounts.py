"""Accounts: opened, and what is kept of them; who is signed in is `sessions`' to say.

None is made by a first visitor: it takes an owner's set-up link, an invitation or the command line.
"""

import re
from collections.abc import Sequence
from dataclasses import field, replace

from server.acts import Act
from server.addresses import Addresses
from server.audit import note
from server.clock import Clock
from server.errors import Conflict, Invalid, NotAllowed, NotFound, Outdated, refuse_outdated
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    Millis,
    Role,
    SigningKey,
    Visibility,
)
from server.passwords import Passwords
from server.permits import InteractionPolicy
from server.ports import Library, Transaction
from server.promises import Deed, SayPromise, promise
from server.signing_keys import KeyRing
from server.values import dataclass

MAX_NAME_LENGTH = 80
_TOLD_ANEW = 20  # works whose permits changed; older ones say it when they are edited or asked for
_SHOWN = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)
MAX_BIO_LENGTH = 5_000
_HANDLE = re.compile(r"[a-z0-9_]{1,30}")  # what every server in the fediverse accepts


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is needed to open an account."""

    handle: str
    password: str = field(repr=False)
    role: Role = Role.ARTIST
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What an artist says of themself."""

    name: str
    bio: str
    approves_follows: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """An account that is ready to be kept."""

    artist: Artist
    actor: Actor
    password_hash: str = field(repr=False)
    keys: Sequence[SigningKey]  # RSA first


@dataclass(frozen=True, slots=True)
class Accounts:
    """Open accounts, keep profiles and roles."""

    library: Library
    clock: Clock
    addresses: Addresses
    passwords: Passwords
    keys: KeyRing

    async def open(self, wanted: NewAccount) -> Artist:
        """Open an account. Raise `Invalid` or `Conflict` with the field that is wrong."""
        made = await self.prepared(wanted)
        async with self.library.transaction() as tx:
            await self.add(tx, made)
        return made.artist

    async def add(self, tx: Transaction, made: Prepared) -> None:
        """Keep an account that was prepared."""
        main, *others = made.keys
        await tx.artists.add(made.artist, made.actor, made.password_hash, main)
        for key in others:
            await tx.artists.add_key(key)

    async def prepared(self, wanted: NewAccount) -> Prepared:
        """Return an account that is ready to be kept. Raises as `open`."""
        handle = read_handle(wanted.handle)
        if handle == self.addresses.domain:
            raise Conflict(f"'{handle}' is the server's own name: choose another.", "handle")
        await self._refuse_taken(handle)
        names = (handle, wanted.name, wanted.email, self.addresses.domain)
        password_hash = await self.passwords.hash(wanted.password, names)
        now, actor_id = self.clock.now(), ActorId(self.clock.new_id())
        artist = Artist(
            id=actor_id,
            handle=handle,
            name=_limited(wanted.name.strip(), MAX_NAME_LENGTH, "name"),
            role=wanted.role,
            created_at=now,
            email=wanted.email.strip(),
        )
        actor, keys = await self.keys.made_for(self._actor_of(artist))
        return Prepared(artist, actor, password_hash, keys)

    async def ensure_server_actor(self) -> Actor:
        """Return the server's own actor, made with its key at the first call."""
        uri = self.addresses.server_actor
        async with self.library.reading() as tx:
            known = await tx.actors.by_uri(uri)
        if known is not None:
            return known
        bare = Actor(
            id=ActorId(self.clock.new_id()),
            uri=uri,
            kind=ActorKind.APPLICATION,
            handle=self.addresses.server_handle,
            domain=self.addresses.domain,
            name=self.addresses.domain,
            summary_html="",
            url=self.addresses.base_url,
            inbox=self.addresses.shared_inbox,
            shared_inbox=self.addresses.shared_inbox,
            outbox=f"{uri}/outbox",
            is_local=True,
        )
        actor, keys = await self.keys.made_for(bare)
        async with self.library.transaction() as tx:
            just_made = await tx.actors.by_uri(uri)
            if just_made is not None:  # by another process
                return just_made
            await tx.actors.put(actor)
            for key in keys:
                await tx.artists.add_key(key)
        return actor

    async def set_role(
        self, handle: str, role: Role, by: Artist | None = None, seen: Role | None = None
    ) -> Artist:
        """Give an account another role; the last owner stays one. `by` None: the command line.

        `seen`: the role as this was decided. Raise `Outdated` where it is another by now, and
        `NotAllowed` where that of `by` is: whom they deal with is a matter of both.
        """
        async with self.library.transaction() as tx:
            await one_at_a_time(tx, self.addresses)
            artist = await self._held(tx, handle)
            if seen not in {None, artist.role}:
                raise Outdated
            standing = await tx.artists.by_id(by.id) if by else None
            if by is not None and (standing is None or standing.role is not by.role):
                raise NotAllowed("Your own role was changed just now: reload the page.")
            if role is artist.role:
                return artist
            if role is not Role.OWNER:
                await keep_an_owner(tx, artist)
            changed = replace(artist, role=role)
            await tx.artists.update(changed)
            await note(
                *(tx, self.clock, by, Act.ROLE_CHANGED, f"@{artist.handle}"),
                before=artist.role,
                after=role,
            )
        return changed

    async def suspend(
        self, handle: str, by: Artist | None = None, *, is_suspended: bool = True, reason: str = ""
    ) -> Artist:
        """Suspend an account (out of sight, signed out), or let it back in; the world is told.

        `by` None: the command line.
        """
        async with self.library.transaction() as tx:
            kept = await self._held(tx, handle)
            if kept.role is Role.OWNER:
                raise NotAllowed("An owner cannot be suspended: change the role first.")
            changed = _suspended(kept, self.clock.now()) if is_suspended else _let_in(kept)
            await tx.artists.update(changed)
            await tx.artists.end_sessions_of(kept.id)
            if (kept.suspended_at is None) != (changed.suspended_at is None):
                await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, kept.id))
            act = Act.SUSPENDED if is_suspended else Act.LET_BACK
            await note(tx, self.clock, by, act, f"@{kept.handle}", reason=reason)
        return changed

    async def edit_profile(
        self, artist: Artist, profile: Profile, seen: Artist | None = None
    ) -> Artist:
        """Change name, bio and whether follows are approved; followers' servers are told.

        `seen`: as they stood when this was decided. Raise `Outdated` where they changed since.
        """
        name = _limited(profile.name.strip(), MAX_NAME_LENGTH, "name")
        bio = _limited(profile.bio.strip(), MAX_BIO_LENGTH, "bio")
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist  # moderators may have spoken since
            refuse_outdated(seen, known, "name", "bio", "approves_follows")
            approves = profile.approves_follows
            changed = replace(known, name=name, bio=bio, approves_follows=approves)
            await tx.artists.update(changed)
            actor = await tx.actors.by_id(artist.id)
            if actor is not None:
                await tx.actors.put(
                    replace(actor, name=changed.name, approves_follows=changed.approves_follows)
                )
            await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
        return changed

    async def set_permits(
        self, artist: Artist, permits: InteractionPolicy, seen: Artist | None = None
    ) -> Artist:
        """Change who may like, answer, boost and quote what says nothing else.

        Other servers hear of it, and of the newest works that it changes. `seen`: as for profiles.
        """
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist
            refuse_outdated(seen, known, "interaction")
            changed = replace(known, interaction=permits)
            await tx.artists.update(changed)
            if permits != known.interaction:
                await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
                for work in await tx.works.of_artist(artist.id, _SHOWN, limit=_TOLD_ANEW):
                    if work.interaction is None:
                        said = SayPromise(Deed.WORK_EDITED, artist.id, work.id)
                        await promise(tx, self.clock, said)
        return changed

    async def named(self, handle: str) -> Artist:
        """Find a local account, or raise `NotFound` with a sentence."""
        async with self.library.reading() as tx:
            return await self._named(tx, handle)

    async def _held(self, tx: Transaction, handle: str) -> Artist:
        found = await self._named(tx, handle)
        return await tx.artists.hold(found.id) or found

    async def _named(self, tx: Transaction, handle: str) -> Artist:
        artist = await tx.artists.by_handle(handle.strip().lstrip("@"))
        if artist is None:
            raise NotFound(
                f"There is no account '{handle}' here: 'fixatif account list' shows all."
            )
        return artist

    async def all(self) -> list[Artist]:
        """List every account by handle."""
        found: list[Artist] = []
        async with self.library.reading() as tx:
            while page := await tx.artists.page(
                after_handle=found[-1].handle if found else "", limit=200
            ):
                found += page
        return found

    async def has_owner(self) -> bool:
        """Say whether anybody owns this instance yet."""
        async with self.library.reading() as tx:
            return await tx.artists.count(Role.OWNER) > 0

    async def _refuse_taken(self, handle: str) -> None:
        async with self.library.reading() as tx:
            if await tx.artists.by_handle(handle) is not None:
                raise Conflict(f"The handle '{handle}' is taken: choose another.", "handle")

    def _actor_of(self, artist: Artist) -> Actor:
        uri = self.addresses.actor(artist.handle)
        return Actor(
            id=artist.id,
            uri=uri,
            kind=ActorKind.PERSON,
            handle=artist.handle,
            domain=self.addresses.domain,
            name=artist.name,
            summary_html="",
            url=self.addresses.portfolio(artist.handle),
            inbox=f"{uri}/inbox",
            shared_inbox=self.addresses.shared_inbox,
            outbox=f"{uri}/outbox",
            followers_uri=f"{uri}/followers",
            is_local=True,
        )


async def one_at_a_time(tx: Transaction, addresses: Addresses) -> None:
    """Let deeds that count owners wait for each other: writing the same row locks it."""
    speaker = await tx.actors.by_uri(addresses.server_actor)
    if speaker is not None:
        await tx.actors.put(speaker)


async def keep_an_owner(tx: Transaction, artist: Artist) -> None:
    """Raise `NotAllowed` where nobody else owns the instance who stays."""
    others = [one for one in await tx.artists.staff() if one.id != artist.id]
    if artist.role is Role.OWNER and not any(one.role is Role.OWNER for one in others):
        raise NotAllowed(f"'{artist.handle}' is the only owner: make somebody else an owner first.")


def _suspended(artist: Artist, now: Millis) -> Artist:
    """Return an account out of sight; one that is about to end cannot be taken back any more."""
    since = now if artist.suspended_at is None else artist.suspended_at
    return replace(artist, suspended_at=since, is_barred=artist.ends_at is not None)


def _let_in(artist: Artist) -> Artist:
    """Return an account in sight, but for one that is about to end: its artist may take it back."""
    since = artist.suspended_at if artist.ends_at is not None else None
    return replace(artist, suspended_at=since, is_barred=False)


def read_handle(text: str) -> str:
    """Return a handle in the form that is kept. Raise `Invalid` with what is allowed."""
    handle = text.strip().lstrip("@").lower()
    if not _HANDLE.fullmatch(handle):
        raise Invalid(
            "A handle has 1 to 30 characters, each a letter a-z, a digit or _: choose another.",
            "handle",
        )
    return handle


def _limited(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise Invalid(f"The {name} is too long: use at most {most} characters.", name)
    return text
