"""What artists do with works: hand them in, add to them, change them, take them down.

An upload survives a restart: originals, the work and the job that makes its pictures are
kept in one transaction.
"""

from collections.abc import Sequence
from dataclasses import replace

from server import quotes
from server.addresses import Addresses
from server.chronicling import note_work
from server.clock import Clock
from server.drafts import (
    MAX_SHORT,
    Draft,
    PictureEdit,
    Upload,
    arranged,
    checked_alt,
    checked_draft,
    refuse_narrowing,
    refuse_too_many,
    slug_of,
)
from server.errors import Invalid, NotAllowed
from server.hanging import hang_if_ready, take_down
from server.house import House
from server.making import Making
from server.meeting import tell_named
from server.model import (
    Artist,
    Picture,
    PictureId,
    PictureState,
    Role,
    Work,
    WorkId,
    WorkState,
)
from server.own_works import Sight, own_work
from server.ports import Bus, Library, Transaction
from server.promises import (
    JOBS_TOPIC,
    Deed,
    PicturesPromise,
    SayPromise,
    promise,
)
from server.protections import Overlay, decide_own_work
from server.rules import Refuse
from server.series_telling import Teller
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Publishing:
    """Receive, edit and withdraw works."""

    library: Library
    clock: Clock
    bus: Bus
    house: House
    addresses: Addresses
    making: Making

    async def receive(self, artist: Artist, draft: Draft, uploads: Sequence[Upload]) -> Work:
        """Keep a new work and promise its pictures. Raise `Invalid` or `NotAllowed`."""
        if artist.role is Role.READER:
            raise NotAllowed("This account is for reading: ask an admin to make it an artist's.")
        checked = self._checked(draft)
        if not uploads:
            raise Invalid("There is no picture in this upload: choose at least one.", "pictures")
        refuse_too_many(len(uploads))
        work_id = WorkId(self.clock.new_id())
        own = checked.overlay or Overlay()
        work = Work(
            id=work_id,
            artist_id=artist.id,
            state=WorkState.PROCESSING,
            title=checked.title,
            slug=slug_of(checked.title),
            caption=checked.caption,
            tags=checked.tags,
            medium=checked.medium,
            year=checked.year,
            is_sensitive=checked.is_sensitive,
            sensitive_reason=checked.sensitive_reason,
            visibility=checked.visibility,
            ai_label=checked.ai_label,
            content_usage=own.usage,
            sizes=own.sizes,
            is_quiet=checked.is_quiet,
            created_at=self.clock.now(),
            hung_at=None,
            edited_at=None,
            withdrawn_at=None,
            language=checked.language,
            interaction=checked.interaction,
            licence=checked.licence,
            shows_camera=checked.shows_camera,
            bears_watermark=checked.bears_watermark,
            card=checked.card,
            pictures=self._waiting(work_id, uploads, first=0),
            quote=quotes.wanted(None, checked.quote),
        )
        quotes.refuse_private(work.quote, work.visibility)
        async with self.library.transaction() as tx:
            await tx.works.add(work)
            await Teller(tx, self.clock).work_changed(None, work, checked.series)
            await promise(tx, self.clock, PicturesPromise(work_id))
        self.bus.wake(JOBS_TOPIC)
        return work

    async def add_pictures(
        self, artist: Artist, work_id: WorkId, uploads: Sequence[Upload]
    ) -> Work:
        """Add pictures to a work that was not withdrawn; it goes on hanging as it was meanwhile."""
        async with self.library.transaction() as tx:
            work = await own_work(tx, artist, work_id)
            _refuse_hidden(work)
            refuse_too_many(len(work.pictures) + len(uploads))
            first = max((p.position for p in work.pictures), default=-1) + 1
            for picture in self._waiting(work_id, uploads, first=first):
                await tx.works.put_picture(picture)
            await promise(tx, self.clock, PicturesPromise(work_id))
            kept = await own_work(tx, artist, work_id)
        self.bus.wake(JOBS_TOPIC)
        return kept

    async def edit(
        self,
        artist: Artist,
        work_id: WorkId,
        draft: Draft,
        pictures: Sequence[PictureEdit],
        seen: Sight | None = None,
    ) -> Work:
        """Change a work's facts, and its pictures' words, order and number.

        `seen`: what all this was decided upon. Raise `Outdated` where it is not so any more,
        `Invalid` where the wish cannot be kept, `NotFound` where the work is not theirs.
        """
        checked = self._checked(draft)
        async with self.library.transaction() as tx:
            work = await own_work(tx, artist, work_id, seen)
            _refuse_hidden(work)
            refuse_narrowing(work, checked.visibility)
            kept_pictures = arranged(work.pictures, pictures)
            own = checked.overlay or Overlay(work.content_usage, work.sizes)
            changed = replace(
                work,
                title=checked.title,
                slug=slug_of(checked.title),
                caption=checked.caption,
                tags=checked.tags,
                medium=checked.medium,
                year=checked.year,
                is_sensitive=checked.is_sensitive,
                sensitive_reason=checked.sensitive_reason,
                visibility=checked.visibility,
                ai_label=checked.ai_label,
                language=checked.language,
                interaction=checked.interaction,
                licence=checked.licence,
                shows_camera=checked.shows_camera,
                bears_watermark=checked.bears_watermark,
                card=checked.card,
                content_usage=own.usage,
                sizes=own.sizes,
                quote=quotes.wanted(work.quote, checked.quote),
                edited_at=self.clock.now() if work.hung_at else work.edited_at,
            )
            quotes.refuse_private(changed.quote, changed.visibility)
            await self._keep_arranged(tx, work, kept_pictures)
            await quotes.forget(tx, self.addresses, work, changed)
            if work.is_visible:
                changed = await quotes.with_consent(tx, self.addresses, self.clock, changed)
            else:
                ready, policy = replace(changed, pictures=kept_pictures), self.house.now.policy
                changed = await hang_if_ready(tx, self.clock, self.addresses, policy, ready)
            await tx.works.update(changed)
            await note_work(tx, self.clock, changed)
            await Teller(tx, self.clock).work_changed(work, changed, checked.series)
            if work.is_visible:
                await promise(tx, self.clock, SayPromise(Deed.WORK_EDITED, artist.id, work_id))
                await tell_named(tx, self.clock, changed)
            if self.making.is_outdated(replace(changed, pictures=kept_pictures), artist):
                await promise(tx, self.clock, PicturesPromise(work_id))
            kept = await own_work(tx, artist, work_id)
        self.bus.wake(JOBS_TOPIC)
        return kept

    async def withdraw(self, artist: Artist, work_id: WorkId) -> None:
        """Take a work down for good: its addresses answer 410, and other servers are told."""
        async with self.library.transaction() as tx:
            work = await own_work(tx, artist, work_id)
            await take_down(tx, self.clock, work)
        self.bus.wake(JOBS_TOPIC)

    async def try_again(self, artist: Artist, work_id: WorkId) -> None:
        """Make the pictures of a work once more that is FAILED, or cannot be made just now."""
        async with self.library.transaction() as tx:
            work = await own_work(tx, artist, work_id)
            is_stuck = work.state is WorkState.PROCESSING and bool(work.problem)
            if work.state is not WorkState.FAILED and not is_stuck:
                return
            for picture in work.pictures:
                if picture.state is PictureState.REFUSED:
                    await tx.works.put_picture(
                        replace(picture, state=PictureState.WAITING, problem="")
                    )
            await tx.works.update(replace(work, state=WorkState.PROCESSING, problem=""))
            await promise(tx, self.clock, PicturesPromise(work_id))
        self.bus.wake(JOBS_TOPIC)

    def _checked(self, draft: Draft) -> Draft:
        decision = decide_own_work(draft.ai_label, self.house.now.policy)
        if isinstance(decision, Refuse):
            raise Invalid(decision.reason, "ai_label")
        return checked_draft(draft)

    def _waiting(
        self, work_id: WorkId, uploads: Sequence[Upload], *, first: int
    ) -> tuple[Picture, ...]:
        return tuple(
            Picture(
                id=PictureId(self.clock.new_id()),
                work_id=work_id,
                position=first + index,
                alt=checked_alt(upload.alt),
                original_digest=upload.file.digest,
                original_type="",
                original_name=upload.name[-MAX_SHORT:],
                original_bytes=upload.file.size,
            )
            for index, upload in enumerate(uploads)
        )

    async def _keep_arranged(
        self, tx: Transaction, work: Work, arranged: Sequence[Picture]
    ) -> None:
        kept = {picture.id for picture in arranged}
        for picture in work.pictures:
            if picture.id not in kept:
                await tx.works.remove_picture(picture.id)
        before = {picture.id: picture for picture in work.pictures}
        for picture in arranged:
            if before[picture.id] != picture:
                await tx.works.put_picture(picture)


def _refuse_hidden(work: Work) -> None:
    if work.state is WorkState.HIDDEN:
        raise NotAllowed(
            "The moderators hide this work: read why under Notifications, and answer there."
        )
