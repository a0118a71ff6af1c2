"""Everybody whom those who run the instance deal with: accounts here, and actors elsewhere.

The law: nobody restrains somebody of their own rank or above, nobody restrains themselves, and an
owner is never restrained. Everything that is done is logged; what is undone comes back whole.
"""

from dataclasses import replace

from server.account_ends import AccountEnds
from server.accounts import Accounts
from server.acts import Act, AuditEntry
from server.addresses import Addresses
from server.arrivals import Invite
from server.audit import note
from server.clock import Clock
from server.errors import Invalid, NotAllowed, NotFound, Outdated
from server.model import Actor, ActorId, Artist, Role, Visibility
from server.ports import Library, Transaction
from server.roles import demand, is_at_least
from server.sessions import Sessions
from server.values import dataclass

PAGE = 50
MOST_INVITES = 100  # that an artist may be given
_MAX_REASON = 500
_ALL = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)
_BOTH_RANKS = "Only somebody of a higher rank can do this: ask an owner or an admin."


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as their page shows them. `artist` is None for who is of another server."""

    actor: Actor
    artist: Artist | None
    works: int = 0
    followers: int = 0
    invites_left: int = 0
    came_by: Invite | None = None
    inviter: Artist | None = None
    may_restrain: bool = False  # whether the reader may silence and suspend them
    may_give: tuple[Role, ...] = ()  # roles that the reader may give them


@dataclass(frozen=True, slots=True)
class Members:
    """List, find and deal with people."""

    library: Library
    clock: Clock
    addresses: Addresses
    accounts: Accounts
    sessions: Sessions
    ends: AccountEnds

    async def here(self, reader: Artist, start: str = "", after: str = "") -> list[Artist]:
        """List accounts by handle, those whose handle begins so, fifty at a time."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            return await tx.artists.search(_plain(start), after_handle=after, limit=PAGE)

    async def elsewhere(
        self, reader: Artist, sought: str, after: ActorId | None = None
    ) -> list[Actor]:
        """Find actors of other servers: `name`, `name@domain` or `@domain`, fifty at a time."""
        demand(reader, Role.MODERATOR)
        handle, _, domain = sought.strip().removeprefix("@").partition("@")
        if sought.strip().startswith("@") and "." in handle and not domain:
            handle, domain = "", handle  # "@server.example"
        if not handle and not domain:
            return []
        async with self.library.reading() as tx:
            return await tx.actors.search(handle, domain, after=after, limit=PAGE)

    async def restrained(self, reader: Artist, before: ActorId | None = None) -> list[Actor]:
        """List who is silenced or suspended, here and elsewhere, fifty at a time."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            return await tx.actors.restrained(before=before, limit=PAGE)

    async def member(self, reader: Artist, actor_id: ActorId) -> Member:
        """Return somebody with what their page shows. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            actor, artist = await self._found(tx, actor_id)
            came_by = await tx.invites.of_guest(actor.id)
            maker = came_by.maker_id if came_by else None
            return Member(
                actor=actor,
                artist=artist,
                works=await tx.works.count(actor.id, _ALL) if artist else 0,
                followers=await tx.relations.count_followers(actor.id),
                invites_left=await tx.invites.left_to(actor.id) if artist else 0,
                came_by=came_by,
                inviter=await tx.artists.by_id(maker) if maker else None,
                may_restrain=not _why_not(reader, actor, artist),
                may_give=_may_give(reader, artist) if artist else (),
            )

    async def find(self, text: str) -> ActorId:
        """Return whom a handle here, or the address of somebody known, names. Raise `NotFound`."""
        handle, _, domain = text.strip().lstrip("@").partition("@")
        if not domain or domain.casefold() == self.addresses.domain:
            return (await self.accounts.named(handle)).id
        async with self.library.reading() as tx:
            actor = await tx.actors.by_address(handle, domain)
        if actor is None:
            raise NotFound(f"Nobody called {handle}@{domain} is known here: check the address.")
        return actor.id

    async def give_role(
        self,
        reader: Artist,
        actor_id: ActorId,
        role: Role,
        password: str,
        seen: Role | None = None,
    ) -> Artist:
        """Change somebody's role, confirmed by the reader's password. Only owners make admins.

        `seen`: the role as this was decided. Raise `Outdated` where it is another by now.
        """
        demand(reader, Role.ADMIN)
        async with self.library.reading() as tx:
            _, artist = await self._found(tx, actor_id)
        if artist is None:
            raise NotFound("Somebody of another server has no role here.")
        if role not in _may_give(reader, artist):
            raise NotAllowed("Only owners make admins and owners, or change what those are.")
        await self.sessions.confirm(reader, password)
        return await self.accounts.set_role(artist.handle, role, reader, seen or artist.role)

    async def silence(
        self, reader: Artist | None, actor_id: ActorId, reason: str = "", *, is_on: bool = True
    ) -> Actor:
        """Keep somebody out of public lists, or end that. `reader` None: the command line."""
        async with self.library.transaction() as tx:
            actor, artist = await self._found(tx, actor_id)
            artist = await tx.artists.hold(actor_id)  # as it is now, and stays until this is kept
            _refuse(reader, actor, artist)
            since = (actor.silenced_at or self.clock.now()) if is_on else None
            if artist is not None:
                await tx.artists.update(replace(artist, silenced_at=since))
            else:
                await tx.actors.restrain(
                    actor.id, silenced_at=since, suspended_at=actor.suspended_at
                )
            act = Act.SILENCED if is_on else Act.HEARD_AGAIN
            await note(tx, self.clock, reader, act, self._name(actor), reason=_limited(reason))
        return replace(actor, silenced_at=since)

    async def suspend(
        self, reader: Artist | None, actor_id: ActorId, reason: str = "", *, is_on: bool = True
    ) -> Actor:
        """Hide somebody whole, or let them back whole. `reader` None: the command line."""
        async with self.library.transaction() as tx:
            actor, artist = await self._found(tx, actor_id)
            _refuse(reader, actor, artist)
            if artist is None:
                since = (actor.suspended_at or self.clock.now()) if is_on else None
                await tx.actors.restrain(
                    actor.id, silenced_at=actor.silenced_at, suspended_at=since
                )
                act = Act.SUSPENDED if is_on else Act.LET_BACK
                await note(tx, self.clock, reader, act, self._name(actor), reason=_limited(reason))
                return replace(actor, suspended_at=since)
        changed = await self.accounts.suspend(
            artist.handle, reader, is_suspended=is_on, reason=_limited(reason)
        )
        return replace(actor, suspended_at=changed.suspended_at)

    async def end(
        self, reader: Artist, actor_id: ActorId, password: str, *, is_on: bool = True
    ) -> None:
        """Begin the end of an account, two weeks from now, or take it back; by one's password."""
        demand(reader, Role.ADMIN)
        async with self.library.reading() as tx:
            actor, artist = await self._found(tx, actor_id)
        if artist is None:
            raise NotFound("Somebody of another server is not ours to delete.")
        _refuse(reader, actor, artist)
        await self.sessions.confirm(reader, password)
        if is_on:
            await self.ends.ask(artist)
        else:
            await self.ends.take_back(artist, is_staff=True)
        act = Act.END_BEGUN if is_on else Act.END_TAKEN_BACK
        async with self.library.transaction() as tx:
            await note(tx, self.clock, reader, act, self._name(actor))

    async def last_role_change(self, reader: Artist, artist: Artist) -> AuditEntry | None:
        """Return who changed somebody's role last, and when, as far as the newest acts say."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            acts = await tx.audit.page(act=Act.ROLE_CHANGED, limit=PAGE)
        return next((one for one in acts if one.subject == f"@{artist.handle}"), None)

    async def allow_invites(
        self, reader: Artist, actor_id: ActorId, count: int, seen: int | None = None
    ) -> None:
        """Let an artist make so many invitations of their own.

        `seen`: how many were left as this was decided. Raise `Outdated` where it is not so now.
        """
        demand(reader, Role.ADMIN)
        if not 0 <= count <= MOST_INVITES:
            raise Invalid(f"Give 0 to {MOST_INVITES} invitations.", "count")
        async with self.library.transaction() as tx:
            _, artist = await self._found(tx, actor_id)
            if artist is None:
                raise NotFound("Somebody of another server makes no invitations here.")
            await tx.artists.hold(artist.id)  # whoever says another number waits
            before = await tx.invites.left_to(artist.id)
            if seen not in {None, before}:
                raise Outdated
            await tx.invites.allow(artist.id, count)
            await note(
                *(tx, self.clock, reader, Act.INVITES_ALLOWED, f"@{artist.handle}"),
                before=str(before),
                after=str(count),
            )

    def _name(self, actor: Actor) -> str:
        return f"@{actor.handle}" if actor.is_local else f"@{actor.address}"

    async def _found(self, tx: Transaction, actor_id: ActorId) -> tuple[Actor, Artist | None]:
        actor = await tx.actors.by_id(actor_id)
        artist = await tx.artists.by_id(actor_id)
        is_ours = actor is not None and actor.is_local and artist is None  # the server, or a series
        if actor is None or is_ours:
            raise NotFound("There is nobody like that here.")
        return actor, artist


def _plain(start: str) -> str:
    return start.strip().lstrip("@").partition("@")[0]


def _limited(reason: str) -> str:
    said = reason.strip()
    if len(said) > _MAX_REASON:
        raise Invalid(f"The reason may have at most {_MAX_REASON} characters.", "reason")
    return said


def _refuse(reader: Artist | None, actor: Actor, artist: Artist | None) -> None:
    """Refuse who may not restrain somebody. The command line may restrain all but owners."""
    if reader is not None:
        demand(reader, Role.MODERATOR)
    problem = _why_not(reader, actor, artist)
    if problem:
        raise NotAllowed(problem)


def _why_not(reader: Artist | None, actor: Actor, artist: Artist | None) -> str:
    if actor.gone_at is not None:
        return "This account was deleted: there is nobody to deal with."
    if artist is None:
        return ""
    if artist.role is Role.OWNER:
        return "An owner cannot be silenced or suspended: change the role first."
    if reader is None:
        return ""
    if reader.id == artist.id:
        return "This is yourself: ask somebody else."
    return _BOTH_RANKS if is_at_least(artist.role, reader.role) else ""


def _may_give(reader: Artist, artist: Artist) -> tuple[Role, ...]:
    """Return the roles that somebody may give somebody: all for owners, the lower for admins."""
    if reader.role is Role.OWNER:
        return tuple(Role)
    if reader.role is not Role.ADMIN or is_at_least(artist.role, Role.ADMIN):
        return ()
    return (Role.MODERATOR, Role.ARTIST, Role.READER)
