"""Sayings about comments: made, removed."""

from collections.abc import Mapping, Sequence
from typing import Final

from federation import activities, translate
from federation.sayings import Message, Mouth, Say, inboxes_of, owner_of
from server.meeting import people_at
from server.model import Actor, PostId, Visibility
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def commented(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Create of a comment, to whom it answers, whom it names, and the author's followers.

    A direct one is for those alone whom it names.
    """
    post = await tx.posts.by_id(PostId(what.target_id))
    artist = await tx.artists.by_id(actor.id)
    if post is None or post.visibility is Visibility.DRAFT:
        return None
    parent = await owner_of(mouth, tx, post.reply_to_id or 0)
    named = await people_at(tx, post.mentions)
    note = translate.note_of_post(
        post,
        actor,
        parent,
        mouth.addresses,
        named=named,
        policy=artist.interaction if artist is not None else None,
    )
    activity = activities.create(note, f"{post.uri}/activity")
    if post.visibility is Visibility.DIRECT:
        return Message(activity, _inboxes(named))
    followers = await tx.relations.follower_inboxes(actor.id)
    return Message(activity, [*followers, *inboxes_of(parent), *_inboxes(named)])


async def comment_removed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete of a comment, to those who got it."""
    activity = activities.delete(what.uri, actor, f"{what.uri}/delete")
    people = await tx.actors.many(what.named)
    named = [people[one] for one in what.named if one in people]
    if what.is_private:
        to = [one.uri for one in named]
        return Message(activity | {"to": to, "cc": []}, _inboxes(named))
    parent = await owner_of(mouth, tx, what.target_id)
    followers = await tx.relations.follower_inboxes(actor.id)
    return Message(activity, [*followers, *inboxes_of(parent), *_inboxes(named)])


def _inboxes(people: Sequence[Actor]) -> list[tuple[str, str]]:
    return [pair for actor in people for pair in inboxes_of(actor)]


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.COMMENTED: commented,
    Deed.COMMENT_REMOVED: comment_removed,
}
