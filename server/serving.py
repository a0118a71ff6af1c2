"""Runs an instance in this process until it is told to stop, and lets requests finish then.

Every process answers the web on the same port (SO_REUSEPORT) and does jobs; the first one
alone makes pictures and sweeps, starts the others, and starts one again that died. A policy
changed by another process is taken up within a second.
"""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import structlog

from server.closing import ClosingNow
from server.errors import Invalid, Unavailable
from server.house import House
from server.vouching import Vouching
from server.worker import Worker

log = structlog.get_logger(__name__)

POLICY_SECONDS = 0.5
RECORD_SECONDS = 1.0  # what a crash may cost of statistics
SHUTDOWN_SECONDS = 10.0  # how long open requests may take to finish
WORKER_PROCESS = "FIXATIF_PROCESS"  # set in the processes beside the first
PARENT = "FIXATIF_PARENT"  # the process id without which a process we started must not live on
# -P: a folder called `server` where somebody happens to stand is not ours.
OURSELVES = (sys.executable, "-P", "-m", "server")
_ORPHAN_SECONDS = 1.0
_RESTART_SECONDS = 1.0  # a sibling that cannot start must not eat a core
_FILES = 65_536  # open at once: connections are files


class Book(Protocol):
    """Something that is counted in memory and written now and then."""

    async def flush(self) -> None:
        """Write what waits; where that cannot be, keep it for the next time."""
        ...


class Refreshed(Protocol):
    """Something that another process, or an admin, may change."""

    async def refresh(self) -> None:
        """Take up what changed, if anything did."""
        ...


def listen_for_stop() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on, instead of ending the process at once."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def until_stopped(stopped: asyncio.Event) -> None:
    """Wait until we shall stop, or for the end of the process that we belong to."""
    parent = os.environ.get(PARENT, "")
    while not stopped.is_set() and parent in ("", str(os.getppid())):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _ORPHAN_SECONDS if parent else None)
    log.info("stopping")


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    """Do jobs while the context is open; finish those begun."""
    task = asyncio.create_task(worker.run(), name="worker")
    task.add_done_callback(_report)
    try:
        yield
    finally:
        worker.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(task, SHUTDOWN_SECONDS)


@asynccontextmanager
async def watching(house: House, closing: ClosingNow, *others: Refreshed) -> AsyncIterator[None]:
    """Take up new versions of the policy, and that the place closes, while the context is open.

    `others` may have changed elsewhere as well.
    """

    async def watch() -> None:
        while True:
            await asyncio.sleep(POLICY_SECONDS)
            try:
                await house.refresh()
                await closing.refresh()
                for other in others:
                    await other.refresh()
            except (Unavailable, Invalid) as problem:  # it may come back; the old one stays
                log.warning("policy_not_read", reason=problem.message)

    async with _meanwhile(asyncio.create_task(watch(), name="policy")):
        yield


@asynccontextmanager
async def recording(*books: Book) -> AsyncIterator[None]:
    """Write what is counted each second while the context is open, and once more at its end."""

    async def write() -> None:
        while True:
            await asyncio.sleep(RECORD_SECONDS)
            for book in books:
                await book.flush()

    try:
        async with _meanwhile(asyncio.create_task(write(), name="recording")):
            yield
    finally:
        for book in books:
            await book.flush()


@asynccontextmanager
async def vouching_for(vouching: Vouching) -> AsyncIterator[None]:
    """Find out who crawlers are while the context is open."""
    async with _meanwhile(asyncio.create_task(vouching.run(), name="vouching")):
        yield


@asynccontextmanager
async def siblings(count: int, arguments: Sequence[str]) -> AsyncIterator[None]:
    """Keep `count` more processes of the same command running beside this one."""
    async with contextlib.AsyncExitStack() as stack:
        for index in range(count):
            task = asyncio.create_task(_keep_running(arguments), name=f"process {index + 2}")
            await stack.enter_async_context(_meanwhile(task))
        yield


def child_environment() -> dict[str, str]:
    """Return an environment in which `OURSELVES` runs this very code, and ends with us."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path),
        PARENT: str(os.getpid()),
    }


async def end(process: asyncio.subprocess.Process, *, seconds: float) -> None:
    """Ask a process to stop, and wait for that; kill it where it stays."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()


def raise_file_limit() -> None:
    """Allow this process as many open files as it may have: shells give 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _keep_running(arguments: Sequence[str]) -> None:
    environment = {**child_environment(), WORKER_PROCESS: "1"}
    while True:
        process = await asyncio.create_subprocess_exec(*OURSELVES, *arguments, env=environment)
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            await end(process, seconds=SHUTDOWN_SECONDS * 2)
            raise
        log.error("process_died", pid=process.pid, status=status)
        await asyncio.sleep(_RESTART_SECONDS)


@asynccontextmanager
async def _meanwhile(task: asyncio.Task[None]) -> AsyncIterator[None]:
    """Run a task while the context is open."""
    task.add_done_callback(_report)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _report(task: asyncio.Task[None]) -> None:
    """Let no background task die unheard."""
    if not task.cancelled() and task.exception() is not None:
        log.error("background_task_died", task=task.get_name(), exc_info=task.exception())


def spare_what_stays() -> None:
    """Keep the garbage collector from walking, again and again, what lives as long as the process.

    Modules, classes and templates are some 160,000 objects: each full round over them would stop
    every request for some ten milliseconds.
    """
    gc.collect()
    gc.freeze()
