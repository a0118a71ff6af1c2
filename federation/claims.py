"""What a signature says about itself, before anything of it is believed. Pure.

And the rules that both schemes share: how old a signature may be, and which body
digests count.
"""

import base64
import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from federation import uris
from federation.messages import Received
from server import errors
from server.model import Millis
from server.values import dataclass

MAX_HEADER_LENGTH: Final = 8192  # a 2048-letter keyId and an 8192-bit signature take half
MAX_COVERED: Final = 64  # header names in one signature; real ones cover 3 to 8

# A peer's clock may be an hour off (a wrong time zone), and a signature without an end
# lives for five minutes of queueing: together -65 min … +1 h, as Mastodon has it.
_CLOCK_SKEW: Final = 60 * 60 * 1000
_DEFAULT_LIFE: Final = 5 * 60 * 1000
_LONGEST_LIFE: Final = 12 * 60 * 60 * 1000  # however far away `expires` is: bounds a replay
_DIGESTS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_BODILESS: Final = frozenset({"GET", "HEAD"})


class Scheme(StrEnum):
    """The ways in which the fediverse proves who speaks: two of a request, then of a document."""

    CAVAGE = "draft-cavage-http-signatures-12"
    RFC9421 = "RFC 9421"
    PROOF = "eddsa-jcs-2022"
    LINKED_DATA = "RsaSignature2017"
    ORIGIN = "origin"  # nothing was signed: its own server was asked


class WrongKey(errors.Untrusted):
    """All else holds, but not with this key: its owner may have changed it."""


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """A signature as read, not verified: good for finding the key, and for nothing else."""

    scheme: Scheme
    key_id: str
    algorithm: str  # lower case, "" if left out
    covered: tuple[str, ...]  # names of header fields and derived components, in signed order
    signature: bytes
    created: Millis | None
    expires: Millis | None
    parameters: str = ""  # RFC 9421: the serialised signature parameters


def check_key_id(key_id: str) -> str:
    """Return the key's id. Raises `Untrusted` where it cannot be looked up."""
    if not uris.is_address(key_id):
        raise errors.Untrusted("The signature's keyId is no web address; sign with an actor's key.")
    return key_id


def check_algorithm(
    claim: SignatureClaim, *, is_rsa: bool, rsa: set[str], ed25519: set[str]
) -> None:
    """Hold what the signature says of its algorithm against the key.

    Raises `Untrusted`, or `WrongKey` where another key would do.
    """
    if claim.algorithm not in rsa | ed25519:
        raise errors.Untrusted("The signature's algorithm is not accepted; use RSA with SHA-256.")
    if claim.algorithm not in (rsa if is_rsa else ed25519):
        raise WrongKey("The signature's algorithm does not fit the key; name the key's own.")


def check_window(start: Millis | None, end: Millis | None, now: Millis) -> None:
    """Refuse what is signed for another time. `start` and `end` must themselves be signed.

    Raises `Untrusted`.
    """
    if start is None:
        raise errors.Untrusted(
            "The signature covers no readable time; sign the Date header or created."
        )
    if start > now + _CLOCK_SKEW:
        raise errors.Untrusted("The signature is from the future; set the sending server's clock.")
    if end is None:
        end = Millis(start + _DEFAULT_LIFE)
    if now > min(end, start + _LONGEST_LIFE) + _CLOCK_SKEW:
        raise errors.Untrusted("The signature is too old; sign again with the current time.")


def needs_digest(received: Received) -> bool:
    """Say whether a signature must cover the body: always, but for a GET that has none."""
    return received.method not in _BODILESS or bool(received.body)


def check_digests(found: Mapping[str, bytes | None], body: bytes) -> None:
    """Hold every digest of a known kind against the body; one at least must be known.

    `found`: algorithm in lower case to digest, None where it was no base64. Raises `Untrusted`.
    """
    known = {name: digest for name, digest in found.items() if name in _DIGESTS}
    if not known:
        raise errors.Untrusted("The body's digest is missing or of an unknown kind; use SHA-256.")
    if any(_DIGESTS[name](body).digest() != digest for name, digest in known.items()):
        raise errors.Untrusted("The body is not the one that was signed: its digest differs.")


def decode_base64(text: str) -> bytes | None:
    """Return what padded base64 stands for, None where it is not that."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None
