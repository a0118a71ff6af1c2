"""Private messages: for their people alone, in both directions. And people named in public."""

from typing import Any

import pytest

from server.drafts import Draft, PictureEdit
from server.errors import Invalid, NotFound
from server.model import PostId, ReactionKind, TargetId, Visibility
from tests.flows.test_apply import about, arrive, post_at, told
from tests.two_servers.stage import PUBLIC, Peer, Stage

ANA, BEN = "https://art.test/users/ana", "https://art.test/users/ben"


def mention(uri: str) -> dict[str, str]:
    return {"type": "Mention", "href": uri, "name": "@somebody"}


def direct(peer: Peer, *people: str, **more: Any) -> dict[str, Any]:
    tags = [mention(uri) for uri in people]
    return peer.note(**{"to": list(people), "cc": [], "tag": tags, **more})


async def messages(stage: Stage, artist: Any) -> list[str]:
    found = await stage.flows.conversing.messages(artist.id)
    return [one.said.post.uri for one in found]


async def kept_id(stage: Stage, note: dict[str, Any]) -> TargetId:
    post = await post_at(stage, note["id"])
    assert post is not None
    return TargetId(post.id)


def sent(stage: Stage, kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(to, one) for to, one in stage.net.delivered if one["type"] == kind]


# Refusals


