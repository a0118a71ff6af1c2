"""How a work was made, as its artist shows it: added, ordered, described, made, taken out.

The pictures are made into copies by a job, as the work's own pictures are; a video is never decoded
here, and passed on untouched. What cannot be shown keeps the work itself from nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from server.admission import may_have_files
from server.clock import Clock
from server.drafts import MAX_SHORT, checked_alt
from server.errors import Gone, Invalid, NotFound, Outdated
from server.house import House
from server.making import AT_A_TIME, Making, is_to_make
from server.model import (
    ActorId,
    Artist,
    Picture,
    PictureId,
    PictureState,
    Work,
    WorkId,
    WorkState,
)
from server.own_works import own_work
from server.pipeline import Pipeline, new_media_key, refused
from server.ports import Bus, Library, MediaStore, Transaction
from server.promises import JOBS_TOPIC, ShotsPromise, promise
from server.protections import decide_own_work
from server.recipes import Recipe
from server.rules import Refuse
from server.shot_files import Received, no_room
from server.shots import FIELD, MAX_CAPTION, Shot, ShotId, Video, refuse_too_many
from server.sweeping import drop_unneeded
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class ShotEdit:
    """What an artist changes of one shot. `poster`: what stands for a video from now on."""

    id: ShotId
    alt: str = ""
    caption: str = ""
    poster: Received | None = None
    drops_poster: bool = False


@dataclass(frozen=True, slots=True)
class ShotsWish:
    """All that one form says: `edits` in their new order; what it showed besides goes.

    What was added meanwhile in another window is not in `shown`, and stays at the end.
    """

    shown: frozenset[ShotId] = frozenset()
    edits: tuple[ShotEdit, ...] = ()
    added: tuple[Received, ...] = ()


@dataclass(frozen=True, slots=True)
class Documenting:
    """Keep shots, make their pictures, give them."""

    library: Library
    clock: Clock
    bus: Bus
    media: MediaStore
    house: House
    pipeline: Pipeline
    making: Making  # how the copies of the work's own pictures are made
    most_bytes: int  # all files of one artist together

    async def of_work(self, work_id: WorkId) -> tuple[Shot, ...]:
        """Return a work's shots in order, those too that are not ready. For who may see it."""
        return await self.library.look(lambda tx: _of(tx, work_id))

    async def change(
        self,
        artist: Artist,
        work_id: WorkId,
        wish: ShotsWish,
        seen: Sequence[Shot] | None = None,
    ) -> tuple[Shot, ...]:
        """Keep what one form says of a work's shots, all or nothing. Raise `Invalid`.

        `seen`: the shots as this was decided upon. Raise `Outdated` where they are others by now.

        Also while it is a draft, could not be hung, or is hidden: it may be what speaks for it.
        """
        async with self.library.transaction() as tx:
            await tx.artists.hold(artist.id)  # two windows together take no more than one
            work = await own_work(tx, artist, work_id)
            present = await _of(tx, work.id)
            if seen is not None and tuple(seen) != present:
                raise Outdated
            before = {one.id: one for one in present}
            after = await self._arranged(tx, work, before, wish)
            await self._refuse_too_much(tx, artist, wish)
            waiting = [one for one in after if one.picture and _waits(one.picture)]
            if waiting:
                await promise(tx, self.clock, ShotsPromise(work.id))
            kept = await _of(tx, work.id)
        self.bus.wake(JOBS_TOPIC)
        gone = _digests(before.values()) - _digests(kept)
        await drop_unneeded(self.library, self.media, sorted(gone))
        return kept

    async def make(self, payload: bytes) -> None:
        """Do one `ShotsPromise`: pictures that wait, and those that say what is not so any more."""
        what = msgspec.json.decode(payload, type=ShotsPromise)
        async with self.library.reading() as tx:
            work = await tx.works.by_id(what.work_id)
            artist = await tx.artists.by_id(work.artist_id) if work else None
            shots = await _of(tx, what.work_id)
        if work is None or artist is None or work.state is WorkState.WITHDRAWN:
            return
        began = self.clock.now()
        for shot in shots:
            picture = shot.picture
            if picture is None:
                continue
            recipe = recipe_for(self.making, picture, work, artist)
            if is_to_make(picture, recipe) and await self._is_there(shot, picture):
                if self.clock.now() - began >= AT_A_TIME:
                    await self.library.join(lambda tx: promise(tx, self.clock, what))
                    return
                made = await self.pipeline.make(picture, recipe)
                await self._keep_made(shot, picture, self._judged(made, work))

    async def video(self, media_key: str, viewer: ActorId | None) -> tuple[Work, Shot, Video]:
        """Find a video by the key in its address. Raise `NotFound` or `Gone`.

        The key is the right to see it, as with pictures; a draft's is for its artist alone.
        """
        async with self.library.reading() as tx:
            shot = await tx.shots.by_video_key(media_key)
            work = await tx.works.by_id(shot.work_id) if shot else None
            owner = await tx.artists.by_id(work.artist_id) if work else None
            is_seen = work is not None and await may_have_files(tx, work, viewer)
            was_there = shot is None and await tx.shots.was_video(media_key)
        if was_there:
            raise Gone("This video was taken out by its artist.")
        if shot is None or shot.video is None or work is None or owner is None:
            raise NotFound("There is no such video.")
        if work.state is WorkState.WITHDRAWN or owner.suspended_at is not None:
            raise Gone("This work was withdrawn by its artist.")
        if not is_seen:
            raise NotFound("There is no such video.")
        return work, shot, shot.video

    async def _arranged(
        self, tx: Transaction, work: Work, before: dict[ShotId, Shot], wish: ShotsWish
    ) -> list[Shot]:
        """Write what stays, in its order and words, and what is new."""
        if any(edit.id not in before for edit in wish.edits):
            raise Invalid(
                "One of them was taken out meanwhile, in another window. What is left stands "
                "below: save it again.",
                FIELD,
            )
        named = {edit.id for edit in wish.edits}
        for gone in (wish.shown - named) & before.keys():  # of this work, whatever a form says
            await tx.shots.remove(gone)
        edited = [await self._edited(tx, before[edit.id], edit) for edit in wish.edits]
        unseen = [one for one in before.values() if one.id not in wish.shown | named]
        new = [self._new(work, one) for one in wish.added]
        refuse_too_many(len(edited) + len(unseen) + len(new))
        ordered = [
            replace(shot, position=place) for place, shot in enumerate([*edited, *unseen, *new])
        ]
        for shot in ordered:
            await tx.shots.put(shot)
            if shot.picture and shot.id not in before:
                await tx.shots.put_picture(shot.id, shot.picture)
        return ordered

    async def _edited(self, tx: Transaction, shot: Shot, edit: ShotEdit) -> Shot:
        worded = replace(shot, alt=_alt(edit.alt, shot.id), caption=_caption(edit.caption, shot.id))
        if shot.video is None or not (edit.poster or edit.drops_poster):
            return worded
        await tx.shots.remove_picture(shot.id)
        if edit.poster is None:
            return replace(worded, picture=None)
        picture = self._waiting(shot.work_id, edit.poster)
        await tx.shots.put_picture(shot.id, picture)
        return replace(worded, picture=picture)

    def _new(self, work: Work, came: Received) -> Shot:
        shot = Shot(
            id=ShotId(self.clock.new_id()),
            work_id=work.id,
            artist_id=work.artist_id,
            position=0,
            name=came.name[-MAX_SHORT:],
            added_at=self.clock.now(),
        )
        if came.looks is None:
            return replace(shot, picture=self._waiting(work.id, came))
        looks, file = came.looks, came.file
        size = (looks.width, looks.height)
        video = Video(new_media_key(), looks.type, file.digest, file.size, *size, looks.coding)
        return replace(shot, video=video)

    def _waiting(self, work_id: WorkId, came: Received) -> Picture:
        return Picture(
            id=PictureId(self.clock.new_id()),
            work_id=work_id,
            position=0,
            alt="",
            original_digest=came.file.digest,
            original_type="",
            original_name=came.name[-MAX_SHORT:],
            original_bytes=came.file.size,
        )

    async def _refuse_too_much(self, tx: Transaction, artist: Artist, wish: ShotsWish) -> None:
        is_more = bool(wish.added) or any(edit.poster for edit in wish.edits)
        if is_more and await tx.shots.bytes_of(artist.id) > self.most_bytes:
            raise no_room(self.most_bytes)

    async def _is_there(self, shot: Shot, picture: Picture) -> bool:
        """Say whether a picture was not taken out meanwhile: making twenty takes a while."""
        shots = await self.of_work(shot.work_id)
        return any(one.picture and one.picture.id == picture.id for one in shots)

    def _judged(self, made: Picture, work: Work) -> Picture:
        """Return a made picture, or why its own mark keeps it from standing with the work."""
        if not made.declared_by or made.state is not PictureState.READY:
            return made
        policy = self.house.now.policy
        if not isinstance(decide_own_work(work.ai_label, policy, is_marked=True), Refuse):
            return made
        return refused(
            replace(made, renditions=()),
            f"It declares {made.declared_by} ({made.declared_where}), and the work says that no "
            "machine made it: label the work, or show another picture.",
        )

    async def _keep_made(self, shot: Shot, asked: Picture, made: Picture) -> None:
        """Keep a made picture, unless it is gone or was made meanwhile; then its files go too.

        One that is shown and cannot be made anew stays as it is.
        """
        is_worse = asked.state is PictureState.READY and made.state is not PictureState.READY
        async with self.library.transaction() as tx:
            await tx.works.hold(shot.work_id)
            now = {one.id: one for one in await _of(tx, shot.work_id)}.get(shot.id)
            known = now.picture if now else None
            is_same = known is not None and (known.id, known.state, known.media_key) == (
                *(asked.id, asked.state, asked.media_key),
            )
            if is_same and not is_worse:
                await tx.shots.put_picture(shot.id, made)
        files = {one.digest for one in (*asked.renditions, *made.renditions)}
        await drop_unneeded(self.library, self.media, sorted(files))


