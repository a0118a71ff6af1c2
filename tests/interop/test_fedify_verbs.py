"""Each verb between us and a peer on Fedify, both ways; first what is refused."""

import pytest

from server.drafts import Draft, PictureEdit
from server.model import Counts, FollowState, Post, ReactionKind, TargetId, Work
from server.viewing import Room
from tests.interop.fedify import Declined, Document
from tests.interop.scene import DOOR, ROOFS, Scene


async def hung(scene: Scene) -> Work:
    return await scene.hang(Draft(title="Blue hour"), DOOR)


async def room(scene: Scene, work: Work) -> Room:
    await scene.settled()
    found: Room = await scene.here.flows.viewing.room(work.id, None)
    return found


async def feed(scene: Scene) -> list[Post]:
    """Return others' posts in Ana's feed, newest first."""
    await scene.settled()
    return [one.said.post for one in await scene.here.feed(scene.ana) if one.said]


async def state_of_cleo(scene: Scene) -> FollowState | None:
    cleo = await scene.cleo_here()
    relation = await scene.here.flows.following.relation(scene.ana.id, cleo.id)
    found: FollowState | None = relation.follows
    return found


# ---- what is refused --------------------------------------------------------------------------


async def test_nobody_speaks_for_somebody_else(scene: Scene) -> None:
    work = await hung(scene)
    dora = await scene.fedify.open("dora")
    forged = dora.does("Like", scene.work_uri(work))
    with pytest.raises(Declined, match=r"401|403"):
        await scene.cleo.send(forged, scene.ana_uri)
    assert (await room(scene, work)).counts == Counts()


async def test_nobody_edits_or_deletes_what_is_somebody_elses(scene: Scene) -> None:
    work = await hung(scene)
    comment = await scene.cleo.create(
        scene.cleo.writes(content="<p>Mine</p>", replyTarget=scene.work_uri(work)), scene.ana_uri
    )
    dora = await scene.fedify.open("dora")
    stolen = comment | {"attribution": dora.uri, "content": "<p>Hers</p>"}
    tombstone = {"type": "Tombstone", "id": comment["id"]}
    await dora.send(dora.does("Update", stolen), scene.ana_uri)  # 202: of her own server, we look
    await dora.send(dora.does("Delete", tombstone), scene.ana_uri)
    ours = {"type": "Tombstone", "id": scene.work_uri(work)}
    with pytest.raises(Declined, match=r"401|403"):
        await dora.send(dora.does("Delete", ours), scene.ana_uri)
    (said,) = (await room(scene, work)).comments
    assert "Mine" in said.post.content_html


async def test_a_refused_server_is_answered_and_forgotten(scene: Scene) -> None:
    scene.here.refuse("inbound", scene.fedify.url.removeprefix("https://"))
    await scene.cleo_follows()
    assert await scene.told() == []
    assert await scene.got() == []


# ---- follows ----------------------------------------------------------------------------------


async def test_their_follow_is_accepted_and_taken_back(scene: Scene) -> None:
    follow = await scene.cleo_follows()
    (accept,) = await scene.got("Accept")
    assert (accept["object"]["id"], accept["object"]["actor"]) == (follow["id"], scene.cleo.uri)
    assert await scene.told() == ["follow"]
    following = scene.here.flows.following
    assert len(await following.followers(scene.ana.id, FollowState.ACCEPTED)) == 1
    await scene.cleo.send(scene.cleo.does("Undo", follow), scene.ana_uri)
    await scene.settled()
    assert await following.followers(scene.ana.id, FollowState.ACCEPTED) == []
    await hung(scene)
    assert await scene.got("Create") == []


async def test_their_follow_of_who_approves_follows_waits_and_may_be_refused(scene: Scene) -> None:
    await scene.here.lock(scene.ana)
    assert (await scene.cleo.look_up(scene.ana_uri))["manuallyApprovesFollowers"] is True
    follow = await scene.cleo_follows()
    assert await scene.got("Accept") == []
    following = scene.here.flows.following
    (request,) = await following.followers(scene.ana.id, FollowState.PENDING)
    await following.answer(scene.ana, request[0].follower_id, is_accepted=False)
    (reject,) = await scene.got("Reject")
    assert reject["object"]["id"] == follow["id"]


async def test_our_follow_is_accepted_and_taken_back(scene: Scene) -> None:
    await scene.ana_follows()
    assert await state_of_cleo(scene) is FollowState.ACCEPTED
    assert await scene.told() == ["follow_accepted"]
    await scene.here.flows.following.unfollow(scene.ana, await scene.cleo_here())
    (undo,) = await scene.got("Undo")
    (follow,) = await scene.got("Follow")
    assert undo["object"]["id"] == follow["id"]
    assert (undo["object"]["type"], undo["object"]["object"]) == ("Follow", scene.cleo.uri)