async def test_a_private_message_is_read_by_nobody_else(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    work = await stage.hang(ben)
    await stage.befriend(bob, ben)
    await stage.flows.following.follow(ben, await stage.meet(bob))
    note = direct(bob, ANA, inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    target = await kept_id(stage, note)
    viewing = stage.flows.viewing
    for reader in (None, ben.id):
        assert await viewing.target(target, reader) is None
        with pytest.raises(NotFound):
            await viewing.post(PostId(target), reader)
    assert await messages(stage, ben) == []
    assert await told(stage, ben) == ["follow"] or await told(stage, ben) == []
    assert (await viewing.room(work.id, ben.id)).comments == ()
    assert (await stage.flows.feeding.page(ben.id)).entries == ()
    assert await messages(stage, ana) == [note["id"]]
    assert await told(stage, ana) == ["mention"]


async def test_a_mention_alone_lets_nobody_read_what_is_for_others(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    await stage.meet(bob)
    note = direct(bob, ANA, tag=[mention(ANA), mention(BEN)])
    await arrive(stage, bob.does("Create", note))
    assert await stage.flows.viewing.target(await kept_id(stage, note), ben.id) is None
    assert await told(stage, ben) == []
    assert await messages(stage, ana) == [note["id"]]


async def test_a_private_message_for_others_is_not_kept_whatever_it_answers(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.befriend(bob, ana)
    note = direct(bob, "https://third.test/users/carol", inReplyTo=about(stage, work))
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None
    assert await told(stage, ana) == []


async def test_a_private_message_is_not_boosted_and_names_nobody_new(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    await stage.meet(bob)
    note = direct(bob, ANA)
    await arrive(stage, bob.does("Create", note))
    target = await kept_id(stage, note)
    with pytest.raises(Invalid):
        await stage.flows.reactions.react(ana, target, ReactionKind.BOOST)
    ben_here = await stage.flows.viewing.actor(ben.id)
    people = {("ben", "art.test"): ben_here}
    answer = await stage.flows.commenting.comment(ana, target, "@ben@art.test told me", people)
    assert answer.mentions == (bob.uri,)
    assert await stage.flows.viewing.target(TargetId(answer.id), ben.id) is None
    assert await told(stage, ben) == []


# What is theirs


@pytest.mark.parametrize(
    "addressed",
    [
        {"to": [ANA], "cc": []},
        {"to": ANA, "cc": None},
        {"to": [], "cc": [ANA]},  # Takahē
        {"to": [], "cc": ANA},
        {"to": [], "cc": []},  # only the tag says for whom
    ],
)
async def test_every_servers_way_to_write_privately_is_understood(
    addressed: dict[str, Any], stage: Stage
) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.meet(bob)
    note = direct(bob, ANA, **addressed)
    await arrive(stage, bob.does("Create", note))
    post = await post_at(stage, note["id"])
    assert post is not None
    assert post.visibility is Visibility.DIRECT
    assert await messages(stage, ana) == [note["id"]]


async def test_a_message_without_a_mention_is_for_whom_it_is_addressed(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.meet(bob)
    note = direct(bob, ANA, tag=[])
    await arrive(stage, bob.does("Create", note))
    assert await messages(stage, ana) == [note["id"]]
    assert await told(stage, ana) == ["mention"]


async def test_an_answer_goes_to_the_same_people_and_to_no_follower(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    carol, fan = Peer("carol", "third.test", 2), Peer("fan", "fans.test", 3)
    await stage.meet(bob)
    await stage.meet(carol)
    await stage.befriend(fan, ana)
    note = direct(bob, ANA, carol.uri)
    await arrive(stage, bob.does("Create", note))
    stage.net.asked.clear()
    answer = await stage.flows.commenting.comment(ana, await kept_id(stage, note), "Yes")
    await stage.drain()
    created = sent(stage, "Create")
    assert {to for to, _ in created} == {bob.shared_inbox, carol.shared_inbox}
    said = created[0][1]["object"]
    assert (sorted(said["to"]), said["cc"]) == (sorted([bob.uri, carol.uri]), [])
    assert {tag["href"] for tag in said["tag"]} == {bob.uri, carol.uri}
    assert said["inReplyTo"] == note["id"]
    assert PUBLIC not in [*created[0][1]["to"], *created[0][1]["cc"]]
    assert "interactionPolicy" not in said
    assert await messages(stage, ana) == [answer.uri, note["id"]]
    stage.net.asked.clear()
    await stage.flows.commenting.remove(ana, answer.id)
    await stage.drain()
    deleted = sent(stage, "Delete")
    assert {to for to, _ in deleted} == {bob.shared_inbox, carol.shared_inbox}
    assert (sorted(deleted[0][1]["to"]), deleted[0][1]["cc"]) == (
        sorted([bob.uri, carol.uri]),
        [],
    )


async def test_a_conversation_reads_in_order(stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    await stage.meet(bob)
    first = direct(bob, ANA)
    await arrive(stage, bob.does("Create", first))
    mine = await stage.flows.commenting.comment(ana, await kept_id(stage, first), "Yes")
    third = direct(bob, ANA, inReplyTo=mine.uri)
    await arrive(stage, bob.does("Create", third))
    said, _ = await stage.flows.viewing.post(mine.id, ana.id)
    found = await stage.flows.conversing.conversation(said, ana.id)
    assert [one.said.post.uri for one in found.earlier] == [first["id"]]
    assert found.message.said.post.uri == mine.uri
    assert [one.said.post.uri for one in found.answers] == [third["id"]]
    assert [actor.uri for actor in found.message.people] == [bob.uri]


# People named in public


async def test_people_named_in_a_comment_are_told_wherever_they_are(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    work = await stage.hang(ana)
    stage.net.serve(bob.uri, bob.document)
    finger = "https://peer.test/.well-known/webfinger?resource=acct%3Abob%40peer.test"
    link = {"rel": "self", "type": "application/activity+json", "href": bob.uri}
    jrd = {"subject": "acct:bob@peer.test", "links": [link]}
    stage.net.serve(finger, jrd, content_type="application/jrd+json")
    text = "See @bob@peer.test and @ben@art.test, not @nobody@nowhere.test #Oil"
    named = await stage.flows.people.people(text)
    await stage.flows.commenting.comment(ana, TargetId(work.id), text, named)
    await stage.drain()
    ((to, created),) = sent(stage, "Create")
    assert to == bob.shared_inbox
    note = created["object"]
    assert {BEN, bob.uri} <= set(note["cc"])
    kinds = [(tag["type"], tag["name"]) for tag in note["tag"]]
    assert ("Mention", "@bob@peer.test") in kinds
    assert ("Hashtag", "#Oil") in kinds
    assert "@nobody@nowhere.test" in note["content"]
    assert 'class="u-url mention"' in note["content"]
    assert await told(stage, ben) == ["mention"]


async def test_people_named_in_a_caption_get_the_work(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    await stage.meet(bob)
    work = await stage.hang(ana, caption="After @bob@peer.test, with @ben@art.test")
    await stage.drain()
    ((to, created),) = sent(stage, "Create")
    assert to == bob.shared_inbox
    assert bob.uri in created["object"]["cc"]
    ((to, deleted),) = await withdrawn(stage, ana, work)
    assert to == bob.shared_inbox
    assert deleted["object"]["id"] == created["object"]["id"]
    assert await told(stage, ben) == []


async def test_an_artist_here_who_is_named_in_a_caption_is_told(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    work = await stage.hang(ana, caption="With nobody")
    draft = Draft(title="Blue hour", caption="With @ben@art.test and @ana@art.test")
    edits = [PictureEdit(one.id, one.alt) for one in work.pictures]
    for _ in range(2):
        await stage.flows.publishing.edit(ana, work.id, draft, edits)
    assert await told(stage, ben) == ["mention"]
    assert await told(stage, ana) == []


async def withdrawn(stage: Stage, artist: Any, work: Any) -> list[tuple[str, dict[str, Any]]]:
    await stage.flows.publishing.withdraw(artist, work.id)
    await stage.drain()
    return sent(stage, "Delete")
