"""Blocks: what ends, what is refused afterwards, and what the other server hears."""

import pytest

from server.errors import Invalid, NotAllowed, NotFound
from server.model import ActorId, Counts, FollowState, ReactionKind, TargetId, Visibility
from server.permits import InteractionPolicy, Permit
from server.promises import Deed, SayPromise, promise
from tests.flows.dealings import ANA, about, arrive, follow_from_here, follows, here, sent, told
from tests.two_servers.stage import Peer, Stage

# Refusals


async def test_nobody_blocks_oneself_or_the_server(stage: Stage) -> None:
    ana = await stage.artist()
    with pytest.raises(Invalid, match="yourself"):
        await stage.flows.blocking.block(ana, await here(stage, ana))
    with pytest.raises(Invalid, match="the server itself"):
        await stage.flows.blocking.block(ana, stage.flows.server_actor)


@pytest.mark.parametrize("by_ana", [True, False])
async def test_a_blocked_pair_cannot_follow_like_boost_or_answer_from_here(
    *, by_ana: bool, stage: Stage
) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    work = TargetId((await stage.hang(ben)).id)
    flows = stage.flows
    if by_ana:
        await flows.blocking.block(ana, await here(stage, ben))
        words = "You have blocked them"
    else:
        await flows.blocking.block(ben, await here(stage, ana))
        words = "do not wish to hear"
    with pytest.raises(NotAllowed, match=words):
        await flows.following.follow(ana, await here(stage, ben))
    for kind in ReactionKind:
        with pytest.raises(NotAllowed, match=words):
            await flows.reactions.react(ana, work, kind)
    with pytest.raises(NotAllowed, match=words):
        await flows.commenting.comment(ana, work, "Hello")
    assert (await flows.viewing.counts([work]))[work] == Counts()
    assert await told(stage, ben) == []


async def test_a_post_of_somebody_elsewhere_who_is_blocked_cannot_be_answered(
    stage: Stage,
) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await follow_from_here(stage, ana, bob)
    await arrive(stage, bob.does("Create", bob.note()))
    feed = (await stage.flows.feeding.page(ana.id)).entries
    await stage.flows.blocking.block(ana, bob_here)
    with pytest.raises(NotAllowed, match="You have blocked them"):
        await stage.flows.commenting.comment(ana, feed[0].id, "Hello")
    assert (await stage.flows.feeding.page(ana.id)).entries == ()


