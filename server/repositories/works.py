"""Interfaces of works, of how they were made, and of series."""

from collections.abc import Sequence
from typing import Protocol

from server.likeness import Hashes, KeptHashes, Resemblance, ResemblanceId, Verdict
from server.model import (
    ActorId,
    Millis,
    Picture,
    PictureId,
    Series,
    SeriesId,
    Visibility,
    Work,
    WorkId,
)
from server.permits import InteractionPolicy
from server.preparation import Preparation
from server.shots import Shot, ShotId
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """What decisions about a work ask of its artist."""

    interaction: InteractionPolicy  # of works that say nothing else
    is_suspended: bool


class Works(Protocol):
    """Artworks with their pictures and renditions. Every `Work` comes with its pictures in order.
    Lists are newest first by `hung_at` then id, and page by the id of the last work seen.
    """

    async def add(self, work: Work) -> None:
        """Store a work and its pictures."""
        ...

    async def by_id(self, work_id: WorkId) -> Work | None:
        """Return the work in whatever state, WITHDRAWN too."""
        ...

    async def owned(self, work_id: WorkId) -> tuple[Work, Owner] | None:
        """Return the work as `bare`, with what its artist says of it: all that a decision asks."""
        ...

    async def bare(self, work_id: WorkId) -> Work | None:
        """Return the work as `by_id`, but without its pictures: for who only asks whose it is and
        who may see it.
        """
        ...

    async def hold(self, work_id: WorkId) -> Work | None:
        """Return the work as `by_id` does, and let nobody else change it until this transaction
        ends: whoever decides by what a work is now must hold it first.
        """
        ...

    async def many(self, ids: Sequence[WorkId]) -> dict[WorkId, Work]: ...

    async def update(self, work: Work) -> None:
        """Store every field of the work but its pictures."""
        ...

    async def put_picture(self, picture: Picture) -> None:
        """Insert or replace one picture and all its renditions."""
        ...

    async def remove_picture(self, picture_id: PictureId) -> None: ...

    async def by_media_key(self, media_key: str) -> tuple[Work, Picture] | None:
        """Find a picture by the random key in its addresses, or one that it had, with its work."""
        ...

    async def of_artist(
        self,
        artist_id: ActorId,
        visibilities: Sequence[Visibility],
        *,
        before: WorkId | None = None,
        limit: int = 24,
    ) -> list[Work]:
        """List HUNG works of one artist with one of `visibilities`."""
        ...

    async def in_studio(
        self, artist_id: ActorId, *, before: WorkId | None = None, limit: int = 50
    ) -> list[Work]:
        """List every work of one artist but WITHDRAWN ones, by id descending."""
        ...

    async def of_all(self, *, before: WorkId | None = None, limit: int = 50) -> list[Work]:
        """List every artist's works but WITHDRAWN ones, by id descending."""
        ...

    async def newest(self, *, before: WorkId | None = None, limit: int = 24) -> list[Work]:
        """List HUNG PUBLIC works of artists that are neither suspended nor silenced."""
        ...

    async def tagged(
        self, tag: str, *, before: WorkId | None = None, limit: int = 24
    ) -> list[Work]:
        """List HUNG PUBLIC works with a tag, in whatever letter case, of artists that are neither
        suspended nor silenced.
        """
        ...

    async def latest(self, artists: Sequence[ActorId], *, each: int = 4) -> list[Work]:
        """List up to `each` HUNG PUBLIC works of each artist, of one artist newest first."""
        ...

    async def neighbours(
        self, work: Work, visibilities: Sequence[Visibility]
    ) -> tuple[Work | None, Work | None]:
        """Return the next newer and the next older HUNG work of the same artist."""
        ...

    async def pinned(
        self, artist_id: ActorId, visibilities: Sequence[Visibility], *, limit: int = 20
    ) -> list[Work]:
        """List HUNG works of one artist that are pinned, the latest pin first."""
        ...

    async def tags_of(self, artist_id: ActorId, *, limit: int = 10) -> list[tuple[str, int]]:
        """Return the tags of one artist's HUNG PUBLIC works in small letters, with how many works
        have each, most first.
        """
        ...

    async def count(self, artist_id: ActorId, visibilities: Sequence[Visibility]) -> int:
        """Count HUNG works of one artist."""
        ...

    async def count_all(self) -> int:
        """Count HUNG PUBLIC and UNLISTED works here (NodeInfo)."""
        ...

    async def count_active(self, since: Millis) -> int:
        """Count artists who hung a work at or after `since` (NodeInfo)."""
        ...

    async def digests(self, *, after: str = "", limit: int = 500) -> list[str]:
        """List the media digests of all originals and renditions, of withdrawn works too, and of
        what else artists keep: logos, avatars, banners.
        """
        ...

    async def note_copies(self, picture_id: PictureId, made: int, copies: int) -> None:
        """Note how far the making of a WAITING picture is."""
        ...

    async def preparations(self, ids: Sequence[WorkId]) -> dict[WorkId, Preparation]:
        """Return how far the pictures of works are."""
        ...

    async def quoting(self, approval_uri: str) -> list[Work]:
        """List works whose quote rests on an authorization, without their pictures."""
        ...

    async def digests_in_use(self, wanted: Sequence[str]) -> set[str]:
        """Return which of these media digests anything still needs that `digests` lists. WITHDRAWN
        works need none.
        """
        ...


