"""Who sent this? The front door to HTTP signatures, both ways. Pure.

`Received → SignatureClaim → Verified`: `read_signature` says which key to look for,
`verify` makes a `Verified`, and everything later asks for that type. What somebody else
brings becomes one by a proof in it, by a linked-data signature, or by its origin's word.
Both standards of the fediverse are read and written (`cavage`, `rfc9421`); `knocking` knows
who reads which. The body's digest is checked before anybody parses the body.
"""

from dataclasses import replace
from typing import Final

from federation import cavage, claims, ld_signatures, proofs, rfc9421
from federation.claims import Scheme, SignatureClaim, WrongKey
from federation.documents import Document
from federation.keys import (
    PrivateKey,
    PublicKey,
    generate_ed25519_pem,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
)
from federation.messages import Received, Unsigned
from federation.uris import origin_of
from federation.wishes import Wish, read_wish
from server import errors
from server.model import Millis
from server.values import dataclass

__all__ = [
    "PrivateKey",
    "PublicKey",
    "Received",
    "Scheme",
    "SignatureClaim",
    "Unsigned",
    "Verified",
    "Wish",
    "WrongKey",
    "confirmed",
    "generate_ed25519_pem",
    "generate_rsa_pem",
    "load_private_key",
    "load_public_key",
    "read_signature",
    "read_wish",
    "sign",
    "verify",
    "verify_linked",
    "verify_proof",
]

_CHECKS: Final = {Scheme.CAVAGE: cavage.check, Scheme.RFC9421: rfc9421.check}


@dataclass(frozen=True, slots=True)
class Verified:
    """A request whose sender is proved, or what it brings whose author is. Made here alone."""

    received: Received  # its body is what may be believed
    key_id: str  # "" where the origin itself was asked
    actor_uri: str  # of the key's owner: who sent or wrote this
    scheme: Scheme
    algorithm: str  # "rsa-v1_5-sha256", "ed25519" or "": what was verified, whatever was claimed
    covered: tuple[str, ...] = ()  # of the request: names of what the sender's signature covers

    @property
    def is_by_sender(self) -> bool:
        """Whether the actor sent the request itself; else somebody passed on what it said."""
        return self.scheme in _CHECKS

    @property
    def content_usage(self) -> str:
        """The Content-Usage that the sender signed along, "" where there is none."""
        return self.received.joined("content-usage") if "content-usage" in self.covered else ""


def read_signature(received: Received) -> SignatureClaim:
    """Read which key is said to have signed. Believes nothing; costs no key.

    Raises `Untrusted` for unsigned and malformed requests.
    """
    inputs = received.joined("signature-input")
    signature = received.joined("signature") if inputs else received.one("signature")
    if not signature:
        raise errors.Untrusted("This request is not signed; sign it with your actor's key.")
    if max(len(signature), len(inputs)) > claims.MAX_HEADER_LENGTH:
        raise errors.Untrusted("The signature headers are far too long; send under 8 KiB.")
    return rfc9421.read(inputs, signature) if inputs else cavage.read(signature)


def verify(received: Received, claim: SignatureClaim, key: PublicKey, now: Millis) -> Verified:
    """Verify coverage, time, digest and signature, cheapest first, and say who sent this.

    Raises `Untrusted` with the check that failed. Where it is `WrongKey`, the actor may have
    changed keys: fetch the key once more and try again.
    """
    if claim.key_id != key.key_id:
        raise errors.Untrusted("The signature names another key than the one found; sign again.")
    _check_message(received)
    _CHECKS[claim.scheme](received, claim, key, now)
    algorithm = "rsa-v1_5-sha256" if key.is_rsa else "ed25519"
    return Verified(received, claim.key_id, key.owner, claim.scheme, algorithm, claim.covered)


def verify_proof(
    received: Received, document: Document, proof: proofs.Proof, key: PublicKey, now: Millis
) -> Verified:
    """Verify a proof in the body, read as `document`, and say who wrote it. Raises `Untrusted`."""
    proofs.verify(document, proof, key, now)
    return Verified(received, proof.key_id, key.owner, Scheme.PROOF, "ed25519")


def verify_linked(
    received: Received,
    claim: ld_signatures.LinkedClaim,
    statements: ld_signatures.Statements,
    key: PublicKey,
    now: Millis,
) -> Verified:
    """Verify what the body states, and go on with the statements alone. Raises `Untrusted`."""
    ld_signatures.verify(claim, statements, key, now)
    believed = replace(received, body=statements.body)
    return Verified(believed, claim.key_id, key.owner, Scheme.LINKED_DATA, "rsa-v1_5-sha256")


def confirmed(received: Received, body: bytes, author: str) -> Verified:
    """Go on with `body`, which says no more than what the author's own server just answered."""
    return Verified(replace(received, body=body), "", author, Scheme.ORIGIN, "")


def sign(
    request: Unsigned,
    key: PrivateKey,
    key_id: str,
    now: Millis,
    scheme: Scheme = Scheme.CAVAGE,
    wish: Wish | None = None,
) -> tuple[tuple[str, str], ...]:
    """Return the headers to add to `request`; sign anew for every attempt, the date must be fresh.

    Covers target, host, time and, where sent, digest and content-type, or accept. A `wish`
    counts for RFC 9421 alone.
    """
    if scheme is Scheme.RFC9421:
        return rfc9421.sign(request, key, key_id, now, wish)
    return cavage.sign(request, key, key_id, now)


def _check_message(received: Received) -> None:
    """Refuse what two readers could read in two ways: target, Host."""
    if not received.target.startswith("/"):
        raise errors.Untrusted("The request target is no path; ask for a path of this server.")
    if not received.method.isascii() or received.method != received.method.upper():
        raise errors.Untrusted("The request method is not in capitals; send GET or POST.")
    host = received.one("host")
    if host != received.host and not _is_same_host(received, host):
        raise errors.Untrusted("The Host header names another server; send the one asked.")


def _is_same_host(received: Received, host: str) -> bool:
    """Say whether `host` is our name in another spelling: capitals, the default port."""
    ours = origin_of(f"{received.scheme}://{received.host}/")
    return "/" not in host and origin_of(f"{received.scheme}://{host}/") == ours
