"""Sayings about works: hung, edited, withdrawn."""

from collections.abc import Mapping
from typing import Final

from federation import activities, translate
from federation.sayings import Message, Mouth, Say, inboxes_of
from federation.translate import Document, Voice
from server.model import Actor, ReactionKind, TargetId, Work, WorkId
from server.ports import Transaction
from server.promises import Deed, SayPromise

_REACHED: Final = 200  # most commenters and admirers of one work who hear of its edits


async def work_hung(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Create, to followers."""
    note, _ = await _note(mouth, tx, what, actor)
    if note is None:
        return None
    activity = activities.create(note, f"{note['id']}/activity")
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


async def work_edited(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update, to followers and those who reacted."""
    note, work = await _note(mouth, tx, what, actor)
    if note is None or work is None:
        return None
    at = work.edited_at or mouth.clock.now()
    activity = activities.update(note, mouth.new_uri(), at)
    return Message(activity, await _audience_of(tx, work, actor))


async def work_withdrawn(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete, to everybody who may hold a copy."""
    work = await tx.works.by_id(WorkId(what.target_id))
    if work is None:
        return None
    uri = mouth.addresses.work(work.id)
    activity = activities.delete(uri, actor, f"{uri}/delete")
    return Message(activity, await _audience_of(tx, work, actor))


async def _note(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> tuple[Document | None, Work | None]:
    work = await tx.works.by_id(WorkId(what.target_id))
    artist = await tx.artists.by_id(what.actor_id)
    if work is None or artist is None or not work.is_visible:
        return None, None
    voice = Voice(artist, actor, mouth.house.usage_of(artist, work), mouth.house.now.policy)
    return translate.note_of_work(work, voice, mouth.addresses), work


async def _audience_of(tx: Transaction, work: Work, actor: Actor) -> list[tuple[str, str]]:
    """Return everybody who may hold a copy: followers, and those who reacted or commented."""
    target = TargetId(work.id)
    found = await tx.relations.follower_inboxes(actor.id)
    for kind in ReactionKind:
        for _, admirer in await tx.reactions.of_target(target, kind, limit=_REACHED):
            found += inboxes_of(admirer)
    comments = await tx.posts.thread(work.id, limit=_REACHED)
    authors = await tx.actors.many([post.actor_id for post in comments])
    for author in authors.values():
        found += inboxes_of(author)
    return found


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.WORK_HUNG: work_hung,
    Deed.WORK_EDITED: work_edited,
    Deed.WORK_WITHDRAWN: work_withdrawn,
}
