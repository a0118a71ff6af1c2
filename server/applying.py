"""Applications: somebody asks to come in, moderators decide, and the applicant reads how it stands.

The law: sample pictures are small copies made in a child process, seen by moderators alone, and
gone with the decision; a day takes only so many applications.
"""

from collections.abc import Sequence
from dataclasses import field, replace

from server.acts import Act
from server.arrivals import (
    Application,
    ApplicationId,
    ApplicationState,
    InviteState,
    Sample,
)
from server.audit import note
from server.clock import Clock
from server.errors import Invalid, NotAllowed, NotFound, TooMany
from server.inviting import Inviting, WantedInvite
from server.model import Artist, Millis, NotificationKind, Role, TargetId
from server.notifications import tell
from server.pictures import SAMPLE_TASK, PictureTask, Refusal, pack_task, read_answer
from server.ports import Library, Workers
from server.roles import demand
from server.tokens import hash_token, new_token
from server.values import dataclass

MAX_WORDS = 2_000
MIN_WORDS = 20
MAX_LINKS = 5
MAX_SAMPLES = 4
MAX_SAMPLE_BYTES = 20_971_520
MAX_REPLY = 1_000
_DAY = 86_400_000
_OPEN_DAYS = 30  # how long an accepted applicant has to come in
_MAX_LINK = 500
_MAX_NAME = 80
_MAX_EMAIL = 320


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody sends who asks to come in."""

    name: str
    words: str
    links: str = ""  # one a line
    email: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A kept application. `token` goes into the private link and nowhere else."""

    application: Application
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted application, with a link to pass on where its own was lost."""

    application: Application
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Applying:
    """Take, show and decide on applications."""

    library: Library
    clock: Clock
    workers: Workers
    inviting: Inviting
    is_open: bool  # whether people may ask at all, as the settings say
    per_day: int

    async def apply(self, wanted: Wanted, pictures: Sequence[bytes]) -> Applied:
        """Keep an application. Raise `Invalid` with the field that is wrong, `TooMany`."""
        await self.check_open()
        checked = _checked(wanted)
        if len(pictures) > MAX_SAMPLES:
            raise Invalid(f"Send at most {MAX_SAMPLES} pictures.", "pictures")
        samples = [await self._sample(one) for one in pictures]
        token = new_token()
        application = Application(
            id=ApplicationId(self.clock.new_id()),
            token_hash=hash_token(token),
            name=checked.name,
            words=checked.words,
            links=read_links(checked.links),
            email=checked.email,
            state=ApplicationState.WAITING,
            created_at=self.clock.now(),
        )
        async with self.library.transaction() as tx:
            if await tx.applications.count_since(self._yesterday()) >= self.per_day:
                raise _full()
            await tx.applications.add(application, samples)
            for moderator in await tx.artists.staff():
                kind, about = NotificationKind.APPLICATION, TargetId(application.id)
                await tell(tx, self.clock, moderator.id, kind, target_id=about)
        return Applied(application, token)

    async def check_open(self) -> None:
        """Raise `NotAllowed` where nobody may ask, `TooMany` where today's are used up."""
        if not self.is_open:
            raise NotAllowed("This place takes people by invitation: ask somebody who is here.")
        async with self.library.reading() as tx:
            if await tx.applications.count_since(self._yesterday()) >= self.per_day:
                raise _full()

    async def status(self, token: str) -> tuple[Application, InviteState | None]:
        """Return one's own application, and whether its way in is open. Raise `NotFound`."""
        async with self.library.reading() as tx:
            found = await tx.applications.by_token(hash_token(token))
            invite_id = found.invite_id if found else None
            invite = await tx.invites.by_id(invite_id) if invite_id else None
            state = await self.inviting.state(tx, invite) if invite else None
        if found is None:
            raise NotFound("This link leads nowhere, or the application is gone after a month.")
        return found, state

    async def waiting(
        self, reader: Artist, after: ApplicationId | None = None
    ) -> list[tuple[Application, int]]:
        """List what waits, oldest first, with how many pictures. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            found = await tx.applications.waiting(after=after)
            pictures = await tx.applications.count_samples([one.id for one in found])
        return [(one, pictures.get(one.id, 0)) for one in found]

    async def count(self) -> int:
        """Count what waits."""
        async with self.library.reading() as tx:
            return await tx.applications.count_waiting()

    async def sample(self, reader: Artist, application_id: ApplicationId, place: int) -> Sample:
        """Return one picture of an application. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            samples = await tx.applications.samples(application_id)
        if not 0 <= place < len(samples):
            raise NotFound("There is no such picture, or not any more.")
        return samples[place]

    async def accept(
        self, reader: Artist, application_id: ApplicationId, reply: str = ""
    ) -> Accepted:
        """Let somebody in: their private link, and the one returned, open an account each once."""
        demand(reader, Role.MODERATOR)
        token = new_token()
        async with self.library.transaction() as tx:
            found = _waiting(await tx.applications.by_id(application_id))
            wanted = WantedInvite(Role.ARTIST, 1, _OPEN_DAYS, f"Application of {found.name}")
            invite = await self.inviting.add(tx, reader, wanted, hash_token(token))
            decided = replace(
                found,
                state=ApplicationState.ACCEPTED,
                reply=_reply(reply),
                invite_id=invite.id,
                decided_at=self.clock.now(),
                decided_by=reader.handle,
            )
            if not await tx.applications.decide(decided):
                raise NotAllowed("Somebody else has just decided on this: reload the page.")
            await note(tx, self.clock, reader, Act.APPLICATION_ACCEPTED, str(found.id))
        return Accepted(decided, token)

    async def decline(
        self, reader: Artist, application_id: ApplicationId, reply: str = ""
    ) -> Application:
        """Decline with words that the applicant reads; all of it is erased in a month."""
        demand(reader, Role.MODERATOR)
        async with self.library.transaction() as tx:
            found = _waiting(await tx.applications.by_id(application_id))
            decided = replace(
                found,
                state=ApplicationState.DECLINED,
                reply=_reply(reply),
                decided_at=self.clock.now(),
                decided_by=reader.handle,
            )
            if not await tx.applications.decide(decided):
                raise NotAllowed("Somebody else has just decided on this: reload the page.")
            await note(tx, self.clock, reader, Act.APPLICATION_DECLINED, str(found.id))
        return decided

    async def _sample(self, source: bytes) -> Sample:
        answer = read_answer(await self.workers.run(SAMPLE_TASK, pack_task(PictureTask(source))))
        if isinstance(answer, Refusal):
            raise Invalid(answer.message, "pictures")
        made = answer.renditions[0]
        return Sample(made.width, made.height, made.body)

    def _yesterday(self) -> Millis:
        return Millis(self.clock.now() - _DAY)


