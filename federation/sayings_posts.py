"""Sayings about comments: made, removed."""

from collections.abc import Mapping
from typing import Final

from federation import activities, translate
from federation.sayings import Message, Mouth, Say, inboxes_of, owner_of
from server.model import Actor, PostId, Visibility
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def commented(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Create of a comment, to whom it answers and the author's followers."""
    post = await tx.posts.by_id(PostId(what.target_id))
    if post is None:
        return None
    parent = await owner_of(mouth, tx, post.reply_to_id or 0)
    note = translate.note_of_post(post, actor, parent)
    activity = activities.create(note, f"{post.uri}/activity")
    is_private = post.visibility is Visibility.DIRECT  # else every follower's server held it
    followers = [] if is_private else await tx.relations.follower_inboxes(actor.id)
    return Message(activity, [*followers, *inboxes_of(parent)])


async def comment_removed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete of a comment, to those who got it."""
    parent = await owner_of(mouth, tx, what.target_id)
    activity = activities.delete(what.uri, actor, f"{what.uri}/delete")
    followers = await tx.relations.follower_inboxes(actor.id)
    return Message(activity, [*followers, *inboxes_of(parent)])


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.COMMENTED: commented,
    Deed.COMMENT_REMOVED: comment_removed,
}
