"""How a work comes to hang: received, made into renditions, kept, and promised to the world.

An upload survives a restart: originals, the work and the job that makes its pictures are
kept in one transaction. Nothing is shown before every picture of a work is ready.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
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
from server.errors import Invalid, NotAllowed, NotFound
from server.house import House
from server.inscription import Inscription, inscription_of
from server.meeting import tell_named
from server.model import (
    Artist,
    CardShape,
    Millis,
    NotificationKind,
    Picture,
    PictureId,
    PictureState,
    RenditionName,
    Role,
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
from server.protections import LARGE_SIDE, Overlay, decide_own_work, full_side
from server.recipes import Recipe
from server.rules import Refuse
from server.series_telling import Teller
from server.signals import signal_urls
from server.values import dataclass

# So long one job makes pictures; the next one makes the rest. After a crash an artist waits for the
# lease of a job to end.
_AT_A_TIME = Millis(60_000)
_EVER = Millis(2**53)
# Pictures that are made anew do not change how these works stand.
_AS_THEY_ARE = frozenset({WorkState.HUNG, WorkState.HIDDEN, WorkState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Publishing:
    """Receive, make, hang, edit and withdraw works."""

    library: Library
    clock: Clock
    pipeline: Pipeline
    bus: Bus
    house: House
    addresses: Addresses

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
            work = await _own(tx, artist, work_id)
            _refuse_hidden(work)
            refuse_too_many(len(work.pictures) + len(uploads))
            first = max((p.position for p in work.pictures), default=-1) + 1
            for picture in self._waiting(work_id, uploads, first=first):
                await tx.works.put_picture(picture)
            await promise(tx, self.clock, PicturesPromise(work_id))
            kept = await _own(tx, artist, work_id)
        self.bus.wake(JOBS_TOPIC)
        return kept

    async def make_pictures(self, what: PicturesPromise, *, at_a_time: Millis = _AT_A_TIME) -> None:
        """Make a work's pictures, then hang it or say what is wrong. Safe twice.

        Those that wait, and those whose copies say what is not so any more. What is not begun
        within `at_a_time` is promised anew.
        """
        async with self.library.reading() as tx:
            work = await tx.works.by_id(what.work_id)
            artist = await tx.artists.by_id(work.artist_id) if work else None
            cleared = await _cleared(tx, work) if work else frozenset()
            shots = await tx.shots.of_works([what.work_id])
        if work is None or artist is None or work.state is WorkState.WITHDRAWN:
            return
        began = self.clock.now()
        for picture in work.pictures:
            recipe = self.recipe(picture, work, artist)
            if picture.id in cleared:
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

    def _inscription(self, work: Work, artist: Artist) -> Inscription:
        """Return what every copy of a work's pictures says of it."""
        usage = self.house.usage_of(artist, work)
        address = self.addresses.work(work.id)  # stays when the title changes
        urls, signer = signal_urls(self.addresses.base_url), self.pipeline.signer
        return inscription_of(work, artist, usage, address, urls, signed_by=signer)

    def is_outdated(self, work: Work, artist: Artist) -> bool:
        """Say whether any picture of a work is to be made, for the first time or anew."""
        return any(is_to_make(one, self.recipe(one, work, artist)) for one in work.pictures)

    async def finish(self, work_id: WorkId) -> None:
        """Make a work's pictures now instead of leaving it to a worker (the command line)."""
        await self.make_pictures(PicturesPromise(work_id), at_a_time=_EVER)

    async def edit(
        self, artist: Artist, work_id: WorkId, draft: Draft, pictures: Sequence[PictureEdit]
    ) -> Work:
        """Change a work's facts, and its pictures' words, order and number.

        Raise `Invalid` where the wish cannot be kept, `NotFound` where the work is not theirs.
        """
        checked = self._checked(draft)
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
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
                changed = await self._hang_if_ready(tx, replace(changed, pictures=kept_pictures))
            await tx.works.update(changed)
            await note_work(tx, self.clock, changed)
            await Teller(tx, self.clock).work_changed(work, changed, checked.series)
            if work.is_visible:
                await promise(tx, self.clock, SayPromise(Deed.WORK_EDITED, artist.id, work_id))
                await tell_named(tx, self.clock, changed)
            if self.is_outdated(replace(changed, pictures=kept_pictures), artist):
                await promise(tx, self.clock, PicturesPromise(work_id))
            kept = await _own(tx, artist, work_id)
        self.bus.wake(JOBS_TOPIC)
        return kept

    async def withdraw(self, artist: Artist, work_id: WorkId) -> None:
        """Take a work down for good: its addresses answer 410, and other servers are told."""
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
            await take_down(tx, self.clock, work)
        self.bus.wake(JOBS_TOPIC)

    async def try_again(self, artist: Artist, work_id: WorkId) -> None:
        """Make the pictures of a work once more that is FAILED, or cannot be made just now."""
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
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
            settled = await self._hang_if_ready(tx, work)
            await tx.works.update(settled)
            await note_work(tx, self.clock, settled)
            await Teller(tx, self.clock).work_changed(work, settled)
            if settled.state is WorkState.FAILED:
                kind, about = NotificationKind.WORK_FAILED, TargetId(work_id)
                await tell(tx, self.clock, work.artist_id, kind, target_id=about)
        self.bus.wake(JOBS_TOPIC)

    async def _hang_if_ready(self, tx: Transaction, work: Work) -> Work:
        """Return the work as its pictures allow; promise to tell of a first hanging."""
        refused = [p for p in work.pictures if p.state is PictureState.REFUSED]
        if refused:
            first = refused[0]
            return replace(
                work, state=WorkState.FAILED, problem=f"{first.original_name}: {first.problem}"
            )
        cleared = await _cleared(tx, work)
        marked = next((p for p in work.pictures if p.declared_by and p.id not in cleared), None)
        policy = self.house.now.policy
        decision = decide_own_work(work.ai_label, policy, is_marked=marked is not None)
        if marked is not None and isinstance(decision, Refuse):
            mark = f"{marked.original_name} declares {marked.declared_by} ({marked.declared_where})"
            return replace(work, state=WorkState.FAILED, problem=f"{mark}. {decision.reason}")
        if not work.pictures or any(p.state is PictureState.WAITING for p in work.pictures):
            return replace(work, state=WorkState.PROCESSING, problem="")
        hung = replace(work, state=WorkState.HUNG, problem="")
        if hung.is_visible and hung.hung_at is None:
            hung = replace(hung, hung_at=self.clock.now())
            hung = await quotes.with_consent(tx, self.addresses, self.clock, hung)
            await promise(tx, self.clock, LikenPromise(work.id))
            if not hung.is_quiet:
                await promise(tx, self.clock, SayPromise(Deed.WORK_HUNG, work.artist_id, work.id))
                await tell_named(tx, self.clock, hung)
        return hung

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


