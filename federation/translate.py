"""From our nouns to ActivityStreams documents and back. Pure.

What we send is the safe intersection of what other servers accept: one `Note` per work,
at most four JPEG attachments with plain string addresses, alt text in `name` and
`summary`, arrays for audiences, nesting of no more than eight (Pixelfed). Text that came
from elsewhere is sanitised here, and once more before it is shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from federation import permissions
from federation.addressing import audience
from federation.wording import (
    link_content,
    mentioning,
    quote_line,
    small_line,
    tag_page,
    work_content,
)
from server.addresses import Addresses, series_of
from server.camera import NOTHING, named_facts
from server.licences import licence_of
from server.model import (
    Actor,
    Artist,
    ContentUsage,
    ImageFormat,
    Millis,
    Picture,
    Post,
    Quote,
    Rendition,
    RenditionName,
    Series,
    Visibility,
    Work,
)
from server.permits import InteractionPolicy, within
from server.policy import Policy
from server.prose import Named, people_named
from server.protections import federated_for, small_for_peers
from server.rules import Action
from server.signals import activity_context, activity_terms, digital_source_type
from server.values import dataclass

Document = dict[str, Any]

_OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
_MEDIA_TYPES = {ImageFormat.JPEG: "image/jpeg", ImageFormat.GIF: "image/gif"}  # others take these
MAX_ATTACHMENTS = 4  # Mastodon shows four, Pixelfed drops posts with more than its limit
CONTEXT: Sequence[Any] = (
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    "https://w3id.org/security/data-integrity/v1",  # proof (FEP-8b32)
    "https://w3id.org/security/multikey/v1",
    {
        "assertionMethod": {  # FEP-521a; did/v1 has it too, but protects alsoKnownAs
            "@id": "https://w3id.org/security#assertionMethod",
            "@type": "@id",
            "@container": "@set",
        },
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "toot": "http://joinmastodon.org/ns#",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
        "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",  # FEP-2c59
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "suspended": "toot:suspended",
        "misskey": "https://misskey-hub.net/ns#",
        "_misskey_reaction": "misskey:_misskey_reaction",
        "_misskey_quote": "misskey:_misskey_quote",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
        **permissions.CONTEXT,
        **activity_context(),
        "series": {"@id": "fixatif:series", "@type": "@id"},
        "inSeries": {"@id": "fixatif:inSeries", "@type": "@id"},
        "announces": {"@id": "fixatif:announces", "@type": "@id"},
        "announcedBy": {"@id": "fixatif:announcedBy", "@type": "@id"},
        "orderType": {"@id": "https://w3id.org/fep/1985/orderType", "@type": "@id"},
        "rendition": "fixatif:rendition",
        "digitalSourceType": {"@id": "http://schema.org/digitalSourceType", "@type": "@id"},
        "license": "http://schema.org/license",  # a title, as Pixelfed reads it
        "licenseUrl": {"@id": "http://schema.org/license", "@type": "@id"},
        "exifData": "http://schema.org/exifData",  # FEP-ee3a
        "PropertyValue": "http://schema.org/PropertyValue",
        "value": "http://schema.org/value",
    },
)

PLAIN_CONTEXT: Sequence[str] = (
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v1",
)
_EXTENSIONS = frozenset({"publicKey", *CONTEXT[-1]})


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: an artist with their actor, and the usage that their word or the house's sets."""

    artist: Artist
    actor: Actor
    usage: ContentUsage
    policy: Policy  # which says how large a picture other servers may have
    named: Named = field(default_factory=dict)  # found of those whom the captions name
    extent: Action = Action.FULL  # how much of a work whoever listens gets; PREVIEW, LINK_ONLY
    token: str = ""  # in the addresses of a work's pictures: whom they were given to


