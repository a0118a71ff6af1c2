"""Invitations and applications come back as they were kept, and go when they must."""

from dataclasses import replace
from typing import Any

from server.arrivals import (
    Application,
    ApplicationId,
    ApplicationState,
    Invite,
    InviteId,
    Sample,
)
from server.model import ActorId, Millis, Role
from server.ports import Library
from tests.contract.samples import NOW, add_artist

ANA, BEN = ActorId(1), ActorId(2)


def invite(number: int, **fields: Any) -> Invite:
    return Invite(
        **{
            "id": InviteId(number),
            "token_hash": f"hash{number}",
            "maker_id": ANA,
            "role": Role.ARTIST,
            "note": "für Öl 🙀",
            "uses_left": 1,
            "created_at": NOW,
            "expires_at": Millis(NOW + 10),
            **fields,
        }
    )


def application(number: int, **fields: Any) -> Application:
    return Application(
        **{
            "id": ApplicationId(number),
            "token_hash": f"hash{number}",
            "name": "Zoë",
            "words": "I draw\nhares",
            "links": ("https://zoe.example/", "https://a.example/?b=c"),
            "email": "",
            "state": ApplicationState.WAITING,
            "created_at": NOW,
            **fields,
        }
    )


async def test_an_invitation_comes_back_as_it_was_kept(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await tx.invites.add(invite(1))
        await tx.invites.add(invite(2, maker_id=None, uses_left=3, role=Role.READER))
        assert await tx.invites.by_id(InviteId(1)) == invite(1)
        assert await tx.invites.by_token("hash2") == invite(
            2, maker_id=None, uses_left=3, role=Role.READER
        )
        assert await tx.invites.by_token("hash3") is None
        assert [one.id for one in await tx.invites.page()] == [2, 1]
        assert [one.id for one in await tx.invites.page(ANA)] == [1]
        assert [one.id for one in await tx.invites.page(before=InviteId(2))] == [1]


async def test_an_invitation_is_used_and_revoked_only_while_it_is_open(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        await add_artist(tx, BEN)
        for number in (1, 2, 3):
            await tx.invites.add(invite(number))
        assert not await tx.invites.use(InviteId(1), BEN, Millis(NOW + 10))
        assert await tx.invites.use(InviteId(1), BEN, NOW)
        assert not await tx.invites.use(InviteId(1), ANA, NOW)
        assert await tx.invites.revoke(InviteId(2), NOW)
        assert not await tx.invites.revoke(InviteId(2), NOW)
        assert not await tx.invites.use(InviteId(2), ANA, NOW)
        assert not await tx.invites.revoke(InviteId(3), Millis(NOW + 10))
        guests = await tx.invites.guests([InviteId(1), InviteId(2)])
        assert {key: [one.id for one in came] for key, came in guests.items()} == {1: [BEN]}
        by = await tx.invites.of_guest(BEN)
        assert by is not None
        assert by.id == 1
        assert await tx.invites.of_guest(ANA) is None


async def test_allowances_are_spent_to_nothing_and_not_below(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, ANA)
        assert await tx.invites.left_to(ANA) == 0
        assert not await tx.invites.spend(ANA)
        await tx.invites.allow(ANA, 1)
        assert await tx.invites.spend(ANA)
        assert not await tx.invites.spend(ANA)
        assert await tx.invites.left_to(ANA) == 0


async def test_an_application_comes_back_and_its_pictures_go_with_the_decision(
    library: Library,
) -> None:
    samples = [Sample(800, 600, b"\xff\xd8one"), Sample(80, 60, b"\xff\xd8two")]
    async with library.transaction() as tx:
        await tx.applications.add(application(1), samples)
        await tx.applications.add(application(2), [])
        assert await tx.applications.by_id(ApplicationId(1)) == application(1)
        assert await tx.applications.by_token("hash2") == application(2)
        assert await tx.applications.samples(ApplicationId(1)) == samples
        asked = [ApplicationId(1), ApplicationId(2)]
        assert await tx.applications.count_samples(asked) == {ApplicationId(1): 2}
        assert [one.id for one in await tx.applications.waiting()] == [1, 2]
        assert await tx.applications.count_waiting() == 2
        assert await tx.applications.count_since(NOW) == 2
        assert await tx.applications.count_since(Millis(NOW + 1)) == 0
        declined = replace(
            application(1),
            state=ApplicationState.DECLINED,
            reply="No.",
            decided_at=NOW,
            decided_by="ana",
        )
        assert await tx.applications.decide(declined)
        assert not await tx.applications.decide(declined)
        assert await tx.applications.by_id(ApplicationId(1)) == declined
        assert await tx.applications.samples(ApplicationId(1)) == []
        assert [one.id for one in await tx.applications.waiting()] == [2]


async def test_old_applications_are_erased_with_their_pictures(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.applications.add(application(1), [Sample(8, 6, b"x")])
        await tx.applications.add(application(2, created_at=Millis(NOW + 5)), [])
        old = replace(application(2), state=ApplicationState.ACCEPTED, decided_at=NOW)
        await tx.applications.decide(old)
        await tx.applications.sweep(decided_before=NOW, made_before=NOW)
        assert await tx.applications.by_id(ApplicationId(2)) is not None
        await tx.applications.sweep(decided_before=Millis(NOW + 1), made_before=Millis(NOW + 1))
        assert await tx.applications.by_id(ApplicationId(1)) is None
        assert await tx.applications.by_id(ApplicationId(2)) is None
        assert await tx.applications.samples(ApplicationId(1)) == []
