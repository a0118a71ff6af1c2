"""Fetches subscribed lists once a day. A job; safe twice.

The law: what comes is a draft. It is applied by itself only where an admin said so for this list,
it severs nothing, and it changes no large part of the list; a broken answer changes nothing.
"""

import structlog

from server.blocklists import Blocklists
from server.clock import Clock
from server.errors import Conflict, FixatifError, NotFound
from server.governing import Governing
from server.list_changes import too_much
from server.list_keeping import Wanted
from server.listing import ListApplied
from server.lists import BlockList, ListSource
from server.model import JobKind, Millis
from server.ports import Library
from server.promises import ListsPromise, promise
from server.repositories.jobs import JobCounts
from server.values import dataclass

log = structlog.get_logger(__name__)

_EVERY = Millis(24 * 3_600_000)
_AFTER_PROBLEM = Millis(6 * 3_600_000)
_AT_ONCE = 4  # each takes two minutes at most, a job's lease is ten
_LOOK_EVERY = Millis(3_600_000)  # how late a list may be fetched at most


@dataclass(frozen=True, slots=True)
class ListRenewing:
    """Fetches."""

    library: Library
    clock: Clock
    lists: Blocklists
    governing: Governing

    async def renew(self, _payload: bytes) -> None:
        """Fetch every subscription that is due, and promise the next time."""
        async with self.library.reading() as tx:
            subscribed = [one for one in await tx.lists.all() if one.source is ListSource.ADDRESS]
        due = [one for one in subscribed if self.clock.now() >= due_at(one)]
        for one in due[:_AT_ONCE]:
            await self.fetch(one)
        await self.schedule(delay=Millis(0) if len(due) > _AT_ONCE else _LOOK_EVERY)

    async def fetch(self, one: BlockList) -> bool:
        """Fetch one subscription now; say whether a new version waits. Problems are kept."""
        try:
            fetched = await self.lists.fetching.fetch(one)
            wanted = Wanted(one.name, one.kind, one.format, one.leaves_out_hidden)
            reading = await self.lists.read(fetched.parts, wanted, one) if fetched.parts else None
            is_waiting = await self.lists.renewed(one, fetched, reading)
            if is_waiting and one.applies_harmless:
                return not await self._apply_if_harmless(one)
        except FixatifError as problem:
            log.info("list_not_fetched", list=one.name, reason=problem.message)
            await self.lists.stumbled(one, problem.message)
            return False
        return is_waiting

    async def schedule(self, *, delay: Millis = Millis(0)) -> None:
        """Promise a look at all subscriptions, unless one is promised already."""
        async with self.library.transaction() as tx:
            waiting = (await tx.jobs.counts()).get(JobKind.LISTS, JobCounts()).waiting
            if not waiting:
                await promise(tx, self.clock, ListsPromise(), delay=delay)

    async def _apply_if_harmless(self, one: BlockList) -> bool:
        try:
            found = await self.lists.proposal(None, one.id)
        except NotFound:  # somebody was quicker
            return True
        async with self.library.reading() as tx:
            standing = sum((await tx.lists.counts()).get(one.id, {}).values())
        if too_much(found.difference, standing):
            return False
        change = ListApplied(one.id, found.draft.made_at)
        try:
            await self.governing.apply(
                None, change, "Applied by itself, as it cuts no follow.", may_cut=False
            )
        except Conflict:
            return False
        log.info("list_applied", list=one.name, changes=len(found.difference))
        return True


def due_at(one: BlockList) -> Millis:
    """Return when a subscription is to be fetched again."""
    if one.problem_at is not None:
        return Millis(one.problem_at + _AFTER_PROBLEM)
    return Millis(one.fetched_at + _EVERY if one.fetched_at is not None else 0)
