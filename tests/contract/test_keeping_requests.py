"""Requests and private messages, on both engines."""

from dataclasses import replace
from typing import Any

import pytest

from server.dealings import Request, RequestId, RequestState
from server.errors import Untrusted
from server.model import ActivityId, ActorId, Post, PostId, Quote, TargetId, Visibility
from server.permits import InteractionKind
from server.ports import Library, Transaction
from tests.contract.samples import MAX, NOW, add_artist, local_actor, post, remote_actor

LIKE, QUOTE = InteractionKind.LIKE, InteractionKind.QUOTE
WAITING, APPROVED, REFUSED = RequestState.WAITING, RequestState.APPROVED, RequestState.REFUSED


def request(number: int, actor: int = 5, **fields: Any) -> Request:
    return Request(
        **{
            "id": RequestId(number),
            "kind": QUOTE,
            "artist_id": ActorId(1),
            "actor_id": ActorId(actor),
            "target_id": TargetId(70),
            "object_uri": f"https://far.example/notes/{number}",
            "request_uri": f"https://far.example/requests/{number}",
            "activity_id": ActivityId(900 + number),
            "state": WAITING,
            "created_at": NOW,
            **fields,
        }
    )


async def people(tx: Transaction) -> None:
    await add_artist(tx, 1)
    await add_artist(tx, 2)
    await tx.actors.put(remote_actor(5))
    await tx.actors.put(remote_actor(6))


async def test_nobody_asks_about_anothers_post(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.requests.put(request(10))
    with pytest.raises(Untrusted):
        async with library.transaction() as tx:
            await tx.requests.put(request(11, actor=6, object_uri=request(10).object_uri))
    async with library.reading() as tx:
        assert await tx.requests.by_id(RequestId(10)) == request(10)
        assert await tx.requests.by_id(RequestId(MAX)) is None


async def test_who_asks_again_keeps_id_and_state_and_what_is_not_given_anew(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.requests.put(request(10))
        await tx.requests.decide(RequestId(10), REFUSED, NOW)
        again = request(11, object_uri=request(10).object_uri, request_uri="", activity_id=None)
        assert await tx.requests.put(again) == 10
        found = await tx.requests.of(QUOTE, request(10).object_uri, TargetId(70))
    assert found == replace(request(10), state=REFUSED, decided_at=NOW)


async def test_an_artist_sees_only_what_waits_for_them_newest_first(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        for number in (10, 11, 12, 13):
            await tx.requests.put(request(number))
        await tx.requests.put(request(14, artist_id=ActorId(2)))
        await tx.requests.decide(RequestId(12), APPROVED, NOW)
        await tx.requests.decide(RequestId(11), REFUSED, NOW)
    async with library.reading() as tx:
        waiting = await tx.requests.waiting(ActorId(1))
        older = await tx.requests.waiting(ActorId(1), before=RequestId(13))
        approved = await tx.requests.approved(ActorId(1))
        assert await tx.requests.count_waiting(ActorId(1)) == 2
    assert [found.id for found, _ in waiting] == [13, 10]
    assert [actor.id for _, actor in waiting] == [5, 5]
    assert [found.id for found, _ in older] == [10]
    assert [found.id for found, _ in approved] == [12]


async def test_the_newest_request_of_an_actor_is_found(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        for number in (10, 11):
            await tx.requests.put(request(number, kind=LIKE))
        found = await tx.requests.by_actor(LIKE, ActorId(5), TargetId(70))
        assert found is not None
        assert found.id == 11
        assert await tx.requests.by_actor(LIKE, ActorId(6), TargetId(70)) is None
        assert await tx.requests.by_actor(QUOTE, ActorId(5), TargetId(70)) is None
        await tx.requests.remove(RequestId(11))
        found = await tx.requests.by_actor(LIKE, ActorId(5), TargetId(70))
    assert found is not None
    assert found.id == 10


async def test_requests_go_with_who_asked_and_with_what_they_are_about(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.posts.put(post(70, 6))
        await tx.posts.put(post(71, 5, uri=request(11).object_uri))
        await tx.requests.put(request(10))
        await tx.requests.put(request(11, target_id=TargetId(99)))
        await tx.requests.put(request(12, actor=6, target_id=TargetId(99)))
        await tx.posts.remove(PostId(70))
        await tx.posts.remove(PostId(71))
        assert [found.id for found, _ in await tx.requests.waiting(ActorId(1))] == [12]
        await tx.actors.mark_gone(ActorId(6), NOW)
        assert await tx.requests.waiting(ActorId(1)) == []


def private(number: int, author: int, *readers: int, **fields: Any) -> Post:
    uris = tuple(local_actor(reader).uri for reader in readers)
    return post(number, author, visibility=Visibility.DIRECT, mentions=uris, **fields)


def ids(posts: list[Post]) -> list[int]:
    return [found.id for found in posts]


async def test_a_private_message_is_listed_for_its_own_people_alone(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.posts.put(private(50, 5, 1))
        await tx.posts.put(private(51, 1, 2, is_local=True))
        await tx.posts.put(private(52, 5, 2))
        await tx.posts.put(post(53, 5, mentions=(local_actor(1).uri,)))
    async with library.reading() as tx:
        assert ids(await tx.posts.messages(ActorId(1))) == [51, 50]
        assert ids(await tx.posts.messages(ActorId(1), before=PostId(51))) == [50]
        assert ids(await tx.posts.messages(ActorId(2))) == [52, 51]
        assert await tx.posts.messages(ActorId(5)) == []


async def test_an_edit_can_take_a_private_message_from_a_reader(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.posts.put(private(50, 5, 1, 2))
        await tx.posts.put(private(51, 5, 2, uri=post(50, 5).uri))
        assert await tx.posts.messages(ActorId(1)) == []
        assert ids(await tx.posts.messages(ActorId(2))) == [50]
        await tx.posts.remove(PostId(50))
        assert await tx.posts.messages(ActorId(2)) == []


async def test_private_answers_are_for_their_own_people(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.posts.put(private(50, 5, 1, 2))
        await tx.posts.put(private(51, 5, 1, reply_to_id=TargetId(50)))
        await tx.posts.put(private(52, 5, 2, reply_to_id=TargetId(50)))
        await tx.posts.put(post(53, 5, reply_to_id=TargetId(50)))
        assert ids(await tx.posts.private_answers(PostId(50), ActorId(1))) == [51]
        assert ids(await tx.posts.replies_to(TargetId(50))) == [53]


async def test_posts_are_found_by_the_right_to_quote_that_they_rest_on(library: Library) -> None:
    right = "https://far.example/authorizations/1"
    quote = Quote("https://far.example/notes/1", right, is_approved=True)
    async with library.transaction() as tx:
        await people(tx)
        await tx.posts.put(post(50, 5, quote=quote))
        await tx.posts.put(post(51, 5, quote=replace(quote, approval_uri="")))
        assert await tx.posts.quoting(right) == [post(50, 5, quote=quote)]
        assert await tx.posts.quoting("") == []
