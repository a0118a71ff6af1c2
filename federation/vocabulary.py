"""ActivityStreams 2 as other servers really write it, read into frozen types. Pure.

`read_activity` alone makes an `Activity`; a frozen nothing-left-to-check value, except
for who said it (`origin`) and for HTML, which stays raw until `translate` cleans it.
Identity is read strictly, everything else with patience: what is missing, too long or of
another shape becomes "" or nothing, never an error.
"""

from dataclasses import field
from types import MappingProxyType
from typing import Final

import msgspec

from federation.actors import ActorField, RemoteActor, RemoteKey, read_actor, read_keys
from federation.addressing import PUBLIC
from federation.content_types import is_activity_type, wants_activity
from federation.documents import (
    MAX_BYTES,
    Document,
    address_of,
    first,
    id_of,
    ids_of,
    is_document,
    number_of,
    read_document,
    text_of,
    type_name,
    type_of,
    values,
)
from federation.notes import (
    Mention,
    RemoteNote,
    audience_of,
    read_note,
    recipients_of,
)
from server import errors
from server.values import dataclass

__all__ = [
    "PUBLIC",
    "Activity",
    "ActorField",
    "Claim",
    "Document",
    "Mention",
    "RemoteActor",
    "RemoteCollection",
    "RemoteKey",
    "RemoteNote",
    "audience_of",
    "is_activity_type",
    "read_activity",
    "read_actor",
    "read_claim",
    "read_collection",
    "read_document",
    "read_keys",
    "read_note",
    "wants_activity",
]

_MAX_OBJECTS: Final = 50  # a report names an actor and some posts
_MAX_ITEMS: Final = 1000  # of one collection page; servers send 10 to 40
_MAX_REMARK: Final = 10_000  # characters of a report's text, or an emoji
_MAX_COUNT: Final = 2**53  # what every JSON reader keeps exactly
_WRAPPING: Final = frozenset({"Undo", "Accept", "Reject"})  # their object is an activity


@dataclass(frozen=True, slots=True)
class Claim:
    """What a body says before anybody verified it: good for choosing a key, nothing else."""

    uri: str  # "" if none
    type: str
    actor_uri: str
    object_uri: str  # "" if none
    is_self_delete: bool  # an actor's own deletion: nobody can fetch that key any more


