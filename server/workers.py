"""A pool of child processes for hostile or heavy input (the `Workers` seam).

Law: a file may kill its child, never the server. Each child has limits on memory, processor
time and wall time, no network, a bare environment (no secret of ours is in it) and lower
priority, and dies with its parent. Children start at the first task and leave after some tasks
or idle time, so that an idle server holds no image library. An exchange that did not end
cleanly, for whatever reason, costs the child: a pipe is never reused out of step.

    Invalid
    └── WorkerDied   the input killed or outlived its child, or its task gave up
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from pathlib import Path
from typing import Final

import structlog

from server.child import ANSWER_HEAD, PROGRESS_BODY, REQUEST_HEAD, Outcome
from server.errors import Invalid, Unavailable
from server.ports import Tell
from server.values import dataclass

_START_SECONDS: Final = 30.0  # loading the tasks takes 0.2 s; a machine that swaps takes longer
_LEAVE_SECONDS: Final = 5.0  # between the end of its input and a kill
_MAX_ANSWER_BYTES: Final = 268_435_456  # renditions have under 64 MiB; a child may lie
_PIPE_BUFFER_BYTES: Final = 1_048_576
_MOST_REPORTS: Final = 1_000  # of one task; a child may lie
_ENDED: Final = os.WEXITED | os.WNOHANG | os.WNOWAIT  # a look; what follows is left to the loop
_LOST: Final = (asyncio.IncompleteReadError, ConnectionError, TimeoutError)

_log = structlog.get_logger(__name__)


class WorkerDied(Invalid):
    """The input killed or outlived its child, or its task gave up on it."""

    def __init__(self) -> None:
        super().__init__(
            "Reading this file took too much memory or time, or failed; "
            "save a smaller or simpler copy and upload that."
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use."""

    # Address space. Measured peaks: 24 megapixels as JPEG 0.3, as AVIF 0.4, as WebP 0.55 GB;
    # 120 megapixels as PNG 0.8 GB.
    memory_bytes: int = 1_073_741_824
    cpu_seconds: int = 60  # per task; a 120-megapixel upload takes about 15
    wall_seconds: float = 90.0  # per task; more than CPU, for the priority is low
    tasks_per_child: int = 50  # decoders leak and fragment
    idle_seconds: float = 30.0  # after which a child leaves


@dataclass(eq=False, slots=True)
class _Child:
    """A running child process; `tasks` counts what it was given."""

    process: Process
    tasks: int = 0

    @property
    def is_alive(self) -> bool:
        """Say whether an idle child still listens: the kernel knows it before the loop hears."""
        pipe = self.process.stdout
        if self.process.returncode is not None or pipe is None or pipe.at_eof():
            return False
        try:
            return os.waitid(os.P_PID, self.process.pid, _ENDED) is None
        except ChildProcessError:  # it ended, and the loop is about to say so
            return False

    async def ask(self, task: str, data: bytes, tell: Tell | None) -> tuple[Outcome, bytes]:
        """Do one exchange; `tell` hears how far it is. Raise one of `_LOST` where it fails."""
        self.tasks += 1
        pipe = self.process.stdin
        assert pipe is not None  # noqa: S101 - started with PIPE
        name = task.encode()
        pipe.write(REQUEST_HEAD.pack(len(name), len(data)) + name)
        pipe.write(data)
        await pipe.drain()
        for _ in range(_MOST_REPORTS):
            outcome, body = await self.hear()
            if outcome is not Outcome.PROGRESS:
                return outcome, body
            if len(body) != PROGRESS_BODY.size:
                break
            if tell is not None:
                await tell(*PROGRESS_BODY.unpack(body))
        raise ConnectionError("a child spoke out of turn")

    async def hear(self) -> tuple[Outcome, bytes]:
        """Read one answer."""
        pipe = self.process.stdout
        assert pipe is not None  # noqa: S101 - started with PIPE
        number, length = ANSWER_HEAD.unpack(await pipe.readexactly(ANSWER_HEAD.size))
        if number >= len(Outcome) or length > _MAX_ANSWER_BYTES:
            raise ConnectionError("a child spoke out of turn")
        return Outcome(number), await pipe.readexactly(length)

    def kill(self) -> None:
        """End it at once; harmless where it has ended."""
        if self.process.returncode is None:
            self.process.kill()

    async def leave(self) -> None:
        """Close its input and wait until it is gone; kill it where it stays."""
        pipe = self.process.stdin
        assert pipe is not None  # noqa: S101 - started with PIPE
        pipe.close()
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()


