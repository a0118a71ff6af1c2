"""Acts about actors themselves: changed, gone."""

import structlog

from federation.deeds import Arrived, Hands
from server.errors import Invalid
from server.ports import Transaction

log = structlog.get_logger(__name__)


async def update_actor(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take what an actor says of itself; a new key only counts when fetched (`Remote`)."""
    try:
        found = deed.activity.remote_actor()
    except Invalid as problem:
        log.info("profile_unusable", reason=problem.message)
        return
    if found.uri == deed.actor.uri:
        await tx.actors.put(hands.remote.renewed(found, deed.actor))


async def delete_actor(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Erase an account that is gone, with everything that it did here."""
    await tx.actors.mark_gone(deed.actor.id, hands.clock.now())
