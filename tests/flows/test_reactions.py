"""Likes, boosts and comments: what is refused, what toggles, who may take what back."""

import pytest

from server.errors import Invalid, NotFound
from server.model import (
    ActorId,
    Artist,
    Counts,
    NotificationKind,
    PostId,
    ReactionKind,
    TargetId,
    Visibility,
    Work,
)
from server.promises import Deed
from server.reactions import MAX_COMMENT, paragraphs
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIKE, BOOST = ReactionKind.LIKE, ReactionKind.BOOST


async def counts(studio: Studio, work: Work) -> Counts:
    target = TargetId(work.id)
    return (await studio.viewing.counts([target]))[target]


async def two(studio: Studio) -> tuple[Artist, Artist]:
    return await studio.artist("ana"), await studio.artist("bea")


@pytest.mark.parametrize("kind", [LIKE, BOOST])
@pytest.mark.parametrize("visibility", [Visibility.DRAFT, Visibility.FOLLOWERS])
async def test_what_one_may_not_see_one_cannot_react_to(
    studio: Studio, visibility: Visibility, kind: ReactionKind
) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana, visibility)
    with pytest.raises(NotFound):
        await studio.reactions.react(bea, TargetId(work.id), kind)
    with pytest.raises(NotFound):
        await studio.reactions.comment(bea, TargetId(work.id), "I see you")
    assert await counts(studio, work) == Counts()


async def test_nothing_is_there_to_react_to(studio: Studio) -> None:
    ana = await studio.artist("ana")
    for target in (0, 1, 2**62):
        with pytest.raises(NotFound):
            await studio.reactions.react(ana, TargetId(target), LIKE)
        with pytest.raises(NotFound):
            await studio.reactions.remove_comment(ana, PostId(target))


async def test_a_withdrawn_work_takes_no_reaction(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    await studio.publishing.withdraw(ana, work.id)
    with pytest.raises(NotFound):
        await studio.reactions.react(bea, TargetId(work.id), LIKE)


async def test_works_of_a_suspended_artist_take_no_reaction(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    await studio.accounts.suspend("ana")
    with pytest.raises(NotFound):
        await studio.reactions.react(bea, TargetId(work.id), LIKE)


async def test_what_is_for_followers_is_liked_but_never_boosted(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana, Visibility.FOLLOWERS)
    await studio.befriend(bea.id, ana.id)
    await studio.reactions.react(bea, TargetId(work.id), LIKE)
    for artist in (ana, bea):
        with pytest.raises(Invalid, match="cannot be boosted"):
            await studio.reactions.react(artist, TargetId(work.id), BOOST)
    assert await counts(studio, work) == Counts(likes=1)


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
        await studio.reactions.comment(bea, TargetId(work.id), text)
    assert refused.value.field == "text"
    assert await studio.deeds() == []


async def test_others_cannot_remove_a_comment(studio: Studio) -> None:
    ana, bea = await two(studio)
    eve = await studio.artist("eve")
    work = await studio.hung(ana)
    post = await studio.reactions.comment(bea, TargetId(work.id), "Fine ears.")
    await studio.deeds()
    with pytest.raises(NotFound):
        await studio.reactions.remove_comment(eve, post.id)
    assert (await counts(studio, work)).comments == 1
    assert await studio.deeds() == []


@pytest.mark.parametrize(
    ("kind", "told"), [(LIKE, NotificationKind.LIKE), (BOOST, NotificationKind.BOOST)]
)
async def test_a_reaction_counts_once_is_told_once_and_is_taken_back(
    studio: Studio, kind: ReactionKind, told: NotificationKind
) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    target = TargetId(work.id)
    for _ in range(2):
        await studio.reactions.react(bea, target, kind)
    received = await counts(studio, work)
    assert (received.likes, received.boosts) == ((1, 0) if kind is LIKE else (0, 1))
    [said] = await studio.said()
    assert (said.deed, said.kind, said.target_id) == (Deed.REACTED, kind, work.id)
    for _ in range(2):
        await studio.reactions.take_back(bea, target, kind)
    assert await counts(studio, work) == Counts()
    [undone] = await studio.said()
    assert (undone.deed, undone.uri) == (Deed.REACTION_UNDONE, said.uri)
    await studio.reactions.react(bea, target, kind)
    assert await studio.told(ana) == [told]


async def test_liking_ones_own_work_tells_nobody(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await studio.reactions.react(ana, TargetId(work.id), LIKE)
    await studio.reactions.comment(ana, TargetId(work.id), "Done at last.")
    assert await studio.told(ana) == []
    assert await counts(studio, work) == Counts(likes=1, comments=1)


async def test_a_comment_stands_in_the_thread_and_is_told_once(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    post = await studio.reactions.comment(bea, TargetId(work.id), " Fine <b>ears</b>.\nReally. ")
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
    first = await studio.reactions.comment(bea, TargetId(work.id), "Fine ears.")
    answer = await studio.reactions.comment(cy, TargetId(first.id), "And the nose.")
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
    post = await studio.reactions.comment(bea, TargetId(work.id), "Only for you.")
    assert post.visibility is Visibility.FOLLOWERS
    for reader in (ana, bea):
        said, _ = await studio.viewing.post(post.id, reader.id)
        assert said.post.id == post.id
    answer = await studio.reactions.comment(ana, TargetId(post.id), "Thank you.")
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
    post = await studio.reactions.comment(bea, TargetId(work.id), "Fine ears.")
    assert await studio.told(ana) == [NotificationKind.COMMENT]
    await studio.deeds()
    await studio.reactions.remove_comment(bea if who == "author" else ana, post.id)
    assert await counts(studio, work) == Counts()
    assert await studio.told(ana) == []
    assert await studio.deeds() == [Deed.COMMENT_REMOVED]
    with pytest.raises(NotFound):
        await studio.viewing.post(post.id, bea.id)


async def test_mine_shows_only_what_i_did(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    await studio.reactions.react(bea, TargetId(work.id), LIKE)
    shown: list[tuple[ActorId | None, frozenset[ReactionKind]]] = [
        (None, frozenset()),
        (ana.id, frozenset()),
        (bea.id, frozenset({LIKE})),
    ]
    for viewer, mine in shown:
        assert (await studio.viewing.room(work.id, viewer)).mine == mine


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a", "<p>a</p>"),
        ("a\n\n\n\nb", "<p>a</p><p>b</p>"),
        ("a\r\nb", "<p>a<br>b</p>"),
        ("<script>&", "<p>&lt;script&gt;&amp;</p>"),
        ("\"'", "<p>&quot;&#x27;</p>"),
        ("\n\n", ""),
    ],
)
async def test_plain_text_becomes_escaped_paragraphs(text: str, html: str) -> None:
    assert paragraphs(text) == html
