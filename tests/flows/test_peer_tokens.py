"""Every server is told its own addresses of pictures: always the same, under proofs that hold."""

from typing import Any

from federation import proofs
from federation.keys import load_public_key
from server.given import GivenTo, read_key
from server.model import Artist, Visibility, Work
from server.promises import Deed, SayPromise, promise
from tests.two_servers.stage import Peer, Stage

BOB, EVE = Peer("bob"), Peer("eve", "far.test", 2)


async def followed(stage: Stage, *peers: Peer) -> Artist:
    ana = await stage.artist()
    for peer in peers:
        await stage.befriend(peer, ana)
    return ana


def said_to(stage: Stage, peer: Peer) -> list[dict[str, Any]]:
    return [said for inbox, said in stage.net.delivered if inbox == peer.shared_inbox]


def urls(said: dict[str, Any]) -> list[str]:
    return [one["url"] for one in said["object"]["attachment"]]


async def given(stage: Stage, url: str, work: Work) -> str:
    return str(await stage.flows.given_to.host_of(url.partition("p=")[2], work.id))


async def verify(stage: Stage, said: dict[str, Any]) -> None:
    actor = await stage.read(lambda tx: tx.actors.by_uri("https://art.test/users/ana"))
    ((key_id, multikey),) = actor.more_keys
    proof = proofs.read_proof(said)
    assert proof is not None
    key = load_public_key(multikey, key_id=key_id, owner=actor.uri)
    proofs.verify(said, proof, key, stage.clock.now())


async def edit(stage: Stage, work: Work) -> None:
    """Say a work anew, as after an edit of its words."""
    async with stage.library.transaction() as tx:
        await promise(tx, stage.clock, SayPromise(Deed.WORK_EDITED, work.artist_id, work.id))
    await stage.drain()


async def test_each_server_is_told_its_own_addresses_and_each_proof_holds(stage: Stage) -> None:
    ana = await followed(stage, BOB, EVE)
    work = await stage.hang(ana, pictures=2)
    await stage.drain()
    (bob,), (eve,) = said_to(stage, BOB), said_to(stage, EVE)
    assert [await given(stage, url, work) for url in urls(bob)] == ["peer.test"] * 2
    assert [await given(stage, url, work) for url in urls(eve)] == ["far.test"] * 2
    for said in (bob, eve):
        await verify(stage, said)
    assert bob["proof"] != eve["proof"]


async def test_addresses_stay_as_they_were_when_a_work_is_edited(stage: Stage) -> None:
    ana = await followed(stage, BOB, EVE)
    work = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    await stage.drain()
    stage.clock.advance(hours=50)
    await edit(stage, work)
    for peer in (BOB, EVE):
        first, then = said_to(stage, peer)
        assert (first["type"], then["type"]) == ("Create", "Update")
        assert urls(first) == urls(then)
        await verify(stage, then)


async def test_addresses_stay_as_they_were_after_a_restart(stage: Stage) -> None:
    ana = await followed(stage, BOB)
    work = await stage.hang(ana)
    await stage.drain()
    anew = GivenTo(stage.library, stage.clock, await read_key(stage.library))
    (said,) = said_to(stage, BOB)
    (url,) = urls(said)
    assert url.endswith(f"?p={await anew.token('peer.test', work.id)}")
    assert await anew.host_of(url.partition("p=")[2], work.id) == "peer.test"


async def test_a_server_that_is_told_again_is_told_the_same_to_the_letter(stage: Stage) -> None:
    ana = await followed(stage, BOB)
    await stage.hang(ana)
    stage.net.inbox_status = 503
    await stage.drain()
    stage.clock.advance(hours=1)
    stage.net.inbox_status = 202
    await stage.drain()
    first, then = (one.body for one in stage.net.asked if one.method == "POST")
    assert first == then


async def test_a_token_says_nothing_beside_another_work_or_under_another_key(stage: Stage) -> None:
    ana = await followed(stage)
    one, other = await stage.hang(ana), await stage.hang(ana)
    known = stage.flows.given_to
    token = await known.token("far.test", one.id)
    assert await known.host_of(token, one.id) == "far.test"
    assert await known.host_of(token, other.id) == ""
    assert await known.host_of(await known.token("", one.id), one.id) == ""
    assert await known.host_of(known.tokens.token(12_345, one.id), one.id) == ""  # nobody's number
    for text in ("", "x", token[:-1], token.swapcase(), "A" * 22, "\0" * 22, "é" * 22):
        assert await known.host_of(text, one.id) == ""


async def test_what_carries_no_work_is_told_to_all_alike(stage: Stage) -> None:
    ana = await followed(stage, BOB, EVE)
    work = await stage.hang(ana)
    await stage.drain()
    await stage.flows.publishing.withdraw(ana, work.id)
    await stage.drain()
    assert said_to(stage, BOB)[-1] == said_to(stage, EVE)[-1]
