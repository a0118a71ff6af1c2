"""What others may count and page through: followers, pins, tags, replies, likes. Reads only.

Who follows and is followed is the artist's to show; where they hide it, the numbers stay.
"""

from collections.abc import Sequence
from enum import StrEnum

from server.addresses import Addresses
from server.admission import OPEN, REACHABLE
from server.errors import NotFound
from server.model import (
    Actor,
    ActorId,
    Artist,
    Counts,
    Millis,
    PostId,
    TargetId,
    Work,
    WorkId,
)
from server.ports import Library, Transaction
from server.values import dataclass
from server.viewing import Viewing

PEOPLE = 50  # addresses on one page
REPLIES = 50
MOST_PINNED = 20  # Mastodon reads five, others all
MOST_TAGS = 10  # as Mastodon
_NEWEST = 4  # works that stand for what an artist does, where nothing is pinned


class Side(StrEnum):
    """Which way a list of people looks."""

    FOLLOWERS = "followers"
    FOLLOWING = "following"


@dataclass(frozen=True, slots=True)
class People:
    """How many stand on one side of an artist, and one page of who; None: they are hidden."""

    artist: Artist
    actor: Actor
    total: int
    uris: tuple[str, ...] | None
    next_before: Millis | None = None  # where the next page starts


@dataclass(frozen=True, slots=True)
class Replies:
    """One page of the direct, open answers to a work, and how many there are."""

    work: Work
    artist: Artist
    total: int
    uris: tuple[str, ...]
    next_after: PostId | None = None


@dataclass(frozen=True, slots=True)
class Registers:
    """Lists. Raises `NotFound` and `Gone` as `Viewing` does."""

    library: Library
    addresses: Addresses
    viewing: Viewing

    async def people(self, handle: str, side: Side, before: Millis | None = None) -> People:
        """Return one page of who follows an artist, or whom they follow."""
        artist, actor = await self.viewing.artist(handle)
        async with self.library.reading() as tx:
            total = await _count(tx, artist.id, side)
            if artist.hides_follows:
                return People(artist, actor, total, None)
            page = await _page(tx, artist.id, side, before, PEOPLE)
            goes_on = bool(page) and bool(await _page(tx, artist.id, side, page[-1][0], 1))
        uris = tuple(uri for _, uri in page)
        return People(artist, actor, total, uris, page[-1][0] if goes_on else None)

    async def followers_on(self, handle: str, prefix: str) -> tuple[Artist, Actor, list[str]]:
        """Return an artist's followers whose addresses begin with `prefix` (FEP-8fcf)."""
        artist, actor = await self.viewing.artist(handle)
        async with self.library.reading() as tx:
            return artist, actor, await tx.relations.followers_on(artist.id, prefix)

    async def featured(self, handle: str) -> tuple[Artist, Actor, list[Work]]:
        """Return what an artist pinned, else their newest works.

        Other servers fetch no old posts: without these a profile looks empty there.
        """
        artist, actor = await self.viewing.artist(handle)
        async with self.library.reading() as tx:
            pinned = await tx.works.pinned(artist.id, REACHABLE, limit=MOST_PINNED)
            works = pinned or await tx.works.of_artist(artist.id, OPEN, limit=_NEWEST)
        return artist, actor, works

    async def tags(self, handle: str) -> tuple[Artist, Actor, list[str]]:
        """Return the tags that an artist uses most."""
        artist, actor = await self.viewing.artist(handle)
        async with self.library.reading() as tx:
            found = await tx.works.tags_of(artist.id, limit=MOST_TAGS)
        return artist, actor, [tag for tag, _ in found]

    async def replies(
        self, work_id: WorkId, viewer: ActorId | None, after: PostId | None = None
    ) -> Replies:
        """Return one page of the answers to a work that `viewer` may see, oldest first."""
        work, artist, _ = await self.viewing.work(work_id, viewer)
        target = TargetId(work_id)
        async with self.library.reading() as tx:
            total = await tx.posts.count_replies_to(target, viewer)
            page = await tx.posts.replies_to(target, viewer, after=after, limit=REPLIES + 1)
        last = page[REPLIES - 1].id if len(page) > REPLIES else None
        return Replies(work, artist, total, tuple(post.uri for post in page[:REPLIES]), last)

    async def reception(
        self, work_id: WorkId, viewer: ActorId | None
    ) -> tuple[Work, Artist, Counts]:
        """Return how a work that `viewer` may see was received."""
        work, artist, _ = await self.viewing.work(work_id, viewer)
        counts = await self.viewing.counts([TargetId(work_id)])
        return work, artist, counts[TargetId(work_id)]

    async def open_work(self, uri: str) -> tuple[Work, Artist, Actor]:
        """Return the work that an id or page of ours names. Raise `NotFound` where none is open."""
        work_id = work_named(self.addresses, uri)
        if work_id is None:
            raise NotFound("There is no such work.")
        return await self.viewing.work(work_id, None)


def work_named(addresses: Addresses, uri: str) -> WorkId | None:
    """Return the work that an object id (/works/7) or a page (/@ana/7-blue-hour) names."""
    plain = uri.partition("#")[0].partition("?")[0]
    text = addresses.local_part(plain, "/works/")
    start = f"{addresses.base_url}/@"
    if not text and plain.startswith(start):
        text = plain.removeprefix(start).partition("/")[2].partition("-")[0]
    is_number = text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63
    return WorkId(int(text)) if is_number else None


async def _count(tx: Transaction, artist: ActorId, side: Side) -> int:
    if side is Side.FOLLOWERS:
        return await tx.relations.count_followers(artist)
    return await tx.relations.count_following(artist)


async def _page(
    tx: Transaction, artist: ActorId, side: Side, before: Millis | None, limit: int
) -> Sequence[tuple[Millis, str]]:
    if side is Side.FOLLOWERS:
        return await tx.relations.follower_uris(artist, before=before, limit=limit)
    return await tx.relations.following_uris(artist, before=before, limit=limit)
