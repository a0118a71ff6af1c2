"""Cases: what moderators do about them, what that hides, and what those concerned hear and say."""

from dataclasses import replace
from typing import Any

import pytest

from server.casework import Decision
from server.dealings import Outcome, Report
from server.errors import Gone, Invalid, NotAllowed, NotFound
from server.model import Artist, ImageFormat, RenditionName, Role, TargetId, Work
from tests.flows.dealings import about, arrive, sent, told
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")


async def moderator(stage: Stage, handle: str = "mo") -> Artist:
    artist = replace(await stage.artist(handle), role=Role.MODERATOR)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def reported(stage: Stage, ben: Artist, ana: Artist, *works: Work) -> Report:
    made: Report = await stage.flows.reporting.report(
        ben, ana.id, "Not hers", about=[TargetId(work.id) for work in works]
    )
    return made


async def kept(stage: Stage, report: Report) -> Report:
    found: Report = await stage.read(lambda tx: tx.reports.by_id(report.id))
    return found


async def sees(stage: Stage, work: Work, viewer: Artist | None) -> bool:
    try:
        await stage.flows.viewing.work(work.id, viewer.id if viewer else None)
        await stage.flows.viewing.rendition(
            work.pictures[0].media_key,
            RenditionName.VIEW,
            ImageFormat.JPEG,
            viewer.id if viewer else None,
        )
    except NotFound:
        return False
    return True


async def test_only_moderators_work_on_cases(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana)
    report = await reported(stage, ben, ana, work)
    casework = stage.flows.casework
    for deed in (
        casework.take(ben, report.id, is_mine=True),
        casework.write(ben, report.id, "Mine"),
        casework.hide(ben, report.id, TargetId(work.id), is_hidden=True),
        casework.forward(ben, report.id),
        casework.close(ben, report.id, Decision(Outcome.NOTHING)),
        casework.reopen(ben, report.id),
        casework.file(ben, report),
        casework.concern(ana, report.id),
        casework.answer(ana, report.id, "I?"),
    ):
        with pytest.raises(NotFound):
            await deed
    assert await kept(stage, report) == report


async def test_a_hidden_work_is_seen_by_its_artist_and_moderators_alone_and_comes_back(
    stage: Stage,
) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    await stage.befriend(BOB, ana)
    work, other = await stage.hang(ana), await stage.hang(ana, title="Other")
    report = await reported(stage, ben, ana, work)
    await sent(stage)
    casework, viewing = stage.flows.casework, stage.flows.viewing
    with pytest.raises(NotFound):
        await casework.hide(mo, report.id, TargetId(other.id), is_hidden=True)
    await casework.hide(mo, report.id, TargetId(work.id), is_hidden=True)
    assert [await sees(stage, work, who) for who in (None, ben, ana, mo)] == [
        *(False, False, True, True)
    ]
    assert [one.work.title for one in (await viewing.front()).hung] == ["Other"]
    assert (await viewing.portfolio("ana", None)).total == 1
    assert (await viewing.portfolio("ana", ana.id)).total == 1
    await arrive(stage, BOB.does("Like", about(stage, work)))
    assert await told(stage, ana) == []
    assert await sent(stage) == []  # nobody elsewhere hears of it
    await casework.hide(mo, report.id, TargetId(work.id), is_hidden=False)
    assert await sees(stage, work, None)
    assert await stage.read(lambda tx: tx.works.by_id(work.id)) == work
    acts = [one.act for one in await stage.read(lambda tx: tx.audit.page())]
    assert acts == ["thing.shown", "thing.hidden"]


async def test_nobody_decides_on_a_report_about_themselves_nor_reads_who_sent_it(
    stage: Stage,
) -> None:
    ben, mo, mia = await stage.artist("ben"), await moderator(stage), await moderator(stage, "mia")
    report = await stage.flows.reporting.report(ben, mo.id, "Mo is rude")
    casework, reporting = stage.flows.casework, stage.flows.reporting
    for deed in (
        reporting.case(mo, report.id),
        casework.file(mo, report),
        casework.take(mo, report.id, is_mine=True),
        casework.write(mo, report.id, "Mine"),
        casework.close(mo, report.id, Decision(Outcome.NOTHING)),
        casework.reopen(mo, report.id),
    ):
        with pytest.raises(NotAllowed, match="about you"):
            await deed
    for (row,) in (await reporting.cases(mo), await reporting.history(mo, mo.id)):
        assert (row.reporter, row.report.content == "Mo is rude") == (None, False)
    assert (await told(stage, mo), await told(stage, mia)) == ([], ["report"])
    (row,) = await reporting.cases(mia)
    assert (row.reporter is not None, row.report.content) == (True, "Mo is rude")
    await casework.close(mia, report.id, Decision(Outcome.WARNED, "Be kind."))
    assert await told(stage, mo) == ["case"]


