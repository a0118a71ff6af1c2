"""Series: an artist's works in an order of their own, made, arranged and opened to followers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from server.accounts import read_handle
from server.addresses import Addresses, series_of
from server.clock import Clock
from server.drafts import MAX_TITLE, slug_of
from server.errors import Conflict, Invalid, NotAllowed, NotFound, Outdated
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    Role,
    Series,
    SeriesId,
    Visibility,
    WorkId,
)
from server.own_works import own_work
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.series_telling import MAX_WORKS, Teller, is_listed
from server.signing_keys import KeyRing
from server.values import dataclass

MAX_SERIES = 100
MAX_SUMMARY = 2_000  # as Mastodon's limit for collections
_HANDLE_LENGTH = 30
_OWN_PART = 20  # of the artist's handle, so that there is room for the series' own


@dataclass(frozen=True, slots=True)
class SeriesDraft:
    """What an artist says of a series. Text is plain."""

    title: str
    summary: str = ""
    cover_id: WorkId | None = None  # None, or a work that is not in it: the first


@dataclass(frozen=True, slots=True)
class Curating:
    """Make, change and end series. Everything here is for the artist whose series it is."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    keys: KeyRing

    async def make(self, artist: Artist, draft: SeriesDraft) -> Series:
        """Begin a series. Raise `Invalid`, `Conflict` (such a title is there) or `NotAllowed`."""
        if artist.role is Role.READER:
            raise NotAllowed("This account is for reading: ask an admin to make it an artist's.")
        checked = _checked(draft)
        now = self.clock.now()
        async with self.library.transaction() as tx:
            others = await tx.series.of_artist(artist.id)
            if len(others) >= MAX_SERIES:
                raise Invalid(f"You have {MAX_SERIES} series: delete one first.", "title")
            made = Series(
                id=SeriesId(self.clock.new_id()),
                artist_id=artist.id,
                slug=_free_slug(checked.title, others),
                title=checked.title,
                summary=checked.summary,
                cover_id=None,
                actor_id=None,
                created_at=now,
                updated_at=now,
            )
            await tx.series.put(made)
        return made

    async def named(self, artist: Artist, name: str) -> Series:
        """Return the artist's series of that title or slug, made where there is none."""
        wanted = name.strip().casefold()
        for series in await self.all_of(artist):
            if wanted in {series.title.casefold(), series.slug}:
                return series
        return await self.make(artist, SeriesDraft(name))

    async def all_of(self, artist: Artist) -> list[Series]:
        """List an artist's series, oldest first."""
        async with self.library.reading() as tx:
            return await tx.series.of_artist(artist.id)

    async def change(
        self,
        artist: Artist,
        series_id: SeriesId,
        draft: SeriesDraft,
        order: Sequence[WorkId],
        taken_out: Iterable[WorkId] = (),
        seen: tuple[Series, Sequence[WorkId]] | None = None,
    ) -> Series:
        """Describe a series anew and arrange it. Works that `order` does not name stay at the end.

        `seen`: the series and its works as this was decided upon. Raise `Outdated` where they are
        others by now.

        The page's address follows the title until the series was public for the first time.
        """
        checked = _checked(draft)
        async with self.library.transaction() as tx:
            series = await _own(tx, artist, series_id)
            before = await tx.series.works(series_id)
            if seen is not None and seen != (series, before):
                raise Outdated
            after = _arranged(before, order, frozenset(taken_out))
            await self._tell_of_leaving(tx, series, set(before) - set(after))
            others = [one for one in await tx.series.of_artist(artist.id) if one.id != series.id]
            _refuse_same_title(checked.title, others)
            changed = replace(
                series,
                slug=await _slug(tx, series, checked.title, others),
                title=checked.title,
                summary=checked.summary,
                cover_id=checked.cover_id if checked.cover_id in after else None,
            )
            if after != before:
                await tx.series.arrange(series_id, after, self.clock.now())
            if after != before or changed != series:
                changed = await Teller(tx, self.clock).touched(changed)
                await self._rename_actor(tx, changed)
        self.bus.wake(JOBS_TOPIC)
        return changed

    async def add(self, artist: Artist, series_id: SeriesId, works: Sequence[WorkId]) -> None:
        """Put works at the end of a series. Raise `NotFound`, `Invalid` where they are too many."""
        async with self.library.transaction() as tx:
            series = await _own(tx, artist, series_id)
            present = await tx.series.works(series_id)
            new = [one for one in dict.fromkeys(works) if one not in present]
            if len(present) + len(new) > MAX_WORKS:
                raise Invalid(f"A series has at most {MAX_WORKS} works: begin another one.")
            teller = Teller(tx, self.clock)
            for work_id in new:
                work = await own_work(tx, artist, work_id)
                await tx.series.append(series_id, work_id, self.clock.now())
                if is_listed(work):
                    await teller.came([series], work)
            if new:
                await teller.touched(series)
        self.bus.wake(JOBS_TOPIC)

    async def remove(self, artist: Artist, series_id: SeriesId) -> None:
        """End a series; its works stay where they are. Its actor is gone for good."""
        async with self.library.transaction() as tx:
            series = await _own(tx, artist, series_id)
            owner = await tx.actors.by_id(artist.id)
            if owner is not None and await tx.series.visible(series_id, (Visibility.PUBLIC,)):
                uri = series_of(owner, series_id)
                said = SayPromise(Deed.SERIES_REMOVED, artist.id, series_id, uri)
                await promise(tx, self.clock, said)
            speaker = await tx.actors.by_id(series.actor_id) if series.actor_id else None
            if speaker is not None:
                await tx.actors.put(replace(speaker, gone_at=self.clock.now()))
                said = SayPromise(Deed.SERIES_ACTOR_GONE, speaker.id, series_id)
                await promise(tx, self.clock, said)
            await tx.series.remove(series_id)
        self.bus.wake(JOBS_TOPIC)

    async def open_to_followers(self, artist: Artist, series_id: SeriesId, name: str) -> Actor:
        """Give a series an actor that announces its works, so that it can be followed by itself.

        `name` is what stands behind the artist's own handle. Raise `Conflict` where the handle is
        somebody's, or was.
        """
        handle = read_handle(f"{handle_start(artist)}{name.strip().lstrip('@').lower()}")
        async with self.library.reading() as tx:
            series = _theirs(await tx.series.by_id(series_id), artist)
        bare = self._actor_of(artist, series, handle)
        actor, keys = await self.keys.made_for(bare)
        async with self.library.transaction() as tx:
            series = await _own(tx, artist, series_id)
            if series.actor_id is not None:
                raise Conflict("This series can be followed already.", "name")
            if await self._is_taken(tx, handle):
                raise Conflict(f"The handle '{handle}' is taken: choose another.", "name")
            actor_id = await tx.actors.put(actor)
            for key in keys:
                await tx.artists.add_key(key)
            await Teller(tx, self.clock).touched(replace(series, actor_id=actor_id))
        self.bus.wake(JOBS_TOPIC)
        return actor

    def _actor_of(self, artist: Artist, series: Series, handle: str) -> Actor:
        uri = self.addresses.series_actor(series.id)
        return Actor(
            id=ActorId(self.clock.new_id()),
            uri=uri,
            kind=ActorKind.GROUP,
            handle=handle,
            domain=self.addresses.domain,
            name=series.title,
            summary_html="",
            url=self.addresses.series_page(artist.handle, series.slug),
            inbox=f"{uri}/inbox",
            shared_inbox=self.addresses.shared_inbox,
            outbox=f"{uri}/outbox",
            followers_uri=f"{uri}/followers",
            is_local=True,
        )

    async def _is_taken(self, tx: Transaction, handle: str) -> bool:
        known = await tx.actors.by_address(handle, self.addresses.domain)
        return (known is not None and known.is_local) or (
            await tx.artists.by_handle(handle) is not None
        )

    async def _rename_actor(self, tx: Transaction, series: Series) -> None:
        speaker = await tx.actors.by_id(series.actor_id) if series.actor_id else None
        owner = await tx.artists.by_id(series.artist_id)
        if speaker is not None and owner is not None:
            page = self.addresses.series_page(owner.handle, series.slug)
            await tx.actors.put(replace(speaker, name=series.title, url=page))

    async def _tell_of_leaving(
        self, tx: Transaction, series: Series, leaving: Iterable[WorkId]
    ) -> None:
        works = await tx.works.many(list(leaving))
        for work in works.values():
            if is_listed(work):
                await Teller(tx, self.clock).left([series], work)


