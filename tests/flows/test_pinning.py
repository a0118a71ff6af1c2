"""Works on top of a profile, ours and others', and reactions with an emoji."""

import json
from typing import Any

import pytest

from federation.inbox import Receipt
from federation.signatures import Received
from server.errors import Invalid, NotFound
from server.model import Counts, Post, ReactionKind, TargetId, Visibility, Work
from server.pinning import MAX_PINNED, PINNABLE
from tests.flows.dealings import ANA, about, arrive, follow_from_here, sent, told
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
FEATURED = f"{BOB.uri}/featured"


# Ours


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DRAFT])
async def test_what_not_everybody_sees_cannot_be_pinned(
    visibility: Visibility, stage: Stage
) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana, visibility=visibility)
    with pytest.raises(Invalid, match="that everyone may see"):
        await stage.flows.pinning.pin(ana, work.id)
    assert await pinned(stage, ana.id) == []


async def test_nobody_pins_anothers_work(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    work = await stage.hang(ben)
    with pytest.raises(NotFound):
        await stage.flows.pinning.pin(ana, work.id)


async def test_only_some_works_are_pinned_and_the_newest_pin_comes_first(stage: Stage) -> None:
    ana = await stage.artist()
    works = [await stage.hang(ana) for _ in range(MAX_PINNED + 1)]
    for work in works[:MAX_PINNED]:
        stage.clock.advance(seconds=1)
        await stage.flows.pinning.pin(ana, work.id)
    with pytest.raises(Invalid, match="pinned 5 works already"):
        await stage.flows.pinning.pin(ana, works[-1].id)
    await stage.flows.pinning.unpin(ana, works[0].id)
    stage.clock.advance(seconds=1)
    await stage.flows.pinning.pin(ana, works[-1].id)
    expected = [works[-1], *reversed(works[1:MAX_PINNED])]
    assert await pinned(stage, ana.id) == [work.id for work in expected]


async def test_pins_are_told_to_followers_once(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    await sent(stage)
    for _ in range(2):
        await stage.flows.pinning.pin(ana, work.id)
    for _ in range(2):
        await stage.flows.pinning.unpin(ana, work.id)
    said = await sent(stage)
    assert [one["type"] for one in said] == ["Add", "Remove"]
    for one in said:
        assert (one["actor"], one["object"], one["target"]) == (
            ANA,
            about(stage, work),
            f"{ANA}/featured",
        )
        assert one["cc"] == [f"{ANA}/followers"]


async def pinned(stage: Stage, artist_id: Any) -> list[int]:
    works: list[Work] = await stage.read(lambda tx: tx.works.pinned(artist_id, PINNABLE))
    return [work.id for work in works]


# Theirs


def serve(stage: Stage) -> None:
    stage.net.serve(BOB.uri, {**BOB.document, "featured": FEATURED})


async def follow_bob(stage: Stage) -> None:
    ana = await stage.artist()
    await follow_from_here(stage, ana, BOB)
    serve(stage)
    await stage.flows.remote.actor(BOB.uri, afresh=True)
    stage.net.asked.clear()


async def post_at(stage: Stage, uri: str) -> Post | None:
    found: Post | None = await stage.read(lambda tx: tx.posts.by_uri(uri))
    return found


@pytest.mark.parametrize("target", ["", f"{BOB.uri}/likes", "https://peer.test/users/eve/featured"])
async def test_other_collections_are_passed_over(target: str, stage: Stage) -> None:
    await follow_bob(stage)
    note = BOB.note()
    stage.net.serve(note["id"], note)
    await arrive(stage, BOB.does("Create", note))
    await arrive(stage, BOB.does("Add", note["id"], target=target))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.featured_at is None


async def test_an_unknown_post_is_not_fetched_for_whom_nobody_follows(stage: Stage) -> None:
    note = BOB.note()
    stage.net.serve(note["id"], note)
    serve(stage)
    await stage.flows.remote.actor(BOB.uri)
    stage.net.asked.clear()
    await arrive(stage, BOB.does("Add", note["id"], target=FEATURED))
    assert note["id"] not in stage.net.fetched


@pytest.mark.parametrize(
    "more",
    [
        {"attributedTo": "https://peer.test/users/eve"},
        {"to": [f"{BOB.uri}/followers"], "cc": []},
    ],
)
async def test_a_post_of_somebody_else_or_not_for_all_is_not_taken_in(
    more: dict[str, Any], stage: Stage
) -> None:
    await follow_bob(stage)
    note = BOB.note(**more)
    stage.net.serve(note["id"], note)
    await arrive(stage, BOB.does("Add", note["id"], target=FEATURED))
    assert await post_at(stage, note["id"]) is None


async def test_nobody_pins_anothers_post_to_their_profile(stage: Stage) -> None:
    await follow_bob(stage)
    eve = Peer("eve")
    stage.net.serve(eve.uri, eve.document)
    mention = {"type": "Mention", "href": ANA, "name": "@ana"}
    note = eve.note(tag=[mention])
    await arrive(stage, eve.does("Create", note))
    await arrive(stage, BOB.does("Add", note["id"], target=FEATURED))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.featured_at is None


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("has_id", [True, False])
async def test_pins_elsewhere_are_marked_and_unmarked(
    *, is_known: bool, has_id: bool, stage: Stage
) -> None:
    await follow_bob(stage)
    note = BOB.note()
    stage.net.serve(note["id"], note)
    if is_known:
        await arrive(stage, BOB.does("Create", note))
    for kind, is_pinned in (("Add", True), ("Add", True), ("Remove", False)):
        activity = BOB.does(kind, note["id"], target=FEATURED)
        if not has_id:  # as Takahē writes it
            del activity["id"]
        await arrive(stage, activity)
        kept = await post_at(stage, note["id"])
        assert kept is not None
        assert (kept.featured_at is not None) is is_pinned
    await arrive(stage, BOB.does("Add", note["id"], target=FEATURED))
    edited = {**note, "content": "<p>New</p>", "updated": "2026-11-21T10:00:00Z"}
    await arrive(stage, BOB.does("Update", edited))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert (kept.content_html, kept.featured_at is not None) == ("<p>New</p>", True)


async def test_a_pin_without_an_id_counts_again_after_it_was_removed(stage: Stage) -> None:
    """Takahē gives neither an id, so that the third is word for word the first."""
    await follow_bob(stage)
    note = BOB.note()
    await arrive(stage, BOB.does("Create", note))
    at = stage.clock.now()
    for kind, receipt, is_pinned in (
        ("Add", Receipt.KEPT, True),
        ("Add", Receipt.KNOWN, True),
        ("Remove", Receipt.KEPT, False),
        ("Remove", Receipt.KNOWN, False),
        ("Add", Receipt.KEPT, True),
    ):
        said = {"type": kind, "actor": BOB.uri, "object": note["id"], "target": FEATURED}
        body = json.dumps(said).encode()
        headers = tuple(BOB.signed(body, at).items())
        received = Received("POST", "/inbox", "art.test", headers, body, at)
        assert await stage.flows.inbox.receive(received) is receipt
        await stage.drain()
        kept = await post_at(stage, note["id"])
        assert kept is not None
        assert (kept.featured_at is not None) is is_pinned


# Emoji


@pytest.mark.parametrize(
    ("kind", "more", "shown"),
    [
        ("EmojiReact", {"content": "🎨"}, "🎨"),
        ("EmojiReact", {"content": ":blobcat@peer.test:", "tag": []}, ":blobcat:"),
        ("EmojiReact", {"content": "<b>hello</b>"}, ""),
        ("EmojiReact", {}, ""),
        ("Like", {"content": "❤️"}, "❤️"),
        ("Like", {"_misskey_reaction": "🍮"}, "🍮"),
        ("Like", {}, ""),
    ],
)
async def test_a_reaction_with_an_emoji_is_a_like_that_shows_it(
    kind: str, more: dict[str, Any], shown: str, stage: Stage
) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana)
    bob_here = await stage.meet(BOB)
    react = BOB.does(kind, about(stage, work), **more)
    await arrive(stage, react)
    target = TargetId(work.id)
    assert (await stage.flows.viewing.counts([target]))[target] == Counts(likes=1)
    assert await stage.flows.reactions.emoji(bob_here.id, target) == shown
    assert await told(stage, ana) == ["like"]
    await arrive(stage, BOB.does("Undo", react))
    assert (await stage.flows.viewing.counts([target]))[target] == Counts()


async def test_of_several_reactions_the_newest_counts_and_an_older_undo_takes_nothing(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana)
    bob_here = await stage.meet(BOB)
    target = TargetId(work.id)
    reacts = [BOB.does("EmojiReact", about(stage, work), content=emoji) for emoji in ("🎨", "🔥")]
    for react in (BOB.does("Like", about(stage, work)), *reacts):
        await arrive(stage, react)
    emoji = stage.flows.reactions.emoji
    assert await emoji(bob_here.id, target) == "🔥"
    await arrive(stage, BOB.does("Undo", reacts[0]))
    assert await emoji(bob_here.id, target) == "🔥"
    kept = await stage.read(lambda tx: tx.reactions.of(ReactionKind.LIKE, bob_here.id, target))
    assert kept.uri == reacts[1]["id"]
    await arrive(stage, BOB.does("Undo", reacts[1]))
    assert (await stage.flows.viewing.counts([target]))[target] == Counts()
    assert await told(stage, ana) == ["like"]
