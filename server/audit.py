"""The append-only log of what those who run the instance did, kept in each act's own transaction.

The law: nothing in it is ever changed or removed.
"""

from server.acts import Act, AuditEntry, AuditId, difference_of
from server.clock import Clock
from server.model import Artist, Role
from server.ports import Library, Transaction
from server.roles import demand
from server.values import dataclass

PAGE = 50


@dataclass(frozen=True, slots=True)
class Audit:
    """Shows the log."""

    library: Library

    async def page(
        self, reader: Artist, *, act: str = "", before: AuditId | None = None
    ) -> list[AuditEntry]:
        """List `PAGE` entries newest first, of one kind of act or all. Raise `NotFound`."""
        demand(reader, Role.ADMIN)
        async with self.library.reading() as tx:
            return await tx.audit.page(act=act, before=before, limit=PAGE)


async def note(
    tx: Transaction,
    clock: Clock,
    who: Artist | None,
    act: Act,
    subject: str,
    *,
    reason: str = "",
    before: str = "",
    after: str = "",
) -> None:
    """Add an entry in the transaction of the act itself. `who` is None at the command line."""
    entry = AuditEntry(
        id=AuditId(clock.new_id()),
        at=clock.now(),
        author=who.handle if who else "",
        act=act,
        subject=subject,
        reason=reason,
        difference=difference_of(before, after),
    )
    await tx.audit.add(entry)
