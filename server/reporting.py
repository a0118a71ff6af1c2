"""What people report to the moderators, from here and from other servers, and what becomes of it.

A report names one accused actor and perhaps some of its works and posts. Every moderator is told.
Who reported is told to nobody but the moderators: what is sent on speaks for the server. A
moderator who is reported is not told, and decides nothing, unless there is nobody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.addresses import Addresses
from server.clock import Clock
from server.dealings import Report, ReportId, ReportKind
from server.errors import Invalid, NotAllowed, NotFound
from server.model import (
    Actor,
    ActorId,
    AiLabel,
    Artist,
    Millis,
    NotificationKind,
    Post,
    Role,
    TargetId,
    Work,
    WorkId,
)
from server.notifications import tell, tell_anew
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.roles import demand
from server.targets import find_target, may_see
from server.values import dataclass
from server.withholding import thing_named

MAX_WORDS = 2_000  # characters of a report; Mastodon takes 1,000
MAX_OBJECTS = 20
MAX_PER_HOUR = 30  # from one server: more is a flood, and all but the first say the same
_HOUR = 3_600_000
_OWN = "This is about you: another moderator decides."


@dataclass(frozen=True, slots=True)
class Case:
    """A report with everybody and everything in it that is still there."""

    report: Report
    reporter: Actor | None
    accused: Actor | None
    artist: Artist | None = None  # the accused, where they are of this server
    works: tuple[Work, ...] = ()
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Reporting:
    """Report, list, close."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    speaker: ActorId  # the server actor, in whose name reports are sent on

    async def report(
        self,
        artist: Artist,
        accused_id: ActorId,
        words: str,
        *,
        about: Sequence[TargetId] = (),
        is_forwarded: bool = False,
        is_unlabelled: bool = False,
    ) -> Report:
        """Report somebody to the moderators here and, if wished, to those of their server.

        `is_unlabelled`: a work here was made by a machine and does not say so; its artist is told.
        Raise `Invalid`, `NotFound`.
        """
        if accused_id == artist.id:
            raise Invalid("This is yourself: there is nothing to report.")
        said = limited(words)
        async with self.library.transaction() as tx:
            accused = await tx.actors.by_id(accused_id)
            if accused is None or accused.gone_at is not None:
                raise NotFound("There is nobody like that here any more.")
            report = Report(
                id=ReportId(self.clock.new_id()),
                uri="",
                reporter_id=artist.id,
                is_local=True,
                accused_id=accused.id,
                objects=await self._uris(tx, artist, accused, about),
                content=said,
                created_at=self.clock.now(),
                is_forwarded=is_forwarded and not accused.is_local,
            )
            if is_unlabelled:
                report = await self._about_machines(tx, report, about)
            await self._keep(tx, report)
            if report.is_forwarded:
                await promise(tx, self.clock, SayPromise(Deed.REPORTED, self.speaker, report.id))
        self.bus.wake(JOBS_TOPIC)
        return report

    async def note(self, tx: Transaction, report: Report, domain: str) -> bool:
        """Keep, in a transaction at hand, what a server reports.

        False where it came before, or where that server reports too much.
        """
        since = Millis(self.clock.now() - _HOUR)
        if await tx.reports.count_from(domain, since) >= MAX_PER_HOUR:
            return False
        kept = replace(
            report, content=report.content[:MAX_WORDS], objects=report.objects[:MAX_OBJECTS]
        )
        return await self._keep(tx, kept)

    async def cases(
        self, reader: Artist, *, is_open: bool = True, before: ReportId | None = None
    ) -> list[Case]:
        """List reports newest first, fifty at a time. Raise `NotFound` for who is no moderator."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            reports = await tx.reports.page(is_open=is_open, before=before)
            ids = {actor for one in reports for actor in (one.reporter_id, one.accused_id)}
            people = await tx.actors.many(list(ids))
            is_alone = await _is_alone(tx, reader)
        return [_row(one, people, reader, is_alone=is_alone) for one in reports]

    async def mine(self, reader: Artist) -> list[Case]:
        """List open reports that a moderator works on, the latest fifty. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            reports = await tx.reports.assigned(reader.handle)
            ids = {actor for one in reports for actor in (one.reporter_id, one.accused_id)}
            people = await tx.actors.many(list(ids))
            is_alone = await _is_alone(tx, reader)
        return [_row(one, people, reader, is_alone=is_alone) for one in reports]

    async def history(self, reader: Artist, accused_id: ActorId) -> list[Case]:
        """List reports about somebody, newest first, the latest fifty. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            reports = await tx.reports.about(accused_id)
            people = await tx.actors.many([accused_id, *{one.reporter_id for one in reports}])
            is_alone = await _is_alone(tx, reader)
        return [_row(one, people, reader, is_alone=is_alone) for one in reports]

    async def case(self, reader: Artist, report_id: ReportId) -> Case:
        """Return one report with what it is about. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            report = await tx.reports.by_id(report_id)
            if report is None:
                raise NotFound("There is no such report.")
            await refuse_own(tx, reader, report)
            people = await tx.actors.many([report.reporter_id, report.accused_id])
            found = [await thing_named(tx, self.addresses, uri) for uri in report.objects]
            shown = [one for one in found if one and one.owner_id == report.accused_id]
            artist = await tx.artists.by_id(report.accused_id)
        return Case(
            report,
            people.get(report.reporter_id),
            people.get(report.accused_id),
            artist,
            tuple(one.work for one in shown if one.work and not one.is_gone),
            tuple(one.post for one in shown if one.post),
        )

    async def _about_machines(
        self, tx: Transaction, report: Report, about: Sequence[TargetId]
    ) -> Report:
        """Return a report of how a work was made; its artist is heard before anybody decides."""
        work = await tx.works.bare(WorkId(about[0])) if about else None
        if work is None or work.artist_id != report.accused_id or not report.objects:
            raise Invalid("This can be said of works of this server alone.", "is_unlabelled")
        if work.ai_label is not AiLabel.NONE:
            raise Invalid("This work says already which part a machine had.", "is_unlabelled")
        await tell_anew(
            tx, self.clock, report.accused_id, NotificationKind.CASE, TargetId(report.id)
        )
        return replace(report, kind=ReportKind.UNLABELLED, told_at=report.created_at)

    async def _keep(self, tx: Transaction, report: Report) -> bool:
        if not await tx.reports.put(report):
            return False
        about = TargetId(report.id)
        for moderator in await deciders(tx, report.accused_id):
            kind = NotificationKind.REPORT
            await tell(tx, self.clock, moderator.id, kind, report.reporter_id, about)
        return True

    async def _uris(
        self, tx: Transaction, artist: Artist, accused: Actor, about: Sequence[TargetId]
    ) -> tuple[str, ...]:
        """Return the ids of what the accused made and the reporter may see."""
        found = [await find_target(tx, self.addresses, one) for one in about[:MAX_OBJECTS]]
        theirs = [one for one in found if one is not None and one.owner_id == accused.id]
        return tuple([one.uri for one in theirs if await may_see(tx, one, artist.id)])


