"""Our own list: edited as drafts, published only on purpose, and never more than is public."""

import json
from typing import Any

import pytest

from server.blocklist_text import Asked, read_list
from server.errors import Invalid, NotFound
from server.list_keeping import Wanted
from server.listing import ListApplied, ListRemoved
from server.lists import ListEntry, ListKind, Severity
from server.tiers import Tier
from tests.two_servers.stage import Stage

PUBLIC = ListEntry(
    "scraper.example",
    Severity.SUSPEND,
    "Feeds works to trainers.",
    "they threatened us",
    ("ai-scraper",),
    is_public=True,
)
QUIET = ListEntry("quiet.example", Severity.SILENCE, "ours alone", "they threatened us")


async def say(stage: Stage, *entries: ListEntry) -> Any:
    own = None
    for entry in entries:
        own = await stage.flows.own_list.say(None, entry)
    return await agree(stage, own)


async def agree(stage: Stage, own: Any) -> Any:
    made_at = (await stage.flows.blocklists.proposal(None, own.id)).draft.made_at
    await stage.flows.governing.apply(None, ListApplied(own.id, made_at))
    return own


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (ListEntry("art.test", Severity.SUSPEND), "this instance"),
        (ListEntry("test", Severity.SUSPEND), "no dot"),
        (ListEntry("a.example", Severity.SUSPEND, is_public=True), "Say in public why"),
        (ListEntry("a.example", Severity.SUSPEND, "x", "", ("mean",)), "no label here"),
        (ListEntry("a.example", Severity.SUSPEND, "x" * 5_001), "shorten"),
    ],
)
async def test_what_cannot_be_said_is_refused(stage: Stage, entry: ListEntry, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        await stage.flows.own_list.say(None, entry)
    with pytest.raises(NotFound):
        await stage.flows.own_list.unsay(None, "never.example")


async def test_edits_gather_in_one_draft_and_take_force_together(stage: Stage) -> None:
    own = await stage.flows.own_list.say(None, PUBLIC)
    await stage.flows.own_list.say(None, QUIET)
    tiers = stage.flows.house.now.tiers
    assert tiers.tier_of("scraper.example") is Tier.NEUTRAL
    await agree(stage, own)
    tiers = stage.flows.house.now.tiers
    assert tiers.tier_of("scraper.example") is Tier.REFUSED
    assert tiers.tier_of("quiet.example") is Tier.LIMITED
    await stage.flows.own_list.unsay(None, "quiet.example")
    await agree(stage, own)
    assert stage.flows.house.now.tiers.tier_of("quiet.example") is Tier.NEUTRAL


async def test_our_own_list_is_asked_first(stage: Stage) -> None:
    await stage.flows.blocklists.take_in(None, b"scraper.example\n", Wanted("Friends"))
    await say(stage, PUBLIC)
    shelves = await stage.flows.blocklists.shelves(None)
    assert [shelf.one.name for shelf in shelves] == ["Our own list", "Friends"]


async def test_nothing_is_published_before_somebody_says_so(stage: Stage) -> None:
    feed = stage.flows.list_feed
    with pytest.raises(NotFound):
        await feed.switch(None, is_on=True)
    await say(stage, PUBLIC)
    for ask in (feed.dataset, feed.datasets, feed.snapshot, feed.changes, feed.csv):
        with pytest.raises(NotFound):
            await ask()
    assert not await feed.is_on()


async def test_what_is_published_is_public_and_nothing_else(stage: Stage) -> None:
    await say(stage, PUBLIC, QUIET)
    feed = stage.flows.list_feed
    await feed.switch(None, is_on=True)
    everything = [await feed.dataset(), await feed.snapshot(), await feed.changes()]
    whole = str(everything) + await feed.csv()
    assert "Feeds works to trainers." in whole
    for secret in ("threatened", "quiet.example", "ours alone"):
        assert secret not in whole
    (item,) = everything[1]["orderedItems"]
    assert item["labels"] == ["https://art.test/labels/ai-scraper"]
    assert item["recommendedPolicy"] == "reject"
    assert feed.label("ai-scraper")["id"] == item["labels"][0]


async def test_the_history_keeps_what_was_said_and_taken_back(stage: Stage) -> None:
    own = await say(stage, PUBLIC)
    feed = stage.flows.list_feed
    await feed.switch(None, is_on=True)
    await feed.switch(None, is_on=True)
    warned = ListEntry(
        "w.example", Severity.NOOP, "Hands out data.", "", ("ai-dataset-export",), is_public=True
    )
    await say(stage, warned)
    await stage.flows.own_list.unsay(None, "scraper.example")
    await agree(stage, own)
    items = (await feed.changes())["orderedItems"]
    assert [(item["type"], item["entityKey"]) for item in items] == [
        ("Recommendation", "scraper.example"),
        ("Advisory", "w.example"),
        ("Retraction", "scraper.example"),
    ]
    assert [item["entityKey"] for item in (await feed.snapshot())["orderedItems"]] == ["w.example"]
    last = int(items[1]["id"].rpartition("/")[2])
    assert len((await feed.changes(last))["orderedItems"]) == 1


async def test_what_happens_while_it_is_off_is_told_when_it_is_on_again(stage: Stage) -> None:
    own = await say(stage, PUBLIC)
    feed = stage.flows.list_feed
    await feed.switch(None, is_on=True)
    await feed.switch(None, is_on=False)
    await stage.flows.own_list.unsay(None, "scraper.example")
    await agree(stage, own)
    with pytest.raises(NotFound):
        await feed.changes()
    await feed.switch(None, is_on=True)
    kinds = [item["type"] for item in (await feed.changes())["orderedItems"]]
    assert kinds == ["Recommendation", "Retraction"]


async def test_a_list_that_ends_takes_everything_back(stage: Stage) -> None:
    own = await say(stage, PUBLIC)
    await stage.flows.list_feed.switch(None, is_on=True)
    await stage.flows.governing.apply(None, ListRemoved(own.id))
    async with stage.library.reading() as tx:
        kinds = [event.kind for event in await tx.lists.events()]
    assert kinds == ["Recommendation", "Retraction"]


async def test_others_read_our_feed_as_we_read_theirs(stage: Stage) -> None:
    await say(stage, PUBLIC, ListEntry("l.example", Severity.SILENCE, "Loud.", is_public=True))
    feed = stage.flows.list_feed
    await feed.switch(None, is_on=True)
    asked = Asked(ListKind.BLOCK, ("other.example",))
    for data in (
        json.dumps(await feed.snapshot()).encode(),
        json.dumps(await feed.changes()).encode(),
        (await feed.csv()).encode(),
    ):
        found = {one.domain: one for one in read_list([data], asked).entries}
        assert found["scraper.example"].severity is Severity.SUSPEND
        assert found["scraper.example"].public_comment == "Feeds works to trainers."
        assert found["l.example"].severity is Severity.SILENCE
