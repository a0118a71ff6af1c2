"""From our nouns to ActivityStreams documents and back. Pure.

What we send is the safe intersection of what other servers accept: one `Note` per work,
at most four JPEG attachments with plain string addresses, alt text in `name` and
`summary`, arrays for audiences, nesting of no more than eight (Pixelfed). Text that came
from elsewhere is sanitised here, and once more before it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from federation.addressing import audience
from federation.wording import mentioning, tag_page, work_content
from server.addresses import Addresses
from server.model import (
    Actor,
    Artist,
    ContentUsage,
    ImageFormat,
    Millis,
    Picture,
    Post,
    RenditionName,
    Work,
)
from server.policy import Policy
from server.protections import Audience, best_for
from server.signals import activity_context, activity_terms, digital_source_type

Document = dict[str, Any]

MAX_ATTACHMENTS = 4  # Mastodon shows four, Pixelfed drops posts with more than its limit
CONTEXT: Sequence[Any] = (
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    {
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "toot": "http://joinmastodon.org/ns#",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
        **activity_context(),
        "digitalSourceType": {"@id": "http://schema.org/digitalSourceType", "@type": "@id"},
    },
)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: an artist with their actor, and the usage that their word or the house's sets."""

    artist: Artist
    actor: Actor
    usage: ContentUsage
    policy: Policy  # which says how large a picture other servers may have


def timestamp(at: Millis) -> str:
    """Return RFC 3339 in UTC with seconds, which every server reads."""
    return datetime.fromtimestamp(at // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_context(document: Document) -> Document:
    """Return the document as it travels alone."""
    return {"@context": list(CONTEXT), **document}


def note_of_work(work: Work, voice: Voice, addresses: Addresses) -> Document:
    """Return a work as the `Note` that every server shows as pictures."""
    to, cc = audience(work.visibility, voice.actor.followers_uri, ())
    page = addresses.work_page(voice.artist.handle, work)
    content = work_content(work, page, addresses, shown=MAX_ATTACHMENTS)
    document: Document = {
        "id": addresses.work(work.id),
        "type": "Note",
        "attributedTo": voice.actor.uri,
        "published": timestamp(work.hung_at or work.created_at),
        "url": page,
        "to": list(to),
        "cc": list(cc),
        "summary": _warning(work),
        "sensitive": work.is_sensitive,
        "content": content,
        "tag": [_hashtag(tag, addresses) for tag in work.tags],
        "attachment": [
            made
            for picture in work.pictures[:MAX_ATTACHMENTS]
            if (made := _attachment(picture, voice.policy, addresses)) is not None
        ],
        "replies": f"{addresses.work(work.id)}/replies",
        **activity_terms(voice.usage),
    }
    if source_type := digital_source_type(work.ai_label):
        document["digitalSourceType"] = source_type
    if work.edited_at:
        document["updated"] = timestamp(work.edited_at)
    if work.language:
        document["contentMap"] = {work.language: content}
    return document


def note_of_post(post: Post, author: Actor, parent: Actor | None) -> Document:
    """Return a local comment as a `Note` that mentions whom it answers."""
    mentions = (parent.uri,) if parent else ()
    to, cc = audience(post.visibility, author.followers_uri, mentions)
    return {
        "id": post.uri,
        "type": "Note",
        "attributedTo": author.uri,
        "published": timestamp(post.published_at),
        "url": post.url,
        "inReplyTo": post.in_reply_to_uri or None,
        "to": list(to),
        "cc": list(cc),
        "sensitive": post.is_sensitive,
        "summary": post.warning or None,
        "content": mentioning(post.content_html, parent),
        "tag": [_mention(parent)] if parent else [],
        "attachment": [],
    }


def collection(
    uri: str, items: Sequence[Any], *, total: int, next_uri: str = "", part_of: str = ""
) -> Document:
    """Return an `OrderedCollection` with its items in it, or a page of one (`part_of`)."""
    document: Document = {
        "id": uri,
        "type": "OrderedCollectionPage" if part_of else "OrderedCollection",
        "totalItems": total,
        "orderedItems": list(items),
    }
    if part_of:
        document["partOf"] = part_of
    if next_uri:
        document["next"] = next_uri
    return document


def collection_head(uri: str, *, total: int, first: str = "") -> Document:
    """Return an `OrderedCollection` that only counts, or points to its first page."""
    document: Document = {"id": uri, "type": "OrderedCollection", "totalItems": total}
    return document | ({"first": first} if first else {})


def _warning(work: Work) -> str | None:
    if not work.is_sensitive:
        return None
    return work.sensitive_reason or "Sensitive"


def _hashtag(tag: str, addresses: Addresses) -> Document:
    return {"type": "Hashtag", "name": f"#{tag}", "href": tag_page(tag, addresses)}


def _attachment(picture: Picture, policy: Policy, addresses: Addresses) -> Document | None:
    """Describe the file that stands at the federated address, whichever copy the policy allows."""
    federated = next(
        (
            rendition
            for rendition in picture.renditions
            if (rendition.name, rendition.format) == (RenditionName.FEDERATED, ImageFormat.JPEG)
        ),
        None,
    )
    served = best_for(Audience.PEER, picture.renditions, policy)
    if federated is None or served is None:
        return None
    document: Document = {
        "type": "Image",
        "mediaType": "image/jpeg",
        "url": addresses.media(picture, federated),
        "width": served.width,
        "height": served.height,
        "blurhash": picture.blurhash,
        "focalPoint": [picture.focal_x, picture.focal_y],
    }
    # an absent description and an empty one read the same everywhere but on Misskey
    return document | ({"name": picture.alt, "summary": picture.alt} if picture.alt else {})


def _mention(actor: Actor) -> Document:
    return {"type": "Mention", "href": actor.uri, "name": f"@{actor.address}"}
