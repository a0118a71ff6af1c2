"""The one flow by which what is in force changes: look first, then apply, in one transaction.

The law: nothing else writes versions, words or lists. What a change cuts is suspended with it and
what it allows again is restored with it; a dry run counts both by the same functions. Where more
than `MANY_FOLLOWS` would be cut, the domain of this very place must be typed.
"""

import asyncio
from typing import Final

from server import audit
from server.acts import Act
from server.changes import KINDS, Change, NewPolicy
from server.clock import Clock
from server.crawler_book import CrawlerBook
from server.errors import Conflict, Invalid
from server.house import House
from server.impact import Applied, Impact, severed_follow
from server.model import Artist, Role
from server.passages import Cause
from server.policy_text import write_policy
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC
from server.replaying import caveats_of
from server.roles import demand
from server.rulechecks import Concern, check, refuse_lock_out
from server.rulings import Rules
from server.severing import Severing, cuts_of
from server.simulation import MOST_DAYS, Simulation, Tell
from server.sources import Sources, sources_in
from server.values import dataclass
from server.visitors import Crawlers

USUAL_DAYS: Final = 7
MANY_FOLLOWS: Final = 10  # more must be confirmed by typing the domain
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Governing:
    """Looks ahead, applies, brings back."""

    library: Library
    clock: Clock
    house: House
    severing: Severing
    bus: Bus
    domain: str  # of this instance
    crawlers: CrawlerBook

    async def preview(
        self,
        author: Artist | None,
        change: Change,
        days: int = USUAL_DAYS,
        tell: Tell = lambda _done, _all: None,
    ) -> Impact:
        """Return what a change would do, without doing it. Raise `NotFound`, `Invalid`.

        `author` is None at the command line, here and below. `tell` hears how far it is.
        """
        _demand(author)
        if not 1 <= days <= MOST_DAYS:
            raise Invalid(f"A dry run looks at 1 to {MOST_DAYS} days: choose so many.", "days")
        ahead = await self._look(change)
        async with self.library.reading() as tx:
            severed = [
                severed_follow(cut, rule)
                async for cut, rule in cuts_of(tx, ahead.before, ahead.after)
            ]
            revived = [
                severed_follow(cross, cut.rule)
                async for cut, cross in self.severing.revived(tx, ahead.after)
            ]
        replay = await Simulation(self.library, self.clock).replay(
            ahead.before, ahead.after, days, tell
        )
        return Impact(
            version=ahead.sources.version.version,
            days=days,
            severed_follows=tuple(severed),
            restored_follows=tuple(revived),
            replay=replay,
            caveats=await asyncio.to_thread(_caveats, ahead, self.crawlers.now),
            warnings=tuple(concern.message for concern in await _concerns(ahead)),
        )

    async def apply(
        self,
        author: Artist | None,
        change: Change,
        reason: str = "",
        *,
        typed: str = "",
        expected: int | None = None,
        may_cut: bool = True,
    ) -> Applied:
        """Make a change true, in this process at once.

        `may_cut`: False for what nobody looked at: then it cuts no follow, or is not made.

        `expected`: the version of the policy that whoever decided this had before their eyes.
        Raise `Conflict` where it is another one by now, `Invalid` where `typed` is needed or
        nobody could change the policy again.
        """
        _demand(author)
        wish = _Wish(author, change, reason, typed, may_cut=may_cut)
        applied = None
        while applied is None:
            ahead = await self._look(change)
            _refuse_outdated(ahead.sources, expected)
            if ahead.before.compiled.policy != ahead.after.compiled.policy:
                refuse_lock_out(ahead.after.compiled.policy)
            async with self.library.transaction() as tx:
                applied = await self._apply_in(tx, ahead, wish)
        await self.house.refresh()
        self.bus.wake(JOBS_TOPIC)
        return applied

    async def _look(self, change: Change) -> "_Ahead":
        """Make the rules before and after a change, off the event loop."""
        kind = KINDS[type(change)]
        async with self.library.reading() as tx:
            sources = await sources_in(tx)
            foreseen = await kind.foresee(tx, sources, change)
        now = self.house.now
        known = now.compiled if now.version == sources.version else None
        before = await sources.rules(known)
        after = await foreseen.rules(None if foreseen.toml else before.compiled)
        is_same = before.compiled.policy == after.compiled.policy and (
            (sources.words, sources.lists) == (foreseen.words, foreseen.lists)
        )
        return _Ahead(sources, before, after, is_same=is_same)

    async def _apply_in(self, tx: Transaction, ahead: "_Ahead", wish: "_Wish") -> Applied | None:
        """Apply what was looked at; None where something else was changed meanwhile."""
        await tx.policies.bump()  # whoever changes anything waits here for the one before
        if await tx.policies.generation() != ahead.sources.generation + 1:
            return None
        kind = KINDS[type(wish.change)]
        if ahead.is_same and not kind.keeps_more:
            return Applied(ahead.sources.version.version, is_changed=False)
        change = _in_one_shape(wish.change, ahead.after)
        written = await kind.write(tx, self.clock, wish.author, change, wish.reason)
        current = await tx.policies.current()
        version = current.version if current else 0
        cause = Cause(kind.cause, version, written.subject)
        severed = await self._sever(tx, ahead, cause, wish)
        restored = await self.severing.restore_allowed(tx, ahead.after)
        await audit.note(
            *(tx, self.clock, wish.author, written.act, written.subject),
            reason=wish.reason,
            before=written.before,
            after=written.after,
        )
        for act, count in ((Act.FOLLOWS_CUT, severed), (Act.FOLLOWS_RESTORED, restored)):
            if count:
                told = f"{count:,}, by {written.subject}"
                await audit.note(tx, self.clock, wish.author, act, told, reason=wish.reason)
        return Applied(version, severed=severed, restored=restored)

    async def _sever(self, tx: Transaction, ahead: "_Ahead", cause: Cause, wish: "_Wish") -> int:
        """Suspend what a change cuts, some at a time; return how many."""
        count = 0
        batch = []
        async for cut in cuts_of(tx, ahead.before, ahead.after):
            batch.append(cut)
            count += 1
            if len(batch) == _AT_ONCE:
                await self.severing.suspend(tx, batch, cause)
                batch = []
        await self.severing.suspend(tx, batch, cause)
        if count and not wish.may_cut:
            raise Conflict("This would cut follows: look at it first.")
        if count > MANY_FOLLOWS and wish.typed.strip().lower() != self.domain:
            raise Invalid(
                f"This would cut {count} follows: type {self.domain} to say that you mean it.",
                "typed",
            )
        return count


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody wants to make true."""

    author: Artist | None
    change: Change
    reason: str
    typed: str
    may_cut: bool = True


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The rules before and after a change, and the sources that they were made of."""

    sources: Sources
    before: Rules
    after: Rules
    is_same: bool


