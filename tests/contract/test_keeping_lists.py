"""Lists of servers come back as they were kept, and say together what they should."""

from dataclasses import replace

import pytest

from server.errors import Conflict
from server.lists import (
    EVERY_LIST,
    BlockList,
    DraftNote,
    EventKind,
    Exclude,
    FeedEvent,
    ListDraft,
    ListEntry,
    ListFormat,
    ListId,
    ListKind,
    ListSource,
    Severity,
)
from server.model import Millis
from server.ports import Library
from server.tiers import Listed, Tier
from tests.contract.samples import NOW

WHOLE = ListEntry(
    "bad.example",
    Severity.SUSPEND,
    'Sells "works"\nof others',
    "they threatened us 🙀",
    ("ai-scraper", "https://x.example/l"),
    reject_media=True,
    reject_reports=True,
    is_public=True,
)


def block_list(number: int, **more: object) -> BlockList:
    plain = BlockList(
        ListId(number),
        f"List {number}",
        ListKind.BLOCK,
        ListSource.FILE,
        ListFormat.MASTODON,
        number,
        Millis(NOW),
        applied_at=Millis(NOW),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of the dataclass


def entry(domain: str, severity: Severity = Severity.SUSPEND) -> ListEntry:
    return ListEntry(domain, severity)


async def test_a_list_comes_back_as_it_was_kept(library: Library) -> None:
    subscribed = block_list(
        2,
        source=ListSource.ADDRESS,
        format=ListFormat.FIRES,
        url="https://lists.example/a",
        leaves_out_hidden=True,
        applies_harmless=True,
        fetched_at=Millis(5),
        etag='"x"',
        last_modified="Thu, 01 Jan 2026 00:00:00 GMT",
        problem="It is broken.",
        problem_at=Millis(6),
    )
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1))
        await tx.lists.add(subscribed)
        assert await tx.lists.all() == [block_list(1), subscribed]
        assert await tx.lists.by_id(ListId(2)) == subscribed
        assert await tx.lists.by_name("List 2") == subscribed
        assert await tx.lists.by_id(ListId(3)) is None
        await tx.lists.update(replace(subscribed, problem="", is_published=True))
        assert await tx.lists.by_id(ListId(2)) == replace(subscribed, problem="", is_published=True)


async def test_a_name_is_given_once_and_there_is_one_list_of_our_own(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1, source=ListSource.OWN))
        assert await tx.lists.own() == block_list(1, source=ListSource.OWN)
    for twin in (block_list(2, name="List 1"), block_list(2, source=ListSource.OWN)):
        with pytest.raises(Conflict):
            async with library.transaction() as tx:
                await tx.lists.add(twin)


async def test_the_order_of_lists_can_be_changed(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3):
            await tx.lists.add(block_list(number))
        await tx.lists.arrange([ListId(3), ListId(1), ListId(2)])
        assert [one.id for one in await tx.lists.all()] == [3, 1, 2]


async def test_entries_are_put_changed_dropped_counted_and_paged(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1))
        await tx.lists.change(ListId(1), put=[WHOLE, entry("a.example"), entry("z.example")])
        assert await tx.lists.entries(ListId(1)) == [entry("a.example"), WHOLE, entry("z.example")]
        assert await tx.lists.entries(ListId(1), after="a.example", limit=1) == [WHOLE]
        softer = entry("z.example", Severity.SILENCE)
        await tx.lists.change(ListId(1), put=[softer], drop=["a.example", "never.example"])
        assert await tx.lists.entries(ListId(1)) == [WHOLE, softer]
        assert await tx.lists.counts() == {1: {Severity.SUSPEND: 1, Severity.SILENCE: 1}}
        assert await tx.lists.naming(["z.example", "x.example"]) == [(1, softer)]


