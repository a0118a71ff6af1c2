"""Lists of servers: 20,000 rows taken in and put in force; 50,000 domains brought into the house.

The bars: 20,000 rows from file to force within 5 seconds, 50,000 domains read and resolved within
one. Beside them a loop that only splits the same file at its commas.
"""

import asyncio
import time
import tracemalloc

import uvloop

from benchmarks.support.instance import place
from benchmarks.support.table import against, show
from server.list_keeping import Wanted
from server.listing import ListApplied
from server.main import Instance, opened, prepare
from server.tiers import FederationMode, build_tiers
from tests.postgres import create_database, postgres_url

ROWS, DOMAINS = 20_000, 50_000
IMPORT_BAR, LOAD_BAR = 5.0, 1.0
_HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def a_list(rows: int, begin: int = 0) -> bytes:
    """Return a list such as Mastodon exports, with comments as long as people write them."""
    lines = (
        f"server{number}.site{number % 977}.example,{'silence' if number % 4 else 'suspend'},"
        f'false,false,"Spam, harassment; seen on {number} occasions",false\n'
        for number in range(begin, begin + rows)
    )
    return (_HEAD + "".join(lines)).encode()


async def take_in(instance: Instance, data: bytes, name: str) -> tuple[float, float]:
    """Take a list in, then put it in force; return the seconds of both."""
    flows = instance.flows
    begin = time.perf_counter()
    one = await flows.blocklists.take_in(None, data, Wanted(name))
    waiting = time.perf_counter()
    made_at = (await flows.blocklists.proposal(None, one.id)).draft.made_at
    await flows.governing.apply(None, ListApplied(one.id, made_at))
    return waiting - begin, time.perf_counter() - waiting


async def measured(name: str, url: str) -> list[tuple[str, ...]]:
    """Measure one engine."""
    with place(database_url=url) as where:
        await prepare(where.config)
        async with opened(where.config) as instance:
            await take_in(instance, a_list(1), "warm")  # the child process is there
            read, applied = await take_in(instance, a_list(ROWS), "measured")
            whole = read + applied
            _, again = await take_in(instance, a_list(ROWS + 200), "measured")
            await take_in(instance, a_list(DOMAINS - ROWS - 200, ROWS + 200), "more")
            library = instance.seams.library
            loads = []
            for _ in range(3):
                begin = time.perf_counter()
                async with library.reading() as tx:
                    found = await tx.lists.in_force()
                loads.append(time.perf_counter() - begin)
            assert len(found) >= DOMAINS
            begin = time.perf_counter()
            await asyncio.to_thread(build_tiers, {}, found, (), FederationMode.OPEN)
            built = time.perf_counter() - begin
            tracemalloc.start()
            async with library.reading() as tx:
                held = await tx.lists.in_force()
            mib = tracemalloc.get_traced_memory()[0] / 1_048_576
            tracemalloc.stop()
            del held
    bar = against(whole, IMPORT_BAR, is_ceiling=True)
    load = against(min(loads), LOAD_BAR, is_ceiling=True)
    return [
        (f"{name}: {ROWS:,} rows, file to draft", f"{read:.2f} s", ""),
        (f"{name}: draft to force", f"{applied:.2f} s", ""),
        (f"{name}: both", f"{whole:.2f} s", bar),
        (f"{name}: 200 rows more, draft to force", f"{again:.2f} s", ""),
        (f"{name}: {DOMAINS:,} domains in force, read and resolved", f"{min(loads):.2f} s", load),
        (f"{name}: made into tiers, off the event loop", f"{built:.2f} s", ""),
        (f"{name}: what they keep in memory", f"{mib:.1f} MiB", ""),
    ]


def plain(data: bytes) -> float:
    """Split the file at its commas and nothing else; return the seconds."""
    begin = time.perf_counter()
    rows = [line.split(",") for line in data.decode().splitlines()]
    assert len(rows) == ROWS + 1
    return time.perf_counter() - begin


async def main() -> None:
    """Measure both engines."""
    postgres_url()  # start it before anything is timed
    rows = await measured("SQLite", "")
    rows += await measured("PostgreSQL", await create_database("bench_lists"))
    rows.append(("split at commas", f"{plain(a_list(ROWS)):.2f} s", ""))
    show("Lists of servers", ("", "took", "bar"), rows)


if __name__ == "__main__":
    uvloop.run(main())
