"""What somebody may see: works, portfolios, renditions. Reads only.

Absent and forbidden look the same to a stranger (`NotFound`); what was withdrawn is `Gone`.
"""

from collections.abc import Sequence

from server.addresses import Addresses
from server.admission import (
    listable,
    may_have_files,
    open_artist,
    owner_of,
    refuse_shunned,
    visible_work,
)
from server.errors import Gone, NotFound
from server.model import (
    Actor,
    ActorId,
    Artist,
    Counts,
    ImageFormat,
    Millis,
    Picture,
    Post,
    PostId,
    ReactionKind,
    Rendition,
    RenditionName,
    TargetId,
    Work,
    WorkId,
    WorkState,
)
from server.own_works import Sight, sight_of
from server.ports import Library, Transaction
from server.shots import Shot
from server.targets import Target, find_target, find_target_by_uri, may_see
from server.values import dataclass

PAGE = 24
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Hung:
    """A work with whose it is."""

    work: Work
    artist: Artist


@dataclass(frozen=True, slots=True)
class Wall:
    """Up to `PAGE` works, newest first; `goes_on` where older ones follow."""

    hung: tuple[Hung, ...]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Portfolio:
    """An artist's page: up to `PAGE` works of `total` that the viewer may list."""

    artist: Artist
    actor: Actor
    works: tuple[Work, ...]
    total: int
    followers: int
    following: int
    goes_on: bool  # whether older works follow


@dataclass(frozen=True, slots=True)
class Said:
    """A comment or post with its author."""

    post: Post
    author: Actor


@dataclass(frozen=True, slots=True)
class Room:
    """Everything on a work's page."""

    hung: Hung
    actor: Actor
    counts: Counts
    comments: tuple[Said, ...]
    newer: Work | None
    older: Work | None
    mine: frozenset[ReactionKind]
    shots: tuple[Shot, ...] = ()  # how it was made


@dataclass(frozen=True, slots=True)
class Census:
    """True counts for NodeInfo."""

    artists: int
    works: int
    comments: int
    active_month: int
    active_half: int