async def test_our_follow_is_refused(scene: Scene) -> None:
    await scene.here.flows.following.follow(scene.ana, await scene.cleo_here())
    (follow,) = await scene.got("Follow")
    assert await state_of_cleo(scene) is FollowState.PENDING
    asked = {"type": "Follow", "id": follow["id"], "actor": scene.ana_uri, "object": scene.cleo.uri}
    await scene.cleo.send(scene.cleo.does("Reject", asked), scene.ana_uri)
    await scene.settled()
    assert await state_of_cleo(scene) is None


# ---- posts ------------------------------------------------------------------------------------


async def test_their_posts_of_all_kinds_arrive_change_and_go(scene: Scene) -> None:
    await scene.ana_follows()
    cleo = scene.cleo
    image = {
        "type": "Image",
        "mediaType": "image/jpeg",
        "url": f"{scene.fedify.url}/harbour.jpg",
        "width": 1200,
        "height": 800,
        "name": "The harbour at noon",
    }
    tag = {"type": "Hashtag", "name": "#oil", "href": f"{scene.fedify.url}/tags/oil"}
    note = await cleo.create(
        cleo.writes(content="<p>Noon</p>", attachments=[image, image], tags=[tag]), scene.ana_uri
    )
    (post,) = await feed(scene)
    assert [(p.url, p.alt, p.width, p.height) for p in post.pictures] == [
        (image["url"], "The harbour at noon", 1200, 800)
    ] * 2
    assert (post.uri, post.tags) == (note["id"], ("oil",))

    article = cleo.writes("Article", name="On varnish", content="<p>Long</p>")
    await cleo.create(article, scene.ana_uri)
    choices = [{"type": "Note", "name": name} for name in ("Oil", "Ink")]
    question = cleo.writes("Question", content="<p>Which?</p>", exclusiveOptions=choices)
    await cleo.create(question, scene.ana_uri)
    asked, long, _ = await feed(scene)
    assert (long.title, "Long" in long.content_html) == ("On varnish", True)
    assert "Which?" in asked.content_html

    edited = note | {
        "content": "<p>Evening</p>",
        "updated": scene.moment(60),
        "attachments": [image],
    }
    await cleo.send(cleo.does("Update", edited, to=note["to"]), scene.ana_uri)
    changed = (await feed(scene))[-1]
    assert ("Evening" in changed.content_html, len(changed.pictures)) == (True, 1)

    for gone in (note, article, question):
        tombstone = {"type": "Tombstone", "id": gone["id"]}
        await cleo.send(cleo.does("Delete", tombstone, to=gone["to"]), scene.ana_uri)
    assert await feed(scene) == []


async def test_their_mention_reaches_whom_it_names(scene: Scene) -> None:
    mention = {"type": "Mention", "href": scene.ana_uri, "name": "@ana"}
    whispered = scene.cleo.writes(content="<p>@ana psst</p>", tags=[mention], to=scene.ana_uri)
    del whispered["cc"]
    await scene.cleo.create(whispered, scene.ana_uri)
    assert await scene.told() == ["mention"]


async def test_our_work_arrives_changes_and_goes(scene: Scene) -> None:
    await scene.cleo_follows()
    work = await scene.hang(Draft(title="Blue hour", tags=("oil",)), DOOR, ROOFS)
    (create,) = await scene.got("Create")
    assert [one["name"] for one in create["object"]["attachment"]] == ["A door", "Roofs"]

    scene.here.clock.advance(seconds=60)
    edits = [PictureEdit(one.id, f"{one.alt}, later") for one in work.pictures]
    await scene.here.flows.publishing.edit(scene.ana, work.id, Draft(title="Night"), edits)
    (update,) = await scene.got("Update")
    assert update["object"]["id"] == create["object"]["id"]
    assert "Night" in update["object"]["content"]
    assert [one["name"] for one in update["object"]["attachment"]] == [
        "A door, later",
        "Roofs, later",
    ]

    await scene.here.flows.publishing.withdraw(scene.ana, work.id)
    (delete,) = await scene.got("Delete")
    assert (delete["object"]["id"], delete["object"]["type"]) == (scene.work_uri(work), "Tombstone")


# ---- answers and reactions --------------------------------------------------------------------


