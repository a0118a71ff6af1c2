"""Asks at other servers' doors, signed as each is known to read it; the one way out for both.

draft-cavage first, as everybody reads it; where it is refused, once more by RFC 9421, and the
other way round where that is the habit (the "double-knocking" of W3C's ActivityPub and HTTP
Signatures report). What worked is remembered per host, and so is the kind of key that it asked for:
who reads Ed25519 alone would refuse every first knock otherwise.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import field, replace
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


@dataclass(frozen=True, slots=True)
class _Habit:
    """How a host is knocked at first, and until when that is not asked for again."""

    scheme: Scheme
    until: Millis
    wish: Wish | None = None  # without its nonce, which serves once


@dataclass(slots=True)
class Knocking:
    """Signs and sends, and learns who reads what."""

    library: Library
    transport: Transport
    signing: Signing
    clock: Clock
    _habits: OrderedDict[str, _Habit] = field(default_factory=OrderedDict)
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
        answer = await self._knock(request, actor_id, usual.scheme, usual.wish)
        wish = read_wish(answer.headers.get("accept-signature", ""))
        if answer.status not in _REFUSED:
            if wish is not None and usual.scheme is not Scheme.RFC9421:
                await self._learn(host, usual, Scheme.RFC9421, wish)
            return answer
        if not self._may_try_both(host):
            return answer
        is_new = wish is not None and wish != usual.wish
        other = Scheme.RFC9421 if is_new or usual.scheme is Scheme.CAVAGE else Scheme.CAVAGE
        second = await self._knock(request, actor_id, other, wish)
        if second.status in _REFUSED:
            _put(self._deaf, host, self._from_now(_ONCE_IN))
            return answer
        if second.status in _WORKED:
            await self._learn(host, usual, other, wish)
        return second

    async def _knock(
        self, request: Unsigned, actor_id: ActorId, scheme: Scheme, wish: Wish | None
    ) -> Incoming:
        return await self.transport.send(await self.signing.signed(request, actor_id, scheme, wish))

    async def _habit(self, host: str) -> _Habit:
        known = self._habits.get(host)
        if known is not None and self.clock.now() < known.until:
            return known
        scheme = _SCHEMES[await self._asking.ask(host)]
        wish = known.wish if known is not None and scheme is Scheme.RFC9421 else None
        return self._keep(host, scheme, wish)

    async def _signatures_of(self, hosts: Sequence[str]) -> list[Signature]:
        known = await self.library.look(lambda tx: tx.peers.many(hosts))
        return [known[host].signature if host in known else Signature.UNKNOWN for host in hosts]

    async def _learn(self, host: str, usual: _Habit, scheme: Scheme, wish: Wish | None) -> None:
        if scheme is not usual.scheme:
            async with self.library.transaction() as tx:
                await tx.peers.set_signature(host, _NAMES[scheme])
            log.info("signature_learnt", host=host, scheme=scheme.value)
        if wish is not None:
            wish = replace(wish, nonce="") if scheme is Scheme.RFC9421 else None
        self._keep(host, scheme, wish)

    def _keep(self, host: str, scheme: Scheme, wish: Wish | None) -> _Habit:
        habit = _Habit(scheme, self._from_now(_REREAD_AFTER), wish)
        _put(self._habits, host, habit)
        return habit

    def _may_try_both(self, host: str) -> bool:
        return self.clock.now() >= self._deaf.get(host, 0)

    def _from_now(self, millis: int) -> Millis:
        return Millis(self.clock.now() + millis)


def _put(memory: OrderedDict[str, T], host: str, value: T) -> None:
    memory[host] = value
    memory.move_to_end(host)
    if len(memory) > _HOSTS_KEPT:
        memory.popitem(last=False)
