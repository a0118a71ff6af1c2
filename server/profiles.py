"""What is kept here of somebody elsewhere, as somebody here may see it: posts, and series.

Reads only. Nothing of it is for visitors: what others made is shown on their own server.
"""

from collections.abc import Sequence

from server.admission import refuse_shunned
from server.errors import NotFound
from server.feeding import FeedEntry
from server.model import Actor, ActorId, FollowState, Post, PostId, TargetId, Visibility
from server.ports import Library, Transaction
from server.series_elsewhere import LookedAt, SeriesElsewhere, SeriesElsewhereId
from server.values import dataclass
from server.viewing import PAGE, Said

MAX_PINNED = 5  # as many as servers let people pin
_SEARCHED = 60  # works of one series, from its start, that are looked for among what is kept
MAX_SHOWN = 8  # of them are shown


@dataclass(frozen=True, slots=True)
class Shelf:
    """A series elsewhere with those of its works that are kept here, in its order."""

    series: SeriesElsewhere
    works: tuple[Post, ...] = ()
    speaker: Actor | None = None  # by which it can be followed, where we met it
    follows: FollowState | None = None  # how the reader stands to that


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody elsewhere as one reader here sees them."""

    actor: Actor
    follows: FollowState | None
    is_blocked: bool  # by the reader
    told: LookedAt | None  # what their server told of them, None: it was never asked
    pinned: tuple[FeedEntry, ...]
    entries: tuple[FeedEntry, ...]
    older_than: PostId | None  # where the next page starts, None where nothing follows
    shelves: tuple[Shelf, ...]


@dataclass(frozen=True, slots=True)
class Profiles:
    """Show people elsewhere to people here."""

    library: Library

    async def find(self, handle: str, domain: str) -> Actor | None:
        """Return whom an address names, if we know them and they are still there."""
        async with self.library.reading() as tx:
            found = await tx.actors.by_address(handle, domain)
        return found if found is not None and found.gone_at is None else None

    async def profile(self, actor: Actor, reader: ActorId, before: PostId | None = None) -> Profile:
        """Return what `reader` may see of somebody. Raise `NotFound` where that is nothing."""
        async with self.library.reading() as tx:
            now = await tx.actors.by_id(actor.id) or actor
            if now.suspended_at is not None:
                raise NotFound("The moderators here suspended this account.")
            await refuse_shunned(tx, actor.id, reader)
            follow = await tx.relations.follow(reader, actor.id)
            follows = follow.state if follow is not None else None
            told = await tx.elsewhere.person(actor.id)
            if await tx.blocks.of(reader, actor.id) is not None:
                return _bare(now, follows, told)
            ids = await tx.elsewhere.posts_of(actor.id, reader, before=before, limit=PAGE + 1)
            pinned = [] if before is not None else await _pinned(tx, actor.id, follows)
            on_top = {post.id for post in pinned}
            posts = await tx.posts.many(ids[:PAGE])
            recent = [posts[one] for one in ids[:PAGE] if one in posts and one not in on_top]
            return Profile(
                now,
                follows,
                is_blocked=False,
                told=told,
                pinned=await _entries(tx, pinned, now, reader),
                entries=await _entries(tx, recent, now, reader),
                older_than=ids[PAGE - 1] if len(ids) > PAGE else None,
                shelves=() if before is not None else await _shelves(tx, actor.id, reader),
            )

    async def series(self, series_id: SeriesElsewhereId) -> tuple[SeriesElsewhere, Actor]:
        """Return a series that is kept here, and whose it is. Raise `NotFound`."""
        async with self.library.reading() as tx:
            series = await tx.elsewhere.series(series_id)
            owner = await tx.actors.by_id(series.actor_id) if series is not None else None
        if series is None or owner is None or owner.suspended_at is not None:
            raise NotFound("This series is not known here any more.")
        return series, owner


def _bare(actor: Actor, follows: FollowState | None, told: LookedAt | None) -> Profile:
    """Return no more of somebody than who they are, for who blocks them."""
    return Profile(
        actor,
        follows,
        is_blocked=True,
        told=told,
        pinned=(),
        entries=(),
        older_than=None,
        shelves=(),
    )


async def _pinned(tx: Transaction, actor: ActorId, follows: FollowState | None) -> list[Post]:
    seen = {Visibility.PUBLIC, Visibility.UNLISTED}
    if follows is FollowState.ACCEPTED:
        seen.add(Visibility.FOLLOWERS)
    found = await tx.posts.featured(actor)
    return [post for post in found if post.visibility in seen][:MAX_PINNED]


async def _entries(
    tx: Transaction, posts: Sequence[Post], author: Actor, reader: ActorId
) -> tuple[FeedEntry, ...]:
    ids = [TargetId(post.id) for post in posts]
    counts = await tx.reactions.counts(ids)
    mine = await tx.reactions.of_actor(reader, ids)
    return tuple(
        FeedEntry(
            at=post.published_at,
            id=TargetId(post.id),
            hung=None,
            said=Said(post, author),
            counts=counts[TargetId(post.id)],
            mine=frozenset(kind for kind, target in mine if target == TargetId(post.id)),
        )
        for post in posts
    )


async def _shelves(tx: Transaction, actor: ActorId, reader: ActorId) -> tuple[Shelf, ...]:
    """Return somebody's series, with as many works of each as are kept and shown."""
    series = await tx.elsewhere.series_of(actor)
    if not series:
        return ()
    wanted = [uri for one in series for uri in one.works[:_SEARCHED]]
    kept = await tx.elsewhere.posts_at(actor, reader, wanted)
    shown = {
        one.id: [kept[uri] for uri in one.works[:_SEARCHED] if uri in kept][:MAX_SHOWN]
        for one in series
    }
    posts = await tx.posts.many([post for ids in shown.values() for post in ids])
    speakers = await tx.actors.met([one.speaker_uri for one in series if one.speaker_uri])
    shelves = []
    for one in series:
        met = speakers.get(one.speaker_uri)
        follow = await tx.relations.follow(reader, met.actor.id) if met is not None else None
        shelves.append(
            Shelf(
                one,
                tuple(posts[post] for post in shown[one.id] if post in posts),
                met.actor if met is not None else None,
                follow.state if follow is not None else None,
            )
        )
    return tuple(shelves)