async def test_their_answer_stands_below_the_work_changes_and_goes(scene: Scene) -> None:
    work = await hung(scene)
    cleo = scene.cleo
    answer = await cleo.create(
        cleo.writes(content="<p>Which blue?</p>", replyTarget=scene.work_uri(work)), scene.ana_uri
    )
    assert await scene.told() == ["comment"]
    (said,) = (await room(scene, work)).comments
    assert (said.author.address, "Which blue?" in said.post.content_html) == (cleo.address, True)

    edited = answer | {"content": "<p>Which red?</p>", "updated": scene.moment(60)}
    await cleo.send(cleo.does("Update", edited, to=answer["to"]), scene.ana_uri)
    (said,) = (await room(scene, work)).comments
    assert "Which red?" in said.post.content_html

    ours = await scene.here.flows.commenting.comment(
        scene.ana, TargetId(said.post.id), "Prussian <blue>"
    )
    (create,) = await scene.got("Create")
    note: Document = create["object"]
    assert (note["inReplyTo"], note["id"]) == (answer["id"], ours.uri)
    assert "Prussian &lt;blue&gt;" in note["content"]
    assert (note["tag"]["type"], note["tag"]["href"]) == ("Mention", cleo.uri)
    assert (await cleo.look_up(ours.uri))["content"] == note["content"]

    await scene.here.flows.commenting.remove(scene.ana, ours.id)
    (delete,) = await scene.got("Delete")
    assert delete["object"]["id"] == ours.uri
    tombstone = {"type": "Tombstone", "id": answer["id"]}
    await cleo.send(cleo.does("Delete", tombstone, to=answer["to"]), scene.ana_uri)
    assert (await room(scene, work)).comments == ()


@pytest.mark.parametrize(
    ("kind", "told", "counts"),
    [
        ("Like", "like", Counts(likes=1)),
        ("EmojiReact", "like", Counts(likes=1)),
        ("Announce", "boost", Counts(boosts=1)),
    ],
)
async def test_their_reaction_counts_until_it_is_taken_back(
    scene: Scene, kind: str, told: str, counts: Counts
) -> None:
    work = await hung(scene)
    done = scene.cleo.does(kind, scene.work_uri(work), content="🎨")
    await scene.cleo.send(done, scene.ana_uri)
    assert (await room(scene, work)).counts == counts
    assert await scene.told() == [told]
    await scene.cleo.send(scene.cleo.does("Undo", done), scene.ana_uri)
    assert (await room(scene, work)).counts == Counts()
    await scene.cleo.send(scene.cleo.does(kind, scene.work_uri(work)), scene.ana_uri)
    assert (await room(scene, work)).counts == counts


@pytest.mark.parametrize("kind", list(ReactionKind))
async def test_our_reaction_arrives_and_is_taken_back(scene: Scene, kind: ReactionKind) -> None:
    await scene.ana_follows()
    note = await scene.cleo.create(scene.cleo.writes(content="<p>Look</p>"), scene.ana_uri)
    await scene.settled()
    target = await scene.here.target(note["id"])
    name = {ReactionKind.LIKE: "Like", ReactionKind.BOOST: "Announce"}[kind]
    await scene.here.flows.reactions.react(scene.ana, target, kind)
    (done,) = await scene.got(name)
    assert done["object"] == note["id"]
    await scene.here.flows.reactions.take_back(scene.ana, target, kind)
    (undo,) = await scene.got("Undo")
    assert (undo["object"]["type"], undo["object"]["id"]) == (name, done["id"])


async def test_a_thread_goes_over_three_servers(scene: Scene) -> None:
    """Bob on our second instance and Cleo on Fedify both talk below Ana's work."""
    work = await hung(scene)
    await scene.cleo_follows()
    found = await scene.there.find(f"ana@{scene.here.config.instance.domain}")
    await scene.there.flows.following.follow(scene.bob, found)
    await scene.settled()
    second = await hung(scene)
    target = await scene.there.target(scene.work_uri(second))
    comment = await scene.there.flows.commenting.comment(scene.bob, target, "Which blue?")
    await scene.settled()
    seen = await scene.cleo.look_up(comment.uri)
    assert seen["inReplyTo"] == scene.work_uri(second)
    answer = scene.cleo.writes(content="<p>Prussian</p>", replyTarget=comment.uri)
    await scene.cleo.create(answer, scene.bob_uri, scene.ana_uri)
    said = [one.post.uri for one in (await room(scene, second)).comments]
    assert said == [comment.uri, answer["id"]]
    assert (await room(scene, work)).comments == ()
