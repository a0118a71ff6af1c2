"""What waits for a moderator: kept once for each subject, erased when it is dropped."""

from dataclasses import replace
from typing import Any

from server.holdings import POST, Held, HeldId, HeldState
from server.model import (
    ActivityId,
    ActorId,
    Follow,
    FollowState,
    Millis,
    PostId,
    StoredActivity,
    TargetId,
    WorkId,
)
from server.ports import Library, Transaction
from server.repositories.accounts import Met
from server.treatments import Treatment, TreatmentKind
from tests.contract.samples import MAX, NOW, add_artist, post, remote_actor

BOB = "https://far.example/users/5"
NOTE = "https://far.example/notes/1"


def held(number: int, **fields: Any) -> Held:
    return Held(
        **{
            "id": HeldId(number),
            "activity_id": ActivityId(900 + number),
            "actor_uri": BOB,
            "address": "bob@far.example",
            "peer": "far.example",
            "kind": POST,
            "subject": f"https://far.example/notes/{number}",
            "activity_uri": f"https://far.example/creates/{number}",
            "rule": "Made by machines",
            "reason": "Wait, please.",
            "excerpt": "schöne Grüße 🙀",
            "link": f"https://far.example/notes/{number}",
            "pictures": 2,
            "digest": "ab",
            "state": HeldState.WAITING,
            "held_at": Millis(NOW + number),
            **fields,
        }
    )


def activity(number: int, **fields: Any) -> StoredActivity:
    return StoredActivity(
        **{
            "id": ActivityId(number),
            "uri": f"https://far.example/creates/{number}",
            "type": "Create",
            "actor_uri": BOB,
            "object_uri": NOTE,
            "is_outgoing": False,
            "dedupe": f"key {number}",
            "body": b'{"content": "private"}',
            "received_at": NOW,
            **fields,
        }
    )


async def test_an_edit_of_what_is_held_takes_its_place(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.held.put(held(1))
        edit = held(7, subject=held(1).subject, excerpt="Nothing to see", activity_id=ActivityId(8))
        await tx.held.put(edit)
        assert await tx.held.waiting() == [replace(edit, id=HeldId(1), held_at=held(1).held_at)]
        assert await tx.held.of(BOB, POST, held(1).subject) == (await tx.held.waiting())[0]
        assert await tx.held.of("https://evil.example/users/5", POST, held(1).subject) is None


async def test_what_waits_is_listed_newest_first(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3):
            await tx.held.put(held(number))
        await tx.held.drop(HeldId(2))
        assert [one.id for one in await tx.held.waiting()] == [3, 1]
        assert [one.id for one in await tx.held.waiting(before=HeldId(3))] == [1]
        assert [one.id for one in await tx.held.waiting(limit=1)] == [3]
        assert await tx.held.count_waiting() == 2
        assert await tx.held.by_id(HeldId(MAX)) is None


async def test_what_is_dropped_is_erased_and_remembered(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.activities.keep(activity(901))
        await tx.held.put(held(1))
        await tx.held.drop(HeldId(1))
        left, stored = await tx.held.by_id(HeldId(1)), await tx.activities.by_id(ActivityId(901))
    assert left == replace(held(1), state=HeldState.DROPPED, excerpt="", link="", pictures=0)
    assert stored is not None
    assert stored.body == b""
    assert stored.dedupe == "key 901"


async def test_only_its_own_actor_takes_back_what_waits(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3, 4):
            await tx.held.put(held(number))
        await tx.held.drop(HeldId(4))
        await tx.held.take_back("https://evil.example/users/5", held(1).subject)
        assert await tx.held.count_waiting() == 3
        await tx.held.take_back(BOB, held(1).subject)
        await tx.held.take_back(BOB, held(2).activity_uri)
        assert [one.id for one in await tx.held.waiting()] == [3]
        await tx.held.take_back(BOB, BOB)
        assert await tx.held.waiting() == []
        assert await tx.held.by_id(HeldId(4)) is not None  # that it was dropped is remembered


async def test_what_nobody_looked_at_in_time_goes_with_its_words(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3):
            await tx.activities.keep(activity(900 + number, dedupe=f"key {number}"))
            await tx.held.put(held(number))
        assert await tx.held.sweep(Millis(NOW + 3)) == 2
        assert [one.id for one in await tx.held.waiting()] == [3]
        bodies = [await tx.activities.by_id(ActivityId(900 + number)) for number in (1, 2, 3)]
    assert [one.body if one else None for one in bodies] == [b"", b"", activity(1).body]


async def test_an_activity_that_is_held_is_not_swept(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.activities.keep(activity(901))
        await tx.activities.keep(activity(902))
        await tx.held.put(held(1))
        late = Millis(NOW + 1)
        assert await tx.activities.sweep(outgoing_before=late, incoming_before=late) == 1
        assert await tx.activities.by_id(ActivityId(901)) is not None


async def test_an_actor_comes_with_what_the_rules_ask_of_them(library: Library) -> None:
    actor, other = replace(remote_actor(5), published_at=Millis(7)), remote_actor(6)
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.actors.put(actor)
        await tx.actors.put(other)
        await follow(tx, 1, 5, FollowState.PENDING)
        await follow(tx, 5, 1, FollowState.ACCEPTED)
        await tx.held.put(held(1, actor_uri=actor.uri, subject=NOTE))
        found = await tx.actors.met([actor.uri, other.uri, "https://far.example/nobody"])
    assert found == {
        actor.uri: Met(actor, is_followed_here=False, follows_here=True, has_held=True),
        other.uri: Met(other),
    }


async def follow(tx: Transaction, follower: int, followee: int, state: FollowState) -> None:
    uri = f"https://far.example/follows/{follower}"
    await tx.relations.put_follow(Follow(ActorId(follower), ActorId(followee), state, uri, NOW))


async def test_a_hidden_post_is_in_no_list_and_found_by_its_id(library: Library) -> None:
    hidden = Treatment(TreatmentKind.HIDE, "Loud", "Shown to followers alone.")
    labelled = Treatment(TreatmentKind.LABEL, "Machines", "Made by a machine.")
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.actors.put(remote_actor(5))
        in_thread = {"work_id": WorkId(70), "reply_to_id": TargetId(70)}
        await tx.posts.put(post(50, 5, treatments=(hidden,), **in_thread))
        await tx.posts.put(post(51, 5, treatments=(labelled,), **in_thread))
    async with library.reading() as tx:
        assert [one.id for one in await tx.posts.thread(WorkId(70))] == [51]
        assert [one.id for one in await tx.posts.replies_to(TargetId(70))] == [51]
        assert await tx.posts.count_replies_to(TargetId(70)) == 1
        assert (await tx.reactions.counts([TargetId(70)]))[TargetId(70)].comments == 1
        found = await tx.posts.by_id(PostId(50))
        assert found is not None
        assert found.treatments == (hidden,)
