"""What is said of each deed, and to whom."""

from dataclasses import replace

import pytest

from server.accounts import Profile
from server.drafts import Draft, PictureEdit
from server.model import (
    ActorId,
    Artist,
    FollowState,
    Post,
    PostId,
    ReactionKind,
    TargetId,
    Visibility,
)
from server.promises import Deed, SayPromise, promise
from server.targets import target_for
from tests.two_servers.stage import PUBLIC, Peer, Stage

ANA = "https://art.test/users/ana"
BOB, CAROL = Peer("bob"), Peer("carol", "third.test", 2, shares_inbox=False)


def said(stage: Stage) -> list[tuple[str, str]]:
    """Return (type, inbox) of everything that was delivered."""
    return sorted((activity["type"], inbox) for inbox, activity in stage.net.delivered)


async def heard(stage: Stage) -> list[tuple[str, str]]:
    """Do every job; return what was delivered by that."""
    stage.net.asked.clear()
    await stage.drain()
    return said(stage)


async def remote_post(stage: Stage, author: ActorId, uri: str) -> Post:
    post = Post(
        id=PostId(stage.clock.new_id()),
        uri=uri,
        actor_id=author,
        is_local=False,
        visibility=Visibility.PUBLIC,
        content_html="<p>Theirs</p>",
        title="",
        url=uri,
        is_sensitive=False,
        warning="",
        published_at=stage.clock.now(),
        edited_at=None,
        in_reply_to_uri="",
        reply_to_id=None,
        work_id=None,
    )
    async with stage.library.transaction() as tx:
        await tx.posts.put(post)
    return post


# To nobody


async def test_nobody_hears_of_a_draft_or_a_quiet_work(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.hang(ana, visibility=Visibility.DRAFT)
    await stage.hang(ana, is_quiet=True)
    assert await heard(stage) == []


@pytest.mark.parametrize("state", [FollowState.PENDING, FollowState.REJECTED])
@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.FOLLOWERS])
async def test_only_accepted_followers_hear_of_a_work(
    state: FollowState, visibility: Visibility, stage: Stage
) -> None:
    """CVE-2025-30741: a request is no right to anything."""
    ana = await stage.artist()
    await stage.befriend(BOB, ana, state)
    await stage.hang(ana, visibility=visibility)
    assert await heard(stage) == []


