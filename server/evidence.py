"""What artists and those in charge are shown of who came, and bundles of evidence.

The law: an artist sees what concerns their own works; nobody sees anything about a person.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from server import bundles
from server.accounts import one_at_a_time
from server.addresses import Addresses
from server.clock import Clock
from server.comers import MACHINES, CloserLooks, GivenSum, Holder, Price, WorkVisitSum, thing_asked
from server.errors import NotFound, Outdated
from server.house import House
from server.ledger import Entry, subject_of
from server.model import Artist, Role, Work, WorkId
from server.passages import DAY, ClassSum
from server.ports import Library, Transaction
from server.roles import demand
from server.signals import SignalUrls
from server.values import dataclass
from server.visitors import VisitorClass

WEEK = 7
_GIGABYTE = 1_000_000_000  # as traffic is sold
_CHAIN_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class DayCame:
    """Machines of one day: how many requests were refused, how many answered."""

    day: int
    refused: int
    answered: int


@dataclass(frozen=True, slots=True)
class WorkCame:
    """What came for one work in a week: refused requests, and by whom, most first."""

    work: Work
    refused: int
    answered: int
    names: tuple[tuple[str, VisitorClass, int], ...]  # crawler, class, refused requests


@dataclass(frozen=True, slots=True)
class Came:
    """Who came for an artist's works within a week."""

    days: tuple[DayCame, ...]  # oldest first, without gaps
    works: tuple[WorkCame, ...]  # most refused first
    crawlers: tuple[tuple[str, VisitorClass, int, int], ...]  # name, class, refused, answered
    holders: tuple[Holder, ...]
    looks: tuple[tuple[Work, CloserLooks], ...] = ()  # most opened first


@dataclass(frozen=True, slots=True)
class ClassDay:
    """One class of machines on one day. `spared_bytes`: what refusals saved, by estimate."""

    day: int
    visitor: VisitorClass
    requests: int
    refused: int
    sent_bytes: int
    spared_bytes: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What machines asked for within some days, and what refusing them spared."""

    days: tuple[DayCame, ...]
    classes: tuple[ClassDay, ...]  # latest day first
    crawlers: tuple[tuple[str, VisitorClass, int, int], ...]
    given: tuple[GivenSum, ...]  # by addresses that were given to a server
    price: Price | None

    def cost_of(self, count: int) -> int | None:
        """Return what so many bytes cost, in millionths; None where no price was entered."""
        return None if self.price is None else count * self.price.micros // _GIGABYTE


@dataclass(frozen=True, slots=True)
class Evidence:
    """Shows, and makes bundles."""

    library: Library
    clock: Clock
    house: House
    addresses: Addresses
    urls: SignalUrls
    instance: str

    async def came(self, artist: Artist) -> Came:
        """Return who came for an artist's works within a week."""
        today = self.clock.now() // DAY
        async with self.library.reading() as tx:
            found = await tx.comers.visits_of_artist(artist.id, today - WEEK + 1)
            looks = await tx.comers.looks_of_artist(artist.id, today - WEEK + 1)
            ids = {one.work_id for one in found} | {one.work_id for one in looks}
            works = await tx.works.many(list(ids))
            holders = await tx.comers.holders(artist.id)
        return Came(
            days=_days(((one.day, one.requests, one.refused) for one in found), today, WEEK),
            works=tuple(_by_work(found, works)),
            crawlers=_crawlers(found),
            holders=tuple(holders),
            looks=tuple((works[one.work_id], one) for one in looks if one.work_id in works),
        )

    async def traffic(self, reader: Artist, days: int = WEEK) -> Traffic:
        """Return what machines asked for. Raise `NotFound` for who runs nothing here."""
        demand(reader, Role.ADMIN)
        today = self.clock.now() // DAY
        async with self.library.reading() as tx:
            every = await tx.visits.by_class(today - days + 1)
            given = await tx.comers.visits_given(today - days + 1)
            price = await tx.comers.price()
        machines = [one for one in every if one.visitor in MACHINES]
        return Traffic(
            days=_days(((one.day, one.requests, one.refused) for one in machines), today, days),
            classes=tuple(_by_class(machines, every)),
            crawlers=_crawlers(machines),
            given=tuple(given),
            price=price,
        )

    async def price(self, reader: Artist) -> Price | None:
        """Return what a gigabyte costs here; None where nobody said."""
        demand(reader, Role.ADMIN)
        async with self.library.reading() as tx:
            return await tx.comers.price()

    async def set_price(self, author: Artist, price: Price | None, was: Price | None) -> None:
        """Keep what a gigabyte costs; None forgets it.

        `was`: the price as this was decided. Raise `Outdated` where it is another by now.
        """
        demand(author, Role.ADMIN)
        async with self.library.transaction() as tx:
            await one_at_a_time(tx, self.addresses)
            if await tx.comers.price() != was:
                raise Outdated
            await tx.comers.set_price(price)

    async def bundle(self, url: str) -> bundles.Document:
        """Return the evidence about the work at an address, unsigned. Raise `NotFound`."""
        number, _ = thing_asked(urlsplit(url).path)
        if not number or not self.addresses.is_ours(url):
            raise NotFound(
                f"{url} is no work here: give the address of its page, as {self.urls.base}/@name/1."
            )
        async with self.library.reading() as tx:
            work = await tx.works.by_id(WorkId(number))
            artist = await tx.artists.by_id(work.artist_id) if work else None
            salt = await tx.ledger.salt_if_any(artist.id) if artist else None
            if work is None or artist is None or salt is None:
                raise NotFound(f"{url} is no work here, or nothing was ever said of it.")
            facts = await self._facts(tx, work, artist, salt)
        return bundles.made(facts, self.urls, self.clock.now())

    async def _facts(self, tx: Transaction, work: Work, artist: Artist, salt: str) -> bundles.Facts:
        subjects = ("", subject_of(salt), subject_of(salt, work.id))
        house, own, of_work = [await _sealed(tx, subject) for subject in subjects]
        first = min((one.number for one in (*house, *own, *of_work)), default=0)
        chain, before = await _chain_from(tx, first)
        return bundles.Facts(
            work=work,
            shots=(await tx.shots.of_works([work.id])).get(work.id, ()),
            artist=artist,
            page_url=self.addresses.work_page(artist.handle, work),
            instance=self.instance,
            salt=salt,
            house=house,
            of_artist=own,
            of_work=of_work,
            chain=chain,
            before=before,
            heads=[one for one in await tx.ledger.heads(limit=4_000) if one.number >= first],
            visits=await tx.comers.visits_of_work(work.id),
            copies=await tx.comers.copies_of_work(work.id),
            looks=await tx.comers.looks_of_work(work.id),
        )


