"""Who follows whom: asked, accepted, rejected, ended. Both sides may be here or elsewhere.

Only an ACCEPTED follow widens what anyone sees, in either direction (CVE-2025-30741).
"""

from server import severed
from server.addresses import Addresses
from server.blocking import refuse_blocked
from server.clock import Clock
from server.errors import Invalid, NotAllowed, NotFound
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    Follow,
    FollowState,
    Millis,
    NotificationKind,
)
from server.notifications import tell
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, URGENT, Deed, SayPromise, promise
from server.values import dataclass

_SUSPENDED = (
    "A change of the house rules suspended this follow: those who run this place can restore it."
)


@dataclass(frozen=True, slots=True)
class Relation:
    """How `reader` and somebody stand to each other."""

    follows: FollowState | None = None
    followed_by: bool = False


@dataclass(frozen=True, slots=True)
class Following:
    """Follow and unfollow from here; take and answer requests from anywhere."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def follow(self, artist: Artist, whom: Actor) -> FollowState:
        """Follow somebody; asking again changes nothing. Return how it stands now."""
        if whom.id == artist.id:
            raise Invalid("You cannot follow yourself.")
        async with self.library.transaction() as tx:
            kept = await tx.actors.by_id(whom.id)  # what was just fetched knows of no suspension
            is_suspended = kept is not None and kept.suspended_at is not None
            is_away = whom.is_local and not await _is_here(tx, whom.id)
            if whom.gone_at is not None or is_suspended or is_away:
                raise NotFound(f"{whom.address} has left: there is nobody to follow.")
            await refuse_blocked(tx, artist.id, whom.id)
            if whom.is_local and whom.moved_to:
                raise NotAllowed("They have moved: follow their new account instead.")
            known = await tx.relations.follow(artist.id, whom.id)
            if known is not None and known.state is FollowState.SUSPENDED:
                raise NotAllowed(_SUSPENDED)
            if known is not None and known.state is not FollowState.REJECTED:
                return known.state
            uri = self.addresses.activity(self.clock.new_id())
            state = await self.request(tx, artist.id, whom, uri)
            if not whom.is_local:
                said = SayPromise(Deed.FOLLOW_ASKED, artist.id, whom.id, uri)
                await promise(tx, self.clock, said, priority=URGENT)
        self.bus.wake(JOBS_TOPIC)
        return state

    async def unfollow(self, artist: Artist, whom: Actor) -> None:
        """End a follow, or take back a request."""
        async with self.library.transaction() as tx:
            was = await tx.relations.remove(artist.id, whom.id)
            if was is not None and not whom.is_local:
                said = SayPromise(Deed.FOLLOW_UNDONE, artist.id, whom.id, was.uri)
                await promise(tx, self.clock, said, priority=URGENT)
        self.bus.wake(JOBS_TOPIC)

    async def show_boosts(self, artist: Artist, whom: Actor, *, is_on: bool) -> None:
        """Have the feed show what somebody followed boosts, or not. Raise `NotFound`."""
        async with self.library.transaction() as tx:
            if not await tx.feeds.show_boosts(artist.id, whom.id, is_on=is_on):
                raise NotFound("You do not follow them: there is nothing to show.")

    async def request(
        self, tx: Transaction, follower_id: ActorId, followee: Actor, uri: str
    ) -> FollowState:
        """Note that somebody asks to follow, in a transaction at hand, and tell a local followee.

        A remote followee, or one who approves follows, leaves it PENDING. Asking again under a
        new `uri` keeps an accepted follow accepted, and a suspended one suspended.
        """
        known = await tx.relations.follow(follower_id, followee.id)
        if known is not None and known.state is FollowState.SUSPENDED:
            await severed.note_asked_again(tx, known, uri)
            return FollowState.SUSPENDED
        is_wanted = known is None and await severed.settle(tx, follower_id, followee.id)
        is_open = followee.is_local and (is_wanted or not followee.approves_follows)
        was_accepted = known is not None and known.state is FollowState.ACCEPTED
        state = FollowState.ACCEPTED if is_open or was_accepted else FollowState.PENDING
        await tx.relations.put_follow(
            Follow(follower_id, followee.id, state, uri, self.clock.now())
        )
        if followee.kind is ActorKind.PERSON and followee.is_local and not was_accepted:
            kind = NotificationKind.FOLLOW if is_open else NotificationKind.FOLLOW_REQUEST
            await tell(tx, self.clock, followee.id, kind, follower_id)
        return state

    async def takes(self, tx: Transaction, follower_id: ActorId, followee: Actor) -> bool:
        """Say whether an artist here may be followed by somebody: not blocked, nor moved away.

        Who may not follow an artist may not follow their series either.
        """
        series = await tx.series.by_actor(followee.id)
        owner_id = series.artist_id if series else followee.id
        return not followee.moved_to and not await tx.blocks.between(follower_id, owner_id)

    async def answer(self, artist: Artist, follower_id: ActorId, *, is_accepted: bool) -> None:
        """Accept or reject a request, or remove a follower. Raise `NotFound`."""
        async with self.library.transaction() as tx:
            known = await tx.relations.follow(follower_id, artist.id)
            follower = await tx.actors.by_id(follower_id)
            if known is None or follower is None:
                raise NotFound("There is no such follower or request.")
            if is_accepted and known.state is FollowState.SUSPENDED:
                raise NotAllowed(_SUSPENDED)
            if is_accepted:
                accepted = Follow(
                    follower_id, artist.id, FollowState.ACCEPTED, known.uri, known.created_at
                )
                await tx.relations.put_follow(accepted)
            else:
                await tx.relations.remove(follower_id, artist.id)
            deed = Deed.FOLLOW_ACCEPTED if is_accepted else Deed.FOLLOW_REJECTED
            if not follower.is_local:
                said = SayPromise(deed, artist.id, follower_id, known.uri)
                await promise(tx, self.clock, said, priority=URGENT)
            elif is_accepted:
                kind = NotificationKind.FOLLOW_ACCEPTED
                await tell(tx, self.clock, follower_id, kind, artist.id)
        self.bus.wake(JOBS_TOPIC)

    async def answered(self, tx: Transaction, follow: Follow, *, is_accepted: bool) -> None:
        """Note, in a transaction at hand, that a remote followee answered our request."""
        if not is_accepted:
            await tx.relations.remove(follow.follower_id, follow.followee_id)
            return
        if follow.state is FollowState.SUSPENDED:
            await severed.note_accepted(tx, follow)
            return
        was_pending = follow.state is FollowState.PENDING
        await tx.relations.put_follow(
            Follow(
                follow.follower_id,
                follow.followee_id,
                FollowState.ACCEPTED,
                follow.uri,
                follow.created_at,
            )
        )
        if was_pending:
            kind = NotificationKind.FOLLOW_ACCEPTED
            await tell(tx, self.clock, follow.follower_id, kind, follow.followee_id)

    async def relation(self, reader: ActorId, other: ActorId) -> Relation:
        """Return how two stand to each other."""
        async with self.library.reading() as tx:
            mine = await tx.relations.follow(reader, other)
            theirs = await tx.relations.follow(other, reader)
        return Relation(
            mine.state if mine else None,
            theirs is not None and theirs.state is FollowState.ACCEPTED,
        )

    async def followers(
        self, artist: ActorId, state: FollowState, before: Millis | None = None
    ) -> list[tuple[Follow, Actor]]:
        """List followers, or requests, newest first, fifty at a time."""
        async with self.library.reading() as tx:
            return await tx.relations.followers(artist, state, before=before)

    async def following(
        self, artist: ActorId, state: FollowState, before: Millis | None = None
    ) -> list[tuple[Follow, Actor]]:
        """List those whom an artist follows, or asked to, newest first, fifty at a time."""
        async with self.library.reading() as tx:
            return await tx.relations.following(artist, state, before=before)


async def _is_here(tx: Transaction, actor_id: ActorId) -> bool:
    """Say whether a local actor is an artist who may be seen, or a series of one.

    The server's own is neither.
    """
    series = await tx.series.by_actor(actor_id)
    artist = await tx.artists.by_id(series.artist_id if series else actor_id)
    return artist is not None and artist.suspended_at is None
