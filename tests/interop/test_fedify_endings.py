"""Ends, quotes and emoji between us and a peer on Fedify, both ways; first what is refused."""

from server.drafts import Draft, PictureEdit
from server.model import Post, Quote, TargetId, Work
from tests.interop.fedify import Document
from tests.interop.scene import DOOR, Scene


async def note_of_cleo(scene: Scene) -> Document:
    """Have Cleo, whom Ana follows, post something that can be fetched."""
    await scene.ana_follows()
    note = await scene.cleo.create(scene.cleo.writes(content="<p>Look</p>"), scene.ana_uri)
    await scene.settled()
    return note


async def asked(scene: Scene) -> tuple[Work, Document, Document]:
    """Have a work of Ana's be after a note of Cleo's; return both, and the QuoteRequest."""
    note = await note_of_cleo(scene)
    uri = await scene.here.flows.quotables.find(scene.ana, note["id"])
    work = await scene.hang(Draft(title="After Cleo", quote=uri), DOOR)
    (request,) = await scene.got("QuoteRequest")
    return work, note, request


async def quote_of(scene: Scene, work: Work) -> Quote | None:
    await scene.settled()
    kept = await scene.here.read(lambda tx: tx.works.by_id(work.id))
    found: Quote | None = kept.quote
    return found


def answered(scene: Scene, kind: str, request: Document, note: Document, **more: str) -> Document:
    asked_for = {"type": "QuoteRequest", "id": request["id"], "actor": scene.ana_uri}
    asked_for |= {"object": note["id"], "instrument": request["instrument"]["id"]}
    return scene.cleo.does(kind, asked_for, **more)


# ---- what is refused --------------------------------------------------------------------------


async def test_a_stamp_for_something_else_shows_nothing(scene: Scene) -> None:
    work, note, request = await asked(scene)
    stamp = {
        "type": "QuoteAuthorization",
        "id": scene.cleo.new_uri("stamps"),
        "attribution": scene.cleo.uri,
        "interactingObject": f"{scene.here.url}/works/1",
        "interactionTarget": note["id"],
    }
    await scene.fedify.do("keep", thing=stamp)
    await scene.cleo.send(
        answered(scene, "Accept", request, note, result=stamp["id"]), scene.ana_uri
    )
    quote = await quote_of(scene, work)
    assert quote is not None
    assert not quote.is_approved


async def test_a_refusal_takes_the_quote_out(scene: Scene) -> None:
    work, note, request = await asked(scene)
    await scene.cleo.send(answered(scene, "Reject", request, note), scene.ana_uri)
    assert await quote_of(scene, work) is None
    assert "quote_refused" in await scene.told()


# ---- quotes -----------------------------------------------------------------------------------


async def test_our_request_carries_the_work_and_a_stamp_is_believed_and_taken_back(
    scene: Scene,
) -> None:
    work, note, request = await asked(scene)
    assert (request["object"], request["instrument"]["id"]) == (note["id"], scene.work_uri(work))
    stamp = {
        "type": "QuoteAuthorization",
        "id": scene.cleo.new_uri("stamps"),
        "attribution": scene.cleo.uri,
        "interactingObject": scene.work_uri(work),
        "interactionTarget": note["id"],
    }
    await scene.fedify.do("keep", thing=stamp)
    await scene.cleo_follows()
    await scene.cleo.send(
        answered(scene, "Accept", request, note, result=stamp["id"]), scene.ana_uri
    )
    quote = await quote_of(scene, work)
    assert quote is not None
    assert (quote.approval_uri, quote.is_approved) == (stamp["id"], True)
    *_, update = await scene.got("Update")
    assert update["object"]["quoteAuthorization"] == stamp["id"]
    seen = await scene.cleo.look_up(scene.work_uri(work))
    assert seen["quote"] == note["id"]
    tombstone = {"type": "Tombstone", "id": stamp["id"]}
    await scene.cleo.send(scene.cleo.does("Delete", tombstone), scene.ana_uri)
    assert await quote_of(scene, work) is None


async def test_our_comment_is_edited_there_as_well(scene: Scene) -> None:
    note = await note_of_cleo(scene)
    commenting = scene.here.flows.commenting
    target = await scene.here.target(note["id"])
    said: Post = await commenting.comment(scene.ana, target, "Lovley")
    assert len(await scene.got("Create")) == 1
    await commenting.edit(scene.ana, said.id, "Lovely")
    (update,) = await scene.got("Update")
    assert (update["object"]["id"], "Lovely" in update["object"]["content"]) == (said.uri, True)


# ---- emoji ------------------------------------------------------------------------------------


async def test_our_emoji_arrives_is_changed_and_taken_back(scene: Scene) -> None:
    note = await note_of_cleo(scene)
    reactions = scene.here.flows.reactions
    target: TargetId = await scene.here.target(note["id"])
    await reactions.react_with(scene.ana, target, "🎨")
    (like,) = await scene.got("Like")
    assert (like["object"], like["content"]) == (note["id"], "🎨")
    await reactions.react_with(scene.ana, target, "✨")
    await scene.settled()
    scene.here.clock.advance(seconds=2)
    likes = await scene.got("Like")
    assert [one["content"] for one in likes] == ["🎨", "✨"]
    (undo,) = await scene.got("Undo")
    assert undo["object"]["id"] == like["id"]


# ---- ends -------------------------------------------------------------------------------------


async def test_who_is_deleted_there_is_gone_here(scene: Scene) -> None:
    await scene.cleo_follows()
    cleo = await scene.cleo_here()
    gone = scene.cleo.does("Delete", {"type": "Person", "id": scene.cleo.uri})
    await scene.cleo.send(gone, scene.ana_uri)
    await scene.settled()
    kept = await scene.here.read(lambda tx: tx.actors.by_id(cleo.id))
    assert kept.gone_at is not None
    assert await scene.here.read(lambda tx: tx.relations.follow(cleo.id, scene.ana.id)) is None


async def test_who_is_deleted_here_is_gone_everywhere(scene: Scene) -> None:
    """Cleo on Fedify and Bob on our second instance both hear of it, signed and proved."""
    await scene.cleo_follows()
    found = await scene.there.find(f"ana@{scene.here.config.instance.domain}")
    await scene.there.flows.following.follow(scene.bob, found)
    work = await scene.hang(Draft(title="Last"), DOOR)
    assert await scene.cleo.look_up(scene.ana_uri) is not None
    await scene.here.flows.account_ends.ask(scene.ana, at_once=True)
    (delete,) = await scene.got("Delete")
    assert delete["object"]["id"] == scene.ana_uri
    there = await scene.there.read(lambda tx: tx.actors.by_id(found.id))
    assert there.gone_at is not None
    assert await scene.there.feed(scene.bob) == []
    scene.here.clock.advance(hours=1)
    await scene.settled()
    for uri in (scene.ana_uri, scene.work_uri(work)):
        assert (await scene.there.get(uri))[0] in {404, 410}
        assert await scene.cleo.look_up(uri) is None
    assert (await scene.there.get(scene.ana_uri))[0] == 410


async def test_an_edit_keeps_what_was_agreed(scene: Scene) -> None:
    work, note, _ = await asked(scene)
    pictures = [PictureEdit(one.id, one.alt) for one in work.pictures]
    await scene.here.flows.publishing.edit(scene.ana, work.id, Draft(title="New"), pictures)
    quote = await quote_of(scene, work)
    assert quote is not None
    assert quote.uri == note["id"]
    assert len(await scene.got("QuoteRequest")) == 1
