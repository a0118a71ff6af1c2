"""Series of other servers, read from their documents. Pure; HTML stays raw.

The law: a series counts where its own id, its author and all that it names are of one server, and
its author is who is asked for it. What names another server is left out.
"""

from dataclasses import field
from typing import Final

from federation.actors import page_of
from federation.documents import (
    MAX_NAME,
    Document,
    first,
    id_of,
    ids_of,
    is_document,
    links,
    moment_of,
    number_of,
    term,
    text_of,
    type_of,
    worded,
)
from federation.uris import same_origin
from federation.vocabulary import RemoteCollection, read_collection
from server import errors
from server.model import Millis
from server.series_elsewhere import MAX_WORKS
from server.values import dataclass

SERIES_TYPES: Final = frozenset({"Collection", "OrderedCollection"})
_MAX_SUMMARY: Final = 10_000  # characters of HTML
_MAX_ALT: Final = 1_500
_MAX_TOTAL: Final = 1_000_000  # works of one series; a larger number is no count
_TERMS: Final = "fixatif"
# FEP-1985 has words for orders in time; by hand, and in time, what is new stands at the end.
_ENDS_WITH_NEW: Final = ("ByHand", "ForwardChronological")


@dataclass(frozen=True, slots=True)
class RemoteSeries:
    """A series as its server describes it. Every address is of its owner's server but the cover."""

    uri: str
    name: str
    summary_html: str = field(repr=False)
    url: str  # its page, or its id
    cover_url: str
    cover_alt: str
    grows_at_end: bool
    total: int
    works: tuple[str, ...] = field(repr=False)
    is_whole: bool  # whether `works` are all, or as many as are kept
    speaker_uri: str
    updated: Millis
    collection: RemoteCollection = field(repr=False)  # where its pages begin


def series_address(actor: Document) -> str:
    """Return the address of an actor's collection of series, "" if it names none of its own."""
    found = id_of(first(_ours(actor, "series")))
    return found if same_origin(found, id_of(actor)) else ""


def read_series(document: Document, owner_uri: str) -> RemoteSeries:
    """Read a series of `owner_uri`. Raises `Invalid`, `Untrusted` where it is not theirs."""
    uri = id_of(document)
    if type_of(document) not in SERIES_TYPES or not uri:
        raise errors.Invalid("This document is no series; send an OrderedCollection with an id.")
    if not same_origin(uri, owner_uri):
        raise errors.Untrusted("The series and its artist are on different servers.")
    if ids_of(document.get("attributedTo"), 2) != (owner_uri,):
        raise errors.Untrusted("The series is somebody else's.")
    collection = read_collection(document)
    works = works_in(collection, owner_uri)
    total = number_of(document.get("totalItems"), _MAX_TOTAL)
    cover_url, cover_alt = _cover(document)
    speaker = id_of(first(_ours(document, "announcedBy")))
    order = text_of(document.get("orderType"), MAX_NAME)
    return RemoteSeries(
        uri=uri,
        name=worded(document, "name", MAX_NAME).strip(),
        summary_html=worded(document, "summary", _MAX_SUMMARY),
        url=page_of(document) or uri,
        cover_url=cover_url,
        cover_alt=cover_alt,
        grows_at_end=not order or order.endswith(_ENDS_WITH_NEW),
        total=len(works) if total is None else total,
        works=works[:MAX_WORKS],
        is_whole=not collection.first_uri and collection.first_page is None,
        speaker_uri=speaker if same_origin(speaker, owner_uri) else "",
        updated=moment_of(document.get("updated")) or Millis(0),
        collection=collection,
    )


def works_in(collection: RemoteCollection, owner_uri: str) -> tuple[str, ...]:
    """Return the ids in a collection or page that are of the owner's server, each once."""
    found = (id_of(item) for item in collection.items)
    return tuple(dict.fromkeys(uri for uri in found if uri and same_origin(uri, owner_uri)))


def _cover(document: Document) -> tuple[str, str]:
    image = first(document.get("image"))
    if image is None:
        image = first(document.get("icon"))
    value = image.get("url", image.get("href")) if is_document(image) else image
    address = next((address for address, _, _ in links(value, limit=10)), "")
    alt = text_of(image.get("name"), _MAX_ALT) if is_document(image) else ""
    return address, alt


def _ours(document: Document, name: str) -> object:
    """Return a property of our namespace, by its short name, its prefix or whole."""
    found = term(document, name, _TERMS)
    return document.get(f"urn:fixatif:ns#{name}") if found is None else found
