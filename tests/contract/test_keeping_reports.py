"""Reports: kept once per Flag, listed newest first, closed with a note; and who reads them."""

from dataclasses import replace
from typing import Any

from server.dealings import Report, ReportId
from server.model import ActorId, Millis, Role
from server.ports import Library
from tests.contract.samples import NOW, add_artist, remote_actor

ANA, FAR = ActorId(1), ActorId(3)


def report(number: int, **fields: Any) -> Report:
    return Report(
        **{
            "id": ReportId(number),
            "uri": f"https://far.example/flags/{number}",
            "reporter_id": FAR,
            "is_local": False,
            "accused_id": ANA,
            "objects": ("https://here.example/works/1", "https://here.example/works/2"),
            "content": "schlimm 🙀",
            "created_at": Millis(NOW + number),
            **fields,
        }
    )


async def test_a_report_comes_back_as_it_was_kept(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        assert await tx.reports.by_id(ReportId(1)) is None
        assert await tx.reports.put(report(1))
        assert await tx.reports.by_id(ReportId(1)) == report(1)


async def test_the_same_flag_is_kept_once_and_reports_from_here_each_time(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        await tx.reports.put(report(1))
        assert not await tx.reports.put(replace(report(1), id=ReportId(2)))
        for number in (3, 4):
            assert await tx.reports.put(report(number, uri="", is_local=True))
        assert [one.id for one in await tx.reports.page()] == [4, 3, 1]


async def test_closed_reports_leave_the_list_of_open_ones(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        for number in (1, 2, 3):
            await tx.reports.put(report(number))
        closed = replace(
            report(2), closed_at=NOW, closed_by="ana", note="settled", is_forwarded=True
        )
        await tx.reports.update(closed)
        assert [one.id for one in await tx.reports.page()] == [3, 1]
        assert [one.id for one in await tx.reports.page(before=ReportId(3))] == [1]
        every = await tx.reports.page(is_open=False)
        assert [one.id for one in every] == [3, 2, 1]
        assert every[1] == closed


async def test_reports_of_one_server_are_counted_since_a_time(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.actors.put(remote_actor(FAR))
        await tx.actors.put(remote_actor(4, domain="near.example"))
        for number in (1, 2, 3):
            await tx.reports.put(report(number))
        await tx.reports.put(report(4, reporter_id=ActorId(4)))
        assert await tx.reports.count_from("far.example", NOW) == 3
        assert await tx.reports.count_from("far.example", Millis(NOW + 3)) == 1
        assert await tx.reports.count_from("elsewhere.example", NOW) == 0


async def test_the_staff_are_moderators_and_above_who_are_not_suspended(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        for number, role in enumerate(Role, 1):
            await add_artist(tx, number, role.value, role=role)
        await add_artist(tx, 9, "away", role=Role.ADMIN, suspended_at=NOW)
        assert [one.handle for one in await tx.artists.staff()] == ["admin", "moderator", "owner"]
