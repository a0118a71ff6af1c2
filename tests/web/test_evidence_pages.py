"""Who came: artists see it of their own works, those in charge of all, and strangers nothing."""

from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession

from server.main import answering, listening
from server.model import Role
from server.visitors import VisitorClass
from tests.engines import migrated_sqlite, sqlite_url
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

MINE, ALL = "/studio/visitors", "/admin/crawlers"
BOT = "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def visit(site: Site) -> None:
    """Let a crawler ask for ana's work and its picture, and a person too, on a real socket."""
    listener = listening("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    key, work = site.work.pictures[0].media_key, site.work.id
    page = f"/@ana/{work}-blue-hour"
    async with answering(site.stage.instance.app(), listener, shutdown_seconds=1):
        async with ClientSession(headers={"User-Agent": BOT}) as crawler:
            for path in (page, f"/works/{work}", f"/media/{key}/view.jpg", "/works/77"):
                async with crawler.get(base + path) as answer:
                    assert answer.status == 403
        async with (
            ClientSession(headers={"User-Agent": PERSON}) as person,
            person.get(base + page) as answer,
        ):
            assert answer.status == 200
    await site.stage.flows.visits.flush()
    await site.stage.flows.work_visits.flush()


@pytest.mark.parametrize("path", [MINE, ALL])
async def test_strangers_are_asked_to_sign_in(site: Site, path: str) -> None:
    assert (await site.get(path)).status == 303


@pytest.mark.parametrize("name", ["ana", "mod"])
async def test_crawlers_are_shown_to_those_in_charge_alone(site: Site, name: str) -> None:
    who = "ana" if name == "ana" else "ben"
    if name == "mod":
        await site.give("ben", Role.MODERATOR)
    assert (await site.get(ALL, who)).status == 404
    answer = await site.send(f"{ALL}/price", who, price="1", currency="EUR")
    assert answer.status == 404


async def test_an_artist_sees_who_was_refused_and_for_which_work(site: Site) -> None:
    assert "No machine asked" in await site.page(MINE, "ana")
    await visit(site)
    text = await site.page(MINE, "ana")
    assert "3 requests refused, 0 answered" in text
    assert "GPTBot 3" in text
    assert '<svg class="chart__bars"' in text
    assert "3 requests refused and 0 answered in 7 days." in text
    assert "<td>3</td><td>0</td>" in text
    assert "No machine asked" in await site.page(MINE, "ben")


async def test_what_was_asked_a_week_ago_is_not_of_this_week(site: Site) -> None:
    await visit(site)
    site.stage.clock.advance(hours=7 * 24)
    assert "No machine asked" in await site.page(MINE, "ana")


async def test_servers_that_hold_copies_are_named(site: Site) -> None:
    async with site.stage.library.transaction() as tx:
        await tx.neighbours.note_copies(site.work.id, ["peer.test"], site.stage.clock.now())
    assert "<bdi>peer.test</bdi></strong> 1 work" in await site.page(MINE, "ana")


async def test_money_is_shown_at_the_price_that_was_entered_and_else_not(site: Site) -> None:
    await visit(site)
    text = await site.page(ALL, "otto")
    assert "AI training" in text
    assert "Saved" not in text
    answer = await site.send(f"{ALL}/price", "otto", ALL, price="0,09", currency="eur")
    assert answer.status == 303
    text = await site.page(ALL, "otto")
    assert "EUR at 0.09 EUR a gigabyte" in text
    assert 'scope="col">Saved' in text
    assert (await site.get(f"{ALL}?days=30", "otto")).status == 200
    await site.send(f"{ALL}/price", "otto", ALL, price="", currency="")
    assert "Saved" not in (await site.page(ALL, "otto")).replace("Saved.", "")


@pytest.mark.parametrize(
    ("price", "currency", "words"),
    [
        ("cheap", "EUR", "like 0.01"),
        ("-1", "EUR", "like 0.01"),
        ("nan", "EUR", "like 0.01"),
        ("1e99", "EUR", "like 0.01"),
        ("1", "<b>", "like EUR"),
        ("1", "", "like EUR"),
    ],
)
async def test_a_price_that_is_none_is_refused_at_its_field(
    site: Site, price: str, currency: str, words: str
) -> None:
    answer = await site.send(f"{ALL}/price", "otto", ALL, price=price, currency=currency)
    assert answer.status == 422
    assert words in await answer.text()
    async with site.stage.library.reading() as tx:
        assert await tx.comers.price() is None


async def test_an_address_that_was_given_to_a_server_names_it(site: Site) -> None:
    flows = site.stage.flows
    await visit(site)
    given = flows.given_to.tokens.read(await flows.given_to.token("leaky.test", site.work.id))
    path = f"/works/{site.work.id}"
    flows.work_visits.count(VisitorClass.DATASET, "CCBot", path, 9, given=given)
    await flows.work_visits.flush()
    text = await site.page(ALL, "otto")
    assert "Crawler CCBot came with an address given to leaky.test" in text
    assert "leaky.test" in text


async def test_the_end_of_the_ledger_is_published(site: Site) -> None:
    flows = site.stage.flows
    await flows.ledger.begin()
    await flows.ledger.seal()
    (head,) = await flows.ledger.heads()
    text = await (await site.get("/transparency")).text()
    today = datetime.fromtimestamp(site.stage.clock.now() / 1000, UTC).date().isoformat()
    assert head.hash in text
    assert today in text
