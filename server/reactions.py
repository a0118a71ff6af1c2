"""Likes and boosts, with or without an emoji, of works here and posts from anywhere.

What actors elsewhere do comes through `federation.apply`, which uses the same `note_reaction`
in its own transaction, so that a reaction means the same wherever it was made.
"""

from collections.abc import Sequence

from server.addresses import Addresses
from server.clock import Clock
from server.emoji import read_emoji
from server.errors import Invalid
from server.model import (
    ActorId,
    Artist,
    Millis,
    NotificationKind,
    Reaction,
    ReactionKind,
    TargetId,
)
from server.notifications import tell_owner
from server.permits import Answer, InteractionKind
from server.permitting import Wish, allowed_or_asked, forget
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.targets import OPEN, Target, target_for
from server.values import dataclass

_IN_TURN = Millis(1_000)
WISHES = {
    ReactionKind.LIKE: InteractionKind.LIKE,
    ReactionKind.BOOST: InteractionKind.BOOST,
}
_TOLD = {
    ReactionKind.LIKE: NotificationKind.LIKE,
    ReactionKind.BOOST: NotificationKind.BOOST,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """The emoji that something is liked with, most first, and the one of who looks."""

    emojis: tuple[tuple[str, int], ...] = ()
    own: str = ""


@dataclass(frozen=True, slots=True)
class Reactions:
    """React, and take reactions back."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def react(self, artist: Artist, target_id: TargetId, kind: ReactionKind) -> Answer:
        """Like or boost; doing so twice changes nothing. ASK: its artist was asked first.

        Raise `NotFound`, `Invalid`, `NotAllowed`.
        """
        async with self.library.transaction() as tx:
            target = await target_for(tx, self.addresses, target_id, artist.id)
            if kind is ReactionKind.BOOST and target.visibility not in OPEN:
                raise Invalid("This is only for its artist's followers and cannot be boosted.")
            uri = self.addresses.activity(self.clock.new_id())
            wish = Wish(WISHES[kind], target, artist.id, uri)
            answer = await allowed_or_asked(tx, self.addresses, self.clock, wish)
            if answer is Answer.ALLOW:
                await self.do_reaction(tx, kind, artist.id, target, uri)
        self.bus.wake(JOBS_TOPIC)
        return answer

    async def react_with(self, artist: Artist, target_id: TargetId, emoji: str) -> Answer:
        """Like with one emoji, or change to it; the same again changes nothing. As `react`.

        Raise `Invalid` where the text is no single emoji.
        """
        chosen = read_emoji(emoji)
        async with self.library.transaction() as tx:
            target = await target_for(tx, self.addresses, target_id, artist.id)
            uri = self.addresses.activity(self.clock.new_id())
            wish = Wish(InteractionKind.LIKE, target, artist.id, uri, emoji=chosen)
            answer = await allowed_or_asked(tx, self.addresses, self.clock, wish)
            if answer is Answer.ALLOW:
                await self._change_emoji(tx, artist.id, target, uri, chosen)
        self.bus.wake(JOBS_TOPIC)
        return answer

    async def _change_emoji(
        self, tx: Transaction, actor_id: ActorId, target: Target, uri: str, emoji: str
    ) -> None:
        was = await tx.reactions.of(ReactionKind.LIKE, actor_id, target.id)
        if was is not None and was.emoji == emoji:
            return
        if was is not None:  # servers that keep several would count both
            await tx.reactions.remove(ReactionKind.LIKE, actor_id, target.id)
            await promise(tx, self.clock, _undone(was))
        # Afterwards: an Undo that comes late would take the new one back on most servers
        delay = _IN_TURN if was is not None else Millis(0)
        await self.do_reaction(
            tx, ReactionKind.LIKE, actor_id, target, uri, emoji=emoji, delay=delay
        )

    async def do_reaction(
        self,
        tx: Transaction,
        kind: ReactionKind,
        actor_id: ActorId,
        target: Target,
        uri: str,
        *,
        emoji: str = "",
        delay: Millis = Millis(0),
    ) -> None:
        """Like or boost from here, once it is allowed, and promise to tell of it."""
        if await self.note_reaction(tx, kind, actor_id, target, uri, emoji):
            said = SayPromise(Deed.REACTED, actor_id, target.id, uri, kind, emoji=emoji)
            await promise(tx, self.clock, said, delay=delay)

    async def take_back(self, artist: Artist, target_id: TargetId, kind: ReactionKind) -> None:
        """Take a like or boost back, or the wish to; where there is none, nothing happens."""
        async with self.library.transaction() as tx:
            await forget(tx, WISHES[kind], artist.id, target_id)
            was = await tx.reactions.remove(kind, artist.id, target_id)
            if was is not None:
                await promise(tx, self.clock, _undone(was))
        self.bus.wake(JOBS_TOPIC)

    async def note_reaction(
        self,
        tx: Transaction,
        kind: ReactionKind,
        actor_id: ActorId,
        target: Target,
        uri: str,
        emoji: str = "",
        at: Millis | None = None,
    ) -> bool:
        """Keep a reaction and tell the target's owner. False where it is not new.

        Of several with an emoji by one actor the newest is kept. `at`: when, if not now.
        """
        at = self.clock.now() if at is None else at
        reaction = Reaction(self.clock.new_id(), kind, actor_id, target.id, uri, at, emoji)
        is_new = await tx.reactions.put(reaction)
        if not is_new and emoji:
            await tx.reactions.remove(kind, actor_id, target.id)
            await tx.reactions.put(reaction)
        if is_new:
            await tell_owner(tx, self.clock, target, _TOLD[kind], actor_id, target.id)
        return is_new

    async def tallies(
        self, targets: Sequence[TargetId], viewer: ActorId | None
    ) -> dict[TargetId, Tally]:
        """Return the emoji that works and posts are liked with, and the viewer's own."""
        async with self.library.reading() as tx:
            counted = await tx.reactions.emojis(targets)
            own = await tx.reactions.own_emojis(viewer, targets) if viewer else {}
        return {one: Tally(tuple(found), own.get(one, "")) for one, found in counted.items()}

    async def emoji(self, actor_id: ActorId, target_id: TargetId) -> str:
        """Return the emoji that somebody likes something with, "" where none."""
        async with self.library.reading() as tx:
            found = await tx.reactions.of(ReactionKind.LIKE, actor_id, target_id)
        return found.emoji if found is not None else ""


def _undone(was: Reaction) -> SayPromise:
    """Return the promise to tell that a reaction was taken back, as it was said."""
    return SayPromise(
        Deed.REACTION_UNDONE, was.actor_id, was.target_id, was.uri, was.kind, emoji=was.emoji
    )
