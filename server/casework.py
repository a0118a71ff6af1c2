"""How moderators work on cases: notes, hiding, decisions; and how those concerned hear and answer.

The law: whoever a decision is about is told what was decided and why, and may answer once. Who
reported is named to moderators alone; who gave a legal notice is named to the artist as well.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from server.acts import Act
from server.addresses import Addresses
from server.audit import note as log
from server.casefiles import CaseNote, Notice
from server.clock import Clock
from server.commenting import Commenting
from server.dealings import ABOUT_MACHINES, Outcome, Report, ReportId, ReportKind
from server.errors import Conflict, Invalid, NotAllowed, NotFound, Outdated
from server.hanging import take_down
from server.model import (
    ActorId,
    Artist,
    Millis,
    NotificationKind,
    Role,
    TargetId,
    WorkId,
    WorkState,
)
from server.notifications import tell_anew
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, PicturesPromise, SayPromise, promise
from server.reporting import deciders, limited, refuse_own
from server.roles import demand, is_at_least
from server.values import dataclass
from server.withholding import Thing, show_again, thing, thing_named, withhold

_TOLD = 3  # of what others did meanwhile: all of it stands on the page
_OPENS = frozenset({Outcome.NOTHING, Outcome.WARNED})  # what was hidden is shown again
DECISIONS = {
    Outcome.NOTHING: "No rule was broken",
    Outcome.WARNED: "Warned; everything stays",
    Outcome.LABEL: "It must say which part a machine had in it",
    Outcome.HIDDEN: "It stays hidden",
    Outcome.REMOVED: "It is taken down for good",
    Outcome.SILENCED: "The account was silenced",
    Outcome.SUSPENDED: "The account was suspended",
    Outcome.SERVER: "The server was restrained",
}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What belongs to a case besides its report."""

    notes: tuple[CaseNote, ...]
    things: tuple[Thing, ...]
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class Concern:
    """A case as it is shown to somebody here whom it is about, or who reported."""

    report: Report
    is_accused: bool
    things: tuple[Thing, ...]
    notice: Notice | None
    may_answer: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator decides, and the reason that those concerned read."""

    outcome: Outcome
    reason: str = ""
    note: str = ""  # for the other moderators
    seen: int | None = None  # the last note or deed that was read; None: all of them
    is_anew: bool = False  # of a case that is known to be closed: it is opened again for it


@dataclass(frozen=True, slots=True)
class Casework:
    """Work on cases."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    commenting: Commenting
    speaker: ActorId  # the server actor, in whose name reports are sent on

    async def file(self, reader: Artist, report: Report) -> CaseFile:
        """Return what belongs to a case. Raise `NotFound` for who is no moderator."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            await refuse_own(tx, reader, report)
            notes = await tx.cases.notes(report.id)
            notice = await tx.cases.notice(report.id)
            return CaseFile(tuple(notes), await self._things(tx, report), notice)

    async def take(
        self, reader: Artist, report_id: ReportId, *, is_mine: bool, seen: str | None = None
    ) -> None:
        """Take a case, so that the others see who works on it, or put it back.

        `seen`: who worked on it when this was decided. Raise `Conflict` where somebody else does.
        """
        async with self._held(reader, report_id) as (tx, report):
            now = report.assigned_to
            if now not in {"", reader.handle} and seen is not None and now != seen:
                raise Conflict(f"@{now} took this case meanwhile: take it over if you mean to.")
            owner = reader.handle if is_mine else ""
            await tx.reports.update(replace(report, assigned_to=owner))

    async def write(self, reader: Artist, report_id: ReportId, words: str) -> None:
        """Write something for the other moderators. Raise `Invalid`."""
        said = limited(words)
        if not said:
            raise Invalid("The note is empty: write something.", "words")
        async with self._held(reader, report_id) as (tx, report):
            await self.note(tx, report, reader.handle, said, is_deed=False)

    async def hide(
        self, reader: Artist, report_id: ReportId, target_id: TargetId, *, is_hidden: bool
    ) -> None:
        """Hide something that a case is about, or show it again. Raise `NotFound`."""
        async with self._held(reader, report_id) as (tx, report):
            about = {one.id: one for one in await self._things(tx, report)}
            if target_id not in about:
                raise NotFound("This case is about something else.")
            if is_hidden:
                await withhold(tx, self.clock, target_id, report_id)
            elif not await show_again(tx, self.clock, target_id, report_id):
                raise NotAllowed("Another case hides it: close that one first.")
            deed = "hid" if is_hidden else "showed again"
            name = f"{deed} {self._name(about[target_id])}"
            await self.note(tx, report, reader.handle, name, is_deed=True)
            act = Act.THING_HIDDEN if is_hidden else Act.THING_SHOWN
            await log(tx, self.clock, reader, act, self._name(about[target_id]))

    async def forward(self, reader: Artist, report_id: ReportId) -> None:
        """Send a report to the server of the accused, in this server's name."""
        async with self._held(reader, report_id) as (tx, report):
            accused = await tx.actors.by_id(report.accused_id)
            if accused is None or accused.is_local or report.is_forwarded:
                raise NotAllowed("There is no other server to send this to, or it was sent.")
            await tx.reports.update(replace(report, is_forwarded=True))
            await promise(tx, self.clock, SayPromise(Deed.REPORTED, self.speaker, report.id))
            await self.note(
                tx, report, reader.handle, f"sent it on to {accused.domain}", is_deed=True
            )
        self.bus.wake(JOBS_TOPIC)

    async def close(self, reader: Artist, report_id: ReportId, decision: Decision) -> None:
        """Close a case with a decision; those concerned here are told. Raise `Invalid`."""
        reason, words = limited(decision.reason), limited(decision.note)
        if decision.outcome is Outcome.UNDECIDED:
            raise Invalid("Say what you decided.", "outcome")
        if decision.outcome is not Outcome.NOTHING and not reason:
            raise Invalid("Write why: whom it is about reads it.", "reason")
        async with self._held(reader, report_id) as (tx, report):
            await self._refuse_unread(tx, reader, report, decision)
            if report.closed_at is not None:
                await self._reopened(tx, reader, report)
            if decision.outcome not in possible_outcomes(report.kind):
                raise Invalid("This is not decided in such a case: choose another.", "outcome")
            await _check_impartial(tx, reader, report)
            if decision.outcome is Outcome.REMOVED:
                await _refuse_of_rank(tx, reader, report)
            await self._carry_out(tx, report, decision.outcome)
            is_told = report.told_at is not None or decision.outcome is not Outcome.NOTHING
            now = self.clock.now()
            closed = replace(
                report,
                closed_at=now,
                closed_by=reader.handle,
                note=words,
                outcome=decision.outcome,
                reason=reason,
                told_at=(report.told_at or now) if is_told else None,
            )
            await tx.reports.update(closed)
            said = f"decided: {DECISIONS[decision.outcome]}. {reason}".strip()
            await self.note(tx, report, reader.handle, said, is_deed=True)
            await log(tx, self.clock, reader, Act.REPORT_CLOSED, str(report.id), reason=words)
            await self._tell(tx, closed)
        self.bus.wake(JOBS_TOPIC)

    async def reopen(self, reader: Artist, report_id: ReportId) -> None:
        """Open a closed case again, to decide it anew."""
        async with self._held(reader, report_id) as (tx, report):
            if report.closed_at is None:
                raise NotAllowed("This case is open.")
            await self._reopened(tx, reader, report)

    async def concern(self, artist: Artist, report_id: ReportId) -> Concern:
        """Return a case to whom it is about, once they were told, or to who reported it here.

        Raise `NotFound` for everybody else.
        """
        async with self.library.reading() as tx:
            report = await tx.reports.by_id(report_id)
            is_accused = report is not None and is_told(report, artist)
            is_reporter = report is not None and report.is_local and report.reporter_id == artist.id
            if report is None or not (is_accused or is_reporter):
                raise NotFound("There is nothing here at this address.")
            return Concern(
                report,
                is_accused,
                await self._things(tx, report) if is_accused else (),
                await tx.cases.notice(report_id) if is_accused else None,
                is_accused and report.answered_at is None and not _is_late(report),
            )

    async def answer(self, artist: Artist, report_id: ReportId, words: str) -> None:
        """Answer once, before or after a decision; a closed case is opened again by it."""
        said = limited(words)
        if not said:
            raise Invalid("Your answer is empty: write it first.", "words")
        async with self.library.transaction() as tx:
            report = await tx.reports.hold(report_id)
            if report is None or not is_told(report, artist):
                raise NotFound("There is nothing here at this address.")
            if report.answered_at is not None or _is_late(report):
                raise NotAllowed("You have answered: the moderators have your words.")
            now = self.clock.now()
            answered = replace(report, answer=said, answered_at=now, closed_at=None, closed_by="")
            await tx.reports.update(answered)
            await self.note(tx, report, "", "the account answered", is_deed=True)
            for moderator in await deciders(tx, report.accused_id):
                kind, about = NotificationKind.REPORT, TargetId(report.id)
                await tell_anew(tx, self.clock, moderator.id, kind, about, artist.id)

    async def note(
        self, tx: Transaction, report: Report, author: str, words: str, *, is_deed: bool
    ) -> None:
        """Keep, in a transaction at hand, what somebody wrote or did."""
        made = CaseNote(self.clock.new_id(), report.id, author, words, is_deed, self.clock.now())
        await tx.cases.add_note(made)

    @asynccontextmanager
    async def _held(
        self, reader: Artist, report_id: ReportId
    ) -> AsyncIterator[tuple[Transaction, Report]]:
        demand(reader, Role.MODERATOR)
        async with self.library.transaction() as tx:
            report = await tx.reports.hold(report_id)
            if report is None:
                raise NotFound("There is no such report.")
            await refuse_own(tx, reader, report)
            yield tx, report

    async def _reopened(self, tx: Transaction, reader: Artist, report: Report) -> None:
        await tx.reports.update(replace(report, closed_at=None, closed_by=""))
        await self.note(tx, report, reader.handle, "opened the case again", is_deed=True)
        await log(tx, self.clock, reader, Act.REPORT_REOPENED, str(report.id))

    async def _refuse_unread(
        self, tx: Transaction, reader: Artist, report: Report, decision: Decision
    ) -> None:
        """Raise `Outdated` where somebody did or said something that the reader has not seen."""
        notes = await tx.cases.notes(report.id)
        new = [one for one in notes if decision.seen is not None and one.id > decision.seen]
        others = [one for one in new if one.author != reader.handle]
        if others or (report.closed_at is not None and not decision.is_anew):
            raise Outdated(_told_of(report, others or notes[-1:]))

    async def _things(self, tx: Transaction, report: Report) -> tuple[Thing, ...]:
        """Return what the accused made of what a report names, hidden or not."""
        found = [await thing_named(tx, self.addresses, uri) for uri in report.objects]
        return tuple(one for one in found if one and one.owner_id == report.accused_id)

    async def _carry_out(self, tx: Transaction, report: Report, outcome: Outcome) -> None:
        hidden = await tx.cases.withheld_by(report.id)
        if outcome in _OPENS:
            for target_id in hidden:
                await show_again(tx, self.clock, target_id, report.id)
        if outcome is Outcome.NOTHING:
            await tx.cases.clear([one.id for one in await self._things(tx, report)], report.id)
        if outcome is Outcome.NOTHING and report.kind is ReportKind.MARK:
            await self._clear_marks(tx, report)
        if outcome in {Outcome.LABEL, Outcome.HIDDEN}:
            for one in await self._things(tx, report):
                await withhold(tx, self.clock, one.id, report.id)
        if outcome is Outcome.REMOVED:
            for one in await self._things(tx, report):
                await self._remove(tx, one, report)

    async def _clear_marks(self, tx: Transaction, report: Report) -> None:
        """Set aside the marks of a work that does not hang for them, and look at it again."""
        number = self.addresses.local_part(report.objects[0], "/works/")
        work = await tx.works.hold(WorkId(int(number)))
        if work is None or work.state is not WorkState.FAILED:
            return
        marked = [TargetId(one.id) for one in work.pictures if one.declared_by]
        await tx.cases.clear(marked, report.id)
        await tx.works.update(replace(work, state=WorkState.PROCESSING, problem=""))
        await promise(tx, self.clock, PicturesPromise(work.id))

    async def _remove(self, tx: Transaction, one: Thing, report: Report) -> None:
        """Take something down for good; what its server may send again stays hidden instead."""
        if one.work is not None and not one.is_gone:
            held = await thing(tx, one.id)
            if held is not None and held.work is not None:
                await take_down(tx, self.clock, held.work)
        elif one.post is not None and one.post.is_local:
            await self.commenting.take_away(tx, one.post)
        elif one.post is not None:
            await withhold(tx, self.clock, one.id, report.id)

    async def _tell(self, tx: Transaction, report: Report) -> None:
        about = TargetId(report.id)
        accused = await tx.artists.by_id(report.accused_id)
        if accused is not None and report.told_at is not None:
            await tell_anew(tx, self.clock, accused.id, NotificationKind.CASE, about)
        if report.is_local and report.kind in {ReportKind.REPORT, ReportKind.UNLABELLED}:
            await tell_anew(tx, self.clock, report.reporter_id, NotificationKind.OUTCOME, about)

    def _name(self, one: Thing) -> str:
        if one.work is not None:
            return self.addresses.work(one.work.id)
        return one.post.uri if one.post else ""


