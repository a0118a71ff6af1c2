"""Other servers' actors and their keys, read from their documents. Pure; HTML stays raw."""

from dataclasses import field
from typing import Final

from federation.documents import (
    MAX_NAME,
    Document,
    first,
    id_of,
    ids_of,
    is_document,
    links,
    moment_of,
    term,
    text_of,
    type_of,
    values,
    worded,
)
from federation.emojis import emojis_of
from federation.sites import same_site
from federation.uris import same_origin
from server import errors
from server.model import ActorKind, Emoji, Heard, Millis
from server.values import dataclass

_MAX_KEYS: Final = 10  # as Mastodon: rotation needs two
_MAX_KEY_LENGTH: Final = 8192  # characters of PEM
_MAX_FIELDS: Final = 50  # as Mastodon
_MAX_FIELD: Final = 5000
_MAX_ALIASES: Final = 256  # as Mastodon
_MAX_SUMMARY: Final = 20_000  # characters of HTML; the longest biographies have 5,000
_MAX_HANDLE: Final = 100
_MAX_SIGNAL: Final = 1000  # characters of a content usage or robots statement
_KINDS: Final = frozenset(kind.value for kind in ActorKind)


@dataclass(frozen=True, slots=True)
class ActorField:
    """A line of a profile (FEP-fb2a)."""

    name: str
    value_html: str


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """A published key. `text` is PEM, or a Multikey ("z…", FEP-521a)."""

    key_id: str
    owner: str  # the actor; of a key document that stands alone, only said, not proved
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """An actor of another server. Its keys are on its own origin and say that they are its."""

    uri: str
    kind: ActorKind
    handle: str  # preferredUsername
    name: str
    summary_html: str = field(repr=False)  # as sent
    url: str  # page for people, "" if none
    inbox: str
    shared_inbox: str  # "" if none (GoToSocial, snac for some)
    outbox: str
    followers_uri: str
    featured_uri: str
    icon_url: str
    keys: tuple[RemoteKey, ...]
    also_known_as: tuple[str, ...]
    moved_to: str
    approves_follows: bool
    is_discoverable: bool
    is_indexable: bool  # FEP-5feb: missing means no
    published: Millis | None
    fields: tuple[ActorField, ...]
    webfinger: str  # handle@domain by its own account (FEP-2c59), ""
    heard: Heard  # what it says of machines
    emojis: tuple[Emoji, ...] = ()  # in the name

    @property
    def key_id(self) -> str:
        """Id of the first RSA key in PEM, "" if there is none."""
        return self._main_key.key_id if self._main_key else ""

    @property
    def public_key_pem(self) -> str:
        """The first key in PEM, "" if there is none."""
        return self._main_key.text if self._main_key else ""

    @property
    def multikeys(self) -> tuple[tuple[str, str], ...]:
        """(key id, Multikey) of the keys for proofs (FEP-521a)."""
        return tuple((key.key_id, key.text) for key in self.keys if key.text.startswith("z"))

    @property
    def _main_key(self) -> RemoteKey | None:
        return next((key for key in self.keys if not key.text.startswith("z")), None)


def read_actor(document: Document) -> RemoteActor:
    """Read an actor. Raises `Invalid` without an id, actor type, handle or inbox."""
    uri, inbox = id_of(document), id_of(first(document.get("inbox")))
    kind, handle = type_of(document), _handle(document)
    if not uri or kind not in _KINDS:
        raise errors.Invalid("This document is no actor; send a Person with an https id.")
    if not inbox or not handle:
        raise errors.Invalid("The actor lacks an inbox or a preferredUsername; publish both.")
    endpoints = first(document.get("endpoints"))
    shared = endpoints.get("sharedInbox") if is_document(endpoints) else None
    return RemoteActor(
        uri=uri,
        kind=ActorKind(kind),
        handle=handle,
        name=worded(document, "name", MAX_NAME).strip() or handle,
        summary_html=worded(document, "summary", _MAX_SUMMARY),
        url=page_of(document),
        inbox=inbox,
        shared_inbox=id_of(shared),
        outbox=id_of(first(document.get("outbox"))),
        followers_uri=id_of(first(document.get("followers"))),
        featured_uri=id_of(first(term(document, "featured", "toot"))),
        icon_url=_icon(document),
        keys=tuple(key for key in read_keys(document) if key.owner == uri),
        also_known_as=ids_of(document.get("alsoKnownAs"), _MAX_ALIASES),
        moved_to=id_of(first(document.get("movedTo"))),
        approves_follows=document.get("manuallyApprovesFollowers") is True,
        is_discoverable=term(document, "discoverable", "toot") is True,
        is_indexable=term(document, "indexable", "toot") is True,
        published=moment_of(document.get("published")),
        fields=_fields(document),
        webfinger=text_of(document.get("webfinger"), MAX_NAME).removeprefix("acct:").lstrip("@"),
        heard=heard_of(document),
        emojis=emojis_of(document),
    )


