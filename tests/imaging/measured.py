"""One picture made in a process of its own, and what that cost: memory, time, the outside.

Run as a program with the name of a file of the corpus; prints one JSON object.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from server.imaging import make

CONNECTS = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux


def _ear(heard: list[str]) -> Callable[[str, tuple[object, ...]], None]:
    """Return what hears of every connection, and of every file that is no part of Python."""

    def hear(event: str, said: tuple[object, ...]) -> None:
        if event in CONNECTS or (event == "open" and str(said[0]).startswith(("/etc", "file:"))):
            heard.append(f"{event} {said[0]}")

    return hear


def main() -> None:
    """Measure."""
    source = Path(sys.argv[1]).read_bytes()
    make(b"\x89PNG\r\n\x1a\n")  # what is imported when first used
    before, heard, started = _peak(), list[str](), time.process_time()
    sys.addaudithook(_ear(heard))
    make(source)
    seconds = time.process_time() - started
    print(json.dumps({"kib": _peak() - before, "seconds": seconds, "heard": heard}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
