"""Accounts: who gets in, who does not, and what stays true whatever is tried."""

import asyncio
import time
from dataclasses import replace

import pytest

from server.accounts import (
    SESSION_LENGTH,
    SETUP_LENGTH,
    Accounts,
    NewAccount,
    Profile,
    SignedIn,
    hash_token,
)
from server.addresses import Addresses
from server.errors import Conflict, FixatifError, Invalid, NotAllowed, NotFound
from server.model import Role
from server.passwords import MAX_PASSWORD_BYTES, Passwords
from server.promises import Deed
from tests.flows.artists import (  # noqa: F401 - fixtures
    HOUR,
    PASSWORD,
    Studio,
    a_pool,
    a_studio,
    one_key,
    quick_passwords,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWNER = NewAccount("ana", PASSWORD, name="Ana")


async def refusal(studio: Studio, handle: str, password: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        await studio.accounts.sign_in(handle, password)
    return refused.value.message


async def setup_token(studio: Studio) -> str:
    token = await studio.accounts.offer_setup()
    assert token is not None
    return token


async def test_a_made_up_setup_link_opens_nothing(studio: Studio) -> None:
    with pytest.raises(NotFound, match="run 'fixatif up' again"):
        await studio.accounts.set_up("made-up", OWNER)
    assert await studio.accounts.all() == []


async def test_a_setup_link_is_dead_after_an_hour(studio: Studio) -> None:
    token = await setup_token(studio)
    studio.clock.move(SETUP_LENGTH)
    with pytest.raises(NotFound):
        await studio.accounts.check_setup(token)
    with pytest.raises(NotFound):
        await studio.accounts.set_up(token, OWNER)


async def test_a_setup_link_opens_one_account_only(studio: Studio) -> None:
    token = await setup_token(studio)
    signed_in = await studio.accounts.set_up(token, OWNER)
    assert signed_in.artist.role is Role.OWNER
    with pytest.raises(NotFound):
        await studio.accounts.set_up(token, NewAccount("eve", PASSWORD))


async def test_an_older_setup_link_is_dead_once_there_is_an_owner(studio: Studio) -> None:
    older, newer = await setup_token(studio), await setup_token(studio)
    await studio.accounts.set_up(newer, OWNER)
    with pytest.raises(NotFound, match="has its owner"):
        await studio.accounts.set_up(older, NewAccount("eve", PASSWORD))
    assert await studio.accounts.offer_setup() is None


async def test_of_two_who_race_with_one_setup_link_one_wins(studio: Studio) -> None:
    token = await setup_token(studio)
    wanted = (OWNER, NewAccount("eve", PASSWORD))
    outcomes = await asyncio.gather(
        *(studio.accounts.set_up(token, one) for one in wanted), return_exceptions=True
    )
    assert [type(one) for one in outcomes if isinstance(one, FixatifError)] == [NotFound]
    assert sum(isinstance(one, SignedIn) for one in outcomes) == 1
    assert [one.role for one in await studio.accounts.all()] == [Role.OWNER]


async def test_of_two_who_race_with_two_setup_links_one_wins(studio: Studio) -> None:
    tokens = (await setup_token(studio), await setup_token(studio))
    wanted = (OWNER, NewAccount("eve", PASSWORD))
    outcomes = await asyncio.gather(
        *(studio.accounts.set_up(token, one) for token, one in zip(tokens, wanted, strict=True)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, SignedIn) for one in outcomes) == 1
    assert [one.role for one in await studio.accounts.all()] == [Role.OWNER]


async def test_a_setup_that_is_refused_leaves_the_link_alive(studio: Studio) -> None:
    token = await setup_token(studio)
    with pytest.raises(Invalid):
        await studio.accounts.set_up(token, replace(OWNER, password="short"))
    await studio.accounts.set_up(token, OWNER)


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
    accounts = replace(studio.accounts, passwords=Passwords())
    await accounts.open(NewAccount("ana", PASSWORD))

    async def fastest(handle: str) -> float:
        taken = []
        for _ in range(4):
            started = time.perf_counter()
            with pytest.raises(NotAllowed):
                await accounts.sign_in(handle, "wrong password")
            taken.append(time.perf_counter() - started)
        return min(taken)

    known, unknown = await fastest("ana"), await fastest("nobody")
    assert unknown > known / 3


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "too short"),
        ("1234567", "too short"),
        ("x" * (MAX_PASSWORD_BYTES + 1), "too long"),
        ("ö" * (MAX_PASSWORD_BYTES // 2 + 1), "too long"),
    ],
)
async def test_passwords_have_limits(studio: Studio, password: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        await studio.accounts.open(NewAccount("ana", password))
    assert refused.value.field == "password"


@pytest.mark.parametrize("password", ["12345678", "x" * MAX_PASSWORD_BYTES, "  spaces  ", "🐇" * 8])
async def test_any_other_password_works_exactly_as_typed(studio: Studio, password: str) -> None:
    await studio.accounts.open(NewAccount("ana", password))
    await studio.accounts.sign_in("ana", password)
    await refusal(studio, "ana", password + " ")


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


@pytest.mark.parametrize(
    "typed", ["ana", "ANA", "@ana", " ana", "ana@art.example", "@Ana@art.example"]
)
async def test_one_signs_in_with_any_spelling_of_the_handle(studio: Studio, typed: str) -> None:
    await studio.artist("ana")
    assert (await studio.accounts.sign_in(typed, PASSWORD)).artist.handle == "ana"


async def test_a_session_ends_after_its_time(studio: Studio) -> None:
    await studio.artist("ana")
    token = (await studio.accounts.sign_in("ana", PASSWORD)).token
    studio.clock.move(SESSION_LENGTH - 1)
    assert await studio.accounts.session(token) is not None
    studio.clock.move(1)
    assert await studio.accounts.session(token) is None


@pytest.mark.parametrize("token", ["", "made-up", "x" * 10_000, "\udcff", "' OR 1=1 --", "\0"])
async def test_a_made_up_session_is_none(studio: Studio, token: str) -> None:
    await studio.artist("ana")
    await studio.accounts.sign_in("ana", PASSWORD)
    assert await studio.accounts.session(token) is None


async def test_what_is_kept_of_a_session_signs_nobody_in(studio: Studio) -> None:
    await studio.artist("ana")
    signed_in = await studio.accounts.sign_in("ana", PASSWORD)
    assert signed_in.session.token_hash == hash_token(signed_in.token)
    assert await studio.accounts.session(signed_in.session.token_hash) is None


async def test_signing_out_ends_this_session_alone(studio: Studio) -> None:
    await studio.artist("ana")
    here = await studio.accounts.sign_in("ana", PASSWORD)
    there = await studio.accounts.sign_in("ana", PASSWORD)
    await studio.accounts.sign_out(here.session.token_hash)
    assert await studio.accounts.session(here.token) is None
    assert await studio.accounts.session(there.token) is not None


async def test_a_wrong_present_password_changes_nothing(studio: Studio) -> None:
    ana = await studio.artist("ana")
    before = await studio.accounts.sign_in("ana", PASSWORD)
    with pytest.raises(Invalid, match="present password is wrong"):
        await studio.accounts.change_password(ana, "wrong", "another password")
    with pytest.raises(Invalid, match="too short"):
        await studio.accounts.change_password(ana, PASSWORD, "short")
    assert await studio.accounts.session(before.token) is not None
    await studio.accounts.sign_in("ana", PASSWORD)


async def test_a_change_of_password_ends_all_other_sessions(studio: Studio) -> None:
    ana = await studio.artist("ana")
    before = await studio.accounts.sign_in("ana", PASSWORD)
    fresh = await studio.accounts.change_password(ana, PASSWORD, "another password")
    assert await studio.accounts.session(before.token) is None
    assert await studio.accounts.session(fresh.token) is not None
    await refusal(studio, "ana", PASSWORD)
    await studio.accounts.sign_in("ana", "another password")


async def test_suspension_ends_sessions_and_lifting_it_does_not_bring_them_back(
    studio: Studio,
) -> None:
    await studio.artist("ana")
    before = await studio.accounts.sign_in("ana", PASSWORD)
    await studio.accounts.suspend("ana")
    assert await studio.accounts.session(before.token) is None
    with pytest.raises(NotFound):
        await studio.viewing.artist("ana")
    await studio.accounts.suspend("ana", is_suspended=False)
    assert await studio.accounts.session(before.token) is None
    await studio.accounts.sign_in("ana", PASSWORD)


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
        await studio.accounts.set_password("nobody", PASSWORD)


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


async def test_an_expired_session_is_swept(studio: Studio) -> None:
    await studio.artist("ana")
    token = (await studio.accounts.sign_in("ana", PASSWORD)).token
    studio.clock.move(SESSION_LENGTH + HOUR)
    await studio.sweeping.sweep(b"{}")
    studio.clock.move(-SESSION_LENGTH)
    assert await studio.accounts.session(token) is None
