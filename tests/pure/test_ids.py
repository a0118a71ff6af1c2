"""Ids: they grow, say when they were made, and no two processes make the same."""

import asyncio
import json
import sys
from itertools import pairwise

from server.clock import SystemClock, compose_id, salt_of, time_of
from server.model import Millis

_MAKE = """
import json
from server.clock import SystemClock
clock = SystemClock()
print(json.dumps([clock.new_id() for _ in range(3_000)]))
"""


def test_processes_of_one_place_never_share_a_salt() -> None:
    for place in ("", "host one", "host two"):
        salts = {salt_of(process, place) for process in range(1, 1 << 16)}
        assert len(salts) == (1 << 16) - 1
        assert all(0 <= one < 1 << 16 for one in salts)


def test_the_first_process_of_each_of_many_containers_rarely_shares_one() -> None:
    salts = {salt_of(1, f"container {number}") for number in range(200)}
    assert len(salts) >= 199


def test_ids_grow_fit_63_bits_and_say_when_they_were_made() -> None:
    clock = SystemClock()
    before = clock.now()
    made = [clock.new_id() for _ in range(5_000)]
    assert all(one < other for one, other in pairwise(made))
    assert made[-1] < 1 << 63
    assert before <= time_of(made[0]) <= clock.now() + 1
    assert time_of(made[-1]) <= before + 5_000 // 32 + 5_000  # a burst borrows from what comes
    last = Millis((1 << 42) - 1)  # in 2109
    assert time_of(compose_id(last, (1 << 16) - 1)) == last


async def test_processes_that_make_ids_at_once_make_none_twice() -> None:
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _MAKE, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    made = [json.loads((await one.communicate())[0]) for one in running]
    assert len({one for ids in made for one in ids}) == 4 * 3_000
