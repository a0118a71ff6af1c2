"""Keys of actors here: two for everyone, completed where one is missing, changed whole."""

import json
from dataclasses import replace
from typing import Any

import pytest

from federation import portraits, proofs
from federation.messages import Received, Unsigned
from federation.signatures import load_public_key, read_signature, verify
from federation.vocabulary import read_actor
from server.errors import NotFound
from server.model import ActorId, Artist, ContentUsage, KeyAlgorithm, SigningKey
from server.ports import Outgoing
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")


async def keys_of(stage: Stage, actor_id: ActorId) -> tuple[SigningKey, SigningKey]:
    first = await stage.read(lambda tx: tx.artists.key_of(actor_id))
    second = await stage.read(lambda tx: tx.artists.key_of(actor_id, KeyAlgorithm.ED25519))
    assert first is not None
    assert second is not None
    return first, second


async def rotated(stage: Stage, artist: Artist) -> None:
    await stage.flows.accounts.keys.rotate(artist)


def update_sent(stage: Stage) -> tuple[Outgoing, dict[str, Any]]:
    (sent,) = (one for one in stage.net.asked if one.method == "POST")
    return sent, json.loads(sent.body)


async def test_somebody_who_is_not_there_gets_no_keys(stage: Stage) -> None:
    ana = await stage.artist()
    with pytest.raises(NotFound):
        await rotated(stage, replace(ana, id=ActorId(7)))


async def test_a_changed_key_leaves_nothing_behind(stage: Stage) -> None:
    ana = await stage.artist()
    old = await keys_of(stage, ana.id)
    await rotated(stage, ana)
    new = await keys_of(stage, ana.id)
    assert {key.key_id for key in old}.isdisjoint(key.key_id for key in new)
    assert {key.public_pem for key in old}.isdisjoint(key.public_pem for key in new[1:])
    for key in old:
        assert await stage.read(lambda tx, key=key: tx.actors.by_key_id(key.key_id)) is None
    async with stage.library.transaction() as tx:
        await tx.artists.drop_keys(ana.id, but=[key.key_id for key in new])
    assert await keys_of(stage, ana.id) == new


async def test_two_rotations_give_two_different_ids(stage: Stage) -> None:
    ana = await stage.artist()
    seen = set()
    for _ in range(3):
        seen.add((await keys_of(stage, ana.id))[0].key_id)
        await rotated(stage, ana)
    assert len(seen) == 3


async def test_no_private_key_shows_in_a_repr(stage: Stage) -> None:
    ana = await stage.artist()
    for key in await keys_of(stage, ana.id):
        assert "PRIVATE" in key.private_pem
        assert "PRIVATE" not in repr(key)
        assert key.private_pem.splitlines()[1] not in repr(key)


async def test_everyone_here_has_both_kinds_of_keys(stage: Stage) -> None:
    ana = await stage.artist()
    for actor_id in (ana.id, stage.flows.server_actor.id):
        first, second = await keys_of(stage, actor_id)
        actor = await stage.read(lambda tx, it=actor_id: tx.actors.by_id(it))
        assert (first.algorithm, second.algorithm) == (KeyAlgorithm.RSA, KeyAlgorithm.ED25519)
        assert (actor.key_id, actor.public_key_pem) == (f"{actor.uri}#main-key", first.public_pem)
        ((key_id, multikey),) = actor.more_keys
        assert key_id == second.key_id == f"{actor.uri}#ed25519-key"
        told = load_public_key(multikey, key_id=key_id, owner=actor.uri)
        assert told == load_public_key(second.public_pem, key_id=key_id, owner=actor.uri)


async def test_an_ed25519_key_stands_in_assertion_method_alone(stage: Stage) -> None:
    actor = stage.flows.server_actor
    document = portraits.server_actor(actor, stage.flows.addresses, "art.test", ContentUsage())
    assert document["publicKey"]["publicKeyPem"] == actor.public_key_pem
    ((key_id, multikey),) = actor.more_keys
    assert document["assertionMethod"] == [
        {
            "id": key_id,
            "type": "Multikey",
            "controller": actor.uri,
            "publicKeyMultibase": multikey,
        }
    ]
    read = read_actor(document)
    assert read.multikeys == actor.more_keys
    assert read.public_key_pem == actor.public_key_pem.strip()


async def test_who_has_no_ed25519_key_gets_one_and_keeps_it(stage: Stage) -> None:
    ana, keys = await stage.artist(), stage.flows.accounts.keys
    first, _ = await keys_of(stage, ana.id)
    async with stage.library.transaction() as tx:
        await tx.artists.drop_keys(ana.id, but=[first.key_id])
        actor = await tx.actors.by_id(ana.id)
        assert actor is not None
        await tx.actors.put(replace(actor, more_keys=()))
    assert await keys.complete() == 1
    assert await keys.complete() == 0
    completed, (kept, second) = (
        await stage.read(lambda tx: tx.actors.by_id(ana.id)),
        await keys_of(stage, ana.id),
    )
    assert kept == first
    assert completed.more_keys[0][0] == second.key_id


async def test_followers_hear_of_new_keys_signed_with_them(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    old, _ = await keys_of(stage, ana.id)
    await rotated(stage, ana)
    await stage.drain()
    sent, update = update_sent(stage)
    assert update["type"] == "Update"
    assert update["object"]["publicKey"]["id"] != old.key_id
    headers = (("Host", "peer.test"), *sent.headers.items())
    now = stage.clock.now()
    received = Received("POST", "/inbox", "peer.test", headers, sent.body, now)
    claim = read_signature(received)
    public = update["object"]["publicKey"]
    key = load_public_key(public["publicKeyPem"], key_id=public["id"], owner=public["owner"])
    assert verify(received, claim, key, now).actor_uri == update["actor"]


async def test_every_activity_carries_a_proof_by_its_actor(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.hang(ana)
    await stage.drain()
    _, create = update_sent(stage)
    proof = proofs.read_proof(create)
    assert proof is not None
    actor = await stage.read(lambda tx: tx.actors.by_id(ana.id))
    ((key_id, multikey),) = actor.more_keys
    key = load_public_key(multikey, key_id=key_id, owner=actor.uri)
    proofs.verify(create, proof, key, stage.clock.now())
    assert key.owner == create["actor"]
    assert "proof" not in create["object"]


async def test_another_process_signs_with_the_new_key_within_a_minute(stage: Stage) -> None:
    ana = await stage.artist()
    signing = stage.flows.signing
    request = Unsigned("GET", "https://peer.test/users/bob")
    before = await signing.signed(request, ana.id)
    await rotated(stage, ana)  # as another process would: nobody tells this one
    still = await signing.signed(request, ana.id)
    stage.clock.advance(seconds=60)
    after = await signing.signed(request, ana.id)
    new = (await keys_of(stage, ana.id))[0].key_id
    assert new not in before.headers["Signature"] + still.headers["Signature"]
    assert f'keyId="{new}"' in after.headers["Signature"]
    signing.forget(ana.id)
    assert f'keyId="{new}"' in (await signing.signed(request, ana.id)).headers["Signature"]
