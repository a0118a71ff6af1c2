"""RsaSignature2017, the linked-data signature that Mastodon puts on what others may pass on. Pure.

Verified only for activities that somebody else brings and that carry no proof. Law: JSON-LD can
say the same in many shapes, so only one shape is taken, and what is believed afterwards is not
the document as it came but the statements that were signed, written anew in our own words
(GHSA-chgx, CVE-2026-46349: `@graph`, `@included` and `@reverse` let a signed document be read
as another one). Turning it into statements is `linked_data`'s, in a child process.
"""

from dataclasses import field
from typing import Final

from federation.claims import decode_base64
from federation.documents import Document, id_of, is_document, moment_of, text_of, values
from federation.keys import PublicKey
from server import errors
from server.model import Millis
from server.values import dataclass

LINKED_DATA_TASK: Final = "linked-data"  # body → JSON of `message` and `document`
MAX_BYTES: Final = 65_536  # activities that are passed on have 2 to 20 KiB
_MAX_NODES: Final = 300  # a post with forty mentions has about 60
_MAX_CONTEXTS: Final = 16
_MAX_SIGNATURE: Final = 1400  # characters of base64; an 8192-bit key's has 1368
_CLOCK_SKEW: Final = 60 * 60 * 1000
_LONGEST_AGE: Final = 7 * 86_400_000  # as for proofs
_TYPE: Final = "RsaSignature2017"
_DEFINITION: Final = frozenset({"@id", "@type", "@container"})
_CONTAINERS: Final = frozenset({"@list", "@set", "@language"})

KNOWN_CONTEXTS: Final = frozenset(  # those of data/json-ld-contexts.json
    {
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/v1",
        "https://w3id.org/identity/v1",
        "https://w3id.org/security/data-integrity/v1",
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/security/multikey/v1",
        "https://www.w3.org/ns/did/v1",
        "https://gotosocial.org/ns",
    }
)


@dataclass(frozen=True, slots=True)
class LinkedClaim:
    """A linked-data signature as read, not verified."""

    key_id: str
    created: Millis
    value: bytes


@dataclass(frozen=True, slots=True)
class Statements:
    """What a document says, as statements: their hashes, and the same in our own words."""

    message: bytes  # what is signed: two sha256 in hex, options before document
    body: bytes = field(repr=False)  # compacted JSON


def read_linked(document: Document) -> LinkedClaim | None:
    """Return the signature of a document, None where there is none of this kind."""
    found = document.get("signature")
    if not is_document(found) or found.get("type") != _TYPE or not _is_flat(found):
        return None
    key_id, created = id_of(found.get("creator")), moment_of(found.get("created"))
    value = decode_base64(text_of(found.get("signatureValue"), _MAX_SIGNATURE + 1))
    if not key_id or created is None or not value:
        return None
    return LinkedClaim(key_id, created, value)


def check_shape(document: Document, size: int) -> None:
    """Refuse what could be read in two ways, or costs too much to read. Raises `Untrusted`."""
    if size > MAX_BYTES:
        raise errors.Untrusted("The signed document is larger than 64 KiB; send a proof with it.")
    context = document.get("@context")
    _check_context(context)
    nodes = 0
    level: list[object] = [
        _without_context(value, context) if name == "proof" else value
        for name, value in document.items()
        if name not in {"@context", "signature"}
    ]
    _check_keys(document, allowed="@context")
    while level:
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                nodes += 1
                _check_keys(one)
                below += one.values()
            elif isinstance(one, list):
                below += one
        level = below
    if nodes > _MAX_NODES:
        raise errors.Untrusted("The signed document has too many parts; send a proof with it.")


def verify(claim: LinkedClaim, statements: Statements, key: PublicKey, now: Millis) -> None:
    """Hold the statements against the signature. Raises `Untrusted` saying what failed."""
    if not key.is_rsa or key.key_id != claim.key_id:
        raise errors.Untrusted("The document's signature names another key; sign it again.")
    if claim.created > now + _CLOCK_SKEW:
        raise errors.Untrusted("The document's signature is from the future; set the clock.")
    if now > claim.created + _LONGEST_AGE + _CLOCK_SKEW:
        raise errors.Untrusted("The document's signature is too old; sign it again.")
    if not key.has_signed(statements.message, claim.value):
        raise errors.Untrusted("The document's signature does not match it and the actor's key.")


def _is_flat(signature: Document) -> bool:
    """Say whether a signature is plain text by plain names: no other one hides in it.

    Fedify puts a context there, which counts for nothing.
    """
    return all(
        isinstance(one, str) and not name.startswith("@")
        for name, one in signature.items()
        if name != "@context"
    )


def _check_keys(node: Document, allowed: str = "") -> None:
    """Keywords say what JSON does not show; blank ids make canonicalising expensive."""
    if any(name.startswith("@") and name != allowed for name in node):
        raise errors.Untrusted("The signed document uses JSON-LD keywords; send plain JSON.")
    own_id = node.get("id")
    if isinstance(own_id, str) and own_id.startswith("_:"):
        raise errors.Untrusted("The signed document has blank ids; leave them out.")


def _without_context(proof: object, context: object) -> object:
    """Return a proof without the copy of the document's context that its suite puts there."""
    if is_document(proof) and proof.get("@context") == context:
        return {name: value for name, value in proof.items() if name != "@context"}
    return proof


def _check_context(context: object) -> None:
    listed = values(context, _MAX_CONTEXTS + 1)
    if not listed or len(listed) > _MAX_CONTEXTS:
        raise errors.Untrusted("The signed document has no @context, or too many; send one.")
    for one in listed:
        is_known = isinstance(one, str) and one in KNOWN_CONTEXTS
        is_plain = isinstance(one, dict) and all(
            not name.startswith("@") and _is_plain(meaning) for name, meaning in one.items()
        )
        if not (is_known or is_plain):
            raise errors.Untrusted("The signed document has an unknown @context; send a proof.")


def _is_plain(meaning: object) -> bool:
    """Say whether a term only stands for an address: no keyword, no context of its own."""
    if isinstance(meaning, str):
        return not meaning.startswith("@")
    if not isinstance(meaning, dict) or not _DEFINITION.issuperset(meaning):
        return False
    address, container = meaning.get("@id", ""), meaning.get("@container", "@set")
    return (
        isinstance(address, str)
        and not address.startswith("@")
        and isinstance(meaning.get("@type", ""), str)
        and isinstance(container, str)
        and container in _CONTAINERS
    )
