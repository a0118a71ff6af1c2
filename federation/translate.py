"""From our nouns to ActivityStreams documents and back. Pure.

What we send is the safe intersection of what other servers accept: one `Note` per work,
at most four JPEG attachments with plain string addresses, alt text in `name` and
`summary`, arrays for audiences, nesting of no more than eight (Pixelfed). Text that came
from elsewhere is sanitised here, and once more before it is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from federation.addressing import PUBLIC, audience
from federation.wording import mentioning, paragraphs, tag_page, work_content
from server.addresses import Addresses
from server.model import (
    Actor,
    Artist,
    ContentUsage,
    ImageFormat,
    Millis,
    Picture,
    Post,
    Reaction,
    ReactionKind,
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


def actor_of(voice: Voice, addresses: Addresses) -> Document:
    """Return an artist as a `Person`."""
    actor, artist = voice.actor, voice.artist
    return {
        "id": actor.uri,
        "type": actor.kind.value,
        "preferredUsername": actor.handle,
        "name": artist.name or artist.handle,
        "summary": paragraphs(artist.bio),
        "url": actor.url,
        "published": timestamp(artist.created_at),
        "manuallyApprovesFollowers": artist.approves_follows,
        "discoverable": True,
        "indexable": False,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers_uri,
        "following": f"{actor.uri}/following",
        "featured": f"{actor.uri}/featured",
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "publicKey": _public_key(actor),
        "attachment": [],
        "tag": [],
        **activity_terms(voice.usage),
    }


def server_actor(actor: Actor, addresses: Addresses, name: str) -> Document:
    """Return the server itself as an `Application`; readable unsigned, always."""
    return {
        "id": actor.uri,
        "type": actor.kind.value,
        "preferredUsername": actor.handle,
        "name": name,
        "url": addresses.base_url,
        "manuallyApprovesFollowers": True,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "publicKey": _public_key(actor),
    }


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


def create(note: Document, uri: str) -> Document:
    """Return `Create` of a note; one activity per note, so its id derives from the note's."""
    return _about_note("Create", note, uri, note["published"])


def update(note: Document, uri: str, at: Millis) -> Document:
    """Return `Update` of a note."""
    return _about_note("Update", note, uri, timestamp(at))


def update_actor(actor: Document, followers_uri: str, uri: str) -> Document:
    """Return `Update` of an actor, to everyone who follows."""
    return {
        "id": uri,
        "type": "Update",
        "actor": actor["id"],
        "to": [PUBLIC],
        "cc": [followers_uri],
        "object": actor,
    }


def delete(object_uri: str, actor: Actor, uri: str) -> Document:
    """Return `Delete` with a Tombstone: Pixelfed drops a bare id."""
    return {
        "id": uri,
        "type": "Delete",
        "actor": actor.uri,
        "to": [PUBLIC],
        "cc": [actor.followers_uri],
        "object": tombstone(object_uri),
    }


def tombstone(object_uri: str) -> Document:
    """Return what stands where something was deleted."""
    return {"id": object_uri, "type": "Tombstone"}


def follow(follower_uri: str, followee_uri: str, uri: str) -> Document:
    """Return `Follow`."""
    return {
        "id": uri,
        "type": "Follow",
        "actor": follower_uri,
        "object": followee_uri,
        "to": [followee_uri],
    }


def answer(kind: str, asked: Document, followee: Actor, uri: str) -> Document:
    """Return `Accept` or `Reject` of a Follow, which stands in it whole: some servers need it."""
    return {
        "id": uri,
        "type": kind,
        "actor": followee.uri,
        "object": asked,
        "to": [asked["actor"]],
    }


def reaction(
    done: Reaction, actor: Actor, object_uri: str, owner_uri: str, *, at: Millis
) -> Document:
    """Return `Like` to the owner, or `Announce` to followers and the owner."""
    document: Document = {
        "id": done.uri,
        "type": "Like" if done.kind is ReactionKind.LIKE else "Announce",
        "actor": actor.uri,
        "object": object_uri,
        "to": [owner_uri],
    }
    if done.kind is ReactionKind.BOOST:
        document |= {
            "to": [PUBLIC],
            "cc": [actor.followers_uri, owner_uri],
            "published": timestamp(at),
        }
    return document


def undo(what: Document, uri: str) -> Document:
    """Return `Undo` with what it undoes standing in it whole."""
    document: Document = {
        "id": uri,
        "type": "Undo",
        "actor": what["actor"],
        "object": what,
        "to": what.get("to", []),
    }
    return document | ({"cc": what["cc"]} if "cc" in what else {})


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


def _public_key(actor: Actor) -> Mapping[str, str]:
    return {"id": actor.key_id, "owner": actor.uri, "publicKeyPem": actor.public_key_pem}


def _about_note(kind: str, note: Document, uri: str, at: str) -> Document:
    return {
        "id": uri,
        "type": kind,
        "actor": note["attributedTo"],
        "published": at,
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    }


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
