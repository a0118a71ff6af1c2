"""How lists come to be kept, and how their next version comes to wait.

The law: a version that waits takes the place of the one before; one that changes nothing does not.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid
from server.list_changes import difference
from server.lists import (
    MAX_NAME,
    BlockList,
    DraftNote,
    ListDraft,
    ListFormat,
    ListId,
    ListKind,
    ListSource,
    Reading,
)
from server.model import Artist, Millis, Role
from server.ports import Transaction
from server.roles import demand
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a list is to be taken in. `name` "" is made of where it comes from."""

    name: str = ""
    kind: ListKind = ListKind.BLOCK
    format: ListFormat | None = None
    leaves_out_hidden: bool = False


def enter(who: Artist | None) -> None:
    """Let admins and the command line (None) in. Raise `NotFound` for all others."""
    if who is not None:
        demand(who, Role.ADMIN)


def us(addresses: Addresses) -> tuple[str, ...]:
    """Return what this instance is called, which is never listed."""
    return addresses.domain, urlsplit(addresses.base_url).netloc


def read_name(text: str) -> str:
    """Return a list's name. Raise `Invalid`."""
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid(f"Give the list a name of at most {MAX_NAME} characters.", "name")
    if name.isdecimal():
        raise Invalid("A name needs a letter: lists are also known by their numbers.", "name")
    return name


async def propose(tx: Transaction, clock: Clock, one: BlockList, reading: Reading) -> bool:
    """Have a version wait, unless it is the one in force; say whether it waits."""
    change = difference(await tx.lists.entries(one.id), reading.entries)
    if not change and one.applied_at is not None:
        await tx.lists.drop_draft(one.id)
        return False
    waiting = await tx.lists.draft(one.id)
    if waiting is not None and not difference(waiting.entries, reading.entries):
        return True  # somebody may be looking at it
    made_at = Millis(max(clock.now(), waiting.made_at + 1 if waiting else 0))
    counts = len(change.added), len(change.changed), len(change.removed)
    draft = ListDraft(one.id, made_at, reading.entries, reading.remarks)
    await tx.lists.put_draft(draft, DraftNote(one.id, made_at, *counts))
    return True


async def added(tx: Transaction, new: BlockList) -> BlockList:
    """Keep a new list, asked last; the one made here is asked first."""
    known = [one.id for one in await tx.lists.all()]
    await tx.lists.add(new)
    order = [new.id, *known] if new.source is ListSource.OWN else [*known, new.id]
    await tx.lists.arrange(order)
    return replace(new, position=order.index(new.id) + 1)


def new_list(clock: Clock, source: ListSource, wanted: Wanted, *, url: str = "") -> BlockList:
    """Return a list of which nothing is kept yet. Raise `Invalid` for its name."""
    return BlockList(
        id=ListId(clock.new_id()),
        name=read_name(wanted.name),
        kind=wanted.kind,
        source=source,
        format=wanted.format or ListFormat.MASTODON,
        position=0,
        created_at=clock.now(),
        url=url,
        leaves_out_hidden=wanted.leaves_out_hidden,
    )
