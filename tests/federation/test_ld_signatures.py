"""Linked-data signatures: shapes that are refused, then real servers' signatures, then poison."""

import base64
import json
import time
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from federation import ld_signatures, linked_data
from federation.believing import document_readers
from federation.ld_signatures import KNOWN_CONTEXTS, LINKED_DATA_TASK, LinkedClaim, Statements
from federation.signatures import (
    PublicKey,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
)
from server import errors
from server.model import Millis
from server.workers import ProcessWorkers
from tests.federation import recorded

pytestmark = pytest.mark.asyncio(loop_scope="module")

AS2 = "https://www.w3.org/ns/activitystreams"
OWNER = "https://peer.test/users/kim"
KEY_ID = f"{OWNER}#main-key"
NOW = Millis(1_795_361_104_000)
DAY = 86_400_000


@cache
def pair() -> tuple[rsa.RSAPrivateKey, PublicKey]:
    private, public = generate_rsa_pem()
    key = load_private_key(private)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, load_public_key(public, key_id=KEY_ID, owner=OWNER)


def note(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [AS2, {"sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#"}],
        "id": "https://peer.test/1",
        "type": "Create",
        "actor": OWNER,
        "object": {
            "id": "https://peer.test/notes/1",
            "type": "Note",
            "attributedTo": OWNER,
            "content": "<p>Look</p>",
            "summary": "Mind",
            "to": [f"{AS2}#Public"],
        },
    } | changes


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """Sign as Mastodon does."""
    signature = {
        "type": "RsaSignature2017",
        "creator": KEY_ID,
        "created": "2026-11-22T15:25:04Z",
    }
    whole = document | {"signature": signature}
    message = json.loads(linked_data.answer(json.dumps(whole).encode()))["message"].encode()
    raw = pair()[0].sign(message, padding.PKCS1v15(), hashes.SHA256())
    return document | {"signature": signature | {"signatureValue": base64.b64encode(raw).decode()}}


def believed(document: dict[str, Any], now: int = NOW, key: PublicKey | None = None) -> Any:
    """Return what is believed of a document: its statements, in our own words."""
    body = json.dumps(document).encode()
    claim = ld_signatures.read_linked(document)
    assert claim is not None
    ld_signatures.check_shape(document, len(body))
    found = json.loads(linked_data.answer(body))
    statements = Statements(found["message"].encode(), json.dumps(found["document"]).encode())
    ld_signatures.verify(claim, statements, key or pair()[1], Millis(now))
    return found["document"]


def refused_shape(document: dict[str, Any], says: str) -> None:
    with pytest.raises(errors.Untrusted, match=says):
        ld_signatures.check_shape(document, 1000)


# Refusals


@pytest.mark.parametrize(
    "change",
    [
        {"@graph": [{"type": "Note"}]},
        {"@included": [{"type": "Note"}]},
        {"@reverse": {"actor": {"type": "Note"}}},
        {"@id": "https://peer.test/1"},
        {"@type": "Create"},
        {"@nest": {}},
        {"object": {"@context": AS2, "type": "Note"}},
        {"object": {"@graph": []}},
        {"object": {"type": "Note", "tag": [{"@included": []}]}},
        {"object": {"type": "Note", "content": {"@value": "x", "@type": "@json"}}},
        {"object": {"type": "Note", "tag": {"@list": []}}},
        {"proof": {"@context": "https://evil.test/context", "type": "DataIntegrityProof"}},
        {"proof": {"type": "DataIntegrityProof", "domain": {"@context": AS2}}},
    ],
)
async def test_a_document_with_keywords_is_refused(change: dict[str, Any]) -> None:
    refused_shape(note(**change), "keywords")


@pytest.mark.parametrize(
    "context",
    [
        None,
        [],
        "https://evil.test/context",
        [AS2, "https://evil.test/context"],
        [AS2, None],
        [AS2, 7],
        [AS2, [AS2]],
        [AS2] * 17,
        {"@vocab": "https://evil.test/"},
        {"@base": "https://evil.test/"},
        {"@import": AS2},
        {"all": "@graph"},
        {"more": "@included"},
        {"kind": {"@id": "@type"}},
        {"back": {"@reverse": "as:actor"}},
        {"part": {"@id": "as:tag", "@context": {"name": "as:content"}}},
        {"part": {"@id": "as:tag", "@container": "@graph"}},
        {"part": {"@id": "as:tag", "@container": ["@list"]}},
        {"part": {"@id": "as:tag", "@nest": "x"}},
        {"part": {"@id": 7}},
        {"part": ["as:tag"]},
        {"@version": 1.1},
    ],
)
async def test_an_unknown_or_cunning_context_is_refused(context: Any) -> None:
    refused_shape(note(**{"@context": context}), "@context")


async def test_blank_ids_are_refused() -> None:
    refused_shape(note(object={"id": "_:a", "type": "Note"}), "blank ids")
    refused_shape(note(id="_:a"), "blank ids")


