"""Promises one activity's deliveries: one job for each inbox, each host's together.

Dead hosts get none, which the artist is told, but for what is urgent: somebody wants to talk to
somebody there. Paused ones get theirs when the pause is over. A large fan-out starts spread over
some seconds, host by host: everyone who takes it asks for the same pictures and pages at once
otherwise (mastodon#4486).
"""

from collections.abc import Callable, Sequence
from typing import Final

from federation import uris
from server import peers
from server.aftermath import OUT_OF_REACH, note_undelivered
from server.clock import Clock
from server.dealings import Peer
from server.errors import Untrusted
from server.model import Millis
from server.ports import Transaction
from server.promises import URGENT, DeliverPromise, promise_all
from server.values import dataclass

_FEW: Final = 20  # so many deliveries at once are no storm
_A_SECOND: Final = 40  # deliveries that begin in a second, where there is time to spread them


@dataclass(frozen=True, slots=True)
class Fanout:
    """Promises deliveries. `spread_seconds`: over how long at most, 0 for at once."""

    clock: Clock
    spread_seconds: float
    draw: Callable[[], float]  # from 0 to 1, at random

    async def promise(
        self, tx: Transaction, deliveries: Sequence[DeliverPromise], *, is_urgent: bool
    ) -> None:
        """Promise every delivery of one activity in the transaction at hand."""
        by_host = _grouped(deliveries)
        known = await tx.peers.many(list(by_host))
        spread = 0.0 if is_urgent or len(deliveries) <= _FEW else len(deliveries) / _A_SECOND
        for host, own in by_host.items():
            start = self.draw() * min(spread, self.spread_seconds)
            await self._promise_to(tx, host, own, known.get(host), start, is_urgent=is_urgent)

    async def _promise_to(
        self,
        tx: Transaction,
        host: str,
        deliveries: Sequence[DeliverPromise],
        peer: Peer | None,
        start_seconds: float,
        *,
        is_urgent: bool,
    ) -> None:
        if peer is not None and peers.is_dead(peer):
            if not is_urgent:
                await note_undelivered(tx, self.clock, deliveries[0], host, OUT_OF_REACH)
                return
            await tx.peers.put(peers.after_pardon(peer))  # a follow is worth a try
        paused = peer.paused_until - self.clock.now() if peer else 0
        await promise_all(
            tx,
            self.clock,
            deliveries,
            queue=host,
            priority=URGENT if is_urgent else None,
            delay=Millis(max(int(start_seconds * 1_000), paused)),
        )


def host_of(inbox: str) -> str:
    """Return whose turn a delivery waits for; "" where it is nobody's, and will be given up."""
    try:
        return uris.origin_of(inbox).authority
    except Untrusted:
        return ""  # one follower's odd inbox must not keep a work from all the others


def _grouped(deliveries: Sequence[DeliverPromise]) -> dict[str, list[DeliverPromise]]:
    """Return each host's deliveries together, so that a connection serves them all."""
    by_host: dict[str, list[DeliverPromise]] = {}
    for what in deliveries:
        by_host.setdefault(host_of(what.inbox), []).append(what)
    return by_host
