"""What another instance keeps of a work: addresses of pictures that were given to it alone."""

from typing import Any

import msgspec

from federation import proofs
from federation.keys import load_public_key
from federation.signatures import Unsigned
from server.drafts import Draft, PictureEdit
from server.model import Artist, Post, Work
from tests.two_servers.instances import Town, settle
from tests.two_servers.stage import ACTIVITY_JSON
from tests.two_servers.test_four_doors import came, friends, hang, name_of
from tests.two_servers.test_walk import Towns, towns

__all__ = ["towns"]


def address_of(post: Post) -> str:
    (picture,) = post.pictures
    return picture.url


async def whose(maker: Town, url: str, work: Work) -> str:
    return str(await maker.flows.given_to.host_of(url.partition("p=")[2], work.id))


async def verify(maker: Town, ana: Artist, document: dict[str, Any]) -> None:
    actor = await maker.read(lambda tx: tx.actors.by_id(ana.id))
    ((key_id, multikey),) = actor.more_keys
    proof = proofs.read_proof(document)
    assert proof is not None
    key = load_public_key(multikey, key_id=key_id, owner=actor.uri)
    proofs.verify(document, proof, key, maker.clock.now())


async def test_what_a_server_keeps_names_it_and_stays_when_the_work_is_edited(
    towns: Towns,
) -> None:
    maker, reader = towns
    ana, bob = await friends(maker, reader)
    work = await hang(maker, reader, ana)
    url = address_of(await came(maker, reader, work))
    assert await whose(maker, url, work) == name_of(reader)
    status, _, body = await maker.get(url)
    assert (status, body[:3]) == (200, b"\xff\xd8\xff")

    (picture,) = work.pictures
    edit = PictureEdit(picture.id, "Roofs at dusk")
    await maker.flows.publishing.edit(ana, work.id, Draft(title="Blue hour, again"), [edit])
    await settle(maker, reader)
    edited = await came(maker, reader, work)
    assert edited.edited_at is not None
    assert address_of(edited) == url

    uri = maker.flows.addresses.work(work.id)
    asked = Unsigned("GET", uri, (("Accept", ACTIVITY_JSON),))
    given = await reader.flows.remote.fetching.knocking.send(asked, bob.id)
    signed = msgspec.json.decode(given.body)
    assert signed["attachment"][0]["url"] == url
    _, _, answer = await maker.get(uri)
    unsigned = msgspec.json.decode(answer)
    assert await whose(maker, unsigned["attachment"][0]["url"], work) == ""
    for document in (signed, unsigned):
        await verify(maker, ana, document)
