"""The child's side of `server.workers`: one task after the other, confined, over two pipes.

Started as `python -m server.child TASKS MEMORY_BYTES CPU_SECONDS PARENT_PID`, where TASKS is
`package.module:NAME` of a mapping from task name to a function of bytes. A request is
REQUEST_HEAD, name, body; an answer is ANSWER_HEAD, body. The first answer, READY, comes
unasked once the tasks are loaded. The child ends when its input does.

A task that is `Reporting` tells meanwhile how far it is: each time an answer PROGRESS.

Law: nothing but answers is ever written to the answer pipe; whatever a C library prints goes
nowhere. Nothing here can open a connection.
"""

import ctypes
import importlib
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Mapping
from enum import IntEnum
from typing import BinaryIO, Final

from server.seclusion import leave_the_network
from server.steps import Reporting, Task

REQUEST_HEAD: Final = struct.Struct("!HQ")  # length of the name, length of the body
ANSWER_HEAD: Final = struct.Struct("!BQ")  # an `Outcome`, length of the body
PROGRESS_BODY: Final = struct.Struct("!HH")  # steps done, of so many

_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>
_NICENESS: Final = 10  # answering requests comes before making pictures
_MAX_FILES: Final = 64
_MAX_TRACE: Final = 4_000  # bytes of a traceback that are worth a log line


class Outcome(IntEnum):
    """What an answer's body is."""

    READY = 0  # empty: the child has loaded its tasks
    DONE = 1  # the task's result
    FAILED = 2  # a traceback, for the log
    UNKNOWN = 3  # empty: there is no such task
    PROGRESS = 4  # PROGRESS_BODY; the answer is still to come


def main() -> None:
    """Run until the input ends."""
    tasks_path, memory_bytes, cpu_seconds, parent = sys.argv[1:]
    _die_with_parent(int(parent))
    requests, answers = _claim_pipes()
    leave_the_network()  # before any library of the tasks could start a thread
    tasks = _load(tasks_path)
    _silence_errors()
    _confine(int(memory_bytes))
    _tell(answers, Outcome.READY, b"")
    while head := requests.read(REQUEST_HEAD.size):
        name_length, body_length = REQUEST_HEAD.unpack(head)
        name = requests.read(name_length).decode()
        body = requests.read(body_length)
        if len(body) < body_length:
            return
        _grant_cpu(int(cpu_seconds))
        _tell(answers, *_do(tasks, name, body, answers))


def _do(
    tasks: Mapping[str, Task], name: str, body: bytes, answers: BinaryIO
) -> tuple[Outcome, bytes]:
    task = tasks.get(name)
    if task is None:
        return Outcome.UNKNOWN, b""
    try:
        if not isinstance(task, Reporting):
            return Outcome.DONE, task(body)

        def report(done: int, of: int) -> None:
            _tell(answers, Outcome.PROGRESS, PROGRESS_BODY.pack(done, of))

        return Outcome.DONE, task.run(body, report)
    except Exception:  # noqa: BLE001 - the worker loop: hostile input may raise anything
        return Outcome.FAILED, traceback.format_exc().encode()[-_MAX_TRACE:]


def _tell(answers: BinaryIO, outcome: Outcome, body: bytes) -> None:
    answers.write(ANSWER_HEAD.pack(outcome, len(body)))
    answers.write(body)
    answers.flush()


def _load(path: str) -> Mapping[str, Task]:
    module, _, name = path.partition(":")
    tasks: Mapping[str, Task] = getattr(importlib.import_module(module), name)
    return tasks


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to kill us with our parent, also while a C library never returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes for ourselves; what others read is empty, what they write is lost."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, answers


def _silence_errors() -> None:
    """Until here errors are ours and reach the log; from here on they quote the input."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


def _confine(memory_bytes: int) -> None:
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_FILES, _MAX_FILES))


def _grant_cpu(seconds: int) -> None:
    """Allow so much from now on; the limit counts all that the process ever used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


if __name__ == "__main__":
    main()
