"""Sayings about an artist: changed, out of sight, gone for good."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from federation import activities, portraits
from federation.sayings import Message, Mouth, Say, inboxes_of
from federation.translate import Voice
from server.account_ends import deletion_of, promise_erasure
from server.meeting import known_people
from server.model import Actor, ActorId, Work, WorkId
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def profile_changed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update of the actor, to followers."""
    artist = await tx.artists.by_id(what.actor_id)
    if artist is None or actor.gone_at is not None:
        return None
    voice = Voice(artist, actor, mouth.house.usage_of(artist), mouth.house.now.policy)
    document = portraits.actor_of(voice, mouth.addresses)
    if artist.suspended_at is not None:
        document = portraits.closed_actor(actor, mouth.addresses)
    activity = activities.update_actor(document, actor.followers_uri, mouth.new_uri())
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


async def account_gone(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete of the actor, to every server that may know them; then everything is erased."""
    del what
    if actor.gone_at is None:
        return None
    recipients = await tx.departures.acquaintances(actor.id)
    async for work in _works_of(tx, actor.id):
        for named in (await known_people(tx, work.caption)).values():
            recipients += inboxes_of(named)
    await promise_erasure(tx, mouth.clock, actor)
    said = activities.delete(actor.uri, actor, deletion_of(actor))
    # Pixelfed deletes a profile for an embedded Person alone; all others read its id
    return Message(said | {"object": {"id": actor.uri, "type": actor.kind.value}}, recipients)


async def _works_of(tx: Transaction, artist: ActorId) -> AsyncIterator[Work]:
    before: WorkId | None = None
    while page := await tx.works.in_studio(artist, before=before):
        before = page[-1].id
        for work in page:
            yield work


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.ACCOUNT_GONE: account_gone,
    Deed.PROFILE_CHANGED: profile_changed,
}
