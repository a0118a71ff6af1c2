"""Who may like, answer, boost and quote: enforced on what arrives and on what is done here."""

from dataclasses import replace
from typing import Any

import pytest

from federation.vocabulary import read_note
from server.approving import Asked
from server.dealings import RequestId
from server.errors import Invalid, NotAllowed, NotFound
from server.model import (
    Artist,
    Counts,
    NotificationKind,
    ReactionKind,
    TargetId,
    Visibility,
    Work,
)
from server.permits import Answer, InteractionKind, InteractionPolicy, Permit
from tests.flows.test_apply import about, arrive, counts, post_at, told
from tests.two_servers.stage import Peer, Stage

ANA = "https://art.test/users/ana"
LIKE, REPLY = InteractionKind.LIKE, InteractionKind.REPLY
BOOST, QUOTE = InteractionKind.BOOST, InteractionKind.QUOTE


def only(**permits: Permit) -> InteractionPolicy:
    return InteractionPolicy(**permits)


def all_by(permit: Permit) -> InteractionPolicy:
    return InteractionPolicy(permit, permit, permit, permit)


async def wall_with(stage: Stage, policy: InteractionPolicy, **more: Any) -> tuple[Artist, Work]:
    ana = await stage.artist()
    return ana, await stage.hang(ana, interaction=policy, **more)


async def waiting(stage: Stage, artist: Artist) -> list[Asked]:
    found: list[Asked] = await stage.flows.approving.waiting(artist.id)
    return found


async def only_request(stage: Stage, artist: Artist) -> RequestId:
    (asked,) = await waiting(stage, artist)
    return asked.request.id


def said_to(stage: Stage, peer: Peer, kind: str) -> list[dict[str, Any]]:
    return [
        activity
        for inbox, activity in stage.net.delivered
        if inbox in {peer.inbox, peer.shared_inbox} and activity["type"] == kind
    ]


# Refusals


@pytest.mark.parametrize("permit", [Permit.NOBODY, Permit.FOLLOWERS])
async def test_who_may_not_changes_nothing_from_elsewhere(permit: Permit, stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(permit))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    for activity in (
        bob.does("Like", about(stage, work)),
        bob.does("Announce", about(stage, work)),
        bob.does("EmojiReact", about(stage, work), content="🎨"),
        bob.does("Create", note),
        bob.does("Update", note | {"updated": "2026-11-21T10:00:00Z"}),
        bob.does(
            "LikeRequest", about(stage, work), instrument=bob.does("Like", about(stage, work))
        ),
        bob.does("ReplyRequest", about(stage, work), instrument=note),
    ):
        await arrive(stage, activity)
    assert await counts(stage, work) == Counts()
    assert await told(stage, ana) == []
    assert await waiting(stage, ana) == []
    assert await post_at(stage, note["id"]) is None
    assert [one["object"]["type"] for one in said_to(stage, bob, "Reject")] == [
        "LikeRequest",
        "ReplyRequest",
    ]


@pytest.mark.parametrize("permit", [Permit.NOBODY, Permit.FOLLOWERS])
async def test_who_may_not_is_refused_here_too(permit: Permit, stage: Stage) -> None:
    _, work = await wall_with(stage, all_by(permit))
    ben, target = await stage.artist("ben"), TargetId(work.id)
    for kind in ReactionKind:
        with pytest.raises(NotAllowed):
            await stage.flows.reactions.react(ben, target, kind)
    with pytest.raises(NotAllowed):
        await stage.flows.commenting.comment(ben, target, "Lovely")
    assert await counts(stage, work) == Counts()


async def test_an_answer_to_a_comment_needs_the_word_of_the_threads_artist(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.EVERYONE))
    bob, eve = Peer("bob"), Peer("eve", "evil.test", 2)
    await stage.meet(bob)
    await stage.meet(eve)
    first = bob.note(inReplyTo=about(stage, work), tag=[mention(eve.uri)])
    await arrive(stage, bob.does("Create", first))
    async with stage.library.transaction() as tx:
        await tx.works.update(replace(work, interaction=only(reply=Permit.NOBODY)))
    second = eve.note(inReplyTo=first["id"])
    await arrive(stage, eve.does("Create", second))
    assert await post_at(stage, second["id"]) is None  # that bob names her lets her in nowhere
    assert await told(stage, ana) == ["comment"]


