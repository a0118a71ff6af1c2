"""The set-up link: whom it lets in, once."""

import asyncio
from dataclasses import replace

import pytest

from server.accounts import NewAccount
from server.errors import FixatifError, Invalid, NotFound
from server.model import Role
from server.sessions import SignedIn
from server.setting_up import SETUP_LENGTH
from tests.flows.artists import (  # noqa: F401 - fixtures
    PASSWORD,
    Studio,
    a_pool,
    a_studio,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWNER = NewAccount("ana", PASSWORD, name="Ana")


async def setup_token(studio: Studio) -> str:
    token = await studio.setting_up.offer()
    assert token is not None
    return token


async def test_a_made_up_setup_link_opens_nothing(studio: Studio) -> None:
    with pytest.raises(NotFound, match="run 'fixatif up' again"):
        await studio.setting_up.set_up("made-up", OWNER)
    assert await studio.accounts.all() == []


async def test_a_setup_link_is_dead_after_an_hour(studio: Studio) -> None:
    token = await setup_token(studio)
    studio.clock.move(SETUP_LENGTH)
    with pytest.raises(NotFound):
        await studio.setting_up.check(token)
    with pytest.raises(NotFound):
        await studio.setting_up.set_up(token, OWNER)


async def test_a_setup_link_opens_one_account_only(studio: Studio) -> None:
    token = await setup_token(studio)
    signed_in = await studio.setting_up.set_up(token, OWNER)
    assert signed_in.artist.role is Role.OWNER
    with pytest.raises(NotFound):
        await studio.setting_up.set_up(token, NewAccount("eve", PASSWORD))


async def test_an_older_setup_link_is_dead_once_there_is_an_owner(studio: Studio) -> None:
    older, newer = await setup_token(studio), await setup_token(studio)
    await studio.setting_up.set_up(newer, OWNER)
    with pytest.raises(NotFound, match="has its owner"):
        await studio.setting_up.set_up(older, NewAccount("eve", PASSWORD))
    assert await studio.setting_up.offer() is None


async def test_of_two_who_race_with_one_setup_link_one_wins(studio: Studio) -> None:
    token = await setup_token(studio)
    wanted = (OWNER, NewAccount("eve", PASSWORD))
    outcomes = await asyncio.gather(
        *(studio.setting_up.set_up(token, one) for one in wanted), return_exceptions=True
    )
    assert [type(one) for one in outcomes if isinstance(one, FixatifError)] == [NotFound]
    assert sum(isinstance(one, SignedIn) for one in outcomes) == 1
    assert [one.role for one in await studio.accounts.all()] == [Role.OWNER]


async def test_of_two_who_race_with_two_setup_links_one_wins(studio: Studio) -> None:
    tokens = (await setup_token(studio), await setup_token(studio))
    wanted = (OWNER, NewAccount("eve", PASSWORD))
    outcomes = await asyncio.gather(
        *(studio.setting_up.set_up(token, one) for token, one in zip(tokens, wanted, strict=True)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, SignedIn) for one in outcomes) == 1
    assert [one.role for one in await studio.accounts.all()] == [Role.OWNER]


async def test_a_setup_that_is_refused_leaves_the_link_alive(studio: Studio) -> None:
    token = await setup_token(studio)
    with pytest.raises(Invalid):
        await studio.setting_up.set_up(token, replace(OWNER, password="short"))
    await studio.setting_up.set_up(token, OWNER)