async def test_a_large_document_is_refused() -> None:
    refused_shape(note(object=[{"type": "Note"}] * 301), "too many parts")
    with pytest.raises(errors.Untrusted, match="larger than 64 KiB"):
        ld_signatures.check_shape(note(), 65_537)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "x",
        {},
        {"type": "Ed25519Signature2018"},
        {"type": "RsaSignature2017"},
        {"type": "RsaSignature2017", "creator": "kim", "created": "2026-11-22T15:25:04Z"},
        {
            "type": "RsaSignature2017",
            "creator": KEY_ID,
            "created": "2026-11-22T15:25:04Z",
            "signatureValue": "%",
        },
        {"type": "RsaSignature2017", "creator": KEY_ID, "signatureValue": "AAAA"},
        {
            "type": "RsaSignature2017",
            "@id": "https://peer.test/a b",
            "creator": KEY_ID,
            "created": "2026-11-22T15:25:04Z",
            "signatureValue": "AAAA",
        },
    ],
)
async def test_what_is_no_signature_is_not_read(signature: Any) -> None:
    assert ld_signatures.read_linked(note(signature=signature)) is None


async def test_a_changed_document_is_refused() -> None:
    document = signed(note())
    document["object"] = document["object"] | {"content": "<p>Buy</p>"}
    with pytest.raises(errors.Untrusted, match="does not match"):
        believed(document)


@pytest.mark.parametrize(
    ("later", "says"), [(7 * DAY + 3_600_001, "too old"), (-3_600_001, "from the future")]
)
async def test_a_signature_holds_for_a_week(later: int, says: str) -> None:
    with pytest.raises(errors.Untrusted, match=says):
        believed(signed(note()), NOW + later)


async def test_the_key_of_another_id_or_kind_is_refused() -> None:
    other = PublicKey(f"{OWNER}#other", OWNER, pair()[1].material)
    with pytest.raises(errors.Untrusted, match="another key"):
        believed(signed(note()), key=other)


async def test_terms_that_change_places_are_believed_as_they_were_signed() -> None:
    """GHSA-chgx: the statements stay the same, what careless readers see does not."""
    document = signed(note())
    swapped = dict(document["object"])
    swapped["content"], swapped["summary"] = swapped["summary"], swapped["content"]
    document["object"] = swapped
    aliases = {"content": "as:summary", "summary": "as:content"}
    document["@context"] = [*document["@context"], aliases]
    read = believed(document)["object"]
    assert (read["content"], read["summary"]) == ("<p>Look</p>", "Mind")


async def test_words_that_nobody_signed_are_not_believed() -> None:
    """A term without a meaning is no statement: anybody may add it, and it counts for nothing."""
    document = signed(note()) | {"contentUsage": "train-ai=y", "_misskey_quote": "https://x.test/"}
    document["object"] = document["object"] | {"blurhash": "x"}
    read = believed(document)
    assert {"contentUsage", "_misskey_quote", "signature"}.isdisjoint(read)
    assert "blurhash" not in read["object"]


UNDONE = {
    "id": "https://peer.test/follows/1",
    "type": "Follow",
    "actor": OWNER,
    "object": "https://own.test/users/ana",
}


@pytest.mark.parametrize(
    ("hook", "meaning"),
    [
        ("zzz", {}),  # the activities' context makes it a blank predicate
        ("zzz", {"zzz": "_:zzz"}),
        ("zzz", {"zzz": "nowhere"}),
        ("proof", {}),
    ],
)
async def test_an_inner_activity_does_not_become_the_root(
    hook: str, meaning: dict[str, str]
) -> None:
    """Who is shown an Undo cannot make the Follow out of it: edges of no meaning are none."""
    undo = signed(note(type="Undo", object=UNDONE))
    outer = {name: undo[name] for name in ("id", "type", "actor")} | {"object": UNDONE["id"]}
    turned = {"@context": [*undo["@context"], meaning], **UNDONE, hook: outer}
    with pytest.raises(errors.Untrusted, match="does not match"):
        believed(turned | {"signature": undo["signature"]})


@pytest.mark.parametrize(
    "change",
    [
        {"cc": "https://peer.test/a b"},
        {"cc": "_:b0"},
        {"type": ["https://peer.test/a b", "Note"]},
        {"contentMap": {"e n": "<p>Buy</p>"}},
        {
            "attachment": {
                "id": "https://peer.test/a b",
                "type": "Document",
                "url": "https://x.test",
            }
        },
        {"attachment": {"id": "blank:b0", "type": "Document", "url": "https://x.test"}},
    ],
)
async def test_what_canonicalising_drops_cannot_be_slipped_in(change: dict[str, Any]) -> None:
    document = signed(note())
    document["object"] = document["object"] | change
    document["@context"] = [*document["@context"], {"blank": "_:"}]
    with pytest.raises((ValueError, errors.Untrusted)):
        believed(document)


