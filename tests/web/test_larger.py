"""Who looks closer sees the large copy: browsers that keep a cookie, on their first visit."""

from typing import Any

import pytest

from tests.web.site import Site, migrated_sqlite, site, sqlite_url
from tests.web.test_media import MASTODON
from tests.web.test_media_door import BOB, FIREFOX, TOOL, Room, room, rule
from web.pages.larger import LOOKS

__all__ = ["migrated_sqlite", "room", "site", "sqlite_url"]

HOUR = 3_600


def path_of(site: Site) -> str:
    return f"/works/{site.work.id}/larger/{site.work.pictures[0].id}"


async def ask(site: Site, path: str, cookie: str = "", agent: str = FIREFOX) -> Any:
    headers = {"User-Agent": agent, "Accept": "text/html, image/avif"}
    return await site.get(path, "", **headers, **({"Cookie": cookie} if cookie else {}))


async def proof(site: Site, agent: str = FIREFOX) -> str:
    """Load the style sheet as a browser does; return the cookie that it sends back."""
    answer = await ask(site, "/proof.css", agent=agent)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.headers["Set-Cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    return str(given.split(";", 1)[0])


def altered(cookie: str) -> str:
    """Return a cookie that ends in another letter."""
    return f"{cookie[:-1]}{'B' if cookie.endswith('A') else 'A'}"


async def led_to(site: Site, cookie: str) -> str:
    answer = await ask(site, path_of(site), cookie)
    assert (answer.status, answer.headers["Cache-Control"]) == (303, "no-store")
    return str(answer.headers["Location"]).removeprefix("https://art.test")


async def test_a_browser_that_keeps_a_cookie_sees_the_large_copy_on_its_first_visit(
    room: Room,
) -> None:
    site = room.site
    page = await ask(site, f"/@ana/{site.work.id}-blue-hour")
    text = await page.text()
    assert page.headers["Cache-Control"].startswith("public")  # the same for everybody
    assert "Set-Cookie" not in page.headers
    assert '<link rel="stylesheet" href="/proof.css">' in text
    assert f'href="{path_of(site)}"' in text
    assert "large." not in text
    cookie = await proof(site)
    url = await led_to(site, cookie)
    assert url.startswith(f"/media/{room.key}/large.avif?t=")
    shown = await ask(site, url, cookie)
    assert (shown.status, await shown.text()) == (200, "large.avif")
    assert shown.headers["Cache-Control"] == "private, max-age=86400"


async def test_without_a_cookie_one_is_told_and_sees_the_page(room: Room) -> None:
    site = room.site
    answer = await ask(site, path_of(site))
    assert answer.status == 303
    back = str(answer.headers["Location"])
    assert back.endswith("?told=no-proof")
    shown = await ask(site, back.removeprefix("https://art.test"))
    assert "yours sent none back" in await shown.text()


@pytest.mark.parametrize("agent", ["w3m/0.5.3+git20230121", "Lynx/2.9.0dev.10 libwww-FM/2.14"])
async def test_a_text_browser_which_can_prove_nothing_is_led_to_the_copy_that_guests_see(
    agent: str, room: Room
) -> None:
    site = room.site
    answer = await ask(site, path_of(site), agent=agent)
    led = str(answer.headers["Location"]).removeprefix("https://art.test")
    assert (answer.status, led) == (303, f"/media/{room.key}/view.avif")
    shown = await ask(site, led, agent=agent)
    assert (shown.status, await shown.text()) == (200, "view.avif")
    site.stage.rules(rule("preview", '{ class = ["visitor"] }'))
    answer = await ask(site, path_of(site), agent=agent)
    assert str(answer.headers["Location"]).endswith("/preview.avif")


async def test_a_token_is_of_no_use_to_others_elsewhere_or_later(room: Room) -> None:
    site = room.site
    cookie = await proof(site)
    url = await led_to(site, cookie)
    other = await proof(site)
    assert other != cookie
    for wrong in ("", other, altered(cookie), "x=y"):
        assert (await ask(site, url, wrong)).status == 403
    bare, _, token = url.partition("?t=")
    for file in (bare, f"{bare.replace('.avif', '.jpg')}?t={token}", f"{bare}?t={token}A"):
        assert (await ask(site, file, cookie)).status == 403
    assert (await ask(site, url, cookie, TOOL)).status == 403
    site.stage.clock.advance(seconds=HOUR)
    assert (await ask(site, url, cookie)).status == 200
    site.stage.clock.advance(seconds=1)
    assert (await ask(site, url, cookie)).status == 403


async def test_programs_give_no_proof_whatever_they_keep(room: Room) -> None:
    cookie = await proof(room.site, TOOL)
    answer = await ask(room.site, path_of(room.site), cookie, TOOL)
    assert str(answer.headers["Location"]).endswith("?told=no-proof")


async def test_a_rule_that_asks_for_a_proof_is_met_by_one(room: Room) -> None:
    site = room.site
    site.stage.rules(rule("prove", '{ class = ["visitor", "person"] }'))
    cookie = await proof(site)
    assert (await room.body("view.avif")) == "preview.avif"
    shown = await ask(site, await led_to(site, cookie), cookie)
    assert await shown.text() == "large.avif"
    site.stage.rules(rule("preview", '{ class = ["person"] }'))
    answer = await ask(site, path_of(site), cookie)
    assert "large" not in str(answer.headers.get("Location", ""))


@pytest.mark.parametrize(
    "when", ["{}", '{ rendition = ["large", "view"] }', '{ class = "member" }']
)
async def test_members_are_never_asked_for_a_proof(when: str, room: Room) -> None:
    site = room.site
    site.stage.rules(rule("prove", when))
    for file in ("large.jpg", "view.jpg"):
        assert await room.body(file, name="ben") == file
    page = await site.get(f"/@ana/{site.work.id}-blue-hour", "ben", **{"User-Agent": FIREFOX})
    assert "/proof.css" not in await page.text()
    answer = await site.get(path_of(site), "ben", **{"User-Agent": FIREFOX})
    assert str(answer.headers["Location"]).endswith("/large.jpg")


async def test_servers_are_never_asked_for_a_proof_but_collectors_are(room: Room) -> None:
    room.site.stage.rules(rule("prove", '{ rendition = "federated" }'))
    for peer in (None, BOB):
        status, body, _ = await room.get("federated.jpg", MASTODON, peer=peer)
        assert (status, body) == (200, "federated.jpg")
    status, body, _ = await room.get("federated.jpg", "img2dataset/1.45")
    assert (status == 403) or body == "preview.jpg"


async def test_a_proof_shared_among_many_networks_mints_no_more_than_one_browser(
    room: Room,
) -> None:
    site = room.site
    limits, cookie = site.stage.instance.flows.limits, await proof(site)

    async def from_elsewhere(cookie: str) -> int:
        limits.forgive(LOOKS, "127.0.0.0/24")  # as from a network that never asked before
        return int((await ask(site, path_of(site), cookie)).status)

    assert [await from_elsewhere(cookie) for _ in range(61)] == [303] * 60 + [429]
    assert await from_elsewhere(await proof(site)) == 303


async def test_members_are_led_there_without_a_token(room: Room) -> None:
    site = room.site
    answer = await site.get(path_of(site), "ben", **{"User-Agent": FIREFOX})
    assert str(answer.headers["Location"]).endswith("/large.jpg")
    assert await room.body("large.jpg", name="ben") == "large.jpg"


@pytest.mark.parametrize("path", ["/works/1/larger/2", "/works/{}/larger/9"])
async def test_what_is_not_there_is_not_there(site: Site, path: str) -> None:
    assert (await ask(site, path.format(site.work.id), await proof(site))).status == 404