async def _sealed(tx: Transaction, subject: str) -> list[Entry]:
    return [one for one in await tx.ledger.of_subject(subject) if one.number]


async def _chain_from(tx: Transaction, first: int) -> tuple[list[Entry], str]:
    """Return the chain from an entry on, and the hash before it."""
    if not first:
        return [], ""
    before = await tx.ledger.chain(after=first - 2, limit=1) if first > 1 else []
    chain: list[Entry] = []
    while page := await tx.ledger.chain(
        after=chain[-1].number if chain else first - 1, limit=_CHAIN_PAGE
    ):
        chain += page
    return chain, before[0].hash if before else ""


def _days(found: Iterable[tuple[int, int, int]], today: int, days: int) -> tuple[DayCame, ...]:
    refused: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    for day, requests, no in found:
        refused[day] += no
        answered[day] += requests - no
    first = today - days + 1
    return tuple(DayCame(day, refused[day], answered[day]) for day in range(first, today + 1))


def _by_work(found: Sequence[WorkVisitSum], works: dict[WorkId, Work]) -> Iterable[WorkCame]:
    sums: dict[WorkId, list[WorkVisitSum]] = {}
    for one in found:
        sums.setdefault(one.work_id, []).append(one)
    came = []
    for work_id, own in sums.items():
        if work_id not in works:
            continue
        names: Counter[tuple[str, VisitorClass]] = Counter()
        for one in own:
            if one.refused:
                names[one.crawler, one.visitor] += one.refused
        refused, requests = sum(one.refused for one in own), sum(one.requests for one in own)
        listed = tuple((name, kind, count) for (name, kind), count in names.most_common())
        came.append(WorkCame(works[work_id], refused, requests - refused, listed))
    return sorted(came, key=lambda one: (-one.refused, -one.answered, -one.work.id))


def _crawlers(
    found: Iterable[WorkVisitSum | ClassSum],
) -> tuple[tuple[str, VisitorClass, int, int], ...]:
    refused: Counter[tuple[str, VisitorClass]] = Counter()
    answered: Counter[tuple[str, VisitorClass]] = Counter()
    for one in found:
        refused[one.crawler, one.visitor] += one.refused
        answered[one.crawler, one.visitor] += one.requests - one.refused
    names = sorted(refused, key=lambda name: (-refused[name], -answered[name], name))
    return tuple((*name, refused[name], answered[name]) for name in names)


def _by_class(machines: Sequence[ClassSum], every: Sequence[ClassSum]) -> Iterable[ClassDay]:
    """Sum up by day and class. A refusal spared what such answers weighed on average."""
    weight = {is_media: _average(every, is_media=is_media) for is_media in (True, False)}
    sums: dict[tuple[int, VisitorClass], ClassDay] = {}
    for one in machines:
        known = sums.get((one.day, one.visitor), ClassDay(one.day, one.visitor, 0, 0, 0, 0))
        sums[one.day, one.visitor] = replace(
            known,
            requests=known.requests + one.requests,
            refused=known.refused + one.refused,
            sent_bytes=known.sent_bytes + one.bytes,
            spared_bytes=known.spared_bytes + one.refused * weight[one.is_media],
        )
    return sorted(sums.values(), key=lambda one: (-one.day, -one.requests, one.visitor))


def _average(every: Sequence[ClassSum], *, is_media: bool) -> int:
    alike = [one for one in every if one.is_media is is_media]
    return sum(one.answered_bytes for one in alike) // max(1, sum(one.answered for one in alike))
