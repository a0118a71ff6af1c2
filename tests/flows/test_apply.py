"""What kept activities do, and what they must not do, whoever believes in them."""

import json
from typing import Any

import pytest

from server.model import (
    ActivityId,
    ActorId,
    AiLabel,
    Artist,
    Counts,
    FollowState,
    JobKind,
    Millis,
    Post,
    StoredActivity,
    TargetId,
    Visibility,
    Work,
)
from server.ports import Unreachable
from server.promises import ApplyPromise, promise
from tests.two_servers.stage import PUBLIC, Peer, Stage

ANA = "https://art.test/users/ana"


async def arrive(stage: Stage, *activities: dict[str, Any]) -> None:
    """Keep activities as the inbox does with those that it believed at once, and apply them."""
    stored = [
        StoredActivity(
            id=ActivityId(stage.clock.new_id()),
            uri=activity["id"],
            type=activity["type"],
            actor_uri=activity["actor"],
            object_uri="",
            is_outgoing=False,
            dedupe=f"{activity['id']} {stage.clock.new_id()}",
            body=json.dumps(activity).encode(),
            received_at=stage.clock.now(),
        )
        for activity in activities
    ]
    first, *others = [one.id for one in stored]
    async with stage.library.transaction() as tx:
        await tx.activities.keep_all(stored)
        await promise(tx, stage.clock, ApplyPromise(first, others=tuple(others)))
    await stage.drain()


async def post_at(stage: Stage, uri: str) -> Post | None:
    found: Post | None = await stage.read(lambda tx: tx.posts.by_uri(uri))
    return found


async def counts(stage: Stage, work: Work) -> Counts:
    target = TargetId(work.id)
    found: dict[TargetId, Counts] = await stage.flows.viewing.counts([target])
    return found[target]


async def told(stage: Stage, artist: Artist) -> list[str]:
    return [one.kind.value for one in await stage.flows.notifications.page(artist.id)]


async def state(stage: Stage, follower: ActorId, followee: ActorId) -> FollowState | None:
    found = await stage.read(lambda tx: tx.relations.follow(follower, followee))
    return found.state if found else None


def about(stage: Stage, work: Work) -> str:
    return str(stage.flows.addresses.work(work.id))


