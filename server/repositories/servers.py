"""Interfaces of other servers, and lists of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from server.dealings import Peer, Signature, Undelivered
from server.list_changes import Sayings
from server.lists import (
    BlockList,
    DraftNote,
    Exclude,
    FeedEvent,
    ListDraft,
    ListEntry,
    ListId,
    Severity,
)
from server.model import Millis, TargetId
from server.tiers import Listed, Word


class Peers(Protocol):
    """Other servers as we met them."""

    async def by_host(self, host: str) -> Peer | None: ...

    async def many(self, hosts: Sequence[str]) -> dict[str, Peer]: ...

    async def put(self, peer: Peer) -> None:
        """Insert, or replace every field but `signature`, which `set_signature` alone changes."""
        ...

    async def saw(self, hosts: Sequence[str], at: Millis) -> None:
        """Note a sign of life: `seen_at` moves, the dead are alive again, no pause holds.

        Failures stay counted until something is delivered.
        """
        ...

    async def set_signature(self, host: str, signature: Signature) -> None:
        """Remember which signatures a host reads."""
        ...

    async def failing(self, *, limit: int = 100) -> list[Peer]:
        """List those whose last delivery failed, latest failure first; the dead are among them."""
        ...

    async def dead(self, *, limit: int = 100) -> list[Peer]:
        """List those that were given up, latest first."""
        ...

    async def add_undelivered(self, undelivered: Undelivered) -> None:
        """Note what never reached a server; once per artist, target and host."""
        ...

    async def undelivered(self, targets: Sequence[TargetId]) -> dict[TargetId, list[Undelivered]]:
        """Return what did not arrive of each target; targets without any are left out."""
        ...

    async def forget_undelivered(self, host: str, target: TargetId) -> None:
        """Forget what did not reach a host of one target: it arrived after all."""
        ...

    async def words(self) -> Mapping[str, Word]:
        """Return what those who run this place say of domains: `neighbours` keeps it."""
        ...

    async def claims(self) -> frozenset[str]:
        """Return the hosts that publish a policy and claim to enforce it."""
        ...

    async def sweep(self, before: Millis) -> None:
        """Forget what was not delivered before then."""
        ...


class Lists(Protocol):
    """Lists of servers, drafts of their next version, and what our own one says in public."""

    async def all(self) -> list[BlockList]:
        """List them in the order in which they are asked."""
        ...

    async def by_id(self, list_id: ListId) -> BlockList | None: ...

    async def by_name(self, name: str) -> BlockList | None: ...

    async def own(self) -> BlockList | None:
        """Return the list that is made here, if there is one."""
        ...

    async def add(self, new: BlockList) -> None:
        """Raise `Conflict` where the name is taken."""
        ...

    async def update(self, changed: BlockList) -> None:
        """Replace every field but kind and source."""
        ...

    async def arrange(self, order: Sequence[ListId]) -> None:
        """Have these lists asked in this order."""
        ...

    async def remove(self, list_id: ListId) -> None:
        """Delete a list with its entries, draft and excludes."""
        ...

    async def entries(
        self, list_id: ListId, *, after: str = "", limit: int | None = None
    ) -> list[ListEntry]:
        """List what a list says, by domain; all of it where there is no limit."""
        ...

    async def counts(self) -> dict[ListId, dict[Severity, int]]:
        """Count the entries of each list; lists without any are left out."""
        ...

    async def change(
        self, list_id: ListId, *, put: Sequence[ListEntry] = (), drop: Sequence[str] = ()
    ) -> None:
        """Write entries, in the place of those for the same domains, and delete others."""
        ...

    async def naming(self, domains: Sequence[str]) -> list[tuple[ListId, ListEntry]]:
        """List the entries for exactly these domains, of all lists."""
        ...

    async def draft(self, list_id: ListId) -> ListDraft | None: ...

    async def drafts(self) -> dict[ListId, DraftNote]: ...

    async def put_draft(self, draft: ListDraft, note: DraftNote) -> None:
        """Keep the next version of a list, in the place of one that waited."""
        ...

    async def drop_draft(self, list_id: ListId) -> None: ...

    async def excludes(self) -> list[Exclude]:
        """List domains that are kept out of lists, by domain."""
        ...

    async def exclude(self, new: Exclude) -> None:
        """Keep a domain out; once is enough."""
        ...

    async def include(self, list_id: ListId, domain: str) -> bool:
        """Undo `exclude`; False where it was not so."""
        ...

    async def said(self) -> Sayings:
        """Return what all applied lists say, in the order in which they are asked."""
        ...

    async def in_force(self, *, is_closed: bool = False) -> Mapping[str, Listed]:
        """Return what all lists say together (`list_changes.resolve`). `is_closed`: nobody is let
        in who was not named.
        """
        ...

    async def add_events(self, events: Sequence[FeedEvent]) -> None: ...

    async def events(self, *, after: int = 0, limit: int = 100) -> list[FeedEvent]:
        """List what our own list said in public, oldest first."""
        ...
