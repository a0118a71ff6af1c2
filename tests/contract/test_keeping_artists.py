"""Accounts, keys, sessions and one-time links, on both engines."""

import asyncio
from dataclasses import replace

import pytest

from server.errors import Conflict
from server.model import (
    ActorId,
    ContentUsage,
    KeyAlgorithm,
    Millis,
    Preference,
    Role,
    Session,
    Ticket,
    TicketPurpose,
)
from server.ports import Library
from tests.contract.samples import NOW, add_artist, artist, key, local_actor

DAY = 24 * 3600 * 1000


@pytest.mark.parametrize("handle", ["Mira", "mira", "MIRA"])
async def test_a_taken_handle_is_refused_whatever_its_case(library: Library, handle: str) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1, "Mira")
    with pytest.raises(Conflict) as refusal:
        async with library.transaction() as tx:
            await add_artist(tx, 2, handle)
    assert refusal.value.field == "handle"
    async with library.reading() as tx:
        assert await tx.artists.count() == 1
        assert await tx.actors.by_id(ActorId(2)) is None


async def test_of_two_who_want_one_handle_at_once_one_gets_it(library: Library) -> None:
    async def claim(number: int, handle: str) -> None:
        async with library.transaction() as tx:
            await tx.artists.add(
                artist(number, handle), local_actor(number, f"{handle}{number}"), "h", key(number)
            )

    outcomes = await asyncio.gather(
        claim(1, "Mira"), claim(2, "mIRA"), claim(3, "mirA"), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 2


async def test_an_artist_comes_back_as_stored(library: Library) -> None:
    async with library.transaction() as tx:
        added = await add_artist(tx, 1, "Mira")
    async with library.reading() as tx:
        assert await tx.artists.by_id(ActorId(1)) == added
        assert await tx.artists.by_handle("mIRA") == added
        assert await tx.artists.by_handle("mir") is None
        assert await tx.actors.by_id(ActorId(1)) == local_actor(1, "Mira")
        assert await tx.artists.password_hash(ActorId(1)) == "hash"
        assert await tx.artists.password_hash(ActorId(2)) is None


async def test_every_field_of_an_artist_can_change(library: Library) -> None:
    changed = artist(
        1,
        "Mira",
        name="Nova",
        role=Role.OWNER,
        bio="",
        email="",
        suspended_at=NOW,
        approves_follows=False,
        content_usage=ContentUsage(ai_use=Preference.YES),
    )
    async with library.transaction() as tx:
        await add_artist(tx, 1, "Mira")
        await tx.artists.update(changed)
        await tx.artists.set_password_hash(ActorId(1), "new")
    async with library.reading() as tx:
        assert await tx.artists.by_id(ActorId(1)) == changed
        assert await tx.artists.password_hash(ActorId(1)) == "new"


async def test_pages_of_artists_lose_and_repeat_nobody(library: Library) -> None:
    handles = ["b_2", "Ba", "a", "B", "z-1", "b.9", "Z"]
    async with library.transaction() as tx:
        for number, handle in enumerate(handles, start=1):
            await add_artist(tx, number, handle)
    seen: list[str] = []
    async with library.reading() as tx:
        while page := await tx.artists.page(after_handle=seen[-1] if seen else "", limit=2):
            seen += [found.handle for found in page]
    assert seen == sorted(handles, key=str.casefold)


async def test_counts_include_the_suspended(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1, role=Role.OWNER)
        await add_artist(tx, 2, suspended_at=NOW)
        assert await tx.artists.count() == 2
        assert await tx.artists.count(Role.ARTIST) == 1
        assert await tx.artists.count(Role.ADMIN) == 0


async def test_the_newest_key_counts(library: Library) -> None:
    async with library.transaction() as tx:
        assert await tx.artists.key_of(ActorId(1)) is None
        await add_artist(tx, 1)
        assert await tx.artists.key_of(ActorId(1)) == key(1)
        newer = key(1, "newer", NOW + 1)
        await tx.artists.add_key(newer)
        assert await tx.artists.key_of(ActorId(1)) == newer


async def test_each_kind_of_key_has_its_own_newest(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        assert await tx.artists.key_of(ActorId(1), KeyAlgorithm.ED25519) is None
        assert await tx.artists.lacking_key(KeyAlgorithm.ED25519) == [1, 2]
        assert await tx.artists.lacking_key(KeyAlgorithm.ED25519, limit=1) == [1]
        other = replace(key(1, "other", NOW + 1), algorithm=KeyAlgorithm.ED25519)
        await tx.artists.add_key(other)
        assert await tx.artists.key_of(ActorId(1), KeyAlgorithm.ED25519) == other
        assert await tx.artists.key_of(ActorId(1)) == key(1)
        assert await tx.artists.lacking_key(KeyAlgorithm.ED25519) == [2]
        assert await tx.artists.lacking_key(KeyAlgorithm.RSA) == []


async def test_dropped_keys_are_gone_and_only_that_actors(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        await tx.artists.add_key(key(1, "newer", NOW + 1))
        await tx.artists.drop_keys(ActorId(1), but=["newer", "key-2"])
        assert await tx.artists.key_of(ActorId(1)) == key(1, "newer", NOW + 1)
        await tx.artists.drop_keys(ActorId(1), but=[])
        assert await tx.artists.key_of(ActorId(1)) is None
        assert await tx.artists.key_of(ActorId(2)) == key(2)


async def test_the_server_actor_has_a_key_without_an_account(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.actors.put(local_actor(7, "actor"))
        await tx.artists.add_key(key(7))
        assert await tx.artists.key_of(ActorId(7)) == key(7)


async def test_a_session_lives_until_it_expires_or_ends(library: Library) -> None:
    async with library.transaction() as tx:
        mira = await add_artist(tx, 1)
        sessions = [
            Session(f"token-{end}", mira.id, "csrf", NOW, Millis(end)) for end in (10, 20, 30)
        ]
        for session in sessions:
            await tx.artists.add_session(session)
        assert await tx.artists.session("unknown", NOW) is None
        assert await tx.artists.session("token-10", Millis(10)) is None
        assert await tx.artists.session("token-10", Millis(9)) == (sessions[0], mira)
        await tx.artists.end_session("token-20")
        assert await tx.artists.session("token-20", Millis(5)) is None
        await tx.artists.sweep(Millis(10))
        assert await tx.artists.session("token-10", Millis(5)) is None
        assert await tx.artists.session("token-30", Millis(5)) == (sessions[2], mira)
        await tx.artists.end_sessions_of(mira.id)
        assert await tx.artists.session("token-30", Millis(5)) is None


async def test_a_ticket_is_used_once_however_many_try_at_once(library: Library) -> None:
    ticket = Ticket("token", TicketPurpose.SETUP, NOW, Millis(NOW + 10))
    async with library.transaction() as tx:
        await tx.artists.add_ticket(ticket)
        assert await tx.artists.ticket("token", TicketPurpose.SETUP, NOW) == ticket

    async def use() -> bool:
        async with library.transaction() as tx:
            return await tx.artists.use_ticket("token", TicketPurpose.SETUP, NOW)

    outcomes = await asyncio.gather(*(use() for _ in range(6)))
    assert sorted(outcomes) == [False] * 5 + [True]
    async with library.reading() as tx:
        assert await tx.artists.ticket("token", TicketPurpose.SETUP, NOW) is None


async def test_an_expired_ticket_is_refused_and_forgotten_a_day_later(library: Library) -> None:
    ticket = Ticket("token", TicketPurpose.SETUP, NOW, Millis(NOW + 10))
    async with library.transaction() as tx:
        await tx.artists.add_ticket(ticket)
        late = Millis(NOW + 10)
        assert await tx.artists.ticket("token", TicketPurpose.SETUP, late) is None
        assert not await tx.artists.use_ticket("token", TicketPurpose.SETUP, late)
        await tx.artists.sweep(Millis(late + DAY - 1))
        assert await tx.artists.ticket("token", TicketPurpose.SETUP, NOW) == ticket
        await tx.artists.sweep(Millis(late + DAY))
        assert await tx.artists.ticket("token", TicketPurpose.SETUP, NOW) is None


async def test_an_artist_may_change_the_case_of_a_handle(library: Library) -> None:
    async with library.transaction() as tx:
        mira = await add_artist(tx, 1, "mira")
        await tx.artists.update(replace(mira, handle="MIRA"))
        found = await tx.artists.by_handle("mira")
    assert found is not None
    assert found.handle == "MIRA"
