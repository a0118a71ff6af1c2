"""Interfaces of artists and their actors, and how they end."""

from collections.abc import Sequence
from typing import Protocol

from server.model import (
    Actor,
    ActorId,
    Artist,
    KeyAlgorithm,
    Millis,
    Role,
    Session,
    SigningKey,
    Sizes,
    Ticket,
    TicketPurpose,
)
from server.portraits import Portrait, PortraitKind
from server.values import dataclass


class Artists(Protocol):
    """Local accounts, their keys, sessions and one-time links."""

    async def add(self, artist: Artist, actor: Actor, password_hash: str, key: SigningKey) -> None:
        """Store account, actor and key. Raise `Conflict` (field "handle") where the handle is
        taken, compared without regard to case, also by a deleted account.
        """
        ...

    async def by_id(self, artist_id: ActorId) -> Artist | None: ...

    async def hold(self, artist_id: ActorId) -> Artist | None:
        """Return the account, and let nobody else change it until this transaction ends: whoever
        stores one that was read must hold it first, else what others said meanwhile is lost.
        """
        ...

    async def by_handle(self, handle: str) -> Artist | None:
        """Find by handle, without regard to case."""
        ...

    async def page(self, *, after_handle: str = "", limit: int = 100) -> list[Artist]:
        """List by handle, ascending."""
        ...

    async def search(self, start: str, *, after_handle: str = "", limit: int = 50) -> list[Artist]:
        """List those whose handle begins so, without regard to case, by handle."""
        ...

    async def staff(self) -> list[Artist]:
        """List moderators, admins and owners who are not suspended, by handle."""
        ...

    async def count(self, role: Role | None = None) -> int:
        """Count accounts, all or those of one role; suspended ones included."""
        ...

    async def update(self, artist: Artist) -> None:
        """Store every field of an existing account; its actor row is the caller's to update, but
        for what moderators say, which is stored there too.
        """
        ...

    async def sizes(self) -> dict[ActorId, Sizes]:
        """Return the sizes of all who give away less than the house does."""
        ...

    async def password_hash(self, artist_id: ActorId) -> str | None: ...

    async def set_password_hash(self, artist_id: ActorId, password_hash: str) -> None: ...

    async def key_of(
        self, actor_id: ActorId, algorithm: KeyAlgorithm = KeyAlgorithm.RSA
    ) -> SigningKey | None:
        """Return the newest key of a local actor (the server actor has one too)."""
        ...

    async def add_key(self, key: SigningKey) -> None: ...

    async def drop_keys(self, actor_id: ActorId, *, but: Sequence[str]) -> None:
        """Delete every key of a local actor but those with these ids."""
        ...

    async def lacking_key(self, algorithm: KeyAlgorithm, *, limit: int = 100) -> list[ActorId]:
        """List local actors that have keys, but none of this kind."""
        ...

    async def add_session(self, session: Session) -> None: ...

    async def session(self, token_hash: str, now: Millis) -> tuple[Session, Artist] | None:
        """Return an unexpired session and its account in one query."""
        ...

    async def end_session(self, token_hash: str) -> None: ...

    async def end_sessions_of(self, artist_id: ActorId) -> None: ...

    async def add_ticket(self, ticket: Ticket) -> None: ...

    async def ticket(self, token_hash: str, purpose: TicketPurpose, now: Millis) -> Ticket | None:
        """Return a ticket that is neither used nor expired."""
        ...

    async def use_ticket(self, token_hash: str, purpose: TicketPurpose, now: Millis) -> bool:
        """Use a ticket up; False where it is unknown, used or expired. At most one caller wins."""
        ...

    async def sweep(self, now: Millis) -> None:
        """Forget expired sessions, and tickets that expired a day ago."""
        ...


@dataclass(frozen=True, slots=True)
class Met:
    """An actor with what the rules ask of them besides."""

    actor: Actor
    is_followed_here: bool = False  # somebody here follows them (ACCEPTED)
    follows_here: bool = False  # they follow somebody here (ACCEPTED)
    has_held: bool = False  # something of theirs waits for a moderator, or was dropped