async def test_who_is_in_charge_alone_decides_on_everything(stage: Stage) -> None:
    ben, mo = await stage.artist("ben"), await moderator(stage)
    report = await stage.flows.reporting.report(ben, mo.id, "Mo is rude")
    assert await told(stage, mo) == ["report"]
    assert (await stage.flows.reporting.case(mo, report.id)).report.content == "Mo is rude"
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))


async def test_what_somebody_of_the_same_rank_made_is_hidden_but_not_taken_down_for_good(
    stage: Stage,
) -> None:
    ben, mo, mia = await stage.artist("ben"), await moderator(stage), await moderator(stage, "mia")
    work = await stage.hang(mia)
    report, casework = await reported(stage, ben, mia, work), stage.flows.casework
    with pytest.raises(Invalid, match="rank"):
        await casework.close(mo, report.id, Decision(Outcome.REMOVED, "A copy."))
    assert await sees(stage, work, None)
    await casework.close(mo, report.id, Decision(Outcome.HIDDEN, "A copy."))
    assert not await sees(stage, work, None)
    await casework.reopen(mo, report.id)
    boss = replace(await stage.artist("boss"), role=Role.OWNER)
    async with stage.library.transaction() as tx:
        await tx.artists.update(boss)
    await casework.close(boss, report.id, Decision(Outcome.REMOVED, "A copy."))
    with pytest.raises(Gone):
        await stage.flows.viewing.work(work.id, None)


async def test_an_artist_cannot_edit_what_is_hidden_but_may_withdraw_it(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    work = await stage.hang(ana)
    report = await reported(stage, ben, ana, work)
    await stage.flows.casework.hide(mo, report.id, TargetId(work.id), is_hidden=True)
    from server.drafts import Draft  # noqa: PLC0415 - beside what it is for

    with pytest.raises(NotAllowed, match="moderators hide"):
        await stage.flows.publishing.edit(ana, work.id, Draft(title="New"), [])
    await stage.flows.publishing.making._settle(work.id)
    assert not await sees(stage, work, None)
    await stage.flows.publishing.withdraw(ana, work.id)
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))
    with pytest.raises(Gone):
        await stage.flows.viewing.work(work.id, None)


async def test_a_hidden_comment_is_gone_from_thread_and_page(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    work = await stage.hang(ana)
    post = await stage.flows.commenting.comment(ben, TargetId(work.id), "Ugly")
    report = await stage.flows.reporting.report(ana, ben.id, "Rude", about=[TargetId(post.id)])
    viewing = stage.flows.viewing
    await stage.flows.casework.hide(mo, report.id, TargetId(post.id), is_hidden=True)
    assert (await viewing.room(work.id, ana.id)).comments == ()
    assert (await viewing.room(work.id, ana.id)).counts.comments == 0
    with pytest.raises(NotFound):
        await viewing.post(post.id, ana.id)
    assert (await viewing.post(post.id, ben.id))[0].post.id == post.id
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.WARNED, "Be kind."))
    assert len((await viewing.room(work.id, ana.id)).comments) == 1


