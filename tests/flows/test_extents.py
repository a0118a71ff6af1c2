"""What goes out whole, small, as a link, or not: each version with a proof of its own."""

import json
from typing import Any

import pytest

from federation import proofs
from federation.keys import load_public_key
from server.changes import NewWord
from server.model import Visibility
from server.tiers import Tier
from tests.two_servers.stage import Peer, Stage

PEERS = {
    "whole": Peer("bob"),
    "small": Peer("eve", "small.test", 2),
    "small too": Peer("kim", "tiny.test", 3),
    "link": Peer("lou", "link.test", 4),
    "nothing": Peer("mal", "evil.test", 5),
}
RULES = """
    [[rules]]
    name = "Links"
    door = "outbound"
    when = { peer = ["link.test"] }
    then = "link-only"
    """


async def spread(stage: Stage, **work: Any) -> dict[str, list[dict[str, Any]]]:
    """Hang a work of Ana's, whom all follow; return what each was sent."""
    ana = await stage.artist()
    for peer in PEERS.values():
        await stage.befriend(peer, ana)
    stage.rules(RULES)
    stage.stand(small_test="limited", tiny_test="limited", evil_test="refused")
    await stage.hang(ana, **work)
    await stage.drain()
    sent = stage.net.delivered
    return {
        name: [said for inbox, said in sent if inbox == peer.shared_inbox]
        for name, peer in PEERS.items()
    }


async def test_each_server_is_sent_what_its_tier_and_the_rules_allow(stage: Stage) -> None:
    sent = await spread(stage, pictures=2, caption="Over the roofs", tags=("oil",))
    assert sent["nothing"] == []
    notes = {name: said[0]["object"] for name, said in sent.items() if said}
    sizes = {name: [one["width"] for one in note["attachment"]] for name, note in notes.items()}
    assert sizes == {"whole": [2880] * 2, "small": [800] * 2, "small too": [800] * 2, "link": []}
    assert "Over the roofs" in notes["small"]["content"]
    assert "Over the roofs" not in notes["link"]["content"]
    assert "Blue hour" in notes["link"]["content"]
    assert {note["id"] for note in notes.values()} == {notes["whole"]["id"]}
    assert all(said[0]["id"] == sent["whole"][0]["id"] for said in sent.values() if said)


async def test_no_two_servers_share_a_proof_and_each_proof_holds(stage: Stage) -> None:
    sent = await spread(stage)
    actor = await stage.read(lambda tx: tx.actors.by_uri("https://art.test/users/ana"))
    ((key_id, multikey),) = actor.more_keys
    key = load_public_key(multikey, key_id=key_id, owner=actor.uri)
    found = [sent[name][0] for name in ("whole", "small", "small too", "link")]
    assert len({json.dumps(document["proof"]) for document in found}) == 4
    for document in found:
        proof = proofs.read_proof(document)
        assert proof is not None
        proofs.verify(document, proof, key, stage.clock.now())


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.UNLISTED])
async def test_the_audience_stays_as_it_was(visibility: Visibility, stage: Stage) -> None:
    sent = await spread(stage, visibility=visibility)
    whole, link = sent["whole"][0], sent["link"][0]
    assert [(said["to"], said["cc"]) for said in (whole, link)] == [(whole["to"], whole["cc"])] * 2
    assert link["object"]["to"] == whole["object"]["to"]


async def test_a_limited_server_hears_that_something_is_gone(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(PEERS["small"], ana)
    stage.stand(small_test="limited")
    work = await stage.hang(ana)
    await stage.drain()
    await stage.flows.publishing.withdraw(ana, work.id)
    await stage.drain()
    assert [said["type"] for _, said in stage.net.delivered] == ["Create", "Delete"]


async def test_a_refused_server_hears_that_something_is_gone_and_nothing_else(
    stage: Stage,
) -> None:
    ana, mal = await stage.artist(), PEERS["nothing"]
    await stage.befriend(mal, ana)
    work = await stage.hang(ana)
    await stage.drain()
    change = NewWord("evil.test", Tier.REFUSED, "We do not talk.")
    applied = await stage.flows.governing.apply(None, change, "A test.")
    assert applied.severed == 1
    await stage.hang(ana, title="Later")
    await stage.drain()
    await stage.flows.publishing.withdraw(ana, work.id)
    await stage.drain()
    assert [said["type"] for _, said in stage.net.delivered] == ["Create", "Delete"]
