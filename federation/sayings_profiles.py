"""Sayings about an artist: changed."""

from collections.abc import Mapping
from typing import Final

from federation import activities, portraits
from federation.sayings import Message, Mouth, Say
from federation.translate import Voice
from server.model import Actor
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def profile_changed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update of the actor, to followers."""
    artist = await tx.artists.by_id(what.actor_id)
    if artist is None:
        return None
    voice = Voice(artist, actor, mouth.house.usage_of(artist), mouth.house.now.policy)
    document = portraits.actor_of(voice, mouth.addresses)
    activity = activities.update_actor(document, actor.followers_uri, mouth.new_uri())
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.PROFILE_CHANGED: profile_changed,
}
