"""Proofs inside documents: FEP-8b32 with the suite eddsa-jcs-2022 (W3C vc-di-eddsa, 3.3). Pure.

A proof outlives its delivery: an activity that somebody else brings is believed by it. It covers
the document without `proof`, and without `signature`, which servers that write both add later.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import rfc8785

from federation.documents import Document, id_of, is_document, moment_of, text_of, values
from federation.keys import PrivateKey, PublicKey, decode_multibase, encode_multibase, sign_message
from server import errors
from server.model import Millis
from server.values import dataclass

SUITE: Final = "eddsa-jcs-2022"
_TYPE: Final = "DataIntegrityProof"
_PURPOSE: Final = "assertionMethod"
_BESIDE: Final = frozenset({"proof", "signature"})  # what a proof does not cover
_MAX_PROOFS: Final = 4  # Mastodon may add one for each of its suites
_MAX_VALUE: Final = 128  # characters; 64 bytes in base58 take 88
_CLOCK_SKEW: Final = 60 * 60 * 1000  # as for HTTP signatures
# Deliveries are tried for two days, and so are forwarded ones. What is older is no news, and
# somebody's attempt to repeat what was undone since.
_LONGEST_AGE: Final = 7 * 86_400_000
_EXACT: Final = 2**53  # from here on JSON's numbers lose digits


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read, not verified: good for finding the key, and for nothing else."""

    key_id: str
    created: Millis
    expires: Millis | None
    value: bytes
    options: Mapping[str, object] = field(repr=False)  # the proof without its value


def read_proof(document: Document) -> Proof | None:
    """Return the first top-level proof of the one suite that we read, None without any."""
    found = (_proof(one) for one in values(document.get("proof"), _MAX_PROOFS) if is_document(one))
    return next((proof for proof in found if proof is not None), None)


def verify(
    document: Document, proof: Proof, key: PublicKey, now: Millis, *, is_lasting: bool = False
) -> None:
    """Hold a document against one of its proofs. Raises `Untrusted` saying what failed.

    Whether the key is the author's is for the caller to say (`key.owner`). `is_lasting`: it stands
    at an address of its author's, and is true for as long as it does.
    """
    if key.is_rsa or proof.key_id != key.key_id:
        raise errors.Untrusted("The proof names another key than the one found; sign again.")
    end = now if is_lasting else Millis(proof.created + _LONGEST_AGE)
    if proof.created > now + _CLOCK_SKEW:
        raise errors.Untrusted("The proof is from the future; set the sending server's clock.")
    if now > min(end, proof.expires or end) + _CLOCK_SKEW:
        raise errors.Untrusted("The proof is too old; sign the document again.")
    message = hashed(_covered(document, proof), proof.options)
    if not key.has_signed(message, proof.value):
        raise errors.Untrusted("The proof does not match the document and the actor's key.")


def made(
    document: Mapping[str, Any], key: PrivateKey, key_id: str, now: Millis
) -> dict[str, object]:
    """Return the proof to be put into `document`, which must be whole but for it.

    `created` in whole seconds: Fedify rebuilds it from its own idea of time.
    """
    options: dict[str, object] = {
        "type": _TYPE,
        "cryptosuite": SUITE,
        "created": datetime.fromtimestamp(now // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": key_id,
        "proofPurpose": _PURPOSE,
    }
    if "@context" in document:  # vc-di-eddsa, 3.3.1
        options["@context"] = document["@context"]
    message = hashed(_without_proof(document), options)
    return options | {"proofValue": encode_multibase(sign_message(key, message))}


def hashed(document: Mapping[str, object], options: Mapping[str, object]) -> bytes:
    """Return the 64 bytes that are signed: options before document (vc-di-eddsa, 3.3.4)."""
    return (
        hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(document)).digest()
    )


def canonical(document: Mapping[str, object]) -> bytes:
    """Write a document as RFC 8785 wants it. Raises `Untrusted` where that cannot be done."""
    try:
        if _is_plain(document):  # most are: then a JSON writer that sorts keys says the same
            return msgspec.json.encode(document, order="sorted")
        return rfc8785.dumps(dict(document))  # type: ignore[arg-type]  # JSON, as decoded
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as problem:
        raise errors.Untrusted(
            "The document holds a number that its proof cannot cover; send smaller ones."
        ) from problem


def _is_plain(value: object) -> bool:
    """Say whether numbers and keys are such that every writer writes and sorts them alike."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -_EXACT < value < _EXACT  # type: ignore[operator]
    if kind is list or kind is tuple:
        return all(_is_plain(one) for one in value)  # type: ignore[attr-defined]
    if kind is dict:
        return all(
            type(name) is str and name.isascii() and _is_plain(one)
            for name, one in value.items()  # type: ignore[attr-defined]
        )
    return False


def _covered(document: Document, proof: Proof) -> Mapping[str, object]:
    """Return what is signed. The proof's own context must begin the document's (3.3.2)."""
    covered = _without_proof(document)
    if "@context" not in proof.options:
        return covered
    signed = proof.options["@context"]
    listed = values(signed, limit=100)
    if values(document.get("@context"), limit=100)[: len(listed)] != listed:
        raise errors.Untrusted("The proof was made for another @context; sign the document whole.")
    return covered | {"@context": signed}


def _without_proof(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in _BESIDE}


def _proof(document: Document) -> Proof | None:
    fits = (
        document.get("type") == _TYPE
        and document.get("cryptosuite") == SUITE
        and document.get("proofPurpose") == _PURPOSE
    )
    key_id, created = id_of(document.get("verificationMethod")), moment_of(document.get("created"))
    value = _decoded(text_of(document.get("proofValue"), _MAX_VALUE + 1))
    has_end = document.get("expires") is not None
    expires = moment_of(document.get("expires"))
    if not (fits and key_id and value) or created is None or (has_end and expires is None):
        return None
    options = {name: one for name, one in document.items() if name != "proofValue"}
    return Proof(key_id, created, expires, value, options)


def _decoded(text: str) -> bytes:
    if len(text) > _MAX_VALUE:
        return b""
    try:
        return decode_multibase(text)
    except ValueError:
        return b""
