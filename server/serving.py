"""Runs an instance in this process until it is told to stop, and lets requests finish then.

Every process answers the web on the same port (SO_REUSEPORT); the first one does the jobs
too. A policy changed by another process is taken up within a second.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import structlog

from server.house import House
from server.worker import Worker

log = structlog.get_logger(__name__)

POLICY_SECONDS = 1.0
SHUTDOWN_SECONDS = 10.0  # how long open requests may take to finish
WORKER_PROCESS = "FIXATIF_PROCESS"  # set in the processes beside the first


async def until_stopped() -> None:
    """Wait for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
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
async def watching(house: House) -> AsyncIterator[None]:
    """Take up new versions of the policy while the context is open."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(POLICY_SECONDS)
            await house.refresh()

    task = asyncio.create_task(watch(), name="policy")
    task.add_done_callback(_report)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.contextmanager
def siblings(count: int, arguments: Sequence[str]) -> Iterator[None]:
    """Run `count` more processes of the same command beside this one."""
    environment = {**os.environ, WORKER_PROCESS: "1"}
    command = [sys.executable, "-m", "server", *arguments]
    running = [subprocess.Popen(command, env=environment) for _ in range(count)]  # noqa: S603 - ourselves
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(SHUTDOWN_SECONDS * 2)


def _report(task: asyncio.Task[None]) -> None:
    """Let no background task die unheard."""
    if not task.cancelled() and task.exception() is not None:
        log.error("background_task_died", task=task.get_name(), exc_info=task.exception())
