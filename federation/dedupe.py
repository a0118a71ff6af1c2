"""When two activities are one. Pure: the key that the library keeps once.

A deletion is known by what it deletes. So the kept deletion is at the same time the memory
that a thing is gone: a Create that it overtook on its way is refused for as long.
"""

import hashlib
from typing import Final

from federation.vocabulary import Activity

_ARRANGING: Final = frozenset({"Add", "Remove"})
_REPEATABLE: Final = frozenset({"Update", "Add", "Remove"})  # Takahē gives each Update the same id


def dedupe_key(activity: Activity, body: bytes) -> str:
    """Return what must be equal for an activity to count as the same one again.

    Its id; for kinds whose ids real servers repeat, and where there is none, who said it,
    what kind, and the exact words.
    """
    if activity.type == "Delete" and activity.object_uri and not activity.is_self_delete:
        return deletion_key(activity.actor_uri, activity.object_uri)
    if activity.type in _ARRANGING and not activity.uri:
        return arranging_key(activity, activity.type)
    if activity.uri and activity.type not in _REPEATABLE:
        return activity.uri
    digest = hashlib.sha256(body).hexdigest()
    return f"{activity.actor_uri} {activity.type} {digest}"


def arranging_key(activity: Activity, kind: str) -> str:
    """Return the key of an Add or Remove without an id (Takahē): each frees the other's."""
    return f"{activity.actor_uri} {kind} {activity.object_uri} {activity.target_uri}"


def deletion_key(actor_uri: str, object_uri: str) -> str:
    """Return the key of an actor's deletion of something. Only its author's counts."""
    return f"{actor_uri} Delete {object_uri}"
