"""How works come to hang: refusals, failures in the middle, edits, and taking down."""

import pytest

from server.drafts import (
    MAX_ALT,
    MAX_CAPTION,
    MAX_PICTURES,
    MAX_SHORT,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    Draft,
)
from server.errors import Gone, Invalid, NotAllowed, NotFound
from server.model import (
    AiLabel,
    Artist,
    ImageFormat,
    NotificationKind,
    PictureState,
    RenditionName,
    Role,
    Visibility,
    WorkState,
)
from server.policy import STRICT_STUDIO
from server.policy_text import write_policy
from server.promises import Deed
from tests.flows.artists import (  # noqa: F401 - fixtures
    MINUTE,
    NO_PICTURE,
    OTHER,
    SMALL,
    Studio,
    a_pool,
    a_studio,
    edits_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def nothing_was_kept(studio: Studio, artist: Artist) -> bool:
    async with studio.library.reading() as tx:
        return not await tx.works.in_studio(artist.id) and not await tx.jobs.counts()


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(title="x" * (MAX_TITLE + 1)), "title"),
        (Draft(caption="x" * (MAX_CAPTION + 1)), "caption"),
        (Draft(medium="x" * (MAX_SHORT + 1)), "medium"),
        (Draft(year="x" * (MAX_SHORT + 1)), "year"),
        (Draft(sensitive_reason="x" * (MAX_SHORT + 1)), "reason"),
        (Draft(tags=tuple(f"tag{number}" for number in range(MAX_TAGS + 1))), "tags"),
        (Draft(tags=("x" * (MAX_TAG + 1),)), "tags"),
        (Draft(tags=("two words",)), "tags"),
        (Draft(tags=("<script>",)), "tags"),
        (Draft(tags=("2026",)), "tags"),
        (Draft(tags=("",)), "tags"),
        (Draft(visibility=Visibility.DIRECT), "visibility"),
    ],
)
async def test_facts_beyond_the_limits_are_refused_and_nothing_is_kept(
    studio: Studio, draft: Draft, field: str
) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid) as refused:
        await studio.publishing.receive(ana, draft, await studio.uploads(SMALL))
    assert refused.value.field == field
    assert await nothing_was_kept(studio, ana)


async def test_a_work_without_a_picture_is_refused(studio: Studio) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match="choose at least one") as refused:
        await studio.publishing.receive(ana, Draft(), [])
    assert refused.value.field == "pictures"


async def test_too_many_pictures_are_refused(studio: Studio) -> None:
    ana = await studio.artist("ana")
    [upload] = await studio.uploads(SMALL)
    with pytest.raises(Invalid, match=f"at most {MAX_PICTURES}"):
        await studio.publishing.receive(ana, Draft(), [upload] * (MAX_PICTURES + 1))
    work = await studio.publishing.receive(ana, Draft(), [upload] * MAX_PICTURES)
    with pytest.raises(Invalid, match=f"at most {MAX_PICTURES}"):
        await studio.publishing.add_pictures(ana, work.id, [upload])


async def test_a_description_that_is_too_long_is_refused(studio: Studio) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match="description is too long") as refused:
        await studio.publishing.receive(
            ana, Draft(), await studio.uploads(SMALL, alt="x" * (MAX_ALT + 1))
        )
    assert refused.value.field == "alt"


async def test_who_only_reads_here_hangs_nothing(studio: Studio) -> None:
    reader = await studio.artist("rea", role=Role.READER)
    with pytest.raises(NotAllowed, match="artist"):
        await studio.publishing.receive(reader, Draft(), await studio.uploads(SMALL))
    assert await nothing_was_kept(studio, reader)


async def test_a_house_without_machine_made_works_says_so_at_once(studio: Studio) -> None:
    async with studio.library.transaction() as tx:
        await tx.policies.add(write_policy(STRICT_STUDIO), studio.clock.now(), "ana", "stricter")
    await studio.house.refresh()
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match="not shown here") as refused:
        await studio.received(ana, SMALL, ai_label=AiLabel.GENERATED)
    assert refused.value.field == "ai_label"
    await studio.received(ana, SMALL, ai_label=AiLabel.ASSISTED)


