"""Which server an address of a picture was given to: its token made, and read where it comes back.

The law: a token is the same for one server and one work, for ever, or everybody would fetch all
pictures anew. It names a server to which an address was given first, never a person; and it opens
nothing: whatever does not read as one of ours is passed over.
"""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Final

from server.clock import Clock
from server.media_tokens import NOBODY, PeerTokens
from server.model import WorkId
from server.ports import Library
from server.together import Together
from server.values import dataclass

QUERY: Final = "p"
_KEY_BYTES: Final = 16
_KEPT: Final = 20_000  # servers remembered, some 4 MiB
_MOST_TOGETHER: Final = 64  # as many as one process delivers to at once


@dataclass(frozen=True, slots=True)
class GivenTo:
    """Makes and reads tokens. One for each process."""

    library: Library
    clock: Clock
    tokens: PeerTokens
    _numbers: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _hosts: OrderedDict[int, str] = field(default_factory=OrderedDict)
    _asking: Together[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Let deliveries that start at the same time share a look at the numbers."""
        object.__setattr__(self, "_asking", Together(self._numbers_of, _MOST_TOGETHER))

    async def token(self, host: str, work: WorkId) -> str:
        """Return the token of a server for a work's pictures. `host`: "" for a stranger."""
        return self.tokens.token(await self._number(host) if host else NOBODY, work)

    async def host_of(self, token: str, work: WorkId) -> str:
        """Return which server a token names beside this work, "" where none."""
        given = self.tokens.read(token)
        if given is None or given.work != work or given.peer == NOBODY:
            return ""
        known = self._hosts.get(given.peer)
        if known is None:
            known = await self.library.look(lambda tx: tx.neighbours.host_numbered(given.peer))
            _remember(self._hosts, given.peer, known)
        return known

    async def _number(self, host: str) -> int:
        known = self._numbers.get(host)
        if known is None:
            known = await self._asking.ask(host)
            _remember(self._numbers, host, known)
        return known

    async def _numbers_of(self, hosts: Sequence[str]) -> list[int]:
        """Return the number of each, which it gets now where it has none."""
        found = await self.library.look(lambda tx: tx.neighbours.numbers(hosts))
        missing = {host: self.clock.new_id() for host in hosts if host not in found}
        if missing:
            await self.library.join(lambda tx: tx.neighbours.number(missing))
            found = await self.library.look(lambda tx: tx.neighbours.numbers(hosts))
        return [found[host] for host in hosts]


async def read_key(library: Library) -> PeerTokens:
    """Return the tokens of this database: equal in all processes and after restarts."""
    drawn = secrets.token_hex(_KEY_BYTES)
    async with library.transaction() as tx:
        return PeerTokens(bytes.fromhex(await tx.neighbours.token_key(drawn)))


def _remember(memory: OrderedDict[Any, Any], key: object, value: object) -> None:
    memory[key] = value
    if len(memory) > _KEPT:
        memory.popitem(last=False)
