"""May this sender say this? Origin rules in the sense of FEP-fe34. Pure.

A server speaks for its own origin and for nothing else. Every rule here was an account
takeover or a forged post on some server that left it out (CVE-2024-23832, CVE-2024-52591,
CVE-2025-54888).
"""

from collections.abc import Callable
from typing import Final

from federation.documents import ids_of
from federation.signatures import Verified
from federation.uris import is_loopback, origin_of, same_origin
from federation.vocabulary import Activity
from server import errors
from server.model import ActorKind
from server.values import dataclass

__all__ = [
    "RefetchObject",
    "Trust",
    "Trusted",
    "check_activity",
    "check_document",
    "is_loopback",
    "origin_of",
    "same_origin",
]

_ACTOR_TYPES: Final = frozenset(kind.value for kind in ActorKind)
_MAX_AUTHORS: Final = 10


@dataclass(frozen=True, slots=True)
class Trusted:
    """The signer may say this, and what it embedded may be used as it is.

    Of Like, Follow, Block, Flag, Accept, Reject and Undo use ids alone: their objects are
    somebody else's, or copies.
    """


@dataclass(frozen=True, slots=True)
class RefetchObject:
    """The signer may say this, but the object must come from its own origin first."""

    uri: str


Trust = Trusted | RefetchObject


def check_activity(verified: Verified, activity: Activity) -> Trust:
    """Hold an activity against who signed it. Raises `Untrusted` saying which rule it breaks.

    Raises `Invalid` where it names nothing: its sender is believed, and need not sign in another
    way, as many do after a 401.

    What only stored facts can decide is left to the flow: whether the author of a deleted
    post is the deleter, whether an answered Follow is ours, whether a Move's target agrees.
    """
    actor = activity.actor_uri
    if verified.actor_uri != actor:
        raise errors.Untrusted("The signer is not the activity's actor; sign with its own key.")
    origin_of(actor)  # refuses plain http and broken hosts even where all else agrees
    if activity.uri and not same_origin(activity.uri, actor):
        raise errors.Untrusted("The activity's id is on another server than its actor.")
    return _RULES.get(activity.type, _anything)(activity)


def check_document(document_id: str, fetched_url: str) -> None:
    """Hold a fetched document's id against the address that answered, after redirects.

    Raises `Untrusted`.
    """
    if origin_of(document_id) != origin_of(fetched_url):
        raise errors.Untrusted("The document's id is on another server than the one that sent it.")


def _anything(activity: Activity) -> Trust:
    """Trust what is embedded only on the signer's own origin."""
    if activity.object is None:
        return Trusted()
    if not activity.object_uri:
        raise errors.Invalid("The embedded object has no id; send one on your own server.")
    if same_origin(activity.object_uri, activity.actor_uri):
        return Trusted()
    return RefetchObject(activity.object_uri)


def _create(activity: Activity) -> Trust:
    """Let the origin speak where only an id was sent, or another author is named."""
    if not activity.object_uri:
        raise errors.Invalid("The Create has no object with an id; send the post.")
    if activity.object is None or not _is_authors(activity):
        return RefetchObject(activity.object_uri)
    return _anything(activity)


def _change(activity: Activity) -> Trust:
    """Update and Delete: by the author alone, of things on its own origin."""
    if not activity.object_uri:
        raise errors.Invalid("The change names no object; send its id.")
    if not same_origin(activity.object_uri, activity.actor_uri):
        raise errors.Untrusted("Only its own server may change or delete this object.")
    is_actor = activity.object_type in _ACTOR_TYPES
    if is_actor and activity.object_uri != activity.actor_uri:
        raise errors.Untrusted("An actor may change or delete itself alone.")
    if not is_actor and not _is_authors(activity):
        raise errors.Untrusted("Only its author may change or delete this object.")
    if activity.type == "Update" and activity.object is None:
        return RefetchObject(activity.object_uri)
    return Trusted()


def _undo(activity: Activity) -> Trust:
    """Only one's own deeds, embedded or by id, are undone."""
    inner = activity.inner
    if inner is not None and inner.actor_uri not in {"", activity.actor_uri}:
        raise errors.Untrusted("An actor may undo its own activities alone.")
    undone = activity.object_uri
    if undone and not same_origin(undone, activity.actor_uri):
        raise errors.Untrusted("The activity to be undone is on another server than its actor.")
    if not undone and inner is None:
        raise errors.Invalid("The Undo names no activity; send the one to be undone.")
    return Trusted()


def _answer(activity: Activity) -> Trust:
    """Accept and Reject: only who was asked may answer."""
    inner = activity.inner
    if inner is None or not inner.object_uri:
        return Trusted()  # an id: the flow knows whom that Follow asked
    is_asked = (
        inner.object_uri == activity.actor_uri
        if inner.type == "Follow"
        else same_origin(inner.object_uri, activity.actor_uri)
    )
    if not is_asked:
        raise errors.Untrusted("Only the actor that was asked may accept or reject this.")
    return Trusted()


def _move(activity: Activity) -> Trust:
    if activity.object_uri != activity.actor_uri:
        raise errors.Untrusted("An actor may move itself alone.")
    return Trusted()


def _arrange(activity: Activity) -> Trust:
    """Add and Remove: into collections of one's own origin."""
    if not same_origin(activity.target_uri, activity.actor_uri):
        raise errors.Untrusted("An actor may only add to and remove from its own collections.")
    return _anything(activity)


def _by_id(_activity: Activity) -> Trust:
    return Trusted()


def _is_authors(activity: Activity) -> bool:
    """Say whether the embedded object names the actor as author, or nobody."""
    said = None if activity.object is None else activity.object.get("attributedTo")
    return said is None or activity.actor_uri in ids_of(said, _MAX_AUTHORS)


_RULES: Final[dict[str, Callable[[Activity], Trust]]] = {
    "Create": _create,
    "Update": _change,
    "Delete": _change,
    "Undo": _undo,
    "Accept": _answer,
    "Reject": _answer,
    "Move": _move,
    "Add": _arrange,
    "Remove": _arrange,
    "Like": _by_id,
    "EmojiReact": _by_id,
    "Follow": _by_id,
    "Block": _by_id,
    "Flag": _by_id,
}