async def test_nothing_is_delivered_to_ourselves_or_to_who_is_gone(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    ana_actor = await stage.read(lambda tx: tx.actors.by_id(ana.id))
    await stage.flows.following.follow(ben, ana_actor)
    bob = await stage.befriend(BOB, ana)
    async with stage.library.transaction() as tx:
        await tx.actors.mark_gone(bob.id, stage.clock.now())
    await stage.hang(ana)
    assert await heard(stage) == []
    (entry,) = (await stage.flows.feeding.page(ben.id)).entries
    assert entry.hung is not None  # by query, not by mail


async def test_a_deed_whose_subject_is_gone_is_passed_over(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    for deed in Deed:
        async with stage.library.transaction() as tx:
            await promise(tx, stage.clock, SayPromise(deed, ana.id, 12345, f"{ANA}/x", "like"))
            await promise(tx, stage.clock, SayPromise(deed, ActorId(12345), 1, "", "like"))
    kinds = {kind for kind, _ in await heard(stage)}
    assert kinds <= {"Update", "Delete"}  # the profile is still there; a removed comment is not
    assert await stage.read(lambda tx: tx.jobs.buried()) == []


# To whom


async def test_a_work_goes_once_to_each_shared_inbox_and_to_each_own(stage: Stage) -> None:
    ana = await stage.artist()
    for peer in (BOB, Peer("bill", key_number=3), CAROL):
        await stage.befriend(peer, ana)
    work = await stage.hang(ana)
    assert await heard(stage) == [
        ("Create", "https://peer.test/inbox"),
        ("Create", CAROL.inbox),
    ]
    activity = stage.net.delivered[0][1]
    assert activity["id"] == f"https://art.test/works/{work.id}/activity"
    assert activity["object"]["id"] == f"https://art.test/works/{work.id}"
    assert activity["to"] == [PUBLIC]


async def test_one_odd_inbox_keeps_a_work_from_nobody_else(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    odd = await stage.befriend(CAROL, ana)
    async with stage.library.transaction() as tx:
        await tx.actors.put(replace(odd, inbox="http://third.test/inbox"))
    await stage.hang(ana)
    assert await heard(stage) == [("Create", "https://peer.test/inbox")]
    ((_, reason),) = await stage.read(lambda tx: tx.jobs.buried())
    assert reason == "Plain http can be read and changed on its way; use https."


async def test_saying_it_twice_delivers_it_once(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    async with stage.library.transaction() as tx:
        await promise(tx, stage.clock, SayPromise(Deed.WORK_HUNG, ana.id, work.id))
    assert await heard(stage) == [("Create", "https://peer.test/inbox")]


async def test_edits_and_withdrawal_reach_followers_and_everybody_who_reacted(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    dora, emil = Peer("dora", "d.test", 3), Peer("emil", "e.test", 4)
    target, reactions = (
        TargetId((work := await stage.hang(ana, pictures=2)).id),
        stage.flows.reactions,
    )
    liker, boosted = await stage.meet(dora), await stage.meet(emil)
    for actor, kind in ((liker, ReactionKind.LIKE), (boosted, ReactionKind.BOOST)):
        async with stage.library.transaction() as tx:
            found = await target_for(tx, stage.flows.addresses, target, actor.id)
            await reactions.note_reaction(tx, kind, actor.id, found, f"{actor.uri}/{kind}")
    await stage.drain()
    everyone = ["https://d.test/inbox", "https://e.test/inbox", "https://peer.test/inbox"]
    edits = [PictureEdit(one.id, "New words") for one in work.pictures]
    await stage.flows.publishing.edit(ana, work.id, Draft(title="New"), edits)
    assert await heard(stage) == [("Update", inbox) for inbox in everyone]
    assert stage.net.delivered[0][1]["object"]["attachment"][0]["name"] == "New words"
    await stage.flows.publishing.withdraw(ana, work.id)
    assert await heard(stage) == [("Delete", inbox) for inbox in everyone]
    assert stage.net.delivered[0][1]["object"]["type"] == "Tombstone"


async def test_a_work_that_never_hung_is_withdrawn_in_silence(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana, visibility=Visibility.DRAFT, hung_at=None)
    await stage.flows.publishing.withdraw(ana, work.id)
    assert await heard(stage) == []


async def test_a_comment_goes_to_whom_it_answers_and_to_followers(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(CAROL, ana)
    bob = await stage.meet(BOB)
    post = await remote_post(stage, bob.id, "https://peer.test/notes/1")
    comment = await stage.flows.commenting.comment(ana, TargetId(post.id), "Lovely")
    assert await heard(stage) == [
        ("Create", "https://peer.test/inbox"),
        ("Create", CAROL.inbox),
    ]
    note = stage.net.delivered[0][1]["object"]
    assert note["inReplyTo"] == post.uri
    assert [tag["href"] for tag in note["tag"]] == [BOB.uri]
    await stage.flows.commenting.remove(ana, comment.id)
    assert await heard(stage) == [
        ("Delete", "https://peer.test/inbox"),
        ("Delete", CAROL.inbox),
    ]
    assert stage.net.delivered[0][1]["object"]["id"] == comment.uri


@pytest.mark.parametrize(
    ("kind", "word", "inboxes"),
    [
        (ReactionKind.LIKE, "Like", ["https://peer.test/inbox"]),
        (ReactionKind.BOOST, "Announce", ["https://peer.test/inbox", CAROL.inbox]),
    ],
)
async def test_a_reaction_goes_to_the_author_and_a_boost_to_followers_too(
    kind: ReactionKind, word: str, inboxes: list[str], stage: Stage
) -> None:
    ana = await stage.artist()
    await stage.befriend(CAROL, ana)
    bob = await stage.meet(BOB)
    post = await remote_post(stage, bob.id, "https://peer.test/notes/1")
    await stage.flows.reactions.react(ana, TargetId(post.id), kind)
    assert await heard(stage) == [(word, inbox) for inbox in inboxes]
    done = stage.net.delivered[0][1]
    assert done["object"] == post.uri
    await stage.flows.reactions.take_back(ana, TargetId(post.id), kind)
    assert await heard(stage) == [("Undo", inbox) for inbox in inboxes]
    undone = stage.net.delivered[0][1]["object"]
    assert (undone["id"], undone["type"]) == (done["id"], word)


async def test_a_follow_and_its_end_go_to_the_persons_own_inbox(stage: Stage) -> None:
    ana = await stage.artist()
    bob = await stage.meet(BOB)
    await stage.flows.following.follow(ana, bob)
    assert await heard(stage) == [("Follow", BOB.inbox)]
    asked = stage.net.delivered[0][1]
    assert (asked["actor"], asked["object"], asked["to"]) == (ANA, BOB.uri, [BOB.uri])
    await stage.flows.following.unfollow(ana, bob)
    assert await heard(stage) == [("Undo", BOB.inbox)]
    assert stage.net.delivered[0][1]["object"]["id"] == asked["id"]


@pytest.mark.parametrize(("is_accepted", "word"), [(True, "Accept"), (False, "Reject")])
async def test_an_answer_names_the_follow_that_it_answers(
    *, is_accepted: bool, word: str, stage: Stage
) -> None:
    ana = await stage.artist(approves_follows=True)
    bob = await stage.befriend(BOB, ana, FollowState.PENDING)
    asked = await stage.read(lambda tx: tx.relations.follow(bob.id, ana.id))
    await stage.flows.following.answer(ana, bob.id, is_accepted=is_accepted)
    assert await heard(stage) == [(word, BOB.inbox)]
    answer = stage.net.delivered[0][1]["object"]
    assert (answer["id"], answer["actor"], answer["object"]) == (asked.uri, BOB.uri, ANA)


async def test_a_changed_profile_is_told_to_followers(stage: Stage) -> None:
    ana: Artist = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.flows.accounts.edit_profile(ana, Profile("Ana K.", "Prints", approves_follows=True))
    assert await heard(stage) == [("Update", "https://peer.test/inbox")]
    actor = stage.net.delivered[0][1]["object"]
    assert (actor["name"], actor["summary"]) == ("Ana K.", "<p>Prints</p>")
    assert actor["manuallyApprovesFollowers"] is True
