"""Follows that were cut, through HTTP: seen and restored by those in charge alone."""

import re

import pytest

from server.changes import NewPolicy, NewWord, Revert
from server.model import Role
from server.policy import STANDARD_NO_AI
from server.policy_text import write_policy
from server.tiers import Tier
from tests.web.test_delivery_pages import House, house, migrated_sqlite, sqlite_url

__all__ = ["house", "migrated_sqlite", "sqlite_url"]

URL = "/admin/policy/severed"
MUTE = (
    write_policy(STANDARD_NO_AI)
    + """
[[rules]]
name = "Not from peers"
door = "inbound"
when = { peer = ["peer.test"] }
then = "refuse"
because = "Enough."
"""
)


async def ids_on(house: House) -> str:
    found = re.search(r'name="ids" value="([^"]+)"', await house.page(URL))
    assert found is not None
    return found.group(1)


async def forget_the_word(house: House) -> None:
    async with house.stage.library.transaction() as tx:
        await tx.neighbours.drop_word("peer.test")
        await tx.policies.bump()
    await house.stage.flows.house.refresh()


@pytest.mark.parametrize("role", [Role.ARTIST, Role.MODERATOR, Role.READER])
async def test_nobody_else_learns_that_the_page_is_there(house: House, role: Role) -> None:
    await house.sign_in(role)
    assert (await house.get(URL)).status == 404
    assert (await house.send(f"{URL}/restore", await house.token(), ids="1")).status == 404


async def test_while_the_rules_refuse_there_is_no_button_and_a_form_says_why(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    assert "No follow was cut" in await house.page(URL)
    await house.stage.flows.governing.apply(None, NewWord("peer.test", Tier.REFUSED))
    page = await house.page(URL)
    assert "Cut by what was said of peer.test" in page
    assert "<bdi>@bob@peer.test</bdi> follows <bdi>@ana</bdi>" in page
    assert "nobody was told" in page
    assert "still refused" in page or "still refuses" in page
    assert 'name="ids"' not in page
    (severance, _), *_ = await house.stage.read(lambda tx: tx.severances.page())
    answer = await house.send(f"{URL}/restore", await house.token(), ids=str(severance.id))
    assert answer.status == 403
    assert "change that first" in await answer.text()


async def test_a_suspended_follow_is_restored_by_its_button(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    await house.stage.flows.governing.apply(None, NewWord("peer.test", Tier.REFUSED))
    await forget_the_word(house)
    page = await house.page(URL)
    assert "Restoring brings it back exactly as it was." in page
    assert "1 follow can be restored" in await house.page("/admin")
    answer = await house.send(f"{URL}/restore", await house.token(), ids=await ids_on(house))
    assert (answer.status, answer.headers["Location"]) == (303, f"{URL}?told=follows-restored")
    assert "No follow was cut" in await house.page(URL)
    assert "restored the follow" in await house.page("/admin/audit")


async def test_after_its_end_the_page_says_who_has_to_act(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    governing = house.stage.flows.governing
    await governing.apply(None, NewPolicy(MUTE))
    house.stage.clock.advance(hours=8 * 24)
    await house.stage.drain()
    await governing.apply(None, Revert(1))
    await house.sign_in(Role.OWNER)
    page = await house.page(URL)
    assert "Cut by version 2 of the house rules" in page
    assert "their server was told" in page
    assert "restoring lets them follow again without approval" in page
    await house.send(f"{URL}/restore", await house.token(), ids=await ids_on(house))
    page = await house.page(URL)
    assert "it needs no approval" in page
    assert 'name="ids"' not in page


@pytest.mark.parametrize("ids", ["", "x", "0", "9223372036854775808", "1 2 3", "-1"])
async def test_ids_that_nobody_knows_restore_nothing(house: House, ids: str) -> None:
    await house.sign_in(Role.ADMIN)
    answer = await house.send(f"{URL}/restore", await house.token(), ids=ids)
    assert answer.status in {404, 422}