async def test_a_post_that_is_torn_in_two_is_refused() -> None:
    """The statements are the same; who reads the first half misses the warning."""
    document = signed(note())
    first = dict(document["object"])
    second = {"id": first["id"], "summary": first.pop("summary")}
    with pytest.raises(ValueError, match="twice"):
        believed(document | {"object": [first, second]})


# What holds

MASTODON = {  # as Mastodon writes it on a public post
    "ostatus": "http://ostatus.org#",
    "atomUri": "ostatus:atomUri",
    "conversation": "ostatus:conversation",
    "sensitive": "as:sensitive",
    "toot": "http://joinmastodon.org/ns#",
    "votersCount": "toot:votersCount",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
}


async def test_a_post_as_mastodon_signs_it_is_believed_whole() -> None:
    picture = {
        "type": "Document",
        "mediaType": "image/jpeg",
        "url": "https://peer.test/1.jpg",
        "blurhash": "U",
        "focalPoint": [0.5, -0.25],
        "width": 640,
    }
    post = note()["object"] | {"sensitive": True, "contentMap": {"en": "<p>Look</p>"}}
    document = note(**{"@context": [AS2, MASTODON], "object": post | {"attachment": [picture]}})
    read = believed(signed(document))["object"]
    assert read["sensitive"] is True
    assert read["contentMap"] == {"en": "<p>Look</p>"}
    assert read["attachment"] == picture


async def test_what_is_believed_reads_as_it_was_sent() -> None:
    read = believed(signed(note()))
    assert (read["id"], read["type"], read["actor"]) == ("https://peer.test/1", "Create", OWNER)
    assert read["object"]["content"] == "<p>Look</p>"
    assert read["object"]["to"] == "as:Public"


def _bodies() -> list[recorded.Recorded]:
    return [one for one in recorded.posts() if "signature" in one.json]


async def test_the_recording_holds_as_many_signatures_as_its_description_counts() -> None:
    assert len(_bodies()) == 55


@pytest_asyncio.fixture(name="readers", scope="module", loop_scope="module")
async def some_readers() -> AsyncIterator[ProcessWorkers]:
    pool = document_readers()
    yield pool
    await pool.close()


@pytest.mark.parametrize("one", _bodies(), ids=lambda one: one.name)
async def test_every_recorded_signature_is_believed(
    one: recorded.Recorded, readers: ProcessWorkers
) -> None:
    claim = ld_signatures.read_linked(one.json)
    assert isinstance(claim, LinkedClaim)
    ld_signatures.check_shape(one.json, len(one.body))
    answer = json.loads(await readers.run(LINKED_DATA_TASK, one.body))
    statements = Statements(answer["message"].encode(), b"")
    owner = recorded.owners()[claim.key_id]
    key = load_public_key(recorded.pems()[owner], key_id=claim.key_id, owner=owner)
    ld_signatures.verify(claim, statements, key, one.at)
    assert answer["document"]["type"] == one.json["type"]
    assert answer["document"]["actor"] == one.json["actor"] == owner
    changed = Statements(statements.message[:-1] + b"x", b"")
    with pytest.raises(errors.Untrusted, match="does not match"):
        ld_signatures.verify(claim, changed, key, one.at)


# Poison


async def test_a_graph_that_takes_minutes_ends_its_child_after_two_seconds(
    readers: ProcessWorkers,
) -> None:
    """Equal nameless parts make URDNA2015 try every order of them."""
    parts = [{"type": "Image"} for _ in range(10)]
    poison = note(object={"type": "Note", "tag": [{"attachment": parts} for _ in range(2)]})
    whole = poison | {"signature": {"type": "RsaSignature2017", "creator": KEY_ID}}
    body = json.dumps(whole).encode()
    ld_signatures.check_shape(poison, len(body))  # nothing about its shape tells
    assert len(body) < 1189
    await readers.run(LINKED_DATA_TASK, _bodies()[0].body)  # started and warm
    began = time.monotonic()
    with pytest.raises(errors.Invalid):
        await readers.run(LINKED_DATA_TASK, body)
    assert time.monotonic() - began < 6  # two, and what a busy machine adds
    assert await readers.run(LINKED_DATA_TASK, _bodies()[0].body)  # the next one is served


async def test_a_context_that_is_not_pinned_is_never_fetched(readers: ProcessWorkers) -> None:
    whole = note(**{"@context": ["https://evil.test/context"]}) | {
        "signature": {"type": "RsaSignature2017", "creator": KEY_ID}
    }
    with pytest.raises(errors.Invalid):
        await readers.run(LINKED_DATA_TASK, json.dumps(whole).encode())


async def test_every_known_context_is_pinned() -> None:
    assert set(linked_data.contexts()) == KNOWN_CONTEXTS
