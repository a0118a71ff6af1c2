"""Acts of blocking an artist here, and taking it back."""

from collections.abc import Mapping
from typing import Final

from federation.deeds import Act, Arrived, Hands, local_artist
from server.ports import Transaction


async def block(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note that somebody wants nothing to do with an artist here."""
    blocked = await local_artist(hands, tx, deed.activity.object_uri)
    if blocked is not None:
        await hands.blocking.note(tx, deed.actor, blocked, deed.activity.uri)


async def undo_block(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note the end of a block: known by its id, or by whom it was about."""
    undone, inner = deed.activity.object_uri, deed.activity.inner
    known = await tx.blocks.by_uri(undone) if undone else None
    if known is not None:
        if known.blocker_id == deed.actor.id:
            await tx.blocks.remove(known.blocker_id, known.blocked_id)
        return
    blocked = await local_artist(hands, tx, inner.object_uri) if inner else None
    if blocked is not None:
        await tx.blocks.remove(deed.actor.id, blocked.id)


ACTS: Final[Mapping[str, Act]] = {"Block": block}
UNDOS: Final[Mapping[str, Act]] = {"Block": undo_block}
