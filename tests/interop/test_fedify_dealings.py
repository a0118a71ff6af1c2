"""How people part, move and show things, between us and a peer on Fedify: both ways."""

import pytest

from server.drafts import Draft
from server.errors import NotAllowed
from server.model import Counts, FollowState
from server.permits import InteractionPolicy, Permit
from tests.interop.fedify import Document
from tests.interop.scene import DOOR, ROOFS, Scene

# ---- blocks -----------------------------------------------------------------------------------


async def test_whom_we_block_is_told_and_heard_no_more(scene: Scene) -> None:
    await scene.cleo_follows()
    work = await scene.hang(Draft(title="Blue hour"), DOOR)
    cleo = await scene.cleo_here()
    await scene.here.flows.blocking.block(scene.ana, cleo)
    (block,) = await scene.got("Block")
    assert block["object"] == scene.cleo.uri
    await scene.cleo.send(scene.cleo.does("Like", scene.work_uri(work)), scene.ana_uri)
    await scene.settled()
    assert (await scene.here.flows.viewing.room(work.id, None)).counts == Counts()
    await scene.hang(Draft(title="After"), DOOR)
    assert len(await scene.got("Create")) == 1

    await scene.here.flows.blocking.unblock(scene.ana, cleo)
    (undo,) = await scene.got("Undo")
    assert (undo["object"]["id"], undo["object"]["type"]) == (block["id"], "Block")


async def test_who_blocks_us_is_followed_no_more_until_they_relent(scene: Scene) -> None:
    await scene.ana_follows()
    block = scene.cleo.does("Block", scene.ana_uri)
    await scene.cleo.send(block, scene.ana_uri)
    await scene.settled()
    cleo, following = await scene.cleo_here(), scene.here.flows.following
    assert (await following.relation(scene.ana.id, cleo.id)).follows is None
    with pytest.raises(NotAllowed):
        await following.follow(scene.ana, cleo)
    await scene.cleo.send(scene.cleo.does("Undo", block), scene.ana_uri)
    await scene.settled()
    assert await following.follow(scene.ana, cleo) is FollowState.PENDING


# ---- reports ----------------------------------------------------------------------------------


async def test_their_report_reaches_the_moderators(scene: Scene) -> None:
    work = await scene.hang(Draft(title="Blue hour"), DOOR)
    flag = scene.cleo.does("Flag", None, content="<p>Not hers</p>")
    del flag["object"]
    flag["objects"] = [scene.ana_uri, scene.work_uri(work)]
    await scene.cleo.send(flag, scene.ana_uri)
    await scene.settled()
    (report,) = await scene.here.read(lambda tx: tx.reports.page(is_open=True))
    assert (report.accused_id, report.objects) == (scene.ana.id, (scene.work_uri(work),))
    assert (report.content, report.uri) == ("Not hers", flag["id"])


async def test_our_report_speaks_for_the_server_and_names_nobody(scene: Scene) -> None:
    await scene.ana_follows()
    note = await scene.cleo.create(scene.cleo.writes(content="<p>Rude</p>"), scene.ana_uri)
    await scene.settled()
    cleo, target = await scene.cleo_here(), await scene.here.target(note["id"])
    reporting = scene.here.flows.reporting
    await reporting.report(scene.ana, cleo.id, "Rude words", about=[target], is_forwarded=True)
    await scene.settled()
    (flag,) = await scene.fedify.got(f"{scene.here.url}/actor", "Flag")
    assert sorted(flag["object"]) == sorted([scene.cleo.uri, note["id"]])
    assert "Rude words" in flag["content"]
    assert scene.ana_uri not in str(flag)


# ---- moves ------------------------------------------------------------------------------------


async def test_nobody_is_taken_along_to_who_does_not_agree(scene: Scene) -> None:
    await scene.ana_follows()
    dora = await scene.fedify.open("dora")  # who names nobody as her former self
    await scene.cleo.send(scene.cleo.does("Move", scene.cleo.uri, target=dora.uri), scene.ana_uri)
    await scene.settled()
    cleo = await scene.cleo_here()
    relation = await scene.here.flows.following.relation(scene.ana.id, cleo.id)
    assert relation.follows is FollowState.ACCEPTED
    assert [one["object"] for one in await scene.got("Follow")] == [scene.cleo.uri]


async def test_who_moves_there_is_followed_where_they_went(scene: Scene) -> None:
    await scene.ana_follows()
    dora = await scene.fedify.open("dora", aliases=[scene.cleo.uri])
    await scene.fedify.do("open", by=scene.cleo.handle, profile={"successor": dora.uri})
    await scene.cleo.send(scene.cleo.does("Move", scene.cleo.uri, target=dora.uri), scene.ana_uri)
    await scene.settled()
    assert [one["object"] for one in await scene.got("Follow")] == [scene.cleo.uri, dora.uri]
    (undo,) = await scene.got("Undo")
    assert undo["object"]["object"] == scene.cleo.uri
    assert "moved" in await scene.told()


