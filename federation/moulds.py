"""One document for many servers: made once; a token of each put in, and only then the proof. Pure.

The law: a proof is made over the very bytes that one server gets and is never shared between two.
A token has the length and the letters of the one that it takes the place of, in values alone, so
that neither JSON nor its canonical form (RFC 8785) has to be written anew.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any, Final

import msgspec

from federation import proofs
from federation.keys import PrivateKey, encode_multibase, sign_message
from server.model import Millis
from server.values import dataclass

_KEPT: Final = 256  # casts, some 4 KiB each: a server's inboxes are told one after another


@dataclass(frozen=True, slots=True)
class Signer:
    """Who vouches for a document: the key, and the address at which it is published."""

    key_id: str
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mould:
    """A document that is whole but for whom it is for. Made by `mould_of` only."""

    body: bytes  # with the placeholder, and a proof of its own
    placeholder: bytes  # b"" where no token stands in it
    covered: bytes  # what a proof covers, with the placeholder
    options: bytes  # hashed
    proof_value: bytes
    signer: Signer | None

    def cast(self, token: str) -> bytes:
        """Return the document with a token in it, and a proof of its own."""
        return _cast(self, token) if self.placeholder else self.body


@lru_cache(maxsize=_KEPT)
def _cast(mould: Mould, token: str) -> bytes:
    here = token.encode()
    body = mould.body.replace(mould.placeholder, here)
    if mould.signer is None:
        return body
    covered = mould.covered.replace(mould.placeholder, here)
    message = mould.options + hashlib.sha256(covered).digest()
    value = encode_multibase(sign_message(mould.signer.key, message)).encode()
    return body.replace(mould.proof_value, value)


def mould_of(
    document: Mapping[str, Any], placeholder: str, signer: Signer | None, now: Millis
) -> Mould:
    """Return the mould of a document without a proof, in which `placeholder` stands for a token."""
    mark = placeholder.encode()
    bare = msgspec.json.encode(document)
    if signer is None:
        return Mould(bare, mark if mark in bare else b"", b"", b"", b"", None)
    proof = proofs.made(document, signer.key, signer.key_id, now)
    body = msgspec.json.encode({**document, "proof": proof})
    value = str(proof.pop("proofValue"))
    return Mould(
        body=body,
        placeholder=mark if mark in bare else b"",
        covered=proofs.canonical(document),
        options=hashlib.sha256(proofs.canonical(proof)).digest(),
        proof_value=value.encode(),
        signer=signer,
    )
