"""Writes the ledger of signals: entries in the transaction of the deed, the chain soon after.

A deed appends what is said from now on, where that is news. Whoever seals gives waiting entries
their place in the chain, one process at a time, and publishes its end once a day.
"""

import secrets
from collections.abc import Callable
from dataclasses import field

import structlog

from server.clock import Clock
from server.errors import Unavailable
from server.house import House
from server.ledger import (
    Entry,
    Head,
    Statement,
    chained,
    content_hash,
    first_break,
    of_artist,
    of_house,
    of_work,
)
from server.model import Artist, ContentUsage, Millis, Visibility, Work
from server.passages import DAY
from server.ports import Library, Transaction
from server.values import dataclass

log = structlog.get_logger(__name__)

_AT_ONCE = 500
_SALT_BYTES = 32
_EVERY = Millis(5_000)  # between two looks for what waits
_SHOWN = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)


async def note_house(tx: Transaction, clock: Clock, usage: ContentUsage, version: int) -> None:
    """Note what the house says from now on; not before the ledger was begun, which says all."""
    if await tx.ledger.latest("") is not None:
        await _note(tx, clock, of_house(usage, version))


async def note_artist(tx: Transaction, clock: Clock, artist: Artist) -> None:
    """Note what an artist says of all works from now on."""
    salt = await tx.ledger.salt_of(artist.id, secrets.token_hex(_SALT_BYTES))
    await _note(tx, clock, of_artist(salt, artist.content_usage))


async def note_work(tx: Transaction, clock: Clock, work: Work) -> None:
    """Note what is said of a work from now on, and whether it is shown."""
    salt = await tx.ledger.salt_of(work.artist_id, secrets.token_hex(_SALT_BYTES))
    says = of_work(salt, work)
    if says.shown or await tx.ledger.latest(says.subject) is not None:
        await _note(tx, clock, says)


async def _note(tx: Transaction, clock: Clock, says: Statement) -> None:
    if await tx.ledger.latest(says.subject) != says:
        await tx.ledger.append(clock.new_id(), clock.now(), says)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What verifying the chain found. `broken_at`: number of the first entry that does not fit."""

    entries: int
    broken_at: int = 0
    lost_head: Head | None = None  # published, and not what the chain says any more

    @property
    def is_whole(self) -> bool:
        """Whether the ledger is as it was written."""
        return not self.broken_at and self.lost_head is None


@dataclass(slots=True)
class Ledger:
    """Begins, seals and verifies. One for each process."""

    library: Library
    clock: Clock
    house: House
    _looked_at: Millis = field(default=Millis(0))
    _has_begun: bool = field(default=False)

    async def flush(self) -> None:
        """Seal what waits, publish the end once a day; where the database is away, next time."""
        now = self.clock.now()
        if 0 <= now - self._looked_at < _EVERY:
            return
        self._looked_at = now
        try:
            await self.begin()
            await self.seal()
        except Unavailable as outage:
            log.warning("ledger_not_written", reason=outage.message)

    async def begin(self) -> None:
        """Note what is said already where the ledger is new: of the house, artists and works."""
        if self._has_begun:
            return
        async with self.library.reading() as tx:
            has_any = await tx.ledger.latest("") is not None
        if not has_any:
            await self._begin()
        self._has_begun = True

    async def seal(self) -> int:
        """Give waiting entries their place in the chain; return how many."""
        count = 0
        while sealed := await self.library.join(self._seal_some):
            count += sealed
        async with self.library.reading() as tx:
            heads = await tx.ledger.heads(limit=1)
            number, digest = await tx.ledger.end()
        now = self.clock.now()
        today = now // DAY
        if number and (not heads or heads[0].day < today):
            head = Head(today, number, digest)
            await self.library.join(lambda tx: tx.ledger.publish(head, now))
        return count

    async def verify(self, tell: Callable[[str], None] = lambda _step: None) -> Reckoning:
        """Rehash the chain from its first entry, and hold it against what was published."""
        last: Entry | None = None
        async with self.library.reading() as tx:
            heads = {one.number: one for one in await tx.ledger.heads(limit=100_000)}
            end = await tx.ledger.end()
            while page := await tx.ledger.chain(after=last.number if last else 0):
                broken = first_break(last, page)
                if broken:
                    return Reckoning(broken - 1, broken)
                for one in page:
                    head = heads.pop(one.number, None)
                    if head is not None and head.hash != one.hash:
                        return Reckoning(one.number, lost_head=head)
                last = page[-1]
                tell(f"{last.number:,} entries rehashed")
        count, digest = (last.number, last.hash) if last else (0, "")
        if (count, digest) != end:
            return Reckoning(count, broken_at=count + 1)
        return Reckoning(count, lost_head=next(iter(heads.values()), None))

    async def heads(self) -> list[Head]:
        """List the published ends of the chain, newest first, of a month."""
        async with self.library.reading() as tx:
            return await tx.ledger.heads()

    async def _seal_some(self, tx: Transaction) -> int:
        if not await tx.ledger.unsealed(limit=1):
            return 0
        number, last = await tx.ledger.hold_end()
        sealed: list[tuple[int, int, str]] = []
        for entry_id, entry in await tx.ledger.unsealed(limit=_AT_ONCE):
            number, last = number + 1, chained(last, content_hash(entry.at, entry.says))
            sealed.append((entry_id, number, last))
        if sealed:
            await tx.ledger.seal(sealed)
        return len(sealed)

    async def _begin(self) -> None:
        now = self.house.now
        last = ""
        while True:
            async with self.library.transaction() as tx:
                page = await tx.artists.page(after_handle=last)
                for artist in page:
                    await self._note_known(tx, artist)
            if not page:
                break
            last = page[-1].handle
        async with self.library.transaction() as tx:  # the last, as it says that all is noted
            usage, version = now.policy.content_usage, now.version.version
            await _note(tx, self.clock, of_house(usage, version))

    async def _note_known(self, tx: Transaction, artist: Artist) -> None:
        await note_artist(tx, self.clock, artist)
        works = await tx.works.of_artist(artist.id, _SHOWN, limit=_AT_ONCE)
        while works:
            for work in works:
                await note_work(tx, self.clock, work)
            works = await tx.works.of_artist(artist.id, _SHOWN, before=works[-1].id, limit=_AT_ONCE)