def timestamp(at: Millis) -> str:
    """Return RFC 3339 in UTC with seconds, which every server reads."""
    return datetime.fromtimestamp(at // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_context(document: Document) -> Document:
    """Return the document as it travels alone, with no more context than its words need.

    The whole one is 2.5 KB and stands in a proof once more: an Accept would be mostly that.
    """
    is_plain = _EXTENSIONS.isdisjoint(_words(document))
    return {"@context": list(PLAIN_CONTEXT if is_plain else CONTEXT), **document}


def _words(node: object) -> Iterator[str]:
    """Yield the names of all properties and types in a document."""
    if isinstance(node, dict):
        kind = node.get("type")
        yield from (kind,) if isinstance(kind, str) else ()
        for name, value in node.items():
            yield name
            yield from _words(value)
    elif isinstance(node, list):
        for one in node:
            yield from _words(one)


def note_of_work(
    work: Work, voice: Voice, addresses: Addresses, series: Sequence[Series] = ()
) -> Document:
    """Return a work as the `Note` that every server shows as pictures.

    `series`: those that everyone may know the work to be in.
    """
    named = people_named(work.caption, voice.named)
    mentions = [actor.uri for actor in named]
    to, cc = audience(work.visibility, voice.actor.followers_uri, mentions)
    page = addresses.work_page(voice.artist.handle, work)
    pages = [(one.title, addresses.series_page(voice.artist.handle, one.slug)) for one in series]
    content = _content(work, page, voice, addresses, pages)
    is_link_only = voice.extent is Action.LINK_ONLY
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
        "tag": [
            *(_hashtag(tag, addresses) for tag in work.tags if not is_link_only),
            *(_mention(actor) for actor in named),
            *_quote_links(work.quote),
        ],
        "attachment": [
            made
            for picture in work.pictures[: 0 if is_link_only else MAX_ATTACHMENTS]
            if (made := _attachment(picture, work, voice, addresses)) is not None
        ],
        # bare ids: Mastodon's embedded pages would cost Pixelfed's eight levels of depth
        "replies": f"{addresses.work(work.id)}/replies",
        "likes": f"{addresses.work(work.id)}/likes",
        "shares": f"{addresses.work(work.id)}/shares",
        **permissions.policy_terms(_policy_of(work, voice), voice.actor),
        **permissions.quote_terms(work.quote),
        **activity_terms(voice.usage, addresses.ai_policy),
    }
    document |= _origin_and_licence(work)
    if taken := _exif_data(work):
        document["exifData"] = taken
    if series:  # as flat as can be: no server drops a post for a property that it does not know
        document["inSeries"] = [series_of(voice.actor, one.id) for one in series]
    if work.edited_at:
        document["updated"] = timestamp(work.edited_at)
    if work.language:
        document["contentMap"] = {work.language: content}
    return document


def note_of_post(
    post: Post,
    author: Actor,
    parent: Actor | None,
    addresses: Addresses | None = None,
    *,
    named: Sequence[Actor] = (),
    policy: InteractionPolicy | None = None,
) -> Document:
    """Return a local comment as a `Note` that mentions whom it answers.

    `named`: the people in `post.mentions`; a direct one is for them alone. `policy`: the author's.
    """
    is_private = post.visibility is Visibility.DIRECT
    first = () if is_private or parent is None else (parent,)
    people = list({actor.uri: actor for actor in (*first, *named)}.values())
    to, cc = audience(post.visibility, author.followers_uri, [actor.uri for actor in people])
    tags = [_hashtag(tag, addresses) for tag in post.tags] if addresses is not None else []
    content = mentioning(post.content_html, parent) if parent in people else post.content_html
    document: Document = {
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
        "content": content + quote_line(post.quote),
        "tag": [*(_mention(actor) for actor in people), *tags, *_quote_links(post.quote)],
        "attachment": [],
        **permissions.quote_terms(post.quote),
    }
    if post.edited_at:
        document["updated"] = timestamp(post.edited_at)
    if policy is not None and not is_private:  # whom it is for may answer; nobody else sees it
        held = within(policy, is_open=post.visibility in _OPEN)
        document |= permissions.policy_terms(held, author)
    return document


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


def tag_collection(uri: str, tags: Sequence[str], addresses: Addresses) -> Document:
    """Return tags as Mastodon's `featuredTags`: a `Collection` of `Hashtag`s."""
    items = [_hashtag(tag, addresses) for tag in tags]
    return {"id": uri, "type": "Collection", "totalItems": len(items), "items": items}


def collection_head(uri: str, *, total: int, first: str = "") -> Document:
    """Return an `OrderedCollection` that only counts, or points to its first page."""
    document: Document = {"id": uri, "type": "OrderedCollection", "totalItems": total}
    return document | ({"first": first} if first else {})


