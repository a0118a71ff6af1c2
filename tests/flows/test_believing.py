"""What somebody else brings: believed by the author's own words or its origin, else refused."""

import base64
import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from federation import linked_data, proofs
from federation.believing import signer_of
from federation.inbox import Receipt
from federation.messages import Received
from federation.signatures import generate_ed25519_pem, load_private_key, read_signature
from federation.vocabulary import read_claim
from server.errors import Untrusted
from server.model import Visibility
from tests.federation import recorded
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")  # the author
MAX = Peer("max", domain="other.test", key_number=2)  # who passes things on
MULTIKEY_ID = f"{BOB.uri}#ed25519-key"


@cache
def multikey() -> tuple[Any, str]:
    private, _, public = generate_ed25519_pem()
    return load_private_key(private), public


def author() -> dict[str, Any]:
    """Return Bob's document, with a key for proofs."""
    published = {
        "id": MULTIKEY_ID,
        "type": "Multikey",
        "controller": BOB.uri,
        "publicKeyMultibase": multikey()[1],
    }
    return BOB.document | {"assertionMethod": [published]}


@dataclass
class Scene:
    stage: Stage
    ana: str

    async def bring(self, document: dict[str, Any], by: Peer = MAX) -> Receipt:
        """Let somebody pass an activity on, signed with their own key."""
        body = json.dumps(document).encode()
        now = self.stage.clock.now()
        headers = tuple(by.signed(body, now).items())
        received = Received("POST", "/inbox", "art.test", headers, body, now)
        receipt: Receipt = await self.stage.flows.inbox.receive(received)
        return receipt

    def note(self, **more: Any) -> dict[str, Any]:
        """Return a post of Bob's that names Ana."""
        return BOB.note(tag=[{"type": "Mention", "href": self.ana}], **more)

    def proved(self, document: dict[str, Any]) -> dict[str, Any]:
        now = self.stage.clock.now()
        return document | {"proof": proofs.made(document, multikey()[0], MULTIKEY_ID, now)}

    def linked(self, document: dict[str, Any]) -> dict[str, Any]:
        """Sign as Mastodon does."""
        assert isinstance(BOB.key, rsa.RSAPrivateKey)
        signature = {
            "type": "RsaSignature2017",
            "creator": BOB.key_id,
            "created": "2026-11-18T11:06:40Z",
        }
        whole = json.dumps(document | {"signature": signature}).encode()
        message = json.loads(linked_data.answer(whole))["message"].encode()
        raw = BOB.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        value = {"signatureValue": base64.b64encode(raw).decode()}
        return document | {"signature": signature | value}

    async def shown(self, uri: str) -> bool:
        """Do what waits, then say whether a post is kept."""
        await self.stage.drain()
        return await self.stage.read(lambda tx: tx.posts.by_uri(uri)) is not None

    async def kept_post(self, **more: Any) -> str:
        """Have Bob's post arrive by Bob's own hand."""
        note = self.note(**more)
        assert await self.bring(BOB.does("Create", note), BOB) is Receipt.KEPT
        assert await self.shown(note["id"])
        self.stage.net.asked.clear()
        uri: str = note["id"]
        return uri


@pytest_asyncio.fixture
async def scene(stage: Stage) -> Scene:
    await stage.artist("ana")
    stage.net.serve(BOB.uri, author())
    stage.net.serve(MAX.uri, MAX.document)
    return Scene(stage, "https://art.test/users/ana")


# Refusals


async def test_what_nothing_proves_is_refused_without_a_fetch(scene: Scene) -> None:
    for kind in ("Like", "Follow", "Announce", "Undo", "Accept"):
        with pytest.raises(Untrusted, match="different servers"):
            await scene.bring(BOB.does(kind, "https://art.test/works/1"))
    assert scene.stage.net.fetched == []


async def test_what_its_author_took_back_is_not_brought_again_by_others(scene: Scene) -> None:
    like = scene.proved(BOB.does("Like", "https://art.test/works/1"))
    assert await scene.bring(like) is Receipt.KEPT
    undo = BOB.does("Undo", {"id": like["id"], "type": "Like", "object": like["object"]})
    for turn in range(2):  # whoever likes once more may take that back once more
        assert await scene.bring(undo | {"id": f"{undo['id']}/{turn}"}, BOB) is Receipt.KEPT
        await scene.stage.drain()
        assert await scene.bring(like) is Receipt.KNOWN
        assert await scene.bring(like, BOB) is Receipt.KEPT


async def test_who_brings_it_must_be_who_signed_it(scene: Scene) -> None:
    forger = replace(MAX, key_number=3)
    with pytest.raises(Untrusted):
        await scene.bring(scene.proved(BOB.does("Like", "https://art.test/works/1")), forger)


async def test_a_changed_activity_is_refused(scene: Scene) -> None:
    document = scene.proved(BOB.does("Like", "https://art.test/works/1"))
    with pytest.raises(Untrusted, match="nothing proves"):
        await scene.bring(document | {"object": "https://art.test/works/2"})


