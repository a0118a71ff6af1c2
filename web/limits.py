"""How often somebody may do something: token buckets in memory.

Law: bounded. Whoever floods us with new keys pushes out the longest unused ones, never memory.
Losing all of it (a restart) costs an attacker's patience, nothing else. What is taken in one
process is taken from the others' buckets too, within a second (`server.tidings`).
"""

import hashlib
import heapq
import math
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from operator import itemgetter

from server.clock import Clock
from server.errors import TooMany
from server.model import Millis
from server.values import dataclass

MAX_BUCKETS = 50_000  # about 10 MiB
_MOST_TOLD = 500  # buckets at once: those that most was taken from
_MOST_WAITING = 5_000  # to be told; who comes after that has this process' limits alone
_FORGIVEN = 0  # told instead of a count


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` deeds at once; afterwards one every `refill_seconds`."""

    name: str
    burst: int
    refill_seconds: float


@dataclass(frozen=True, slots=True)
class _Bucket:
    tokens: float
    at: Millis


class RateLimiter:
    """Buckets by rate and key: a network (`addresses.network_of`), an account, a peer's host.

    `secret`: equal in processes that tell each other; buckets are known by keyed hashes.
    """

    def __init__(
        self, clock: Clock, *, secret: bytes = b"", max_buckets: int = MAX_BUCKETS
    ) -> None:
        self._clock = clock
        self._secret = secret or secrets.token_bytes(32)
        self._max_buckets = max_buckets
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._elsewhere: OrderedDict[str, _Bucket] = OrderedDict()  # taken there, not yet here
        self._untold: dict[str, int] | None = None  # None: nobody asks

    def take(self, rate: Rate, key: str, *, cost: int = 1) -> int:
        """Take `cost` tokens and return 0, or take none and return the seconds to wait."""
        name, now = self._name(rate, key), self._clock.now()
        tokens = self._level(rate, name, now)
        is_enough = tokens >= cost
        self._keep(self._buckets, name, _Bucket(tokens - cost if is_enough else tokens, now))
        if is_enough:
            self._note(name, cost)
        return 0 if is_enough else max(1, math.ceil((cost - tokens) * rate.refill_seconds))

    def demand(self, rate: Rate, key: str, *, cost: int = 1) -> None:
        """Take `cost` tokens. Raises `TooMany`, which says how long to wait."""
        wait_seconds = self.take(rate, key, cost=cost)
        if wait_seconds:
            raise TooMany(
                f"That was too often in a short time; wait {_in_words(wait_seconds)} and try"
                " again.",
                retry_after_seconds=wait_seconds,
            )

    def forgive(self, rate: Rate, key: str) -> None:
        """Fill a bucket again, after a right password for instance."""
        name = self._name(rate, key)
        self._fill(name)
        if self._untold is not None:
            self._untold[name] = _FORGIVEN

    def tell(self) -> dict[str, int]:
        """Return what was taken since the last call, by bucket; the most where it is very much."""
        untold, self._untold = self._untold or {}, {}
        if len(untold) <= _MOST_TOLD:
            return untold
        return dict(heapq.nlargest(_MOST_TOLD, untold.items(), key=itemgetter(1)))

    def hear(self, told: Mapping[str, int]) -> None:
        """Take from the buckets here what was taken in another process."""
        now = self._clock.now()
        for name, count in told.items():
            if count == _FORGIVEN:
                self._fill(name)
                continue
            known = self._elsewhere.get(name, _Bucket(0, now))
            self._keep(self._elsewhere, name, _Bucket(known.tokens + count, known.at))

    def __len__(self) -> int:
        return len(self._buckets)

    def _level(self, rate: Rate, name: str, now: Millis) -> float:
        bucket = self._buckets.get(name)
        level: float = rate.burst
        if bucket is not None:
            level = min(level, bucket.tokens + _seconds(bucket.at, now) / rate.refill_seconds)
        taken = self._elsewhere.pop(name, None) if self._elsewhere else None
        if taken is None:
            return level
        owed = taken.tokens - _seconds(taken.at, now) / rate.refill_seconds
        return max(-rate.burst, level - max(0, owed))

    def _name(self, rate: Rate, key: str) -> str:
        whole = f"{rate.name}\0{key}".encode(errors="surrogatepass")
        return hashlib.blake2b(whole, key=self._secret, digest_size=16).hexdigest()

    def _note(self, name: str, cost: int) -> None:
        untold = self._untold
        if untold is not None and (name in untold or len(untold) < _MOST_WAITING):
            untold[name] = untold.get(name, 0) + cost

    def _fill(self, name: str) -> None:
        self._buckets.pop(name, None)
        self._elsewhere.pop(name, None)

    def _keep(self, buckets: OrderedDict[str, _Bucket], name: str, bucket: _Bucket) -> None:
        buckets[name] = bucket
        buckets.move_to_end(name)
        while len(buckets) > self._max_buckets:
            buckets.popitem(last=False)


def _seconds(since: Millis, now: Millis) -> float:
    """Return the seconds gone by; none where the clock was set back."""
    return max(0, now - since) / 1_000


def _in_words(seconds: int) -> str:
    if seconds == 1:
        return "one second"
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
