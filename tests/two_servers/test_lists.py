"""One instance subscribes to what the other publishes; it takes effect at the doors, and ends."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from federation.signatures import Unsigned
from server.errors import Unavailable
from server.list_keeping import Wanted
from server.listing import ListApplied
from server.lists import BlockList, ListEntry, Severity
from server.tiers import Tier
from tests.postgres import empty, postgres_url
from tests.two_servers.instances import Town, two_towns

Towns = tuple[Town, Town]
SCRAPER = ListEntry(
    "scraper.example",
    Severity.SUSPEND,
    "Feeds works to trainers.",
    "they threatened us",
    ("ai-scraper",),
    is_public=True,
)
HUSHED = ListEntry("hushed.example", Severity.SUSPEND, "Ours alone.")


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def towns(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path
) -> AsyncIterator[Towns]:
    """Open two instances; the second one's database is on each engine in turn."""
    url = ""
    if request.param == "postgres":
        url = postgres_url()
        await empty(url)
    async with two_towns(tmp_path, migrated_sqlite, url) as both:
        yield both


async def agree(town: Town, one: BlockList) -> None:
    made_at = (await town.flows.blocklists.proposal(None, one.id)).draft.made_at
    await town.flows.governing.apply(None, ListApplied(one.id, made_at))


async def knock(town: Town, domain: str) -> int:
    """Send an activity in the name of somebody at `domain`; return what its inbox answers."""
    actor = f"https://{domain}/users/eve"
    body = json.dumps(
        {"id": f"{actor}/likes/1", "type": "Like", "actor": actor, "object": f"{town.url}/works/1"}
    ).encode()
    speaker = town.flows.server_actor.id
    plain = Unsigned("POST", f"{town.url}/inbox", (("Content-Type", "application/json"),), body)
    signed = await town.flows.signing.signed(plain, speaker)
    said = {**signed.headers}
    for name, value in said.items():
        said[name] = value.replace(f"{town.url}/actor", actor)
    answer = await town.instance.seams.transport.send(
        type(signed)(signed.method, signed.url, said, signed.body)
    )
    return answer.status


async def test_a_list_of_the_one_takes_effect_at_the_doors_of_the_other(towns: Towns) -> None:
    here, there = towns
    url = f"{here.url}/datasets/own"
    with pytest.raises(Unavailable, match="answered 404"):
        await there.flows.blocklists.subscribe(None, url, Wanted("Neighbours"))
    own = await here.flows.own_list.say(None, SCRAPER)
    await here.flows.own_list.say(None, HUSHED)
    await agree(here, own)
    await here.flows.list_feed.switch(None, is_on=True)

    assert await knock(there, "scraper.example") == 401  # who that is cannot be found out
    one = await there.flows.blocklists.subscribe(None, url, Wanted("Neighbours"))
    assert there.flows.house.now.tiers.tier_of("scraper.example") is Tier.NEUTRAL
    await agree(there, one)
    tiers = there.flows.house.now.tiers
    assert tiers.standing_of("www.scraper.example").detail == "Neighbours"
    assert tiers.tier_of("scraper.example") is Tier.REFUSED
    assert tiers.tier_of("hushed.example") is Tier.NEUTRAL
    assert await knock(there, "scraper.example") == 202  # forgotten before anything is asked
    _, entries = await there.flows.blocklists.entries(None, one.id)
    assert [
        (entry.domain, entry.public_comment, entry.private_comment, entry.labels)
        for entry in entries
    ] == [("scraper.example", "Feeds works to trainers.", "", ("ai-scraper",))]

    await here.flows.own_list.unsay(None, "scraper.example")
    await agree(here, own)
    await there.flows.list_renewing.schedule()
    there.clock.advance(hours=25)
    await there.instance.worker.drain()
    assert there.flows.house.now.tiers.tier_of("scraper.example") is Tier.REFUSED
    waiting = (await there.flows.blocklists.proposal(None, one.id)).difference
    assert [entry.domain for entry in waiting.removed] == ["scraper.example"]
    await agree(there, one)
    assert there.flows.house.now.tiers.tier_of("scraper.example") is Tier.NEUTRAL
    assert await knock(there, "scraper.example") == 401


async def test_the_history_and_the_table_say_the_same_as_the_snapshot(towns: Towns) -> None:
    here, there = towns
    own = await here.flows.own_list.say(None, SCRAPER)
    await agree(here, own)
    await here.flows.list_feed.switch(None, is_on=True)
    for number, part in enumerate(("/snapshot", "/changes", ".csv")):
        one = await there.flows.blocklists.subscribe(
            None, f"{here.url}/datasets/own{part}", Wanted(f"List {number}")
        )
        found = await there.flows.blocklists.proposal(None, one.id)
        assert [entry.domain for entry in found.difference.added] == ["scraper.example"]
