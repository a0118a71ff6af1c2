"""Comments edited by their authors, and what other servers' authors let people here do."""

from typing import Any

import pytest

from server.errors import Invalid, NotAllowed, NotFound
from server.model import Post, ReactionKind, TargetId
from server.permits import InteractionKind, InteractionPolicy, Permit
from tests.flows.dealings import ANA, arrive, follow_from_here, sent
from tests.two_servers.stage import PUBLIC, Peer, Stage

BOB = Peer("bob")
KINDS = {
    InteractionKind.LIKE: "canLike",
    InteractionKind.REPLY: "canReply",
    InteractionKind.BOOST: "canAnnounce",
}


async def commented(stage: Stage) -> tuple[Any, Post]:
    """Have Ana, whom Bob follows, comment on a work of Bea's."""
    ana, bea = await stage.artist(), await stage.artist("bea")
    await stage.befriend(BOB, ana)
    work = await stage.hang(bea)
    said = await stage.flows.commenting.comment(ana, TargetId(work.id), "Lovley #blue")
    await sent(stage)
    return ana, said


async def post_that_says(stage: Stage, artist: Any, **more: Any) -> Post:
    """Have Bob, whom the artist follows, post something with an interaction policy."""
    await follow_from_here(stage, artist, BOB)
    note = BOB.note(**more)
    await arrive(stage, BOB.does("Create", note))
    found: Post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    return found


# ---- edits ------------------------------------------------------------------------------------


async def test_nobody_edits_somebody_elses_comment(stage: Stage) -> None:
    _, said = await commented(stage)
    bea = await stage.flows.accounts.named("bea")
    with pytest.raises(NotFound):
        await stage.flows.commenting.edit(bea, said.id, "Mine now")
    assert await sent(stage) == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 5_001])
async def test_an_edit_says_something_and_not_too_much(stage: Stage, text: str) -> None:
    ana, said = await commented(stage)
    with pytest.raises(Invalid):
        await stage.flows.commenting.edit(ana, said.id, text)


async def test_an_edit_is_seen_and_told_with_its_time(stage: Stage) -> None:
    ana, said = await commented(stage)
    stage.clock.advance(seconds=60)
    await stage.flows.commenting.edit(ana, said.id, "Lovely #red")
    kept = await stage.read(lambda tx: tx.posts.by_id(said.id))
    assert (kept.source, kept.tags, kept.edited_at) == ("Lovely #red", ("red",), stage.clock.now())
    (update,) = await sent(stage)
    note = update["object"]
    assert (update["type"], update["actor"], note["id"]) == ("Update", ANA, said.uri)
    assert "Lovely" in note["content"]
    assert note["updated"] > note["published"]


async def test_who_is_not_named_any_more_hears_of_that_too(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    bob = await stage.meet(BOB)
    work = await stage.hang(bea)
    named = {(bob.handle, bob.domain): bob}
    text = f"See @{bob.address}"
    said = await stage.flows.commenting.comment(ana, TargetId(work.id), text, named)
    assert [one["type"] for one in await sent(stage, BOB)] == ["Create"]
    await stage.flows.commenting.edit(ana, said.id, "See nobody")
    (update,) = await sent(stage, BOB)
    assert BOB.uri not in str(update["object"]["tag"])


async def test_a_comment_that_waits_is_edited_in_silence(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.hang(bea, interaction=InteractionPolicy(reply=Permit.APPROVED))
    said = await stage.flows.commenting.comment(ana, TargetId(work.id), "May I?")
    await stage.flows.commenting.edit(ana, said.id, "May I, please?")
    assert await sent(stage) == []
    (asked,) = await stage.flows.approving.waiting(bea.id)
    assert asked.post.source == "May I, please?"


# ---- what other servers' authors allow --------------------------------------------------------


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("names", [("automaticApproval", "manualApproval"), ("always", "other")])
async def test_what_nobody_may_do_is_neither_offered_nor_sent(
    stage: Stage, kind: InteractionKind, names: tuple[str, str]
) -> None:
    ana = await stage.artist()
    rule = {KINDS[kind]: {names[0]: [BOB.uri]}}
    post = await post_that_says(stage, ana, interactionPolicy=rule)
    refused = await stage.flows.conversing.refused(TargetId(post.id), ana.id)
    assert refused == {kind}
    stage.net.asked.clear()
    with pytest.raises(NotAllowed):
        await do(stage, ana, post, kind)
    assert await sent(stage) == []


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(
    "rule",
    [
        {"automaticApproval": [PUBLIC]},
        {"automaticApproval": [BOB.uri], "manualApproval": [PUBLIC]},
        {"automaticApproval": [BOB.uri, ANA]},
        {"always": ["as:Public"]},
    ],
)
async def test_what_may_be_done_or_asked_for_is_sent(
    stage: Stage, kind: InteractionKind, rule: dict[str, Any]
) -> None:
    ana = await stage.artist()
    post = await post_that_says(stage, ana, interactionPolicy={KINDS[kind]: rule})
    assert await stage.flows.conversing.refused(TargetId(post.id), ana.id) == frozenset()
    stage.net.asked.clear()
    await do(stage, ana, post, kind)
    assert len(await sent(stage, BOB)) == 1


async def test_followers_may_do_what_followers_may(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    rule = {"canLike": {"automaticApproval": [f"{BOB.uri}/followers"]}}
    post = await post_that_says(stage, ana, interactionPolicy=rule)
    about = TargetId(post.id)
    assert await stage.flows.conversing.refused(about, ana.id) == frozenset()
    assert await stage.flows.conversing.refused(about, bea.id) == {InteractionKind.LIKE}


async def test_who_is_named_may_answer_whatever_else_is_said(stage: Stage) -> None:
    ana = await stage.artist()
    rule = {"canReply": {"automaticApproval": [BOB.uri]}}
    mention = {"type": "Mention", "href": ANA, "name": "@ana@art.test"}
    post = await post_that_says(stage, ana, interactionPolicy=rule, tag=[mention])
    assert await stage.flows.conversing.refused(TargetId(post.id), ana.id) == frozenset()


async def do(stage: Stage, artist: Any, post: Post, kind: InteractionKind) -> None:
    about = TargetId(post.id)
    if kind is InteractionKind.REPLY:
        await stage.flows.commenting.comment(artist, about, "Hello")
    else:
        does = {InteractionKind.LIKE: ReactionKind.LIKE, InteractionKind.BOOST: ReactionKind.BOOST}
        await stage.flows.reactions.react(artist, about, does[kind])
