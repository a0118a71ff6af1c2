"""Which servers are within reach: keeps their health, and knows the few in trouble by heart.

Healthy hosts cost nothing: who is in trouble is read now and then, everybody else is well.
"""

from dataclasses import field
from typing import Final

import structlog

from server import peers
from server.clock import Clock
from server.dealings import Peer
from server.errors import NotFound
from server.model import Millis
from server.peers import Trouble
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC
from server.values import dataclass
from server.worker import Later

log = structlog.get_logger(__name__)

_REREAD_AFTER: Final = Millis(10_000)  # by then every process knows what another one met
_SEEN_ONCE_IN: Final = Millis(60_000)  # a host that speaks but takes nothing is tried so often
_MOST: Final = 20_000  # hosts in trouble at once


class InTrouble(Later):
    """A delivery failed by its host's fault."""

    def __init__(
        self, reason: str, trouble: Trouble, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(reason, retry_after_seconds)
        self.trouble = trouble


@dataclass(slots=True)
class Reach:
    """Minds who can be reached."""

    library: Library
    clock: Clock
    bus: Bus
    _troubled: dict[str, Peer] = field(default_factory=dict)
    _read_at: Millis | None = None

    async def trouble_of(self, host: str) -> Peer | None:
        """Return what is known of a host that fails, is paused or dead; None where it is well."""
        now = self.clock.now()
        if self._read_at is None or not 0 <= now - self._read_at < _REREAD_AFTER:
            self._read_at = now
            await self._reread()
        return self._troubled.get(host)

    async def closed(self, host: str) -> Peer | None:
        """Return a host that is paused or dead right now, None where it may be sent something."""
        if peers.is_open(await self.trouble_of(host), self.clock.now()):
            return None
        async with self.library.reading() as tx:  # another process may have opened it since
            known = await tx.peers.by_host(host)
        if peers.is_open(known, self.clock.now()):
            return None
        return known

    async def note_seen(self, host: str) -> None:
        """Note a verified sign of life; it is written only for a host in trouble."""
        peer = await self.trouble_of(host)
        now = self.clock.now()
        if peer is None or (peer.seen_at is not None and now - peer.seen_at < _SEEN_ONCE_IN):
            return
        self._troubled[host] = peers.after_sign_of_life(peer, now)

        async def write(tx: Transaction) -> None:
            await tx.peers.saw([host], now)
            await tx.jobs.hasten([host], now)

        await self.library.join(write)
        log.info("peer_shows_life", host=host)
        self.bus.wake(JOBS_TOPIC)

    async def note_reached(self, host: str) -> None:
        """Note that a host takes deliveries.

        Written only where it was in trouble; what waits for it goes on at once.
        """
        if await self.trouble_of(host) is None:
            return
        now = self.clock.now()

        async def write(tx: Transaction) -> None:
            known = await tx.peers.by_host(host)
            await tx.peers.put(peers.after_success(known or Peer(host), now))
            await tx.jobs.hasten([host], now)

        await self.library.join(write)
        self._troubled.pop(host, None)
        log.info("peer_reached_again", host=host)
        self.bus.wake(JOBS_TOPIC)

    async def note_failure(self, tx: Transaction, host: str, problem: InTrouble) -> Peer:
        """Count a failed delivery in the transaction at hand."""
        before = await tx.peers.by_host(host) or Peer(host)
        after = peers.after_failure(
            before,
            self.clock.now(),
            problem.trouble,
            str(problem),
            problem.retry_after_seconds,
        )
        await tx.peers.put(after)
        self._troubled[host] = after
        if peers.is_dead(after) and not peers.is_dead(before):
            log.warning("peer_given_up", host=host, reason=after.reason)
        return after

    async def pardon(self, host: str) -> None:
        """Try a host in trouble now. Raise `NotFound`."""
        now = self.clock.now()

        async def write(tx: Transaction) -> Peer | None:
            known = await tx.peers.by_host(host)
            if known is None:
                return None
            pardoned = peers.after_pardon(known)
            await tx.peers.put(pardoned)
            await tx.jobs.hasten([host], now)
            return pardoned

        peer = await self.library.join(write)
        if peer is None:
            raise NotFound(f"Nothing is known of {host}: choose a server from the list.")
        if host in self._troubled:
            self._troubled[host] = peer
        self.bus.wake(JOBS_TOPIC)

    async def _reread(self) -> None:
        async with self.library.reading() as tx:
            failing = await tx.peers.failing(limit=_MOST)
            dead = await tx.peers.dead(limit=_MOST)
        self._troubled = {peer.host: peer for peer in (*failing, *dead)}
