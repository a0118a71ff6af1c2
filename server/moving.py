"""How an artist moves to another account, and how followers come along (FEP-7628).

The new account must name the old one first, else anybody could take anybody's followers. One
move in thirty days; a redirect can be taken back, but followers who left stay there.
"""

from dataclasses import replace
from datetime import UTC, datetime

from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, NotAllowed
from server.following import Following
from server.model import (
    Actor,
    ActorId,
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

MAX_ALIASES = 10
COOLDOWN = Millis(30 * 86_400_000)  # as Mastodon: who moves more often carries people off


@dataclass(frozen=True, slots=True)
class Moving:
    """Move, come back, name former accounts."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    following: Following

    async def move(self, artist: Artist, target: Actor) -> None:
        """Move to `target`, as its origin describes it now. Raise `Invalid`, `NotAllowed`."""
        async with self.library.transaction() as tx:
            account = await tx.artists.hold(artist.id) or artist
            actor = await self._own(tx, artist)
            self._refuse_too_soon(account)
            self.refuse_unwilling(actor, target)
            now = self.clock.now()
            await tx.actors.put(replace(actor, moved_to=target.uri))
            await tx.artists.update(replace(account, moved_at=now))
            await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
            await promise(tx, self.clock, SayPromise(Deed.MOVED, artist.id, target.id))
            await self.take_along(tx, actor, target)
        self.bus.wake(JOBS_TOPIC)

    async def cancel(self, artist: Artist) -> None:
        """Stop pointing elsewhere. Followers who left stay where they are, as on Mastodon."""
        async with self.library.transaction() as tx:
            await tx.artists.hold(artist.id)
            actor = await self._own(tx, artist)
            if not actor.moved_to:
                return
            await tx.actors.put(replace(actor, moved_to=""))
            await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
        self.bus.wake(JOBS_TOPIC)

    async def add_alias(self, artist: Artist, former: Actor) -> None:
        """Name an account that moves here. Raise `Invalid`."""
        if former.id == artist.id:
            raise Invalid("This is this very account: name the one that you come from.", "former")
        async with self.library.transaction() as tx:
            await tx.artists.hold(artist.id)
            actor = await self._own(tx, artist)
            if former.uri in actor.also_known_as:
                return
            if len(actor.also_known_as) >= MAX_ALIASES:
                raise Invalid(
                    f"You have named {MAX_ALIASES} accounts already: remove one first.", "former"
                )
            await self._put_aliases(tx, actor, (*actor.also_known_as, former.uri))
        self.bus.wake(JOBS_TOPIC)

    async def remove_alias(self, artist: Artist, uri: str) -> None:
        """Name a former account no more."""
        async with self.library.transaction() as tx:
            await tx.artists.hold(artist.id)
            actor = await self._own(tx, artist)
            if uri in actor.also_known_as:
                rest = tuple(one for one in actor.also_known_as if one != uri)
                await self._put_aliases(tx, actor, rest)
        self.bus.wake(JOBS_TOPIC)

    async def standing(self, artist: Artist) -> tuple[Actor, list[Actor | str]]:
        """Return an artist's actor and who it was before: an address where we do not know them."""
        async with self.library.reading() as tx:
            actor = await self._own(tx, artist)
            former = [await tx.actors.by_uri(uri) or uri for uri in actor.also_known_as]
        return actor, former

    async def note(self, tx: Transaction, moved: Actor, target: Actor) -> None:
        """Act, in a transaction at hand, on the word of an actor elsewhere that it moved.

        Nothing happens unless the new account agrees, nor within thirty days of the last time.
        """
        now = self.clock.now()
        if moved.uri not in target.also_known_as or target.gone_at or target.id == moved.id:
            return
        since = Millis(now - COOLDOWN)
        if await tx.actors.mark_moved(moved.id, target.uri, since=since, at=now):
            await self.take_along(tx, moved, target)

    async def take_along(self, tx: Transaction, moved: Actor, target: Actor) -> None:
        """Let everybody here who follows `moved` follow `target` instead, and tell them."""
        leaving = await tx.relations.local_followers(moved.id)
        followers = [
            (follow, actor)
            for follow, actor in leaving
            if actor.id != target.id and follow.state is not FollowState.SUSPENDED
        ]
        shut = await tx.blocks.among(target.id, [actor.id for _, actor in followers])
        for follow, follower in followers:
            if follower.id not in shut and follower.gone_at is None:
                await self._follow_instead(tx, follower.id, target)
            await self._leave(tx, follow, moved)
            await tell(tx, self.clock, follower.id, NotificationKind.MOVED, moved.id)

    async def _follow_instead(self, tx: Transaction, follower: ActorId, target: Actor) -> None:
        if await tx.relations.follow(follower, target.id) is not None:
            return
        uri = self.addresses.activity(self.clock.new_id())
        await self.following.request(tx, follower, target, uri)
        if not target.is_local:
            said = SayPromise(Deed.FOLLOW_ASKED, follower, target.id, uri)
            await promise(tx, self.clock, said, priority=URGENT)

    async def _leave(self, tx: Transaction, follow: Follow, moved: Actor) -> None:
        await tx.relations.remove(follow.follower_id, moved.id)
        if not moved.is_local:
            said = SayPromise(Deed.FOLLOW_UNDONE, follow.follower_id, moved.id, follow.uri)
            await promise(tx, self.clock, said, priority=URGENT)

    async def _put_aliases(self, tx: Transaction, actor: Actor, uris: tuple[str, ...]) -> None:
        await tx.actors.put(replace(actor, also_known_as=uris))
        await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, actor.id))

    async def _own(self, tx: Transaction, artist: Artist) -> Actor:
        actor = await tx.actors.by_id(artist.id)
        if actor is None or actor.gone_at is not None:
            raise NotAllowed("This account was deleted: there is nothing to move.")
        return actor

    def _refuse_too_soon(self, account: Artist) -> None:
        if account.moved_at is None or self.clock.now() - account.moved_at >= COOLDOWN:
            return
        again = datetime.fromtimestamp((account.moved_at + COOLDOWN) // 1_000, UTC)
        raise NotAllowed(
            "You moved less than thirty days ago: "
            f"you can move again from {again.day} {again:%B %Y} on."
        )

    def refuse_unwilling(self, actor: Actor, target: Actor) -> None:
        """Raise `Invalid` where an account cannot be moved to: it must name the old one."""
        if target.id == actor.id:
            raise Invalid("This is this very account: name the new one.", "target")
        if target.gone_at is not None or target.moved_to:
            raise Invalid(f"@{target.address} is used no more: name another account.", "target")
        if actor.uri not in target.also_known_as:
            raise Invalid(
                f"@{target.address} does not name this account yet: sign in there, open the "
                f"settings for moving from another account, add @{actor.address}, then try again.",
                "target",
            )
