"""The following feed: what those hang, say and boost whom somebody here follows, newest first.

Nothing stands twice on one page: what several boost stands once, at the newest boost, and not as
a boost where the work or post itself is on the page.
"""

from collections.abc import Iterable, Mapping, Sequence

from server.model import Actor, ActorId, Counts, ReactionKind, TargetId
from server.ports import Library, Transaction
from server.repositories.feed import FeedItem
from server.values import dataclass
from server.viewing import PAGE, Hung, Said, with_artists, with_authors

_FEW = PAGE // 2  # with fewer entries a page looks on
_MAX_STRETCHES = 4  # of one page: boosts may all be of the same, or of what is out of sight


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of the following feed: a work here, or a post; and who boosted it, newest first."""

    at: int
    id: TargetId  # of the work or post
    hung: Hung | None
    said: Said | None
    counts: Counts
    mine: frozenset[ReactionKind]
    boosters: tuple[Actor, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of it. `end`: where the next one begins, None after the last."""

    entries: tuple[FeedEntry, ...]
    end: TargetId | None


@dataclass(frozen=True, slots=True)
class Place:
    """What stands once on a page, and who boosted it."""

    item: FeedItem
    boosters: tuple[ActorId, ...] = ()


@dataclass(frozen=True, slots=True)
class Feeding:
    """Shows."""

    library: Library

    async def page(self, reader: ActorId, before: TargetId | None = None) -> Feed:
        """Return what those hung, said and boosted whom `reader` follows."""
        async with self.library.reading() as tx:
            items: list[FeedItem] = []
            for _ in range(_MAX_STRETCHES):
                stretch = await tx.feeds.stretch(reader, before=before, limit=PAGE)
                items += stretch.items
                before = stretch.end
                if before is None or len(places(items)) >= _FEW:
                    break
            return Feed(tuple(await _entries(tx, places(items), reader)), before)


def places(items: Iterable[FeedItem]) -> list[Place]:
    """Return each work and post once, in the order of `items`, newest first."""
    rows = list(items)
    own = {row.target for row in rows if row.booster_id is None}
    found: dict[TargetId, tuple[FeedItem, list[ActorId]]] = {}
    for row in rows:
        if row.booster_id is None:
            found[row.target] = (row, [])
        elif row.target not in own:
            found.setdefault(row.target, (row, []))[1].append(row.booster_id)
    return [Place(item, tuple(boosters)) for item, boosters in found.values()]


async def _entries(tx: Transaction, found: Sequence[Place], reader: ActorId) -> list[FeedEntry]:
    works = await tx.works.many([one.item.work_id for one in found if one.item.work_id])
    posts = await tx.posts.many([one.item.post_id for one in found if one.item.post_id])
    hung = {one.work.id: one for one in await with_artists(tx, list(works.values()))}
    said = {one.post.id: one for one in await with_authors(tx, list(posts.values()))}
    targets = [one.item.target for one in found]
    counts = await tx.reactions.counts(targets)
    mine = await tx.reactions.of_actor(reader, targets)
    people = await _people(tx, found)
    entries = [
        FeedEntry(
            at=one.item.at,
            id=one.item.target,
            hung=hung.get(one.item.work_id) if one.item.work_id else None,
            said=said.get(one.item.post_id) if one.item.post_id else None,
            counts=counts[one.item.target],
            mine=frozenset(kind for kind, target in mine if target == one.item.target),
            boosters=tuple(people[who] for who in one.boosters if who in people),
        )
        for one in found
    ]
    return [entry for entry in entries if entry.hung or entry.said]


async def _people(tx: Transaction, found: Iterable[Place]) -> Mapping[ActorId, Actor]:
    ids = sorted({who for one in found for who in one.boosters})
    return await tx.actors.many(ids) if ids else {}