async def _concerns(ahead: _Ahead) -> tuple[Concern, ...]:
    """Return what is wrong with the policy as it would be, found off the event loop."""
    return await asyncio.to_thread(check, ahead.after.compiled.policy)


def _in_one_shape(change: Change, after: Rules) -> Change:
    """Return a new policy as it is kept: written anew, with its preset written out.

    So differences are of meaning, and a version says the same for ever.
    """
    if not isinstance(change, NewPolicy):
        return change
    return NewPolicy(write_policy(after.compiled.policy))


def _caveats(ahead: _Ahead, crawlers: Crawlers) -> tuple[str, ...]:
    """Return what a dry run cannot know of the rules that are not in force as they stand."""
    known = set(ahead.before.compiled.policy.rules)
    new = [rule for rule in ahead.after.compiled.policy.rules if rule not in known]
    return caveats_of(new, crawlers)


def _refuse_outdated(sources: Sources, expected: int | None) -> None:
    current = sources.version
    if expected is None or expected == current.version:
        return
    raise Conflict(
        f"The policy changed meanwhile: {current.author or 'somebody'} made version "
        f"{current.version}, while this was made from version {expected}. Look at what changed, "
        "then try again."
    )


def _demand(author: Artist | None) -> None:
    if author is not None:
        demand(author, Role.ADMIN)
