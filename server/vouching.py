"""Finds out, beside the requests, whether crawlers are who they say to be.

The law: no request waits for it. What is not known yet is `OPEN`: such a claim may make an answer
worse, never better. However many claim however much, memory, questions under way and questions of
one network have bounds; a question that found no room is asked when the crawler comes again.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import Final

import structlog

from server.clock import Clock
from server.crawler_claims import (
    Address,
    Verdict,
    by_ranges,
    is_nearby,
    is_signer,
    is_verifiable,
    own_names,
    together,
)
from server.model import Millis
from server.ports import Resolver, Unreachable
from server.values import dataclass
from server.visitors import Crawler

log = structlog.get_logger(__name__)

_KEPT: Final = 20_000  # verdicts: about 5 MiB
_WAITING: Final = 512
_WAITING_OF_NETWORK: Final = 8
_AT_ONCE: Final = 8  # each holds a thread of the system's resolver for a moment
_NAMES_ASKED: Final = 4  # of one address: whoever owns it may give it a thousand
_HOUR: Final = 3_600_000
# A crawler's address changes hands rarely; a mistake in DNS is mended within the hour.
_HOLDS: Final = {Verdict.CONFIRMED: 24 * _HOUR, Verdict.DENIED: _HOUR, Verdict.OPEN: _HOUR // 6}


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of a request's Web Bot Auth signature: whose it says to be, and if it holds."""

    host: str
    is_true: bool | None  # None: nobody can tell, its keys are out of reach or it is too old


# Reads who says to have signed, then finds out; `is_ours` says whose keys may be fetched at all.
Check = Callable[[Callable[[str], bool]], Awaitable[Signed | None]]
_Key = tuple[str, Address]


@dataclass(frozen=True, slots=True)
class _Question:
    crawler: Crawler
    address: Address
    network: str
    check: Check | None


@dataclass(slots=True)
class Vouching:
    """Remembers verdicts, and finds new ones."""

    resolver: Resolver
    clock: Clock
    _verdicts: OrderedDict[_Key, tuple[Verdict, Millis]] = field(default_factory=OrderedDict)
    _waiting: OrderedDict[_Key, _Question] = field(default_factory=OrderedDict)
    _crowd: Counter[str] = field(default_factory=Counter)  # questions of each network
    _knows_names: bool = False  # reverse DNS has answered: some resolvers know no name at all
    _bell: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(
        self, crawler: Crawler, address: Address | None, network: str, check: Check | None = None
    ) -> Verdict:
        """Return what is known of a claim; ask for what is not. Awaits nothing."""
        if address is None or is_nearby(address):
            return Verdict.OPEN
        key = (crawler.token, address)
        known = self._verdicts.get(key)
        if known is not None:
            verdict, since = known
            if 0 <= self.clock.now() - since < _HOLDS[verdict]:  # not if the clock was set back
                return verdict
        first = by_ranges(crawler, address)
        if first is Verdict.CONFIRMED or not (crawler.reverse_dns or check):
            return first
        self._note(key, _Question(crawler, address, network, check))
        return Verdict.OPEN if known is None else known[0]

    async def settle(self) -> None:
        """Find out everything that waits."""
        while self._waiting:
            taken = [self._waiting.popitem(last=False) for _ in range(min(_AT_ONCE, len(self)))]
            for _, question in taken:
                self._crowd[question.network] -= 1
            self._crowd += Counter()  # forgets who has none left
            await asyncio.gather(*(self._settle(key, question) for key, question in taken))

    async def run(self) -> None:
        """Find out what waits, again and again."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            await self.settle()

    def __len__(self) -> int:
        return len(self._waiting)

    def _note(self, key: _Key, question: _Question) -> None:
        is_full = len(self._waiting) >= _WAITING
        is_crowded = self._crowd[question.network] >= _WAITING_OF_NETWORK
        if key in self._waiting or is_full or is_crowded:
            return
        self._waiting[key] = question
        self._crowd[question.network] += 1
        self._bell.set()

    async def _settle(self, key: _Key, question: _Question) -> None:
        crawler, address = question.crawler, question.address
        verdict = together(
            (
                by_ranges(crawler, address),
                await self._by_names(crawler, address),
                await _by_signature(crawler, question.check),
            )
        )
        if verdict is Verdict.DENIED:
            log.info("crawler_forged", name=crawler.token, network=question.network)
        self._verdicts[key] = (verdict, self.clock.now())
        self._verdicts.move_to_end(key)
        while len(self._verdicts) > _KEPT:
            self._verdicts.popitem(last=False)

    async def _by_names(self, crawler: Crawler, address: Address) -> Verdict:
        """Ask DNS for the address' names, and whether one of the operator's leads back to it."""
        if not crawler.reverse_dns:
            return Verdict.OPEN
        try:
            names = await self.resolver.names_of(str(address))
            self._knows_names = self._knows_names or bool(names)
            for name in own_names(crawler, names)[:_NAMES_ASKED]:
                if str(address) in await self.resolver.addresses_of(name):
                    return Verdict.CONFIRMED
        except Unreachable:  # silence is no denial
            return Verdict.OPEN
        return Verdict.DENIED if self._knows_names else Verdict.OPEN


async def _by_signature(crawler: Crawler, check: Check | None) -> Verdict:
    """Judge by Web Bot Auth; what others than the operator sign says nothing."""
    signed = await check(lambda host: is_signer(crawler, host)) if check else None
    if signed is None or signed.is_true is None or not is_signer(crawler, signed.host):
        return Verdict.OPEN
    return Verdict.CONFIRMED if signed.is_true else Verdict.DENIED


__all__ = ["Check", "Signed", "Vouching", "is_verifiable"]