def recipe_for(making: Making, picture: Picture, work: Work, artist: Artist) -> Recipe:
    """Return how the copies of a shot's picture are to be made, as things stand."""
    usual = making.recipe(picture, work, artist)
    return msgspec.structs.replace(usual, full_side=0, card_focus=None, is_shot=True)


def is_outdated(making: Making, work: Work, artist: Artist, shots: Sequence[Shot]) -> bool:
    """Say whether any picture of these shots is to be made, for the first time or anew."""
    pictures = [one.picture for one in shots if one.picture]
    return any(is_to_make(one, recipe_for(making, one, work, artist)) for one in pictures)


def _waits(picture: Picture) -> bool:
    return picture.state is PictureState.WAITING


def _digests(shots: Iterable[Shot]) -> set[str]:
    found: set[str] = set()
    for shot in shots:
        if shot.video:
            found.add(shot.video.digest)
        if shot.picture:
            found |= {shot.picture.original_digest, *(r.digest for r in shot.picture.renditions)}
    return found


def _alt(text: str, shot_id: ShotId) -> str:
    try:
        return checked_alt(text)
    except Invalid as problem:
        raise Invalid(problem.message, f"alt-{shot_id}") from problem


def _caption(text: str, shot_id: ShotId) -> str:
    words = text.strip()
    if len(words) > MAX_CAPTION:
        raise Invalid(
            f"These words are too long: they have {len(words)} characters, {MAX_CAPTION} are "
            "allowed.",
            f"caption-{shot_id}",
        )
    return words


async def _of(tx: Transaction, work_id: WorkId) -> tuple[Shot, ...]:
    return (await tx.shots.of_works([work_id])).get(work_id, ())