def is_to_make(picture: Picture, recipe: Recipe) -> bool:
    """Say whether a picture waits to be made, or its copies are not what they should be now."""
    if picture.state is not PictureState.READY:
        return picture.state is PictureState.WAITING
    has_full = any(one.name is RenditionName.FULL for one in picture.renditions)
    is_possible = picture.width * picture.height <= FULL_MAX_PIXELS
    is_wanted = LARGE_SIDE < max(picture.width, picture.height) <= recipe.full_side
    return (is_wanted and is_possible and not has_full) or picture.inscribed != recipe.digest


async def take_down(tx: Transaction, clock: Clock, work: Work) -> None:
    """Take a work down for good, in a transaction at hand; whoever heard of it is told."""
    gone = replace(work, state=WorkState.WITHDRAWN, withdrawn_at=clock.now())
    await tx.works.update(gone)
    await note_work(tx, clock, gone)
    await Teller(tx, clock).work_changed(work, gone, ())
    if work.hung_at is not None:
        await promise(tx, clock, SayPromise(Deed.WORK_WITHDRAWN, work.artist_id, work.id))


def _refuse_hidden(work: Work) -> None:
    if work.state is WorkState.HIDDEN:
        raise NotAllowed(
            "The moderators hide this work: read why under Notifications, and answer there."
        )


async def _cleared(tx: Transaction, work: Work) -> AbstractSet[int]:
    """Return the pictures of whose marks moderators found that they are wrong."""
    declared = [TargetId(one.id) for one in work.pictures if one.declared_by]
    return await tx.cases.cleared(declared) if declared else frozenset()


async def _own(tx: Transaction, artist: Artist, work_id: WorkId) -> Work:
    work = await tx.works.hold(work_id)
    if work is None or work.artist_id != artist.id or work.state is WorkState.WITHDRAWN:
        raise NotFound("There is no such work of yours.")
    return work
