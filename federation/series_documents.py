"""Series as ActivityPub documents. Pure.

A series is an `OrderedCollection` of its artist's Notes, found through the actor's property
`series`. It does not stand on `featuredCollections`: Mastodon keeps accounts alone of those, so
that it would show empty collections (FEP-7aa9). One that can be followed has a `Group` actor
besides, which announces its works. Only works that everyone may list are named, or counted.
"""

from collections.abc import Sequence
from typing import Final

from federation.addressing import PUBLIC
from federation.portraits import keys_of
from federation.translate import Document, Voice, timestamp
from federation.wording import paragraphs, portfolio_line
from server.addresses import Addresses, all_series_of, announce_of, series_of
from server.model import (
    Actor,
    ImageFormat,
    Millis,
    PictureState,
    Rendition,
    RenditionName,
    Series,
    Work,
    WorkId,
)
from server.signals import NAMESPACE, activity_terms
from server.values import dataclass

_BY_HAND: Final = f"{NAMESPACE}ByHand"  # FEP-1985 has words for orders in time alone


@dataclass(frozen=True, slots=True)
class Shown:
    """What everyone may know of a series."""

    series: Series
    works: Sequence[WorkId]  # in order
    cover: Work | None


def series_list(owner: Actor, series: Sequence[Series]) -> Document:
    """Return the collection of an artist's series, by their ids."""
    return {
        "id": all_series_of(owner),
        "type": "Collection",
        "attributedTo": owner.uri,
        "totalItems": len(series),
        "items": [series_of(owner, one.id) for one in series],
    }


def series_document(
    shown: Shown, voice: Voice, addresses: Addresses, speaker: Actor | None = None
) -> Document:
    """Return a series with its works. `speaker`: the actor by which it can be followed."""
    series, owner = shown.series, voice.actor
    document: Document = {
        "id": series_of(owner, series.id),
        "type": "OrderedCollection",
        "name": series.title,
        "summary": paragraphs(series.summary),
        "attributedTo": owner.uri,
        "url": addresses.series_page(voice.artist.handle, series.slug),
        "published": timestamp(series.created_at),
        "updated": timestamp(series.updated_at),
        "to": [PUBLIC],
        "orderType": _BY_HAND,
        "totalItems": len(shown.works),
        "orderedItems": [addresses.work(work_id) for work_id in shown.works],
        **activity_terms(voice.usage, addresses.ai_policy),
    }
    if image := _image(shown.cover, RenditionName.PREVIEW, addresses):
        document["image"] = image
    return document | ({"announcedBy": speaker.uri} if speaker else {})


def series_actor(shown: Shown, speaker: Actor, voice: Voice, addresses: Addresses) -> Document:
    """Return the `Group` by which a series is followed.

    A group and not a `Service`: servers mark those as bots, which many people filter.
    """
    series, owner = shown.series, voice.actor
    document: Document = {
        "id": speaker.uri,
        "type": speaker.kind.value,
        "preferredUsername": speaker.handle,
        "webfinger": speaker.address,
        "name": series.title,
        "summary": paragraphs(series.summary) + portfolio_line(voice.artist, owner),
        "url": addresses.series_page(voice.artist.handle, series.slug),
        "published": timestamp(series.created_at),
        "attributedTo": owner.uri,
        "announces": series_of(owner, series.id),
        "manuallyApprovesFollowers": False,
        "discoverable": voice.artist.is_discoverable,
        "indexable": False,
        "inbox": speaker.inbox,
        "outbox": speaker.outbox,
        "followers": speaker.followers_uri,
        "following": f"{speaker.uri}/following",
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        **keys_of(speaker),
        "attachment": [],
        "tag": [],
        **activity_terms(voice.usage, addresses.ai_policy),
    }
    icon = _image(shown.cover, RenditionName.TILE, addresses)
    header = _image(shown.cover, RenditionName.CARD, addresses)
    return document | ({"icon": icon} if icon else {}) | ({"image": header} if header else {})


def announce(
    speaker: Actor, owner: Actor, work: WorkId, at: Millis, addresses: Addresses
) -> Document:
    """Return the `Announce` by which a series' actor shows a work to its followers."""
    return announce_by_id(speaker, owner, work, announce_of(speaker, work, at), addresses) | {
        "published": timestamp(at)
    }


def announce_by_id(
    speaker: Actor, owner: Actor, work: WorkId, uri: str, addresses: Addresses
) -> Document:
    """Return the same where only its id is known any more: to be undone."""
    return {
        "id": uri,
        "type": "Announce",
        "actor": speaker.uri,
        "object": addresses.work(work),
        "to": [PUBLIC],
        "cc": [speaker.followers_uri, owner.uri],
    }


def update(document: Document, actor: Actor, uri: str) -> Document:
    """Return `Update` of a series, or of its actor, to followers."""
    return {
        "id": uri,
        "type": "Update",
        "actor": actor.uri,
        "to": [PUBLIC],
        "cc": [actor.followers_uri],
        "object": document,
    }


def _image(cover: Work | None, name: RenditionName, addresses: Addresses) -> Document | None:
    """Return the cover, which other servers show unasked: never a sensitive work's."""
    if cover is None or cover.is_sensitive or not cover.pictures:
        return None
    picture = cover.pictures[0]
    found = next((one for one in picture.renditions if _is_jpeg(one, name)), None)
    if found is None or picture.state is not PictureState.READY:
        return None
    document: Document = {
        "type": "Image",
        "mediaType": "image/jpeg",
        "url": addresses.media(picture, found),
        "width": found.width,
        "height": found.height,
    }
    return document | ({"name": picture.alt} if picture.alt else {})


def _is_jpeg(rendition: Rendition, name: RenditionName) -> bool:
    return (rendition.name, rendition.format) == (name, ImageFormat.JPEG)