async def test_a_proof_by_somebody_else_proves_nothing(scene: Scene) -> None:
    document = BOB.does("Like", "https://art.test/works/1")
    theirs = replace(MAX, domain="peer.test")  # on the author's own server even
    scene.stage.net.serve(theirs.uri, theirs.document)
    for key_id in (f"{MAX.uri}#ed25519-key", f"{theirs.uri}#ed25519-key"):
        proof = proofs.made(document, multikey()[0], key_id, scene.stage.clock.now())
        with pytest.raises(Untrusted, match="nothing proves"):
            await scene.bring(document | {"proof": proof})


async def test_a_proof_inside_the_object_proves_nothing_of_the_activity(scene: Scene) -> None:
    like = BOB.does("Like", scene.proved(scene.note(id="https://peer.test/n/1")))
    with pytest.raises(Untrusted, match="nothing proves"):
        await scene.bring(like)


async def test_a_refused_server_brings_nothing(scene: Scene) -> None:
    scene.stage.refuse("inbound", "other.test")
    document = scene.proved(BOB.does("Create", scene.note()))
    assert await scene.bring(document) is Receipt.FORGOTTEN


async def test_a_linked_signature_over_something_else_is_refused(scene: Scene) -> None:
    document = scene.linked(BOB.does("Like", "https://art.test/works/1"))
    for change in (
        {"object": "https://art.test/works/2"},
        {"@graph": []},
        {"@context": "https://evil.test/context"},
    ):
        with pytest.raises(Untrusted, match="nothing proves"):
            await scene.bring(document | change)


async def test_poison_is_refused_and_the_inbox_lives_on(scene: Scene) -> None:
    parts = [{"type": "Image"} for _ in range(10)]
    poison = BOB.does("Like", {"type": "Note", "tag": [{"attachment": parts} for _ in range(2)]})
    signature = {
        "type": "RsaSignature2017",
        "creator": BOB.key_id,
        "created": "2026-11-18T11:06:40Z",
        "signatureValue": "AAAA",
    }
    with pytest.raises(Untrusted, match="nothing proves"):
        await scene.bring(poison | {"signature": signature})
    like = scene.linked(BOB.does("Like", "https://art.test/works/1"))
    assert await scene.bring(like) is Receipt.KEPT


async def test_a_made_up_post_is_what_its_origin_says_it_is(scene: Scene) -> None:
    note = scene.note()
    scene.stage.net.serve(note["id"], note | {"content": "<p>As it is</p>"})
    forged = BOB.does("Create", note | {"content": "<p>Buy my coins</p>"})
    assert await scene.bring(forged) is Receipt.KEPT
    assert await scene.shown(note["id"])
    post = await scene.stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert "As it is" in post.content_html


@pytest.mark.parametrize(
    "answer",
    [
        {"attributedTo": "https://peer.test/users/carol"},
        {"attributedTo": None},
        {"id": "https://peer.test/other"},
        {"id": "https://third.test/1"},
    ],
)
async def test_a_post_that_its_origin_does_not_confirm_is_refused(
    answer: dict[str, Any], scene: Scene
) -> None:
    note = scene.note()
    scene.stage.net.serve(note["id"], note | answer)
    with pytest.raises(Untrusted):
        await scene.bring(BOB.does("Create", note))


async def test_a_post_that_its_origin_does_not_have_is_refused(scene: Scene) -> None:
    note = scene.note()
    scene.stage.net.serve(note["id"], status=404)
    with pytest.raises(Untrusted, match="nothing proves"):
        await scene.bring(BOB.does("Create", note))


async def test_a_post_that_is_still_there_is_not_deleted(scene: Scene) -> None:
    uri = await scene.kept_post()
    scene.stage.net.serve(uri, scene.note(id=uri))
    with pytest.raises(Untrusted, match="still there"):
        await scene.bring(BOB.does("Delete", uri))
    assert await scene.shown(uri)


async def test_a_post_for_few_is_not_deleted_because_strangers_do_not_see_it(scene: Scene) -> None:
    uri = await scene.kept_post(to=[scene.ana], cc=[])
    post = await scene.stage.read(lambda tx: tx.posts.by_uri(uri))
    assert post.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED}
    scene.stage.net.serve(uri, status=404)
    with pytest.raises(Untrusted, match="nothing proves"):
        await scene.bring(BOB.does("Delete", uri))
    assert await scene.shown(uri)
    assert uri not in scene.stage.net.fetched


async def test_nobodys_account_is_deleted_by_somebody_else(scene: Scene) -> None:
    await scene.stage.meet(BOB)
    scene.stage.net.serve(BOB.uri, status=410)
    with pytest.raises(Untrusted):
        await scene.bring(BOB.does("Delete", BOB.uri))
    actor = await scene.stage.read(lambda tx: tx.actors.by_uri(BOB.uri))
    assert actor.gone_at is None


# What is believed


