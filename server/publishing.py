"""How a work comes to hang: received, made into renditions, kept, and promised to the world.

An upload survives a restart: originals, the work and the job that makes its pictures are
kept in one transaction. Nothing is shown before every picture of a work is ready.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.clock import Clock
from server.errors import Invalid, NotAllowed, NotFound
from server.house import House
from server.model import (
    AiLabel,
    Artist,
    ContentUsage,
    NotificationKind,
    Picture,
    PictureId,
    PictureState,
    Role,
    TargetId,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.pipeline import Pipeline
from server.ports import Bus, Library, StoredFile, Transaction
from server.promises import (
    JOBS_TOPIC,
    Deed,
    NotifyPromise,
    PicturesPromise,
    SayPromise,
    promise,
)
from server.protections import decide_own_work
from server.rules import Refuse

MAX_PICTURES = 50
MAX_TITLE = 200
MAX_CAPTION = 5_000
MAX_ALT = 1_000  # Pixelfed's limit; Mastodon takes more
MAX_TAGS = 20
MAX_TAG = 60
MAX_SHORT = 120  # medium, year, reason
_SLUG_LENGTH = 60
_HANGABLE = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DRAFT)
_OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
_TAG = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an artist says of a work, decoded but not yet checked. Text is plain."""

    title: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    medium: str = ""
    year: str = ""
    is_sensitive: bool = False
    sensitive_reason: str = ""
    visibility: Visibility = Visibility.PUBLIC
    ai_label: AiLabel = AiLabel.NONE
    language: str = ""
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """One original that is already in the MediaStore."""

    file: StoredFile
    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """What an artist changes of one picture; pictures that are not named are taken down."""

    id: PictureId
    alt: str
    focal_x: float = 0.0
    focal_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Publishing:
    """Receive, make, hang, edit and withdraw works."""

    library: Library
    clock: Clock
    pipeline: Pipeline
    bus: Bus
    house: House

    async def receive(self, artist: Artist, draft: Draft, uploads: Sequence[Upload]) -> Work:
        """Keep a new work and promise its pictures. Raise `Invalid` or `NotAllowed`."""
        if artist.role is Role.READER:
            raise NotAllowed("This account is for reading: ask an admin to make it an artist's.")
        checked = self._checked(draft)
        if not uploads:
            raise Invalid("There is no picture in this upload: choose at least one.", "pictures")
        _refuse_too_many(len(uploads))
        work_id = WorkId(self.clock.new_id())
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
            content_usage=ContentUsage(),
            is_quiet=checked.is_quiet,
            created_at=self.clock.now(),
            hung_at=None,
            edited_at=None,
            withdrawn_at=None,
            language=checked.language,
            pictures=self._waiting(work_id, uploads, first=0),
        )
        async with self.library.transaction() as tx:
            await tx.works.add(work)
            await promise(tx, self.clock, PicturesPromise(work_id))
        self.bus.wake(JOBS_TOPIC)
        return work

    async def add_pictures(
        self, artist: Artist, work_id: WorkId, uploads: Sequence[Upload]
    ) -> Work:
        """Add pictures to a work that was not withdrawn; it goes on hanging as it was meanwhile."""
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
            _refuse_too_many(len(work.pictures) + len(uploads))
            first = max((p.position for p in work.pictures), default=-1) + 1
            for picture in self._waiting(work_id, uploads, first=first):
                await tx.works.put_picture(picture)
            await promise(tx, self.clock, PicturesPromise(work_id))
            kept = await _own(tx, artist, work_id)
        self.bus.wake(JOBS_TOPIC)
        return kept

    async def make_pictures(self, what: PicturesPromise) -> None:
        """Make every waiting picture of a work, then hang it or say what is wrong. Safe twice."""
        async with self.library.reading() as tx:
            work = await tx.works.by_id(what.work_id)
        if work is None or work.state is WorkState.WITHDRAWN:
            return
        for picture in work.pictures:
            if picture.state is PictureState.WAITING and await self._is_wanted(work.id):
                made = await self.pipeline.make(picture)
                await self._keep_made(made)
        await self._settle(what.work_id)

    async def finish(self, work_id: WorkId) -> None:
        """Make a work's pictures now instead of leaving it to a worker (the command line)."""
        await self.make_pictures(PicturesPromise(work_id))

    async def edit(
        self, artist: Artist, work_id: WorkId, draft: Draft, pictures: Sequence[PictureEdit]
    ) -> Work:
        """Change a work's facts, and its pictures' words, order and number.

        Raise `Invalid` where the wish cannot be kept, `NotFound` where the work is not theirs.
        """
        checked = self._checked(draft)
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
            _refuse_narrowing(work, checked.visibility)
            arranged = _arranged(work.pictures, pictures)
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
                edited_at=self.clock.now() if work.hung_at else work.edited_at,
            )
            await self._keep_arranged(tx, work, arranged)
            if not work.is_visible:
                changed = await self._hang_if_ready(tx, replace(changed, pictures=arranged))
            await tx.works.update(changed)
            if work.is_visible:
                await promise(tx, self.clock, SayPromise(Deed.WORK_EDITED, artist.id, work_id))
            kept = await _own(tx, artist, work_id)
        self.bus.wake(JOBS_TOPIC)
        return kept

    async def withdraw(self, artist: Artist, work_id: WorkId) -> None:
        """Take a work down for good: its addresses answer 410, and other servers are told."""
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
            await tx.works.update(
                replace(work, state=WorkState.WITHDRAWN, withdrawn_at=self.clock.now())
            )
            if work.hung_at is not None:
                await promise(tx, self.clock, SayPromise(Deed.WORK_WITHDRAWN, artist.id, work_id))
        self.bus.wake(JOBS_TOPIC)

    async def try_again(self, artist: Artist, work_id: WorkId) -> None:
        """Make the pictures of a FAILED work once more."""
        async with self.library.transaction() as tx:
            work = await _own(tx, artist, work_id)
            if work.state is not WorkState.FAILED:
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
        return _checked(draft)

    def _waiting(
        self, work_id: WorkId, uploads: Sequence[Upload], *, first: int
    ) -> tuple[Picture, ...]:
        return tuple(
            Picture(
                id=PictureId(self.clock.new_id()),
                work_id=work_id,
                position=first + index,
                alt=_checked_alt(upload.alt),
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

    async def _keep_made(self, made: Picture) -> None:
        """Keep a made picture, unless it is gone or was made meanwhile; keep newer words."""
        async with self.library.transaction() as tx:
            work = await tx.works.by_id(made.work_id)
            now = {p.id: p for p in work.pictures}.get(made.id) if work else None
            if now is not None and now.state is PictureState.WAITING:
                await tx.works.put_picture(
                    replace(
                        made,
                        alt=now.alt,
                        position=now.position,
                        focal_x=now.focal_x,
                        focal_y=now.focal_y,
                    )
                )

    async def _settle(self, work_id: WorkId) -> None:
        async with self.library.transaction() as tx:
            work = await tx.works.by_id(work_id)
            if work is None or work.state is WorkState.WITHDRAWN:
                return
            if work.state is WorkState.HUNG:
                if work.is_visible:
                    await promise(
                        tx, self.clock, SayPromise(Deed.WORK_EDITED, work.artist_id, work_id)
                    )
                return
            settled = await self._hang_if_ready(tx, work)
            await tx.works.update(settled)
            if settled.state is WorkState.FAILED:
                await promise(
                    tx,
                    self.clock,
                    NotifyPromise(
                        work.artist_id, NotificationKind.WORK_FAILED, None, TargetId(work_id)
                    ),
                )
        self.bus.wake(JOBS_TOPIC)

    async def _hang_if_ready(self, tx: Transaction, work: Work) -> Work:
        """Return the work as its pictures allow; promise to tell of a first hanging."""
        refused = [p for p in work.pictures if p.state is PictureState.REFUSED]
        if refused:
            first = refused[0]
            return replace(
                work, state=WorkState.FAILED, problem=f"{first.original_name}: {first.problem}"
            )
        if not work.pictures or any(p.state is PictureState.WAITING for p in work.pictures):
            return replace(work, state=WorkState.PROCESSING, problem="")
        hung = replace(work, state=WorkState.HUNG, problem="")
        if hung.is_visible and hung.hung_at is None:
            hung = replace(hung, hung_at=self.clock.now())
            if not hung.is_quiet:
                await promise(tx, self.clock, SayPromise(Deed.WORK_HUNG, work.artist_id, work.id))
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


def slug_of(title: str) -> str:
    """Return the readable part of a page's address: lower-case ASCII words with hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-")


def read_tags(text: str) -> tuple[str, ...]:
    """Split what an artist typed ("oil, #sea sky") into tags; order kept, repeats dropped."""
    words = (word.lstrip("#") for word in re.split(r"[\s,;]+", text))
    seen = {word.casefold(): word for word in reversed([w for w in words if w])}
    return tuple(reversed(seen.values()))


async def _own(tx: Transaction, artist: Artist, work_id: WorkId) -> Work:
    work = await tx.works.by_id(work_id)
    if work is None or work.artist_id != artist.id or work.state is WorkState.WITHDRAWN:
        raise NotFound("There is no such work of yours.")
    return work


def _refuse_too_many(count: int) -> None:
    if count > MAX_PICTURES:
        raise Invalid(
            f"A work has at most {MAX_PICTURES} pictures: hang the others as another work.",
            "pictures",
        )


def may_become(work: Work) -> tuple[Visibility, ...]:
    """Return for whom a work may be: anybody before it hung, no other audience afterwards."""
    if work.hung_at is None:
        return _HANGABLE
    return _OPEN if work.visibility in _OPEN else (work.visibility,)


def _refuse_narrowing(work: Work, wanted: Visibility) -> None:
    if wanted in may_become(work):
        return
    raise Invalid(
        "Who may see a work cannot be changed so once it hangs, because copies of it are out: "
        "withdraw it and hang it anew.",
        "visibility",
    )


def _arranged(pictures: Sequence[Picture], edits: Sequence[PictureEdit]) -> tuple[Picture, ...]:
    known = {picture.id: picture for picture in pictures}
    wanted = {edit.id: edit for edit in edits if edit.id in known}
    if not wanted:
        raise Invalid("A work keeps at least one picture: withdraw it to take it down.", "pictures")
    return tuple(
        replace(
            known[edit.id],
            position=position,
            alt=_checked_alt(edit.alt),
            focal_x=max(-1.0, min(1.0, edit.focal_x)),
            focal_y=max(-1.0, min(1.0, edit.focal_y)),
        )
        for position, edit in enumerate(wanted.values())
    )


def _checked(draft: Draft) -> Draft:
    if draft.visibility not in _HANGABLE:
        raise Invalid("Choose who may see the work.", "visibility")
    if len(draft.tags) > MAX_TAGS:
        raise Invalid(f"These are more than {MAX_TAGS} tags: keep the ones that matter.", "tags")
    for tag in draft.tags:
        if not _TAG.fullmatch(tag) or len(tag) > MAX_TAG or tag.isdecimal():
            raise Invalid(
                f"'{tag}' cannot be a tag: use letters, digits and _ only, not digits alone.",
                "tags",
            )
    return replace(
        draft,
        title=_limited(draft.title, MAX_TITLE, "title"),
        caption=_limited(draft.caption, MAX_CAPTION, "caption"),
        medium=_limited(draft.medium, MAX_SHORT, "medium"),
        year=_limited(draft.year, MAX_SHORT, "year"),
        sensitive_reason=_limited(draft.sensitive_reason, MAX_SHORT, "reason"),
    )


def _checked_alt(alt: str) -> str:
    return _limited(alt, MAX_ALT, "alt")


def _limited(text: str, most: int, field: str) -> str:
    stripped = text.strip()
    if len(stripped) > most:
        raise Invalid(
            f"The {'description' if field == 'alt' else field} is too long: "
            f"it has {len(stripped)} characters, {most} are allowed.",
            field,
        )
    return stripped
