"""Tasks that do to a child what hostile files do."""

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from server.steps import Report, Reporting, Task


def _echo(data: bytes) -> bytes:
    return data


def _whoami(_: bytes) -> bytes:
    return str(os.getpid()).encode()


def _environment(_: bytes) -> bytes:
    return repr(dict(os.environ)).encode()


def _eat_memory(_: bytes) -> bytes:
    return b"".join(bytes(100_000_000) for _ in range(100))


def _spin(_: bytes) -> bytes:
    while True:
        pass


def _wait_for_ever(_: bytes) -> bytes:
    signal.pause()
    return b""


def _crash(_: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def _exit(_: bytes) -> bytes:
    sys.exit(0)


def _chatter(data: bytes) -> bytes:
    os.write(1, b"what a C library prints" * 100)
    os.write(2, b"what a C library warns of" * 100)
    return data + os.read(0, 10)


def _fail(_: bytes) -> bytes:
    raise ZeroDivisionError("the decoder gave up")


def _write_file(_: bytes) -> bytes:
    with open("left-behind.bin", "wb") as file:  # noqa: PTH123 - as crude as it gets
        file.write(b"x")
    return b""


def _connect(_: bytes) -> bytes:
    """Try every kind of socket, here and in a thread; say which opened."""
    opened: list[str] = []

    def attempt() -> None:
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
            with contextlib.suppress(PermissionError), socket.socket(family):
                opened.append(family.name)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    attempt()
    return " ".join(opened).encode()


def _count(data: bytes, report: Report) -> bytes:
    for done in range(int(data)):
        report(done + 1, int(data))
    return b"done"


KILLERS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {"read-credentials": _crash, "sign-credentials": _crash}
)
TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "count": Reporting(_count),
        "echo": _echo,
        "whoami": _whoami,
        "environment": _environment,
        "eat-memory": _eat_memory,
        "spin": _spin,
        "wait-for-ever": _wait_for_ever,
        "crash": _crash,
        "exit": _exit,
        "chatter": _chatter,
        "fail": _fail,
        "write-file": _write_file,
        "connect": _connect,
    }
)
