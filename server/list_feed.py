"""Our own list, published: what it says now and all that it ever said, for others to subscribe to.

The law: only entries that are marked public, with their public reason, and only while the list is
published. What is taken back is said as a retraction; nothing that was said is removed.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from server.acts import Act
from server.audit import note
from server.blocklist_csv import write_csv
from server.blocklist_fires import CONTEXT, LABELS, kind_of, label_address, stamp, write_change
from server.clock import Clock
from server.errors import NotFound
from server.list_keeping import enter
from server.lists import BlockList, EventKind, FeedEvent, ListEntry
from server.model import Artist
from server.ports import Library, Transaction
from server.values import dataclass

PAGE = 500  # changes of one page
_EVERYTHING = 2**31


@dataclass(frozen=True, slots=True)
class ListFeed:
    """Shows our own list to whoever asks. `base_url` has no trailing slash."""

    library: Library
    clock: Clock
    base_url: str
    name: str

    async def switch(self, who: Artist | None, *, is_on: bool) -> None:
        """Publish our own list, or end that. Raise `NotFound` where there is no list."""
        enter(who)
        async with self.library.transaction() as tx:
            own = await tx.lists.own()
            if own is None:
                raise NotFound("There is no list of our own yet: add a domain to it first.")
            await tx.lists.update(replace(own, is_published=is_on))
            if is_on:
                await tell(tx, self.clock)
            if own.is_published is not is_on:
                act = Act.LIST_PUBLISHED if is_on else Act.LIST_UNPUBLISHED
                await note(tx, self.clock, who, act, own.name)

    async def is_on(self) -> bool:
        """Say whether our own list is published."""
        async with self.library.reading() as tx:
            own = await tx.lists.own()
        return own is not None and own.is_published

    async def datasets(self) -> dict[str, Any]:
        """Return the collection of our datasets, of which there is one."""
        dataset = await self.dataset()
        return {
            "@context": list(CONTEXT),
            "id": f"{self.base_url}/datasets",
            "type": "Collection",
            "totalItems": 1,
            "items": [{name: value for name, value in dataset.items() if name != "@context"}],
        }

    async def dataset(self) -> dict[str, Any]:
        """Return what the dataset is, and where its parts are."""
        async with self.library.reading() as tx:
            own = await _published(tx)
        return {
            "@context": list(CONTEXT),
            "id": self._dataset,
            "type": "Dataset",
            "name": f"{own.name} ({self.name})",
            "summary": "Servers that we do not deal with, or only within limits, and why.",
            "published": stamp(own.created_at),
            "updated": stamp(own.applied_at or own.created_at),
            "endpoints": {
                "snapshot": f"{self._dataset}/snapshot",
                "changes": f"{self._dataset}/changes",
            },
            "url": {"type": "Link", "mediaType": "text/csv", "href": f"{self._dataset}.csv"},
        }

    async def snapshot(self) -> dict[str, Any]:
        """Return what holds now."""
        async with self.library.reading() as tx:
            await _published(tx)
            held = _held(await tx.lists.events(limit=_EVERYTHING))
        items = [write_change(event, self.base_url) for event in held.values()]
        return {
            "@context": list(CONTEXT),
            "id": f"{self._dataset}/snapshot",
            "type": "OrderedCollection",
            "totalItems": len(items),
            "orderedItems": items,
        }

    async def changes(self, after: int = 0) -> dict[str, Any]:
        """Return one page of what was ever said, oldest first, after the change `after`."""
        async with self.library.reading() as tx:
            await _published(tx)
            found = await tx.lists.events(after=after, limit=PAGE + 1)
        page = found[:PAGE]
        address = f"{self._dataset}/changes"
        document: dict[str, Any] = {
            "@context": list(CONTEXT),
            "id": f"{address}?since={after}" if after else address,
            "type": "OrderedCollectionPage",
            "partOf": address,
            "orderedItems": [write_change(event, self.base_url) for event in page],
        }
        if len(found) > PAGE:
            document["next"] = f"{address}?since={page[-1].id}"
        return document

    async def csv(self) -> str:
        """Return what holds now as CSV, as Mastodon reads it."""
        async with self.library.reading() as tx:
            await _published(tx)
            held = _held(await tx.lists.events(limit=_EVERYTHING))
        return write_csv([held[domain].entry for domain in sorted(held)])

    async def export(self, who: Artist | None) -> str:
        """Return what our own list says in public as CSV, published or not, for admins."""
        enter(who)
        async with self.library.reading() as tx:
            own = await tx.lists.own()
            entries = await tx.lists.entries(own.id) if own else []
        return write_csv([entry for entry in entries if entry.is_public])

    def label(self, name: str) -> dict[str, Any]:
        """Return what one of our labels means. Raise `NotFound`."""
        if name not in LABELS:
            raise NotFound("There is no such label here.")
        return {
            "@context": list(CONTEXT),
            "id": label_address(name, self.base_url),
            "type": "Label",
            "name": name,
            "summary": LABELS[name],
        }

    def labels(self) -> dict[str, Any]:
        """Return all our labels."""
        found = [self.label(name) for name in LABELS]
        for one in found:
            del one["@context"]
        return {
            "@context": list(CONTEXT),
            "id": f"{self.base_url}/labels",
            "type": "Collection",
            "totalItems": len(found),
            "items": found,
        }

    @property
    def _dataset(self) -> str:
        return f"{self.base_url}/datasets/own"


async def tell(tx: Transaction, clock: Clock, *, is_ending: bool = False) -> None:
    """Add to the history what changed in public since it was last told, while it is published.

    `is_ending`: the list goes, so that all of it is taken back.
    """
    own = await tx.lists.own()
    if own is None or not own.is_published:
        return
    held = _held(await tx.lists.events(limit=_EVERYTHING))
    entries = () if is_ending else await tx.lists.entries(own.id)
    public = {entry.domain: _public(entry) for entry in entries if entry.is_public}
    told = {domain: event.entry for domain, event in held.items()}
    await tx.lists.add_events(
        [
            *_events(
                clock,
                (
                    (EventKind.RETRACTION, told[domain])
                    for domain in sorted(told.keys() - public.keys())
                ),
            ),
            *_events(
                clock,
                (
                    (kind_of(entry), entry)
                    for domain, entry in sorted(public.items())
                    if told.get(domain) != entry
                ),
            ),
        ]
    )


def _events(clock: Clock, said: Iterable[tuple[EventKind, ListEntry]]) -> list[FeedEvent]:
    return [FeedEvent(clock.new_id(), clock.now(), kind, entry) for kind, entry in said]


def _held(events: Iterable[FeedEvent]) -> dict[str, FeedEvent]:
    """Return, by domain, the change that holds after all these."""
    held: dict[str, FeedEvent] = {}
    for event in events:
        held.pop(event.entry.domain, None)
        if event.kind is not EventKind.RETRACTION:
            held[event.entry.domain] = event
    return held


def _public(entry: ListEntry) -> ListEntry:
    """Return an entry as the world sees it, and as events come back."""
    return replace(entry, private_comment="", reject_reports=False, is_public=True)


async def _published(tx: Transaction) -> BlockList:
    own = await tx.lists.own()
    if own is None or not own.is_published:
        raise NotFound("There is nothing here at this address.")
    return own