class ProcessWorkers:
    """`size` children at most; who waits longest is served next.

    `tasks` is `package.module:NAME` of the table that children load. Several event loops
    must not share one pool.
    """

    def __init__(
        self,
        *,
        size: int = 1,
        tasks: str = "server.tasks:TASKS",
        limits: Limits | None = None,
    ) -> None:
        self._tasks = tasks
        self._limits = limits or Limits()
        self._turns = asyncio.Semaphore(size)
        self._idle: deque[_Child] = deque()
        self._busy: set[_Child] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._timers: dict[_Child, asyncio.TimerHandle] = {}
        self._is_closed = False

    @property
    def pids(self) -> frozenset[int]:
        """Return the process ids of the children that run, for metrics and tests."""
        return frozenset(child.process.pid for child in (*self._idle, *self._busy))

    async def run(self, task: str, data: bytes, *, tell: Tell | None = None) -> bytes:
        """Run a task of the table; `tell` hears how far it is, where the task says so.

        Raise `WorkerDied` where the input killed or outlived its child or made the task fail,
        `Unavailable` where no child can start or the pool is closed, `LookupError` where the
        table has no such task.
        """
        async with self._turns:
            child = await self._take()
            is_in_step = False
            try:
                async with asyncio.timeout(self._limits.wall_seconds):
                    outcome, body = await child.ask(task, data, tell)
                is_in_step = True
            except _LOST as error:
                _log.warning("worker_lost", task=task, bytes=len(data), why=repr(error))
                raise self._lost() from error
            finally:
                self._give_back(child, is_in_step=is_in_step)
        return _result(task, outcome, body)

    async def close(self) -> None:
        """End every child, also those at work, and wait until they are gone."""
        self._is_closed = True
        for child in tuple(self._busy):
            child.kill()  # its `run` raises
            self._dismiss(child)
        while self._idle:
            self._dismiss(self._idle.popleft())
        while self._leaving:
            await asyncio.wait(self._leaving)

    def _lost(self) -> Exception:
        return _closed() if self._is_closed else WorkerDied()

    async def _take(self) -> _Child:
        """Return a child that is ready: the one used last, its memory is warm; else a new one."""
        if self._is_closed:
            raise _closed()
        while self._idle:
            child = self._idle.pop()
            self._forget_timer(child)
            if child.is_alive:
                self._busy.add(child)
                return child
            self._dismiss(child)
        return await self._start()

    async def _start(self) -> _Child:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # never import from the working directory
                "-m",
                "server.child",
                self._tasks,
                str(self._limits.memory_bytes),
                str(self._limits.cpu_seconds),
                str(os.getpid()),
                stdin=PIPE,
                stdout=PIPE,
                env=_bare_environment(),
                start_new_session=True,  # Ctrl-C is the parent's to handle
                limit=_PIPE_BUFFER_BYTES,
            )
        except OSError as error:
            raise _cannot_start() from error
        child = _Child(process)
        self._busy.add(child)
        is_ready = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                is_ready = (await child.hear())[0] is Outcome.READY
        except _LOST as error:
            raise _cannot_start() from error
        finally:
            if not is_ready:
                self._give_back(child, is_in_step=False)
        return child

    def _give_back(self, child: _Child, *, is_in_step: bool) -> None:
        self._busy.discard(child)
        if not is_in_step:
            child.kill()
        if not is_in_step or self._is_closed or child.tasks >= self._limits.tasks_per_child:
            self._dismiss(child)
            return
        self._idle.append(child)
        loop = asyncio.get_running_loop()
        self._timers[child] = loop.call_later(self._limits.idle_seconds, self._retire, child)

    def _retire(self, child: _Child) -> None:
        self._idle.remove(child)
        self._dismiss(child)

    def _dismiss(self, child: _Child) -> None:
        """See it off in the background; `close` waits for that."""
        self._forget_timer(child)
        task = asyncio.get_running_loop().create_task(child.leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _forget_timer(self, child: _Child) -> None:
        timer = self._timers.pop(child, None)
        if timer is not None:
            timer.cancel()


def _result(task: str, outcome: Outcome, body: bytes) -> bytes:
    if outcome is Outcome.DONE:
        return body
    if outcome is Outcome.UNKNOWN:
        raise LookupError(f"no task is called {task}")
    _log.error("worker_task_failed", task=task, trace=body.decode(errors="replace"))
    raise WorkerDied


def _bare_environment() -> dict[str, str]:
    """Let the child import what we can, and know nothing else of ours."""
    return {
        "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path),
        "MALLOC_ARENA_MAX": "1",  # one thread allocates; more arenas only reserve addresses
        "LANG": "C.UTF-8",
    }


def _closed() -> Unavailable:
    return Unavailable("The server is stopping; try again in a minute.")


def _cannot_start() -> Unavailable:
    return Unavailable("Pictures cannot be read just now; try again in a few minutes.")
