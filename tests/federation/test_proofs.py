"""Proofs in documents (FEP-8b32): refusals first, then real servers' proofs and the vectors."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import proofs
from federation.keys import (
    PublicKey,
    decode_multibase,
    encode_multibase,
    generate_ed25519_pem,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
)
from server import errors
from server.model import Millis
from tests.federation import recorded

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "eddsa-jcs-2022.json").read_bytes())
NOW = Millis(1_795_361_104_000)
DAY = 86_400_000
OWNER = "https://peer.test/users/kim"
KEY_ID = f"{OWNER}#ed25519-key"
LIKE = {
    "@context": ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive"}],
    "id": "https://peer.test/likes/1",
    "type": "Like",
    "actor": OWNER,
    "object": "https://art.test/works/1",
}


@cache
def pair() -> tuple[Any, PublicKey]:
    private, _, multikey = generate_ed25519_pem()
    return load_private_key(private), load_public_key(multikey, key_id=KEY_ID, owner=OWNER)


def proved(**changes: Any) -> dict[str, Any]:
    document = LIKE | changes
    return document | {"proof": proofs.made(document, pair()[0], KEY_ID, NOW)}


def check(document: dict[str, Any], now: int = NOW, key: PublicKey | None = None) -> None:
    proof = proofs.read_proof(document)
    assert proof is not None
    proofs.verify(document, proof, key or pair()[1], Millis(now))


def refused(document: dict[str, Any], says: str, now: int = NOW) -> None:
    with pytest.raises(errors.Untrusted, match=says):
        check(document, now)


# Refusals


@pytest.mark.parametrize(
    "change",
    [
        {"object": "https://art.test/works/2"},
        {"actor": "https://peer.test/users/max"},
        {"to": ["https://art.test/users/ana"]},
        {"type": ["Like"]},
    ],
)
def test_a_changed_document_is_refused(change: dict[str, Any]) -> None:
    refused(proved() | change, "does not match")


def test_a_document_without_what_was_signed_is_refused() -> None:
    document = proved(published="2026-11-20T10:00:00Z")
    del document["published"]
    refused(document, "does not match")


@pytest.mark.parametrize("name", ["created", "cryptosuite", "verificationMethod", "@context"])
def test_changed_options_are_refused(name: str) -> None:
    document = proved()
    changed = dict(document["proof"])
    changed[name] = {
        "created": "2026-11-22T12:00:00Z",
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": f"{OWNER}#other",
        "@context": "https://www.w3.org/ns/activitystreams",
    }[name]
    document["proof"] = changed
    if name == "cryptosuite":
        assert proofs.read_proof(document) is None
        return
    refused(document, "does not match|another key|another @context")


def test_a_proof_for_another_context_is_refused() -> None:
    document = proved()
    document["@context"] = ["https://evil.test/context", *document["@context"]]
    refused(document, "another @context")


def test_a_context_added_behind_the_signed_one_is_no_change() -> None:
    document = proved()
    document["@context"] = [*document["@context"], "https://w3id.org/security/v1"]
    check(document)  # vc-di-eddsa, 3.3.2: the proof's context begins the document's


@pytest.mark.parametrize(
    ("later", "says"),
    [
        (7 * DAY + 3_600_001, "too old"),
        (-3_600_001, "from the future"),
        (7 * DAY, ""),
        (-3_600_000, ""),
    ],
)
def test_a_proof_holds_for_a_week(later: int, says: str) -> None:
    if says:
        refused(proved(), says, NOW + later)
    else:
        check(proved(), NOW + later)


def test_a_proof_that_ended_is_refused() -> None:
    document = proved()
    document["proof"] = document["proof"] | {"expires": "2026-11-01T00:00:00Z"}
    refused(document, "too old")


def test_a_key_of_another_kind_or_id_is_refused() -> None:
    _, pem = generate_rsa_pem()
    for key in (
        load_public_key(pem, key_id=KEY_ID, owner=OWNER),
        PublicKey(f"{OWNER}#other", OWNER, pair()[1].material),
    ):
        with pytest.raises(errors.Untrusted, match="another key"):
            check(proved(), key=key)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "RsaSignature2017"},
        {"cryptosuite": "mldsa44-jcs-2024"},
        {"proofPurpose": "authentication"},
        {"proofValue": "z0OIl"},
        {"proofValue": "uAAAA"},
        {"proofValue": ""},
        {"proofValue": "z" * 2000},
        {"proofValue": 7},
        {"created": "yesterday"},
        {"created": None},
        {"expires": "never"},
        {"verificationMethod": "did:key:z6Mk"},
        {"verificationMethod": None},
    ],
)
def test_what_is_no_proof_of_ours_is_not_read(change: dict[str, Any]) -> None:
    document = proved()
    document["proof"] = document["proof"] | change
    assert proofs.read_proof(document) is None


@pytest.mark.parametrize("proof", [None, "x", 1, [], [None], {}, [[{}]], True])
def test_anything_may_stand_where_a_proof_should(proof: Any) -> None:
    assert proofs.read_proof(LIKE | {"proof": proof}) is None


@pytest.mark.parametrize("number", [2**53, -(2**60), 10**30])
def test_a_number_that_json_readers_disagree_on_is_refused(number: int) -> None:
    document = proved() | {"size": number}
    refused(document, "number")


# What holds


def test_what_we_prove_verifies() -> None:
    document = proved()
    check(document)
    assert document["proof"]["@context"] == LIKE["@context"]
    assert document["proof"]["created"].endswith("04Z")


def test_a_signature_beside_the_proof_is_not_covered_by_it() -> None:
    check(proved() | {"signature": {"type": "RsaSignature2017"}})


def test_one_proof_among_several_is_enough() -> None:
    document = proved()
    other = document["proof"] | {"cryptosuite": "mldsa44-jcs-2024"}
    check(document | {"proof": [other, document["proof"]]})


def _proved_bodies() -> list[recorded.Recorded]:
    return [one for one in recorded.posts() if "proof" in one.json]


@pytest.mark.parametrize("one", _proved_bodies(), ids=lambda one: one.name)
def test_every_recorded_proof_verifies_at_its_time(one: recorded.Recorded) -> None:
    proof = proofs.read_proof(one.json)
    assert proof is not None
    published = recorded.multikeys()[proof.key_id]
    owner, multikey = published["controller"], published["publicKeyMultibase"]
    key = load_public_key(multikey, key_id=proof.key_id, owner=owner)
    proofs.verify(one.json, proof, key, one.at)
    assert owner == one.json["actor"]
    with pytest.raises(errors.Untrusted, match="does not match"):
        proofs.verify(one.json | {"type": "Dislike"}, proof, key, one.at)


def test_the_recording_holds_as_many_proofs_as_its_description_counts() -> None:
    assert len(_proved_bodies()) == 55


# The standards' own vectors


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_each_intermediate_value_is_the_standards(case: dict[str, Any]) -> None:
    document = {k: v for k, v in case["document"].items() if k != "proof"}
    options = {k: v for k, v in case["document"]["proof"].items() if k != "proofValue"}
    assert proofs.canonical(options).decode() == case["canonical_options"]
    assert proofs.canonical(document).decode() == case["canonical_document"]
    message = proofs.hashed(document, options)
    assert message.hex() == case["options_hash"] + case["document_hash"]
    key = load_public_key(VECTORS["public_key_multibase"], key_id="", owner="")
    signature = decode_multibase(case["document"]["proof"]["proofValue"])
    assert signature.hex() == case["signature"]
    assert key.has_signed(message, signature)


def test_we_make_the_proof_that_the_proposal_prints() -> None:
    case = VECTORS["cases"][1]
    raw = decode_multibase(VECTORS["secret_key_multibase"]).removeprefix(b"\x80\x26")
    key = ed25519.Ed25519PrivateKey.from_private_bytes(raw)
    document = {k: v for k, v in case["document"].items() if k != "proof"}
    wanted = case["document"]["proof"]
    at = Millis(1_677_281_798_000)  # 2023-02-24T23:36:38Z
    assert proofs.made(document, key, wanted["verificationMethod"], at) == wanted


@given(st.binary(max_size=64))
@settings(deadline=None)
def test_multibase_is_read_as_it_is_written(raw: bytes) -> None:
    assert decode_multibase(encode_multibase(raw)) == raw


@pytest.mark.parametrize(
    ("number", "text"),  # RFC 8785, appendix B
    [
        (333333333.33333329, b"333333333.3333333"),
        (1e30, b"1e+30"),
        (4.50, b"4.5"),
        (2e-3, b"0.002"),
        (0.000000000000000000000000001, b"1e-27"),
        (-0.0, b"0"),
        (1.0, b"1"),
        (9007199254740991, b"9007199254740991"),
    ],
)
def test_numbers_are_written_as_ecmascript_does(number: float, text: bytes) -> None:
    assert proofs.canonical({"a": number}) == b'{"a":' + text + b"}"
    assert rfc8785.dumps(number) == text


@pytest.mark.parametrize(
    "value",
    [
        "".join(map(chr, range(0x180))),
        '\u2028\u2029\ud7ff\ue000\uffff\U0001f600 \\/"</script>',
        [1, -5, True, False, None, 2**53 - 1, 1 - 2**53, [], {}],
        {"b": {"z": 1, "Z": 2, "_": 3, "@context": [], "": 4, "a b": 5}, "aa": 6, "a": 7},
        {"\U0001f600": 1, "\ufb33": 2, "\u20ac": 3, "\r": 4, "1": 5},
        (1.5, 1e21, 0.1, -0.0, 333333333.33333329),
    ],
)
def test_what_is_plain_is_written_as_the_library_writes_it(value: object) -> None:
    assert proofs.canonical({"x": value}) == rfc8785.dumps({"x": value})  # type: ignore[dict-item]


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"\udfff": 1}, [float("nan")]])
def test_what_cannot_be_written_alike_by_all_is_refused(value: object) -> None:
    with pytest.raises(errors.Untrusted):
        proofs.canonical({"x": value})
