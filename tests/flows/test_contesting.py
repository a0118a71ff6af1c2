"""How a work was made: said by somebody, answered with evidence, decided, appealed; and marks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.casework import Decision
from server.dealings import Outcome, Report, ReportKind
from server.documenting import ShotsWish
from server.drafts import Draft
from server.errors import Invalid, NotAllowed, NotFound
from server.model import (
    AiLabel,
    Artist,
    PictureState,
    RenditionName,
    TargetId,
    Work,
    WorkState,
)
from server.promises import PicturesPromise, promise
from server.sweeping import DECIDED_AGE
from tests.films import mp4
from tests.flows.artists import IMAGES, SMALL
from tests.flows.dealings import told
from tests.flows.test_casework import kept, moderator, sees
from tests.two_servers.stage import Stage

MARKED = (IMAGES / "ai" / "a1111-parameters.png").read_bytes()
LABEL = Decision(Outcome.LABEL, "Say so, please.")


async def whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def accused(stage: Stage) -> tuple[Artist, Artist, Work, Report]:
    """Let ben say that a machine made ana's work."""
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana)
    report = await stage.flows.reporting.report(
        ben, ana.id, "Six fingers", about=[TargetId(work.id)], is_unlabelled=True
    )
    return ana, ben, work, report


async def refused(stage: Stage) -> tuple[Artist, Work]:
    """Let an artist upload a file that declares a generator."""
    ana = await stage.artist("ana")
    work = await stage.upload(ana, Draft(title="Heron"), (MARKED, "A heron"))
    await stage.drain()
    found = await work_now(stage, work)
    assert found.state is WorkState.FAILED, found.problem
    return ana, found


async def work_now(stage: Stage, work: Work) -> Work:
    found: Work = await stage.read(lambda tx: tx.works.by_id(work.id))
    return found


