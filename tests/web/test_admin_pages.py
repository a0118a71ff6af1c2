"""The instrument's front page and its log, through HTTP."""

import pytest

from server.model import Role
from tests.web.test_delivery_pages import HOST, House, house, migrated_sqlite, sqlite_url

__all__ = ["house", "migrated_sqlite", "sqlite_url"]


@pytest.mark.parametrize("role", [Role.ARTIST, Role.READER])
async def test_nobody_else_learns_that_there_is_an_instrument(house: House, role: Role) -> None:
    await house.sign_in(role)
    assert (await house.get("/admin")).status == 404
    assert 'href="/admin"' not in await house.page("/settings")


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ARTIST, Role.READER])
async def test_the_log_is_for_those_in_charge(house: House, role: Role) -> None:
    await house.sign_in(role)
    assert (await house.get("/admin/audit")).status == 404


async def test_moderators_see_their_parts_alone(house: House) -> None:
    await house.sign_in(Role.MODERATOR)
    page = await house.page("/admin")
    assert "/admin/reports" in page
    assert "/admin/audit" not in page


async def test_those_in_charge_see_what_waits(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    page = await house.page("/admin")
    assert "1 server cannot be reached" in page
    assert 'href="/admin/audit"' in page


async def test_what_was_done_stands_in_the_log_with_who_did_it(house: House) -> None:
    await house.sign_in(Role.OWNER)
    assert HOST not in await house.page("/admin/audit")
    await house.send("/admin/federation/try", await house.token(), host=HOST)
    page = await house.page("/admin/audit")
    assert "@owner</strong> had this server tried again" in page
    assert HOST in page
    assert HOST in await house.page("/admin/audit?act=server.tried")
    assert HOST not in await house.page("/admin/audit?act=report.closed")
    assert HOST in await house.page("/admin/audit?act=%00nonsense&before=abc")
