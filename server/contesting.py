"""Whether a machine made a work: said by somebody, answered with evidence, decided, appealed.

The law: it is about a work and never about a person; nobody is believed unheard. Evidence is small
copies that moderators and the artist alone see, gone a month after the case was closed. Who
appeals is heard by another moderator, where there is one.
"""

from collections.abc import Sequence
from dataclasses import replace

from server.addresses import Addresses
from server.arrivals import Sample
from server.casework import Casework, is_told
from server.clock import Clock
from server.dealings import ABOUT_MACHINES, Outcome, Report, ReportId, ReportKind
from server.errors import Invalid, NotAllowed, NotFound
from server.house import House
from server.model import (
    AiLabel,
    Artist,
    NotificationKind,
    Picture,
    Role,
    TargetId,
    Work,
    WorkId,
    WorkState,
)
from server.notifications import tell_anew
from server.pictures import SAMPLE_TASK, PictureTask, Refusal, pack_task, read_answer
from server.ports import Bus, Library, MediaStore, Transaction, Workers
from server.promises import JOBS_TOPIC, Deed, PicturesPromise, SayPromise, promise
from server.protections import decide_own_work
from server.reporting import deciders, limited
from server.roles import is_at_least
from server.rules import Refuse
from server.shots import Shot, ShotId
from server.values import dataclass
from server.withholding import show_again

MAX_SHOWN = 6  # pictures of one answer or appeal
_MAX_DIGITS = 19
_MAX_ID = 2**63 - 1  # ids are 63 bits; databases take no larger number
_MADE_BY_MACHINES = frozenset({AiLabel.ASSISTED, AiLabel.GENERATED})