@dataclass(frozen=True, slots=True)
class Reception:
    """How a post was received."""

    counts: Counts
    mine: frozenset[ReactionKind]
    replies: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Viewing:
    """Show what may be seen. `viewer` is the asker's actor id, None for a stranger."""

    library: Library
    addresses: Addresses

    async def artist(self, handle: str) -> tuple[Artist, Actor]:
        """Find an artist whose pages are open. Raise `NotFound`."""
        async with self.library.reading() as tx:
            return await open_artist(tx, handle)

    async def portfolio(
        self, handle: str, viewer: ActorId | None, before: WorkId | None = None
    ) -> Portfolio:
        """Return one page of an artist's works that `viewer` may list."""
        async with self.library.reading() as tx:
            artist, actor = await open_artist(tx, handle)
            await refuse_shunned(tx, artist.id, viewer)
            may_list = await listable(tx, artist.id, viewer)
            works = await tx.works.of_artist(artist.id, may_list, before=before, limit=PAGE + 1)
            return Portfolio(
                artist,
                actor,
                tuple(works[:PAGE]),
                await tx.works.count(artist.id, may_list),
                await tx.relations.count_followers(artist.id),
                await tx.relations.count_following(artist.id),
                len(works) > PAGE,
            )

    async def front(self, before: WorkId | None = None) -> Wall:
        """Return the newest public works of everyone here."""
        async with self.library.reading() as tx:
            return await _wall(tx, await tx.works.newest(before=before, limit=PAGE + 1))

    async def tagged(self, tag: str, before: WorkId | None = None) -> Wall:
        """Return the newest public works with a tag."""
        async with self.library.reading() as tx:
            return await _wall(tx, await tx.works.tagged(tag, before=before, limit=PAGE + 1))

    async def latest(self, artists: Sequence[Artist]) -> list[Hung]:
        """Return some of each artist's newest public works, to recognise them by."""
        owners = {artist.id: artist for artist in artists}
        async with self.library.reading() as tx:
            works = await tx.works.latest(list(owners))
        return [Hung(work, owners[work.artist_id]) for work in works]

    async def artists(self, limit: int = 12) -> list[Artist]:
        """Return artists by handle, those suspended or silenced left out."""
        async with self.library.reading() as tx:
            found = await tx.artists.page(limit=limit)
        return [one for one in found if one.suspended_at is None and one.silenced_at is None]

    async def room(self, work_id: WorkId, viewer: ActorId | None) -> Room:
        """Return a work with everything on its page. Raise `NotFound` or `Gone`."""
        async with self.library.reading() as tx:
            work = await visible_work(tx, self.addresses, work_id, viewer)
            artist, actor = await owner_of(tx, work)
            target = TargetId(work.id)
            may_list = await listable(tx, artist.id, viewer)
            newer, older = await tx.works.neighbours(work, may_list)
            comments = await tx.posts.thread(work.id, viewer)
            counts = await tx.reactions.counts([target])
            mine = await tx.reactions.of_actor(viewer, [target]) if viewer else set()
            return Room(
                Hung(work, artist),
                actor,
                counts[target],
                tuple(await with_authors(tx, comments)),
                newer,
                older,
                frozenset(kind for kind, _ in mine),
                (await tx.shots.of_works([work.id])).get(work.id, ()),
            )

    async def work(self, work_id: WorkId, viewer: ActorId | None) -> tuple[Work, Artist, Actor]:
        """Return a work that `viewer` may see. Raise `NotFound` or `Gone`."""
        async with self.library.reading() as tx:
            work = await visible_work(tx, self.addresses, work_id, viewer)
            return work, *(await owner_of(tx, work))

    async def owner(self, work: Work) -> tuple[Artist, Actor]:
        """Return whose a work is. Raise `NotFound` where they are suspended."""
        async with self.library.reading() as tx:
            return await owner_of(tx, work)

    async def own(self, artist: Artist, work_id: WorkId) -> Work:
        """Return an artist's own work in whatever state but WITHDRAWN. Raise `NotFound`."""
        async with self.library.reading() as tx:
            work = await tx.works.by_id(work_id)
        if work is None or work.artist_id != artist.id or work.state is WorkState.WITHDRAWN:
            raise NotFound("There is no such work of yours.")
        return work

    async def sight(self, artist: Artist, work_id: WorkId) -> Sight:
        """Return an artist's own work with the series that it is in. Raise `NotFound`."""
        work = await self.own(artist, work_id)
        return await self.library.look(lambda tx: sight_of(tx, work))

    async def studio(self, artist: Artist, before: WorkId | None = None) -> list[Work]:
        """Return an artist's works in every state, newest first."""
        async with self.library.reading() as tx:
            return await tx.works.in_studio(artist.id, before=before)

    async def counts(self, targets: Sequence[TargetId]) -> dict[TargetId, Counts]:
        """Return how works and posts were received."""
        async with self.library.reading() as tx:
            return await tx.reactions.counts(targets)

    async def post(self, post_id: PostId, viewer: ActorId | None) -> tuple[Said, Target | None]:
        """Return a comment or post, and what it answers. Raise `NotFound`."""
        async with self.library.reading() as tx:
            target = await find_target(tx, self.addresses, TargetId(post_id))
            if target is None or target.post is None or not await may_see(tx, target, viewer):
                raise NotFound("There is no such comment.")
            await refuse_shunned(tx, target.owner_id, viewer)
            said = await with_authors(tx, [target.post])
            answered = target.post.reply_to_id
            parent = await find_target(tx, self.addresses, answered) if answered else None
            return said[0], parent

    async def actor(self, actor_id: ActorId) -> Actor | None:
        """Return anyone by id."""
        async with self.library.reading() as tx:
            return await tx.actors.by_id(actor_id)

    async def known(self, uri: str) -> Actor | None:
        """Return anyone whom we know, by their id."""
        async with self.library.reading() as tx:
            return await tx.actors.by_uri(uri)

    async def actor_at(self, uri: str) -> Actor | None:
        """Return the local actor whose id, page or open work an address of ours names."""
        handle = self.addresses.local_part(uri, "/users/") or self.addresses.local_part(uri, "/@")
        async with self.library.reading() as tx:
            if handle:
                return (await open_artist(tx, handle))[1]
            found = await find_target_by_uri(tx, self.addresses, uri)
            if found is not None and not await may_see(tx, found, None):
                return None  # whose it is would tell a stranger that it is
            owner = await tx.actors.by_id(found.owner_id) if found else await tx.actors.by_uri(uri)
        is_here = owner is not None and owner.is_local and owner.gone_at is None
        return owner if is_here else None

    async def target(self, target_id: TargetId, viewer: ActorId | None) -> Target | None:
        """Return a work or post that the viewer may see, None otherwise."""
        async with self.library.reading() as tx:
            target = await find_target(tx, self.addresses, target_id)
            return target if target and await may_see(tx, target, viewer) else None

    async def has_reacted(self, viewer: ActorId, target: TargetId, kind: ReactionKind) -> bool:
        """Say whether the viewer likes or boosts something."""
        async with self.library.reading() as tx:
            return (kind, target) in await tx.reactions.of_actor(viewer, [target])

    async def census(self, now: Millis) -> Census:
        """Count accounts, works and comments, and who hung something lately."""
        async with self.library.reading() as tx:
            return Census(
                artists=await tx.artists.count(),
                works=await tx.works.count_all(),
                comments=await tx.posts.count_local(),
                active_month=await tx.works.count_active(Millis(now - 30 * _DAY)),
                active_half=await tx.works.count_active(Millis(now - 180 * _DAY)),
            )

    async def reception(self, post_id: PostId, viewer: ActorId | None) -> Reception:
        """Return reactions and answers to a post that the viewer was found to see."""
        target = TargetId(post_id)
        async with self.library.reading() as tx:
            counts = await tx.reactions.counts([target])
            mine = await tx.reactions.of_actor(viewer, [target]) if viewer else set()
            replies = await with_authors(tx, await tx.posts.replies_to(target, viewer))
        return Reception(counts[target], frozenset(kind for kind, _ in mine), tuple(replies))

    async def rendition(
        self, media_key: str, name: RenditionName, image_format: ImageFormat, viewer: ActorId | None
    ) -> tuple[Work, Picture, Rendition]:
        """Find a rendition by the parts of its address. Raise `NotFound` or `Gone`.

        The random key is the right to see it, so that peers may fetch followers-only pictures
        unsigned; a draft's pictures are for its artist alone. What other servers were given stays
        valid when a picture is made anew under another key.
        """
        async with self.library.reading() as tx:
            found = await tx.works.by_media_key(media_key)
            owner = await tx.artists.by_id(found[0].artist_id) if found else None
            is_seen = found is not None and await may_have_files(tx, found[0], viewer)
        if found is None or owner is None:
            raise NotFound("There is no such picture.")
        work, picture = found
        if work.state is WorkState.WITHDRAWN or owner.suspended_at is not None:
            raise Gone("This work was withdrawn by its artist.")
        if not is_seen:
            raise NotFound("There is no such picture.")
        if picture.media_key != media_key and name is not RenditionName.FEDERATED:
            raise Gone("This copy was made anew: its address is on the work's page.")
        for rendition in picture.renditions:
            if (rendition.name, rendition.format) == (name, image_format):
                return work, picture, rendition
        raise NotFound("There is no such picture.")


async def _wall(tx: Transaction, works: Sequence[Work]) -> Wall:
    return Wall(tuple(await with_artists(tx, works[:PAGE])), goes_on=len(works) > PAGE)


async def with_artists(tx: Transaction, works: Sequence[Work]) -> list[Hung]:
    """Return works with whose they are."""
    artists: dict[ActorId, Artist | None] = {}
    for work in works:
        if work.artist_id not in artists:
            artists[work.artist_id] = await tx.artists.by_id(work.artist_id)
    return [Hung(work, artist) for work in works if (artist := artists[work.artist_id])]


async def with_authors(tx: Transaction, posts: Sequence[Post]) -> list[Said]:
    """Return posts with who wrote them."""
    authors = await tx.actors.many([post.actor_id for post in posts])
    return [Said(post, authors[post.actor_id]) for post in posts if post.actor_id in authors]
