"""Posts that came by a boost alone do not pile up; what anybody here has to do with stays."""

from dataclasses import replace
from typing import Any

import pytest

from server.model import Artist, Post, Quote, ReactionKind, TargetId
from server.sweeping import Sweeping
from tests.flows.dealings import arrive, follow_from_here
from tests.flows.test_boosts import announce, feed, held, scene, served
from tests.two_servers.stage import Peer, Stage


async def brought(stage: Stage, booster: Peer, author: Peer, **more: Any) -> Post:
    note = served(stage, author, **more)
    await arrive(stage, announce(booster, note["id"]))
    found: Post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert found is not None
    return found


async def swept(stage: Stage) -> None:
    await Sweeping(stage.library, stage.instance.seams.media, stage.clock).sweep(b"{}")


async def is_here(stage: Stage, post: Post) -> bool:
    return await stage.read(lambda tx: tx.posts.by_id(post.id)) is not None


async def tie(stage: Stage, how: str, ana: Artist, post: Post, carol: Peer) -> None:
    flows = stage.flows
    if how == "liked":
        await flows.reactions.react(ana, TargetId(post.id), ReactionKind.LIKE)
    elif how == "boosted":
        await flows.reactions.react(ana, TargetId(post.id), ReactionKind.BOOST)
    elif how == "answered":
        await flows.commenting.comment(ana, TargetId(post.id), "Well seen")
    elif how == "followed":
        await follow_from_here(stage, ana, carol)
    elif how == "reported":
        carol_here = await stage.read(lambda tx: tx.actors.by_uri(carol.uri))
        await flows.reporting.report(ana, carol_here.id, "Spam")
    elif how == "quoted by a comment":
        work = await stage.hang(ana)
        said = await flows.commenting.comment(ana, TargetId(work.id), "See")
        async with stage.library.transaction() as tx:
            await tx.posts.put(replace(said, quote=Quote(post.uri, is_approved=True)))
    else:
        work = await stage.hang(ana)
        async with stage.library.transaction() as tx:
            await tx.works.update(replace(work, quote=Quote(post.uri)))


async def test_what_nobody_has_to_do_with_goes_a_month_after_its_last_boost(
    stage: Stage,
) -> None:
    ana, bob, carol = await scene(stage)
    dan = Peer("dan", "d.test", 4)
    await follow_from_here(stage, ana, dan)
    post, again = await brought(stage, bob, carol), await brought(stage, bob, carol)
    looked_up = await held(stage, carol)  # somebody here asked for it: no sweep's business
    stage.clock.advance(hours=20 * 24)
    await swept(stage)
    assert await is_here(stage, post)
    await arrive(stage, announce(dan, again.uri))
    stage.clock.advance(hours=11 * 24)
    await swept(stage)
    assert not await is_here(stage, post)
    assert await is_here(stage, again)
    assert await stage.read(lambda tx: tx.posts.by_uri(looked_up["id"])) is not None
    assert [uri for uri, _ in await feed(stage, ana)] == [again.uri]
    stage.clock.advance(hours=31 * 24)
    await swept(stage)
    assert not await is_here(stage, again)


@pytest.mark.parametrize(
    "how",
    [
        "liked",
        "boosted",
        "answered",
        "followed",
        "reported",
        "quoted by a comment",
        "quoted by a work",
    ],
)
async def test_what_somebody_here_has_to_do_with_stays(stage: Stage, how: str) -> None:
    ana, bob, carol = await scene(stage)
    eve = Peer("eve", "eve.test", 3)
    post, other = await brought(stage, bob, carol), await brought(stage, bob, eve)
    await tie(stage, how, ana, post, carol)
    for _ in range(2):
        stage.clock.advance(hours=40 * 24)
        await swept(stage)
        assert await is_here(stage, post)
        assert not await is_here(stage, other)


async def test_answers_that_were_brought_to_it_go_with_it(stage: Stage) -> None:
    """Somebody looked at the post, so that its answers came."""
    ana, bob, carol = await scene(stage)
    post = await brought(stage, bob, carol)
    eve, ben = Peer("eve", "eve.test", 3), Peer("ben", "ben.test", 6)
    await follow_from_here(stage, ana, ben)
    stranger = await held(stage, eve, inReplyTo=post.uri)
    ours = await held(stage, ben, inReplyTo=post.uri)
    async with stage.library.transaction() as tx:
        for note in (stranger, ours):
            answer = await tx.posts.by_uri(note["id"])
            await tx.posts.put(replace(answer, reply_to_id=TargetId(post.id)))
    stage.clock.advance(hours=40 * 24)
    await swept(stage)
    assert not await is_here(stage, post)
    assert await stage.read(lambda tx: tx.posts.by_uri(stranger["id"])) is None
    assert await stage.read(lambda tx: tx.posts.by_uri(ours["id"])) is not None
