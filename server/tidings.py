"""What one process learns of who comes too often, told to the others within a second.

The law: what is told names nobody (keyed hashes), is kept for half a minute, and is one row each
time, however much there is of it. Where it is lost, every process still has its own limits.
"""

import secrets
from collections.abc import Mapping
from dataclasses import field
from functools import partial
from typing import Final, Protocol

import msgspec

from server.clock import Clock
from server.model import Millis
from server.ports import Library, Transaction
from server.values import dataclass

KEPT: Final = Millis(30_000)
_LATE: Final = Millis(10_000)  # clocks of machines differ, and a transaction takes its time
_Told = dict[str, dict[str, int]]  # teller -> keyed hash -> how much


class Teller(Protocol):
    """Something that each process counts for itself."""

    def tell(self) -> dict[str, int]:
        """Return what was counted here since the last call; who never calls costs nothing."""
        ...

    def hear(self, told: Mapping[str, int]) -> None:
        """Take in what another process told."""
        ...


@dataclass(slots=True)
class Tidings:
    """Tells and hears. `tellers` have the same names in every process."""

    library: Library
    clock: Clock
    tellers: Mapping[str, Teller]
    process: int = field(default_factory=partial(secrets.randbits, 62))
    _heard: dict[int, Millis] = field(default_factory=dict)  # ids of rows, by when they were heard

    async def refresh(self) -> None:
        """Tell what is new here, and hear what is new elsewhere."""
        said = {name: told for name, one in self.tellers.items() if (told := one.tell())}
        now = self.clock.now()
        if said:
            body = msgspec.json.encode(said)
            rows = await self.library.join(partial(self._exchange, now, body))
        else:
            rows = await self.library.look(partial(self._rows, now))
        for row_id, body in rows:
            if row_id not in self._heard:
                self._hear(msgspec.json.decode(body, type=_Told))
            self._heard[row_id] = now
        self._heard = {row: at for row, at in self._heard.items() if abs(now - at) <= KEPT}

    def _hear(self, told: _Told) -> None:
        for name, said in told.items():
            if name in self.tellers:  # else a newer version's
                self.tellers[name].hear(said)

    async def _exchange(self, now: Millis, body: bytes, tx: Transaction) -> list[tuple[int, bytes]]:
        await tx.tidings.put(self.clock.new_id(), self.process, now, body)
        await tx.tidings.sweep(Millis(now - KEPT))
        return await self._rows(now, tx)

    async def _rows(self, now: Millis, tx: Transaction) -> list[tuple[int, bytes]]:
        return await tx.tidings.of_others(self.process, Millis(now - _LATE))
