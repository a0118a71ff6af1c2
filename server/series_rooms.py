"""What somebody may see of series. Reads only.

A series is there for whoever may list at least one of its works; to all others it is absent.
"""

from collections.abc import Sequence

from server.addresses import Addresses
from server.admission import OPEN, listable, open_artist, refuse_shunned
from server.errors import Gone, NotFound
from server.model import (
    Actor,
    ActorId,
    Artist,
    Millis,
    Series,
    SeriesId,
    Visibility,
    Work,
    WorkId,
)
from server.ports import Library, Transaction
from server.repositories.works import SeriesShown
from server.values import dataclass

PAGE = 100  # works on one page of a series
_PLACES = 5  # series that a work's page leads through


@dataclass(frozen=True, slots=True)
class SeriesCard:
    """A series in a list; `cover` is a work that the viewer may list, None in an empty one."""

    series: Series
    works: int
    cover: Work | None


@dataclass(frozen=True, slots=True)
class SeriesRoom:
    """A series' page: up to `PAGE` works in order, of `total`; `goes_on` where more follow."""

    series: Series
    artist: Artist
    owner: Actor
    works: tuple[Work, ...]
    total: int
    goes_on: bool
    cover: Work | None
    speaker: Actor | None  # where it can be followed by itself


@dataclass(frozen=True, slots=True)
class SeriesDesk:
    """A series as its artist arranges it: every work in order, in whatever state."""

    series: Series
    works: tuple[Work, ...]
    speaker: Actor | None
    followers: int
    is_open: bool  # whether everyone sees it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a work stands in a series: `number` of `total`, between its neighbours there."""

    series: Series
    number: int  # from 1
    total: int
    previous: Work | None
    next: Work | None


@dataclass(frozen=True, slots=True)
class PublicSeries:
    """A series as other servers may know it: works that everyone may list, and no others."""

    series: Series
    artist: Artist
    owner: Actor
    works: tuple[WorkId, ...]
    cover: Work | None


@dataclass(frozen=True, slots=True)
class Announced:
    """A series' actor with what it announced, latest first."""

    public: PublicSeries
    speaker: Actor
    entries: tuple[tuple[WorkId, Millis], ...]
    followers: int


