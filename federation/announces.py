"""What an Announce boosts, when, and for whom, as servers really write it. Pure.

The law: an Announce names what it boosts and no more. What it embeds is somebody else's word,
good for finding the id, and is fetched from its own origin (FEP-fe34).
"""

from typing import Final

from federation.documents import Document, first, id_of, is_document, moment_of, type_of
from federation.notes import POST_TYPES, audience_of
from federation.vocabulary import Activity
from server.model import Actor, Millis, Visibility
from server.targets import OPEN, Target

OLDEST: Final = Millis(30 * 86_400_000)  # peers repeat a boost for a week


def boosted_uri(activity: Activity) -> str:
    """Return the id of the post that is boosted, "" where an Announce boosts none.

    Lemmy's communities announce whole activities (FEP-1b12): of these a Create of what answers
    nothing boosts what it made. Likes, answers, edits and removals are passed over.
    """
    embedded = activity.object
    if embedded is None:
        return activity.object_uri
    if type_of(embedded) != "Create":
        return activity.object_uri if _is_post_or_id(embedded) else ""
    made = first(embedded.get("object"))
    if is_document(made) and (type_of(made) not in POST_TYPES or made.get("inReplyTo")):
        return ""
    return id_of(made)


def boosted_at(activity: Activity, now: Millis) -> Millis:
    """Return when a boost was made: as it says, but never in the future, nor long ago."""
    said = moment_of(activity.raw.get("published"))
    return said if said is not None and now - OLDEST <= said <= now else now


def is_for_followers(activity: Activity, booster: Actor) -> bool:
    """Say whether a boost is for all who follow its booster; one that addresses nobody is."""
    to, cc = activity.recipients
    if not to and not cc:
        return True
    return audience_of(to, cc, booster.uri, booster.followers_uri) is not Visibility.DIRECT


def may_be_boosted(target: Target, booster: Actor) -> bool:
    """Say whether a boost counts: of what is open, or of one's own for one's followers."""
    is_own = target.visibility is Visibility.FOLLOWERS and target.owner_id == booster.id
    return target.visibility in OPEN or is_own


def _is_post_or_id(embedded: Document) -> bool:
    name = type_of(embedded)
    return not name or name in POST_TYPES