async def test_a_comment_that_waits_is_seen_by_its_author_and_the_artist_alone(
    stage: Stage,
) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    ben, eve = await stage.artist("ben"), await stage.artist("eve")
    bob = Peer("bob")
    await stage.befriend(bob, ben)
    mine = await stage.flows.commenting.comment(ben, TargetId(work.id), "May I?")
    theirs = bob.note(inReplyTo=about(stage, work), tag=[mention(ANA), mention(eve_uri())])
    await arrive(stage, bob.does("Create", theirs))
    kept = await post_at(stage, theirs["id"])
    assert kept is not None
    for post in (mine, kept):
        assert post.visibility is Visibility.DRAFT
        assert await stage.flows.viewing.target(TargetId(post.id), ana.id) is not None
        assert await stage.flows.viewing.target(TargetId(post.id), eve.id) is None
        assert await stage.flows.viewing.target(TargetId(post.id), None) is None
    assert await stage.flows.viewing.target(TargetId(mine.id), ben.id) is not None
    assert (await stage.flows.viewing.room(work.id, eve.id)).comments == ()
    assert await counts(stage, work) == Counts()
    assert await told(stage, eve) == []
    assert said_to(stage, bob, "Create") == []
    assert {asked.post.id for asked in await waiting(stage, ana) if asked.post} == {
        mine.id,
        kept.id,
    }


async def test_nobody_else_answers_an_artists_requests(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(like=Permit.APPROVED))
    ben, bob = await stage.artist("ben"), Peer("bob")
    await stage.meet(bob)
    await arrive(stage, bob.does("Like", about(stage, work)))
    request_id = await only_request(stage, ana)
    approving = stage.flows.approving
    for deed in (approving.approve, approving.refuse, approving.withdraw):
        with pytest.raises(NotFound):
            await deed(ben, request_id)
    with pytest.raises(Invalid):
        await approving.withdraw(ana, request_id)  # it was never given
    assert await counts(stage, work) == Counts()


