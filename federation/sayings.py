"""What sayings share: who may be told, and what a saying is made with.

A saying is a function `(mouth, tx, what, actor)` in one of the `sayings_*` modules that turns a
stored deed into an activity and its recipients; `outbox.SAYINGS` names the one for each deed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from federation.translate import Document
from server.addresses import Addresses
from server.clock import Clock
from server.house import House
from server.media_tokens import PeerTokens
from server.model import Actor, TargetId
from server.ports import Transaction
from server.promises import SayPromise
from server.targets import find_target
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """An activity and the inboxes, (own, shared or ""), of those it is for."""

    activity: Document
    recipients: Sequence[tuple[str, str]]
    is_urgent: bool = False
    about: TargetId | None = None  # the work or comment whose artist hears of what did not arrive


@dataclass(frozen=True, slots=True)
class Mouth:
    """What sayings may use besides their transaction."""

    clock: Clock
    addresses: Addresses
    house: House
    tokens: PeerTokens

    def new_uri(self) -> str:
        """Return the id of a new activity."""
        return self.addresses.activity(self.clock.new_id())


Say = Callable[[Mouth, Transaction, SayPromise, Actor], Awaitable[Message | None]]


def inboxes_of(actor: Actor | None) -> list[tuple[str, str]]:
    """Return where an actor elsewhere is told, [] for ours, and those who are gone or suspended."""
    if actor is None or actor.is_local or actor.gone_at is not None:
        return []
    if actor.suspended_at is not None:
        return []
    return [(actor.inbox, actor.shared_inbox)]


def personal(actor: Actor) -> list[tuple[str, str]]:
    """Return an actor's own inbox: a Follow and its answer go there on every server."""
    return inboxes_of(replace(actor, shared_inbox=""))


async def owner_of(mouth: Mouth, tx: Transaction, target_id: int) -> Actor | None:
    """Return whose work or post that is."""
    target = await find_target(tx, mouth.addresses, TargetId(target_id))
    return await tx.actors.by_id(target.owner_id) if target else None
