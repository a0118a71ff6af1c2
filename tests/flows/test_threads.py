"""What is fetched around posts: within bounds, from its origin, and only where it may stand."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from federation.threads import LOOK_AGAIN, MAX_ANSWERS, MAX_CAUSED, MAX_DEPTH, MAX_PAGES
from server.model import Post, Visibility, Work
from server.permits import InteractionPolicy, Permit
from tests.flows.test_apply import about, arrive, counts, post_at, told
from tests.two_servers.stage import Peer, Stage

ANA = "https://art.test/users/ana"
NAMED = {"tag": [{"type": "Mention", "href": ANA, "name": "@ana@art.test"}]}


def serve(stage: Stage, peer: Peer, *notes: dict[str, Any]) -> None:
    stage.net.serve(peer.uri, peer.document)
    for note in notes:
        stage.net.serve(note["id"], note)


async def lost_answer(stage: Stage, peer: Peer, uri: str) -> dict[str, Any]:
    """Send an answer to something unknown that names ana."""
    note = peer.note(inReplyTo=uri, **NAMED)
    await arrive(stage, peer.does("Create", note))
    return note


async def thread_of(stage: Stage, work: Work) -> list[str]:
    found = await stage.read(lambda tx: tx.posts.thread(work.id))
    return [post.uri for post in found]


async def looked_at(stage: Stage, note: dict[str, Any]) -> None:
    post = await kept(stage, note)
    await stage.flows.threads.look_at([post])
    await stage.drain()


async def kept(stage: Stage, note: dict[str, Any]) -> Post:
    post = await post_at(stage, note["id"])
    assert post is not None
    return post


def answers_at(note: dict[str, Any], items: list[Any], **more: Any) -> dict[str, Any]:
    uri = f"{note['id']}/replies"
    first = {"type": "CollectionPage", "partOf": uri, "items": items, **more}
    return note | {"replies": {"id": uri, "type": "Collection", "first": first}}


# Refusals


async def test_a_chain_without_end_is_given_up(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.hang(ana)
    chain = [bob.note() for _ in range(MAX_DEPTH + 10)]
    linked = [one | {"inReplyTo": following["id"]} for one, following in itertools.pairwise(chain)]
    await stage.meet(bob)
    serve(stage, bob, *linked)
    stage.net.asked.clear()
    await lost_answer(stage, bob, linked[0]["id"])
    assert len([uri for uri in stage.net.fetched if "/notes/" in uri]) == MAX_DEPTH
    assert await post_at(stage, linked[0]["id"]) is None


async def test_a_chain_that_bites_its_tail_is_given_up(stage: Stage) -> None:
    await stage.artist()
    bob = Peer("bob")
    one, two = bob.note(), bob.note()
    await stage.meet(bob)
    serve(stage, bob, one | {"inReplyTo": two["id"]}, two | {"inReplyTo": one["id"]})
    stage.net.asked.clear()
    await lost_answer(stage, bob, one["id"])
    assert len([uri for uri in stage.net.fetched if "/notes/" in uri]) == 2


async def test_one_actor_causes_only_so_many_documents_in_an_hour(stage: Stage) -> None:
    await stage.artist()
    bob = Peer("bob")
    await stage.meet(bob)
    for number in range(MAX_CAUSED):
        await lost_answer(stage, bob, f"https://far{number}.test/notes/1")
    assert len(stage.net.fetched) <= MAX_CAUSED
    stage.clock.advance(hours=1)
    stage.net.asked.clear()
    await lost_answer(stage, bob, "https://far.test/notes/1")
    assert "https://far.test/notes/1" in stage.net.fetched


@pytest.mark.parametrize(
    "more",
    [
        {"to": ["https://third.test/users/carol/followers"], "cc": []},
        {"to": [ANA], "cc": []},
        {"attributedTo": "https://evil.test/users/eve"},
        {"id": "https://evil.test/notes/9"},
    ],
)
async def test_an_ancestor_that_is_not_open_or_not_its_origins_breaks_the_chain(
    more: dict[str, Any], stage: Stage
) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    between = carol.note(inReplyTo=about(stage, work))
    serve(stage, carol)
    stage.net.serve(between["id"], between | more)
    await lost_answer(stage, bob, between["id"])
    assert await thread_of(stage, work) == []


async def test_nothing_is_brought_that_the_policy_would_not_take_in(stage: Stage) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    between = carol.note(inReplyTo=about(stage, work))
    serve(stage, carol, between)
    stage.refuse("inbound", "third.test")
    await lost_answer(stage, bob, between["id"])
    assert await thread_of(stage, work) == []


@pytest.mark.parametrize("permit", [Permit.NOBODY, Permit.APPROVED])
async def test_what_may_not_answer_is_not_brought_in_by_fetching(
    permit: Permit, stage: Stage
) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    work = await stage.hang(ana, interaction=InteractionPolicy(reply=permit))
    await stage.meet(bob)
    between = carol.note(inReplyTo=about(stage, work))
    serve(stage, carol, between)
    await lost_answer(stage, bob, between["id"])
    assert await thread_of(stage, work) == []


async def test_a_comment_that_was_removed_is_not_brought_back_by_fetching(stage: Stage) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    await stage.meet(carol)
    between = carol.note(inReplyTo=about(stage, work))
    await arrive(stage, carol.does("Create", between))
    await stage.flows.commenting.remove(ana, (await kept(stage, between)).id)
    serve(stage, carol, between)
    await lost_answer(stage, bob, between["id"])
    assert await thread_of(stage, work) == []


async def test_answers_are_brought_within_a_budget(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    answers = [bob.note(inReplyTo=note["id"]) for _ in range(MAX_ANSWERS + 10)]
    await arrive(stage, bob.does("Create", note))
    serve(stage, bob, answers_at(note, [one["id"] for one in answers]), *answers)
    await looked_at(stage, note)
    assert len(await thread_of(stage, work)) == 1 + MAX_ANSWERS
    stage.net.asked.clear()
    await looked_at(stage, note)  # it is left alone for a while
    assert stage.net.fetched == []
    stage.clock.advance(seconds=LOOK_AGAIN / 1000)
    await looked_at(stage, note)
    assert len(await thread_of(stage, work)) == 1 + MAX_ANSWERS + 10


async def test_pages_that_never_end_are_left(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    page = f"{note['id']}/replies?page=2"
    serve(stage, bob, answers_at(note, [bob.new_uri()], next=page))
    stage.net.serve(
        page, {"id": page, "type": "CollectionPage", "items": [bob.new_uri()], "next": page}
    )
    stage.net.asked.clear()
    await looked_at(stage, note)
    assert stage.net.fetched.count(page) <= MAX_PAGES


async def test_a_collection_elsewhere_is_not_asked(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work), replies="https://victim.test/replies")
    await arrive(stage, bob.does("Create", note))
    serve(stage, bob, note)
    stage.net.asked.clear()
    await looked_at(stage, note)
    assert stage.net.fetched == [note["id"]]


async def test_what_is_listed_as_an_answer_must_be_one(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note, other = bob.note(inReplyTo=about(stage, work)), bob.note()
    forged = bob.note(inReplyTo=note["id"])
    await arrive(stage, bob.does("Create", note))
    embedded = forged | {"content": "as the list has it"}
    serve(stage, bob, answers_at(note, [other["id"], embedded]), other, forged)
    await looked_at(stage, note)
    assert await post_at(stage, other["id"]) is None
    assert "as the list has it" not in (await kept(stage, forged)).content_html


async def test_private_posts_and_our_own_are_not_looked_up(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.meet(bob)
    private = bob.note(to=[ANA], cc=[], **NAMED)
    await arrive(stage, bob.does("Create", private))
    stage.net.asked.clear()
    await looked_at(stage, private)
    own = await stage.flows.commenting.comment(ana, (await kept(stage, private)).id, "Good morning")
    await stage.flows.threads.look_at([own])
    assert stage.net.fetched == []


# What is brought


async def test_an_answer_deep_in_a_thread_finds_its_place(stage: Stage) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    first = carol.note(inReplyTo=about(stage, work), published="2026-11-01T09:00:00Z")
    second = carol.note(inReplyTo=first["id"], published="2026-11-01T09:30:00Z")
    serve(stage, carol, first, second)
    last = await lost_answer(stage, bob, second["id"])
    assert await thread_of(stage, work) == [first["id"], second["id"], last["id"]]
    assert int((await kept(stage, last)).reply_to_id or 0) == int((await kept(stage, second)).id)
    assert (await counts(stage, work)).comments == 3
    assert await told(stage, ana) == ["comment"]  # of a mention before, and of one thing now


async def test_what_was_put_out_of_sight_meanwhile_stays_there(stage: Stage) -> None:
    await stage.artist()
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(**NAMED)
    await arrive(stage, bob.does("Create", note))
    serve(stage, bob, note)
    post = await kept(stage, note)
    await stage.flows.threads.look_at([post])
    async with stage.library.transaction() as tx:
        await tx.posts.put(replace(post, visibility=Visibility.DRAFT))
    await stage.drain()
    assert note["id"] in stage.net.fetched
    assert (await kept(stage, note)).visibility is Visibility.DRAFT


async def test_looking_at_a_poll_refreshes_its_counts(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.befriend(bob, ana)
    question = bob.note(type="Question", oneOf=options(1, 2), votersCount=3, **NAMED)
    await arrive(stage, bob.does("Create", question))
    serve(stage, bob, question | {"oneOf": options(5, 7), "votersCount": 12})
    await looked_at(stage, question)
    poll = (await kept(stage, question)).poll
    assert poll is not None
    assert (poll.options, poll.voters) == ((("oil", 5), ("ink", 7)), 12)


async def test_an_update_refreshes_a_poll_and_only_its_authors(stage: Stage) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", key_number=2)
    await stage.befriend(bob, ana)
    await stage.meet(eve)
    question = bob.note(
        type="Question", anyOf=options(0, 0), closed="2026-11-23T10:00:00Z", **NAMED
    )
    await arrive(stage, bob.does("Create", question))
    later = question | {"anyOf": options(3, 4)}
    await arrive(stage, eve.does("Update", later | {"anyOf": options(900, 0)}))
    await arrive(stage, bob.does("Update", later))
    poll = (await kept(stage, question)).poll
    assert poll is not None
    assert (poll.options, poll.is_multiple) == ((("oil", 3), ("ink", 4)), True)
    assert poll.closes_at is not None


@pytest.mark.parametrize(
    ("change", "is_card"),
    [
        ({}, True),
        ({"type": "LikeAuthorization"}, False),
        ({"attributedTo": "https://third.test/users/eve"}, False),
        ({"interactingObject": "https://peer.test/bob/notes/999"}, False),
        ({"interactionTarget": "https://third.test/carol/notes/999"}, False),
        ({"id": "https://third.test/authorizations/2"}, False),
    ],
)
async def test_a_quote_of_another_servers_post_needs_its_authors_exact_word(
    change: dict[str, str], *, is_card: bool, stage: Stage
) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    await stage.befriend(bob, ana)
    quoted, right = carol.note(), "https://third.test/authorizations/1"
    note = bob.note(quote=quoted["id"], quoteAuthorization=right, **NAMED)
    serve(stage, carol, quoted)
    word = {
        "id": right,
        "type": "QuoteAuthorization",
        "attributedTo": carol.uri,
        "interactingObject": note["id"],
        "interactionTarget": quoted["id"],
    }
    stage.net.serve(right, word | change)
    await arrive(stage, bob.does("Create", note))
    quote = (await kept(stage, note)).quote
    assert quote is not None
    assert quote.is_approved is is_card
    if is_card:
        carol_here = await stage.meet(carol)
        assert carol_here.id
        await arrive(stage, carol.does("Delete", right))
        ended = (await kept(stage, note)).quote
        assert ended is not None
        assert not ended.is_approved


async def test_a_right_from_another_server_than_the_quoted_ones_is_not_even_fetched(
    stage: Stage,
) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    await stage.befriend(bob, ana)
    quoted, right = carol.note(), "https://peer.test/authorizations/1"
    note = bob.note(quote=quoted["id"], quoteAuthorization=right, **NAMED)
    serve(stage, carol, quoted)
    stage.net.asked.clear()
    await arrive(stage, bob.does("Create", note))
    assert right not in stage.net.fetched
    quote = (await kept(stage, note)).quote
    assert quote is not None
    assert not quote.is_approved


async def test_whoever_quotes_their_own_post_needs_nobodys_word(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.befriend(bob, ana)
    quoted = bob.note()
    note = bob.note(quoteUrl=quoted["id"], **NAMED)
    serve(stage, bob, quoted)
    await arrive(stage, bob.does("Create", note))
    quote = (await kept(stage, note)).quote
    assert quote is not None
    assert quote.is_approved


async def test_an_edit_of_a_thread_keeps_a_post_where_it_was(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    serve(stage, bob, note | {"content": "anew", "inReplyTo": None})
    await looked_at(stage, note)
    post = await kept(stage, note)
    assert (post.content_html, post.work_id) == ("anew", work.id)
    assert post == replace(post, visibility=Visibility.PUBLIC)


def options(oil: int, ink: int) -> list[dict[str, Any]]:
    return [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
        for name, votes in (("oil", oil), ("ink", ink))
    ]
