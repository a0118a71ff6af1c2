"""Sayings about comments: made, edited, removed."""

from collections.abc import Mapping, Sequence
from typing import Final

from federation import activities, translate
from federation.sayings import Message, Mouth, Say, inboxes_of, owner_of
from federation.translate import Document
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
    said = await note(mouth, tx, what, actor)
    if said is None:
        return None
    activity = activities.create(said, f"{said['id']}/activity")
    return Message(activity, await _audience(mouth, tx, what, actor))


async def comment_edited(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update of a comment, to those who got it."""
    said = await note(mouth, tx, what, actor)
    if said is None:
        return None
    activity = activities.update(said, mouth.new_uri(), mouth.clock.now())
    return Message(activity, await _audience(mouth, tx, what, actor))


async def note(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Document | None:
    """Return a comment as the note that is said of it, None where it waits or is gone."""
    post = await tx.posts.by_id(PostId(what.target_id))
    artist = await tx.artists.by_id(actor.id)
    is_out = artist is not None and artist.suspended_at is not None
    if post is None or post.visibility is Visibility.DRAFT or is_out:
        return None
    return translate.note_of_post(
        post,
        actor,
        await owner_of(mouth, tx, post.reply_to_id or 0),
        mouth.addresses,
        named=await people_at(tx, post.mentions),
        policy=artist.interaction if artist is not None else None,
    )


async def _audience(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> list[tuple[str, str]]:
    """Return where those are told who get a comment; `named` were in it before an edit."""
    post = await tx.posts.by_id(PostId(what.target_id))
    if post is None:
        return []
    before = await tx.actors.many(what.named)
    named = [*await people_at(tx, post.mentions), *before.values()]
    if post.visibility is Visibility.DIRECT:
        return _inboxes(named)
    parent = await owner_of(mouth, tx, post.reply_to_id or 0)
    followers = await tx.relations.follower_inboxes(actor.id)
    return [*followers, *inboxes_of(parent), *_inboxes(named)]


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
    Deed.COMMENT_EDITED: comment_edited,
    Deed.COMMENT_REMOVED: comment_removed,
}