def possible_outcomes(kind: ReportKind) -> tuple[Outcome, ...]:
    """Return what may be decided: of how a work was made, nothing about the person."""
    if kind in ABOUT_MACHINES:
        return (Outcome.NOTHING, Outcome.LABEL, Outcome.HIDDEN)
    return tuple(one for one in DECISIONS if one is not Outcome.LABEL)


def _told_of(report: Report, notes: Sequence[CaseNote]) -> str:
    """Return who did what meanwhile, and what to do."""
    said = [
        f"{f'@{one.author} ' if one.author else ''}"
        f"{one.words if one.is_deed else 'wrote a note'} ({_minute(one.at)})"
        for one in notes
    ]
    what = "; ".join(said[-_TOLD:]) or f"@{report.closed_by} closed this case"
    return (
        f"Since you opened this page: {what}. Nothing of yours was decided yet, and what you wrote "
        "is still here: read what is new, then send it again if you still mean it."
    )


def _minute(at: Millis) -> str:
    moment = datetime.fromtimestamp(at / 1_000, UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


async def _check_impartial(tx: Transaction, reader: Artist, report: Report) -> None:
    """Raise `NotAllowed` where another moderator must decide, if there is one."""
    is_again = report.appealed_at is not None and report.judged_by == reader.handle
    if is_again and any(one.id != reader.id for one in await tx.artists.staff()):
        raise NotAllowed("The artist appealed against your decision: another moderator decides.")


async def _refuse_of_rank(tx: Transaction, reader: Artist, report: Report) -> None:
    """Raise `Invalid` for what cannot be undone, of somebody of the reader's rank or above."""
    accused = await tx.artists.by_id(report.accused_id)
    is_of_rank = accused is not None and is_at_least(accused.role, reader.role)
    if accused is not None and is_of_rank and reader.role is not Role.OWNER:
        raise Invalid(
            f"@{accused.handle} has your rank or a higher one: what cannot be undone is for an "
            "owner or an admin to decide. Hide it until then.",
            "outcome",
        )


def is_told(report: Report, artist: Artist) -> bool:
    """Say whether a case is about somebody who may read it."""
    return report.accused_id == artist.id and report.told_at is not None


def _is_late(report: Report) -> bool:
    """Say whether an appeal has taken the place of an answer."""
    return report.kind in ABOUT_MACHINES and report.closed_at is not None
