"""Reacting with an emoji: refused, said, changed, taken back; here and elsewhere."""

from typing import Any

import pytest

from server.errors import Invalid, NotAllowed, NotFound
from server.model import Counts, Post, ReactionKind, TargetId
from server.permits import Answer, InteractionPolicy, Permit
from server.reactions import Tally
from tests.flows.dealings import ANA, arrive, follow_from_here, sent
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")


async def post_of_bob(stage: Stage, artist: Any) -> Post:
    """Have Bob, whom the artist follows, say something."""
    await follow_from_here(stage, artist, BOB)
    note = BOB.note()
    await arrive(stage, BOB.does("Create", note))
    found: Post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    stage.net.asked.clear()
    return found


async def tally(stage: Stage, target: int, viewer: Any = None) -> Tally:
    about = TargetId(target)
    found = await stage.flows.reactions.tallies([about], viewer.id if viewer else None)
    return found.get(about, Tally())


async def said(stage: Stage) -> list[dict[str, Any]]:
    """Return what was sent by now and a moment later."""
    first = await sent(stage)
    stage.clock.advance(seconds=2)
    return first + await sent(stage)


async def test_what_is_no_emoji_changes_nothing(stage: Stage) -> None:
    ana = await stage.artist()
    post = await post_of_bob(stage, ana)
    for text in ("", "nice", "🎨🎨"):
        with pytest.raises(Invalid):
            await stage.flows.reactions.react_with(ana, TargetId(post.id), text)
    assert await said(stage) == []
    assert await tally(stage, post.id) == Tally()


async def test_what_may_not_be_seen_or_liked_gets_no_emoji(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    shut = InteractionPolicy(like=Permit.NOBODY)
    work = await stage.hang(ana, interaction=shut)
    with pytest.raises(NotAllowed):
        await stage.flows.reactions.react_with(bea, TargetId(work.id), "🎨")
    with pytest.raises(NotFound):
        await stage.flows.reactions.react_with(bea, TargetId(7), "🎨")


async def test_an_emoji_is_a_like_that_says_more(stage: Stage) -> None:
    ana = await stage.artist()
    post = await post_of_bob(stage, ana)
    assert await stage.flows.reactions.react_with(ana, TargetId(post.id), "🎨") is Answer.ALLOW
    (like,) = await said(stage)
    assert (like["type"], like["actor"], like["object"]) == ("Like", ANA, post.uri)
    assert (like["content"], like["_misskey_reaction"], like["to"]) == ("🎨", "🎨", [BOB.uri])
    assert await tally(stage, post.id, ana) == Tally((("🎨", 1),), "🎨")


async def test_a_plain_like_says_no_emoji(stage: Stage) -> None:
    ana = await stage.artist()
    post = await post_of_bob(stage, ana)
    await stage.flows.reactions.react(ana, TargetId(post.id), ReactionKind.LIKE)
    (like,) = await said(stage)
    assert {"content", "_misskey_reaction"}.isdisjoint(like)


async def test_the_same_emoji_again_is_said_once(stage: Stage) -> None:
    ana = await stage.artist()
    post = await post_of_bob(stage, ana)
    for _ in range(2):
        await stage.flows.reactions.react_with(ana, TargetId(post.id), "🎨")
    assert len(await said(stage)) == 1


async def test_another_emoji_takes_the_first_back_before_it(stage: Stage) -> None:
    ana = await stage.artist()
    post = await post_of_bob(stage, ana)
    await stage.flows.reactions.react(ana, TargetId(post.id), ReactionKind.LIKE)
    everything = []
    for emoji in ("🎨", "✨"):
        await stage.flows.reactions.react_with(ana, TargetId(post.id), emoji)
        everything += await said(stage)
    heard = [(one["type"], one.get("content")) for one in everything]
    assert ("Like", "✨") in heard
    plain, painted = [one for one in heard if one[0] == "Undo"]
    assert (plain, painted) == (("Undo", None), ("Undo", None))
    assert heard[-1] == ("Like", "✨")
    assert await tally(stage, post.id, ana) == Tally((("✨", 1),), "✨")


async def test_taken_back_the_undo_names_the_like_with_its_emoji(stage: Stage) -> None:
    ana = await stage.artist()
    post = await post_of_bob(stage, ana)
    await stage.flows.reactions.react_with(ana, TargetId(post.id), "🎨")
    (like,) = await said(stage)
    await stage.flows.reactions.take_back(ana, TargetId(post.id), ReactionKind.LIKE)
    (undo,) = await said(stage)
    assert (undo["type"], undo["object"]["id"]) == ("Undo", like["id"])
    assert undo["object"]["content"] == "🎨"
    assert await tally(stage, post.id, ana) == Tally()


async def test_an_emoji_that_waits_for_the_artist_is_not_lost(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.hang(ana, interaction=InteractionPolicy(like=Permit.APPROVED))
    about = TargetId(work.id)
    assert await stage.flows.reactions.react_with(bea, about, "👏") is Answer.ASK
    assert await tally(stage, work.id) == Tally()
    (asked,) = await stage.flows.approving.waiting(ana.id)
    await stage.flows.approving.approve(ana, asked.request.id)
    assert await tally(stage, work.id, bea) == Tally((("👏", 1),), "👏")


async def test_emoji_from_everywhere_are_counted_together_and_as_likes(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.hang(ana)
    await stage.meet(BOB)
    await stage.drain()
    await arrive(stage, BOB.does("EmojiReact", f"https://art.test/works/{work.id}", content="🎨"))
    await stage.flows.reactions.react_with(bea, TargetId(work.id), "🎨")
    await stage.flows.reactions.react_with(ana, TargetId(work.id), "✨")
    assert (await tally(stage, work.id)).emojis == (("🎨", 2), ("✨", 1))
    counts = await stage.flows.viewing.counts([TargetId(work.id)])
    assert counts[TargetId(work.id)] == Counts(likes=3)
