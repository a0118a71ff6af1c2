"""The moderators' queue: what a rule holds is let in, or dropped for good.

The law: nothing that is held is lost by a restart or by waiting, for thirty days; what was
dropped or forgotten leaves no words behind.
"""

from server.acts import Act
from server.audit import note
from server.clock import Clock
from server.errors import NotFound
from server.holdings import Held, HeldId, HeldState
from server.model import Artist, Role
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, ApplyPromise, promise
from server.roles import demand
from server.values import dataclass

PAGE = 50
_DECIDED = "This was decided already, or its author took it back."


@dataclass(frozen=True, slots=True)
class Holding:
    """Decides. Everything here is for moderators and those above them."""

    library: Library
    clock: Clock
    bus: Bus

    async def waiting(self, reader: Artist | None, before: HeldId | None = None) -> list[Held]:
        """List `PAGE` of what waits, newest first. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            return await tx.held.waiting(before=before, limit=PAGE)

    async def count(self, reader: Artist | None) -> int:
        """Count what waits. Raise `NotFound`."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            return await tx.held.count_waiting()

    async def let_in(self, reader: Artist | None, held_id: HeldId) -> Held:
        """Act on what was held, as it was then. Raise `NotFound` where it waits no more."""
        who = demand(reader, Role.MODERATOR)
        async with self.library.transaction() as tx:
            held = await _found(tx, held_id)
            if not await tx.held.remove(held_id):
                raise NotFound(_DECIDED)
            await promise(tx, self.clock, ApplyPromise(held.activity_id, released=held.digest))
            await note(tx, self.clock, who, Act.HELD_LET_IN, _subject(held), reason=held.rule)
        self.bus.wake(JOBS_TOPIC)
        return held

    async def drop(self, reader: Artist | None, held_id: HeldId) -> Held:
        """Erase what was held, and keep it out. Raise `NotFound` where it waits no more."""
        who = demand(reader, Role.MODERATOR)
        async with self.library.transaction() as tx:
            held = await _found(tx, held_id)
            if not await tx.held.drop(held_id):
                raise NotFound(_DECIDED)
            await note(tx, self.clock, who, Act.HELD_DROPPED, _subject(held), reason=held.rule)
        return held


async def _found(tx: Transaction, held_id: HeldId) -> Held:
    held = await tx.held.by_id(held_id)
    if held is None or held.state is not HeldState.WAITING:
        raise NotFound(_DECIDED)
    return held


def _subject(held: Held) -> str:
    """Name what was decided on in the log: whose and where, none of its words."""
    return f"{held.address}: {held.subject}"
