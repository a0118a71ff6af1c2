"""Follows that a change of the rules cuts: suspended for a week, ended then, forgotten in the end.

The law: for seven days nobody is told and a restore is complete. After that the other side is
told where the rules let us speak to it, and a restore asks it anew; 90 days later nothing is
known of it any more. What its own people do meanwhile counts (`server.severed`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

from server import audit
from server.acts import Act
from server.addresses import Addresses
from server.clock import Clock
from server.cutting import Judge, host_of
from server.errors import Conflict, NotAllowed, NotFound
from server.house import House
from server.model import Actor, ActorId, Artist, Follow, FollowState, Millis, Role
from server.passages import DAY, Cause, CrossFollow, Severance
from server.policy import decide
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, URGENT, Deed, EndPromise, SayPromise, promise
from server.roles import demand
from server.rules import Door, OutboundFacts, Refuse
from server.rulings import Rules
from server.values import dataclass

SUSPENDED_FOR: Final = Millis(7 * DAY)
REMEMBERED_FOR: Final = Millis(97 * DAY)  # from the beginning
PAGE: Final = 50
_AT_ONCE: Final = 1_000
_ENDED_AT_ONCE: Final = 100  # the writer is free for others in between
_MOST_RESTORED: Final = 500  # by one form

Cut = tuple[CrossFollow, str]  # a follow, and the rule that cuts it


class Restored(Enum):
    """What a restore could do for one follow."""

    WHOLE = "whole"  # as if nothing had happened
    ASKED = "asked"  # somebody elsewhere was asked to accept us once more
    INVITED = "invited"  # they must follow again by themselves; it will need no approval
    GONE = "gone"  # they moved or left


@dataclass(frozen=True, slots=True)
class Severing:
    """Finds, suspends, ends and restores."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    house: House

    async def page(
        self, reader: Artist, before: int | None = None
    ) -> list[tuple[Severance, CrossFollow]]:
        """List what is cut, newest first, `PAGE` at a time. Raise `NotFound` for strangers."""
        demand(reader, Role.ADMIN)
        async with self.library.reading() as tx:
            return await tx.severances.page(before=before, limit=PAGE)

    async def count(self, reader: Artist) -> int:
        """Count what `page` lists."""
        demand(reader, Role.ADMIN)
        async with self.library.reading() as tx:
            return await tx.severances.count()

    def refusal_of(self, follow: CrossFollow) -> Refuse | None:
        """Return why the rules in force would not let a follow stand."""
        return Judge(rules_of(self.house)).refusal(follow)

    async def restore(self, author: Artist, ids: Sequence[int]) -> Mapping[Restored, int]:
        """Bring follows back, as far as that is possible. Raise `NotFound`, `NotAllowed`.

        Nothing is restored where the rules still refuse one of them.
        """
        demand(author, Role.ADMIN)
        outcomes = dict.fromkeys(Restored, 0)
        async with self.library.transaction() as tx:
            found = await tx.severances.by_ids(ids[:_MOST_RESTORED])
            if not found:
                raise NotFound("None of these follows waits to be restored any more.")
            for severance in found:
                outcome = await self._restore_one(tx, severance)
                outcomes[outcome] += 1
                await self._note(tx, author, severance, outcome)
        self.bus.wake(JOBS_TOPIC)
        return outcomes

    async def end_due(self, _payload: bytes = b"") -> None:
        """End what was suspended a week ago, and forget what ended long ago. Safe twice."""
        now = self.clock.now()
        while await self.library.join(lambda tx: self._end_some(tx, Millis(now - SUSPENDED_FOR))):
            self.bus.wake(JOBS_TOPIC)
        await self.library.join(lambda tx: tx.severances.sweep(Millis(now - REMEMBERED_FOR)))

    async def suspend(self, tx: Transaction, cuts: Sequence[Cut], cause: Cause) -> None:
        """Suspend follows in the transaction of the change that cuts them."""
        now = self.clock.now()
        made = [Severance(self.clock.new_id(), cut.follow, cause, rule, now) for cut, rule in cuts]
        for start in range(0, len(made), _AT_ONCE):
            await tx.severances.suspend(made[start : start + _AT_ONCE])
        if made:
            await promise(tx, self.clock, EndPromise(), delay=Millis(SUSPENDED_FOR + 1))

    async def restore_allowed(self, tx: Transaction, after: Rules) -> int:
        """Restore every suspended follow that a change lets stand again; return how many."""
        count = 0
        async for severance, _ in self.revived(tx, after):
            count += await self._restore_suspended(tx, severance)
        return count

    async def revived(
        self, tx: Transaction, after: Rules
    ) -> AsyncIterator[tuple[Severance, CrossFollow]]:
        """Give every suspended follow that these rules let stand."""
        judge, last = Judge(after), 0
        while found := await tx.severances.suspended(after=last, limit=_AT_ONCE):
            last = found[-1][0].id
            for severance, cross in found:
                if judge.refusal(cross) is None:
                    yield severance, cross

    async def _restore_one(self, tx: Transaction, severance: Severance) -> Restored:
        far, is_theirs = await self._far_end(tx, severance.follow)
        if far is not None and far.moved_to and not is_theirs:
            return await self._ask(tx, severance, await tx.actors.by_uri(far.moved_to))
        if far is None or far.gone_at is not None or far.moved_to:
            return Restored.GONE
        self._refuse_refused(far, severance.follow, is_theirs=is_theirs)
        if severance.ended_at is None:
            if not await self._restore_suspended(tx, severance):
                raise Conflict("This follow changed in this very moment: look again, then decide.")
            return Restored.WHOLE
        if is_theirs:
            return await self._invite(tx, severance)
        return await self._ask(tx, severance, far)

    async def _restore_suspended(self, tx: Transaction, severance: Severance) -> bool:
        """Put a follow back as it was; a Follow that came meanwhile is answered.

        False where somebody was quicker: it was ended, or its own people removed it.
        """
        follow = severance.follow
        if severance.asked_again:
            follow = replace(follow, uri=severance.asked_again)
        if not await tx.severances.lift(severance, follow):
            return False
        if severance.asked_again and follow.state is FollowState.ACCEPTED:
            await self._say(
                tx, Deed.FOLLOW_ACCEPTED, follow.followee_id, follow.follower_id, follow
            )
        return True

    async def _invite(self, tx: Transaction, severance: Severance) -> Restored:
        """Let somebody elsewhere follow again.

        Who was never told follows still, as their server sees it: that is simply agreed to again.
        """
        if not severance.is_told:
            follow = severance.follow
            await tx.relations.put_follow(follow)
            await tx.severances.remove([severance.id])
            return Restored.WHOLE
        await tx.severances.put(replace(severance, asked_at=self.clock.now()))
        return Restored.INVITED

    async def _ask(self, tx: Transaction, severance: Severance, whom: Actor | None) -> Restored:
        """Send a new Follow for somebody here: to whom they followed, or who that became."""
        was = severance.follow
        if whom is None or whom.is_local or whom.gone_at is not None:
            return Restored.GONE
        self._refuse_refused(whom, was, is_theirs=False)
        await tx.relations.remove(was.follower_id, was.followee_id)
        await tx.severances.remove([severance.id])
        if await tx.relations.follow(was.follower_id, whom.id) is None:
            uri, now = self.addresses.activity(self.clock.new_id()), self.clock.now()
            follow = Follow(was.follower_id, whom.id, FollowState.PENDING, uri, now)
            await tx.relations.put_follow(follow)
            await self._say(tx, Deed.FOLLOW_ASKED, was.follower_id, whom.id, follow)
        return Restored.ASKED

    async def _end_some(self, tx: Transaction, before: Millis) -> int:
        """End some of what was suspended at or before then; return how many."""
        due = await tx.severances.due(before, limit=_ENDED_AT_ONCE)
        for severance, follower, followee in due:
            is_theirs = followee.is_local
            far = follower if is_theirs else followee
            is_told = self._may_be_told(far, "Reject" if is_theirs else "Undo")
            ended = replace(severance, ended_at=self.clock.now(), is_told=is_told)
            if not await tx.severances.end(ended):
                continue
            if is_told and is_theirs:
                follow = replace(
                    severance.follow, uri=severance.asked_again or severance.follow.uri
                )
                await self._say(tx, Deed.FOLLOW_REJECTED, followee.id, follower.id, follow)
            elif is_told:
                await self._say(tx, Deed.FOLLOW_UNDONE, follower.id, followee.id, severance.follow)
        return len(due)

    async def _far_end(self, tx: Transaction, follow: Follow) -> tuple[Actor | None, bool]:
        """Return who is elsewhere, and whether it is they who follow."""
        ends = await tx.actors.many([follow.follower_id, follow.followee_id])
        followee = ends.get(follow.followee_id)
        if followee is not None and followee.is_local:
            return ends.get(follow.follower_id), True
        return followee, False

    def _refuse_refused(self, far: Actor, follow: Follow, *, is_theirs: bool) -> None:
        cross = CrossFollow(follow, is_theirs, "", far.id, far.uri, far.address, far.inbox)
        refusal = self.refusal_of(cross)
        if refusal is not None:
            raise NotAllowed(
                f"The rules still refuse {far.address} ({refusal.rule}), so that nothing would "
                "come of this follow: change that first, or bring back the version before it."
            )

    def _may_be_told(self, far: Actor, kind: str) -> bool:
        peer = host_of(far.inbox)
        now = rules_of(self.house)
        facts = OutboundFacts(peer=peer, type=kind, tier=now.tiers.tier_of(peer))
        return not isinstance(decide(Door.OUTBOUND, facts, now.compiled), Refuse)

    async def _say(
        self, tx: Transaction, deed: Deed, who: ActorId, whom: ActorId, follow: Follow
    ) -> None:
        await promise(tx, self.clock, SayPromise(deed, who, whom, follow.uri), priority=URGENT)

    async def _note(
        self, tx: Transaction, author: Artist, severance: Severance, outcome: Restored
    ) -> None:
        ends = await tx.actors.many([severance.follow.follower_id, severance.follow.followee_id])
        names = [
            ends[each].address
            for each in (severance.follow.follower_id, severance.follow.followee_id)
            if each in ends
        ]
        await audit.note(
            *(tx, self.clock, author, Act.FOLLOW_RESTORED, " → ".join(names)),
            reason=_OUTCOMES[outcome],
        )


async def cuts_of(tx: Transaction, before: Rules, after: Rules) -> AsyncIterator[Cut]:
    """Give every follow that stands under the rules before and not under those after."""
    today, then = Judge(before), Judge(after)
    last: tuple[ActorId, ActorId] | None = None
    while found := await tx.severances.across(after=last, limit=_AT_ONCE):
        last = (found[-1].follow.follower_id, found[-1].follow.followee_id)
        for cross in found:
            refusal = then.refusal(cross)
            if refusal is not None and today.refusal(cross) is None:
                yield cross, refusal.rule


def rules_of(house: House) -> Rules:
    """Return what is in force as follows are judged by it."""
    return Rules(house.now.compiled, house.now.tiers)


_OUTCOMES: Mapping[Restored, str] = {
    Restored.WHOLE: "Restored as it was.",
    Restored.ASKED: "They were asked to accept the follow again.",
    Restored.INVITED: "They may follow again without being approved.",
    Restored.GONE: "They have moved or left; nothing could be restored.",
}
