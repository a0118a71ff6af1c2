"""Lists of servers: taken in, subscribed to, looked at, and made here. Admins and the owner only.

The law: nothing that comes from a list is in force before somebody agreed. Each new version waits
as a draft beside what it would change; a broken one changes nothing, and is shown.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from server.acts import Act
from server.addresses import Addresses
from server.audit import note
from server.blocklist_text import (
    LIST_TASK,
    Asked,
    decode_answer,
    encode_task,
    refuse_too_large,
)
from server.clock import Clock
from server.errors import Conflict, NotFound, refuse_outdated
from server.house import House
from server.list_changes import Sayings, difference, effect
from server.list_domains import parents, read_listed
from server.list_fetching import Fetched, ListFetching
from server.list_keeping import Wanted, added, enter, new_list, propose, read_name, us
from server.listing import ListApplied, ListsChange, drafted, listed, sayings_after
from server.lists import (
    EVERY_LIST,
    MAX_NAME,
    BlockList,
    Difference,
    DraftNote,
    Effect,
    Exclude,
    ListDraft,
    ListEntry,
    ListId,
    ListSource,
    Reading,
    Severity,
)
from server.model import Artist
from server.ports import Library, Transaction, Workers
from server.tiers import FederationMode, Tier
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Shelf:
    """A list with how much is on it, and what waits."""

    one: BlockList
    counts: Mapping[Severity, int]
    draft: DraftNote | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft and what it would change. `effect` counts what other lists say as well."""

    one: BlockList
    draft: ListDraft
    difference: Difference
    effect: Effect