async def test_who_moves_from_here_says_where_to(scene: Scene) -> None:
    await scene.cleo_follows()
    dora = await scene.fedify.open("dora", aliases=[scene.ana_uri])
    target = await scene.here.find(dora.address)
    await scene.here.flows.moving.move(scene.ana, target)
    (move,) = await scene.got("Move")
    assert (move["object"], move["target"]) == (scene.ana_uri, dora.uri)
    assert (await scene.cleo.look_up(scene.ana_uri))["movedTo"] == dora.uri


async def test_who_came_from_there_says_so(scene: Scene) -> None:
    await scene.here.flows.moving.add_alias(scene.ana, await scene.cleo_here())
    assert (await scene.cleo.look_up(scene.ana_uri))["alsoKnownAs"] == scene.cleo.uri


# ---- what stands on top -----------------------------------------------------------------------


async def test_their_pins_are_kept_until_they_are_taken_off(scene: Scene) -> None:
    await scene.ana_follows()
    note = await scene.cleo.create(scene.cleo.writes(content="<p>Best</p>"), scene.ana_uri)
    featured = f"{scene.cleo.uri}/featured"
    for kind, is_pinned in (("Add", True), ("Remove", False)):
        await scene.cleo.send(scene.cleo.does(kind, note["id"], target=featured), scene.ana_uri)
        await scene.settled()
        post = await scene.here.read(lambda tx: tx.posts.by_uri(note["id"]))
        assert (post.featured_at is not None) is is_pinned


async def test_our_pins_are_told_and_listed(scene: Scene) -> None:
    await scene.cleo_follows()
    await scene.hang(Draft(title="Newer"), DOOR)
    work = await scene.hang(Draft(title="Best"), ROOFS)
    await scene.here.flows.pinning.pin(scene.ana, work.id)
    (add,) = await scene.got("Add")
    expected: Document = {"object": scene.work_uri(work), "target": f"{scene.ana_uri}/featured"}
    assert {name: add[name] for name in expected} == expected
    (top,) = await scene.cleo.walk(f"{scene.ana_uri}/featured")
    assert top["id"] == scene.work_uri(work)
    await scene.here.flows.pinning.unpin(scene.ana, work.id)
    (remove,) = await scene.got("Remove")
    assert {name: remove[name] for name in expected} == expected


# ---- permission to quote (FEP-044f) -----------------------------------------------------------


async def quoted(scene: Scene, permit: Permit) -> tuple[Document, Document]:
    """Have Cleo ask to quote a work that `permit` may quote; return request and quoting post."""
    policy = InteractionPolicy(quote=permit)
    work = await scene.hang(Draft(title="Blue hour", interaction=policy), DOOR)
    uri = scene.work_uri(work)
    quote = scene.cleo.writes(content="<p>See this</p>", quote=uri)
    request = scene.cleo.does("QuoteRequest", uri, instrument=quote)
    await scene.cleo.send(request, scene.ana_uri)
    await scene.settled()
    return request, quote


async def test_who_may_not_quote_is_told_so(scene: Scene) -> None:
    request, _ = await quoted(scene, Permit.NOBODY)
    (reject,) = await scene.got("Reject")
    assert (reject["object"]["id"], reject["object"]["type"]) == (request["id"], "QuoteRequest")
    assert await scene.got("Accept") == []


async def test_who_may_quote_gets_a_stamp_that_says_so(scene: Scene) -> None:
    request, quote = await quoted(scene, Permit.EVERYONE)
    (accept,) = await scene.got("Accept")
    assert (accept["object"]["id"], accept["object"]["type"]) == (request["id"], "QuoteRequest")
    stamp = await scene.cleo.look_up(accept["result"])
    assert stamp["type"] == "QuoteAuthorization"
    assert stamp["attributedTo"] == scene.ana_uri
    assert stamp["interactingObject"] == quote["id"]
    assert stamp["interactionTarget"] == request["object"]


async def test_an_artist_who_is_asked_may_agree_later_and_think_again(scene: Scene) -> None:
    request, _ = await quoted(scene, Permit.APPROVED)
    assert await scene.got("Accept") == []
    approving = scene.here.flows.approving
    (asked,) = await approving.waiting(scene.ana.id)
    await approving.approve(scene.ana, asked.request.id)
    (accept,) = await scene.got("Accept")
    assert accept["object"]["id"] == request["id"]
    await approving.withdraw(scene.ana, asked.request.id)
    (delete,) = await scene.got("Delete")
    assert delete["object"]["id"] == accept["result"]
    assert await scene.cleo.look_up(accept["result"]) is None
