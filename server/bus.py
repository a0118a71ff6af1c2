"""Wake-ups inside one process, so that a job starts when it is promised, not at the next poll."""

import asyncio
from collections import defaultdict


class MemoryBus:
    """The in-process `Bus`. Losing a wake-up costs one poll interval."""

    def __init__(self) -> None:
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def wake(self, topic: str) -> None:
        """Wake everybody who waits for `topic`, or the next who comes."""
        self._events[topic].set()

    async def wait(self, topic: str, seconds: float) -> None:
        """Return at the next wake-up, or after `seconds`."""
        event = self._events[topic]
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        event.clear()