async def test_a_refused_comment_does_not_come_back_by_an_edit(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    await stage.flows.approving.refuse(ana, await only_request(stage, ana))
    edited = note | {"content": "please", "updated": "2026-11-22T10:00:00Z"}
    await arrive(stage, bob.does("Update", edited))
    await arrive(stage, bob.does("Create", edited))
    assert await waiting(stage, ana) == []
    assert (await counts(stage, work)).comments == 0


async def test_a_refused_comment_does_not_come_back_by_looking_it_up(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    remote, request_id = stage.flows.remote, await only_request(stage, ana)
    author, found = await remote.actor(bob.uri), read_note(note)
    with pytest.raises(NotFound):  # it waits
        await remote.keep_note(found, author)
    await stage.flows.approving.refuse(ana, request_id)
    with pytest.raises(NotFound):
        await remote.keep_note(found, author)
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.visibility is Visibility.DRAFT


async def test_a_comment_keeps_its_place_when_it_is_looked_up(stage: Stage) -> None:
    _, work = await wall_with(stage, only())
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    remote = stage.flows.remote
    await remote.keep_note(read_note(note), await remote.actor(bob.uri))
    assert (await counts(stage, work)).comments == 1


async def test_a_removed_comment_does_not_come_back_by_an_edit(stage: Stage) -> None:
    ana, work = await wall_with(stage, only())
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    await stage.flows.commenting.remove(ana, kept.id)
    edited = note | {"content": "again", "updated": "2026-11-22T10:00:00Z"}
    await arrive(stage, bob.does("Update", edited))
    await arrive(stage, bob.does("Create", edited))
    assert await post_at(stage, note["id"]) is None
    assert (await counts(stage, work)).comments == 0
    assert await told(stage, ana) == []
    another = bob.note(id=f"{note['id']}0", inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", another))
    assert (await counts(stage, work)).comments == 1


# What is allowed


async def test_followers_may_where_followers_may(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.FOLLOWERS))
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    await arrive(stage, bob.does("Like", about(stage, work)))
    await arrive(stage, bob.does("Announce", about(stage, work)))
    await arrive(stage, bob.does("Create", bob.note(inReplyTo=about(stage, work))))
    assert await counts(stage, work) == Counts(likes=1, boosts=1, comments=1)


async def test_whom_the_artist_names_may_always_answer(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.NOBODY))
    bob = Peer("bob")
    bob_here = await stage.meet(bob)
    people = {("bob", "peer.test"): bob_here}
    asked = await stage.flows.commenting.comment(
        ana, TargetId(work.id), "@bob@peer.test what do you think?", people
    )
    await arrive(stage, bob.does("Create", bob.note(inReplyTo=asked.uri)))
    assert (await counts(stage, work)).comments == 2


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_a_reaction_waits_and_counts_once_approved(kind: str, stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    await arrive(stage, bob.does(kind, about(stage, work)))
    await arrive(stage, bob.does(kind, about(stage, work)))
    assert await counts(stage, work) == Counts()
    assert await told(stage, ana) == ["request"]
    assert await stage.flows.approving.count(ana.id) == 1
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    found = await counts(stage, work)
    assert found.likes + found.boosts == 1
    assert await waiting(stage, ana) == []


async def test_a_wish_that_is_taken_back_waits_no_more(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.APPROVED))
    bob, ben = Peer("bob"), await stage.artist("ben")
    await stage.meet(bob)
    like = bob.does("Like", about(stage, work))
    await arrive(stage, like)
    said = await stage.flows.reactions.react(ben, TargetId(work.id), ReactionKind.LIKE)
    assert said is Answer.ASK
    assert len(await waiting(stage, ana)) == 2
    await arrive(stage, bob.does("Undo", like))
    await stage.flows.reactions.take_back(ben, TargetId(work.id), ReactionKind.LIKE)
    assert await waiting(stage, ana) == []


async def test_a_comment_from_elsewhere_stands_once_approved(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert (kept.visibility, kept.work_id) == (Visibility.PUBLIC, work.id)
    assert await told(stage, ana) == ["comment", "request"]
    edited = note | {"content": "better", "updated": "2026-11-22T10:00:00Z"}
    await arrive(stage, bob.does("Update", edited))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert (kept.visibility, kept.content_html) == (Visibility.PUBLIC, "better")


async def test_a_comment_edited_while_it_waits_stands_as_it_was_edited(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    edited = note | {"content": "better", "updated": "2026-11-22T10:00:00Z"}
    await arrive(stage, bob.does("Update", edited))
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert (kept.visibility, kept.content_html) == (Visibility.PUBLIC, "better")


async def test_what_is_asked_for_here_is_done_once_approved(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.APPROVED))
    ben, bob = await stage.artist("ben"), Peer("bob")
    await stage.befriend(bob, ben)
    post = await stage.flows.commenting.comment(ben, TargetId(work.id), "May I?")
    await stage.flows.reactions.react(ben, TargetId(work.id), ReactionKind.BOOST)
    await stage.drain()
    assert said_to(stage, bob, "Create") == []
    for asked in await waiting(stage, ana):
        await stage.flows.approving.approve(ana, asked.request.id)
    await stage.drain()
    assert await counts(stage, work) == Counts(boosts=1, comments=1)
    assert [one["object"]["id"] for one in said_to(stage, bob, "Create")] == [post.uri]
    assert len(said_to(stage, bob, "Announce")) == 1


@pytest.mark.parametrize(
    ("name", "instrument_type"), [("LikeRequest", "Like"), ("AnnounceRequest", "Announce")]
)
async def test_polite_servers_ask_and_hear(name: str, instrument_type: str, stage: Stage) -> None:
    _, work = await wall_with(stage, all_by(Permit.EVERYONE))
    bob = Peer("bob")
    await stage.meet(bob)
    instrument = bob.does(instrument_type, about(stage, work))
    asked = bob.does(name, about(stage, work), instrument=instrument)
    await arrive(stage, asked)
    found = await counts(stage, work)
    assert found.likes + found.boosts == 1
    (accepted,) = said_to(stage, bob, "Accept")
    assert accepted["object"] == {
        "id": asked["id"],
        "type": name,
        "actor": bob.uri,
        "object": about(stage, work),
        "instrument": instrument["id"],
    }
    request, target, artist = await stage.flows.approving.authorization(
        RequestId(int(accepted["result"].rpartition("/")[2]))
    )
    assert (request.object_uri, target.id) == (instrument["id"], work.id)
    assert artist.uri == accepted["actor"]


async def test_a_polite_answer_waits_is_approved_and_accepted(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    asked = bob.does("ReplyRequest", about(stage, work), instrument=note)
    await arrive(stage, asked)
    assert said_to(stage, bob, "Accept") == []
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    assert (await counts(stage, work)).comments == 1
    assert [one["object"]["id"] for one in said_to(stage, bob, "Accept")] == [asked["id"]]


async def test_withdrawn_approvals_undo_what_they_allowed(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    await arrive(stage, bob.does("Like", about(stage, work)))
    await arrive(stage, bob.does("Create", bob.note(inReplyTo=about(stage, work))))
    approving = stage.flows.approving
    for asked in await waiting(stage, ana):
        await approving.approve(ana, asked.request.id)
    await stage.drain()
    assert await counts(stage, work) == Counts(likes=1, comments=1)
    for asked in await approving.approved(ana.id):
        await approving.withdraw(ana, asked.request.id)
    assert await counts(stage, work) == Counts()
    assert await approving.approved(ana.id) == []


async def test_the_artists_own_word_holds_where_a_work_says_nothing(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.flows.accounts.set_permits(ana, only(like=Permit.NOBODY))
    bob = Peer("bob")
    await stage.meet(bob)
    work = await stage.hang(ana)
    await arrive(stage, bob.does("Like", about(stage, work)))
    assert await counts(stage, work) == Counts()


async def test_a_removed_work_takes_its_requests_along(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.meet(bob)
    note = bob.note(inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    await arrive(stage, bob.does("Delete", note["id"]))
    assert await waiting(stage, ana) == []
    await arrive(stage, bob.does("Create", bob.note(inReplyTo=about(stage, work))))
    await stage.flows.publishing.withdraw(ana, work.id)
    assert await waiting(stage, ana) == []
    assert NotificationKind.COMMENT.value not in await told(stage, ana)


def mention(uri: str) -> dict[str, str]:
    return {"type": "Mention", "href": uri, "name": "@somebody"}


def eve_uri() -> str:
    return "https://art.test/users/eve"
