"""Acts of pinning posts to a profile: Add to and Remove from an actor's `featured` collection.

What is added to and removed from other collections is for `acts_series`.
"""

from dataclasses import replace
from typing import Final

from federation.dedupe import arranging_key
from federation.deeds import Arrived, Hands
from federation.posts import post_from, treated
from federation.vocabulary import Activity
from server.model import Actor, Post, Visibility
from server.ports import Transaction

MAX_FEATURED: Final = 20  # of one actor; Mastodon pins five
_OPEN: Final = (Visibility.PUBLIC, Visibility.UNLISTED)


async def wants_post(tx: Transaction, activity: Activity, actor: Actor) -> bool:
    """Say whether a pinned post must be fetched: unknown, and by somebody followed here."""
    if not is_featured(activity, actor):
        return False
    if await tx.posts.by_uri(activity.object_uri) is not None:
        return False
    return await tx.relations.has_local_follower(actor.id)


async def add(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Mark a post as pinned by its author, keeping it first where it was fetched for this."""
    await tx.activities.forget(arranging_key(deed.activity, "Remove"), deed.actor.uri)
    post = await _own(tx, deed) or _fetched(hands, deed)
    pinned = await tx.posts.featured(deed.actor.id, limit=MAX_FEATURED)
    if post is not None and post.featured_at is None and len(pinned) < MAX_FEATURED:
        await tx.posts.put(replace(post, featured_at=hands.clock.now()))


async def remove(_hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note that a post is pinned no more."""
    await tx.activities.forget(arranging_key(deed.activity, "Add"), deed.actor.uri)
    post = await _own(tx, deed)
    if post is not None and post.featured_at is not None:
        await tx.posts.put(replace(post, featured_at=None))


def is_featured(activity: Activity, actor: Actor) -> bool:
    """Say whether something enters or leaves what an actor pinned."""
    return bool(actor.featured_uri) and activity.target_uri == actor.featured_uri


async def _own(tx: Transaction, deed: Arrived) -> Post | None:
    post = await tx.posts.by_uri(deed.activity.object_uri)
    return post if post is not None and post.actor_id == deed.actor.id else None


def _fetched(hands: Hands, deed: Arrived) -> Post | None:
    note = deed.note
    if note is None or note.attributed_to != deed.actor.uri or note.audience not in _OPEN:
        return None
    post = post_from(note, deed.actor, None, new_id=hands.clock.new_id(), now=hands.clock.now())
    return treated(post, None, deed.treatment, frozenset())
