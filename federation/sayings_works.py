"""Sayings about works: hung, edited, withdrawn."""

from collections.abc import Mapping
from typing import Final

from federation import activities, translate
from federation.sayings import Message, Mouth, Say, inboxes_of
from federation.translate import Document, Voice
from server.media_tokens import NOBODY
from server.meeting import known_people
from server.model import Actor, ActorId, ReactionKind, TargetId, Work, WorkId
from server.ports import Transaction
from server.promises import Deed, SayPromise
from server.series_telling import is_listed

_REACHED: Final = 200  # most commenters and admirers of one work who hear of its edits


async def work_hung(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Create, to followers and whom the caption names."""
    said, work = await _note(mouth, tx, what, actor)
    if said is None or work is None:
        return None
    activity = activities.create(said, f"{said['id']}/activity")
    inboxes = await tx.relations.follower_inboxes(actor.id)
    inboxes += await _inboxes_of_named(tx, work)
    return Message(activity, inboxes, about=TargetId(what.target_id))


async def work_edited(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update, to followers and those who reacted."""
    said, work = await _note(mouth, tx, what, actor)
    if said is None or work is None:
        return None
    at = work.edited_at or mouth.clock.now()
    activity = activities.update(said, mouth.new_uri(), at)
    audience = await _audience_of(tx, work, actor, is_gone=False)
    return Message(activity, audience, about=TargetId(work.id))


async def work_withdrawn(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete, to everybody who may hold a copy."""
    work = await tx.works.by_id(WorkId(what.target_id))
    if work is None:
        return None
    uri = mouth.addresses.work(work.id)
    activity = activities.delete(uri, actor, f"{uri}/delete")
    audience = await _audience_of(tx, work, actor, is_gone=True)
    # Whose follows were cut since holds a copy still (docs/decisions/0010)
    audience += [(inbox, inbox) for inbox in await tx.neighbours.inboxes_with_copy(work.id)]
    return Message(activity, audience, about=TargetId(work.id))


async def note(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Document | None:
    """Return a work as the note that is said of it, None where it is not shown."""
    return (await _note(mouth, tx, what, actor))[0]


async def _note(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> tuple[Document | None, Work | None]:
    work = await tx.works.by_id(WorkId(what.target_id))
    artist = await tx.artists.by_id(what.actor_id)
    if work is None or artist is None or artist.suspended_at or not work.is_visible:
        return None, None
    usage, policy = mouth.house.usage_of(artist, work), mouth.house.policy_for(work)
    named = await known_people(tx, work.caption)
    neutral = mouth.tokens.token(NOBODY, work.id)  # `extents` puts each server's own in its place
    voice = Voice(artist, actor, usage, policy, named, token=neutral)
    series = await tx.series.of_work(work.id) if is_listed(work) else []
    return translate.note_of_work(work, voice, mouth.addresses, series), work


async def _audience_of(
    tx: Transaction, work: Work, actor: Actor, *, is_gone: bool
) -> list[tuple[str, str]]:
    """Return everybody who may hold a copy: followers, and those who reacted or commented.

    Who is in a block with the artist hears of a deletion alone.
    """
    target = TargetId(work.id)
    people: dict[ActorId, Actor] = {}
    for kind in ReactionKind:
        admirers = await tx.reactions.of_target(target, kind, limit=_REACHED)
        people |= {admirer.id: admirer for _, admirer in admirers}
    comments = await tx.posts.thread(work.id, limit=_REACHED)
    people |= await tx.actors.many([post.actor_id for post in comments])
    people |= {one.id: one for one in (await known_people(tx, work.caption)).values()}
    shut = set() if is_gone else await tx.blocks.among(actor.id, list(people))
    found = await tx.relations.follower_inboxes(actor.id)
    for one in people.values():
        found += inboxes_of(one) if one.id not in shut else []
    return found


async def _inboxes_of_named(tx: Transaction, work: Work) -> list[tuple[str, str]]:
    """Return where those are told whom a caption names, but for who is in a block."""
    people = {actor.id: actor for actor in (await known_people(tx, work.caption)).values()}
    shut = await tx.blocks.among(work.artist_id, list(people)) if people else set()
    return [pair for one in people.values() if one.id not in shut for pair in inboxes_of(one)]


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.WORK_HUNG: work_hung,
    Deed.WORK_EDITED: work_edited,
    Deed.WORK_WITHDRAWN: work_withdrawn,
}