@dataclass(frozen=True, slots=True)
class Activity:
    """One deed, as its sender put it. Every address is http(s) and of sane length."""

    uri: str  # "" where the sender gave none (Takahē's Add and Remove)
    type: str
    actor_uri: str  # "" only inside another activity, where the sender left it out
    object_uri: str  # of the first object, "" if none
    object_uris: tuple[str, ...]  # several in a Flag: actor and posts, in any order
    object: Document | None = field(repr=False)  # where it was embedded
    inner: "Activity | None"  # of an Undo, Accept or Reject that embeds what it is about
    raw: Document = field(repr=False)

    @property
    def target_uri(self) -> str:
        """Where an Add, Remove or Move leads, "" for others."""
        return id_of(first(self.raw.get("target")))

    @property
    def content(self) -> str:
        """A Flag's words or a reaction's emoji, "" where there are none."""
        return text_of(self.raw.get("content"), _MAX_REMARK)

    @property
    def recipients(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Who is addressed, (to, cc)."""
        return recipients_of(self.raw)

    @property
    def object_type(self) -> str:
        """Type of the embedded object, "" where only its id was sent."""
        return type_of(self.object) if self.object is not None else ""

    @property
    def is_self_delete(self) -> bool:
        """Whether an actor deletes itself."""
        return self.type == "Delete" and self.object_uri == self.actor_uri

    def note(self, followers_uri: str = "") -> RemoteNote:
        """Read the embedded object as a post; it inherits our recipients if it has none.

        Raises `Invalid` where there is none, or it is no post.
        """
        return read_note(self._embedded(), *self.recipients, followers_uri)

    def remote_actor(self) -> RemoteActor:
        """Read the embedded object as an actor. Raises `Invalid` where it is none."""
        return read_actor(self._embedded())

    def _embedded(self) -> Document:
        if self.object is None:
            raise errors.Invalid("The activity carries only its object's id; fetch the object.")
        return self.object


@dataclass(frozen=True, slots=True)
class RemoteCollection:
    """A collection or one page of it, ordered or not."""

    uri: str  # "" if none
    type: str
    total_items: int | None
    items: tuple[str | Document, ...] = field(repr=False)  # ids, or what was embedded
    first_uri: str  # of the first page, "" if none
    first_page: "RemoteCollection | None"  # where it was embedded (Mastodon's replies)
    next_uri: str  # of the page after this one, ""


class _Head(msgspec.Struct):
    """The few properties that a claim needs; msgspec skips all others without decoding."""

    id: object = None
    type: object = None
    actor: object = None
    at_id: object = msgspec.field(name="@id", default=None)
    at_type: object = msgspec.field(name="@type", default=None)
    about: msgspec.Raw = msgspec.field(name="object", default=msgspec.Raw(b"null"))


class _ObjectHead(msgspec.Struct):
    id: object = None
    at_id: object = msgspec.field(name="@id", default=None)


def read_claim(body: bytes) -> Claim:
    """Read who is said to do what, in a few microseconds, trusting nothing.

    Depth and repeated keys are left to `read_activity`. Raises `Invalid`.
    """
    if len(body) > MAX_BYTES:
        raise errors.Invalid("The activity is larger than 1 MiB; send a smaller one.")
    try:
        head = msgspec.json.decode(body, type=_Head)
        object_uri = _claimed_object(head.about)
    except (ValueError, RecursionError) as problem:
        raise errors.Invalid("The activity is not a valid JSON object; check it.") from problem
    actor_uri = _actor_of(head.actor)
    name = _named(type_name(head.type if head.type is not None else head.at_type))
    uri = _own_id(head.id if head.id is not None else head.at_id)
    is_self_delete = name == "Delete" and object_uri == actor_uri
    return Claim(uri, name, actor_uri, object_uri, is_self_delete)


def read_activity(body: bytes) -> Activity:
    """Read an activity from the bytes that were verified.

    Raises `Invalid` for what `read_document` refuses, and for an activity without a type,
    without exactly one actor, or with an id that is no web address.
    """
    document = read_document(body)
    return _activity(document, _actor_of(document.get("actor")))


def read_collection(document: Document) -> RemoteCollection:
    """Read a collection or page. Raises `Invalid` where it is neither."""
    name = type_of(document)
    if name not in {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}:
        raise errors.Invalid("This document is no collection; send an OrderedCollection.")
    start = first(document.get("first"))
    is_embedded = is_document(start) and bool(type_of(start))
    items = document.get("orderedItems")
    return RemoteCollection(
        uri=id_of(document),
        type=name,
        total_items=number_of(document.get("totalItems"), _MAX_COUNT),
        items=_items(document.get("items") if items is None else items),
        first_uri=id_of(start),
        first_page=read_collection(start) if is_document(start) and is_embedded else None,
        next_uri=id_of(first(document.get("next"))),
    )


def _activity(document: Document, actor_uri: str) -> Activity:
    name = _named(type_of(document))
    whole = document.get("object")
    only = whole[0] if isinstance(whole, list) and len(whole) == 1 else whole
    embedded = MappingProxyType(only) if isinstance(only, dict) else None
    uris = ids_of(whole, _MAX_OBJECTS)
    return Activity(
        uri=_own_id(document.get("id", document.get("@id"))),
        type=name,
        actor_uri=actor_uri,
        object_uri=uris[0] if uris else "",
        object_uris=uris,
        object=embedded,
        inner=_inner(embedded) if name in _WRAPPING else None,
        raw=document,
    )


def _inner(embedded: Document | None) -> Activity | None:
    """Read what is undone or answered; senders' copies lack fields (snac), even the actor."""
    if embedded is None or not type_of(embedded):
        return None
    actor = embedded.get("actor")
    return _activity(embedded, "" if actor is None else _actor_of(actor))


def _named(name: str) -> str:
    if not name:
        raise errors.Invalid("The activity has no type; send one, Create for example.")
    return name


def _own_id(value: object) -> str:
    uri = address_of(value)
    if not uri and value is not None:
        raise errors.Invalid("The activity's id is no web address; send a https URL.")
    return uri


def _actor_of(value: object) -> str:
    found = values(value, limit=2)
    if len(found) > 1:
        raise errors.Invalid("The activity names several actors; send one activity for each.")
    uri = id_of(found[0]) if found else ""
    if not uri:
        raise errors.Invalid("The activity names no actor; send the actor's https URL.")
    return uri


def _claimed_object(raw: msgspec.Raw) -> str:
    """Return the id of a single object; lists are no deletion of oneself."""
    if bytes(memoryview(raw)[:1]) != b"{":
        return id_of(msgspec.json.decode(raw)) if len(raw) < MAX_BYTES else ""
    head = msgspec.json.decode(raw, type=_ObjectHead)
    return id_of({"id": head.id if head.id is not None else head.at_id})


def _items(value: object) -> tuple[str | Document, ...]:
    found: list[str | Document] = []
    for one in values(value, _MAX_ITEMS):
        if is_document(one):
            found.append(one)
        elif uri := id_of(one):
            found.append(uri)
    return tuple(found)
