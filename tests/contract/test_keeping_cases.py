"""What belongs to reports comes back as it was kept: notes, what is hidden, legal notices."""

from dataclasses import replace

from server.casefiles import CaseNote, Notice, NoticeKind
from server.dealings import Outcome, ReportId, ReportKind
from server.model import ActorId, Millis, NotificationKind, PostId, TargetId
from server.notifications import tell_anew
from server.ports import Library
from tests.contract.samples import NOW, add_artist, remote_actor
from tests.contract.test_keeping_reports import ANA, FAR, report

ONE, TWO = ReportId(1), ReportId(2)
THING, OTHER = TargetId(7), TargetId(8)


class Ticking:
    """Ids for notifications."""

    def __init__(self) -> None:
        self.number = 100

    def now(self) -> Millis:
        return NOW

    def new_id(self) -> int:
        self.number += 1
        return self.number


async def test_everything_of_a_decision_comes_back(library: Library) -> None:
    decided = replace(
        report(1),
        assigned_to="ana",
        outcome=Outcome.HIDDEN,
        reason="Why",
        answer="No",
        answered_at=NOW,
        told_at=NOW,
        closed_at=NOW,
        closed_by="ana",
    )
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        await tx.reports.put(report(1, kind=ReportKind.NOTICE))
        await tx.reports.put(report(2))
        await tx.reports.update(replace(decided, kind=ReportKind.NOTICE))
        assert await tx.reports.hold(ONE) == replace(decided, kind=ReportKind.NOTICE)
        assert await tx.reports.outcomes_since(NOW) == [(ReportKind.NOTICE, Outcome.HIDDEN, 1)]
        assert await tx.reports.outcomes_since(Millis(NOW + 1)) == []
        assert await tx.reports.count_notices_since(NOW) == 1
        assert [one.id for one in await tx.reports.about(ANA)] == [2, 1]
        assert await tx.reports.assigned("ana") == []  # closed
        await tx.reports.update(replace(decided, closed_at=None))
        assert [one.id for one in await tx.reports.assigned("ana")] == [1]


async def test_notes_come_in_their_order(library: Library) -> None:
    notes = [CaseNote(n, ONE, "ana", f"Öl {n}", n == 2, Millis(NOW + n)) for n in (1, 2)]
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        await tx.reports.put(report(1))
        for note in reversed(notes):
            await tx.cases.add_note(note)
        assert await tx.cases.notes(ONE) == notes
        assert await tx.cases.notes(TWO) == []


async def test_what_cases_hide_is_let_go_by_the_last_of_them(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        for number in (1, 2):
            await tx.reports.put(report(number))
        assert await tx.cases.withhold(THING, ONE, NOW)
        assert not await tx.cases.withhold(THING, ONE, NOW)
        assert await tx.cases.withhold(THING, TWO, Millis(NOW + 1))
        assert await tx.cases.withheld_by(ONE) == [THING]
        assert await tx.cases.count_withheld_since(NOW) == 0  # neither case is of a notice
        assert not await tx.cases.release(THING, ONE)
        assert await tx.cases.release(THING, TWO)
        assert await tx.cases.release(OTHER, TWO)  # nobody hides it
        await tx.cases.clear([THING], ONE)
        await tx.cases.clear([THING], ONE)
        assert await tx.cases.cleared([THING, OTHER]) == {THING}


async def test_a_notice_comes_back_and_is_forgotten_a_while_after_its_decision(
    library: Library,
) -> None:
    notice = Notice(ONE, "hash", NoticeKind.PRIVACY, "Zoë", "z@z.example", "my own", "", "Zoë")
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        await tx.reports.put(report(1, kind=ReportKind.NOTICE))
        await tx.cases.add_notice(notice, sender="today's hash")
        assert await tx.cases.count_notices_of("today's hash") == 1
        assert await tx.cases.count_notices_of("tomorrow's hash") == 0
        assert await tx.cases.withhold(THING, ONE, NOW)
        assert await tx.cases.count_withheld_for("today's hash") == 1
        await tx.cases.forget_senders(NOW)
        assert await tx.cases.count_notices_of("today's hash") == 1
        await tx.cases.forget_senders(Millis(NOW + 9_000))
        assert await tx.cases.count_notices_of("today's hash") == 0
        assert await tx.cases.notice(ONE) == notice
        assert await tx.cases.notice_by_token("hash") == notice
        await tx.cases.forget_notices(Millis(NOW + 9))
        assert await tx.cases.notice(ONE) == notice  # not decided yet
        await tx.reports.update(replace(report(1), closed_at=NOW))
        await tx.cases.forget_notices(NOW)
        assert await tx.cases.notice(ONE) == notice
        await tx.cases.forget_notices(Millis(NOW + 1))
        assert await tx.cases.notice(ONE) is None


async def test_who_is_told_anew_has_one_notification_that_is_unread(library: Library) -> None:
    clock, kind = Ticking(), NotificationKind.CASE
    async with library.transaction() as tx:
        await add_artist(tx, ActorId(5))
        for _ in range(2):
            await tell_anew(tx, clock, ActorId(5), kind, THING)  # type: ignore[arg-type]  # a clock
            await tx.notifications.mark_read(ActorId(5), 101, NOW)
        (one,) = await tx.notifications.page(ActorId(5))
        assert (one.id, one.read_at, one.target_id) == (102, None, THING)


async def test_a_withheld_post_leaves_its_thread_and_comes_back(library: Library) -> None:
    from tests.contract.samples import post  # noqa: PLC0415 - beside what it is for

    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        await tx.posts.put(post(9, FAR, work_id=None, reply_to_id=THING))
        await tx.posts.withhold(PostId(9), is_withheld=True)
        assert await tx.posts.replies_to(THING) == []
        assert await tx.posts.count_replies_to(THING) == 0
        hidden = await tx.posts.by_id(PostId(9))
        assert hidden is not None
        assert hidden.is_withheld
        await tx.posts.put(replace(hidden, title="Edited", is_withheld=False))
        assert await tx.posts.replies_to(THING) == []  # an edit does not bring it back
        await tx.posts.withhold(PostId(9), is_withheld=False)
        assert [one.id for one in await tx.posts.replies_to(THING)] == [9]