@pytest.mark.parametrize("way", ["proved", "linked"])
async def test_the_authors_own_words_are_believed(way: str, scene: Scene) -> None:
    note = scene.note()
    document = getattr(scene, way)(BOB.does("Create", note))
    assert await scene.bring(document) is Receipt.KEPT
    assert await scene.bring(document) is Receipt.KNOWN
    assert await scene.shown(note["id"])
    assert note["id"] not in scene.stage.net.fetched


async def test_a_key_for_proofs_is_fetched_once(scene: Scene) -> None:
    for number in range(3):
        like = BOB.does("Like", f"https://art.test/works/{number}")
        assert await scene.bring(scene.proved(like)) is Receipt.KEPT
    assert scene.stage.net.fetched.count(BOB.uri) == 1


async def test_a_changed_key_for_proofs_is_fetched_again(scene: Scene) -> None:
    _, _, older = generate_ed25519_pem()
    document = author()
    document["assertionMethod"][0]["publicKeyMultibase"] = older
    scene.stage.net.serve(BOB.uri, document)
    await scene.stage.flows.remote.actor(BOB.uri)
    scene.stage.net.serve(BOB.uri, author())
    like = scene.proved(BOB.does("Like", "https://art.test/works/1"))
    assert await scene.bring(like) is Receipt.KEPT


async def test_words_count_where_a_proof_does_not_hold(scene: Scene) -> None:
    note = scene.note()
    scene.stage.net.serve(note["id"], note)
    document = scene.proved(BOB.does("Create", note)) | {"published": "2026-11-20T10:00:00Z"}
    assert await scene.bring(document) is Receipt.KEPT
    assert note["id"] in scene.stage.net.fetched


async def test_a_known_post_is_no_news(scene: Scene) -> None:
    uri = await scene.kept_post()
    again = BOB.does("Create", scene.note(id=uri))
    assert await scene.bring(again) is Receipt.FORGOTTEN
    assert uri not in scene.stage.net.fetched


async def test_a_change_is_taken_from_the_origin(scene: Scene) -> None:
    uri = await scene.kept_post()
    changed = scene.note(id=uri, content="<p>New</p>", updated="2026-11-20T12:00:00Z")
    scene.stage.net.serve(uri, changed)
    assert await scene.bring(BOB.does("Update", uri)) is Receipt.KEPT
    assert await scene.shown(uri)
    post = await scene.stage.read(lambda tx: tx.posts.by_uri(uri))
    assert "New" in post.content_html
    unknown = BOB.does("Update", "https://peer.test/bob/notes/never-seen")
    assert await scene.bring(unknown) is Receipt.FORGOTTEN


@pytest.mark.parametrize(("status", "kind"), [(404, ""), (410, ""), (200, "Tombstone")])
async def test_a_post_that_is_gone_at_its_origin_is_deleted(
    status: int, kind: str, scene: Scene
) -> None:
    uri = await scene.kept_post()
    scene.stage.net.serve(uri, {"id": uri, "type": kind or "Note"}, status=status)
    assert await scene.bring(BOB.does("Delete", {"id": uri, "type": "Tombstone"})) is Receipt.KEPT
    assert not await scene.shown(uri)


async def test_the_deletion_of_what_we_never_had_is_forgotten_without_a_fetch(
    scene: Scene,
) -> None:
    uri = "https://peer.test/bob/notes/never-seen"
    assert await scene.bring(BOB.does("Delete", uri)) is Receipt.FORGOTTEN
    assert uri not in scene.stage.net.fetched


# Who signed


async def test_a_key_that_does_not_tell_its_owner_is_the_actors(scene: Scene) -> None:
    body = json.dumps(BOB.does("Like", "https://art.test/works/1")).encode()
    now = scene.stage.clock.now()
    headers = tuple(BOB.signed(body, now).items())
    received = Received("POST", "/inbox", "art.test", headers, body, now)
    claim, signature = read_claim(body), read_signature(received)
    assert signer_of(received, signature, claim) == BOB.uri
    odd = replace(signature, key_id=f"{BOB.uri}/key")
    assert signer_of(received, odd, claim) == BOB.uri
    theirs = replace(signature, key_id=MAX.key_id)
    assert signer_of(received, theirs, claim) == BOB.uri  # nothing could prove it
    proved = replace(received, body=body.replace(b'"type"', b'"proof": 1, "type"'))
    assert signer_of(proved, theirs, claim) == MAX.uri


async def test_what_fedify_said_is_believed_from_anybodys_hand(stage: Stage) -> None:
    bodies = [one for one in recorded.posts() if "proof" in one.json and one.json["type"] == "Like"]
    one = bodies[0]
    fay = one.json["actor"]
    document = next(d.json for d in recorded.documents("Person") if d.json["id"] == fay)
    stage.net.serve(fay, document)
    stage.net.serve(MAX.uri, MAX.document)
    stage.clock.at = one.at
    headers = tuple(MAX.signed(one.body, one.at).items())
    received = Received("POST", "/inbox", "art.test", headers, one.body, one.at)
    assert await stage.flows.inbox.receive(received) is Receipt.KEPT
