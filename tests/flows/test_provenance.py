"""Pictures that declare AI meet the house's rule; copies say the work's rights as they are now."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.camera import NOTHING
from server.drafts import Draft
from server.errors import Gone, NotFound
from server.model import (
    AiLabel,
    ContentUsage,
    ImageFormat,
    NotificationKind,
    Picture,
    PictureState,
    Preference,
    RenditionName,
    WorkState,
)
from server.policy import OPEN, STRICT_STUDIO
from server.policy_text import write_policy
from server.promises import Deed
from tests.flows.artists import (  # noqa: F401 - fixtures
    OTHER,
    SMALL,
    Studio,
    a_pool,
    a_studio,
    edits_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKED = (
    Path(__file__).parents[1] / "fixtures" / "images" / "ai" / "midjourney-description.png"
).read_bytes()

PHOTOGRAPH = (
    Path(__file__).parents[1] / "fixtures" / "images" / "private" / "everything.jpg"
).read_bytes()


async def use(studio: Studio, policy: object) -> None:
    async with studio.library.transaction() as tx:
        await tx.policies.add(write_policy(policy), studio.clock.now(), "", "")  # type: ignore[arg-type]
    await studio.house.open()


async def bytes_of(studio: Studio, picture: Picture, name: RenditionName) -> bytes:
    found = next(one for one in picture.renditions if one.name is name)
    return await studio.media.read(found.digest)


async def test_a_picture_that_declares_ai_waits_for_its_artists_word(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, MARKED, title="Sea")
    assert work.state is WorkState.FAILED
    assert "declares Midjourney (PNG text “Description”)" in work.problem
    assert "choose an AI label" in work.problem
    assert await studio.told(ana) == [NotificationKind.WORK_FAILED]
    assert Deed.WORK_HUNG not in await studio.deeds()
    labelled = Draft(title="Sea", ai_label=AiLabel.GENERATED)
    await studio.publishing.edit(ana, work.id, labelled, edits_of(work))
    await studio.worker.drain()
    hung = await studio.work(work.id)
    assert (hung.state, hung.ai_label) == (WorkState.HUNG, AiLabel.GENERATED)
    assert (await studio.deeds()).count(Deed.WORK_HUNG) == 1
    said = await bytes_of(studio, hung.pictures[0], RenditionName.VIEW)
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in said


async def test_where_ai_is_refused_no_label_helps(studio: Studio) -> None:
    await use(studio, STRICT_STUDIO)
    ana = await studio.artist("ana")
    work = await studio.published(ana, MARKED, ai_label=AiLabel.ASSISTED)
    assert work.state is WorkState.FAILED
    assert "not shown here" in work.problem


async def test_where_ai_is_welcome_nothing_is_asked_and_the_mark_stays(studio: Studio) -> None:
    await use(studio, OPEN)
    ana = await studio.artist("ana")
    work = await studio.published(ana, MARKED)
    assert work.state is WorkState.HUNG
    assert work.pictures[0].declared_by == "Midjourney"
    said = await bytes_of(studio, work.pictures[0], RenditionName.FEDERATED)
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in said
    assert b"DMI-ALLOWED" in said


async def test_copies_say_the_artists_name_and_the_houses_reservation(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL)
    for name in (RenditionName.TILE, RenditionName.FEDERATED, RenditionName.CARD):
        said = await bytes_of(studio, work.pictures[0], name)
        assert b"DMI-PROHIBITED-AIMLTRAINING" in said
        assert f"© 2026 {ana.name or ana.handle}".encode() in said
        assert f"/works/{work.id}".encode() in said


async def test_changed_rights_make_copies_anew_under_new_keys(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL)
    [before] = work.pictures
    await studio.deeds()
    edited = Draft(title=work.title, ai_label=AiLabel.ASSISTED)
    await studio.publishing.edit(ana, work.id, edited, edits_of(work))
    await studio.worker.drain()
    [after] = (await studio.work(work.id)).pictures
    assert after.state is PictureState.READY
    assert after.media_key != before.media_key
    said = await bytes_of(studio, after, RenditionName.VIEW)
    assert b"compositeWithTrainedAlgorithmicMedia" in said
    assert Deed.WORK_EDITED in await studio.deeds()
    # what other servers were given stays valid, with the new bytes; our own pages' copies do not
    show = studio.viewing.rendition
    _, _, federated = await show(before.media_key, RenditionName.FEDERATED, ImageFormat.JPEG, None)
    assert federated in after.renditions
    with pytest.raises(Gone):
        await show(before.media_key, RenditionName.VIEW, ImageFormat.JPEG, None)
    with pytest.raises(NotFound):
        await show("0" * 40, RenditionName.FEDERATED, ImageFormat.JPEG, None)


async def test_an_edit_that_changes_no_rights_leaves_copies_as_they_are(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL)
    await studio.publishing.edit(ana, work.id, Draft(title="Otter"), edits_of(work))
    await studio.worker.drain()
    assert (await studio.work(work.id)).pictures[0].media_key == work.pictures[0].media_key


async def test_a_copy_that_cannot_be_made_anew_goes_on_hanging_as_it_was(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, OTHER)
    await studio.media.delete(work.pictures[0].original_digest)
    edited = Draft(title=work.title, ai_label=AiLabel.ASSISTED)
    await studio.publishing.edit(ana, work.id, edited, edits_of(work))
    await studio.worker.drain()
    kept = await studio.work(work.id)
    assert kept.state is WorkState.HUNG
    assert kept.pictures[0].media_key == work.pictures[0].media_key


async def test_a_work_that_reserves_more_than_the_house_says_so_in_its_copies(
    studio: Studio,
) -> None:
    await use(studio, OPEN)
    ana = await studio.artist("ana")
    reserved = ContentUsage(train_ai=Preference.NO)
    async with studio.library.transaction() as tx:
        await tx.artists.update(replace(ana, content_usage=reserved))
    work = await studio.published(ana, SMALL)
    said = await bytes_of(studio, work.pictures[0], RenditionName.TILE)
    assert b"DMI-PROHIBITED-GENAIMLTRAINING" in said


async def test_the_licence_of_a_work_stands_in_its_copies(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, title="Sea", licence="cc-by-nc")
    said = await bytes_of(studio, work.pictures[0], RenditionName.VIEW)
    assert b"https://creativecommons.org/licenses/by-nc/4.0/" in said
    assert "© ".encode() in said
    await studio.publishing.edit(ana, work.id, Draft(title="Sea", licence="cc0"), edits_of(work))
    await studio.worker.drain()
    again = (await studio.work(work.id)).pictures[0]
    said = await bytes_of(studio, again, RenditionName.VIEW)
    assert b"https://creativecommons.org/publicdomain/zero/1.0/" in said
    assert "© ".encode() not in said


async def test_how_a_photograph_was_taken_stays_only_where_the_artist_wants_it(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, PHOTOGRAPH, title="Sea")
    assert work.pictures[0].camera == NOTHING
    assert b"Examplecam" not in await bytes_of(studio, work.pictures[0], RenditionName.VIEW)
    shown = Draft(title="Sea", shows_camera=True)
    await studio.publishing.edit(ana, work.id, shown, edits_of(work))
    await studio.worker.drain()
    (picture,) = (await studio.work(work.id)).pictures
    assert (picture.camera.make, picture.camera.model) == ("Examplecam", "EC-1")
    said = await bytes_of(studio, picture, RenditionName.VIEW)
    assert b"Examplecam" in said
    assert b"GPS" not in said
    await studio.publishing.edit(ana, work.id, Draft(title="Sea"), edits_of(work))
    await studio.worker.drain()
    (hidden,) = (await studio.work(work.id)).pictures
    assert hidden.camera == NOTHING
    assert b"Examplecam" not in await bytes_of(studio, hidden, RenditionName.VIEW)
