"""Sessions: who is signed in, who is not, and what passwords can and cannot do."""

import time
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from server.accounts import NewAccount
from server.errors import Invalid, NotAllowed, NotFound
from server.passwords import MAX_PASSWORD_BYTES, Passwords
from server.sessions import SESSION_LENGTH
from server.tokens import hash_token
from tests.flows.artists import (  # noqa: F401 - fixtures
    HOUR,
    PASSWORD,
    Studio,
    a_pool,
    a_studio,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

_LONGEST = "a sea of herons ".ljust(MAX_PASSWORD_BYTES, "~")


async def refusal(studio: Studio, handle: str, password: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        await studio.sessions.sign_in(handle, password)
    return refused.value.message


async def test_every_failed_sign_in_is_told_in_the_same_words(studio: Studio) -> None:
    await studio.artist("ana")
    await studio.artist("bea")
    await studio.accounts.suspend("bea")
    words = {
        await refusal(studio, "ana", "wrong password"),
        await refusal(studio, "nobody", PASSWORD),
        await refusal(studio, "bea", PASSWORD),
        await refusal(studio, "ana", ""),
        await refusal(studio, "ana", "x" * (MAX_PASSWORD_BYTES + 1)),
        await refusal(studio, "", ""),
        await refusal(studio, "art.example", PASSWORD),
    }
    assert len(words) == 1


async def test_an_unknown_handle_takes_about_as_long_as_a_known_one(studio: Studio) -> None:
    slow = Passwords()
    await replace(studio.accounts, passwords=slow).open(NewAccount("ana", PASSWORD))
    sessions = replace(studio.sessions, passwords=slow)

    async def fastest(handle: str) -> float:
        taken = []
        for _ in range(4):
            started = time.perf_counter()
            with pytest.raises(NotAllowed):
                await sessions.sign_in(handle, "wrong password")
            taken.append(time.perf_counter() - started)
        return min(taken)

    known, unknown = await fastest("ana"), await fastest("nobody")
    assert unknown > known / 3


@pytest.mark.parametrize("password", ["Wk3-vR9x", _LONGEST, "  spaces  ", "🐇🌊" * 2 + "🌙🪶" * 2])
async def test_any_other_password_works_exactly_as_typed(studio: Studio, password: str) -> None:
    await studio.accounts.open(NewAccount("ana", password))
    await studio.sessions.sign_in("ana", password)
    await refusal(studio, "ana", password + " ")


@pytest.mark.parametrize(
    "typed", ["ana", "ANA", "@ana", " ana", "ana@art.example", "@Ana@art.example"]
)
async def test_one_signs_in_with_any_spelling_of_the_handle(studio: Studio, typed: str) -> None:
    await studio.artist("ana")
    assert (await studio.sessions.sign_in(typed, PASSWORD)).artist.handle == "ana"


async def test_a_session_ends_after_its_time(studio: Studio) -> None:
    await studio.artist("ana")
    token = (await studio.sessions.sign_in("ana", PASSWORD)).token
    studio.clock.move(SESSION_LENGTH - 1)
    assert await studio.sessions.session(token) is not None
    studio.clock.move(1)
    assert await studio.sessions.session(token) is None


@pytest.mark.parametrize("token", ["", "made-up", "x" * 10_000, "\udcff", "' OR 1=1 --", "\0"])
async def test_a_made_up_session_is_none(studio: Studio, token: str) -> None:
    await studio.artist("ana")
    await studio.sessions.sign_in("ana", PASSWORD)
    assert await studio.sessions.session(token) is None


async def test_what_is_kept_of_a_session_signs_nobody_in(studio: Studio) -> None:
    await studio.artist("ana")
    signed_in = await studio.sessions.sign_in("ana", PASSWORD)
    assert signed_in.session.token_hash == hash_token(signed_in.token)
    assert await studio.sessions.session(signed_in.session.token_hash) is None


async def test_signing_out_ends_this_session_alone(studio: Studio) -> None:
    await studio.artist("ana")
    here = await studio.sessions.sign_in("ana", PASSWORD)
    there = await studio.sessions.sign_in("ana", PASSWORD)
    await studio.sessions.sign_out(here.session.token_hash)
    assert await studio.sessions.session(here.token) is None
    assert await studio.sessions.session(there.token) is not None


async def test_a_wrong_present_password_changes_nothing(studio: Studio) -> None:
    ana = await studio.artist("ana")
    before = await studio.sessions.sign_in("ana", PASSWORD)
    with pytest.raises(Invalid, match="present password is wrong"):
        await studio.sessions.change_password(ana, "wrong", "another password")
    with pytest.raises(Invalid, match="too short"):
        await studio.sessions.change_password(ana, PASSWORD, "short")
    assert await studio.sessions.session(before.token) is not None
    await studio.sessions.sign_in("ana", PASSWORD)


async def test_a_change_of_password_ends_all_other_sessions(studio: Studio) -> None:
    ana = await studio.artist("ana")
    before = await studio.sessions.sign_in("ana", PASSWORD)
    fresh = await studio.sessions.change_password(ana, PASSWORD, "another password")
    assert await studio.sessions.session(before.token) is None
    assert await studio.sessions.session(fresh.token) is not None
    await refusal(studio, "ana", PASSWORD)
    await studio.sessions.sign_in("ana", "another password")


async def test_suspension_ends_sessions_and_lifting_it_does_not_bring_them_back(
    studio: Studio,
) -> None:
    await studio.artist("ana")
    before = await studio.sessions.sign_in("ana", PASSWORD)
    await studio.accounts.suspend("ana")
    assert await studio.sessions.session(before.token) is None
    with pytest.raises(NotFound):
        await studio.viewing.artist("ana")
    await studio.accounts.suspend("ana", is_suspended=False)
    assert await studio.sessions.session(before.token) is None
    await studio.sessions.sign_in("ana", PASSWORD)


async def test_an_expired_session_is_swept(studio: Studio) -> None:
    await studio.artist("ana")
    token = (await studio.sessions.sign_in("ana", PASSWORD)).token
    studio.clock.move(SESSION_LENGTH + HOUR)
    await studio.sweeping.sweep(b"{}")
    studio.clock.move(-SESSION_LENGTH)
    assert await studio.sessions.session(token) is None


@pytest.mark.parametrize("common", ["password", "Ana12345"])
async def test_no_change_of_password_leads_to_one_that_is_guessed_first(
    common: str, studio: Studio
) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match="choose another") as refused:
        await studio.sessions.change_password(ana, PASSWORD, common)
    assert refused.value.field == "password"
    with pytest.raises(Invalid, match="choose another"):
        await studio.sessions.set_password(ana, common)
    await studio.sessions.sign_in("ana", PASSWORD)


async def test_a_password_from_before_the_rule_keeps_working(studio: Studio) -> None:
    ana = await studio.artist("ana")
    before = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("password")
    async with studio.library.transaction() as tx:
        await tx.artists.set_password_hash(ana.id, before)
    signed_in = await studio.sessions.sign_in("ana", "password")
    await studio.sessions.confirm(signed_in.artist, "password")
    await studio.sessions.change_password(ana, "password", "four quiet grey horses")