async def test_what_two_cases_hide_stays_hidden_until_both_let_go(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    work = await stage.hang(ana)
    one, two = await reported(stage, ben, ana, work), await reported(stage, ben, ana, work)
    casework = stage.flows.casework
    for report in (one, two):
        await casework.hide(mo, report.id, TargetId(work.id), is_hidden=True)
    await casework.close(mo, one.id, Decision(Outcome.NOTHING))
    assert not await sees(stage, work, None)
    await casework.close(mo, two.id, Decision(Outcome.NOTHING))
    assert await sees(stage, work, None)


async def test_a_decision_needs_its_reason_and_reaches_both_sides(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    work = await stage.hang(ana)
    report = await reported(stage, ben, ana, work)
    casework = stage.flows.casework
    for decision in (Decision(Outcome.UNDECIDED, "x"), Decision(Outcome.HIDDEN)):
        with pytest.raises(Invalid):
            await casework.close(mo, report.id, decision)
    await casework.close(mo, report.id, Decision(Outcome.HIDDEN, "A copy of Dora's.", "Sure."))
    assert not await sees(stage, work, None)
    assert (await told(stage, ana), await told(stage, ben)) == (["case"], ["outcome"])
    accused = await casework.concern(ana, report.id)
    assert (accused.is_accused, accused.report.reason) == (True, "A copy of Dora's.")
    assert accused.may_answer
    reporter = await casework.concern(ben, report.id)
    assert (reporter.is_accused, reporter.may_answer, reporter.things) == (False, False, ())
    with pytest.raises(NotFound):
        await casework.concern(await stage.artist("eve"), report.id)


async def test_where_no_rule_was_broken_the_accused_never_hears(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    report = await reported(stage, ben, ana)
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))
    assert (await told(stage, ana), await told(stage, ben)) == ([], ["outcome"])
    with pytest.raises(NotFound):
        await stage.flows.casework.concern(ana, report.id)


async def test_the_accused_answers_once_and_is_heard(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    work = await stage.hang(ana)
    report = await reported(stage, ben, ana, work)
    casework = stage.flows.casework
    await casework.close(mo, report.id, Decision(Outcome.HIDDEN, "A copy."))
    for who, words, error in ((ana, " ", Invalid), (ben, "Me", NotFound)):
        with pytest.raises(error):
            await casework.answer(who, report.id, words)
    await casework.answer(ana, report.id, "It is mine: see my sketches.")
    with pytest.raises(NotAllowed, match="have answered"):
        await casework.answer(ana, report.id, "Again")
    again = await kept(stage, report)
    assert (again.closed_at, again.answer) == (None, "It is mine: see my sketches.")
    assert await told(stage, mo) == ["report"]
    await stage.flows.notifications.mark_read(ana.id, 2**62)
    await casework.close(mo, report.id, Decision(Outcome.NOTHING, "We were wrong: sorry."))
    assert await sees(stage, work, None)
    assert await stage.flows.notifications.count_unread(ana.id) == 1
    notes = (await casework.file(mo, report)).notes
    assert [note.words for note in notes] == [
        "decided: It stays hidden. A copy.",
        "the account answered",
        "decided: No rule was broken. We were wrong: sorry.",
    ]


async def test_what_is_taken_down_for_good_is_told_to_the_world(stage: Stage) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    post = await stage.flows.commenting.comment(ben, TargetId(work.id), "Buy watches")
    await sent(stage)
    casework = stage.flows.casework
    report = await reported(stage, ben, ana, work)
    spam = await stage.flows.reporting.report(ana, ben.id, "Spam", about=[TargetId(post.id)])
    await casework.close(mo, report.id, Decision(Outcome.REMOVED, "By order of a court."))
    await casework.close(mo, spam.id, Decision(Outcome.REMOVED, "Spam."))
    deleted: Any = [one for one in await sent(stage, BOB) if one["type"] == "Delete"]
    assert about(stage, work) in [one["object"]["id"] for one in deleted]
    with pytest.raises(Gone):
        await stage.flows.viewing.work(work.id, None)
    assert await stage.read(lambda tx: tx.posts.by_id(post.id)) is None


async def test_what_was_taken_down_for_good_does_not_come_back_from_elsewhere(
    stage: Stage,
) -> None:
    ana, mo = await stage.artist("ana"), await moderator(stage)
    work = await stage.hang(ana)
    bob = await stage.meet(BOB)
    note = BOB.note(inReplyTo=about(stage, work))
    await arrive(stage, BOB.does("Create", note))
    post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    report = await stage.flows.reporting.report(ana, bob.id, "Spam", about=[TargetId(post.id)])
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.REMOVED, "Spam."))
    edited = note | {"content": "again", "updated": "2026-11-22T10:00:00Z"}
    await arrive(stage, BOB.does("Update", edited))
    await arrive(stage, BOB.does("Create", edited))
    assert await stage.read(lambda tx: tx.posts.thread(work.id)) == []
    with pytest.raises(NotFound):
        await stage.flows.viewing.post(post.id, ana.id)


async def test_cases_are_taken_noted_and_sent_on(stage: Stage) -> None:
    ana, mo, mia = await stage.artist("ana"), await moderator(stage), await moderator(stage, "mia")
    bob = await stage.meet(BOB)
    report = await stage.flows.reporting.report(ana, bob.id, "Rude")
    casework = stage.flows.casework
    await casework.take(mo, report.id, is_mine=True)
    assert [one.report.id for one in await stage.flows.reporting.mine(mo)] == [report.id]
    assert await stage.flows.reporting.mine(mia) == []
    await casework.write(mia, report.id, "I know him.")
    with pytest.raises(Invalid):
        await casework.write(mia, report.id, "  ")
    await casework.forward(mo, report.id)
    (flag,) = await sent(stage, BOB)
    assert (flag["type"], flag["actor"], flag["content"]) == (
        *("Flag", "https://art.test/actor", "Rude"),
    )
    with pytest.raises(NotAllowed):
        await casework.forward(mo, report.id)
    await casework.take(mo, report.id, is_mine=False)
    assert (await kept(stage, report)).assigned_to == ""
    notes = (await casework.file(mo, report)).notes
    assert [(one.author, one.is_deed) for one in notes] == [("mia", False), ("mo", True)]
    history = await stage.flows.reporting.history(mo, bob.id)
    assert [one.report.id for one in history] == [report.id]
    await casework.close(mo, report.id, Decision(Outcome.NOTHING))
    await casework.reopen(mo, report.id)
    assert (await kept(stage, report)).closed_at is None