async def test_thousands_of_entries_go_in_at_once(library: Library) -> None:
    many = [entry(f"n{number:05}.example") for number in range(12_001)]
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1))
        await tx.lists.change(ListId(1), put=many)
        assert await tx.lists.entries(ListId(1)) == many
        await tx.lists.change(ListId(1), drop=[one.domain for one in many[1:]])
        assert await tx.lists.entries(ListId(1)) == many[:1]


async def test_a_draft_comes_back_whole_and_a_newer_one_takes_its_place(library: Library) -> None:
    draft = ListDraft(ListId(1), Millis(NOW), (WHOLE, entry("a.example")), ("Row 3: x",))
    note = DraftNote(ListId(1), Millis(NOW), 2, 0, 0)
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1))
        await tx.lists.put_draft(replace(draft, entries=()), replace(note, added=7))
        await tx.lists.put_draft(draft, note)
        assert await tx.lists.draft(ListId(1)) == draft
        assert await tx.lists.drafts() == {1: note}
        await tx.lists.drop_draft(ListId(1))
        assert await tx.lists.draft(ListId(1)) is None


async def test_a_removed_list_takes_everything_of_its_own_along(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1))
        await tx.lists.change(ListId(1), put=[WHOLE])
        await tx.lists.put_draft(
            ListDraft(ListId(1), Millis(NOW), (WHOLE,)), DraftNote(ListId(1), Millis(NOW), 1, 0, 0)
        )
        await tx.lists.exclude(Exclude(ListId(1), "a.example", Millis(NOW)))
        await tx.lists.exclude(Exclude(EVERY_LIST, "b.example", Millis(NOW)))
        await tx.lists.remove(ListId(1))
        assert await tx.lists.all() == []
        assert await tx.lists.counts() == {}
        assert await tx.lists.drafts() == {}
        assert await tx.lists.excludes() == [Exclude(EVERY_LIST, "b.example", Millis(NOW))]


async def test_a_domain_is_kept_out_once_and_let_in_again(library: Library) -> None:
    once = Exclude(EVERY_LIST, "a.example", Millis(1))
    async with library.transaction() as tx:
        await tx.lists.exclude(once)
        await tx.lists.exclude(replace(once, at=Millis(2)))
        assert await tx.lists.excludes() == [once]
        assert await tx.lists.include(EVERY_LIST, "a.example")
        assert not await tx.lists.include(EVERY_LIST, "a.example")


async def test_in_force_is_what_applied_lists_say_together(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.lists.add(block_list(1))
        await tx.lists.add(block_list(2))
        await tx.lists.add(block_list(3, applied_at=None))
        await tx.lists.change(
            ListId(1), put=[entry("a.example", Severity.ACCEPT), entry("n.example", Severity.NOOP)]
        )
        await tx.lists.change(ListId(2), put=[entry("a.example"), entry("b.example")])
        await tx.lists.change(ListId(3), put=[entry("c.example")])
        await tx.lists.exclude(Exclude(ListId(2), "x.b.example", Millis(NOW)))
    async with library.reading() as tx:
        assert await tx.lists.in_force() == {
            "a.example": Listed(Tier.NEUTRAL, "List 1"),
            "b.example": Listed(Tier.REFUSED, "List 2"),
            "x.b.example": Listed(Tier.NEUTRAL, "kept out of lists"),
        }
        closed = await tx.lists.in_force(is_closed=True)
        assert closed["x.b.example"].tier is Tier.LIMITED


async def test_what_our_own_list_said_comes_back_in_order(library: Library) -> None:
    said = ListEntry("a.example", Severity.SUSPEND, "Scrapes", "", ("ai-scraper",), is_public=True)
    events = [
        FeedEvent(1 << 40, Millis(NOW), EventKind.RECOMMENDATION, said),
        FeedEvent((1 << 40) + 1, Millis(NOW), EventKind.RETRACTION, said),
    ]
    async with library.transaction() as tx:
        await tx.lists.add_events(events)
        assert await tx.lists.events() == events
        assert await tx.lists.events(after=1 << 40, limit=5) == events[1:]
