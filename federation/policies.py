"""What another server publishes about machines: its policy, and whether it claims to enforce it.

Pure. A policy counts where it stands on the host that it speaks for, names itself by that very
address, and carries a proof (eddsa-jcs-2022) by the server actor of that host. What else is in
it is read tolerantly. `docs/ai-policy-draft.md` is the specification.
"""

from typing import Final

from federation import names, proofs, uris
from federation.actors import read_keys
from federation.content_types import is_activity_type
from federation.documents import (
    MAX_NAME,
    Document,
    first,
    id_of,
    is_document,
    moment_of,
    text_of,
    type_of,
    values,
)
from federation.keys import load_public_key
from server.errors import Invalid, Untrusted
from server.model import ActorKind, Millis
from server.signals import ENFORCEMENT
from server.values import dataclass

JSON_TYPES: Final = frozenset({"application/ld+json", "application/json"})
_MAX_LINKS: Final = 50
_MAX_CLAIMS: Final = 100
_MAX_USAGE: Final = 1_000  # characters
_MOST: Final = 2**53  # of a version: what JSON numbers hold exactly
_AS2: Final = "https://www.w3.org/ns/activitystreams#"
_RELS: Final = (f"{_AS2}Application", f"{_AS2}Service")  # FEP-2677, FEP-d556
_KINDS: Final = frozenset(kind.value for kind in ActorKind)


@dataclass(frozen=True, slots=True)
class Published:
    """What a policy says, once it is known whose it is."""

    actor_uri: str  # of the server actor that signed it
    content_usage: str
    version: int
    updated_at: Millis | None
    is_enforced: bool  # the server actor claims so


def is_json(content_type: str) -> bool:
    """Say whether an answer may be a policy; a page for people is none."""
    return content_type.partition(";")[0].strip().lower() in JSON_TYPES


def check_address(document: Document, address: str) -> None:
    """Refuse a policy that speaks for another address. Raises `Untrusted`."""
    named = document.get("uid", document.get("id", document.get("@id")))
    if named != address:
        raise Untrusted(f"The policy names another address than its own: uid must be {address}.")


def server_actor_link(links: Document, host: str) -> str:
    """Return where a server's own actor stands, by NodeInfo or WebFinger; "" where neither says.

    An actor on another host speaks for that host alone, and is passed over.
    """
    listed = [one for one in values(links.get("links"), _MAX_LINKS) if is_document(one)]
    by_rel = {str(one.get("rel")): id_of(one.get("href")) for one in reversed(listed)}
    found = [by_rel.get(rel, "") for rel in _RELS]
    found.append(names.self_link(links))
    return next((uri for uri in found if uri and _is_on(uri, host)), "")


def check_actor(actor: Document, address: str) -> None:
    """Refuse what is no actor, or stands at another address. Raises `Untrusted`."""
    if id_of(actor) != address or type_of(actor) not in _KINDS:
        raise Untrusted("What the server names as its own actor is none, or another one.")


def is_actor_type(content_type: str) -> bool:
    """Say whether an answer may be an actor."""
    return is_activity_type(content_type)


def claims_enforcement(actor: Document) -> bool:
    """Say whether a server actor claims to enforce policies (FEP-844e)."""
    generator = first(actor.get("generator"))
    holders = [actor, *([generator] if is_document(generator) else [])]
    claims = [one for each in holders for one in values(each.get("implements"), _MAX_CLAIMS)]
    return any(_name_of(one) == ENFORCEMENT for one in claims)


def read_policy(policy: Document, actor: Document, now: Millis) -> Published:
    """Verify who signed a policy, and read it. Raises `Untrusted` saying what failed."""
    proof = proofs.read_proof(policy)
    if proof is None:
        raise Untrusted("The policy carries no proof that we read; sign it with eddsa-jcs-2022.")
    uri = id_of(actor)
    texts = {key.key_id: key.text for key in read_keys(actor) if key.owner == uri}
    text = texts.get(proof.key_id, "")
    if not text.startswith("z"):
        raise Untrusted("The policy is signed with a key that the server actor does not publish.")
    key = load_public_key(text, key_id=proof.key_id, owner=uri)
    proofs.verify(policy, proof, key, now, is_lasting=True)
    return Published(
        actor_uri=uri,
        content_usage=text_of(policy.get("contentUsage"), _MAX_USAGE),
        version=_version(policy.get("policyVersion")),
        updated_at=moment_of(policy.get("updated")),
        is_enforced=claims_enforcement(actor),
    )


def problem_of(refusal: Invalid | Untrusted) -> str:
    """Return why a policy cannot be believed, as one line."""
    return refusal.message[:MAX_NAME]


def _is_on(uri: str, host: str) -> bool:
    try:
        return uris.origin_of(uri).authority == host
    except Untrusted:
        return False


def _name_of(claim: object) -> str:
    if is_document(claim):
        claim = claim.get("href", claim.get("id", claim.get("@id")))
    return claim if isinstance(claim, str) else ""


def _version(value: object) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
    return value if isinstance(value, int) and is_number else 0
