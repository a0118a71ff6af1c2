"""How often somebody may do something: token buckets in memory.

Law: bounded. Whoever floods us with new keys pushes out the longest unused ones, never memory.
Losing all of it (a restart) costs an attacker's patience, nothing else.
"""

import math
from collections import OrderedDict

from server.clock import Clock
from server.errors import TooMany
from server.model import Millis
from server.values import dataclass

MAX_BUCKETS = 50_000  # about 10 MiB


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
    """Buckets by rate and key: a network (`addresses.network_of`), an account, a peer's host."""

    def __init__(self, clock: Clock, *, max_buckets: int = MAX_BUCKETS) -> None:
        self._clock = clock
        self._max_buckets = max_buckets
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def take(self, rate: Rate, key: str, *, cost: int = 1) -> int:
        """Take `cost` tokens and return 0, or take none and return the seconds to wait."""
        now = self._clock.now()
        tokens = self._level(rate, key, now)
        is_enough = tokens >= cost
        self._keep(rate, key, _Bucket(tokens - cost if is_enough else tokens, now))
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
        self._buckets.pop((rate.name, key), None)

    def __len__(self) -> int:
        return len(self._buckets)

    def _level(self, rate: Rate, key: str, now: Millis) -> float:
        bucket = self._buckets.get((rate.name, key))
        if bucket is None:
            return rate.burst
        elapsed_seconds = max(0, now - bucket.at) / 1_000  # the clock may have been set back
        return min(rate.burst, bucket.tokens + elapsed_seconds / rate.refill_seconds)

    def _keep(self, rate: Rate, key: str, bucket: _Bucket) -> None:
        self._buckets[rate.name, key] = bucket
        self._buckets.move_to_end((rate.name, key))
        while len(self._buckets) > self._max_buckets:
            self._buckets.popitem(last=False)


def _in_words(seconds: int) -> str:
    if seconds == 1:
        return "one second"
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