async def test_trying_again_what_cannot_be_fails_again_and_tells_once(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, NO_PICTURE)
    await studio.publishing.try_again(ana, work.id)
    again = await studio.work(work.id)
    assert (again.state, again.problem) == (WorkState.PROCESSING, "")
    assert await studio.told(ana) == [NotificationKind.WORK_FAILED]
    assert (await studio.work(work.id)).state is WorkState.FAILED


async def test_trying_again_helps_once_the_file_is_back(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    await studio.media.delete(work.pictures[0].original_digest)
    await studio.worker.drain()
    assert "gone from storage" in (await studio.work(work.id)).problem
    await studio.media.put(SMALL)
    await studio.publishing.try_again(ana, work.id)
    await studio.worker.drain()
    assert (await studio.work(work.id)).state is WorkState.HUNG


async def test_trying_again_leaves_a_work_that_hangs_alone(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await studio.publishing.try_again(ana, work.id)
    assert await studio.work(work.id) == work


async def test_one_bad_picture_keeps_a_work_down_until_it_is_taken_out(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, NO_PICTURE, OTHER, title="Three")
    assert work.state is WorkState.FAILED
    assert [one.state for one in work.pictures] == [
        PictureState.READY,
        PictureState.REFUSED,
        PictureState.READY,
    ]
    good = [edit for edit in edits_of(work) if edit.id != work.pictures[1].id]
    mended = await studio.publishing.edit(ana, work.id, Draft(title="Two"), good)
    assert (mended.state, mended.problem, len(mended.pictures)) == (WorkState.HUNG, "", 2)
    assert [one.position for one in mended.pictures] == [0, 1]
    assert await studio.deeds() == [Deed.WORK_HUNG]


async def test_a_draft_is_made_but_told_to_nobody_until_it_is_hung(studio: Studio) -> None:
    ana = await studio.artist("ana")
    draft = await studio.published(ana, SMALL, visibility=Visibility.DRAFT)
    assert (draft.state, draft.hung_at) == (WorkState.HUNG, None)
    assert await studio.deeds() == []
    edited = await studio.publishing.edit(
        ana, draft.id, Draft(visibility=Visibility.DRAFT, title="Still a draft"), edits_of(draft)
    )
    assert (edited.hung_at, edited.edited_at) == (None, None)
    assert await studio.deeds() == []
    studio.clock.move(MINUTE)
    hung = await studio.publishing.edit(ana, draft.id, Draft(title="Hung"), edits_of(draft))
    assert hung.hung_at == studio.clock.now()
    assert await studio.deeds() == [Deed.WORK_HUNG]


async def test_a_quiet_work_is_told_to_nobody_but_its_edits_are(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, is_quiet=True)
    assert work.hung_at is not None
    assert await studio.deeds() == []
    await studio.publishing.edit(ana, work.id, Draft(title="New"), edits_of(work))
    assert await studio.deeds() == [Deed.WORK_EDITED]


async def test_pictures_added_to_a_hung_work_are_made_and_told(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await studio.publishing.add_pictures(ana, work.id, await studio.uploads(OTHER))
    await studio.worker.drain()
    grown = await studio.work(work.id)
    assert [one.state for one in grown.pictures] == [PictureState.READY] * 2
    assert (grown.state, grown.hung_at) == (WorkState.HUNG, work.hung_at)
    assert await studio.deeds() == [Deed.WORK_EDITED]


async def test_a_withdrawn_work_is_gone_for_everyone_and_told(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await studio.publishing.withdraw(ana, work.id)
    for viewer in (None, ana.id):
        with pytest.raises(Gone):
            await studio.viewing.room(work.id, viewer)
    with pytest.raises(Gone):
        await studio.viewing.rendition(
            work.pictures[0].media_key, RenditionName.TILE, ImageFormat.JPEG, ana.id
        )
    with pytest.raises(NotFound):
        await studio.publishing.withdraw(ana, work.id)
    assert await studio.deeds() == [Deed.WORK_WITHDRAWN]


async def test_a_draft_is_withdrawn_as_if_it_had_never_been(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana, Visibility.DRAFT)
    await studio.publishing.withdraw(ana, work.id)
    with pytest.raises(NotFound) as absent:
        await studio.viewing.work(work.id, None)
    assert not isinstance(absent.value, Gone)
    assert await studio.deeds() == []