@dataclass(frozen=True, slots=True)
class SeriesRooms:
    """Show series. `viewer` is the asker's actor id, None for a stranger."""

    library: Library
    addresses: Addresses

    async def page(
        self, handle: str, slug: str, viewer: ActorId | None, after: WorkId | None = None
    ) -> SeriesRoom:
        """Return a series' page, its artist's empty one too. Raise `NotFound` or `Gone`."""
        async with self.library.reading() as tx:
            artist, owner = await open_artist(tx, handle)
            series = await tx.series.by_slug(artist.id, slug)
            if series is None:
                raise _absent()
            await refuse_shunned(tx, artist.id, viewer)
            seen = await tx.series.visible(series.id, await listable(tx, artist.id, viewer))
            if not seen and viewer != artist.id:
                raise _absent()
            start = seen.index(after) + 1 if after in seen else 0
            shown = seen[start : start + PAGE]
            works = await tx.works.many([*shown, *_cover_of(series, seen)])
            cover = next((works[one] for one in _cover_of(series, seen) if one in works), None)
            return SeriesRoom(
                series,
                artist,
                owner,
                tuple(works[one] for one in shown if one in works),
                len(seen),
                start + PAGE < len(seen),
                cover,
                await _speaker(tx, series),
            )

    async def cards(self, artist: ActorId, viewer: ActorId | None) -> list[SeriesCard]:
        """List an artist's series that a viewer sees anything of; to the artist all of them."""
        async with self.library.reading() as tx:
            shown = await tx.series.shown(artist, await listable(tx, artist, viewer))
            if viewer != artist:
                shown = [one for one in shown if one.works]
            return await _cards(tx, shown)

    async def places(self, work: Work, viewer: ActorId | None) -> list[Place]:
        """Return where a work stands in its series, among the works that a viewer may list."""
        async with self.library.reading() as tx:
            of_work = await tx.series.of_work(work.id)
            if not of_work:
                return []
            may_list = await listable(tx, work.artist_id, viewer)
            found = [await _place(tx, one, work.id, may_list) for one in of_work[:_PLACES]]
            return [place for place in found if place is not None]

    async def desk(self, artist: Artist, series_id: SeriesId) -> SeriesDesk:
        """Return a series for its artist to arrange. Raise `NotFound`."""
        async with self.library.reading() as tx:
            series = await tx.series.by_id(series_id)
            if series is None or series.artist_id != artist.id:
                raise NotFound("There is no such series of yours.")
            order = await tx.series.works(series_id)
            works = await tx.works.many(order)
            speaker = await _speaker(tx, series)
            return SeriesDesk(
                series,
                tuple(works[one] for one in order if one in works),
                speaker,
                await tx.relations.count_followers(speaker.id) if speaker else 0,
                bool(await tx.series.visible(series_id, OPEN)),
            )

    async def of_work(self, work: WorkId) -> list[SeriesId]:
        """List the series that a work is in."""
        async with self.library.reading() as tx:
            return [one.id for one in await tx.series.of_work(work)]

    async def public_list(self, handle: str) -> tuple[Artist, Actor, list[Series]]:
        """Return an artist with the series that are there for everyone. Raise as `page`."""
        async with self.library.reading() as tx:
            artist, owner = await open_artist(tx, handle)
            shown = await tx.series.shown(artist.id, OPEN)
            return artist, owner, [one.series for one in shown if one.works]

    async def public(self, handle: str, series_id: SeriesId) -> PublicSeries:
        """Return a series as everyone may see it. Raise `NotFound` or `Gone`."""
        async with self.library.reading() as tx:
            artist, owner = await open_artist(tx, handle)
            series = await tx.series.by_id(series_id)
            if series is None or series.artist_id != artist.id:
                raise _absent()
            found = await public_series(tx, series, artist, owner)
            if not found.works:
                raise _absent()
            return found

    async def public_of_works(self, works: Sequence[Work]) -> dict[WorkId, list[Series]]:
        """Return the series of each work, as everyone may know them."""
        listed = [work.id for work in works if work.visibility in OPEN]
        async with self.library.reading() as tx:
            return await tx.series.of_works(listed)

    async def announced(self, series_id: SeriesId) -> Announced:
        """Return a series' actor and what it says. Raise `NotFound`, `Gone` where it was ended."""
        async with self.library.reading() as tx:
            speaker = await tx.actors.by_uri(self.addresses.series_actor(series_id))
            if speaker is None:
                raise _absent()
            series = await tx.series.by_actor(speaker.id)
            if series is None or speaker.gone_at is not None:
                raise Gone("This series was ended by its artist.")
            owner = await tx.actors.by_id(series.artist_id)
            artist, owner = await open_artist(tx, owner.handle if owner else "")
            return Announced(
                await public_series(tx, series, artist, owner),
                speaker,
                tuple(await tx.series.entries(series.id, OPEN)),
                await tx.relations.count_followers(speaker.id),
            )

    async def speaker_named(self, handle: str) -> Actor:
        """Find a series' actor by its handle. Raise `NotFound` or `Gone`."""
        async with self.library.reading() as tx:
            actor = await tx.actors.by_address(handle, self.addresses.domain)
            if actor is None or not actor.is_local or not _is_of_series(actor, self.addresses):
                raise NotFound(f"There is no artist '{handle[:60]}' here.")
            series = await tx.series.by_actor(actor.id)
            if series is None or actor.gone_at is not None:
                raise Gone("This series was ended by its artist.")
            owner = await tx.actors.by_id(series.artist_id)
            await open_artist(tx, owner.handle if owner else "")
            return actor


async def public_series(
    tx: Transaction, series: Series, artist: Artist, owner: Actor
) -> PublicSeries:
    """Return what everyone may know of a series, in a transaction at hand."""
    seen = await tx.series.visible(series.id, OPEN)
    covers = await tx.works.many(_cover_of(series, seen))
    return PublicSeries(series, artist, owner, tuple(seen), next(iter(covers.values()), None))


def _cover_of(series: Series, seen: Sequence[WorkId]) -> list[WorkId]:
    """Return the chosen cover where it may be seen, else the first work: one or none."""
    chosen = [one for one in seen if one == series.cover_id]
    return chosen or list(seen[:1])


async def _cards(tx: Transaction, shown: Sequence[SeriesShown]) -> list[SeriesCard]:
    covers = await tx.works.many([one.cover_id for one in shown if one.cover_id is not None])
    return [
        SeriesCard(one.series, one.works, covers.get(one.cover_id) if one.cover_id else None)
        for one in shown
    ]


async def _place(
    tx: Transaction, series: Series, work: WorkId, may_list: Sequence[Visibility]
) -> Place | None:
    seen = await tx.series.visible(series.id, may_list)
    if work not in seen:
        return None
    at = seen.index(work)
    previous = await tx.works.bare(seen[at - 1]) if at else None
    following = await tx.works.bare(seen[at + 1]) if at + 1 < len(seen) else None
    return Place(series, at + 1, len(seen), previous, following)


async def _speaker(tx: Transaction, series: Series) -> Actor | None:
    return await tx.actors.by_id(series.actor_id) if series.actor_id else None


def _is_of_series(actor: Actor, addresses: Addresses) -> bool:
    return bool(addresses.local_part(actor.uri, "/series/"))


def _absent() -> NotFound:
    return NotFound("There is no such series.")