async def test_only_an_unlabelled_work_of_this_server_can_be_said_to_be_so(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    labelled = await stage.hang(ana, ai_label=AiLabel.ASSISTED)
    for about in ([], [TargetId(labelled.id)]):
        with pytest.raises(Invalid):
            await stage.flows.reporting.report(ben, ana.id, "", about=about, is_unlabelled=True)
    assert await told(stage, ana) == []


async def test_the_artist_is_heard_before_anybody_decides(stage: Stage) -> None:
    mo = await moderator(stage)
    ana, ben, work, report = await accused(stage)
    assert report.kind is ReportKind.UNLABELLED
    assert await told(stage, ana) == ["case"]
    assert await sees(stage, work, None)
    await stage.flows.contesting.answer(ana, report.id, "My table", [SMALL, SMALL])
    assert (await kept(stage, report)).answer == "My table"
    with pytest.raises(NotAllowed):
        await stage.flows.contesting.answer(ana, report.id, "Again", [])
    for reader in (ana, mo):
        shown = await stage.flows.contesting.evidence(reader, report.id, 1)
        assert shown.jpeg.startswith(b"\xff\xd8")
        assert b"Exif" not in shown.jpeg[:40]
    for stranger in (ben, await stage.artist("cy")):
        with pytest.raises(NotFound):
            await stage.flows.contesting.evidence(stranger, report.id, 0)


@pytest.mark.parametrize("data", [b"no picture", b"\xff\xd8\xff\xe0" + b"\0" * 100, b"<svg/>"])
async def test_evidence_that_is_no_picture_is_refused_and_nothing_is_kept(
    stage: Stage, data: bytes
) -> None:
    ana, _, _, report = await accused(stage)
    with pytest.raises(Invalid):
        await stage.flows.contesting.answer(ana, report.id, "My table", [SMALL, data])
    with pytest.raises(Invalid, match="at most 6"):
        await stage.flows.contesting.answer(ana, report.id, "My table", [SMALL] * 7)
    with pytest.raises(Invalid, match="how did you make it"):
        await stage.flows.contesting.answer(ana, report.id, " ", [SMALL])
    assert await stage.flows.contesting.count_evidence(report.id) == 0
    assert (await kept(stage, report)).answered_at is None


async def test_others_cannot_answer_appeal_or_label(stage: Stage) -> None:
    mo = await moderator(stage)
    _, ben, _, report = await accused(stage)
    contesting = stage.flows.contesting
    for somebody in (ben, mo):
        for deed in (
            contesting.answer(somebody, report.id, "Me", []),
            contesting.appeal(somebody, report.id, "Me", []),
            contesting.label(somebody, report.id, AiLabel.GENERATED),
        ):
            with pytest.raises(NotFound):
                await deed


@pytest.mark.parametrize("outcome", [Outcome.SUSPENDED, Outcome.SILENCED, Outcome.REMOVED])
async def test_no_decision_is_about_the_person(stage: Stage, outcome: Outcome) -> None:
    mo = await moderator(stage)
    report = (await accused(stage))[3]
    with pytest.raises(Invalid, match="not decided in such a case"):
        await stage.flows.casework.close(mo, report.id, Decision(outcome, "Out"))


async def test_a_required_label_hides_the_work_until_its_artist_sets_it(stage: Stage) -> None:
    mo = await moderator(stage)
    ana, _, work, report = await accused(stage)
    await stage.flows.casework.close(mo, report.id, LABEL)
    assert not await sees(stage, work, None)
    with pytest.raises(Invalid):
        await stage.flows.contesting.label(ana, report.id, AiLabel.NONE)
    await stage.flows.contesting.label(ana, report.id, AiLabel.ASSISTED)
    assert await sees(stage, work, None)
    assert (await work_now(stage, work)).ai_label is AiLabel.ASSISTED


async def test_who_appeals_is_heard_once_by_another_moderator(stage: Stage) -> None:
    mo, max_ = await moderator(stage), await moderator(stage, "max")
    ana, _, work, report = await accused(stage)
    contesting, casework = stage.flows.contesting, stage.flows.casework
    with pytest.raises(NotAllowed):
        await contesting.appeal(ana, report.id, "Too early", [])
    await casework.close(mo, report.id, Decision(Outcome.HIDDEN, "It looks so."))
    with pytest.raises(NotAllowed):
        await contesting.answer(ana, report.id, "Too late", [])
    with pytest.raises(NotAllowed):
        await casework.answer(ana, report.id, "By the other door")
    await contesting.appeal(ana, report.id, "My sketches", [SMALL])
    appealed = await kept(stage, report)
    assert (appealed.closed_at, appealed.judged_by) == (None, "mo")
    with pytest.raises(NotAllowed, match="another moderator"):
        await casework.close(mo, report.id, Decision(Outcome.HIDDEN, "Still."))
    await casework.close(max_, report.id, Decision(Outcome.NOTHING))
    assert await sees(stage, work, None)
    with pytest.raises(NotAllowed):
        await contesting.appeal(ana, report.id, "Again", [])


async def test_a_moderator_who_is_alone_hears_the_appeal_themself(stage: Stage) -> None:
    mo = await moderator(stage)
    ana, _, work, report = await accused(stage)
    await stage.flows.casework.close(mo, report.id, LABEL)
    await stage.flows.contesting.appeal(ana, report.id, "My sketches", [])
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))
    assert await sees(stage, work, None)


async def test_nobody_decides_about_their_own_work_where_there_is_another(stage: Stage) -> None:
    mo, max_ = await moderator(stage), await moderator(stage, "max")
    work = await stage.hang(mo)
    ben = await stage.artist("ben")
    report = await stage.flows.reporting.report(
        ben, mo.id, "", about=[TargetId(work.id)], is_unlabelled=True
    )
    with pytest.raises(NotAllowed, match="about you"):
        await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))
    await stage.flows.casework.close(max_, report.id, Decision(Outcome.NOTHING))


async def test_evidence_is_gone_a_month_after_the_decision(stage: Stage) -> None:
    mo = await moderator(stage)
    ana, _, _, report = await accused(stage)
    await stage.flows.contesting.answer(ana, report.id, "My table", [SMALL])
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))

    async def swept() -> int:
        await stage.instance.sweeping.sweep(b"")
        count: int = await stage.flows.contesting.count_evidence(report.id)
        return count

    assert await swept() == 1
    stage.clock.advance(hours=DECIDED_AGE / 3_600_000 + 1)
    assert await swept() == 0
    with pytest.raises(NotFound):
        await stage.flows.contesting.evidence(ana, report.id, 0)


