"""Does at once what many ask for one by one: a transaction for all who wait, not one for each.

Who asks while nothing is under way is served with whoever else asked in the same turn of the
loop; who asks meanwhile waits for the next. So batches grow with the load, and nobody waits for
a batch to fill.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field
from typing import Generic, TypeVar

from server.errors import Unavailable
from server.values import dataclass

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Together(Generic[Item, Answer]):
    """Serves items in batches of `most`. `many` answers each of a batch, in order, or none.

    Where it raises, each is tried alone, so that one bad item harms nobody else.
    """

    many: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]
    most: int
    _waiting: deque[tuple[Item, asyncio.Future[Answer]]] = field(default_factory=deque)
    _task: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Answer:
        """Return what `many` answers for `item`; raise what it raises for it alone."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answered))
        if self._task is None:
            self._task = asyncio.create_task(self._serve())
        return await answered

    async def _serve(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), self.most)
                await self._serve_batch([self._waiting.popleft() for _ in range(size)])
        finally:
            self._task = None
            while self._waiting:  # the program stops: nobody may wait for ever
                self._waiting.popleft()[1].cancel()

    async def _serve_batch(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self.many([item for item, _ in batch])
        except Unavailable as outage:
            for _, answered in batch:
                _fail(answered, Unavailable(outage.message))
        except Exception as problem:  # noqa: BLE001 - it is raised where it belongs
            await self._serve_apart(batch, problem)
        except asyncio.CancelledError:
            for _, answered in batch:
                answered.cancel()
            raise
        else:
            for (_, answered), answer in zip(batch, answers, strict=True):
                if not answered.done():  # else its caller has gone
                    answered.set_result(answer)

    async def _serve_apart(
        self, batch: list[tuple[Item, asyncio.Future[Answer]]], problem: Exception
    ) -> None:
        """Find out whose problem it is."""
        if len(batch) == 1:
            _fail(batch[0][1], problem)
            return
        for one in batch:
            await self._serve_batch([one])


def _fail(answered: asyncio.Future[Answer], problem: Exception) -> None:
    if not answered.done():
        answered.set_exception(problem)