@pytest.mark.parametrize("kind", ["Like", "Announce", "EmojiReact"])
async def test_what_a_blocked_actor_does_has_no_effect(kind: str, stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.flows.blocking.block(ana, await stage.meet(bob))
    await arrive(stage, bob.does(kind, about(stage, work), content="🎨"))
    target = TargetId(work.id)
    assert (await stage.flows.viewing.counts([target]))[target] == Counts()
    assert await told(stage, ana) == []


async def test_comments_and_mentions_of_a_blocked_actor_are_dropped(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.flows.blocking.block(ana, await stage.meet(bob))
    mention = {"type": "Mention", "href": ANA, "name": "@ana@art.test"}
    for more in ({"inReplyTo": about(stage, work)}, {"tag": [mention]}):
        note = bob.note(**more)
        await arrive(stage, bob.does("Create", note))
        assert await stage.read(lambda tx, uri=note["id"]: tx.posts.by_uri(uri)) is None
    assert await told(stage, ana) == []


async def test_a_mention_of_two_reaches_the_one_who_blocks_nobody(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    await stage.flows.blocking.block(ana, await stage.meet(bob))
    tags = [
        {"type": "Mention", "href": f"https://art.test/users/{name}", "name": f"@{name}"}
        for name in ("ana", "ben")
    ]
    await arrive(stage, bob.does("Create", bob.note(tag=tags)))
    assert await told(stage, ana) == []
    assert await told(stage, ben) == ["mention"]


@pytest.mark.parametrize("by_ana", [True, False])
async def test_a_follow_between_a_blocked_pair_is_rejected(*, by_ana: bool, stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await stage.meet(bob)
    if by_ana:
        await stage.flows.blocking.block(ana, bob_here)
    else:
        await arrive(stage, bob.does("Block", ANA))
    await sent(stage)
    await arrive(stage, bob.does("Follow", ANA))
    assert await follows(stage, bob_here.id, ana.id) is None
    assert [one["type"] for one in await sent(stage, bob)] == ["Reject"]
    assert await told(stage, ana) == []


async def test_only_who_blocked_ends_a_block(stage: Stage) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", "evil.test", 2)
    bob_here, _ = await stage.meet(bob), await stage.meet(eve)
    block = bob.does("Block", ANA)
    await arrive(stage, block)
    await arrive(stage, eve.does("Undo", block["id"]))
    await arrive(stage, eve.does("Undo", {"type": "Block", "object": ANA}))
    assert await between(stage, ana.id, bob_here.id)


async def between(stage: Stage, one: ActorId, other: ActorId) -> bool:
    return bool(await stage.read(lambda tx: tx.blocks.between(one, other)))


# What happens


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_block_from_elsewhere_ends_follows_both_ways_and_can_be_undone(
    *, is_whole: bool, stage: Stage
) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await follow_from_here(stage, ana, bob)
    await stage.befriend(bob, ana)
    block = bob.does("Block", ANA)
    await arrive(stage, block)
    await arrive(stage, block)  # safe to run twice
    assert await follows(stage, ana.id, bob_here.id) is None
    assert await follows(stage, bob_here.id, ana.id) is None
    assert await sent(stage) == []  # their server knows
    assert await told(stage, ana) == ["follow_accepted"]  # and nobody is told
    await arrive(stage, bob.does("Undo", block if is_whole else block["id"]))
    assert not await between(stage, ana.id, bob_here.id)
    await arrive(stage, bob.does("Follow", ANA))
    assert await follows(stage, bob_here.id, ana.id) is FollowState.ACCEPTED


async def test_a_pending_request_ends_with_a_block_from_elsewhere(stage: Stage) -> None:
    ana, bob = await stage.artist(approves_follows=True), Peer("bob")
    bob_here = await stage.befriend(bob, ana, FollowState.PENDING)
    await stage.flows.following.follow(ana, bob_here)
    await arrive(stage, bob.does("Block", ANA))
    assert await follows(stage, ana.id, bob_here.id) is None
    assert await follows(stage, bob_here.id, ana.id) is None


async def test_blocking_somebody_elsewhere_tells_their_server_and_nobody_else(
    stage: Stage,
) -> None:
    ana, bob, zoe = await stage.artist(), Peer("bob"), Peer("zoe", "other.test", 2)
    bob_here = await follow_from_here(stage, ana, bob)
    await stage.befriend(bob, ana)
    await stage.befriend(zoe, ana)
    await stage.flows.blocking.block(ana, bob_here)
    assert await follows(stage, bob_here.id, ana.id) is None
    await stage.drain()
    assert {inbox for inbox, _ in stage.net.delivered} == {bob.inbox}
    said = {one["type"]: one for one in await sent(stage)}
    assert set(said) == {"Block", "Reject", "Undo"}
    block = said["Block"]
    assert (block["actor"], block["object"], block["to"]) == (ANA, bob.uri, [bob.uri])
    assert "cc" not in block
    await stage.flows.blocking.block(ana, bob_here)
    assert await sent(stage) == []  # twice is once
    await stage.flows.blocking.unblock(ana, bob_here)
    (undone,) = await sent(stage)
    assert (undone["type"], undone["object"]["id"]) == ("Undo", block["id"])
    assert undone["object"]["type"] == "Block"


async def test_what_a_blocked_one_said_goes_out_of_sight_until_the_block_ends(
    stage: Stage,
) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    bob_here = await stage.meet(bob)
    await arrive(stage, bob.does("Create", bob.note(inReplyTo=about(stage, work))))
    await arrive(stage, bob.does("Like", about(stage, work)))
    assert await told(stage, ana) == ["like", "comment"]
    await stage.flows.blocking.block(ana, bob_here)
    assert await told(stage, ana) == []
    assert (await stage.flows.viewing.room(work.id, None)).comments == ()
    await stage.flows.blocking.unblock(ana, bob_here)
    assert len((await stage.flows.viewing.room(work.id, None)).comments) == 1


async def test_what_a_blocked_one_asks_for_is_asked_no_more(stage: Stage) -> None:
    ana, bob, zoe = await stage.artist(), Peer("bob"), Peer("zoe", "other.test", 2)
    asking = InteractionPolicy(like=Permit.APPROVED)
    work = await stage.hang(ana, interaction=asking)
    bob_here, _ = await stage.meet(bob), await stage.meet(zoe)
    for peer in (bob, zoe):
        await arrive(stage, peer.does("Like", about(stage, work)))
    waiting = await stage.read(lambda tx: tx.requests.waiting(ana.id))
    assert len(waiting) == 2
    await stage.flows.blocking.block(ana, bob_here)
    ((_, asker),) = await stage.read(lambda tx: tx.requests.waiting(ana.id))
    assert asker.uri == zoe.uri


async def test_edits_do_not_reach_a_blocked_admirer_but_the_withdrawal_does(
    stage: Stage,
) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    bob_here = await stage.meet(bob)
    await arrive(stage, bob.does("Like", about(stage, work)))
    await stage.flows.blocking.block(ana, bob_here)
    await sent(stage)
    async with stage.library.transaction() as tx:
        await promise(tx, stage.clock, SayPromise(Deed.WORK_EDITED, ana.id, work.id))
    assert await sent(stage, bob) == []
    await stage.flows.publishing.withdraw(ana, work.id)
    assert [one["type"] for one in await sent(stage, bob)] == ["Delete"]


async def test_who_is_blocked_sees_no_works_though_strangers_do(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    work = await stage.hang(ana)
    await stage.flows.blocking.block(ana, await here(stage, ben))
    for look in (
        lambda who: stage.flows.viewing.room(work.id, who),
        lambda who: stage.flows.viewing.portfolio("ana", who),
    ):
        await look(None)
        await look(ana.id)
        with pytest.raises(NotFound, match="blocked you"):
            await look(ben.id)
    assert await stage.flows.viewing.room((await stage.hang(ben)).id, ana.id)  # not both ways


async def test_followers_only_works_are_closed_to_who_was_a_follower(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    bob_here = await stage.befriend(bob, ana)
    await stage.flows.viewing.room(work.id, bob_here.id)
    await stage.flows.blocking.block(ana, bob_here)
    with pytest.raises(NotFound):
        await stage.flows.viewing.room(work.id, bob_here.id)


async def test_the_list_shows_whom_one_blocks_alone(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    bob_here = await stage.meet(Peer("bob"))
    await stage.flows.blocking.block(ana, bob_here)
    await stage.flows.blocking.block(ben, await here(stage, ana))
    assert [actor.id for _, actor in await stage.flows.blocking.blocked(ana.id)] == [bob_here.id]
