"""How people come, through the pages that they use, without scripts."""

import re

import pytest

from server.model import Role
from tests.web.site import PASSWORD, Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

INVITES = "/admin/people/invites"
_LINK = re.compile(r"https://art\.test(/invite/[A-Za-z0-9_-]{43})<")


async def link_in(site: Site, path: str, name: str, **fields: str) -> str:
    answer = await site.send(path, name, path, **fields)
    text = await answer.text()
    assert answer.status == 200, text
    assert answer.headers["Cache-Control"] == "no-store"
    found = _LINK.search(text)
    assert found is not None
    return found[1]


# Invitations


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ARTIST, Role.READER])
async def test_only_those_in_charge_see_everybodys_invitations(site: Site, role: Role) -> None:
    await site.give("ben", role)
    assert (await site.get(INVITES, "ben")).status == 404
    assert (await site.send(INVITES, "ben", role="artist", uses="9")).status == 404
    assert (await site.get(INVITES)).status == 303


async def test_an_invitation_leads_from_a_link_to_an_account(site: Site) -> None:
    link = await link_in(site, INVITES, "otto", role="artist", uses="1", days="3", note="<b>Cleo")
    listed = await site.page(INVITES, "otto")
    assert "&lt;b&gt;Cleo" in listed
    assert link not in listed
    offered = await (await site.get(link)).text()
    assert "You are invited" in offered
    taken = await site.send_as_stranger(link, link, handle="ana", password=PASSWORD)
    assert taken.status == 409
    text = await taken.text()
    assert "is taken" in text
    assert PASSWORD not in text
    came = await site.send_as_stranger(link, link, handle="cleo", password=PASSWORD, name="Cléo")
    assert (came.status, came.headers["Location"]) == (303, "/studio")
    assert site.stage.flows.forms.cookies.session_name in came.cookies
    assert (await site.get("/@cleo")).status == 200
    again = await site.get(link)
    assert again.status == 404
    assert "was used already" in await again.text()
    assert 'href="/@cleo"' in await site.page(INVITES, "otto")


async def test_a_form_with_nonsense_says_what_is_wrong(site: Site) -> None:
    for fields, words in (
        ({"uses": "0"}, "from 1 to 500"),
        ({"days": "many"}, "from 1 to 365"),
        ({"role": "owner"}, "Nobody becomes an owner"),
        ({"role": "king"}, "choose one of"),
    ):
        answer = await site.send(INVITES, "otto", INVITES, **fields)
        assert answer.status == 422, fields
        assert words in await answer.text()


async def test_an_invitation_that_was_taken_back_opens_nothing(site: Site) -> None:
    link = await link_in(site, INVITES, "otto")
    action = re.search(r'action="(/invites/\d+/revoke)"', await site.page(INVITES, "otto"))
    assert action is not None
    assert (await site.send(action[1], "ben", "/settings")).status == 404
    answer = await site.send(action[1], "otto", INVITES, **{"from": "all"})
    assert answer.headers["Location"] == f"{INVITES}?told=revoked"
    assert (await site.get(link)).status == 404


async def test_an_artist_invites_with_what_they_were_given(site: Site) -> None:
    mine = "/settings/invites"
    assert "You have no invitation left" in await site.page(mine, "ana")
    assert (await site.send(mine, "ana", days="5")).status == 403
    async with site.stage.library.transaction() as tx:
        await tx.invites.allow(site.id("ana"), 2)
    page = await site.page(mine, "ana")
    assert "2 more people" in page
    assert 'name="uses"' not in page
    link = await link_in(site, mine, "ana", note="Ben's sister")
    assert "1 more person" in await site.page(mine, "ana")
    assert (await site.get(link)).status == 200


async def test_a_form_from_another_site_opens_no_account(site: Site) -> None:
    link = await link_in(site, INVITES, "otto")
    answer = await site.client.post(
        link, data={"handle": "eve", "password": PASSWORD}, headers={"Host": "art.test"}
    )
    assert answer.status == 403
    assert (await site.get("/@eve")).status == 404


@pytest.mark.parametrize("path", ["/invite/short", f"/invite/{'x' * 43}", "/invite/%00"])
async def test_a_made_up_link_leads_nowhere(site: Site, path: str) -> None:
    assert (await site.get(path)).status == 404