# Refusals


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_a_stranger_cannot_react_to_a_work_for_followers(kind: str, stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    await stage.meet(bob)
    await arrive(stage, bob.does(kind, about(stage, work)))
    await stage.befriend(bob, ana, FollowState.PENDING)
    await arrive(stage, bob.does(kind, about(stage, work)))
    assert await counts(stage, work) == Counts()
    assert await told(stage, ana) == []
    await stage.befriend(bob, ana, FollowState.ACCEPTED)
    await arrive(stage, bob.does("Like", about(stage, work)))
    assert (await counts(stage, work)).likes == 1


@pytest.mark.parametrize("visibility", [Visibility.DRAFT])
async def test_a_draft_takes_no_reaction(visibility: Visibility, stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana, visibility=visibility)
    await stage.befriend(bob, ana)
    await arrive(stage, bob.does("Like", about(stage, work)))
    assert await counts(stage, work) == Counts()


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("kind", ["Accept", "Reject"])
async def test_only_who_was_asked_answers_a_follow(
    *, kind: str, is_whole: bool, stage: Stage
) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", "evil.test", 2)
    bob_here, _ = await stage.meet(bob), await stage.meet(eve)
    await stage.flows.following.follow(ana, bob_here)
    asked = await stage.read(lambda tx: tx.relations.follow(ana.id, bob_here.id))
    copy = {"id": asked.uri, "type": "Follow", "actor": ANA, "object": bob.uri}
    await arrive(stage, eve.does(kind, copy if is_whole else asked.uri))
    assert await state(stage, ana.id, bob_here.id) is FollowState.PENDING
    await arrive(stage, bob.does(kind, copy if is_whole else asked.uri))
    expected = FollowState.ACCEPTED if kind == "Accept" else None
    assert await state(stage, ana.id, bob_here.id) is expected


async def test_an_accept_of_what_was_never_asked_has_no_effect(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await stage.meet(bob)
    made_up = {"id": f"{ANA}/1", "type": "Follow", "actor": ANA, "object": bob.uri}
    await arrive(stage, bob.does("Accept", made_up))
    assert await state(stage, ana.id, bob_here.id) is None


async def test_nobody_undoes_what_another_did(stage: Stage) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", key_number=2)
    work = await stage.hang(ana)
    await stage.meet(eve)
    bob_here = await stage.meet(bob)
    follow, like = bob.does("Follow", ANA), bob.does("Like", about(stage, work))
    await arrive(stage, follow)
    await arrive(stage, like)
    for undone in (follow, like):
        await arrive(stage, eve.does("Undo", undone))
        await arrive(stage, eve.does("Undo", undone["id"]))
    assert await state(stage, bob_here.id, ana.id) is FollowState.ACCEPTED
    assert (await counts(stage, work)).likes == 1


async def test_nobody_changes_or_deletes_anothers_post(stage: Stage) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", key_number=2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    await stage.meet(eve)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    for forged in (note | {"attributedTo": eve.uri}, note):
        await arrive(stage, eve.does("Update", forged | {"content": "Eve was here"}))
        await arrive(stage, eve.does("Create", forged | {"content": "Eve was here"}))
    await arrive(stage, eve.does("Delete", note["id"]))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert "Eve" not in kept.content_html


async def test_no_edit_widens_who_may_see_a_post(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.meet(bob)
    tag = [{"type": "Mention", "href": ANA, "name": "@ana"}]
    note = bob.note(to=[ANA], cc=[], tag=tag, updated="2026-11-21T10:00:00Z")
    await arrive(stage, bob.does("Create", note))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.visibility is Visibility.DIRECT
    later = note | {"to": [PUBLIC], "content": "later", "updated": "2026-11-22T10:00:00Z"}
    await arrive(stage, bob.does("Update", later))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert (kept.visibility, kept.content_html) == (Visibility.DIRECT, "later")
    assert await told(stage, ana) == ["mention"]


async def test_a_work_here_is_changed_by_nobody_elsewhere(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.befriend(bob, ana)
    await arrive(stage, bob.does("Delete", about(stage, work)))
    await arrive(stage, bob.does("Update", bob.note(id=about(stage, work))))
    assert await stage.read(lambda tx: tx.works.by_id(work.id)) == work


async def test_a_post_that_nobody_here_has_to_do_with_is_not_kept(stage: Stage) -> None:
    await stage.artist()
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note()
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None


async def test_an_embedded_post_of_another_server_is_fetched_from_there(stage: Stage) -> None:
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = carol.note(inReplyTo=about(stage, work), content="as Bob has it")
    stage.net.serve(note["id"], note | {"content": "as Carol has it"})
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None  # he speaks for himself alone


async def test_a_suspended_artist_is_followed_by_nobody(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await stage.meet(bob)
    await stage.flows.accounts.suspend("ana")
    await arrive(stage, bob.does("Follow", ANA))
    assert await state(stage, bob_here.id, ana.id) is None


async def test_what_an_actor_says_of_its_key_counts_only_when_fetched(stage: Stage) -> None:
    await stage.artist()
    bob = Peer("bob")
    await stage.meet(bob)
    said = bob.document | {"name": "Robert", "summary": "<script>x</script><p>Hi</p>"}
    said["publicKey"] = {**said["publicKey"], "publicKeyPem": Peer("x", key_number=2).public_pem}
    await arrive(stage, bob.does("Update", said))
    kept = await stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    assert (kept.name, kept.summary_html) == ("Robert", "<p>Hi</p>")
    assert kept.public_key_pem.strip() == bob.public_pem.strip()


async def test_markup_from_elsewhere_is_cleaned_before_it_is_kept(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    dirty = '<p onclick="x()">A <img src=x onerror=x()><a href="javascript:x()">b</a></p><script>x'
    note = bob.note(inReplyTo=about(stage, work), content=dirty)
    await arrive(stage, bob.does("Create", note))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.content_html == '<p>A <a rel="nofollow noopener noreferrer">b</a></p>'


# Effects


async def test_a_follow_of_an_open_artist_is_accepted_and_told(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await stage.meet(bob)
    follow = bob.does("Follow", ANA)
    await arrive(stage, follow)
    assert await state(stage, bob_here.id, ana.id) is FollowState.ACCEPTED
    assert await told(stage, ana) == ["follow"]
    ((inbox, said),) = stage.net.delivered
    assert (inbox, said["type"], said["object"]["id"]) == (bob.inbox, "Accept", follow["id"])
    assert said["object"]["object"] == ANA
    await arrive(stage, bob.does("Follow", ANA))  # asked again under another id
    assert await told(stage, ana) == ["follow"]
    assert [one["type"] for _, one in stage.net.delivered] == ["Accept", "Accept"]


async def test_a_follow_of_who_approves_waits_for_the_answer(stage: Stage) -> None:
    ana, bob = await stage.artist(approves_follows=True), Peer("bob")
    bob_here = await stage.meet(bob)
    await arrive(stage, bob.does("Follow", ANA))
    assert await state(stage, bob_here.id, ana.id) is FollowState.PENDING
    assert await told(stage, ana) == ["follow_request"]
    assert stage.net.delivered == []


async def test_a_reject_ends_an_accepted_follow_too(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    bob_here = await stage.meet(bob)
    await stage.flows.following.follow(ana, bob_here)
    asked = await stage.read(lambda tx: tx.relations.follow(ana.id, bob_here.id))
    await arrive(stage, bob.does("Accept", asked.uri))
    await arrive(stage, bob.does("Reject", asked.uri))
    assert await state(stage, ana.id, bob_here.id) is None


async def test_the_same_reaction_counts_once_and_again_after_an_undo(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    for kind, count in (("Like", Counts(likes=1)), ("Announce", Counts(boosts=1))):
        done = bob.does(kind, about(stage, work))
        await arrive(stage, done)
        await arrive(stage, bob.does(kind, about(stage, work)))
        assert await counts(stage, work) == count
        await arrive(stage, bob.does("Undo", done))
        assert await counts(stage, work) == Counts()
        await arrive(stage, done)
        await arrive(stage, bob.does("Undo", {k: done[k] for k in ("type", "actor", "object")}))
        assert await counts(stage, work) == Counts()
    assert sorted(await told(stage, ana)) == ["boost", "like"]


async def test_an_edit_that_was_overtaken_by_a_newer_one_is_dropped(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    for hour, words in ((12, "second"), (11, "first"), (13, "third")):
        at = f"2026-11-20T{hour}:00:00Z"
        await arrive(stage, bob.does("Update", note | {"content": words, "updated": at}))
        kept = await post_at(stage, note["id"])
        assert kept is not None
        assert kept.content_html == ("third" if hour == 13 else "second")


async def test_an_answer_to_an_answer_stands_in_the_works_thread(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    first = bob.note(inReplyTo=about(stage, work))
    second = bob.note(inReplyTo=first["id"])
    await arrive(stage, bob.does("Create", first))
    await arrive(stage, bob.does("Create", second))
    room = await stage.flows.viewing.room(work.id, None)
    assert [said.post.uri for said in room.comments] == [first["id"], second["id"]]
    assert await told(stage, ana) == ["comment", "comment"]
    await arrive(stage, bob.does("Delete", {"type": "Tombstone", "id": first["id"]}))
    room = await stage.flows.viewing.room(work.id, None)
    assert [said.post.uri for said in room.comments] == [second["id"]]


async def test_an_actor_that_deletes_itself_takes_everything_along(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    bob_here = await stage.befriend(bob, ana)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    await arrive(stage, bob.does("Like", about(stage, work)))
    await arrive(stage, bob.does("Delete", bob.uri))
    assert await counts(stage, work) == Counts()
    assert await post_at(stage, note["id"]) is None
    assert await state(stage, bob_here.id, ana.id) is None
    stage.net.asked.clear()
    await arrive(stage, bob.does("Like", about(stage, work)))  # it overtook the Delete
    assert await counts(stage, work) == Counts()
    assert stage.net.asked == []


async def test_a_date_in_the_future_does_not_keep_a_post_on_top(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work), published="2999-01-01T00:00:00Z")
    await arrive(stage, bob.does("Create", note))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.published_at == stage.clock.now()


async def test_what_cannot_be_fetched_now_is_tried_again_later(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.drain()
    stage.net.answers[bob.uri] = Unreachable("peer.test is away")
    await arrive(stage, bob.does("Like", about(stage, work)))
    waiting = (await stage.read(lambda tx: tx.jobs.counts()))[JobKind.APPLY]
    assert (waiting.waiting, waiting.buried) == (1, 0)
    stage.net.serve(bob.uri, bob.document)
    stage.clock.advance(hours=1)
    await stage.drain()
    assert (await counts(stage, work)).likes == 1


async def test_what_a_rule_holds_waits_for_a_moderator(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    stage.refuse("inbound", "peer.test", then="hold")
    await arrive(stage, bob.does("Like", about(stage, work)))
    assert await counts(stage, work) == Counts()
    assert await stage.read(lambda tx: tx.jobs.buried()) == []
    assert [one.rule for one in await stage.read(lambda tx: tx.held.waiting())] == ["No thank you"]


async def test_a_domain_refused_after_the_inbox_took_it_in_has_no_effect(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    stage.refuse("inbound", "peer.test")
    await arrive(stage, bob.does("Like", about(stage, work)))
    assert await counts(stage, work) == Counts()


@pytest.mark.parametrize("kind", ["Flag", "Block", "Move", "Add", "Ping", "EmojiReact", "Odd"])
async def test_kinds_without_effect_here_are_no_failure(kind: str, stage: Stage) -> None:
    await stage.artist()
    bob = Peer("bob")
    await stage.meet(bob)
    await arrive(stage, bob.does(kind, ANA, target=f"{bob.uri}/featured"))
    assert await stage.read(lambda tx: tx.jobs.buried()) == []
    assert await stage.read(lambda tx: tx.jobs.oldest_due(Millis(2**62))) is None


@pytest.mark.parametrize(
    ("ending", "label"),
    [
        ("trainedAlgorithmicMedia", AiLabel.GENERATED),
        ("compositeWithTrainedAlgorithmicMedia", AiLabel.ASSISTED),
        ("digitalCreation", AiLabel.NONE),
    ],
)
async def test_a_post_is_labelled_as_its_origin_declares_it(
    stage: Stage, ending: str, label: AiLabel
) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    declared = f"http://cv.iptc.org/newscodes/digitalsourcetype/{ending}"
    note = bob.note(inReplyTo=about(stage, work), digitalSourceType=declared)
    await arrive(stage, bob.does("Create", note))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.ai_label is label


# Several at once


async def test_one_that_is_held_stops_none_that_came_with_it(stage: Stage) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", "evil.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    await stage.meet(eve)
    stage.refuse("inbound", "evil.test", then="hold")
    likes = [peer.does("Like", about(stage, work)) for peer in (eve, bob)]
    await arrive(stage, *likes)
    assert (await counts(stage, work)).likes == 1
    assert [one.peer for one in await stage.read(lambda tx: tx.held.waiting())] == ["evil.test"]
    assert await stage.read(lambda tx: tx.jobs.buried()) == []


async def test_what_came_at_once_is_done_in_its_order(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    like = bob.does("Like", about(stage, work))
    await arrive(stage, like, bob.does("Undo", like))
    assert (await counts(stage, work)).likes == 0


async def test_who_is_deleted_says_nothing_that_came_after_it(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    stage.net.serve(bob.uri, status=410)
    await arrive(stage, bob.does("Delete", bob.uri), bob.does("Like", about(stage, work)))
    assert (await counts(stage, work)).likes == 0


async def test_what_must_be_fetched_stops_none_that_came_with_it(stage: Stage) -> None:
    ana, bob, eve = await stage.artist(), Peer("bob"), Peer("eve", "evil.test", 2)
    work = await stage.hang(ana)
    await stage.meet(bob)
    stage.net.answers[eve.uri] = Unreachable("it is down")
    likes = [peer.does("Like", about(stage, work)) for peer in (eve, bob)]
    await arrive(stage, *likes)
    assert (await counts(stage, work)).likes == 1
    ((job, reason),) = await stage.read(lambda tx: tx.jobs.waiting(JobKind.APPLY))
    assert (job.attempts, reason) == (1, "The other server cannot be reached; try again later.")


async def test_what_takes_back_finds_what_was_held_with_it(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    stage.refuse("inbound", "peer.test", then="hold")
    like = bob.does("Like", about(stage, work))
    await arrive(stage, like, bob.does("Undo", like))
    assert await stage.read(lambda tx: tx.held.waiting()) == []


async def test_one_that_cannot_be_read_undoes_none_that_came_with_it(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    deep: Any = "bottom"
    for _ in range(30):
        deep = {"x": deep}
    likes = [bob.does("Like", about(stage, work)), bob.does("Like", about(stage, work), x=deep)]
    await arrive(stage, *likes)
    assert (await counts(stage, work)).likes == 1
    ((job, reason),) = await stage.read(lambda tx: tx.jobs.buried())
    assert (job.kind, reason) == (
        JobKind.APPLY,
        "The document is nested too deeply; keep to 20 levels.",
    )
