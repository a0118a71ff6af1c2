"""How the pictures of a work are made, for the first time or anew, until it hangs.

Law: a job, safe twice, and interrupted at any time: what is made is kept picture by picture.
Nothing is shown before every picture of a work is ready; one that hangs stays as it is meanwhile.
"""

from dataclasses import replace
from typing import Final

from server.addresses import Addresses
from server.chronicling import note_work
from server.clock import Clock
from server.hanging import cleared, hang_if_ready
from server.house import House
from server.inscription import Inscription, inscription_of
from server.model import (
    Artist,
    CardShape,
    Millis,
    NotificationKind,
    Picture,
    PictureState,
    RenditionName,
    TargetId,
    Work,
    WorkId,
    WorkState,
)
from server.notifications import tell
from server.pictures import FULL_MAX_PIXELS
from server.pipeline import Pipeline
from server.ports import Bus, Library, Transaction
from server.preparing import noting
from server.promises import (
    JOBS_TOPIC,
    Deed,
    LikenPromise,
    PicturesPromise,
    SayPromise,
    ShotsPromise,
    promise,
)
from server.protections import LARGE_SIDE, full_side
from server.recipes import Recipe
from server.series_telling import Teller
from server.signals import signal_urls
from server.values import dataclass

# So long one job makes pictures; the next one makes the rest. After a crash an artist waits for the
# lease of a job to end.
AT_A_TIME: Final = Millis(60_000)
# Pictures that are made anew do not change how these works stand.
_AS_THEY_ARE: Final = frozenset({WorkState.HUNG, WorkState.HIDDEN, WorkState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Making:
    """Make the pictures of works, and say which are to be made."""

    library: Library
    clock: Clock
    bus: Bus
    pipeline: Pipeline
    house: House
    addresses: Addresses

    async def make(self, what: PicturesPromise, *, at_a_time: Millis = AT_A_TIME) -> None:
        """Make a work's pictures, then hang it or say what is wrong. Safe twice.

        Those that wait, and those whose copies say what is not so any more. What is not begun
        within `at_a_time` is promised anew.
        """
        async with self.library.reading() as tx:
            work = await tx.works.by_id(what.work_id)
            artist = await tx.artists.by_id(work.artist_id) if work else None
            unmarked = await cleared(tx, work) if work else frozenset()
            shots = await tx.shots.of_works([what.work_id])
        if work is None or artist is None or work.state is WorkState.WITHDRAWN:
            return
        began = self.clock.now()
        for picture in work.pictures:
            recipe = self.recipe(picture, work, artist)
            if picture.id in unmarked:
                recipe = recipe.without_mark()
            if is_to_make(picture, recipe) and await self._is_wanted(work.id):
                if self.clock.now() - began >= at_a_time:
                    await self.library.join(lambda tx: promise(tx, self.clock, what))
                    return
                is_new = picture.state is PictureState.WAITING
                tell = noting(self.library, self.clock, picture) if is_new else None
                made = await self.pipeline.make(picture, recipe, tell=tell)
                await self._keep_made(made, picture)
        await self._settle(what.work_id)
        if shots:  # their copies say the same as the work's own
            await self.library.join(lambda tx: promise(tx, self.clock, ShotsPromise(work.id)))

    def recipe(self, picture: Picture, work: Work, artist: Artist) -> Recipe:
        """Return how the copies of a picture are to be made, as things stand."""
        is_cut = work.card is CardShape.FOCUS
        return Recipe(
            self._inscription(work, artist),
            full_side(self.house.policy_for(work)),
            artist.watermark if work.bears_watermark else None,
            (picture.focal_x, picture.focal_y) if is_cut else None,
        )

    def is_outdated(self, work: Work, artist: Artist) -> bool:
        """Say whether any picture of a work is to be made, for the first time or anew."""
        return any(is_to_make(one, self.recipe(one, work, artist)) for one in work.pictures)

    def _inscription(self, work: Work, artist: Artist) -> Inscription:
        """Return what every copy of a work's pictures says of it."""
        usage = self.house.usage_of(artist, work)
        address = self.addresses.work(work.id)  # stays when the title changes
        urls, signer = signal_urls(self.addresses.base_url), self.pipeline.signer
        return inscription_of(work, artist, usage, address, urls, signed_by=signer)

    async def _is_wanted(self, work_id: WorkId) -> bool:
        """Say whether a work was not withdrawn meanwhile: making fifty pictures takes minutes."""
        async with self.library.reading() as tx:
            work = await tx.works.by_id(work_id)
        return work is not None and work.state is not WorkState.WITHDRAWN

    async def _keep_made(self, made: Picture, asked: Picture) -> None:
        """Keep a made picture, unless it is gone or was made meanwhile; keep newer words.

        A picture that hangs and cannot be made anew stays as it is.
        """
        if asked.state is PictureState.READY and made.state is not PictureState.READY:
            return
        async with self.library.transaction() as tx:
            work = await tx.works.hold(made.work_id)
            now = {p.id: p for p in work.pictures}.get(made.id) if work else None
            if now is not None and (now.state, now.media_key) == (asked.state, asked.media_key):
                kept = replace(
                    made,
                    alt=now.alt,
                    position=now.position,
                    focal_x=now.focal_x,
                    focal_y=now.focal_y,
                )
                await tx.works.put_picture(kept)
                if kept.state is PictureState.READY:
                    await tx.likenesses.keep(kept.id, kept.likeness)
                is_seen = work is not None and work.state is WorkState.HUNG and work.is_visible
                if work is not None and is_seen and asked.state is PictureState.WAITING:
                    await self._tell_of_pictures(tx, work, kept)

    async def _tell_of_pictures(self, tx: Transaction, work: Work, kept: Picture) -> None:
        """Promise to tell of a hanging work's new pictures, once with the last of them.

        Nobody is told of those made anew: their former addresses lead to the new copies.
        """
        later = [one for one in work.pictures if one.position > kept.position]
        if not any(one.state is PictureState.WAITING for one in later):
            said = SayPromise(Deed.WORK_EDITED, work.artist_id, work.id)
            await promise(tx, self.clock, said)
            await promise(tx, self.clock, LikenPromise(work.id))

    async def _settle(self, work_id: WorkId) -> None:
        async with self.library.transaction() as tx:
            work = await tx.works.hold(work_id)
            if work is None or work.state in _AS_THEY_ARE:
                return
            policy = self.house.now.policy
            settled = await hang_if_ready(tx, self.clock, self.addresses, policy, work)
            await tx.works.update(settled)
            await note_work(tx, self.clock, settled)
            await Teller(tx, self.clock).work_changed(work, settled)
            if settled.state is WorkState.FAILED:
                kind, about = NotificationKind.WORK_FAILED, TargetId(work_id)
                await tell(tx, self.clock, work.artist_id, kind, target_id=about)
        self.bus.wake(JOBS_TOPIC)


def is_to_make(picture: Picture, recipe: Recipe) -> bool:
    """Say whether a picture waits to be made, or its copies are not what they should be now."""
    if picture.state is not PictureState.READY:
        return picture.state is PictureState.WAITING
    has_full = any(one.name is RenditionName.FULL for one in picture.renditions)
    is_possible = picture.width * picture.height <= FULL_MAX_PIXELS
    is_wanted = LARGE_SIDE < max(picture.width, picture.height) <= recipe.full_side
    return (is_wanted and is_possible and not has_full) or picture.inscribed != recipe.digest
