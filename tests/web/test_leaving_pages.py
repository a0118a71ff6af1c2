"""The end of an account through the pages that people use, and as other servers see it."""

import re

import pytest

from server.account_ends import GRACE
from tests.flows.dealings import sent
from tests.two_servers.stage import ACTIVITY_JSON, Peer
from tests.web.test_dealing_pages import PASSWORD, Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

PAGE = "/settings/leaving"
ANA = "/users/ana"
FINGER = "/.well-known/webfinger?resource=acct:ana@art.test"


async def leave(site: Site) -> None:
    """Have Ana ask for the end; her browser gets a fresh session."""
    answer = await site.send(PAGE, "ana", PAGE, password=PASSWORD)
    assert (answer.status, answer.headers["Location"]) == (303, PAGE)
    (cookie,) = [one for one in answer.cookies.values() if one.value]
    site.cookies["ana"] = f"{cookie.key}={cookie.value}"


async def seen(site: Site, path: str, accept: str = "text/html") -> int:
    return (await site.get(path, Accept=accept)).status


async def test_strangers_are_sent_to_sign_in(site: Site) -> None:
    answer = await site.get(PAGE)
    assert (answer.status, answer.headers["Location"]) == (303, f"/login?next={PAGE}")


async def test_a_wrong_password_changes_nothing(site: Site) -> None:
    for wrong in ("not it", ""):
        answer = await site.send(PAGE, "ana", PAGE, password=wrong)
        assert answer.status == 422
        assert "password" in (await answer.text()).lower()
    assert await seen(site, "/@ana") == 200


async def test_the_only_owner_reads_why_not(site: Site) -> None:
    answer = await site.send(PAGE, "otto", PAGE, password=PASSWORD)
    assert answer.status == 403
    assert "only owner" in await answer.text()


async def test_the_page_says_what_goes_and_that_the_name_never_comes_back(site: Site) -> None:
    text = await site.page(PAGE, "ana")
    for words in ("1 work", "14 days", "@ana@art.test", "again"):
        assert words in text


async def test_asked_for_the_artist_sees_the_way_back_and_nothing_else(site: Site) -> None:
    await leave(site)
    text = await site.page(PAGE, "ana")
    assert "Your account ends on" in text
    for path in ("/settings", "/studio", "/home", "/settings/moving"):
        answer = await site.get(path, "ana")
        assert (answer.status, answer.headers["Location"]) == (303, PAGE)
    refused = await site.send("/settings/profile", "ana", PAGE, bio="Somebody")
    assert refused.headers["Location"] == PAGE
    assert await seen(site, "/@ana") == 404


@pytest.mark.parametrize("path", ["/@ana", "/users/ana", "/works/{work}", "/@ana/{work}-blue-hour"])
async def test_nobody_sees_anything_meanwhile(site: Site, path: str) -> None:
    await leave(site)
    assert await seen(site, path.format(work=site.work.id)) == 404


async def test_taken_back_everything_is_there_again(site: Site) -> None:
    await leave(site)
    answer = await site.send(f"{PAGE}/back", "ana", PAGE)
    assert answer.headers["Location"] == "/settings?told=stays"
    assert "Your account stays" in await site.page("/settings?told=stays", "ana")
    assert await seen(site, "/@ana") == 200


async def test_signing_in_later_leads_to_the_way_back(site: Site) -> None:
    await leave(site)
    site.stage.clock.advance(hours=24)
    form = await site.get("/login")
    token = re.search(r'name="csrf" value="([^"]+)"', await form.text())
    assert token is not None
    cookies = "; ".join(f"{one.key}={one.value}" for one in form.cookies.values())
    answer = await site.client.post(
        "/login",
        data={"csrf": token[1], "handle": "ana", "password": PASSWORD},
        headers={"Host": "art.test", "Cookie": cookies, "Origin": "https://art.test"},
        allow_redirects=False,
    )
    (cookie,) = [one for one in answer.cookies.values() if one.value]
    site.cookies["ana"] = f"{cookie.key}={cookie.value}"
    onward = await site.get(answer.headers["Location"], "ana")
    assert onward.headers["Location"] == PAGE
    assert "Keep my account" in await site.page(PAGE, "ana")


async def test_signing_out_works_while_the_account_ends(site: Site) -> None:
    await leave(site)
    assert (await site.send("/logout", "ana", PAGE)).headers["Location"] == "/"
    assert (await site.get(PAGE, "ana")).headers["Location"] == f"/login?next={PAGE}"


# ---- as other servers see it ------------------------------------------------------------------


async def test_out_of_sight_nothing_answers_other_servers(site: Site) -> None:
    await leave(site)
    for path in (ANA, FINGER, f"{ANA}/outbox", f"/works/{site.work.id}"):
        assert await seen(site, path, ACTIVITY_JSON) == 404


async def test_until_the_deletion_has_arrived_an_actor_is_its_keys_alone(site: Site) -> None:
    await site.stage.befriend(Peer("bob"), site.people["ana"])
    site.stage.net.inbox_status = 503
    await site.stage.flows.account_ends.ask(site.people["ana"], at_once=True)
    await site.stage.drain()
    answer = await site.get(ANA, Accept=ACTIVITY_JSON)
    document = await answer.json(content_type=ACTIVITY_JSON)
    assert (answer.status, document["suspended"]) == (200, True)
    assert document["publicKey"]["owner"] == document["id"]
    assert document["assertionMethod"]
    assert {"summary", "name", "icon", "featured"}.isdisjoint(document)


async def test_at_the_end_an_actor_is_a_tombstone(site: Site) -> None:
    await site.stage.befriend(Peer("bob"), site.people["ana"])
    await leave(site)
    site.stage.clock.advance(hours=GRACE // 3_600_000)
    assert "Delete" in [one["type"] for one in await sent(site.stage)]
    site.stage.clock.advance(hours=1)
    await site.stage.drain()
    answer = await site.get(ANA, Accept=ACTIVITY_JSON)
    document = await answer.json(content_type=ACTIVITY_JSON)
    assert answer.status == 410
    assert document["type"] == "Tombstone"
    assert document["formerType"] == "Person"
    assert document["id"] == "https://art.test/users/ana"
    for path in ("/@ana", "/users/ana", FINGER, f"{ANA}/outbox"):
        assert await seen(site, path) == 410, path
    text = await (await site.get("/@ana", Accept="text/html")).text()
    assert "<h1>This account was deleted</h1>" in text
    assert "Other works by" not in text
    assert await seen(site, f"/works/{site.work.id}", ACTIVITY_JSON) == 404
