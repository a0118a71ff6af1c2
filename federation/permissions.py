"""Who may do what, in ActivityPub's words: policies, requests, authorizations. Pure.

Policies are GoToSocial's `interactionPolicy`, which FEP-044f took over for quotes. An
authorization speaks for exactly one pair of documents (CVE-2026-33869).
"""

from collections.abc import Mapping
from typing import Any, Final

from federation.addressing import PUBLIC
from federation.documents import Document, first, id_of, is_document, type_of, values
from federation.uris import same_origin
from server.dealings import Request
from server.model import Actor, Quote
from server.permits import InteractionKind, InteractionPolicy, Permit
from server.values import dataclass

OurDocument = dict[str, Any]

CONTEXT: Final[Mapping[str, Any]] = {
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canLike": {"@id": "gts:canLike", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    "always": {"@id": "gts:always", "@type": "@id"},
    "approvalRequired": {"@id": "gts:approvalRequired", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    "LikeRequest": "gts:LikeRequest",
    "ReplyRequest": "gts:ReplyRequest",
    "AnnounceRequest": "gts:AnnounceRequest",
    "LikeAuthorization": "gts:LikeAuthorization",
    "ReplyAuthorization": "gts:ReplyAuthorization",
    "AnnounceAuthorization": "gts:AnnounceAuthorization",
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "quoteUrl": "as:quoteUrl",  # Misskey, Pleroma
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
}
_POLICY_TERMS: Final = {
    InteractionKind.LIKE: "canLike",
    InteractionKind.REPLY: "canReply",
    InteractionKind.BOOST: "canAnnounce",
    InteractionKind.QUOTE: "canQuote",
}
REQUESTS: Final[Mapping[str, InteractionKind]] = {
    "QuoteRequest": InteractionKind.QUOTE,  # FEP-044f
    "LikeRequest": InteractionKind.LIKE,  # GoToSocial
    "ReplyRequest": InteractionKind.REPLY,
    "AnnounceRequest": InteractionKind.BOOST,
}
_BEFORE_QUOTES: Final = frozenset(InteractionKind) - {InteractionKind.QUOTE}
_PUBLIC: Final = frozenset({PUBLIC, "as:Public", "Public"})
_MAX_NAMED: Final = 100
_NAMES: Final = {
    InteractionKind.QUOTE: "Quote",
    InteractionKind.LIKE: "Like",
    InteractionKind.REPLY: "Reply",
    InteractionKind.BOOST: "Announce",
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """Another server's word that one post may quote another (FEP-044f)."""

    uri: str
    author: str
    quoting: str
    quoted: str


def policy_terms(policy: InteractionPolicy, artist: Actor) -> OurDocument:
    """Return a note's `interactionPolicy`.

    "Nobody" names the artist alone: an empty list is lost in compaction, and read as no word.
    """
    return {
        "interactionPolicy": {
            term: _approvals(policy.permit(kind), artist, has_old_names=kind in _BEFORE_QUOTES)
            for kind, term in _POLICY_TERMS.items()
        }
    }


def _approvals(permit: Permit, artist: Actor, *, has_old_names: bool) -> OurDocument:
    automatic = {
        Permit.EVERYONE: PUBLIC,
        Permit.FOLLOWERS: artist.followers_uri,
        Permit.APPROVED: artist.uri,
        Permit.NOBODY: artist.uri,
    }[permit]
    manual = [PUBLIC] if permit is Permit.APPROVED else []
    found = {"automaticApproval": [automatic], "manualApproval": manual}
    if has_old_names:  # of GoToSocial before 0.20
        found |= {"always": [automatic], "approvalRequired": manual}
    return found


def quote_terms(quote: Quote | None) -> OurDocument:
    """Return what a note says of what it quotes.

    Older words for it know no consent: they are said once there is one.
    """
    if quote is None:
        return {}
    if not quote.is_approved:
        return {"quote": quote.uri}
    names = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
    terms: OurDocument = dict.fromkeys(names, quote.uri)
    return terms | ({"quoteAuthorization": quote.approval_uri} if quote.approval_uri else {})


def quote_link(quote: Quote) -> OurDocument:
    """Return the tag by which an agreed quote is known to servers that read FEP-e232."""
    return {
        "type": "Link",
        "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "href": quote.uri,
        "name": f"RE: {quote.uri}",
    }


def quote_request(
    actor: Actor, quoted_author: Actor, quoted_uri: str, note: OurDocument, uri: str
) -> OurDocument:
    """Return `QuoteRequest`, with the quoting post whole: it may not be for everybody to fetch."""
    return {
        "id": uri,
        "type": "QuoteRequest",
        "actor": actor.uri,
        "object": quoted_uri,
        "instrument": note,
        "to": [quoted_author.uri],
    }


def read_policy(document: Document) -> InteractionPolicy | None:
    """Read who may do what to a post, as its origin publishes it; None where it says nothing.

    What it does not say of one thing forbids nothing. People named one by one count as those who
    are asked for: their server decides.
    """
    said, author = (
        first(document.get("interactionPolicy")),
        id_of(first(document.get("attributedTo"))),
    )
    if not is_document(said):
        return None
    permits = {
        kind.value: _permit(first(said.get(term)), author) for kind, term in _POLICY_TERMS.items()
    }
    return InteractionPolicy(**permits)


def _permit(rule: object, author: str) -> Permit:
    if not is_document(rule):
        return Permit.EVERYONE
    automatic = _others(rule, ("automaticApproval", "always"), author)
    manual = _others(rule, ("manualApproval", "approvalRequired"), author)
    if PUBLIC in automatic:
        return Permit.EVERYONE
    if not automatic | manual:
        return Permit.NOBODY
    is_for_followers = all(uri.endswith("/followers") for uri in automatic | manual)
    return Permit.FOLLOWERS if is_for_followers else Permit.APPROVED


def _others(rule: Document, names: tuple[str, str], author: str) -> set[str]:
    """Return whom a rule names besides the author."""
    said = next((rule[name] for name in names if name in rule), None)
    found = {
        PUBLIC if isinstance(one, str) and one in _PUBLIC else id_of(one)
        for one in values(said, _MAX_NAMED)
    }
    return found - {"", author}


def read_authorization(document: Document) -> Authorization | None:
    """Read a `QuoteAuthorization`, None where it is none."""
    found = Authorization(
        uri=id_of(document),
        author=id_of(first(document.get("attributedTo"))),
        quoting=id_of(first(document.get("interactingObject"))),
        quoted=id_of(first(document.get("interactionTarget"))),
    )
    return found if type_of(document) == "QuoteAuthorization" else None


def agrees(said: Authorization, *, uri: str, author: str, quoting: str, quoted: str) -> bool:
    """Say whether an authorization is for exactly this pair, by the quoted author, from there."""
    wanted = Authorization(uri, author, quoting, quoted)
    return said == wanted and bool(uri and author) and same_origin(uri, author)


def authorization(request: Request, target_uri: str, artist: Actor, uri: str) -> OurDocument:
    """Return the document that shows that an artist agreed."""
    return {
        "id": uri,
        "type": f"{_NAMES[request.kind]}Authorization",
        "attributedTo": artist.uri,
        "interactingObject": request.object_uri,
        "interactionTarget": target_uri,
    }


def answered(
    kind: str, request: Request, target_uri: str, people: tuple[Actor, Actor], uri: str
) -> OurDocument:
    """Return `Accept` or `Reject` of a request by `people`: (artist, asker).

    What came without a request is answered by its own id, as GoToSocial does.
    """
    artist, asker = people
    said: OurDocument = {"id": uri, "type": kind, "actor": artist.uri, "to": [asker.uri]}
    if not request.request_uri:
        return said | {"object": request.object_uri}
    return said | {
        "object": {
            "id": request.request_uri,
            "type": f"{_NAMES[request.kind]}Request",
            "actor": asker.uri,
            "object": target_uri,
            "instrument": request.object_uri,
        },
    }


def withdrawn(artist: Actor, asker: Actor, authorization_uri: str, uri: str) -> OurDocument:
    """Return `Delete` of an authorization, to whoever may rely on it."""
    return {
        "id": uri,
        "type": "Delete",
        "actor": artist.uri,
        "to": [PUBLIC],
        "cc": [artist.followers_uri, asker.uri],
        "object": {"id": authorization_uri, "type": "Tombstone"},
    }