@dataclass(frozen=True, slots=True)
class SeriesShown:
    """A series as a list shows it: how many works somebody may see, and the one in front."""

    series: Series
    works: int
    cover_id: WorkId | None  # the chosen cover where it may be seen, else the first work


class AllSeries(Protocol):
    """Series, and the works in them in order."""

    async def put(self, series: Series) -> None:
        """Insert or replace. Raise `Conflict` (field "title") where the slug is taken."""
        ...

    async def by_id(self, series_id: SeriesId) -> Series | None: ...

    async def by_slug(self, artist: ActorId, slug: str) -> Series | None: ...

    async def by_actor(self, actor: ActorId) -> Series | None:
        """Find the series that an actor announces."""
        ...

    async def of_artist(self, artist: ActorId) -> list[Series]:
        """List all of an artist's series, oldest first; an artist has at most a hundred."""
        ...

    async def of_work(self, work: WorkId) -> list[Series]: ...

    async def hold(self, series_id: SeriesId) -> Series | None:
        """Return the series as `by_id`; nobody else changes it until this transaction ends."""
        ...

    async def of_works(self, works: Sequence[WorkId]) -> dict[WorkId, list[Series]]:
        """Return the series of each work, oldest first; works in none are left out."""
        ...

    async def shown(self, artist: ActorId, visibilities: Sequence[Visibility]) -> list[SeriesShown]:
        """List an artist's series with what HUNG works of `visibilities` are in them, oldest first;
        those without any are in the list too.
        """
        ...

    async def works(self, series_id: SeriesId) -> list[WorkId]:
        """List the works in order, in whatever state; a series has at most a thousand."""
        ...

    async def visible(
        self, series_id: SeriesId, visibilities: Sequence[Visibility]
    ) -> list[WorkId]:
        """List the HUNG works of `visibilities` in order."""
        ...

    async def entries(
        self, series_id: SeriesId, visibilities: Sequence[Visibility]
    ) -> list[tuple[WorkId, Millis]]:
        """List the same works with when each came to be seen in the series, latest first."""
        ...

    async def added_at(self, series_id: SeriesId, work: WorkId) -> Millis | None: ...

    async def append(self, series_id: SeriesId, work: WorkId, at: Millis) -> None:
        """Put a work at the end; one that is there already stays where it is, but counts as added
        `at`: so it is when it comes to be seen by everyone only later.
        """
        ...

    async def drop(self, series_id: SeriesId, work: WorkId) -> None: ...

    async def arrange(self, series_id: SeriesId, works: Sequence[WorkId], at: Millis) -> None:
        """Make `works`, in this order, the works of the series."""
        ...

    async def remove(self, series_id: SeriesId) -> None: ...


class Shots(Protocol):
    """How works were made. Every `Shot` comes with its picture, if it has one."""

    async def of_works(self, ids: Sequence[WorkId]) -> dict[WorkId, tuple[Shot, ...]]:
        """Return the shots of each work in order; works without any are left out."""
        ...

    async def put(self, shot: Shot) -> None:
        """Insert a shot, or store its place and words; its picture is kept by `put_picture`."""
        ...

    async def put_picture(self, shot_id: ShotId, picture: Picture) -> None:
        """Insert or replace a shot's picture and all its renditions."""
        ...

    async def remove_picture(self, shot_id: ShotId) -> None: ...

    async def remove(self, shot_id: ShotId) -> None:
        """Delete a shot and its picture; one that is not there is no error."""
        ...

    async def by_video_key(self, media_key: str) -> Shot | None:
        """Find a video by the random key in its address."""
        ...

    async def was_video(self, media_key: str) -> bool:
        """Say whether this was the key of a video that was taken out."""
        ...

    async def bytes_of(self, artist_id: ActorId) -> int:
        """Add up an artist's files in shots of all works that were not withdrawn."""
        ...


class Likenesses(Protocol):
    """What pictures of works look like (`server.likeness`), and whose else look the same."""

    async def keep(self, picture_id: PictureId, hashes: Hashes) -> None:
        """Store or replace; no hashes for a picture that is too flat to tell."""
        ...

    async def of_work(self, work_id: WorkId) -> dict[PictureId, Hashes]:
        """Return the hashes of a work's pictures, of those that were looked at."""
        ...

    async def near(self, probes: Sequence[int]) -> list[tuple[PictureId, str]]:
        """Return pictures kept under any of these bands with their upright hashes: a few thousand
        of a hundred thousand, of which the caller keeps those that are near.
        """
        ...

    async def of_pictures(self, ids: Sequence[PictureId]) -> list[KeptHashes]:
        """Return pictures of works that hang."""
        ...

    async def is_any(self) -> bool:
        """Say whether there is anything to compare with."""
        ...

    async def unknown(
        self, *, after: PictureId, limit: int = 200
    ) -> list[tuple[PictureId, WorkId]]:
        """List READY pictures that were never looked at, by id."""
        ...

    async def note(self, found: Resemblance) -> bool:
        """Store; False where it is there, or where the artist trusts the other account."""
        ...

    async def resemblance(self, resemblance_id: ResemblanceId) -> Resemblance | None: ...
    async def settle(self, resemblance_id: ResemblanceId, verdict: Verdict) -> None: ...