def _waiting(application: Application | None) -> Application:
    if application is None:
        raise NotFound("There is no such application.")
    return application


def read_links(text: str) -> tuple[str, ...]:
    """Return the links in a text, one a line. Raise `Invalid` (field "links")."""
    found = tuple(dict.fromkeys(text.split()))
    if len(found) > MAX_LINKS:
        raise Invalid(f"Give at most {MAX_LINKS} links.", "links")
    for link in found:
        if not link.startswith(("https://", "http://")) or len(link) > _MAX_LINK:
            raise Invalid(f"A link begins with https://, unlike {link[:60]}.", "links")
    return found


def _checked(wanted: Wanted) -> Wanted:
    name, words, email = wanted.name.strip(), wanted.words.strip(), wanted.email.strip()
    if not name or len(name) > _MAX_NAME:
        raise Invalid(f"Write your name, in at most {_MAX_NAME} characters.", "name")
    if not MIN_WORDS <= len(words) <= MAX_WORDS:
        raise Invalid(
            f"Say a little about your work, in {MIN_WORDS} to {MAX_WORDS} characters.", "words"
        )
    if email and ("@" not in email or len(email) > _MAX_EMAIL or " " in email):
        raise Invalid("This is no e-mail address: correct it, or leave it out.", "email")
    return Wanted(name, words, wanted.links, email)


def _reply(words: str) -> str:
    said = words.strip()
    if len(said) > MAX_REPLY:
        raise Invalid(f"The answer may have at most {MAX_REPLY} characters.", "reply")
    return said


def _full() -> TooMany:
    return TooMany(
        "Today's applications are used up, so that each can be read with care: come again"
        " tomorrow.",
        3_600,
    )
