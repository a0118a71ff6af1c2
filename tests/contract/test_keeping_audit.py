"""The log of what was done: added to, read latest first, never changed."""

from server.acts import Act, AuditEntry, AuditId
from server.model import Millis
from server.ports import Library
from tests.contract.samples import NOW


def entry(number: int, act: Act = Act.REPORT_CLOSED) -> AuditEntry:
    return AuditEntry(
        AuditId(number), Millis(NOW + number), "ada", act, str(number), "schlimm 🙀", "-a\n+b"
    )


async def test_entries_come_back_as_they_were_kept_latest_first(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3):
            await tx.audit.add(entry(number))
        assert await tx.audit.page() == [entry(3), entry(2), entry(1)]
        assert await tx.audit.page(before=AuditId(3), limit=1) == [entry(2)]


async def test_one_kind_of_act_can_be_read_alone(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.audit.add(entry(1))
        await tx.audit.add(entry(2, Act.SERVER_TRIED))
        assert await tx.audit.page(act="server.tried") == [entry(2, Act.SERVER_TRIED)]
        assert await tx.audit.page(act="x") == []
