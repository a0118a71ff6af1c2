"""The files of all works together: counted, cleaned, verified and moved.

The law: a file that a work needs is never deleted here, and nothing is believed to be moved before
the other place has told its digest.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import field
from enum import Enum

from server.clock import Clock
from server.errors import NotFound
from server.model import Millis
from server.ports import Library, MediaStore, StoredFile
from server.sweeping import AGE
from server.values import dataclass

_AT_ONCE = 500
_EVER = Millis(2**53)

Tell = Callable[[str], None]


class Fault(Enum):
    """What can be wrong with a file that a work needs."""

    MISSING = "missing"
    DAMAGED = "damaged"  # its bytes are others than those that were kept


@dataclass(frozen=True, slots=True)
class Usage:
    """Files and bytes: needed by works, and not (any more, or not yet)."""

    needed: int = 0
    needed_bytes: int = 0
    spare: int = 0
    spare_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did."""

    copied: int = 0
    were_there: int = 0
    faults: tuple[tuple[str, Fault], ...] = ()


@dataclass(frozen=True, slots=True)
class Storeroom:
    """Looks after files. `tell` hears of each step."""

    library: Library
    media: MediaStore
    clock: Clock
    tell: Tell = field(default=lambda _step: None)

    async def usage(self) -> Usage:
        """Count everything."""
        needed = needed_bytes = spare = spare_bytes = 0
        async for file, is_needed in self._judged(_EVER):
            if is_needed:
                needed, needed_bytes = needed + 1, needed_bytes + file.size
            else:
                spare, spare_bytes = spare + 1, spare_bytes + file.size
        return Usage(needed, needed_bytes, spare, spare_bytes)

    async def clean(self, *, is_trial: bool = False) -> tuple[StoredFile, ...]:
        """Delete what no work needs, but for what came today; return what it was.

        What came today may belong to an upload that is just being taken in.
        """
        found = []
        async for file, is_needed in self._judged(Millis(self.clock.now() - AGE)):
            if is_needed:
                continue
            found.append(file)
            if not is_trial:
                await self.media.delete(file.digest)
        return tuple(found)

    async def verify(self) -> tuple[int, tuple[tuple[str, Fault], ...]]:
        """Read every file that a work needs; return how many there are, and what is wrong."""
        count, faults = 0, []
        async for digest in self._digests():
            count += 1
            self.tell(f"Reading files: {count}")
            try:
                if await _digest_in(self.media, digest) != digest:
                    faults.append((digest, Fault.DAMAGED))
            except NotFound:
                faults.append((digest, Fault.MISSING))
        return count, tuple(faults)

    async def move(self, other: MediaStore) -> Moved:
        """Copy every file that a work needs to another store. Can be stopped and begun again."""
        copied = were_there = 0
        faults = []
        async for digest in self._digests():
            self.tell(f"Copying files: {copied}, {were_there} were there")
            if await _holds(other, digest):
                were_there += 1
                continue
            try:
                size = await self.media.size(digest)
                sent = await other.receive(self.media.open(digest), max_bytes=size)
            except NotFound:
                faults.append((digest, Fault.MISSING))
                continue
            if sent.digest == digest:
                copied += 1
            else:
                await other.delete(sent.digest)
                faults.append((digest, Fault.DAMAGED))
        return Moved(copied, were_there, tuple(faults))

    async def _judged(self, before: Millis) -> AsyncIterator[tuple[StoredFile, bool]]:
        """Give files stored before then, each with whether a work needs it."""
        batch: list[StoredFile] = []
        async for file in self.media.list_older_than(before):
            batch.append(file)
            if len(batch) == _AT_ONCE:
                for judged in await self._judge(batch):
                    yield judged
                batch = []
        for judged in await self._judge(batch):
            yield judged

    async def _judge(self, batch: list[StoredFile]) -> list[tuple[StoredFile, bool]]:
        async with self.library.reading() as tx:
            used = await tx.works.digests_in_use([file.digest for file in batch])
        return [(file, file.digest in used) for file in batch]

    async def _digests(self) -> AsyncIterator[str]:
        last = ""
        while True:
            async with self.library.reading() as tx:
                page = await tx.works.digests(after=last, limit=_AT_ONCE)
                used = await tx.works.digests_in_use(page)
            if not page:
                return
            for digest in page:
                if digest in used:
                    yield digest
            last = page[-1]


async def _digest_in(store: MediaStore, digest: str) -> str:
    hasher = hashlib.sha256()
    async for chunk in store.open(digest):
        hasher.update(chunk)
    return hasher.hexdigest()


async def _holds(store: MediaStore, digest: str) -> bool:
    try:
        await store.size(digest)
    except NotFound:
        return False
    return True