def _quote_links(quote: Quote | None) -> list[Document]:
    return [permissions.quote_link(quote)] if quote is not None and quote.is_approved else []


def _policy_of(work: Work, voice: Voice) -> InteractionPolicy:
    policy = work.interaction or voice.artist.interaction
    return within(policy, is_open=work.visibility in _OPEN)


def _warning(work: Work) -> str | None:
    if not work.is_sensitive:
        return None
    return work.sensitive_reason or "Sensitive"


def _hashtag(tag: str, addresses: Addresses) -> Document:
    return {"type": "Hashtag", "name": f"#{tag}", "href": tag_page(tag, addresses)}


def _origin_and_licence(work: Work) -> Document:
    """Return how a work came to be, and under which licence it is, where either is said."""
    source_type, licence = digital_source_type(work.ai_label), licence_of(work.licence)
    said = {"digitalSourceType": source_type, "licenseUrl": licence.url}
    return {name: value for name, value in said.items() if value}


def _content(
    work: Work, page: str, voice: Voice, addresses: Addresses, series: Sequence[tuple[str, str]]
) -> str:
    """Return what a work says of itself, as far as whoever listens gets it."""
    if voice.extent is Action.LINK_ONLY:
        return link_content(work, page)
    content = work_content(
        work, page, addresses, shown=MAX_ATTACHMENTS, series=series, named=voice.named
    )
    return content + small_line(page) if voice.extent is Action.PREVIEW else content


def _exif_data(work: Work) -> list[Document]:
    """Return how the first photograph was taken, where its artist shows that (FEP-ee3a).

    On the note and not on the picture, which no server shall drop for it.
    """
    camera = next((one.camera for one in work.pictures if one.camera != NOTHING), NOTHING)
    if not work.shows_camera:
        return []
    return [
        {"type": "PropertyValue", "name": name, "value": value}
        for name, value in named_facts(camera)
    ]


def _attachment(
    picture: Picture, work: Work, voice: Voice, addresses: Addresses
) -> Document | None:
    """Describe a picture as whoever listens may have it.

    What it says besides is plain texts: Pixelfed drops a post for less than an object too deep.
    """
    served = _served(picture, voice)
    if served is None:
        return None
    shown = served[1]
    document: Document = {
        "type": "Image",
        "mediaType": _MEDIA_TYPES[shown.format],
        "url": _address(addresses.media(picture, served[0]), voice),
        "width": shown.width,
        "height": shown.height,
        "blurhash": picture.blurhash,
        "focalPoint": [picture.focal_x, picture.focal_y],
        "license": licence_of(work.licence).title,
        **_origin_and_licence(work),
        **activity_terms(voice.usage, addresses.ai_policy),
    }
    if voice.extent is Action.PREVIEW:
        document["rendition"] = shown.name.value
    # an absent description and an empty one read the same everywhere but on Misskey
    return document | ({"name": picture.alt, "summary": picture.alt} if picture.alt else {})


def _address(url: str, voice: Voice) -> str:
    """Return where whoever listens fetches a picture, in plain letters as all servers read it."""
    is_small = voice.extent is Action.PREVIEW  # the same address, with less behind it
    asked = [
        *(["size=preview"] if is_small else []),
        *([f"p={voice.token}"] if voice.token else []),
    ]
    return f"{url}?{'&'.join(asked)}" if asked else url


def _served(picture: Picture, voice: Voice) -> tuple[Rendition, Rendition] | None:
    """Return whose address is given, and which copy stands there: what the policy allows."""
    copies = [each for each in picture.renditions if each.name is RenditionName.FEDERATED]
    is_small = voice.extent is Action.PREVIEW
    for image_format in (ImageFormat.GIF, ImageFormat.JPEG):  # a moving one goes first
        federated = next((each for each in copies if each.format is image_format), None)
        shown = (
            small_for_peers(picture.renditions, voice.policy)
            if is_small
            else federated_for(picture.renditions, voice.policy, image_format)
        )
        is_same = shown is not None and shown.format is image_format
        if federated is not None and shown is not None and is_same:
            return federated, shown
    return None


def _mention(actor: Actor) -> Document:
    return {"type": "Mention", "href": actor.uri, "name": f"@{actor.address}"}
