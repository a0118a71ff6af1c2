"""Asks at other servers' doors, signed as each is known to read it; the one way out for both.

draft-cavage first, as everybody reads it; where it is refused, once more by RFC 9421, and the
other way round where that is the habit (the "double-knocking" of W3C's ActivityPub and HTTP
Signatures report). What worked is remembered per host.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import field
from typing import Final, TypeVar

import structlog

from federation.claims import Scheme
from federation.signatures import Unsigned, Wish, read_wish
from federation.signing import Signing
from server.clock import Clock
from server.dealings import Signature
from server.model import ActorId, Millis
from server.ports import Incoming, Library, Transport
from server.together import Together
from server.values import dataclass

log = structlog.get_logger(__name__)

_REFUSED: Final = frozenset({400, 401})  # what servers answer to a signature that they cannot read
_WORKED: Final = range(200, 400)
_REREAD_AFTER: Final = 5 * 60_000  # by then every process knows what another one learnt
_ONCE_IN: Final = 10 * 60_000  # a host that refuses both ways is asked both ways so often
_HOSTS_KEPT: Final = 10_000
_MOST_TOGETHER: Final = 64  # as many as one process delivers to at once

_SCHEMES: Final = {
    Signature.UNKNOWN: Scheme.CAVAGE,
    Signature.CAVAGE: Scheme.CAVAGE,
    Signature.RFC9421: Scheme.RFC9421,
}
_NAMES: Final = {Scheme.CAVAGE: Signature.CAVAGE, Scheme.RFC9421: Signature.RFC9421}

T = TypeVar("T")


@dataclass(slots=True)
class Knocking:
    """Signs and sends, and learns who reads what."""

    library: Library
    transport: Transport
    signing: Signing
    clock: Clock
    _habits: OrderedDict[str, tuple[Scheme, Millis]] = field(default_factory=OrderedDict)
    _deaf: OrderedDict[str, Millis] = field(default_factory=OrderedDict)
    _asking: Together[str, Signature] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Let deliveries that start at the same time share a look at who reads what."""
        self._asking = Together(self._signatures_of, _MOST_TOGETHER)

    async def send(self, request: Unsigned, actor_id: ActorId) -> Incoming:
        """Send `request`, signed by an actor of ours, and return the answer. Raise `Unreachable`.

        After 400 or 401 it is sent once more, signed the other way. Where that is refused too, the
        first answer counts.
        """
        host = request.host
        usual = await self._habit(host)
        answer = await self._knock(request, actor_id, usual, None)
        wish = read_wish(answer.headers.get("accept-signature", ""))
        if answer.status not in _REFUSED:
            if wish is not None and usual is not Scheme.RFC9421:
                await self._learn(host, Scheme.RFC9421)
            return answer
        if not self._may_try_both(host):
            return answer
        other = Scheme.RFC9421 if wish is not None or usual is Scheme.CAVAGE else Scheme.CAVAGE
        second = await self._knock(request, actor_id, other, wish)
        if second.status in _REFUSED:
            _put(self._deaf, host, self._from_now(_ONCE_IN))
            return answer
        if second.status in _WORKED and other is not usual:
            await self._learn(host, other)
        return second

    async def _knock(
        self, request: Unsigned, actor_id: ActorId, scheme: Scheme, wish: Wish | None
    ) -> Incoming:
        return await self.transport.send(await self.signing.signed(request, actor_id, scheme, wish))

    async def _habit(self, host: str) -> Scheme:
        known = self._habits.get(host)
        if known is not None and self.clock.now() < known[1]:
            return known[0]
        scheme = _SCHEMES[await self._asking.ask(host)]
        _put(self._habits, host, (scheme, self._from_now(_REREAD_AFTER)))
        return scheme

    async def _signatures_of(self, hosts: Sequence[str]) -> list[Signature]:
        known = await self.library.look(lambda tx: tx.peers.many(hosts))
        return [known[host].signature if host in known else Signature.UNKNOWN for host in hosts]

    async def _learn(self, host: str, scheme: Scheme) -> None:
        async with self.library.transaction() as tx:
            await tx.peers.set_signature(host, _NAMES[scheme])
        _put(self._habits, host, (scheme, self._from_now(_REREAD_AFTER)))
        log.info("signature_learnt", host=host, scheme=scheme.value)

    def _may_try_both(self, host: str) -> bool:
        return self.clock.now() >= self._deaf.get(host, 0)

    def _from_now(self, millis: int) -> Millis:
        return Millis(self.clock.now() + millis)


def _put(memory: OrderedDict[str, T], host: str, value: T) -> None:
    memory[host] = value
    memory.move_to_end(host)
    if len(memory) > _HOSTS_KEPT:
        memory.popitem(last=False)
