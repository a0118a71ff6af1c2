"""Acts of moving to another account (FEP-7628)."""

from collections.abc import Mapping
from typing import Final

from federation.deeds import Act, Arrived, Hands
from server.ports import Transaction


async def move(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take followers here along, where the new account, as fetched for this, agrees."""
    if deed.target is not None and deed.target.uri == deed.activity.target_uri:
        await hands.moving.note(tx, deed.actor, deed.target)


ACTS: Final[Mapping[str, Act]] = {"Move": move}
