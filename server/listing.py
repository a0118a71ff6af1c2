"""Changes of lists that alter what is in force: what would then hold, and how they are written.

The law: such a change is made by `Governing` alone, after its impact was seen, in one transaction
with its entry in the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias, assert_never

from server.acts import Act
from server.clock import Clock
from server.errors import Conflict, NotFound
from server.list_changes import Said, Sayings, difference
from server.list_feed import tell
from server.lists import (
    EVERY_LIST,
    BlockList,
    Difference,
    Exclude,
    ListDraft,
    ListEntry,
    ListId,
    ListSource,
)
from server.model import Millis
from server.ports import Transaction
from server.values import dataclass

_LOGGED = 500  # lines of a difference in the log; a list of 20,000 would bury all else


@dataclass(frozen=True, slots=True)
class ListApplied:
    """Take a draft over as it was seen (`made_at`), for good without the `excludes`."""

    list_id: ListId
    made_at: Millis
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListRemoved:
    """End a list, and with it all that it says."""

    list_id: ListId


@dataclass(frozen=True, slots=True)
class ListsArranged:
    """Ask lists in another order."""

    order: tuple[ListId, ...]


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Keep a domain out of a list, or of every list."""

    list_id: ListId
    domain: str


@dataclass(frozen=True, slots=True)
class LetIn:
    """Let a list speak of a domain again."""

    list_id: ListId
    domain: str


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log says of a change."""

    act: Act
    subject: str
    before: str = ""
    after: str = ""


ListsChange: TypeAlias = ListApplied | ListRemoved | ListsArranged | KeptOut | LetIn


async def sayings_after(tx: Transaction, now: Sayings, change: ListsChange) -> Sayings:
    """Return what lists would say after a change, which is not made. Raises as `write`."""
    match change:
        case ListApplied():
            return await _after_draft(tx, now, change)
        case ListRemoved():
            await listed(tx, change.list_id)
            left = tuple(one for one in now.lists if one.list_id != change.list_id)
            return replace(now, lists=left)
        case ListsArranged():
            places = {list_id: place for place, list_id in enumerate(change.order)}
            order = sorted(now.lists, key=lambda one: places.get(one.list_id, len(places)))
            return replace(now, lists=tuple(order))
        case KeptOut():
            if change.list_id != EVERY_LIST:
                await listed(tx, change.list_id)
            out = Exclude(change.list_id, change.domain, Millis(0))
            return replace(now, excludes=(*now.excludes, out))
        case LetIn():
            left_out = tuple(
                one
                for one in now.excludes
                if (one.list_id, one.domain) != (change.list_id, change.domain)
            )
            return replace(now, excludes=left_out)
        case _:
            assert_never(change)


async def write(tx: Transaction, clock: Clock, change: ListsChange) -> Logged:
    """Make a change. Raise `NotFound` where the list is gone, `Conflict` where a draft is newer."""
    match change:
        case ListApplied():
            return await _apply(tx, clock, change)
        case ListRemoved():
            return await _remove(tx, clock, change)
        case ListsArranged():
            return await _arrange(tx, change)
        case KeptOut():
            await tx.lists.exclude(Exclude(change.list_id, change.domain, clock.now()))
            return Logged(Act.LIST_KEPT_OUT, change.domain)
        case LetIn():
            await tx.lists.include(change.list_id, change.domain)
            return Logged(Act.LIST_LET_IN, change.domain)
        case _:
            assert_never(change)


async def listed(tx: Transaction, list_id: ListId) -> BlockList:
    """Return a list. Raise `NotFound`."""
    found = await tx.lists.by_id(list_id)
    if found is None:
        raise NotFound("There is no such list here (any more).")
    return found


async def drafted(tx: Transaction, list_id: ListId, made_at: Millis | None = None) -> ListDraft:
    """Return the draft that waits. Raise `NotFound`, `Conflict` where it is not the one seen."""
    found = await tx.lists.draft(list_id)
    if found is None:
        raise NotFound("Nothing waits for this list: it is as its source has it.")
    if made_at is not None and found.made_at != made_at:
        raise Conflict("A newer version of this list came meanwhile: look at it first.")
    return found


def lines(entries: Iterable[ListEntry]) -> str:
    """Return entries as the log shows them, private comments left out."""
    return "\n".join(f"{one.severity} {one.domain}" for one in entries)


async def _after_draft(tx: Transaction, now: Sayings, change: ListApplied) -> Sayings:
    one = await listed(tx, change.list_id)
    draft = await drafted(tx, change.list_id, change.made_at)
    said = Said(one.id, one.name, {entry.domain: entry.severity for entry in draft.entries})
    order = [known.id for known in await tx.lists.all()]
    others = [known for known in now.lists if known.list_id != one.id]
    lists = sorted((*others, said), key=lambda known: order.index(known.list_id))
    out = tuple(Exclude(one.id, domain, Millis(0)) for domain in change.excludes)
    return replace(now, lists=tuple(lists), excludes=(*now.excludes, *out))


async def _apply(tx: Transaction, clock: Clock, change: ListApplied) -> Logged:
    one = await listed(tx, change.list_id)
    draft = await drafted(tx, change.list_id, change.made_at)
    done = difference(await tx.lists.entries(one.id), draft.entries)
    put = (*done.added, *(after for _, after in done.changed))
    await tx.lists.change(one.id, put=put, drop=[entry.domain for entry in done.removed])
    for domain in change.excludes:
        await tx.lists.exclude(Exclude(one.id, domain, clock.now()))
    await tx.lists.drop_draft(one.id)
    await tx.lists.update(replace(one, applied_at=clock.now()))
    await tell(tx, clock)
    return Logged(Act.LIST_APPLIED, one.name, *_logged(done, change.excludes))


async def _remove(tx: Transaction, clock: Clock, change: ListRemoved) -> Logged:
    one = await listed(tx, change.list_id)
    gone = await tx.lists.entries(one.id, limit=_LOGGED)
    if one.source is ListSource.OWN and one.is_published:
        await tell(tx, clock, is_ending=True)
    await tx.lists.remove(one.id)
    return Logged(Act.LIST_REMOVED, one.name, lines(gone))


async def _arrange(tx: Transaction, change: ListsArranged) -> Logged:
    before = await tx.lists.all()
    known = {one.id: one.name for one in before}
    named = [list_id for list_id in change.order if list_id in known]
    order = [*named, *(one.id for one in before if one.id not in named)]
    await tx.lists.arrange(order)
    names = [one.name for one in before], [known[list_id] for list_id in order]
    return Logged(Act.LIST_ARRANGED, "lists", *("\n".join(each) for each in names))


def _logged(done: Difference, excludes: Sequence[str]) -> tuple[str, str]:
    """Return texts whose difference is what was done, within bounds."""
    before = [*done.removed, *(old for old, _ in done.changed)]
    after = [*done.added, *(new for _, new in done.changed)]
    extra = [f"kept out of it: {domain}" for domain in excludes[:_LOGGED]]
    more = len(done) - _LOGGED
    if more > 0:
        extra.append(f"and {more:,} more")
    told = [lines(after[:_LOGGED])] if after else []
    return lines(before[:_LOGGED]), "\n".join([*told, *extra])
