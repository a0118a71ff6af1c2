"""The end of an instance, as visitors and artists see it before and after."""

from server.closing import Plan
from server.ending import ClosingState
from tests.flows.test_closing import NEW
from tests.web.site import PASSWORD, Site, migrated_sqlite, site, sqlite_url
from tests.web.test_dealing_pages import serve_account

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

PAGE = "/settings/closing"


async def test_before_the_day_each_page_says_so_and_artists_name_where_they_go(
    site: Site,
) -> None:
    assert "stays open" in await site.page(PAGE, "ana")
    known = site.stage.flows
    plan = Plan("art.test", 30, "Thank <you>.")
    await known.closings.announce(site.people["otto"], PASSWORD, plan)
    for path in ("/", "/@ana", "/nothing-here"):
        text = await (await site.get(path)).text()
        assert ("This place closes on" in text) is (path != "/nothing-here"), path
    assert "Thank &lt;you&gt;." in await (await site.get("/")).text()
    assert PAGE in await site.page("/notifications", "ana")
    serve_account(site.stage, NEW)
    refused = await site.send(PAGE, "ana", PAGE, target="@ana@new.test")
    assert refused.status == 422
    assert "does not name this account" in await refused.text()
    serve_account(site.stage, NEW, alsoKnownAs=["https://art.test/users/ana"])
    kept = await site.send(PAGE, "ana", PAGE, target="@ana@new.test")
    assert kept.headers["Location"] == f"{PAGE}?told=saved"
    assert NEW.uri in await site.page(PAGE, "ana")


async def test_afterwards_everything_answers_410_with_a_farewell(site: Site) -> None:
    known = site.stage.flows
    await known.closings.announce(site.people["otto"], PASSWORD, Plan("art.test", 7, "Goodbye."))
    site.stage.clock.advance(hours=24 * 7)
    for _ in range(10):
        await site.stage.drain()
        site.stage.clock.advance(hours=1)
    assert known.closing_now.now.state is ClosingState.CLOSED
    for path in ("/", "/@ana", f"/@ana/{site.work.id}-blue-hour", "/login", "/nothing"):
        answer = await site.get(path)
        assert answer.status == 410, path
        assert "Goodbye." in await answer.text()
    machine = await site.get("/users/ana", Accept="application/activity+json")
    assert machine.status == 410
    delivered = await site.client.post("/inbox", data=b"{}", headers={"Host": "art.test"})
    assert delivered.status == 410
    assert (await site.get("/healthz")).status == 200
