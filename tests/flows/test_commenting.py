"""Comments: what is refused, who is told of them, who may take them away."""

import pytest

from server.commenting import MAX_COMMENT
from server.errors import Invalid, NotFound
from server.model import (
    Counts,
    NotificationKind,
    TargetId,
    Visibility,
)
from server.promises import Deed
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures
from tests.flows.test_reactions import counts, two

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), (" \n\t ", "empty"), ("x" * (MAX_COMMENT + 1), "too long")],
)
async def test_an_empty_or_endless_comment_is_refused(
    studio: Studio, text: str, words: str
) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    with pytest.raises(Invalid, match=words) as refused:
        await studio.commenting.comment(bea, TargetId(work.id), text)
    assert refused.value.field == "text"
    assert await studio.deeds() == []


async def test_others_cannot_remove_a_comment(studio: Studio) -> None:
    ana, bea = await two(studio)
    eve = await studio.artist("eve")
    work = await studio.hung(ana)
    post = await studio.commenting.comment(bea, TargetId(work.id), "Fine ears.")
    await studio.deeds()
    with pytest.raises(NotFound):
        await studio.commenting.remove(eve, post.id)
    assert (await counts(studio, work)).comments == 1
    assert await studio.deeds() == []


async def test_a_comment_stands_in_the_thread_and_is_told_once(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    post = await studio.commenting.comment(bea, TargetId(work.id), " Fine <b>ears</b>.\nReally. ")
    assert post.content_html == "<p>Fine &lt;b&gt;ears&lt;/b&gt;.<br>Really.</p>"
    room = await studio.viewing.room(work.id, None)
    assert [(said.post.id, said.author.id) for said in room.comments] == [(post.id, bea.id)]
    assert await studio.deeds() == [Deed.COMMENTED]
    assert await studio.told(ana) == [NotificationKind.COMMENT]


async def test_an_answer_to_a_comment_is_told_to_its_author_and_to_the_artist(
    studio: Studio,
) -> None:
    ana, bea = await two(studio)
    cy = await studio.artist("cy")
    work = await studio.hung(ana)
    first = await studio.commenting.comment(bea, TargetId(work.id), "Fine ears.")
    answer = await studio.commenting.comment(cy, TargetId(first.id), "And the nose.")
    assert (answer.reply_to_id, answer.work_id) == (TargetId(first.id), work.id)
    assert await studio.told(bea) == [NotificationKind.COMMENT]
    assert await studio.told(ana) == [NotificationKind.COMMENT] * 2
    assert await studio.told(cy) == []


async def test_the_artist_reads_what_followers_say_to_a_work_for_followers(
    studio: Studio,
) -> None:
    ana, bea = await two(studio)
    eve = await studio.artist("eve")
    work = await studio.hung(ana, Visibility.FOLLOWERS)
    await studio.befriend(bea.id, ana.id)
    post = await studio.commenting.comment(bea, TargetId(work.id), "Only for you.")
    assert post.visibility is Visibility.FOLLOWERS
    for reader in (ana, bea):
        said, _ = await studio.viewing.post(post.id, reader.id)
        assert said.post.id == post.id
    answer = await studio.commenting.comment(ana, TargetId(post.id), "Thank you.")
    assert (await studio.viewing.post(answer.id, bea.id))[0].post.id == answer.id
    for stranger in (None, eve.id):
        with pytest.raises(NotFound):
            await studio.viewing.post(post.id, stranger)
        with pytest.raises(NotFound):
            await studio.viewing.post(answer.id, stranger)


@pytest.mark.parametrize("who", ["author", "artist"])
async def test_author_and_artist_remove_a_comment_with_what_was_told_of_it(
    studio: Studio, who: str
) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    post = await studio.commenting.comment(bea, TargetId(work.id), "Fine ears.")
    assert await studio.told(ana) == [NotificationKind.COMMENT]
    await studio.deeds()
    await studio.commenting.remove(bea if who == "author" else ana, post.id)
    assert await counts(studio, work) == Counts()
    assert await studio.told(ana) == []
    assert await studio.deeds() == [Deed.COMMENT_REMOVED]
    with pytest.raises(NotFound):
        await studio.viewing.post(post.id, bea.id)
