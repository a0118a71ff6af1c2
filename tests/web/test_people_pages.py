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


# Accounts and people elsewhere


@pytest.mark.parametrize("role", [Role.ARTIST, Role.READER])
async def test_nobody_else_learns_of_the_people_pages(site: Site, role: Role) -> None:
    await site.give("ben", role)
    ana = f"/admin/people/{site.id('ana')}"
    for path in ("/admin/people", ana):
        assert (await site.get(path, "ben")).status == 404
        assert (await site.get(path)).status == 303
    for deed in ("silence", "suspend", "role", "invites"):
        sent = await site.send(f"{ana}/{deed}", "ben", role="owner", password=PASSWORD, count="9")
        assert sent.status == 404, deed
    assert (await site.get("/@ana")).status == 200


async def test_a_moderator_silences_and_suspends_from_a_page(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    assert "@ana@art.test" in await site.page("/admin/people", "ben")
    here = f"/admin/people/{site.id('ana')}"
    shown = await site.page(here, "ben")
    assert "role" not in re.findall(r'name="([a-z]+)"', shown)
    await site.send(f"{here}/silence", "ben", here, reason="Too <loud>")
    assert "Blue hour" not in await (await site.get("/")).text()
    assert (await site.get("/@ana")).status == 200
    await site.send(f"{here}/suspend", "ben", here)
    assert (await site.get("/@ana")).status == 404
    assert (await site.get("/users/ana", Accept="application/activity+json")).status == 404
    restrained = await site.page("/admin/people?show=restrained", "ben")
    assert "@ana@art.test" in restrained
    for deed in ("restore", "hear"):
        await site.send(f"{here}/{deed}", "ben", here)
    assert "Blue hour" in await (await site.get("/")).text()
    assert "Too &lt;loud&gt;" in await site.page("/admin/audit", "otto")
    owner = f"/admin/people/{site.id('otto')}"
    assert (await site.send(f"{owner}/suspend", "ben", here)).status == 403


async def test_a_role_changes_with_a_password_alone(site: Site) -> None:
    here = f"/admin/people/{site.id('ana')}"
    wrong = await site.send(f"{here}/role", "otto", here, role="admin", password="guess it")
    assert wrong.status == 422
    assert "The password is wrong" in await wrong.text()
    changed = await site.send(f"{here}/role", "otto", here, role="admin", password=PASSWORD)
    assert changed.headers["Location"] == f"{here}?told=saved"
    assert "Admin here" in await site.page(here, "otto")
    odd = await site.send(f"{here}/role", "otto", here, role="king", password=PASSWORD)
    assert odd.status == 422
    statuses = [
        (await site.send(f"{here}/role", "otto", here, role="artist", password="guess")).status
        for _ in range(12)
    ]
    assert statuses[-1] == 429


async def test_an_account_is_deleted_in_two_weeks_and_kept_after_all(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    here = f"/admin/people/{site.id('ana')}"
    assert (await site.send(f"{here}/delete", "ben", here, end_password=PASSWORD)).status == 404
    wrong = await site.send(f"{here}/delete", "otto", here, end_password="guess")
    assert (wrong.status, "The password is wrong" in await wrong.text()) == (422, True)
    assert (await site.get("/@ana")).status == 200
    await site.send(f"{here}/delete", "otto", here, end_password=PASSWORD)
    assert (await site.get("/@ana")).status == 404
    assert "will be erased on" in await site.page(here, "otto")
    await site.send(f"{here}/keep", "otto", here, end_password=PASSWORD)
    assert (await site.get("/@ana")).status == 200
    log = await site.page("/admin/audit", "otto")
    assert "had deleted, in two weeks," in log
    own = f"/admin/people/{site.id('otto')}"
    assert (await site.send(f"{own}/delete", "otto", here, end_password=PASSWORD)).status == 403


async def test_invitations_are_given_to_an_artist(site: Site) -> None:
    here = f"/admin/people/{site.id('ana')}"
    for count, status in (("-1", 422), ("101", 422), ("x", 422), ("3", 303)):
        sent = await site.send(f"{here}/invites", "otto", here, count=count)
        assert sent.status == status, count
    assert "3 more people" in await site.page("/settings/invites", "ana")


@pytest.mark.parametrize(
    "query", ["?q=%00", "?show=x&q=%ff", "?before=9999999999999999999&after=%"]
)
async def test_odd_searches_find_nobody_and_break_nothing(site: Site, query: str) -> None:
    for show in ("here", "elsewhere", "restrained"):
        answer = await site.get(f"/admin/people{query}&show={show}", "otto")
        assert answer.status in {200, 422}, (query, show)


# Legal notices and cases

NOTICE = {
    "kind": "copyright",
    "name": "Dora Example",
    "standing": "my own",
    "source": "https://d.example/heron",
    "words": "This is a photograph of my <b>painting</b> from 1998.",
    "signature": "Dora Example",
    "is_true": "yes",
}


async def test_a_notice_hides_is_answered_and_decided(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    work = f"/@ana/{site.work.id}-blue-hour"
    picture = f"/media/{site.work.pictures[0].media_key}/view.jpg"
    fields = {**NOTICE, "addresses": f"https://art.test{work}"}
    sent = await site.send_as_stranger("/takedown", "/takedown", **fields)
    assert sent.status == 303, await sent.text()
    status = sent.headers["Location"]
    shown = await (await site.get(status)).text()
    link = status.partition("?")[0]
    assert f"https://art.test{link}" in shown
    assert "Not decided yet" in shown
    # hidden: page, document and picture
    for path in (work, picture):
        assert (await site.get(path)).status == 404, path
    document = await site.get(f"/works/{site.work.id}", Accept="application/activity+json")
    assert document.status == 404
    assert "Blue hour" not in await (await site.get("/")).text()
    assert (await site.get(work, "ana")).status == 200
    assert (await site.get(work, "ben")).status == 200
    # the artist hears, reads and answers
    case = re.search(r"/cases/(\d+)", await site.page("/notifications", "ana"))
    assert case is not None
    concern = await site.page(case[0], "ana")
    assert "Dora Example sent a legal notice" in concern
    assert "&lt;b&gt;painting" in concern
    assert (await site.get(case[0], "ben")).status == 404
    answered = await site.send(f"{case[0]}/answer", "ana", case[0], words="It is mine.")
    assert answered.headers["Location"] == f"{case[0]}?told=answered"
    # the moderator decides
    page = f"/admin/reports/{case[1]}"
    file = await site.page(page, "ben")
    assert "It is mine." in file
    assert "Dora Example" in file
    await site.send(f"{page}/take", "ben", page)
    assert "@ben works on it" in await site.page("/admin/reports", "otto")
    await site.send(f"{page}/note", "ben", page, words="Seems right.")
    missing = await site.send(f"{page}/close", "ben", page, outcome="hidden")
    assert missing.status == 422
    await site.send(f"{page}/close", "ben", page, outcome="nothing", reason="It is hers.")
    for path, name in ((work, ""), (picture, "ana")):
        assert (await site.get(path, name)).status in {200, 404}
    assert (await site.get(work)).status == 200
    for text in (
        await (await site.get(link)).text(),
        await site.page(case[0], "ana"),
        await site.page(page, "otto"),
    ):
        assert "No rule was broken" in text
        assert "It is hers." in text


async def test_a_notice_is_refused_with_what_is_missing_and_nothing_is_lost(site: Site) -> None:
    fields = {**NOTICE, "addresses": "https://art.test/@ana/1-nothing"}
    for wrong, words in (
        ({}, "no work or post here"),
        ({"addresses": ""}, "The addresses is missing"),
        ({"signature": "D"}, "exactly as you wrote it"),
        ({"is_true": ""}, "Confirm that"),
        ({"website": "http://spam"}, "catches programs"),
    ):
        sent = await site.send_as_stranger("/takedown", "/takedown", **{**fields, **wrong})
        assert sent.status == 422, wrong
        text = await sent.text()
        assert words in text
        assert "Dora Example" in text
    assert (await site.get(f"/takedown/{'x' * 43}")).status == 404


async def test_notices_from_one_network_are_slowed_down(site: Site) -> None:
    fields = {**NOTICE, "addresses": "https://art.test/@ana/1-nothing"}
    statuses = [
        (await site.send_as_stranger("/takedown", "/takedown", **fields)).status for _ in range(11)
    ]
    assert statuses == [422] * 10 + [429]


async def test_a_moderator_hides_one_thing_of_a_report_and_sees_the_history(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    form = f"/report?actor={site.id('ana')}&about={site.work.id}"
    fields = {"actor": str(site.id("ana")), "about": str(site.work.id), "text": "Stolen"}
    for _ in range(2):
        await site.send("/report", "ben", form, **fields)
    listed = re.findall(r"/admin/reports/\d+", await site.page("/admin/reports", "ben"))
    page = listed[0]
    assert "Other reports about them" in await site.page(page, "ben")
    odd = await site.send(f"{page}/hide", "ben", page, thing="7")
    assert odd.status == 404
    await site.send(f"{page}/hide", "ben", page, thing=str(site.work.id))
    assert (await site.get(f"/@ana/{site.work.id}-blue-hour")).status == 404
    assert "Hidden by the moderators" in await site.page("/studio", "ana")
    await site.send(f"{page}/show", "ben", page, thing=str(site.work.id))
    assert (await site.get(f"/@ana/{site.work.id}-blue-hour")).status == 200
    assert (await site.send(f"{page}/hide", "ana", thing=str(site.work.id))).status == 404


async def test_where_people_come_by_invitation_the_page_says_so(site: Site) -> None:
    text = await (await site.get("/apply")).text()
    assert "by invitation" in text
    assert "<textarea" not in text
    assert (await site.get(f"/apply/{'x' * 43}")).status == 404
