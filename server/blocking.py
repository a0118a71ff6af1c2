"""Who wants nothing to do with whom: blocked and let back in, by artists here and by others.

A block counts both ways: neither follows, likes, boosts or answers the other any more. What the
blocked one wrote under the artist's works is out of sight until the block ends. An artist is
never told that somebody blocks them; they learn it from a refusal.
"""

from server.addresses import Addresses
from server.clock import Clock
from server.dealings import Block
from server.errors import Invalid, NotAllowed
from server.model import Actor, ActorId, Artist, Millis
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, URGENT, Deed, SayPromise, promise
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Blocking:
    """Block, unblock, list."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def block(self, artist: Artist, whom: Actor) -> None:
        """Block somebody; doing so twice changes nothing. Raise `Invalid`."""
        self._refuse_ourselves(artist, whom)
        async with self.library.transaction() as tx:
            uri = self.addresses.activity(self.clock.new_id())
            block = Block(artist.id, whom.id, uri, self.clock.now())
            if not await tx.blocks.put(block):
                return
            await self._part(tx, artist.id, whom)
            await tx.posts.hide(whom.id, artist.id, is_hidden=True)
            await tx.notifications.forget(artist.id, whom.id)
            await tx.requests.forget(artist.id, whom.id)
            await self._say(tx, Deed.BLOCKED, block, whom)
        self.bus.wake(JOBS_TOPIC)

    async def unblock(self, artist: Artist, whom: Actor) -> None:
        """End a block; follows that it ended stay ended. Where there is none, nothing happens."""
        async with self.library.transaction() as tx:
            was = await tx.blocks.remove(artist.id, whom.id)
            if was is None:
                return
            await tx.posts.hide(whom.id, artist.id, is_hidden=False)
            await self._say(tx, Deed.UNBLOCKED, was, whom)
        self.bus.wake(JOBS_TOPIC)

    async def blocked(
        self, artist: ActorId, before: Millis | None = None
    ) -> list[tuple[Block, Actor]]:
        """List whom an artist blocks, newest first, fifty at a time."""
        async with self.library.reading() as tx:
            return await tx.blocks.by(artist, before=before)

    async def blocks(self, artist: ActorId, other: ActorId) -> bool:
        """Say whether an artist blocks somebody."""
        async with self.library.reading() as tx:
            return await tx.blocks.of(artist, other) is not None

    async def note(self, tx: Transaction, blocker: Actor, blocked: Actor, uri: str) -> None:
        """Keep, in a transaction at hand, that somebody elsewhere blocks an artist here.

        Follows end on both sides without a word: the blocker's server ended them already.
        """
        await tx.blocks.put(Block(blocker.id, blocked.id, uri, self.clock.now()))
        await _leave_series(tx, blocked.id, blocker.id)
        await tx.relations.remove(blocker.id, blocked.id)
        await tx.relations.remove(blocked.id, blocker.id)

    async def _part(self, tx: Transaction, artist: ActorId, whom: Actor) -> None:
        """End follows and requests in both directions, and tell a remote side."""
        await _leave_series(tx, artist, whom.id)
        theirs = await tx.relations.remove(whom.id, artist)
        mine = await tx.relations.remove(artist, whom.id)
        ended = ((theirs, Deed.FOLLOW_REJECTED), (mine, Deed.FOLLOW_UNDONE))
        for follow, deed in ended:
            if follow is not None and not whom.is_local:
                said = SayPromise(deed, artist, whom.id, follow.uri)
                await promise(tx, self.clock, said, priority=URGENT)

    async def _say(self, tx: Transaction, deed: Deed, block: Block, whom: Actor) -> None:
        if not whom.is_local:
            said = SayPromise(deed, block.blocker_id, whom.id, block.uri)
            await promise(tx, self.clock, said, priority=URGENT)

    def _refuse_ourselves(self, artist: Artist, whom: Actor) -> None:
        if whom.id == artist.id:
            raise Invalid("You cannot block yourself: choose somebody else.")
        if whom.uri == self.addresses.server_actor:
            raise Invalid("This is the server itself and cannot be blocked: choose a person.")


async def _leave_series(tx: Transaction, artist: ActorId, follower: ActorId) -> None:
    """End somebody's follows of an artist's series: each has an actor of its own."""
    for series in await tx.series.of_artist(artist):
        if series.actor_id is not None:
            await tx.relations.remove(follower, series.actor_id)


async def refuse_blocked(tx: Transaction, artist: ActorId, other: ActorId) -> None:
    """Raise `NotAllowed` where one of two blocks the other, in words for the first."""
    if not await tx.blocks.between(artist, other):
        return
    if await tx.blocks.of(artist, other) is not None:
        raise NotAllowed("You have blocked them: end the block in your settings first.")
    raise NotAllowed("They do not wish to hear from you: there is nothing to be done here.")
