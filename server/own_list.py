"""The list that is made here: what we say of other servers, and why.

The law: an edit is a draft like any other; the world sees what is marked public alone, with
its reason.
"""

from dataclasses import replace

from server.addresses import Addresses
from server.blocklist_csv import read_comment
from server.blocklist_fires import LABELS
from server.blocklist_text import refuse_us
from server.clock import Clock
from server.errors import Invalid, NotFound
from server.list_domains import read_listed
from server.list_keeping import Wanted, added, enter, new_list, propose, us
from server.lists import BlockList, ListEntry, ListFormat, ListSource, Reading
from server.model import Artist
from server.ports import Library
from server.values import dataclass

OWN_NAME = "Our own list"


@dataclass(frozen=True, slots=True)
class OwnList:
    """Edits our own list. `who` is None at the command line."""

    library: Library
    clock: Clock
    addresses: Addresses

    async def say(self, who: Artist | None, entry: ListEntry) -> BlockList:
        """Put an entry into the draft of our own list. Raise `Invalid`."""
        domain = read_listed(entry.domain)
        refuse_us(domain, us(self.addresses))
        unknown = [label for label in entry.labels if label not in LABELS]
        if unknown:
            raise Invalid(f"{unknown[0]} is no label here: use {', '.join(LABELS)}.", "labels")
        spelled = replace(
            entry,
            domain=domain,
            public_comment=read_comment(entry.public_comment),
            private_comment=read_comment(entry.private_comment),
        )
        if spelled.is_public and not spelled.public_comment:
            raise Invalid("Say in public why: others decide by your reason.", "public_comment")
        return await self._edit(who, domain, spelled)

    async def unsay(self, who: Artist | None, domain: str) -> BlockList:
        """Take a domain out of the draft of our own list."""
        return await self._edit(who, read_listed(domain), None)

    async def _edit(self, who: Artist | None, domain: str, entry: ListEntry | None) -> BlockList:
        enter(who)
        async with self.library.transaction() as tx:
            await tx.policies.bump()  # who edits it in the same moment waits here
            own = await tx.lists.own()
            if own is None:
                own = await added(tx, new_list(self.clock, ListSource.OWN, Wanted(OWN_NAME)))
            waiting = await tx.lists.draft(own.id)
            entries = waiting.entries if waiting else await tx.lists.entries(own.id)
            held = {one.domain: one for one in entries}
            if held.pop(domain, None) is None and entry is None:
                raise NotFound(f"{domain} is not on our own list.")
            if entry is not None:
                held[domain] = entry
            await propose(tx, self.clock, own, Reading(tuple(held.values()), ListFormat.MASTODON))
        return own
