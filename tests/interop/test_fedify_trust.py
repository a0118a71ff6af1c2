"""Who is believed between us and a peer on Fedify: signatures, new keys, new profiles."""

import json
import re

import aiohttp

from federation.messages import Unsigned
from server.drafts import Draft
from server.model import Counts, Visibility, Work
from server.viewing import Room
from tests.interop.fedify import Document
from tests.interop.scene import DOOR, Scene
from tests.two_servers.stage import ACTIVITY_JSON


async def counts(scene: Scene, work: Work) -> Counts:
    await scene.settled()
    room: Room = await scene.here.flows.viewing.room(work.id, None)
    return room.counts


async def test_neither_believes_what_is_not_signed(scene: Scene) -> None:
    cleo, ana = scene.cleo.uri, scene.ana_uri
    for inbox, actor, whom in (
        (f"{scene.here.url}/inbox", cleo, ana),
        (f"{scene.ana_uri}/inbox", cleo, ana),
        (scene.cleo.inbox, ana, cleo),
    ):
        follow = {"id": f"{actor}/follows/1", "type": "Follow", "actor": actor, "object": whom}
        async with scene.fedify.session.post(
            inbox,
            json={"@context": "https://www.w3.org/ns/activitystreams", **follow},
            headers={"Content-Type": ACTIVITY_JSON},
        ) as answer:
            assert answer.status == aiohttp.web.HTTPUnauthorized.status_code
    assert await scene.told() == []
    assert await scene.got() == []


async def test_their_first_knock_is_let_in(scene: Scene) -> None:
    await scene.cleo_follows()
    assert await scene.fedify.knocks(f"{scene.ana_uri}/inbox", "us") == [("rfc9421", 202)]


async def knocks_where_some_are_ignored(
    scene: Scene, *schemes: str, asks: bool
) -> list[tuple[str, int]]:
    """Hang a work while the peer sees no signatures of these kinds; return how we knocked."""
    inbox = f"{scene.fedify.url}/inbox"
    before = len(await scene.fedify.knocks(inbox, "them"))
    await scene.fedify.do("ignore", schemes=schemes, asks=asks)
    try:
        await scene.hang(Draft(title="Knock"), DOOR)
    finally:
        await scene.fedify.do("ignore", schemes=[])
    return (await scene.fedify.knocks(inbox, "them"))[before:]


async def test_our_second_knock_is_signed_as_they_ask_and_remembered(scene: Scene) -> None:
    """Their 401 comes with `Accept-Signature` and a nonce, which our second knock brings back."""
    await scene.cleo_follows()
    asked = await knocks_where_some_are_ignored(scene, "cavage", asks=True)
    assert asked == [("cavage", 401), ("rfc9421", 202)]
    back = await knocks_where_some_are_ignored(scene, "rfc9421", asks=False)
    assert back == [("rfc9421", 401), ("cavage", 202)]
    assert await knocks_where_some_are_ignored(scene, asks=False) == [("cavage", 202)]
    assert len(await scene.got("Create")) == 3


async def test_their_new_key_is_fetched_and_believed(scene: Scene) -> None:
    work = await scene.hang(Draft(title="Keys"), DOOR)
    await scene.cleo_follows()
    await scene.fedify.do("rotate", by=scene.cleo.handle)
    await scene.cleo.send(scene.cleo.does("Like", scene.work_uri(work)), scene.ana_uri)
    assert await counts(scene, work) == Counts(likes=1)


async def test_our_new_keys_are_fetched_and_believed(scene: Scene) -> None:
    await scene.cleo_follows()
    before = await scene.cleo.look_up(scene.ana_uri)
    await scene.here.flows.accounts.keys.rotate(scene.ana)
    scene.here.clock.advance(seconds=61)  # by then every process knows
    await scene.hang(Draft(title="Keys"), DOOR)
    assert len(await scene.got("Create")) == 1
    after = await scene.cleo.look_up(scene.ana_uri)
    assert after["publicKey"]["publicKeyPem"] != before["publicKey"]["publicKeyPem"]
    assert multikeys(after)
    assert multikeys(after).isdisjoint(multikeys(before))


def multikeys(actor: Document) -> set[str]:
    found = actor["assertionMethod"]
    listed = found if isinstance(found, list) else [found]
    return {one["publicKeyMultibase"] for one in listed}


async def test_their_profile_changes_here(scene: Scene) -> None:
    await scene.cleo_follows()
    profile = {"name": "Cleo Ash", "summary": "<p>Prints</p>", "manuallyApprovesFollowers": True}
    how = {"by": scene.cleo.handle, "profile": profile, "to": [scene.ana_uri]}
    await scene.fedify.do("change", **how)
    await scene.settled()
    cleo = await scene.cleo_here()
    assert (cleo.name, cleo.summary_html) == ("Cleo Ash", "<p>Prints</p>")
    assert cleo.approves_follows