async def test_a_mark_that_is_wrong_is_set_aside_and_the_work_hangs(stage: Stage) -> None:
    mo = await moderator(stage)
    ana, work = await refused(stage)
    report = await stage.flows.contesting.contest(ana, work.id, "I scanned it", [SMALL])
    assert report.content.startswith("The mark: a.jpg declares")
    assert await stage.flows.contesting.count_evidence(report.id) == 2  # the upload, and hers
    assert await told(stage, mo) == ["report"]
    with pytest.raises(NotAllowed, match="have contested"):
        await stage.flows.contesting.contest(ana, work.id, "Again", [])
    assert b"trainedAlgorithmicMedia" in await copy_of(stage, work)
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))
    await stage.drain()
    hung = await work_now(stage, work)
    assert hung.state is WorkState.HUNG
    copy = await copy_of(stage, hung)
    assert b"trainedAlgorithmicMedia" not in copy
    assert b"DataMining" in copy
    async with stage.library.transaction() as tx:
        await promise(tx, stage.clock, PicturesPromise(work.id))
    await stage.drain()
    assert (await work_now(stage, work)).pictures == hung.pictures


async def copy_of(stage: Stage, work: Work) -> bytes:
    """Return what goes to other servers of a work's first picture."""
    made = next(one for one in work.pictures[0].renditions if one.name is RenditionName.FEDERATED)
    body: bytes = await stage.instance.seams.media.read(made.digest)
    return body


async def test_a_mark_that_stays_leaves_the_work_out_and_can_be_appealed(stage: Stage) -> None:
    mo = await moderator(stage)
    ana, work = await refused(stage)
    report = await stage.flows.contesting.contest(ana, work.id, "I scanned it", [])
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.HIDDEN, "The mark is clear."))
    await stage.flows.publishing.try_again(ana, work.id)
    await stage.drain()
    assert (await work_now(stage, work)).state is WorkState.FAILED
    await stage.flows.contesting.appeal(ana, report.id, "Look at the layers", [SMALL])
    await stage.flows.casework.close(mo, report.id, Decision(Outcome.NOTHING))
    await stage.drain()
    assert (await work_now(stage, work)).state is WorkState.HUNG


async def test_only_a_mark_that_keeps_ones_own_work_out_can_be_contested(stage: Stage) -> None:
    ana, work = await refused(stage)
    hung = await stage.hang(ana)
    cases: list[tuple[Artist, Work, Any]] = [
        (ana, hung, NotAllowed),
        (await stage.artist("ben"), work, NotFound),
    ]
    for artist, which, refusal in cases:
        with pytest.raises(refusal):
            await stage.flows.contesting.contest(artist, which.id, "Wrong", [])


async def test_moderators_see_how_a_work_was_made_where_its_artist_points_there(
    stage: Stage,
) -> None:
    mo = await moderator(stage)
    ana, ben, work, report = await accused(stage)
    known, flow = stage.flows, stage.flows.contesting
    received = await known.shot_files.receive(whole(mp4()), "lapse.mp4", room=10**6)
    (shot,) = await known.documenting.change(ana, work.id, ShotsWish(added=(received,)))
    assert [one for _, one in await flow.shots_of(report)] == [shot]
    for reader in (ana, mo):  # nobody pointed there yet
        with pytest.raises(NotFound):
            await flow.shot(reader, report.id, shot.id)
    await flow.answer(ana, report.id, "See the film", [], points_to_shots=True)
    for reader in (ana, mo):
        assert await flow.shot(reader, report.id, shot.id) == shot
    for stranger in (ben, await stage.artist("cy")):
        with pytest.raises(NotFound):
            await flow.shot(stranger, report.id, shot.id)
    other = await stage.hang(ana)
    (elsewhere,) = await known.documenting.change(ana, other.id, ShotsWish(added=(received,)))
    with pytest.raises(NotFound):
        await flow.shot(mo, report.id, elsewhere.id)
    await known.documenting.change(ana, work.id, ShotsWish(frozenset({shot.id})))
    with pytest.raises(NotFound):
        await flow.shot(mo, report.id, shot.id)


async def test_a_work_that_could_not_be_hung_can_be_spoken_for_by_how_it_was_made(
    stage: Stage,
) -> None:
    mo = await moderator(stage)
    ana, work = await refused(stage)
    known = stage.flows
    received = await known.shot_files.receive(whole(SMALL), "table.jpg", room=10**6)
    (shot,) = await known.documenting.change(ana, work.id, ShotsWish(added=(received,)))
    await stage.drain()
    assert (await work_now(stage, work)).state is WorkState.FAILED
    report = await known.contesting.contest(ana, work.id, "By hand", [], points_to_shots=True)
    seen = await known.contesting.shot(mo, report.id, shot.id)
    assert seen.picture is not None
    assert seen.picture.state is PictureState.READY
    assert await told(stage, ana) == ["work_failed"]  # once