async def deciders(tx: Transaction, accused_id: ActorId) -> list[Artist]:
    """Return who decides on a report: those in charge but whom it is about, or they alone."""
    staff = await tx.artists.staff()
    return [one for one in staff if one.id != accused_id] or staff


async def refuse_own(tx: Transaction, reader: Artist, report: Report) -> None:
    """Raise `NotAllowed` where a report is about the reader and somebody else can decide."""
    if report.accused_id == reader.id and not await _is_alone(tx, reader):
        raise NotAllowed(_OWN)


async def _is_alone(tx: Transaction, reader: Artist) -> bool:
    return all(one.id == reader.id for one in await tx.artists.staff())


def _row(
    report: Report, people: Mapping[ActorId, Actor], reader: Artist, *, is_alone: bool
) -> Case:
    """Return a report as it stands in a list: nothing of what is said about the reader."""
    accused = people.get(report.accused_id)
    if report.accused_id == reader.id and not is_alone:
        return Case(replace(report, content=_OWN), None, accused)
    return Case(report, people.get(report.reporter_id), accused)


def limited(words: str) -> str:
    """Return words without space around them. Raise `Invalid` where they are too many."""
    said = words.strip()
    if len(said) > MAX_WORDS:
        raise Invalid(
            f"The text is too long: it has {len(said)} characters, {MAX_WORDS} are allowed.", "text"
        )
    return said