@dataclass(frozen=True, slots=True)
class Contesting:
    """Contest, show, appeal, label."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    media: MediaStore
    workers: Workers
    house: House
    casework: Casework

    async def contest(
        self,
        artist: Artist,
        work_id: WorkId,
        words: str,
        pictures: Sequence[bytes],
        *,
        points_to_shots: bool = False,
    ) -> Report:
        """Say that the mark for which a work was not hung is wrong. Raise `Invalid`.

        `points_to_shots`: moderators see what stands with the work of how it was made; so below.
        """
        said = _said(words)
        async with self.library.reading() as tx:
            marked = await _marked(tx, artist, work_id)
        shown = [*await self._uploaded(marked), *await self._samples(pictures)]
        async with self.library.transaction() as tx:
            await tx.works.hold(work_id)
            await _marked(tx, artist, work_id)
            uri = self.addresses.work(work_id)
            for one in await tx.reports.about(artist.id):
                if one.kind is ReportKind.MARK and one.objects == (uri,) and not one.closed_at:
                    raise NotAllowed("You have contested this mark: the moderators have it.")
            now = self.clock.now()
            report = Report(
                id=ReportId(self.clock.new_id()),
                uri="",
                reporter_id=artist.id,
                is_local=True,
                accused_id=artist.id,
                objects=(uri,),
                content=f"The mark: {', '.join(map(_mark, marked))}.\n\n{said}",
                created_at=now,
                kind=ReportKind.MARK,
                answered_at=now,
                told_at=now,
                points_to_shots=points_to_shots,
            )
            await tx.reports.put(report)
            await tx.cases.show(report.id, shown)
            await self._tell_staff(tx, report, artist)
        return report

    async def answer(
        self,
        artist: Artist,
        report_id: ReportId,
        words: str,
        pictures: Sequence[bytes],
        *,
        points_to_shots: bool = False,
    ) -> None:
        """Answer what is said of a work, with pictures of how it was made, before it is decided."""
        said, shown = _said(words), await self._samples(pictures)
        async with self.library.transaction() as tx:
            report = await _own(tx, artist, report_id)
            if report.answered_at is not None or report.closed_at is not None:
                raise NotAllowed("It was answered, or decided: you can appeal against a decision.")
            points = report.points_to_shots or points_to_shots
            answered = replace(
                report, answer=said, answered_at=self.clock.now(), points_to_shots=points
            )
            await self._keep(tx, artist, answered, shown, "the artist answered")

    async def appeal(
        self,
        artist: Artist,
        report_id: ReportId,
        words: str,
        pictures: Sequence[bytes],
        *,
        points_to_shots: bool = False,
    ) -> None:
        """Ask for another decision, once."""
        said, shown = _said(words), await self._samples(pictures)
        async with self.library.transaction() as tx:
            report = await _own(tx, artist, report_id)
            if not may_appeal(report):
                raise NotAllowed("There is nothing to appeal against, or you did so already.")
            points = report.points_to_shots or points_to_shots
            appealed = replace(
                report,
                appeal=said,
                appealed_at=self.clock.now(),
                judged_by=report.closed_by,
                closed_at=None,
                closed_by="",
                assigned_to="",
                points_to_shots=points,
            )
            await self._keep(tx, artist, appealed, shown, "the artist appealed")

    async def label(self, artist: Artist, report_id: ReportId, label: AiLabel) -> None:
        """Say how a work was made, as was decided: it is shown again. Raise `Invalid`."""
        if label not in _MADE_BY_MACHINES:
            raise Invalid("Choose which part a machine had in it.", "label")
        decision = decide_own_work(label, self.house.now.policy)
        if isinstance(decision, Refuse):
            raise Invalid(decision.reason, "label")
        async with self.library.transaction() as tx:
            report = await _own(tx, artist, report_id)
            if not must_label(report):
                raise NotAllowed("No label is asked for in this case.")
            for target_id in await tx.cases.withheld_by(report.id):
                work = await tx.works.hold(WorkId(target_id))
                if work is not None and work.artist_id == artist.id:
                    now = self.clock.now()
                    await tx.works.update(replace(work, ai_label=label, edited_at=now))
                    await promise(tx, self.clock, PicturesPromise(work.id))
                    await promise(tx, self.clock, SayPromise(Deed.WORK_EDITED, artist.id, work.id))
                await show_again(tx, self.clock, target_id, report.id)
            words = f"the artist labelled it: {label}"
            await self.casework.note(tx, report, "", words, is_deed=True)
        self.bus.wake(JOBS_TOPIC)

    async def evidence(self, reader: Artist, report_id: ReportId, place: int) -> Sample:
        """Return one picture to the artist whose it is, or to a moderator. Raise `NotFound`."""
        async with self.library.reading() as tx:
            report = await tx.reports.by_id(report_id)
            is_theirs = report is not None and report.accused_id == reader.id
            if not is_theirs and not is_at_least(reader.role, Role.MODERATOR):
                raise NotFound("There is nothing here at this address.")
            found = await tx.cases.shown(report_id, place)
        if found is None:
            raise NotFound("There is no such picture, or not any more.")
        return found

    async def shots_of(self, report: Report) -> list[tuple[Work, Shot]]:
        """Return how the works of a case were made, as its artist may show it there.

        What the artist takes out of a work is gone here as well.
        """
        async with self.library.reading() as tx:
            return await self._shots_in(tx, report)

    async def shot(self, reader: Artist, report_id: ReportId, shot_id: ShotId) -> Shot:
        """Return one that the artist pointed to, to them or to a moderator. Raise `NotFound`."""
        async with self.library.reading() as tx:
            report = await tx.reports.by_id(report_id)
            found = await self._shots_in(tx, report) if report else []
        is_theirs = report is not None and report.accused_id == reader.id
        may_look = is_theirs or is_at_least(reader.role, Role.MODERATOR)
        shot = next((one for _, one in found if one.id == shot_id), None)
        if report is None or not report.points_to_shots or not may_look or shot is None:
            raise NotFound("There is nothing here at this address.")
        return shot

    async def _shots_in(self, tx: Transaction, report: Report) -> list[tuple[Work, Shot]]:
        if report.kind not in ABOUT_MACHINES:
            return []
        numbers = [self.addresses.local_part(uri, "/works/") for uri in report.objects]
        digits = [one for one in numbers if one.isdecimal() and len(one) <= _MAX_DIGITS]
        ids = [WorkId(int(one)) for one in digits if int(one) <= _MAX_ID]
        works = await tx.works.many(ids)
        own = {work.id: work for work in works.values() if work.artist_id == report.accused_id}
        shots = await tx.shots.of_works(list(own))
        return [(own[work_id], shot) for work_id, each in shots.items() for shot in each]

    async def count_evidence(self, report_id: ReportId) -> int:
        """Count the pictures of a case."""
        async with self.library.reading() as tx:
            return await tx.cases.count_shown(report_id)

    async def _keep(
        self, tx: Transaction, artist: Artist, report: Report, shown: Sequence[Sample], deed: str
    ) -> None:
        """Keep what an artist said in a case and showed; tell those who decide."""
        await tx.reports.update(report)
        await tx.cases.show(report.id, shown)
        await self.casework.note(tx, report, "", deed, is_deed=True)
        await self._tell_staff(tx, report, artist)

    async def _tell_staff(self, tx: Transaction, report: Report, artist: Artist) -> None:
        for moderator in await deciders(tx, report.accused_id):
            kind, about = NotificationKind.REPORT, TargetId(report.id)
            await tell_anew(tx, self.clock, moderator.id, kind, about, artist.id)

    async def _uploaded(self, marked: Sequence[Picture]) -> list[Sample]:
        """Return the first marked picture small: moderators cannot see a work that does not hang.

        A file that is gone cannot be shown, and the case stands without it.
        """
        try:
            source = await self.media.read(marked[0].original_digest)
        except NotFound:
            return []
        return [await self._sample(source)]

    async def _samples(self, pictures: Sequence[bytes]) -> list[Sample]:
        if len(pictures) > MAX_SHOWN:
            raise Invalid(f"Send at most {MAX_SHOWN} pictures.", "pictures")
        return [await self._sample(one) for one in pictures]

    async def _sample(self, source: bytes) -> Sample:
        answer = read_answer(await self.workers.run(SAMPLE_TASK, pack_task(PictureTask(source))))
        if isinstance(answer, Refusal):
            raise Invalid(answer.message, "pictures")
        made = answer.renditions[0]
        return Sample(made.width, made.height, made.body)


def may_appeal(report: Report) -> bool:
    """Say whether a decision went against the artist, who did not appeal yet."""
    is_against = report.outcome not in {Outcome.UNDECIDED, Outcome.NOTHING}
    is_decided = report.closed_at is not None and is_against
    return report.kind in ABOUT_MACHINES and is_decided and report.appealed_at is None


def must_label(report: Report) -> bool:
    """Say whether the artist can end a case by a label."""
    is_decided = report.closed_at is not None and report.outcome is Outcome.LABEL
    return report.kind is ReportKind.UNLABELLED and is_decided


def _said(words: str) -> str:
    said = limited(words)
    if not said:
        raise Invalid("Write something: how did you make it?", "words")
    return said


def _mark(picture: Picture) -> str:
    return f"{picture.original_name} declares {picture.declared_by} ({picture.declared_where})"


async def _marked(tx: Transaction, artist: Artist, work_id: WorkId) -> list[Picture]:
    """Return the pictures for whose marks an artist's work does not hang."""
    work: Work | None = await tx.works.by_id(work_id)
    if work is None or work.artist_id != artist.id or work.state is WorkState.WITHDRAWN:
        raise NotFound("There is no such work of yours.")
    marked = [one for one in work.pictures if one.declared_by]
    if work.state is not WorkState.FAILED or not marked:
        raise NotAllowed("No mark keeps this work from hanging.")
    return marked


async def _own(tx: Transaction, artist: Artist, report_id: ReportId) -> Report:
    report = await tx.reports.hold(report_id)
    if report is None or not is_told(report, artist) or report.kind not in ABOUT_MACHINES:
        raise NotFound("There is nothing here at this address.")
    return report
