"""What waits is done at once; one bad item harms nobody else."""

import asyncio
from collections.abc import Sequence

from server.errors import Invalid, Unavailable
from server.together import Together


class Doubling:
    """Doubles numbers; refuses batches with a negative one, and those of more than ninety."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.has_begun = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def many(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self.has_begun.set()
        await self.may_go_on.wait()
        if any(number < 0 for number in numbers):
            raise Invalid("Below nothing.")
        if any(number > 90 for number in numbers):
            raise Unavailable("Too much.")
        return [2 * number for number in numbers]


async def started(doubling: Doubling, *numbers: int, most: int = 8) -> list[asyncio.Task[int]]:
    together = Together(doubling.many, most)
    tasks = [asyncio.create_task(together.ask(number)) for number in numbers]
    await doubling.has_begun.wait()
    return tasks


async def test_one_bad_item_harms_nobody_else() -> None:
    doubling = Doubling()
    tasks = await started(doubling, 1, -2, 3)
    doubling.may_go_on.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == (2, 6)
    assert isinstance(outcomes[1], Invalid)
    assert doubling.batches == [[1, -2, 3], [1], [-2], [3]]


async def test_an_outage_is_everybodys_and_is_not_tried_again() -> None:
    doubling = Doubling()
    tasks = await started(doubling, 1, 99)
    doubling.may_go_on.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in outcomes] == [Unavailable, Unavailable]
    assert doubling.batches == [[1, 99]]


async def test_who_left_harms_nobody_else() -> None:
    doubling = Doubling()
    leaving, staying = await started(doubling, 1, 2)
    leaving.cancel()
    doubling.may_go_on.set()
    assert await staying == 4


async def test_who_comes_meanwhile_waits_for_the_next_batch_and_none_is_too_large() -> None:
    doubling = Doubling()
    together = Together(doubling.many, 3)
    first = asyncio.create_task(together.ask(0))
    await doubling.has_begun.wait()
    others = [asyncio.create_task(together.ask(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    doubling.may_go_on.set()
    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert doubling.batches == [[0], [1, 2, 3], [4, 5]]


async def test_nobody_waits_for_ever_when_the_program_stops() -> None:
    doubling = Doubling()
    tasks = await started(doubling, 1, 2, 3, most=2)
    serving = next(t for t in asyncio.all_tasks() if "_serve" in str(t.get_coro()))
    serving.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in outcomes), outcomes
