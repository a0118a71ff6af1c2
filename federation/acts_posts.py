"""Acts about posts: made, changed, gone."""

from federation.deeds import Arrived, Hands
from federation.posts import post_from
from federation.vocabulary import RemoteNote
from server.model import Actor, Post
from server.ports import Transaction
from server.reactions import find_target_by_uri


async def create(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Keep a post that answers us, names one of us, or is by somebody followed."""
    if deed.note is None:
        return
    post = await _post(hands, tx, deed.note, deed.actor)
    if post is not None:
        await hands.reactions.note_post(tx, post)


async def update_post(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take in that a post changed, unless a newer change came before."""
    if deed.note is None:
        return
    known = await tx.posts.by_uri(deed.note.uri)
    if known is not None and known.actor_id != deed.actor.id:
        return
    if known is None or not _is_older(deed.note, known):
        await create(hands, tx, deed)


async def delete_post(_hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Erase a post that is gone, if it was this actor's."""
    post = await tx.posts.by_uri(deed.activity.object_uri)
    if post is not None and post.actor_id == deed.actor.id and not post.is_local:
        await tx.posts.remove(post.id)


async def _post(hands: Hands, tx: Transaction, note: RemoteNote, actor: Actor) -> Post | None:
    """Return the post to keep, None where nobody here has to do with it."""
    known = await tx.posts.by_uri(note.uri)
    answered = (
        await find_target_by_uri(tx, hands.addresses, note.in_reply_to)
        if note.in_reply_to
        else None
    )
    names_us = any(hands.addresses.is_ours(mention.uri) for mention in note.mentions)
    if not (known or answered or names_us or await tx.relations.has_local_follower(actor.id)):
        return None
    return post_from(
        note,
        actor,
        known,
        new_id=hands.clock.new_id(),
        now=hands.clock.now(),
        answered=answered,
    )


def _is_older(note: RemoteNote, known: Post) -> bool:
    """Say whether an edit that arrives was overtaken by a newer one."""
    return bool(note.updated and known.edited_at and note.updated < known.edited_at)