def handle_start(artist: Artist) -> str:
    """Return how the handle of each series of an artist begins: nobody passes for somebody else."""
    return f"{artist.handle[:_OWN_PART]}_"


def suggested_name(artist: Artist, series: Series) -> str:
    """Return what an artist may call a series' actor, behind the part that is theirs."""
    name = re.sub(r"[^a-z0-9]+", "_", series.slug).strip("_")
    return name[: _HANDLE_LENGTH - len(handle_start(artist))].strip("_")


def _checked(draft: SeriesDraft) -> SeriesDraft:
    title, summary = " ".join(draft.title.split()), draft.summary.strip()
    if not title:
        raise Invalid("A series needs a title: write one.", "title")
    for text, most, field in ((title, MAX_TITLE, "title"), (summary, MAX_SUMMARY, "summary")):
        if len(text) > most:
            raise Invalid(
                f"The {field} is too long: it has {len(text)} characters, {most} are allowed.",
                field,
            )
    return replace(draft, title=title, summary=summary)


def _refuse_same_title(title: str, others: Iterable[Series]) -> None:
    if any(one.title.casefold() == title.casefold() for one in others):
        raise Conflict("You have a series of this name: choose another one.", "title")


def _free_slug(title: str, others: Sequence[Series]) -> str:
    """Return the page's name: from the title, with a number where another title reads the same."""
    _refuse_same_title(title, others)
    taken, start = {one.slug for one in others}, slug_of(title) or "series"
    numbered = (f"{start}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (start, *numbered) if slug not in taken)


async def _slug(tx: Transaction, series: Series, title: str, others: Sequence[Series]) -> str:
    """Keep the address of a page that others may have linked to."""
    if title == series.title or await tx.series.visible(series.id, (Visibility.PUBLIC,)):
        return series.slug
    return _free_slug(title, others)


def _arranged(
    before: Sequence[WorkId], order: Sequence[WorkId], taken_out: frozenset[WorkId]
) -> list[WorkId]:
    named = [one for one in dict.fromkeys(order) if one in before]
    rest = [one for one in before if one not in named]
    return [one for one in (*named, *rest) if one not in taken_out]


async def _own(tx: Transaction, artist: Artist, series_id: SeriesId) -> Series:
    return _theirs(await tx.series.hold(series_id), artist)


def _theirs(series: Series | None, artist: Artist) -> Series:
    if series is None or series.artist_id != artist.id:
        raise NotFound("There is no such series of yours.")
    return series
