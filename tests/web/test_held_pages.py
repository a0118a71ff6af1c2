"""The page of what the rules hold: for moderators, without scripts."""

import re

from tests.flows.dealings import arrive
from tests.two_servers.stage import Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB = Peer("bob")
HOLD = """
    [[rules]]
    name = "First posts"
    door = "inbound"
    when = { type = ["Create"] }
    then = "hold"
    because = "We read first."
    """


async def hold(site: Site, text: str = "<p>Hello <b>there</b></p>") -> int:
    stage = site.stage
    await stage.meet(BOB)
    stage.rules(HOLD)
    work = stage.flows.addresses.work(site.work.id)
    await arrive(stage, BOB.does("Create", BOB.note(inReplyTo=work, content=text)))
    (held,) = await stage.read(lambda tx: tx.held.waiting())
    return int(held.id)


async def test_only_moderators_find_the_page(site: Site) -> None:
    number = await hold(site)
    assert (await site.get("/admin/held", "ana")).status == 404
    assert (await site.get("/admin/held")).status == 303
    for answer in ("let-in", "drop"):
        assert (await site.send(f"/admin/held/{number}/{answer}", "ana", "/home")).status == 404


async def test_a_moderator_sees_what_waits_and_lets_it_in(site: Site) -> None:
    number = await hold(site)
    page = await site.page("/admin/held", "otto")
    assert "@bob@peer.test" in page
    assert "Hello there" in page
    assert re.search("held by the rule “First posts”: We read first", page)
    assert "1 thing held" in await site.page("/admin", "otto")
    told = await site.send(f"/admin/held/{number}/let-in", "otto", "/admin/held")
    assert told.headers["Location"] == "/admin/held?told=let-in"
    await site.stage.drain()
    assert "Hello <b>there</b>" in await site.page(f"/@ana/{site.work.id}-blue-hour", "ben")
    assert "Nothing waits for you." in await site.page("/admin/held", "otto")
    assert "let in what a rule held:" in await site.page("/admin/audit", "otto")


async def test_what_is_dropped_is_gone(site: Site) -> None:
    number = await hold(site, "<p>Buy now</p>")
    told = await site.send(f"/admin/held/{number}/drop", "otto", "/admin/held")
    assert told.headers["Location"] == "/admin/held?told=dropped"
    await site.stage.drain()
    assert "Buy now" not in await site.page("/admin/held", "otto")
    assert "Buy now" not in await site.page(f"/@ana/{site.work.id}-blue-hour", "ben")
    assert (await site.send(f"/admin/held/{number}/drop", "otto", "/admin/held")).status == 404


async def test_words_of_others_are_no_markup_on_the_page(site: Site) -> None:
    await hold(site, "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>")
    page = await site.page("/admin/held", "otto")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


async def test_a_post_says_what_a_rule_did_to_it(site: Site) -> None:
    stage = site.stage
    await stage.meet(BOB)
    stage.rules(HOLD.replace("hold", "strip-media"))
    work = stage.flows.addresses.work(site.work.id)
    picture = {"type": "Image", "mediaType": "image/png", "url": "https://peer.test/1.png"}
    await arrive(stage, BOB.does("Create", BOB.note(inReplyTo=work, attachment=[picture])))
    page = await site.page(f"/@ana/{site.work.id}-blue-hour", "ben")
    assert "Pictures left out here. We read first." in page
    assert "peer.test/1.png" not in page