class Actors(Protocol):
    """Everyone, local and remote."""

    async def put(self, actor: Actor) -> ActorId:
        """Insert, or update the row with the same `uri`; the row keeps its first id, which is
        returned. A local actor is never overwritten by a remote one (`Untrusted`).
        """
        ...

    async def by_id(self, actor_id: ActorId) -> Actor | None: ...

    async def by_uri(self, uri: str) -> Actor | None: ...

    async def by_key_id(self, key_id: str) -> Actor | None: ...

    async def by_address(self, handle: str, domain: str) -> Actor | None:
        """Find by handle and domain, without regard to case."""
        ...

    async def many(self, ids: Sequence[ActorId]) -> dict[ActorId, Actor]: ...

    async def met(self, uris: Sequence[str]) -> dict[str, Met]:
        """Return those at these addresses with what the rules ask of them, in one query."""
        ...

    async def at_inbox(self, inbox: str, *, limit: int = 10) -> list[Actor]:
        """List actors elsewhere, not gone, whose own inbox that is; a shared one is nobody's."""
        ...

    async def restrain(
        self, actor_id: ActorId, *, silenced_at: Millis | None, suspended_at: Millis | None
    ) -> None:
        """Keep what moderators say of an actor; for local ones `Artists.update` does it."""
        ...

    async def restrained(self, *, before: ActorId | None = None, limit: int = 50) -> list[Actor]:
        """List those who are silenced or suspended, here and elsewhere, latest known first."""
        ...

    async def search(
        self, start: str, domain: str = "", *, after: ActorId | None = None, limit: int = 50
    ) -> list[Actor]:
        """List those elsewhere whose handle begins so, on one domain or all, by handle and id."""
        ...

    async def mark_gone(self, actor_id: ActorId, at: Millis) -> None:
        """Note that an actor was deleted and erase its follows, blocks, reactions, posts and
        notifications about it.
        """
        ...

    async def mark_moved(self, actor_id: ActorId, to: str, *, since: Millis, at: Millis) -> bool:
        """Note that an actor became another; False, and nothing changes, where it did so
        after `since`.
        """
        ...


class Portraits(Protocol):
    """Avatars and banners of artists; at most one of each kind. Which of them an artist shows
    stands in the account.
    """

    async def put(self, portrait: Portrait) -> None:
        """Store one in the place of the artist's former one of its kind."""
        ...

    async def remove(self, artist_id: ActorId, kind: PortraitKind) -> None: ...

    async def of_artist(self, artist_id: ActorId) -> dict[PortraitKind, Portrait]: ...

    async def by_media_key(self, media_key: str) -> Portrait | None:
        """Find one by the random key in its address."""
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What went with some works: how many, and the media digests that they needed."""

    works: int
    digests: tuple[str, ...]


class Departures(Protocol):
    """The ends of accounts."""

    async def departed(self, handle: str) -> Actor | None:
        """Find the deleted actor of this server that was called so, without regard to case."""
        ...

    async def acquaintances(self, actor: ActorId) -> list[tuple[str, str]]:
        """Return (inbox, shared inbox or "") of everybody elsewhere who may know somebody here:
        who follows, is followed, reacted, answered, was answered, named or written to, asked, is
        blocked.
        """
        ...

    async def erase_works(self, artist: ActorId, *, limit: int = 20) -> Erased | None:
        """Delete up to `limit` works in whatever state, with everything about them; what people
        here said below them stays by itself. None where there are no works any more.
        """
        ...

    async def erase_person(self, actor: ActorId, uri: str, *, but: str) -> None:
        """Delete what an account without works has: series, messages, notifications, requests,
        sessions, and what it told other servers, but for the activity `but`.
        """
        ...

    async def erase_account(self, actor: ActorId) -> None:
        """Delete the account itself, with its mail address and password. Its actor stays."""
        ...

    async def has_deliveries(self, actors: Sequence[ActorId]) -> bool:
        """Say whether anything that one of these says or sends is neither done nor given up."""
        ...

    async def drop_keys(self, actors: Sequence[ActorId]) -> None:
        """Delete every key of actors here, public halves too."""
        ...