async def test_our_profile_changes_there(scene: Scene) -> None:
    await scene.cleo_follows()
    await scene.here.lock(scene.ana)
    (update,) = await scene.got("Update")
    assert (update["object"]["id"], update["object"]["type"]) == (scene.ana_uri, "Person")
    assert update["object"]["manuallyApprovesFollowers"] is True


async def test_who_deletes_themselves_there_leaves_nothing_here(scene: Scene) -> None:
    work = await scene.hang(Draft(title="Farewell"), DOOR)
    await scene.cleo_follows()
    await scene.cleo.send(scene.cleo.does("Like", scene.work_uri(work)), scene.ana_uri)
    comment = scene.cleo.writes(content="<p>Bye</p>", replyTarget=scene.work_uri(work))
    await scene.cleo.create(comment, scene.ana_uri)
    assert await counts(scene, work) == Counts(likes=1, comments=1)
    await scene.cleo.send(scene.cleo.does("Delete", scene.cleo.uri), scene.ana_uri)
    await scene.fedify.do("close", by=scene.cleo.handle)
    assert await counts(scene, work) == Counts()
    await scene.hang(Draft(title="After"), DOOR)
    assert await scene.got("Create") == []


# ---- words that prove themselves (FEP-8b32) ---------------------------------------------------


async def brought(scene: Scene, inbox: str, activity: Document) -> int:
    """Have Bob's server bring somebody else's activity to an inbox; return the answer's status."""
    headers = (("Content-Type", ACTIVITY_JSON),)
    request = Unsigned("POST", inbox, headers, json.dumps(activity).encode())
    signing = scene.there.flows.signing
    signed = await signing.signed(request, scene.bob.id)
    return (await scene.there.instance.seams.transport.send(signed)).status


async def test_their_words_are_believed_whoever_brings_them(scene: Scene) -> None:
    work = await scene.hang(Draft(title="Proofs"), DOOR)
    like = scene.cleo.does("Like", scene.work_uri(work))
    proved = await scene.fedify.do("prove", by=scene.cleo.handle, activity=like)
    inbox = f"{scene.here.url}/inbox"
    forged = proved | {"id": scene.cleo.new_uri()}
    assert await brought(scene, inbox, forged) == aiohttp.web.HTTPUnauthorized.status_code
    assert await counts(scene, work) == Counts()
    assert await brought(scene, inbox, proved) == aiohttp.web.HTTPAccepted.status_code
    assert await counts(scene, work) == Counts(likes=1)


async def test_our_words_are_believed_whoever_brings_them(scene: Scene) -> None:
    await scene.cleo_follows()
    await scene.hang(Draft(title="Proofs"), DOOR)
    log = await scene.fedify.do("log")
    bodies = [json.loads(one["body"]) for one in log["knocks"] if one["from"] == "them"]
    (create,) = (one for one in bodies if (one["type"], one["actor"]) == ("Create", scene.ana_uri))
    dora = await scene.fedify.open("dora")  # at whose inbox it was not seen yet
    forged = create | {"id": f"{create['id']}/again"}
    assert await brought(scene, dora.inbox, forged) == aiohttp.web.HTTPUnauthorized.status_code
    assert await brought(scene, dora.inbox, create) == aiohttp.web.HTTPAccepted.status_code
    assert [one["id"] for one in await scene.got("Create")] == [create["id"]] * 2


# ---- followers in step (FEP-8fcf) -------------------------------------------------------------


async def test_our_word_of_who_follows_is_theirs(scene: Scene) -> None:
    await scene.cleo_follows()
    await scene.hang(Draft(title="Among friends", visibility=Visibility.FOLLOWERS), DOOR)
    log = await scene.fedify.do("log")
    told = [
        one["sync"] for one in log["knocks"] if one.get("sync") and scene.ana_uri in one["sync"]
    ]
    how = {"followers": f"{scene.ana_uri}/followers", "members": [scene.cleo.uri]}
    theirs = await scene.fedify.do("synchronization", **how)
    (digest,) = re.findall(r'digest="(\w+)"', told[-1])
    assert f'digest="{digest}"' in theirs
    (url,) = re.findall(r'url="([^"]+)"', told[-1])
    listed = await scene.cleo.walk(url)
    assert [one["id"] for one in listed] == [scene.cleo.uri]


async def test_who_follows_no_more_by_their_word_is_put_right(scene: Scene) -> None:
    await scene.ana_follows()
    note = scene.cleo.writes(content="<p>Friends</p>", to=scene.cleo.followers)
    del note["cc"]
    await scene.fedify.do("befriend", by=scene.cleo.handle, followers=[f"{scene.here.url}/actor"])
    how = {"preferSharedInbox": True, "syncCollection": True}
    activity = scene.cleo.does("Create", note, to=scene.cleo.followers)
    await scene.fedify.do("send", by=scene.cleo.handle, activity=activity, to="followers", **how)
    await scene.settled()
    scene.here.clock.advance(seconds=60)  # what differs might have been on its way
    await scene.settled()
    cleo, following = await scene.cleo_here(), scene.here.flows.following
    assert (await following.relation(scene.ana.id, cleo.id)).follows is None