def read_keys(document: Document) -> tuple[RemoteKey, ...]:
    """Return the keys in an actor's document, a stub of one (GoToSocial), or a key's own.

    Keys on another origin than their owner are left out: taken in, they would occupy
    somebody else's key id. Of a key's own document the owner must still confirm it.
    """
    is_alone = "publicKeyPem" in document or "publicKeyMultibase" in document
    holder = "" if is_alone else id_of(document)
    listed = [document] if is_alone else values(document.get("publicKey"), _MAX_KEYS)
    listed += values(document.get("assertionMethod"), _MAX_KEYS)
    found = [_key(one, holder) for one in listed if is_document(one)]
    return tuple(key for key in found if key is not None)[:_MAX_KEYS]


def page_of(document: Document) -> str:
    """Return the address for people: an HTML link where there are several, "" if none.

    Pages of another site are left out: they would lend it somebody else's name.
    """
    own_id = id_of(document)
    found = [one for one in links(document.get("url"), limit=10) if same_site(one[0], own_id)]
    pages = [address for address, media_type, _ in found if media_type == "text/html"]
    plain = [address for address, media_type, _ in found if not media_type]
    return next(iter(pages + plain), "")


def heard_of(document: Document) -> Heard:
    """Return what a document says of machines, verbatim: of an actor, a post or an attachment.

    `license` is a title (Pixelfed) or an address (schema.org); `licenseUrl` is an address.
    """
    licence = text_of(first(document.get("license")), MAX_NAME).strip()
    address = id_of(first(document.get("licenseUrl"))) or id_of(first(document.get("license")))
    indexable = term(document, "indexable", "toot")
    return Heard(
        usage=_content_usage(document),
        robots_tag=_robots_tag(document),
        is_indexable=indexable if isinstance(indexable, bool) else None,
        licence="" if licence == address else licence,
        licence_url=address,
        policy_url=id_of(first(document.get("aiPolicy"))),
    )


def _content_usage(document: Document) -> str:
    """Return what the origin says of machines' use (AIPREF), verbatim, "" if nothing."""
    for name in ("contentUsage", "fixatif:contentUsage", "urn:fixatif:ns#contentUsage"):
        if found := text_of(document.get(name), _MAX_SIGNAL):
            return found
    return ""


def _robots_tag(document: Document) -> str:
    """Return the origin's `xRobotsTag` (FEP-5e53), several joined by commas, "" if none."""
    found = [text_of(one, _MAX_SIGNAL) for one in values(document.get("xRobotsTag"), limit=10)]
    return ", ".join(one for one in found if one)[:_MAX_SIGNAL]


def _handle(document: Document) -> str:
    """Return the user name if it can stand in `@name@domain`, else ""."""
    found = worded(document, "preferredUsername", _MAX_HANDLE + 1)
    is_sound = found.translate(_WITHOUT_MARKS).isalnum() and len(found) <= _MAX_HANDLE
    return found if is_sound else ""


_WITHOUT_MARKS: Final = str.maketrans("", "", "_.-~")  # marks that real user names contain


def _icon(document: Document) -> str:
    icon = first(document.get("icon"))
    value = icon.get("url", icon.get("href")) if is_document(icon) else icon
    return next((address for address, _, _ in links(value, limit=10)), "")


def _key(document: Document, holder: str) -> RemoteKey | None:
    key_id = id_of(document)
    owner = id_of(first(document.get("owner", document.get("controller")))) or holder
    whole = document.get("publicKeyPem", document.get("publicKeyMultibase"))
    text = text_of(whole, _MAX_KEY_LENGTH + 1).strip()
    is_sound = text and len(text) <= _MAX_KEY_LENGTH and same_origin(key_id, owner)
    return RemoteKey(key_id, owner, text) if is_sound else None


def _fields(document: Document) -> tuple[ActorField, ...]:
    return tuple(
        ActorField(worded(one, "name", MAX_NAME), worded(one, "value", _MAX_FIELD))
        for one in values(document.get("attachment"), _MAX_FIELDS)
        if is_document(one) and type_of(one).removeprefix("schema:") == "PropertyValue"
    )