@dataclass(frozen=True, slots=True)
class Blocklists:
    """Keeps lists. `who` is None at the command line."""

    library: Library
    clock: Clock
    addresses: Addresses
    house: House
    workers: Workers
    fetching: ListFetching

    async def shelves(self, who: Artist | None) -> list[Shelf]:
        """Return every list in the order in which they are asked."""
        enter(who)
        async with self.library.reading() as tx:
            lists, counts, drafts = (
                await tx.lists.all(),
                await tx.lists.counts(),
                await tx.lists.drafts(),
            )
        return [Shelf(one, counts.get(one.id, {}), drafts.get(one.id)) for one in lists]

    async def excludes(self, who: Artist | None) -> list[Exclude]:
        """Return what is kept out of lists."""
        enter(who)
        async with self.library.reading() as tx:
            return await tx.lists.excludes()

    async def let_in(self, who: Artist | None) -> int:
        """Count the domains that lists and words let in where only named servers are."""
        enter(who)
        async with self.library.reading() as tx:
            listed = await tx.lists.in_force(is_closed=True)
            words = await tx.peers.words()
        admitted = {domain for domain, one in listed.items() if one.tier is Tier.NEUTRAL}
        trusted = {Tier.ALLY, Tier.KNOWN, Tier.NEUTRAL}
        return len(admitted | {domain for domain, word in words.items() if word.tier in trusted})

    async def find(self, who: Artist | None, name: str) -> BlockList:
        """Return the list with this name or number. Raise `NotFound`."""
        enter(who)
        async with self.library.reading() as tx:
            found = await tx.lists.by_name(name)
            if found is None and name.isascii() and name.isdecimal() and len(name) < 20:
                found = await tx.lists.by_id(ListId(int(name)))
        if found is None:
            raise NotFound(f"There is no list called {name}: fixatif blocklist list shows them.")
        return found

    async def entries(
        self, who: Artist | None, list_id: ListId, *, after: str = "", limit: int = 100
    ) -> tuple[BlockList, list[ListEntry]]:
        """Return a list and a page of what it says, by domain. Raise `NotFound`."""
        enter(who)
        async with self.library.reading() as tx:
            one = await listed(tx, list_id)
            return one, await tx.lists.entries(list_id, after=after, limit=limit)

    async def naming(self, who: Artist | None, domain: str) -> list[tuple[BlockList, ListEntry]]:
        """Return which lists name a domain or one above it, the first to be asked first."""
        enter(who)
        async with self.library.reading() as tx:
            found = await tx.lists.naming(parents(read_listed(domain)))
            lists = {one.id: one for one in await tx.lists.all()}
        said = [(lists[list_id], entry) for list_id, entry in found]
        return sorted(said, key=lambda pair: (pair[0].position, -len(pair[1].domain)))

    async def take_in(self, who: Artist | None, data: bytes, wanted: Wanted) -> BlockList:
        """Take a file in as a draft: of a new list, or of the one with this name.

        Raise `BrokenList`, and `Conflict` where that list is none that files are given for.
        """
        enter(who)
        new = new_list(self.clock, ListSource.FILE, wanted)
        known = await self._named(new.name)
        if known is not None:
            _refuse_another_kind(known, wanted)
        reading = await self.read([data], wanted, known)
        async with self.library.transaction() as tx:
            one = known or await added(tx, replace(new, format=reading.format))
            await propose(tx, self.clock, one, reading)
            await note(tx, self.clock, who, Act.LIST_IMPORTED, one.name)
        return one

    async def subscribe(self, who: Artist | None, url: str, wanted: Wanted) -> BlockList:
        """Fetch a list and have it fetched daily; what it says waits as a draft.

        Raise `Invalid` for a bad address, `BrokenList`, `Unavailable`; then nothing is kept.
        """
        enter(who)
        address = self.fetching.check(url)
        parts = urlsplit(address)
        named = replace(wanted, name=wanted.name or f"{parts.netloc}{parts.path}"[:MAX_NAME])
        new = new_list(self.clock, ListSource.ADDRESS, named, url=address)
        await self._refuse_twice(new)
        fetched = await self.fetching.fetch(new)
        reading = await self.read(fetched.parts, named, None)
        async with self.library.transaction() as tx:
            one = await added(tx, replace(new, format=reading.format))
            one = await self._answered(tx, one, fetched)
            await propose(tx, self.clock, one, reading)
            await note(tx, self.clock, who, Act.LIST_SUBSCRIBED, f"{one.name} ({address})")
        return one

    async def read(
        self, parts: Sequence[bytes], wanted: Wanted, known: BlockList | None
    ) -> Reading:
        """Read a list in a child process. Raise `BrokenList`."""
        refuse_too_large(sum(map(len, parts)))
        async with self.library.reading() as tx:
            out = await tx.lists.excludes()
        lists = {EVERY_LIST, known.id if known else EVERY_LIST}
        asked = Asked(
            wanted.kind,
            us(self.addresses),
            wanted.format,
            tuple(one.domain for one in out if one.list_id in lists),
            leaves_out_hidden=wanted.leaves_out_hidden,
        )
        return decode_answer(await self.workers.run(LIST_TASK, encode_task(parts, asked)))

    async def renewed(self, one: BlockList, fetched: Fetched, reading: Reading | None) -> bool:
        """Keep what a subscription brought (None: nothing new); say whether a draft waits now."""
        async with self.library.transaction() as tx:
            if await tx.lists.by_id(one.id) is None:  # ended meanwhile
                return False
            await self._answered(tx, one, fetched)
            return reading is not None and await propose(tx, self.clock, one, reading)

    async def stumbled(self, one: BlockList, problem: str) -> None:
        """Keep why a subscription brought nothing."""
        async with self.library.transaction() as tx:
            now = await tx.lists.by_id(one.id)
            if now is not None:
                failed = replace(now, problem=problem, problem_at=self.clock.now())
                await tx.lists.update(failed)

    async def proposal(self, who: Artist | None, list_id: ListId) -> Proposal:
        """Return what waits for a list, and what it would change. Raise `NotFound`."""
        enter(who)
        async with self.library.reading() as tx:
            one, draft = await listed(tx, list_id), await drafted(tx, list_id)
            change = difference(await tx.lists.entries(list_id), draft.entries)
            now = await tx.lists.said()
            then = await sayings_after(tx, now, ListApplied(list_id, draft.made_at))
        return Proposal(one, draft, change, await self._effect(now, then))

    async def effect_of(self, who: Artist | None, change: ListsChange) -> Effect:
        """Return which servers would stand differently."""
        enter(who)
        async with self.library.reading() as tx:
            now = await tx.lists.said()
            then = await sayings_after(tx, now, change)
        return await self._effect(now, then)

    async def _effect(self, now: Sayings, then: Sayings) -> Effect:
        """Compare off the event loop: long lists take part of a second."""
        mode = self.house.now.policy.federation.mode
        return await asyncio.to_thread(_effect, now, then, mode)

    async def discard(self, who: Artist | None, list_id: ListId) -> None:
        """Drop what waits for a list; its next version waits again."""
        enter(who)
        async with self.library.transaction() as tx:
            one = await listed(tx, list_id)
            await drafted(tx, list_id)
            await tx.lists.drop_draft(list_id)
            if one.applied_at is None and one.source is ListSource.FILE:
                await tx.lists.remove(list_id)  # nothing is left of it
            await note(tx, self.clock, who, Act.LIST_DISCARDED, one.name)

    async def settle(
        self,
        who: Artist | None,
        list_id: ListId,
        *,
        name: str,
        applies_harmless: bool,
        leaves_out_hidden: bool,
        seen: BlockList | None = None,
    ) -> None:
        """Change how a list is called and taken in. Raise `Conflict` where the name is taken.

        `seen`: the list as this was decided upon. Raise `Outdated` where it changed since.
        """
        enter(who)
        async with self.library.transaction() as tx:
            # A server's page tells the list by its name; and who settles it later waits here
            await tx.policies.bump()
            one = await listed(tx, list_id)
            refuse_outdated(seen, one, "name", "applies_harmless", "leaves_out_hidden")
            namesake = await tx.lists.by_name(read_name(name))
            if namesake is not None and namesake.id != list_id:
                raise Conflict(
                    f"Another list is called {namesake.name}: choose a new name.", "name"
                )
            changed = replace(
                one,
                name=read_name(name),
                applies_harmless=applies_harmless and one.source is ListSource.ADDRESS,
                leaves_out_hidden=leaves_out_hidden,
            )
            if changed.leaves_out_hidden is not one.leaves_out_hidden:
                changed = replace(changed, etag="", last_modified="")  # it is read anew
            await tx.lists.update(changed)
            await note(
                tx,
                self.clock,
                who,
                Act.LIST_SETTLED,
                one.name,
                before=_settings(one),
                after=_settings(changed),
            )
        await self.house.refresh()

    async def _answered(self, tx: Transaction, one: BlockList, fetched: Fetched) -> BlockList:
        now = await listed(tx, one.id)
        answered = replace(
            now,
            fetched_at=self.clock.now(),
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            problem="",
            problem_at=None,
        )
        await tx.lists.update(answered)
        return answered

    async def _named(self, name: str) -> BlockList | None:
        async with self.library.reading() as tx:
            return await tx.lists.by_name(name)

    async def _refuse_twice(self, new: BlockList) -> None:
        async with self.library.reading() as tx:
            lists = await tx.lists.all()
        if any(one.url == new.url for one in lists):
            raise Conflict("This list is subscribed to already.", "url")
        if any(one.name == new.name for one in lists):
            raise Conflict(f"Another list is called {new.name}: give this one a name.", "name")


def _effect(now: Sayings, then: Sayings, mode: FederationMode) -> Effect:
    is_closed = mode is FederationMode.ALLOW_LIST
    return effect(now.together(is_closed=is_closed), then.together(is_closed=is_closed))


def _refuse_another_kind(known: BlockList, wanted: Wanted) -> None:
    if known.source is not ListSource.FILE:
        raise Conflict(f"{known.name} takes no files: choose another name.", "name")
    if known.kind is not wanted.kind:
        raise Conflict(
            f"{known.name} is a list to {known.kind}: choose another name for one to"
            f" {wanted.kind}.",
            "kind",
        )


def _settings(one: BlockList) -> str:
    return "\n".join(
        (
            f"name: {one.name}",
            f"applies by itself what severs nothing: {'yes' if one.applies_harmless else 'no'}",
            f"leaves out hidden rows: {'yes' if one.leaves_out_hidden else 'no'}",
        )
    )
