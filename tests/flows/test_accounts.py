"""Accounts: who gets in, who does not, and what stays true whatever is tried."""

import asyncio
from dataclasses import replace

import pytest

from server.accounts import (
    Accounts,
    NewAccount,
    Profile,
)
from server.addresses import Addresses
from server.errors import Conflict, Invalid, NotAllowed, NotFound
from server.model import Role
from server.passwords import MAX_PASSWORD_BYTES
from server.promises import Deed
from tests.flows.artists import (  # noqa: F401 - fixtures
    PASSWORD,
    Studio,
    a_pool,
    a_studio,
    quick_passwords,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "too short"),
        ("1234567", "too short"),
        ("12345678", "among the first"),
        ("Password1", "among the first"),
        ("ana-ana-2026", "made of your name"),
        ("x" * (MAX_PASSWORD_BYTES + 1), "too long"),
        ("ö" * (MAX_PASSWORD_BYTES // 2 + 1), "too long"),
    ],
)
async def test_passwords_have_limits(studio: Studio, password: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        await studio.accounts.open(NewAccount("ana", password))
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "handle",
    [
        "",
        " ",
        "a b",
        "ana!",
        "ana.maria",
        "a-b",
        "ä",
        "аna",
        "x" * 31,
        "a/b",
        "ana@here",
        "a\0b",
        "٣",
    ],
)
async def test_a_handle_that_no_server_would_take_is_refused(studio: Studio, handle: str) -> None:
    with pytest.raises(Invalid, match="1 to 30 characters") as refused:
        await studio.accounts.open(NewAccount(handle, PASSWORD))
    assert refused.value.field == "handle"


@pytest.mark.parametrize(
    ("typed", "kept"), [("Ana", "ana"), ("@ana", "ana"), (" ana ", "ana"), ("a_1", "a_1")]
)
async def test_a_handle_is_kept_in_lower_case(studio: Studio, typed: str, kept: str) -> None:
    assert (await studio.accounts.open(NewAccount(typed, PASSWORD))).handle == kept


async def test_a_taken_handle_is_refused_in_any_case(studio: Studio) -> None:
    await studio.artist("ana")
    for handle in ("ana", "ANA", "Ana"):
        with pytest.raises(Conflict, match="taken") as refused:
            await studio.accounts.open(NewAccount(handle, PASSWORD))
        assert refused.value.field == "handle"


async def test_of_two_who_race_for_a_handle_one_gets_it(studio: Studio) -> None:
    outcomes = await asyncio.gather(
        *(studio.accounts.open(NewAccount(one, PASSWORD)) for one in ("ana", "Ana")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in outcomes) == 1
    assert len(await studio.accounts.all()) == 1


async def test_nobody_gets_the_servers_own_name(studio: Studio) -> None:
    addresses = Addresses("http://localhost", "localhost")
    keys = replace(studio.accounts.keys, addresses=addresses)
    accounts = Accounts(studio.library, studio.clock, addresses, quick_passwords(), keys)
    with pytest.raises(Conflict, match="server's own name"):
        await accounts.open(NewAccount("LocalHost", PASSWORD))


async def test_the_server_actor_is_made_once(studio: Studio) -> None:
    first = await studio.accounts.ensure_server_actor()
    assert (await studio.accounts.ensure_server_actor()).id == first.id


async def test_an_owner_cannot_be_suspended(studio: Studio) -> None:
    await studio.artist("ana", role=Role.OWNER)
    with pytest.raises(NotAllowed, match="owner"):
        await studio.accounts.suspend("ana")


async def test_the_last_owner_stays_owner(studio: Studio) -> None:
    await studio.artist("ana", role=Role.OWNER)
    await studio.artist("bea")
    with pytest.raises(NotAllowed, match="only owner"):
        await studio.accounts.set_role("ana", Role.ARTIST)
    await studio.accounts.set_role("bea", Role.OWNER)
    await studio.accounts.set_role("ana", Role.ARTIST)
    assert [one.role for one in await studio.accounts.all()] == [Role.ARTIST, Role.OWNER]


async def test_of_two_last_owners_who_leave_at_once_one_stays(studio: Studio) -> None:
    await studio.artist("ana", role=Role.OWNER)
    await studio.artist("bea", role=Role.OWNER)
    await asyncio.gather(
        *(studio.accounts.set_role(one, Role.ARTIST) for one in ("ana", "bea")),
        return_exceptions=True,
    )
    assert await studio.accounts.has_owner()


async def test_an_unknown_account_is_named_in_the_answer(studio: Studio) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        await studio.accounts.named("nobody")


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (Profile("x" * 81, "", approves_follows=False), "name"),
        (Profile("", "x" * 5_001, approves_follows=False), "bio"),
    ],
)
async def test_what_one_says_of_oneself_has_limits(
    studio: Studio, profile: Profile, field: str
) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid) as refused:
        await studio.accounts.edit_profile(ana, profile)
    assert refused.value.field == field
    assert await studio.deeds() == []


async def test_a_changed_profile_is_kept_on_account_and_actor_and_told(studio: Studio) -> None:
    ana = await studio.artist("ana")
    await studio.accounts.edit_profile(
        ana, Profile(" Ana M. ", "I draw hares.", approves_follows=True)
    )
    artist, actor = await studio.viewing.artist("ana")
    assert (artist.name, artist.bio, actor.name) == ("Ana M.", "I draw hares.", "Ana M.")
    assert (artist.approves_follows, actor.approves_follows) == (True, True)
    assert await studio.deeds() == [Deed.PROFILE_CHANGED]


async def test_all_accounts_are_listed_by_handle(studio: Studio) -> None:
    for handle in ("cy", "ana", "bea"):
        await studio.artist(handle)
    assert [one.handle for one in await studio.accounts.all()] == ["ana", "bea", "cy"]
