"""What processes tell each other: one visitor has one measure, however many processes answer."""

from dataclasses import dataclass

import pytest

from server.model import Millis
from server.ports import Library
from server.tidings import KEPT, Tidings
from tests.engines import database_url, library, migrated_sqlite, sqlite_url  # noqa: F401 - fixtures
from web.limits import Rate, RateLimiter
from web.traps import Traps

RATE = Rate("pages", burst=10, refill_seconds=1.0)
SECRET = b"the same in all processes"


class HandClock:
    def __init__(self) -> None:
        self.at = 1_700_000_000_000
        self.ids = 0

    def now(self) -> Millis:
        return Millis(self.at)

    def new_id(self) -> int:
        self.ids += 1
        return self.ids


@dataclass
class Process:
    limits: RateLimiter
    traps: Traps
    tidings: Tidings

    def taken(self, count: int, key: str = "192.0.2.0/24") -> int:
        return sum(self.limits.take(RATE, key) == 0 for _ in range(count))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def processes(library: Library, clock: HandClock) -> tuple[Process, Process]:  # noqa: F811
    async def process(number: int, secret: bytes = SECRET) -> Process:
        limits, traps = RateLimiter(clock, secret=secret), Traps(clock, secret)
        tidings = Tidings(library, clock, {"limits": limits, "traps": traps}, number)
        await tidings.refresh()
        return Process(limits, traps, tidings)

    return await process(1), await process(2)


async def exchange(*processes: Process) -> None:
    for _ in range(2):
        for one in processes:
            await one.tidings.refresh()


async def test_what_is_taken_in_one_process_is_taken_in_all(
    processes: tuple[Process, Process], clock: HandClock
) -> None:
    here, there = processes
    assert here.taken(7) == 7
    await exchange(*processes)
    assert there.taken(9) == 3
    assert there.taken(9, "198.51.100.0/24") == 9
    await exchange(*processes)
    assert here.taken(9) == 0
    clock.at += 2_000
    assert here.taken(9) == 2


async def test_nothing_is_heard_twice_and_what_is_old_costs_nothing(
    processes: tuple[Process, Process], clock: HandClock
) -> None:
    here, there = processes
    here.taken(6)
    await here.tidings.refresh()
    for _ in range(5):
        await there.tidings.refresh()
    assert there.taken(9) == 4
    here.taken(4)
    await exchange(*processes)
    clock.at += 60_000
    assert there.taken(20) == 10


async def test_who_is_forgiven_in_one_process_is_in_all(
    processes: tuple[Process, Process],
) -> None:
    here, there = processes
    here.taken(10)
    await exchange(*processes)
    assert there.taken(1) == 0
    here.limits.forgive(RATE, "192.0.2.0/24")
    await exchange(*processes)
    assert there.taken(20) == 10


async def test_who_walks_into_a_trap_of_one_process_is_marked_in_all(
    processes: tuple[Process, Process],
) -> None:
    here, there = processes
    here.traps.mark("192.0.2.0/24", "Grabber/1.0")
    await exchange(*processes)
    assert there.traps.holds("192.0.2.0/24", "Grabber/1.0")
    assert not there.traps.holds("198.51.100.0/24", "Grabber/1.0")


async def test_what_is_kept_names_nobody_and_is_gone_after_half_a_minute(
    processes: tuple[Process, Process],
    library: Library,  # noqa: F811
    clock: HandClock,
) -> None:
    here, _ = processes
    here.taken(3, "192.0.2.0/24")
    here.traps.mark("192.0.2.0/24", "Grabber/1.0")
    await here.tidings.refresh()
    async with library.reading() as tx:
        ((_, body),) = await tx.tidings.of_others(0, Millis(0))
    assert b"192.0.2" not in body
    assert b"Grabber" not in body
    clock.at += KEPT + 1
    here.taken(1)
    await here.tidings.refresh()
    async with library.reading() as tx:
        assert len(await tx.tidings.of_others(0, Millis(0))) == 1


async def test_a_flood_of_networks_is_told_in_a_row_of_bounded_size(
    processes: tuple[Process, Process],
    library: Library,  # noqa: F811
) -> None:
    here, there = processes
    for number in range(20_000):
        here.limits.take(RATE, f"network {number}")
    here.taken(9)  # comes too late to be among them
    for _ in range(9):
        here.limits.take(RATE, "network 7")
    await exchange(*processes)
    async with library.reading() as tx:
        ((_, body),) = await tx.tidings.of_others(0, Millis(0))
    assert len(body) < 25_000
    assert sum(there.limits.take(RATE, "network 7") == 0 for _ in range(20)) == 0


async def test_a_process_that_nobody_is_beside_notes_nothing(clock: HandClock) -> None:
    limits, traps = RateLimiter(clock), Traps(clock)
    for number in range(100):
        limits.take(RATE, str(number))
        traps.mark(str(number), "Grabber/1.0")
    assert limits.tell() == {}
    assert traps.tell() == {}
