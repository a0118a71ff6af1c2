"""Finds out whether a Web Bot Auth signature holds: fetches signers' directories, and keeps them.

The law: only directories of hosts that may sign for the crawler in question are fetched, so that
no request makes us ask strangers; only by the guarded way out, without redirects, bounded.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.bot_signatures import DIRECTORY_TYPE, holds, keys_in, read
from federation.messages import Received
from server.clock import Clock
from server.model import Millis
from server.ports import Outgoing, Transport, Unreachable
from server.values import dataclass
from server.vouching import Check, Signed

_KEPT: Final = 256  # directories
_GOOD: Final = 3_600_000
_BROKEN: Final = 600_000  # one that gave no keys is asked again after that
_MOST_BYTES: Final = 65_536
_SECONDS: Final = 10.0
_OK: Final = 200

Keys = dict[str, Ed25519PublicKey]


@dataclass(slots=True)
class BotDirectories:
    """Checks signatures."""

    transport: Transport
    clock: Clock
    _kept: OrderedDict[str, tuple[Keys, Millis]] = field(default_factory=OrderedDict)

    def check_of(self, received: Received) -> Check:
        """Return what finds out whether this request's signature holds, if it has one."""
        return partial(self._check, received)

    async def _check(self, received: Received, is_ours: Callable[[str], bool]) -> Signed | None:
        claim = read(received)
        if claim is None or not is_ours(claim.host):
            return None
        key = (await self._keys(claim.directory_url)).get(claim.key_id)
        if key is None or not claim.is_fresh(received.received_at):
            return Signed(claim.host, is_true=None)
        return Signed(claim.host, is_true=holds(received, claim, key))

    async def _keys(self, url: str) -> Keys:
        known = self._kept.get(url)
        now = self.clock.now()
        if known is not None:
            keys, since = known
            if 0 <= now - since < (_GOOD if keys else _BROKEN):
                return keys
        keys = await self._fetch(url)
        self._kept[url] = (keys, now)
        self._kept.move_to_end(url)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return keys

    async def _fetch(self, url: str) -> Keys:
        request = Outgoing(
            "GET", url, {"Accept": DIRECTORY_TYPE}, max_bytes=_MOST_BYTES, total_seconds=_SECONDS
        )
        try:
            answer = await self.transport.send(request)
        except Unreachable:
            return {}
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_directory = answer.status == _OK and content_type == DIRECTORY_TYPE
        return keys_in(answer.body) if is_directory else {}
